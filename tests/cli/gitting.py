"""A show in a git repository of its own. Not a test itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

ME = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    """What `git WORDS` says in `folder`."""
    done = subprocess.run(
        ["git", "-C", str(folder), *ME, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def begin(folder: Path) -> None:
    """Make `folder` a repository that leaves out what the tool makes."""
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text(".shotpilot/\nrenders/\n")


def commit(folder: Path, message: str) -> str:
    """Commit everything; its id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")
