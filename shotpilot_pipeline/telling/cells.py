"""Text on a screen of fixed cells: how wide a sign is, and what of a line is seen. Does not know what the text says.

Tabs go to the next stop, wide signs take two cells, marks that sit on the sign before them take none, and whatever
would move the cursor or turn the reading direction is shown as a stand-in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

TAB = 4  # cells
_STAND_IN = "\ufffd"
_JOINERS = "\u200c\u200d"  # between the parts of one emoji, or of a ligature
_ELLIPSIS = "\u2026"


class Cut(NamedTuple):
    """A line as seen: what is shown, and from which cell to which the marked part of it reaches (end excluded)."""

    shown: str
    start: int
    end: int


def clean(text: str) -> str:
    """The text on one line, without a sign that a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in _JOINERS else _seen(sign) for sign in text)


def _seen(sign: str) -> str:
    return " " if sign in "\n\r\t" else _STAND_IN


def width_of(sign: str) -> int:
    """How many cells a sign takes: 0, 1 or 2."""
    if sign in _JOINERS or unicodedata.combining(sign) or unicodedata.category(sign) == "Me":
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def marked(line: str, start: int, end: int, width: int) -> Cut:
    """`line` on at most `width` cells, with the part from index `start` to `end` in sight, or the beginning of it."""
    first = max(0, start - width)  # a sign takes a cell at least, nearly always: no more than this can be in sight
    line, start, end = line[first : end + width], start - first, end - first
    plain = line.isascii() and line.isprintable()  # then a sign is a cell, as in nearly every line
    cells, at = (range(len(line) + 1), len(line)) if plain else _laid_out(line)
    left, right = cells[start], cells[min(end, len(line))]
    if at <= width and not first:
        return Cut((line if plain else "".join(_spelled(line))).rstrip(), left, max(right, left + 1))
    from_cell = max(0, min(left - width // 4, at - width))
    to_cell = from_cell + width
    shown = list(line[from_cell:to_cell] or " ") if plain else _window(line, cells, from_cell, to_cell)
    if from_cell or first:
        shown[0] = _ELLIPSIS + " " * (sum(map(width_of, shown[0])) - 1)  # as wide as what it stands for
    if from_cell + width < at:
        shown[-1] = _ELLIPSIS
    return Cut("".join(shown).rstrip(), left - from_cell, max(min(right - from_cell, width), left - from_cell + 1))


def _laid_out(line: str) -> tuple[list[int], int]:
    """The cell at which each sign begins, and past the last; and how many cells there are."""
    cells, at = [], 0
    for sign in line:
        cells.append(at)
        at += TAB - at % TAB if sign == "\t" else width_of(sign)
    return [*cells, at], at


def _spelled(line: str) -> list[str]:
    """Each sign as it is shown, tabs as spaces."""
    spelled, at = [], 0
    for sign in line:
        wide = TAB - at % TAB if sign == "\t" else width_of(sign)
        spelled.append(" " * wide if sign == "\t" else sign if sign.isprintable() or sign in _JOINERS else _seen(sign))
        at += wide
    return spelled


def _window(line: str, cells: Sequence[int], first: int, last: int) -> list[str]:
    """What is seen from cell `first` up to `last`; a wide sign cut in half leaves a space."""
    seen: list[str] = []
    for spelled, (at, after) in zip(_spelled(line), pairwise(cells), strict=True):
        if after <= first or at >= last:
            continue
        whole = at >= first and after <= last
        seen.append(spelled if whole else " " * (min(after, last) - max(at, first)))
    return seen or [" "]
