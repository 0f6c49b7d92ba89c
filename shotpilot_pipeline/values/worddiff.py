"""Two texts compared word by word: what stayed, what went, what came. Pure; knows nothing of prompts or screens."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

_WORD = re.compile(r"\s+|\w+(?:[-'’]\w+)*|[^\w\s]")
_MOST = 4_000  # words in both; beyond, the middle is told as one piece (difflib is quadratic)


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Piece(NamedTuple):
    """A run of text, and what became of it. All that is not NEW joins to the old text, all not GONE to the new."""

    change: Change
    text: str


def words_of(text: str) -> list[str]:
    """The words, marks and white space of a text, in order; joined they are the text again."""
    return _WORD.findall(text)


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """What changed from `old` to `new`, as pieces in reading order: first what went, then what came in its place.

    A lone space or mark between two changes is told with them, so that a sentence said anew reads as one change.
    """
    before, after = words_of(old), words_of(new)
    pieces: list[Piece] = []
    for change, text in _steps(before, after):
        if text and pieces and pieces[-1].change is change:
            pieces[-1] = Piece(change, pieces[-1].text + text)
        elif text:
            pieces.append(Piece(change, text))
    return _without_islands(pieces)


def marked(pieces: Sequence[Piece]) -> str:
    """The diff as plain text: `[-what went-]` and `{+what came+}`, as `git diff --word-diff` writes it."""
    signs = {Change.SAME: "{}", Change.GONE: "[-{}-]", Change.NEW: "{{+{}+}}"}
    return "".join(signs[piece.change].format(piece.text) for piece in pieces)


def as_json(pieces: Sequence[Piece]) -> list[dict[str, str]]:
    """The pieces for programs."""
    return [{"change": piece.change.value, "text": piece.text} for piece in pieces]


def _steps(before: list[str], after: list[str]) -> list[tuple[Change, str]]:
    if len(before) + len(after) > _MOST:
        return _ends_only(before, after)
    steps = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            steps.append((Change.SAME, "".join(before[old_from:old_to])))
        else:
            steps.append((Change.GONE, "".join(before[old_from:old_to])))
            steps.append((Change.NEW, "".join(after[new_from:new_to])))
    return steps


def _ends_only(before: list[str], after: list[str]) -> list[tuple[Change, str]]:
    """What both begin with and end with; the rest is one change."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = (before[head : len(before) - tail], after[head : len(after) - tail])
    return [
        (Change.SAME, "".join(before[:head])),
        (Change.GONE, "".join(middle[0])),
        (Change.NEW, "".join(middle[1])),
        (Change.SAME, "".join(before[len(before) - tail :]) if tail else ""),
    ]


def _without_islands(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces with each stretch of changes as one GONE and one NEW, whatever lone spaces stand between them."""
    found: list[Piece] = []
    gone = new = ""
    for place, piece in enumerate(pieces):
        if piece.change is Change.GONE:
            gone += piece.text
        elif piece.change is Change.NEW:
            new += piece.text
        elif gone and new and piece.text.isspace() and place + 1 < len(pieces):
            gone, new = gone + piece.text, new + piece.text
        else:
            found += _changed(gone, new)
            gone = new = ""
            found.append(piece)
    return (*found, *_changed(gone, new))


def _changed(gone: str, new: str) -> list[Piece]:
    pieces = (Piece(Change.GONE, gone), Piece(Change.NEW, new))
    return [piece for piece in pieces if piece.text]


def windows(before: str, now: str, around: int = 2) -> tuple[str, str]:
    """Both texts cut to the words that differ and a few `around` them; blanks do not count as words."""
    old, new = before.split(), now.split()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = [found for found in matcher.get_opcodes() if found[0] != "equal"]
    if not blocks:
        return before, now
    first, last = blocks[0], blocks[-1]
    return _window(old, first[1], last[2], around), _window(new, first[3], last[4], around)


def _window(words: list[str], start: int, end: int, around: int) -> str:
    return " ".join(words[max(0, start - around) : end + around])
