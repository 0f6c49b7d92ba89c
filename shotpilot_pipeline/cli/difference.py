"""A unified diff of a text as it is and as it should be, such as `patch -p1` reads. Does not know what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

_NO_END = "\n\\ No newline at end of file\n"


def difference(path: Path, before: str, after: str) -> Iterator[str]:
    """The diff in pieces, each with its line end. Only \\n ends a line, as for `patch`."""
    found = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}", lineterm="\n")
    yield from (line if line.endswith("\n") else line + _NO_END for line in found)


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]
