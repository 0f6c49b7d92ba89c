"""Type on a slate: the one font that comes with Pillow, set in lines that fit. Does not know what is written.

The font has the letters of ASCII and a few signs. Accents are dropped; a sign it lacks becomes a dot, words in a script
it lacks become their number, in brackets. No font of the machine is used: a slate is the same everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

LEADING = 1.34  # line height in font sizes
_MASTER = 200  # font size at which widths are measured, then scaled
_SIGNS = {
    **dict.fromkeys("–—−‐‑‒", "-"),
    **dict(zip("×•′″→⁄、。", "x·'\">/,.", strict=True)),
    **dict(zip("ßẞæÆœŒ€£", ("ss", "SS", "ae", "AE", "oe", "OE", "EUR", "GBP"), strict=True)),
    **dict(zip("ðÐþÞŋŊəƏ", ("d", "D", "th", "Th", "ng", "Ng", "e", "E"), strict=True)),
}
_KNOWN = frozenset([*map(chr, range(0x20, 0x7F)), *"©«°±´·»‘’“”…‹›™"])
_LATIN = re.compile(r"LATIN (SMALL|CAPITAL) LETTER (?:DOTLESS )?([A-Z])(?: WITH .*)?\Z")
_MENTION = re.compile(r"@(?:Element|Image)\d*")
_STRANGE = "\ue000"  # stands for a letter the font lacks, while a text is folded
_STRETCH = re.compile(f"{_STRANGE}(?:[\\s·,.-]*{_STRANGE})*")


class Block(NamedTuple):
    """Lines of text at a size. `cut`: something was left out, and an ellipsis stands at the end."""

    lines: tuple[str, ...]
    size: int  # pixels
    cut: bool

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return round(len(self.lines) * self.size * LEADING)


@lru_cache(maxsize=128)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels. Basic layout: the same on every machine, and quick."""
    loaded = ImageFont.load_default(max(size, 4))
    assert isinstance(loaded, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return loaded.font_variant(layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def settable(text: str) -> str:
    """`text` in letters the font has."""
    folded = " ".join(text.split())
    if folded.isascii() and folded.isprintable():
        return folded
    plain = "".join(map(_letter, folded))
    return " ".join(_STRETCH.sub(_stretch, plain).split())


def prompt_of(text: str) -> str:
    """A prompt for a slate: as it is, or where most of it is in another script, a sentence that says so."""
    words = [sign for sign in _MENTION.sub("", text) if sign.isalpha()]
    strange = [sign for sign in words if _letter(sign) == _STRANGE]
    if 2 * len(strange) <= len(words):
        return text
    scripts = dict.fromkeys(unicodedata.name(sign, "?").partition(" ")[0] for sign in strange)
    names = ", ".join(name if name == "CJK" else name.title() for name in scripts)
    mentions = ", ".join(dict.fromkeys(_MENTION.findall(text)))
    about = f" It speaks of {mentions}." if mentions else ""
    length = len(" ".join(text.split()))
    return f"Prompt of {length} characters in a script this slate has no letters for ({names}).{about}"


@lru_cache(maxsize=4096)
def _letter(sign: str) -> str:
    """One sign in letters the font has; a mark for a letter it lacks, a dot for anything else."""
    parts = (part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    plain = "".join(_SIGNS.get(part) or _base(part) for part in _SIGNS.get(sign, parts))
    if all(part in _KNOWN for part in plain):
        return plain
    kind = unicodedata.category(sign)[0]
    return _STRANGE if kind in "LN" else "" if kind == "M" or unicodedata.category(sign) == "Cf" else "·"


def _base(sign: str) -> str:
    """The letter of the alphabet below a stroke, a hook or a missing dot."""
    found = _LATIN.match(unicodedata.name(sign, "")) if not sign.isascii() else None
    return (found[2].lower() if found[1] == "SMALL" else found[2]) if found else sign


def _stretch(found: re.Match[str]) -> str:
    count = found[0].count(_STRANGE)
    return f"[{count} {'letter' if count == 1 else 'letters'}]"


@lru_cache(maxsize=128)
def _advances(size: int) -> dict[str, float]:
    """The width of each letter at a size."""
    face = font(size)
    return {sign: face.getlength(sign) for sign in _KNOWN}


def width_of(text: str, size: int, spacing: float = 0.0, stroke: int = 0) -> int:
    """Pixels `text` takes in one line; `spacing` is added between letters, in font sizes."""
    widths = _advances(size)
    inner = sum(widths[sign] for sign in text) + spacing * size * max(len(text) - 1, 0)
    return round(inner + 2 * stroke + 0.5)


def fit_line(text: str, width: int, size: int, least: int, spacing: float = 0.0) -> tuple[str, int]:
    """One line that fits into `width`: smaller down to `least`, then cut with an ellipsis. The text and its size."""
    text = settable(text)
    wide = width_of(text, size, spacing, size // 20)
    if wide > width:
        size = max(least, int(size * width / wide))
        while size > least and width_of(text, size, spacing, size // 20) > width:
            size -= 1
    if width_of(text, size, spacing, size // 20) <= width:
        return text, size
    while len(text) > 1 and width_of(f"{text}…", size, spacing, size // 20) > width:
        text = text[:-1].rstrip()
    return f"{text}…", size


def fit_block(text: str, width: int, height: int, most: int, least: int) -> Block:
    """Wrapped lines that fit into a box: the largest size of `least` to `most`, then cut with an ellipsis."""
    text = settable(text)
    low, high = least, max(most, least)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(_wrap(text, width, middle)) * middle * LEADING <= height
        low, high = (middle, high) if fits else (low, middle - 1)
    lines = _wrap(text, width, low)
    room = max(1, int(height / (low * LEADING)))
    if len(lines) <= room:
        return Block(tuple(lines), low, False)
    last = lines[room - 1]
    while last and width_of(f"{last}…", low) > width:
        last = last[:-1].rstrip(" ,.;:")
    return Block((*lines[: room - 1], f"{last.rstrip(' ,.;:')}…"), low, True)


def _wrap(text: str, width: int, size: int) -> list[str]:
    widths = _advances(size)
    blank = widths[" "]
    lines: list[str] = []
    line: list[str] = []
    used = 0.0
    for word in text.split(" "):
        wide = sum(widths[sign] for sign in word)
        if line and used + blank + wide > width:
            lines.append(" ".join(line))
            line, used = [], 0.0
        if wide > width:
            *whole, word = _broken(word, width, widths)
            lines += whole
            wide = sum(widths[sign] for sign in word)
        used += wide + (blank if line else 0.0)
        line.append(word)
    return [*lines, " ".join(line)] if line else lines


def _broken(word: str, width: int, widths: dict[str, float]) -> list[str]:
    """A word wider than the line, in pieces that fit."""
    pieces, piece, used = [], "", 0.0
    for sign in word:
        if piece and used + widths[sign] > width:
            pieces.append(piece)
            piece, used = "", 0.0
        piece += sign
        used += widths[sign]
    return [*pieces, piece]


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, tone: int, *, bold: bool = False
) -> None:
    """One line with its left end and the top of its line box at `at`."""
    draw.text(at, text, tone, font(size), stroke_width=max(1, size // 40) if bold else 0)


def write_spaced(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    tone: int,
    spacing: float,
    *,
    bold: bool = False,
) -> None:
    """One line of spaced letters: labels in capitals."""
    widths, face, x = _advances(size), font(size), at[0]
    for sign in text:
        draw.text((x, at[1]), sign, tone, face, stroke_width=max(1, size // 28) if bold else 0)
        x += widths[sign] + spacing * size


def mask_of(text: str, size: int, box: tuple[int, int], *, spacing: float = 0.0, bold: bool = False) -> Image.Image:
    """A picture of `box` pixels with `text` in white, in the middle of a black ground."""
    mask = Image.new("L", box, 0)
    draw = ImageDraw.Draw(mask)
    _, top, _, bottom = font(size).getbbox(text.replace(" ", "") or "x")
    x = (box[0] - width_of(text, size, spacing)) / 2
    y = (box[1] - (bottom - top)) / 2 - top
    write_spaced(draw, (x, y), text, size, 255, spacing, bold=bold)
    return mask
