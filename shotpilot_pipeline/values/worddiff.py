"""Two texts compared word by word, as a person reads them. Does not know what the texts are of."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch that both texts have (`before` equals `now`), or that differs; either may be empty."""

    before: str
    now: str


def word_diff(before: str, now: str) -> Iterator[Piece]:
    """Both texts as stretches of words, in order."""
    old, new = before.split(), now.split()
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield Piece(" ".join(old[i:j]), " ".join(new[k:m])) if tag != "equal" else Piece(*(" ".join(old[i:j]),) * 2)


def marked(before: str, now: str) -> str:
    """One line with what went as [-old-] and what came as {+new+}."""
    words = []
    for piece in word_diff(before, now):
        if piece.before == piece.now:
            words.append(piece.now)
        else:
            words.append((f"[-{piece.before}-]" if piece.before else "") + (f"{{+{piece.now}+}}" if piece.now else ""))
    return " ".join(words)


def windows(before: str, now: str, around: int = 2) -> tuple[str, str]:
    """Both texts cut to the words that differ and a few `around` them."""
    old, new = before.split(), now.split()
    blocks = [found for found in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if found[0] != "equal"]
    if not blocks:
        return before, now
    first, last = blocks[0], blocks[-1]
    return _window(old, first[1], last[2], around), _window(new, first[3], last[4], around)


def _window(words: list[str], start: int, end: int, around: int) -> str:
    return " ".join(words[max(0, start - around) : end + around])
