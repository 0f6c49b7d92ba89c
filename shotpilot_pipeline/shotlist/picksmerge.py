"""Lines that git could not merge in a picks file: found and told with both sides. Never resolves one."""

from __future__ import annotations

from collections.abc import Sequence

from shotpilot_pipeline.errors import Place, Problem

_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
_MARKS = frozenset({_OURS, _BASE, _MIDDLE, _THEIRS})
_LONGEST = 100  # characters of a side that are said again


def conflicts(text: str, file: str) -> tuple[Problem, ...]:
    """One problem for each conflict that git left in `text`; none in a text without its markers."""
    if _OURS not in text and _THEIRS not in text:
        return ()
    found: list[Problem] = []
    sides: dict[str, list[str]] = {}
    start, part = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        mark = line[:7] if line[:7] in _MARKS and line[7:8] in ("", " ", "\r") else ""
        if not mark:
            sides.setdefault(part, []).append(line)
        elif mark == _OURS:
            start, part, sides = number, _OURS, {}
        elif not part:
            found.append(_stray(file, number))
        elif mark == _THEIRS:
            found.append(_problem(file, start, number, sides.get(_OURS, ()), sides.get(_MIDDLE, ())))
            part = ""
        else:
            part = mark
    return (*found, _stray(file, start)) if part else tuple(found)


def _problem(file: str, start: int, end: int, ours: Sequence[str], theirs: Sequence[str]) -> Problem:
    message = f"git could not merge lines {start}-{end}: one side says {_side(ours)}, the other says {_side(theirs)}"
    hint = "keep what is right and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
    return Problem("picks-conflict", Place(file, start, 1), message, hint, end=Place(file, end, 8))


def _stray(file: str, line: int) -> Problem:
    message = "half of a conflict that git left: a marker without its counterpart"
    return Problem(
        "picks-conflict", Place(file, line, 1), message, "delete the line, and look at what stands around it"
    )


def _side(lines: Sequence[str]) -> str:
    told = " / ".join(line.strip() for line in lines if line.strip())
    return "nothing" if not told else told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
