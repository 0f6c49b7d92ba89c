"""Type on a slate: the one font that comes with Pillow, set in lines that fit. Does not know what is written.

The font has the letters of ASCII and a few signs. Accents are dropped, what has no letter at all becomes a dot.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

LEADING = 1.34  # line height in font sizes
_MASTER = 200  # font size at which widths are measured, then scaled
_SIGNS = {
    **dict.fromkeys("–—−‐‑‒", "-"),
    **dict(zip("×øØłŁđĐı•′″→", "xoOlLdDi·'\">", strict=True)),
    **dict(zip("ßæÆœŒ€£", ("ss", "ae", "AE", "oe", "OE", "EUR", "GBP"), strict=True)),
}
_KNOWN = frozenset([*map(chr, range(0x20, 0x7F)), *"©«°±´·»‘’“”…‹›™"])


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
    flat = "".join(_SIGNS.get(sign, sign) for sign in folded)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", flat) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign in _KNOWN or sign.isspace() else "·" for sign in plain).split())


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
