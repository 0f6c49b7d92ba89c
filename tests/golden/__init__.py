"""Golden screens: what a command prints is kept as a file, and a change of it is seen in the diff.

    check_screen("why_changed", lambda columns: screen("why", path, "sc010/sh010", columns=columns), path)

compares the screen at 80 and at 120 columns with tests/golden/screens/why_changed.80.txt and .120.txt. To write the
files anew, after looking at what changed:

    GOLDEN=write .venv/bin/python -m pytest tests/... -q

What is never the same twice (times, the folder of the test, request ids, names of runs) is written over by words of
the same width, so that columns stay where they were. Not a test itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

SCREENS = Path(__file__).with_name("screens")
WIDTHS = (80, 120)

#: What changes from run to run, and what stands in its place: a word of the same width.
_UNSTEADY = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?"), "2026-11-25 18:30:00Z"),
    (re.compile(r"\d{4}-\d\d-\d\d_\d{6}[b-z]?"), "2026-11-25_183000b"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "2026-11-25 18:30"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "2026-11-25"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "request-id-" + "0" * 25),
)


def steady(text: str, instead: Mapping[str, str] | None = None) -> str:
    """`text` with what differs from run to run written over; `instead` names further texts and their words."""
    for there, word in (instead or {}).items():
        text = text.replace(there, word)
    for pattern, word in _UNSTEADY:
        text = pattern.sub(lambda found, word=word: word[: len(found[0])], text)  # type: ignore[misc]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def check_text(name: str, text: str) -> None:
    """Compare `text` with the golden file `name`; with GOLDEN=write in the environment, write it."""
    path = SCREENS / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == there, f"{path.name} is not what is printed now; if that is meant: GOLDEN=write pytest ..."


def check_screen(name: str, screen: Callable[[int], str], instead: Mapping[str, str] | None = None) -> None:
    """Compare what `screen(columns)` prints at each width, and hold that no line is wider than the terminal."""
    for columns in WIDTHS:
        text = steady(screen(columns), instead)
        check_text(f"{name}.{columns}", text)
        wide = [line for line in text.splitlines() if len(line) > columns]
        assert not wide, f"{name}: wider than {columns} columns: {wide[0]}"
