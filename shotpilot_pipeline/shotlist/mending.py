"""Where a piece of a text stands in its file, and the edit that writes another piece there.

Looks at the file again, as its reader left it, and only for whoever has found something. Whatever cannot be told for
sure (a piece written with an escape, one that a template brings) has no span and no edit: nothing is ever guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from shotpilot_pipeline.errors import Edit, Place
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.values.lint import Change, Text

_MOST_LINES = 400  # of one value
_QUOTES = ('"', "'")
_BLOCKS = ("|", ">")
_Line = tuple[int, str, int]  # its number, its text, and where on it the value begins
#: What may not stand in a text without quotes, wherever it is; and what may not begin one.
_UNSAFE = frozenset("#:{}[],\n")
_NO_START = frozenset("@-?&*!|>%`\"'#[]{},")


class Pencil:
    """Finds and mends pieces of texts in the files of one show. `root` is where relative paths count from."""

    def __init__(self, pages: Pages, root: Path) -> None:
        self._pages = pages
        self._root = root
        self._held: tuple[ShotText | None, list[str]] = (None, [])
        self._shot: ShotText | None = None

    def hold(self, shot: ShotText) -> None:
        """Take the lines of this shot from what was read of it; a file is opened only for texts elsewhere."""
        self._shot = shot

    def span(self, text: Text, piece: str, nth: int) -> tuple[Place, Place] | None:
        """Where the `nth` (from 0) `piece` of `text` begins and ends; None where that cannot be told for sure."""
        if not piece or not text.place.line:
            return None
        lines = self._lines(text)
        spots = [(number, at) for number, line, start in lines for at in _all(line, piece, start or _indent(line))]
        if len(spots) != text.text.count(piece) or nth >= len(spots):
            return _folded_span(text, piece, nth, lines)
        number, at = spots[nth]
        return Place(text.place.file, number, at + 1), Place(text.place.file, number, at + len(piece) + 1)

    def edit(self, text: Text, piece: str, nth: int, new: str) -> Edit | None:
        """The edit that writes `new` there; None where it could break the file or leave nothing of the text."""
        made = self.edits(text, [(piece, nth, new)])
        return made[0] if made else None

    def edits(self, text: Text, changes: Sequence[Change]) -> tuple[Edit, ...]:
        """The edits that make all `changes`, each a piece, which of its equals it is, and what should stand there;
        none where not all can be made."""
        made = tuple(edit for change in changes if (edit := self._in_place(text, *change)) is not None)
        if len(made) == len(changes):
            return made
        whole = self._quoted(text, changes)
        return (whole,) if whole is not None else ()

    def _in_place(self, text: Text, piece: str, nth: int, new: str) -> Edit | None:
        """The edit of the piece alone, written as the text around it is; None where the whole needs other quotes."""
        span = self.span(text, piece, nth)
        if span is None:
            return None
        opening = self._line(text.place.file, text.place.line)[text.place.column - 1 :][:1]
        if opening in _BLOCKS:
            return Edit(*span, new)
        if opening == '"':
            return Edit(*span, json.dumps(new, ensure_ascii=False)[1:-1])
        if opening == "'":
            return Edit(*span, new.replace("'", "''"))
        starts = span[0] == text.place
        if not opening or _UNSAFE.intersection(new) or (starts and (not new or new[0] in _NO_START)):
            return None
        return Edit(*span, new)

    def before(self, place: Place, entry: str) -> Edit | None:
        """The edit that writes the entry `key: value` before the key at `place`; None where no entry can stand."""
        line = self._line(place.file, place.line) if place.line else ""
        ahead = line[: place.column - 1]
        if not ahead.strip():
            return Edit(place, place, f"{entry}\n{ahead}")
        return Edit(place, place, f"{entry}, ") if ahead.rstrip()[-1] in "{," else None

    def replace(self, place: Place, old: str, new: str) -> Edit | None:
        """The edit that writes `new` over the word `old` at `place`; None where that word does not stand there."""
        if not place.line or not self._line(place.file, place.line).startswith(old, place.column - 1):
            return None
        return Edit(place, Place(place.file, place.line, place.column + len(old)), new)

    def _quoted(self, text: Text, changes: Sequence[Change]) -> Edit | None:
        """The whole value anew, in double quotes: for a plain value on one line."""
        line = self._line(text.place.file, text.place.line)
        start = text.place.column - 1
        if line[start : start + 1] in (*_QUOTES, *_BLOCKS) or not line.startswith(text.raw, start):
            return None
        whole = text.raw
        for at, piece, new in sorted(_spots(text, changes), reverse=True):
            whole = whole[:at] + new + whole[at + len(piece) :]
        whole = whole.strip()
        if not whole or whole == text.raw:
            return None
        end = Place(text.place.file, text.place.line, text.place.column + len(text.raw))
        return Edit(text.place, end, json.dumps(whole, ensure_ascii=False))

    def _lines(self, text: Text) -> list[_Line]:
        """The lines the value stands on: number, text and where on it to begin."""
        place = text.place
        first = self._line(place.file, place.line)
        opening = first[place.column - 1 :][:1]
        start = place.column - 1 + (opening in _QUOTES)
        if first.startswith(text.raw, start):  # all of it on one line: what follows belongs to others
            return [(place.line, first[: start + len(text.raw)], start)]
        indent = (text.key.column if text.key != place else first.find("-") + 1) or 1
        found = [(place.line, first, start)]
        for number in range(place.line + 1, place.line + _MOST_LINES):
            line = self._line(place.file, number)
            if line.strip() and len(line) - len(line.lstrip()) < indent:
                break
            if not line and self._ended(place.file, number):
                break
            found.append((number, line, 0))
        return found

    def _line(self, file: str, number: int) -> str:
        shot = self._shot
        if shot is not None and shot.text and file == shot.file and shot.line <= number:
            own = self._of_shot(shot)
            if number - shot.line < len(own):
                return own[number - shot.line]
        lines = self._of_file(file)
        return lines[number - 1] if number <= len(lines) else ""

    def _ended(self, file: str, number: int) -> bool:
        return number > len(self._of_file(file))

    def _of_shot(self, shot: ShotText) -> list[str]:
        if self._held[0] is not shot:
            self._held = (shot, shot.text.split("\n"))
        return self._held[1]

    def _of_file(self, file: str) -> Sequence[str]:
        return self._pages.lines(file, self._root)


def _spots(text: Text, changes: Sequence[Change]) -> list[tuple[int, str, str]]:
    """Where in the raw text each change is made; none where one cannot be told, or two of them touch."""
    found = []
    for piece, nth, new in changes:
        there = _all(text.raw, piece, 0)
        if len(there) != text.text.count(piece) or nth >= len(there):
            return []
        found.append((there[nth], piece, new))
    found.sort()
    apart = all(at + len(piece) <= after for (at, piece, _), (after, *_rest) in pairwise(found))
    return found if apart else []


def _folded_span(text: Text, piece: str, nth: int, lines: Sequence[_Line]) -> tuple[Place, Place] | None:
    """The same for a piece with line ends in it or around it: those around it are left where they are."""
    core = piece.strip()
    places = _all(text.text, piece, 0)
    if not core or nth >= len(places):
        return None
    which = text.text.count(core, 0, places[nth] + piece.index(core))
    joined = "\n".join(line[start:] for _, line, start in lines)
    spots = list(re.finditer(r"\s+".join(map(re.escape, core.split())), joined))
    if len(spots) != text.text.count(core):
        return None

    def place(index: int) -> Place:
        above = joined.count("\n", 0, index)
        number, _, start = lines[above]
        return Place(text.place.file, number, start + index - (joined.rfind("\n", 0, index) + 1) + 1)

    return place(spots[which].start()), place(spots[which].end())


def _indent(line: str) -> int:
    """How many blanks a line begins with: they belong to the file's layout, not to the text."""
    return len(line) - len(line.lstrip())


def _all(line: str, piece: str, start: int) -> list[int]:
    found = []
    at = line.find(piece, start)
    while at >= 0:
        found.append(at)
        at = line.find(piece, at + len(piece))
    return found
