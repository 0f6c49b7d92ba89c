"""A canvas for posters of the 1930s: flat shapes, soft lamps, the tooth of paper. Knows nothing of what is drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import cos, pi, sin

from PIL import Image, ImageChops, ImageDraw, ImageFilter

FINE = 3  # drawn this many times larger, then reduced: smooth edges

Point = tuple[float, float]
Colour = tuple[int, int, int]


def curve(points: Sequence[Point], *, closed: bool = True, steps: int = 14) -> list[Point]:
    """A smooth line through `points` (Catmull-Rom); a point given twice is a corner."""
    line = list(points)
    ring = [line[-1], *line, line[0], line[1]] if closed else [line[0], *line, line[-1]]
    found: list[Point] = []
    for a, b, c, d in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        for step in range(steps):
            t = step / steps
            found.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return found


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def path(text: str) -> list[Point]:
    """The points of `x,y x,y ...`, as in an SVG polygon."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def mirrored(half: Sequence[Point], middle: float = 384) -> list[Point]:
    """The outline whose left half is `half`, given from top to bottom as (distance from the middle, y)."""
    left = [(middle - dx, y) for dx, y in half]
    right = [(middle + dx, y) for dx, y in reversed(half) if dx > 0]
    return left + right


class Canvas:
    """A picture in flat shapes; coordinates are pixels of the finished picture."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        self.size = (width, height)
        self.image = Image.new("RGB", (width * FINE, height * FINE), ground)

    def mask(self, *outlines: Sequence[Point]) -> Image.Image:
        """Where any of the outlines is."""
        mask = Image.new("L", self.image.size)
        draw = ImageDraw.Draw(mask)
        for outline in filter(None, outlines):
            draw.polygon([(x * FINE, y * FINE) for x, y in outline], fill=255)
        return mask

    def fill(self, colour: Colour, outline: Sequence[Point], *, within: Image.Image | None = None) -> Image.Image:
        """Lay a flat shape down (only `within` a mask) and return where it is."""
        mask = self.mask(outline)
        if within is not None:
            mask = ImageChops.multiply(mask, within)
        self.image.paste(colour, mask=mask)
        return mask

    def lit(self, tones: tuple[Colour, Colour], outline: Sequence[Point], shade: Sequence[Point]) -> Image.Image:
        """A shape in its light tone, with `shade` laid over it in its shadow tone."""
        mask = self.fill(tones[0], outline)
        self.fill(tones[1], shade, within=mask)
        return mask

    def disc(self, colour: Colour, x: float, y: float, radius: float, within: Image.Image | None = None) -> None:
        """A round spot."""
        box = [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE]
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        self.image.paste(colour, mask=mask if within is None else ImageChops.multiply(mask, within))

    def line(self, colour: Colour, points: Sequence[Point], width: float, within: Image.Image | None = None) -> None:
        """A smooth line of even width."""
        path = [(x * FINE, y * FINE) for x, y in curve(points, closed=False)]
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).line(path, fill=255, width=round(width * FINE), joint="curve")
        self.image.paste(colour, mask=mask if within is None else ImageChops.multiply(mask, within))

    def glow(self, colour: Colour, outline: Sequence[Point], blur: float, strength: float = 1.0) -> None:
        """Light on mist: a shape with a soft edge of `blur` px, added to what is there."""
        mask = (
            self.mask(outline).filter(ImageFilter.GaussianBlur(blur * FINE)).point(lambda value: int(value * strength))
        )
        light = Image.composite(Image.new("RGB", self.image.size, colour), Image.new("RGB", self.image.size), mask)
        self.image = ImageChops.screen(self.image, light)

    def finished(self, *, flip: bool = False, grain: int = 7) -> Image.Image:
        """Reduced, with the tooth of printed paper."""
        image = self.image.resize(self.size, Image.Resampling.LANCZOS)
        if flip:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        noise = Image.frombytes("L", image.size, random.Random(35).randbytes(image.width * image.height))
        soft = noise.filter(ImageFilter.GaussianBlur(0.8)).convert("RGB")
        return Image.blend(image, ImageChops.overlay(image, soft), grain / 30)


def rays(canvas: Canvas, colour: Colour, middle: Point, count: int = 15) -> None:
    """A sunburst: every second wedge around `middle`, wide enough to leave the picture."""
    for number in range(count):
        a, b = (2 * pi * (number + turn) / count for turn in (0.0, 0.5))
        far = [(middle[0] + 1100 * cos(angle), middle[1] + 1100 * sin(angle)) for angle in (a, b)]
        canvas.fill(colour, [middle, *far])
