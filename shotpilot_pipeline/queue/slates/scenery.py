"""The picture behind the type: a small storyboard drawn from the prompt's words. Does not know type or colours."""

from __future__ import annotations

import re
from collections.abc import Callable

from PIL import Image

from shotpilot_pipeline.queue.slates.painter import Painter, Point, rows
from shotpilot_pipeline.queue.slates.people import people


def paint(painter: Painter, words: str, cast: int = 0) -> None:
    """Paint the scene the words speak of: the place, then the people in front of it, then the weather.

    `cast` is how many faces the request brings.
    """
    place = next((draw for form, draw in _PLACES if re.search(rf"\b(?:{form})", words, re.IGNORECASE)), _open_stage)
    place(painter)
    people(painter, words, cast)
    for form, draw in _WEATHER:
        if re.search(rf"\b(?:{form})", words, re.IGNORECASE):
            draw(painter)


def _ridge(painter: Painter, base: float, rise: float, tone: int, rough: int) -> None:
    """A line of hills: points that wander, filled down to the bottom."""
    heights = [painter.chance.random() for _ in range(rough + 1)]
    points = [painter.at(step / rough, base - rise * height) for step, height in enumerate(heights)]
    painter.shape([*points, painter.at(1, 1), painter.at(0, 1)], tone)


def _hills(painter: Painter) -> None:
    x, y = painter.focus
    painter.light(painter.at(x, y - 0.02), 0.12 * min(painter.size))
    for tone, base, rise, rough in zip(
        painter.tones.layers, (0.64, 0.76, 0.9), (0.2, 0.16, 0.1), (9, 13, 7), strict=True
    ):
        _ridge(painter, base, rise, tone, rough)


def _dunes(painter: Painter) -> None:
    x, y = painter.focus
    painter.light(painter.at(x, y), 0.15 * min(painter.size))
    for tone, base in zip(painter.tones.layers, (0.62, 0.72, 0.86), strict=True):
        crest = painter.chance.uniform(0.2, 0.8)
        points = [painter.at(-0.1, base + 0.08), painter.at(crest, base - 0.06), painter.at(1.1, base + 0.1)]
        painter.shape([*points, painter.at(1.1, 1.1), painter.at(-0.1, 1.1)], tone)


def _wood(painter: Painter) -> None:
    x, y = painter.focus
    painter.light(painter.at(x, y - 0.05), 0.1 * min(painter.size))
    for tone, base, tall in zip(painter.tones.layers, (0.72, 0.84, 1.02), (0.3, 0.46, 0.72), strict=True):
        place = -0.05
        while place < 1.05:
            wide = tall * painter.chance.uniform(0.12, 0.2) * painter.size[1] / painter.size[0]
            _pine(painter, place, base, wide, tall * painter.chance.uniform(0.6, 1.0), tone)
            place += wide * painter.chance.uniform(0.9, 2.0)
        painter.shape(
            [painter.at(0, base - 0.02), painter.at(1, base - 0.02), painter.at(1, 1), painter.at(0, 1)], tone
        )


def _pine(painter: Painter, x: float, base: float, wide: float, tall: float, tone: int) -> None:
    for level in range(4):
        low, high = base - tall * level * 0.2, base - tall * (0.46 + 0.18 * level)
        half = wide * (1 - 0.2 * level)
        painter.shape([painter.at(x - half, low), painter.at(x, high), painter.at(x + half, low)], tone)


def _sea(painter: Painter) -> None:
    x, _ = painter.focus
    horizon = 0.62
    painter.light(painter.at(x, horizon - 0.06), 0.16 * min(painter.size))
    tones = painter.tones
    painter.shape([painter.at(0, horizon), painter.at(1, horizon), painter.at(1, 1), painter.at(0, 1)], tones.layers[1])
    for row in range(16):
        down = horizon + 0.012 + (row / 16) ** 1.5 * (0.98 - horizon)
        half = painter.chance.uniform(0.3, 1.0) * (0.05 + 0.16 * row / 16)
        middle = x + painter.chance.uniform(-0.03, 0.03)
        thick = (1 + row * 0.45) * painter.size[1] / 900
        painter.line([painter.at(middle - half, down), painter.at(middle + half, down)], thick, tones.rim - row * 3)
    _ridge(painter, 1.0, 0.09, tones.layers[2], 11)


def _city(painter: Painter) -> None:
    x, y = painter.focus
    painter.light(painter.at(x, y - 0.06), 0.13 * min(painter.size))
    for tone, low, high in zip(painter.tones.layers, (0.3, 0.18, 0.06), (0.56, 0.42, 0.24), strict=True):
        place = -0.02
        while place < 1.0:
            wide = painter.chance.uniform(0.035, 0.085) * 1.4 * painter.size[1] / painter.size[0]
            top = 1 - painter.chance.uniform(low, high)
            _house(painter, place, wide, top, tone)
            place += wide * painter.chance.uniform(0.92, 1.15)


def _house(painter: Painter, x: float, wide: float, top: float, tone: int) -> None:
    corners = [painter.at(x, top), painter.at(x + wide, top), painter.at(x + wide, 1), painter.at(x, 1)]
    painter.shape(corners, tone)
    if painter.chance.random() < 0.25:
        middle = x + wide / 2
        painter.line([painter.at(middle, top), painter.at(middle, top - 0.06)], painter.size[1] / 500, tone)
    rows, columns = int((1 - top) / 0.035), 4
    for row in range(1, rows):
        for column in range(columns):
            if painter.chance.random() < 0.16:
                left, up = x + wide * (0.16 + 0.19 * column), top + row * 0.035
                pane = [painter.at(left, up), painter.at(left + wide * 0.1, up)]
                painter.line(pane, painter.size[1] * 0.011, painter.tones.spark - painter.chance.randrange(70))


def _street(painter: Painter) -> None:
    """Walls to both sides of a road that runs to the light."""
    x, y = painter.focus
    vanish, tones = (x, 0.56), painter.tones
    painter.light(painter.at(x, y - 0.04), 0.09 * min(painter.size))
    for side in (-1.0, 1.0):
        for depth, tone in zip((0.22, 0.46, 1.0), tones.layers, strict=True):
            edge = vanish[0] + side * (0.05 + 0.5 * depth) * min(1.0, 1.3 * painter.size[1] / painter.size[0])
            out = -0.2 if side < 0 else 1.2
            roof = vanish[1] - 0.26 - 0.5 * depth
            foot = vanish[1] + 0.03 + 0.42 * depth
            wall = [(edge, roof), (edge, foot), (out, foot + abs(edge - out) * 0.5), (out, roof - 0.2)]
            painter.shape([painter.at(*corner) for corner in wall], tone)
            _panes(painter, edge, out, roof, foot)
    road = [painter.at(x - 0.012, vanish[1] + 0.05), painter.at(x + 0.012, vanish[1] + 0.05)]
    painter.shape([*road, painter.at(x + 0.36, 1.02), painter.at(x - 0.36, 1.02)], tones.layers[1] + 6)
    for step in range(5):
        near = 0.66 + 0.085 * step
        painter.line(
            [painter.at(x, near), painter.at(x, near + 0.035)], (2 + 2 * step) * painter.size[1] / 900, tones.rim
        )


def _panes(painter: Painter, edge: float, out: float, roof: float, foot: float) -> None:
    for _ in range(5):
        along, down = painter.chance.uniform(0.08, 0.5), painter.chance.uniform(0.2, 0.65)
        x, y = edge + (out - edge) * along, roof + (foot - roof) * down
        painter.line([painter.at(x, y), painter.at(x, y + 0.05)], painter.size[0] * 0.012, painter.tones.spark - 40)


def _room(painter: Painter) -> None:
    """A back wall with a tall window, a floor, and the light that falls on it."""
    x, y = painter.focus
    tones = painter.tones
    floor = 0.74
    painter.shape([painter.at(0, 0), painter.at(1, 0), painter.at(1, floor), painter.at(0, floor)], tones.layers[1])
    wide = 0.2 * min(1.0, painter.size[1] / painter.size[0] * 1.2)
    painter.shape([painter.at(0, floor), painter.at(1, floor), painter.at(1, 1), painter.at(0, 1)], tones.layers[2])
    top, low = max(0.12, y - 0.3), y + 0.18
    for column in range(3):
        left = x - wide + column * wide * 0.68
        pane = [(left, top), (left + wide * 0.6, top), (left + wide * 0.6, low), (left, low)]
        painter.shape([painter.at(*corner) for corner in pane], tones.rim)
        shift = 0.16
        beam = [(left - shift, floor + 0.04), (left + wide * 0.6 - shift, floor + 0.04)]
        beam += [(left + wide * 0.5 - 2 * shift, 1.02), (left - wide * 0.3 - 2 * shift, 1.02)]
        painter.shape([painter.at(*corner) for corner in beam], tones.layers[0])
    for row in range(1, 12):
        down = top + (low - top) * row / 12
        painter.line([painter.at(x - wide, down), painter.at(x + wide, down)], painter.size[1] / 260, tones.layers[2])
    lamp = painter.at(min(x + wide * 1.7, 0.94), y - 0.1)
    painter.line([(lamp[0], 0), lamp], painter.size[1] / 400, tones.figure)
    painter.light(lamp, 0.035 * min(painter.size))


def _doorway(painter: Painter) -> None:
    """A dark wall, an open door, and the light that falls through it onto the floor."""
    x, _ = painter.focus
    tones, floor = painter.tones, 0.8
    wide = 0.13 * min(1.0, painter.size[1] / painter.size[0] * 1.4)
    painter.shape([painter.at(0, 0), painter.at(1, 0), painter.at(1, floor), painter.at(0, floor)], tones.layers[2])
    painter.shape([painter.at(0, floor), painter.at(1, floor), painter.at(1, 1), painter.at(0, 1)], tones.layers[2] - 6)
    frame = [(x - wide * 1.12, 0.2), (x + wide * 1.12, 0.2), (x + wide * 1.12, floor), (x - wide * 1.12, floor)]
    painter.shape([painter.at(*corner) for corner in frame], tones.layers[0])
    door = [(x - wide, 0.225), (x + wide, 0.225), (x + wide, floor), (x - wide, floor)]
    painter.shape([painter.at(*corner) for corner in door], tones.spark)
    spill = [(x - wide, floor), (x + wide, floor), (x + wide * 2.4, 1.02), (x - wide * 2.0, 1.02)]
    painter.shape([painter.at(*corner) for corner in spill], tones.layers[0])
    painter.light(painter.at(x, 0.34), 0.05 * min(painter.size))


def _heavens(painter: Painter) -> None:
    """Stars, a ringed planet, a moon."""
    x, y = painter.focus
    _stars(painter, 240, 1.0)
    short = min(painter.size)
    centre, radius = painter.at(x, y + 0.04), 0.27 * short
    painter.oval(centre, (radius, radius), painter.tones.layers[0])
    painter.oval(
        (centre[0] - radius * 0.14, centre[1] - radius * 0.1), (radius * 0.84, radius * 0.84), painter.tones.sky[1]
    )
    for band in range(4):
        half = radius * (0.8 - 0.12 * band)
        down = centre[1] + radius * (0.1 + 0.2 * band)
        painter.line([(centre[0] - half, down), (centre[0] + half, down)], radius * 0.035, painter.tones.layers[0] + 10)
    ring = [
        (centre[0] - radius * 1.9, centre[1] + radius * 0.62),
        (centre[0] + radius * 1.9, centre[1] - radius * 0.62),
    ]
    painter.glow(ring, radius * 0.05)
    painter.light(painter.at(min(x + 0.2, 0.95), max(y - 0.26, 0.16)), 0.045 * short)


def _open_stage(painter: Painter) -> None:
    """No place is named: a cone of light on an empty stage."""
    x, y = painter.focus
    tones = painter.tones
    painter.light(painter.at(x, y), 0.18 * min(painter.size))
    foot, half = 0.86, 0.3 * min(1.0, painter.size[1] / painter.size[0] * 1.3)
    painter.shape(
        [painter.at(0, foot - 0.1), painter.at(1, foot - 0.1), painter.at(1, 1), painter.at(0, 1)], tones.layers[2]
    )
    painter.oval(painter.at(x, foot), (half * painter.size[0], 0.07 * painter.size[1]), tones.layers[1] + 14)


def _stars(painter: Painter, count: int, low: float) -> None:
    for _ in range(count):
        x, y = painter.at(painter.chance.random(), painter.chance.random() * low)
        size = painter.chance.choice((1, 1, 1.6, 2.4)) * painter.size[1] / 900
        painter.oval((x, y), (size, size), painter.tones.spark - painter.chance.randrange(60))


def _rain(painter: Painter) -> None:
    long = painter.size[1] * 0.045
    for _ in range(130):
        x, y = painter.at(painter.chance.random(), painter.chance.random())
        painter.line([(x, y), (x - long * 0.22, y + long)], painter.size[1] / 760, painter.tones.spark - 50)


def _snowfall(painter: Painter) -> None:
    for _ in range(150):
        x, y = painter.at(painter.chance.random(), painter.chance.random())
        size = painter.chance.uniform(1.2, 4.2) * painter.size[1] / 900
        painter.oval((x, y), (size, size), painter.tones.spark)


def _haze(painter: Painter) -> None:
    """Bands of mist: the lower part, lightened in steps."""
    wide, high = painter.size
    tone = painter.tones.sky[1]
    for band, strength in ((0.58, 34), (0.7, 46), (0.84, 34)):
        box = (0, int(high * band), wide, int(high * (band + 0.07)))
        painter.picture.paste(tone, box, _band((wide, box[3] - box[1]), strength))


def _band(size: tuple[int, int], strength: int) -> Image.Image:
    return rows(size, lambda down: round(strength * 4 * down * (1 - down)))


def _flames(painter: Painter) -> None:
    """Tongues of fire along the lower edge, each with a core of accent."""
    place = 0.0
    while place < 1.02:
        wide, tall = painter.chance.uniform(0.03, 0.06), painter.chance.uniform(0.1, 0.34)
        lean = painter.chance.uniform(-0.03, 0.03)
        painter.shape(_tongue(painter, place, wide, tall, lean), 84 + painter.chance.randrange(36))
        if painter.chance.random() < 0.6:
            painter.glow_shape(_tongue(painter, place, wide * 0.5, tall * 0.55, lean * 0.5))
        place += wide * 0.8


def _tongue(painter: Painter, x: float, wide: float, tall: float, lean: float) -> list[Point]:
    """One flame: broad below the middle, bent, pointed."""
    curve = ((-1.0, 0.0), (-0.9, 0.3), (-0.35, 0.6), (0.0, 1.0), (0.3, 0.66), (0.85, 0.34), (1.0, 0.0))
    return [painter.at(x + wide * across + lean * up * up * 2, 1.02 - tall * up) for across, up in curve]


def _tubes(painter: Painter) -> None:
    """Signs of neon beside the light."""
    x, y = painter.focus
    for side in (-0.2, 0.17, 0.23):
        left, up = x + side, y - painter.chance.uniform(0.05, 0.2)
        down = up + painter.chance.uniform(0.14, 0.3)
        frame = [
            painter.at(left, up),
            painter.at(left + 0.035, up),
            painter.at(left + 0.035, down),
            painter.at(left, down),
        ]
        painter.glow([*frame, frame[0]], painter.size[1] / 170)
        painter.glow(
            [painter.at(left + 0.0175, up + 0.03), painter.at(left + 0.0175, down - 0.03)], painter.size[1] / 240
        )


#: Words of a place, and who paints it; the first that is found.
_PLACES: tuple[tuple[str, Callable[[Painter], None]], ...] = (
    (r"outer space|starship|warship|galaxy|galaxy|planet|nebula|gas giant|asteroid|cosmos", _heavens),
    (r"alley|street|road|boulevard|avenue|market|corridor|tunnel|hallway|subway", _street),
    (r"door", _doorway),
    (r"skyline|city|rooftop|downtown|skyscraper|town\b|harbou?r town", _city),
    (r"ocean|sea\b|seaside|harbou?r|dock|pier|beach|coast|cliff|lake|river|ship\b|boat", _sea),
    (r"forest|woods?\b|jungle|trees?\b|pines?\b|garden|park\b", _wood),
    (r"desert|dune|canyon|mesa|savanna", _dunes),
    (r"mountain|hill|valley|field|meadow|ridge|steppe|snow|glacier|horizon|village|farm", _hills),
    (r"room|court|office|club|bar\b|cafe|kitchen|library|interior|int\b|apartment|hotel|bedroom|warehouse|studio|hall\b|"
     r"theat(?:er|re)|church|window|desk|table|letter|bridge", _room),
)  # fmt: skip
_WEATHER: tuple[tuple[str, Callable[[Painter], None]], ...] = (
    (r"neon|cyberpunk", _tubes),
    (r"fire|flame|burn|blaz|inferno|embers", _flames),
    (r"fog|mist|haz|smok|steam|dust", _haze),
    (r"rain(?!bow)|storm|downpour|drizzle", _rain),
    (r"snow|blizzard", _snowfall),
)
