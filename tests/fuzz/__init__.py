"""Whatever bytes a show's files hold: `check` and all its forms of output, fuzzed."""
