"""The brush of a slate's scene: tones and lights, painted together. Does not know what is painted.

Everything is painted in tones of 0 to 191, twice as large as a 1K picture, and scaled from there, which smooths the
edges; lights in the accent colour go into a mask of their own, since accents cannot be mixed with tones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image, ImageDraw

Point = tuple[float, float]


class Tones(NamedTuple):
    """The tone of each thing, from 0 (dark) to 191 (light)."""

    sky: tuple[int, int]  # top, horizon
    layers: tuple[int, int, int]  # far, middle, near
    figure: int
    rim: int  # the light around a figure
    spark: int  # stars, rain, windows


DARK = Tones((12, 80), (60, 38, 19), 5, 124, 156)
LIGHT = Tones((178, 132), (120, 92, 60), 16, 170, 190)


@dataclass(slots=True)
class Painter:
    """A picture of tones and its mask of accents, painted together."""

    size: tuple[int, int]
    tones: Tones
    chance: random.Random
    focus: Point  # where the light is, in shares of width and height
    picture: Image.Image = field(init=False)
    accent: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)
    _mask: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        top, low = self.tones.sky
        self.picture = rows(self.size, lambda down: round(top + (low - top) * down**1.4))
        self.accent = Image.new("L", self.size, 0)
        self._draw, self._mask = ImageDraw.Draw(self.picture), ImageDraw.Draw(self.accent)

    def shape(self, points: Sequence[Point], tone: int) -> None:
        """A filled polygon that covers what is behind it."""
        self._draw.polygon(points, tone)
        self._mask.polygon(points, 0)

    def oval(self, centre: Point, radii: Point, tone: int) -> None:
        """A filled ellipse that covers what is behind it."""
        box = (centre[0] - radii[0], centre[1] - radii[1], centre[0] + radii[0], centre[1] + radii[1])
        self._draw.ellipse(box, tone)
        self._mask.ellipse(box, 0)

    def line(self, points: Sequence[Point], width: float, tone: int) -> None:
        """A line over everything."""
        self._draw.line(points, tone, max(1, round(width)))
        self._mask.line(points, 0, max(1, round(width)))

    def light(self, centre: Point, radius: float) -> None:
        """A disc of accent with a soft halo: sun, moon, lamp."""
        for ring in range(5, 0, -1):
            box = _around(centre, radius * (1 + 0.22 * ring))
            x, y = min(max(centre[0], 0), self.size[0] - 1), min(max(box[1], 0), self.size[1] - 1)
            base = self.picture.crop((int(x), int(y), int(x) + 1, int(y) + 1)).tobytes()[0]
            self._draw.ellipse(box, min(base + 5 * (6 - ring), 170))
        self._mask.ellipse(_around(centre, radius), 255)

    def glow(self, points: Sequence[Point], width: float) -> None:
        """A line of accent: neon, the edge of a ring."""
        self._mask.line(points, 255, max(1, round(width)))

    def glow_shape(self, points: Sequence[Point]) -> None:
        """A filled polygon of accent."""
        self._mask.polygon(points, 255)

    def at(self, x: float, y: float) -> Point:
        """A point given in shares of width and height."""
        return x * self.size[0], y * self.size[1]


def rows(size: tuple[int, int], value: Callable[[float], int]) -> Image.Image:
    """A picture whose tone changes from top to bottom: `value` of 0 to 1."""
    wide, high = size
    return Image.frombytes("L", size, b"".join(bytes((value(row / high),)) * wide for row in range(high)))


def columns(size: tuple[int, int], value: Callable[[float], int]) -> Image.Image:
    """A picture whose tone changes from left to right: `value` of 0 to 1."""
    wide, high = size
    return Image.frombytes("L", size, bytes(value(column / wide) for column in range(wide)) * high)


def _around(centre: Point, radius: float) -> tuple[float, float, float, float]:
    return centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius
