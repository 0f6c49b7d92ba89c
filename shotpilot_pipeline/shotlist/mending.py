"""Where a piece of a text stands in its file, and the edit that writes another piece there.

Looks at the file again, as its reader left it, and only for whoever has found something. Whatever cannot be told for
sure (a piece folded over two lines, one that a template brings) has no span and no edit: nothing is ever guessed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from shotpilot_pipeline.errors import Edit, Place
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.values.lint import Text

_MOST_LINES = 400  # of one value
_QUOTES = ('"', "'")
_BLOCKS = ("|", ">")
#: What may not stand in a text without quotes or in single ones, wherever it is; and what may not begin one.
_UNSAFE = frozenset("\"'\\#:{}[],&*!|>%`\n")
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
        spots = [
            (number, at)
            for number, line, start in self._lines(text)
            for at in _all(line, piece, start)
        ]  # fmt: skip
        if len(spots) != text.text.count(piece) or nth >= len(spots):
            return None
        number, at = spots[nth]
        return Place(text.place.file, number, at + 1), Place(text.place.file, number, at + len(piece) + 1)

    def edit(self, text: Text, piece: str, nth: int, new: str) -> Edit | None:
        """The edit that writes `new` there; None where it could break the file or leave nothing of the text."""
        span = self.span(text, piece, nth)
        if span is None:
            return None
        opening = self._line(text.place.file, text.place.line)[text.place.column - 1 :][:1]
        if opening in _BLOCKS or (opening in _QUOTES and not _UNSAFE.intersection(new)):
            return Edit(*span, new)
        if opening in _QUOTES or opening == "":
            return None
        starts = span[0] == text.place
        if not _UNSAFE.intersection(new) and not (starts and (not new or new[0] in _NO_START)):
            return Edit(*span, new)
        return self._quoted(text, piece, nth, new)

    def replace(self, place: Place, old: str, new: str) -> Edit | None:
        """The edit that writes `new` over the word `old` at `place`; None where that word does not stand there."""
        if not place.line or not self._line(place.file, place.line).startswith(old, place.column - 1):
            return None
        return Edit(place, Place(place.file, place.line, place.column + len(old)), new)

    def _quoted(self, text: Text, piece: str, nth: int, new: str) -> Edit | None:
        """The whole value anew, in double quotes: for a plain value on one line."""
        line = self._line(text.place.file, text.place.line)
        start = text.place.column - 1
        if not line.startswith(text.raw, start):
            return None
        at = list(_all(text.raw, piece, 0))[nth]
        whole = (text.raw[:at] + new + text.raw[at + len(piece) :]).strip()
        if not whole:
            return None
        end = Place(text.place.file, text.place.line, text.place.column + len(text.raw))
        return Edit(text.place, end, json.dumps(whole, ensure_ascii=False))

    def _lines(self, text: Text) -> list[tuple[int, str, int]]:
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


def _all(line: str, piece: str, start: int) -> list[int]:
    found = []
    at = line.find(piece, start)
    while at >= 0:
        found.append(at)
        at = line.find(piece, at + len(piece))
    return found
