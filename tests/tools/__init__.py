"""Tools of the repository itself: what `make check` runs, and what turns other people's material into shot lists."""
