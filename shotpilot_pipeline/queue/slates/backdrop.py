"""The ground of a slate: the painted scene at the slate's size, faded to a plain ground where type will stand.

Does not set type.
"""

from __future__ import annotations

import random

from PIL import Image

from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.queue.slates.layout import Layout
from shotpilot_pipeline.queue.slates.mood import GLOW, LIT, Ink, Mood
from shotpilot_pipeline.queue.slates.painter import DARK, LIGHT, Painter, columns, rows
from shotpilot_pipeline.queue.slates.scenery import paint
from shotpilot_pipeline.values.digest import sha256_text

_SMALL = 1_100_000  # pixels of a 1K picture and a few more: scenery is painted at this size, twice as large


def backdrop(copy: Copy, mood: Mood, ink: Ink, layout: Layout, words: str, panel: int) -> Image.Image:
    """The scene `words` speak of, in tones and accents.

    Chance hangs on the shot and not on its words or size, so that a composition holds from stage to stage.
    """
    full = (copy.width, copy.height)
    shrink = min(1.0, (_SMALL / (full[0] * full[1])) ** 0.5)
    small = (max(round(full[0] * shrink), 8), max(round(full[1] * shrink), 8))
    above, below = layout.scene
    stage = (small[0] * 2, max(round(small[1] * (below - above)), 8) * 2)
    shot = "/".join((copy.scene, copy.shot, copy.variant)) if copy.shot else words
    seed = sha256_text(f"{shot}\n{panel}\n{copy.chance}")
    painter = Painter(stage, LIGHT if mood.light else DARK, random.Random(seed), layout.focus)  # noqa: S311
    paint(painter, words, len(copy.faces))
    fade, at = _fade(layout, copy, small), (0, round(small[1] * above))
    picture = _placed(painter.picture, small, at, ink.ground, fade)
    accent = _placed(painter.accent, small, at, 0, fade)
    picture = picture if small == full else picture.resize(full, Image.Resampling.BILINEAR)
    _light_up(picture, accent)
    return picture


def _placed(
    painted: Image.Image, size: tuple[int, int], at: tuple[int, int], ground: int, fade: Image.Image
) -> Image.Image:
    """A painted scene at half its size, on the ground, under the fade."""
    placed = Image.new("L", size, ground)
    placed.paste(painted.reduce(2), at)
    placed.paste(ground, None, fade)
    return placed


def _light_up(picture: Image.Image, accent: Image.Image) -> None:
    """Put the lights of the mask into the picture; only the part that has any is scaled up."""
    box = accent.getbbox()
    if box is None:
        return
    left, right = (round(x * picture.width / accent.width) for x in (box[0], box[2]))
    top, low = (round(y * picture.height / accent.height) for y in (box[1], box[3]))
    lights = accent.crop(box)
    if accent.size != picture.size:
        lights = lights.resize((right - left, low - top), Image.Resampling.BILINEAR)
    picture.paste(lights.point(GLOW), (left, top), lights.point(LIT))


def _fade(layout: Layout, copy: Copy, small: tuple[int, int]) -> Image.Image:
    """How much of the scene the ground of the type covers, 255 for all of it."""
    if layout.wide:
        edge = layout.column[2] / copy.width
        return columns(small, lambda along: round(250 * _ease(1 - (along - edge + 0.16) / 0.34)))
    above, below = layout.scene
    below = min(below, layout.text_at[1] / copy.height + 0.06)
    return rows(
        small, lambda down: round(max(250 * _ease((down - below + 0.2) / 0.16), 255 * _ease(1 - (down - above) / 0.07)))
    )


def _ease(share: float) -> float:
    """0 to 1, slow at both ends."""
    part = min(max(share, 0.0), 1.0)
    return part * part * (3 - 2 * part)
