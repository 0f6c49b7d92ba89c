"""Mentions: `@vera`, `@vera.wardrobe`, `@plate`, `@pick`, found in text that has been filled.

Does not know how they are numbered, nor which model they are for: it gives the pieces of the text, and whoever
knows writes them.

An `@` inside a word or before anything but a letter or digit is itself; `@@` is one at sign. Of the ids a name could
be, the longest known one wins; what follows it must be the end of the name or a `-` or `_`, which is not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple

from shotpilot_pipeline.shotlist.near import near

# Begins with a plain `@`, so that text without one is skipped at the speed of a search.
_AT = re.compile(r"@(?:@|(?<!\w@)([A-Za-z0-9][A-Za-z0-9_-]*))")
_BY_HAND = re.compile(r"(Element|Image)([0-9]*)\Z")
_FIELD = re.compile(r"\.([A-Za-z_]+)(?![\w-])")
#: What ends a sentence: no full stop is put behind it.
SENTENCE_ENDS = (".", "!", "?", "\u2026")
_MEMBER_FIELDS = ("name", "frontal", "references", "rights", "notes")


class Kind(StrEnum):
    """What is mentioned."""

    CAST = "cast"
    WARDROBE = "wardrobe"
    IMAGE = "image"
    PICK = "pick"
    ELEMENT_BY_HAND = "Element"
    IMAGE_BY_HAND = "Image"


class Mention(NamedTuple):
    """One mention: what it is, whose, and (written by hand) which number; 0 for a bare `@Image`."""

    kind: Kind
    id: str
    number: int = 0


Piece = str | Mention


class BadMention(Exception):
    """A mention of nobody. `written` is how it stands in the text."""

    def __init__(self, written: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.written = written
        self.message = message
        self.hint = hint


def read_mentions(text: str, cast: Collection[str], images: Collection[str]) -> tuple[Piece, ...]:
    """The pieces of `text`: plain text and mentions, in order. Raises BadMention for a name nobody has."""
    if "@" not in text:
        return (text,)
    pieces: list[Piece] = []
    end = 0
    for found in _AT.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        if found.group(0) == "@@":
            pieces.append("@")
            end = found.end()
        else:
            mention, end = _mention(text, found, cast, images)
            pieces.append(mention)
    if end < len(text):
        pieces.append(text[end:])
    return tuple(pieces)


class MentionReader:
    """Reads mentions by the names of one film. The next stage says the same words, and so does every wardrobe."""

    def __init__(self, cast: Collection[str], images: Collection[str]) -> None:
        self._cast = cast
        self._read = lru_cache(maxsize=64)(partial(read_mentions, cast=cast, images=images))

    def pieces(self, text: str, images: Collection[str] | None = None) -> tuple[Piece, ...]:
        """The pieces of `text`; `images`: the names that hold where a shot has images of its own. Raises BadMention."""
        return self._read(text) if images is None else read_mentions(text, self._cast, images)


def _mention(text: str, found: re.Match[str], cast: Collection[str], images: Collection[str]) -> tuple[Mention, int]:
    """The mention at `found` and where it ends."""
    whole = found.group(1)
    for name in (whole,) if whole in cast or whole in images else _candidates(whole):
        end = found.start(1) + len(name)
        if name in cast:
            return _member(text, name, end)
        if name in images:
            return Mention(Kind.IMAGE, name), end
        if name == "pick":
            return Mention(Kind.PICK, name), end
        by_hand = _BY_HAND.match(name)
        if by_hand:
            return Mention(Kind(by_hand.group(1)), name, int(by_hand.group(2) or 0)), end
    name = found.group(1).rstrip("-_")
    known = sorted({*cast, *images})
    hint = near(name, known) or (f"known are {', '.join(known[:8])}" if known else "cast and images name nobody")
    raise BadMention(f"@{name}", f"nobody and nothing is called @{name}", f"{hint}; for a plain at sign write @@{name}")


def _candidates(name: str) -> list[str]:
    """`vera-kane-` as `vera-kane-`, `vera-kane` and `vera`: longest first, cut only at `-` and `_`."""
    cuts = [place for place, sign in enumerate(name) if sign in "-_" and place]
    return [name, *(name[:place] for place in reversed(cuts))]


def _member(text: str, name: str, end: int) -> tuple[Mention, int]:
    field = _FIELD.match(text, end) if text.startswith(".", end) else None
    if field and field.group(1) == "wardrobe":
        return Mention(Kind.WARDROBE, name), field.end()
    if field and field.group(1) in _MEMBER_FIELDS:
        written = f"@{name}.{field.group(1)}"
        raise BadMention(
            written, f"{written} is not a mention; only @{name}.wardrobe is", f"write {{{{ cast.{name}.name }}}} or so"
        )
    return Mention(Kind.CAST, name), end


def with_wardrobe(pieces: Sequence[Piece], read: Callable[[str], tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """The pieces with each wardrobe replaced by the pieces that `read(id)` gives for its words.

    Where those end a sentence, the full stop behind the mention falls away. Raises BadMention when a
    wardrobe mentions a wardrobe.
    """
    made: list[Piece] = []
    ended = False  # whether the words of a wardrobe have just ended a sentence
    for piece in pieces:
        if ended and type(piece) is str and piece.startswith(".") and not piece.startswith(".."):
            piece = piece[1:]
        ended = False
        if type(piece) is not Mention or piece.kind is not Kind.WARDROBE:
            made.append(piece)
            continue
        inner = read(piece.id)
        if mentioned(inner, Kind.WARDROBE):
            raise BadMention(
                f"@{piece.id}.wardrobe", f"the wardrobe of {piece.id} mentions a wardrobe", "write its words out"
            )
        made.extend(inner)
        ended = bool(inner) and type(inner[-1]) is str and inner[-1].endswith(SENTENCE_ENDS)
    return tuple(made)


def mentioned(pieces: Sequence[Piece], kind: Kind) -> tuple[str, ...]:
    """The ids of one kind, in order of first mention."""
    return tuple(dict.fromkeys([piece.id for piece in pieces if type(piece) is Mention and piece.kind is kind]))


def written(pieces: Sequence[Piece], name: Callable[[Mention], str]) -> str:
    """The text, each mention as `name` writes it."""
    return "".join([piece if type(piece) is str else name(piece) for piece in pieces])  # type: ignore[arg-type]
