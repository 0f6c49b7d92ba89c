"""Files as they were at a git revision, read from git's own objects. Changes nothing, knows nothing of shot lists.

Only `git` itself is asked, in the folder of the file; no working copy is touched and nothing is checked out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import UsageError

WAIT = 60.0  # seconds; a slow disk may take some, a git that asks for a password never ends
_LINK = "120000"


class Blob(NamedTuple):
    """One file of a revision: git's mode and id of its bytes."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision, and every file of a folder at it. Paths are from that folder."""

    said: str  # as the user typed it
    commit: str
    folder: Path
    files: Mapping[str, Blob]

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these files, in one question. Raises UsageError when git does not give them."""
        wanted = [path for path in paths if path in self.files]
        asked = "".join(f"{self.files[path].id}\n" for path in wanted).encode()
        answer = _git(self.folder, "cat-file", "--batch", given=asked) if wanted else b""
        found: dict[str, bytes] = {}
        at = 0
        for path in wanted:
            end = answer.index(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3:
                raise UsageError(f"{path} at {self.said}: its bytes are not in this clone; fetch them with git")
            size = int(head[2])
            found[path] = answer[end + 1 : end + 1 + size]
            at = end + size + 2
        return found

    def leads_to(self, path: str, data: bytes) -> str:
        """Where a symlink leads, from the folder; `path` itself for a plain file."""
        if self.files[path].mode != _LINK:
            return path
        target = (Path(path).parent / data.decode(errors="replace")).as_posix()
        parts: list[str] = []
        for part in target.split("/"):
            if part == ".." and parts:
                parts.pop()
            elif part not in (".", "", ".."):
                parts.append(part)
        return "/".join(parts)


def revision_of(folder: Path, said: str) -> Revision:
    """The revision that `said` names in the repository around `folder`, with the files below `folder` at it.

    Raises UsageError where there is no git, no repository, or no such revision.
    """
    inside = _git(folder, "rev-parse", "--show-prefix", fault=f"{folder} is not in a git repository, so there is no "
                  f"revision {said} to look at").decode().strip()  # fmt: skip
    if said.startswith("-"):
        raise UsageError(f"{said!r} is no git revision; name a branch, a tag or a commit")
    unknown = f"git knows no revision {said!r} here{_near(folder, said)}"
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{said}^{{commit}}", fault=unknown).decode().strip()
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, *([f"{inside.rstrip('/')}/"] if inside else []))
    files: dict[str, Blob] = {}
    for row in listed.split(b"\0"):
        facts, _, path = row.partition(b"\t")
        if path:
            mode, _, id = facts.decode().split()
            files[path.decode(errors="surrogateescape").removeprefix(inside)] = Blob(mode, id)
    return Revision(said, commit, folder, files)


def is_revision(folder: Path, said: str) -> bool:
    """Whether git knows a revision of this name in the repository around `folder`. Never raises."""
    try:
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{said}^{{commit}}")
    except UsageError:
        return False
    return True


def _near(folder: Path, said: str) -> str:
    """A hint: the branches and tags nearest to what was typed."""
    try:
        names = _git(folder, "for-each-ref", "--format=%(refname:short)").decode().split()
    except UsageError:
        return ""
    close = get_close_matches(said, names, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else "; name a branch, a tag or a commit"


def _git(folder: Path, *words: str, given: bytes = b"", fault: str = "") -> bytes:
    """What `git WORDS` says. Raises UsageError with `fault`, else with git's own words."""
    try:
        done = subprocess.run(  # noqa: S603 -- words of our own, and a revision that git itself has read
            ["git", "-C", str(folder), *words],  # noqa: S607 -- the git that the user has
            input=given, capture_output=True, timeout=WAIT, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise UsageError("git is not on this machine, so nothing can be compared with a revision") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {WAIT:.0f} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(fault or f"git: {said[0] if said else 'failed without a word'}")
    return done.stdout
