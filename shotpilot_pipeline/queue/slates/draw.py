"""Draws the slates of a roll: what all its takes share once, then the number of each. Does not know requests.

A slate is drawn in one byte a pixel with antialiased edges and gets its 256 colours as a palette at the end, which
keeps a 4K slate quick to draw, to pack and to read. The same copy gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

from shotpilot_pipeline.queue.slates.backdrop import backdrop
from shotpilot_pipeline.queue.slates.copy import Copy, Tile, panel_texts
from shotpilot_pipeline.queue.slates.layout import CODE_SPACING, Box, Layout, lay_out
from shotpilot_pipeline.queue.slates.lettering import (
    LEADING,
    fit_block,
    fit_line,
    mask_of,
    settable,
    width_of,
    write,
    write_spaced,
)
from shotpilot_pipeline.queue.slates.mood import ACCENT, INKED, Ink, Mood, mood_of, palette

MARK = "REHEARSAL"
_MOST_TILE_PIXELS = 64_000_000  # a reference beyond this is not decoded for a thumbnail
Shape = Callable[[Image.Image, int], Image.Image]  # a picture as a square of so many pixels
_TILE_SIDE = 512  # pixels of a kept thumbnail


def draw_roll(copy: Copy) -> tuple[bytes, ...]:
    """The encoded pictures of a roll: one for each take, or one for each panel of a series."""
    mood = mood_of(copy.prompt)
    if not copy.series:
        base, layout = _common(copy, mood, copy.prompt, 0)
        return tuple(_finished(copy, mood, base, layout, copy.first_take + number) for number in range(copy.count))
    lead, texts = panel_texts(copy.prompt, copy.count)
    pictures = []
    for number, text in enumerate(texts, 1):
        base, layout = _common(copy, mood, text, number, lead)
        pictures.append(_finished(copy, mood, base, layout, copy.first_take))
    return tuple(pictures)


def _common(copy: Copy, mood: Mood, text: str, panel: int, lead: str = "") -> tuple[Image.Image, Layout]:
    """Everything but the take's number, in tones; accents are already in their own range."""
    under = "   ".join(part for part in (copy.variant, f"Panel {panel} of {copy.count}" if panel else "") if part)
    size = f"{copy.width} x {copy.height}"
    facts = "   ·   ".join((copy.aspect_ratio, copy.resolution, size, copy.model, copy.output_format))
    layout = lay_out(copy, text, under, facts)
    ink = Ink(mood)
    slate = backdrop(copy, mood, ink, layout, text, panel)
    draw = ImageDraw.Draw(slate)
    _frame_lines(draw, layout, ink, slate.size)
    _type(slate, draw, copy, layout, ink)
    _panel_strip(slate, draw, layout, ink, panel)
    tiles = [*((tile, _covering) for tile in copy.faces), *((tile, _fitted) for tile in copy.references)]
    for box, (tile, shape) in zip(layout.tiles, tiles, strict=True):
        _tile(slate, draw, box, tile, layout, ink, shape)
    _clapper(slate, draw, layout, ink)
    _bar(slate, layout)
    return slate, layout


def _frame_lines(draw: ImageDraw.ImageDraw, layout: Layout, ink: Ink, size: tuple[int, int]) -> None:
    """Corners of the safe area and a cross at the focus, as in a viewfinder."""
    thin, arm, inset = max(1, round(1.4 * layout.unit)), round(26 * layout.unit), round(layout.margin * 0.42)
    above, below = layout.scene
    left, top, right, low = inset, layout.stripes[3] + inset, size[0] - inset, layout.bar[1] - inset
    for x, y, across, down in ((left, top, 1, 1), (right, top, -1, 1), (left, low, 1, -1), (right, low, -1, -1)):
        draw.line(((x + across * arm, y), (x, y), (x, y + down * arm)), ink.soft, thin)
    arm = round(13 * layout.unit)
    x, y = round(layout.focus[0] * size[0]), round((above + layout.focus[1] * (below - above)) * size[1])
    if layout.wide or y + arm < layout.text_at[1]:
        draw.line(((x - arm, y), (x + arm, y)), ink.faint, thin)
        draw.line(((x, y - arm), (x, y + arm)), ink.faint, thin)


def _type(slate: Image.Image, draw: ImageDraw.ImageDraw, copy: Copy, layout: Layout, ink: Ink) -> None:
    show, code, under, facts = layout.show, layout.code, layout.under, layout.facts
    write_spaced(draw, (show.x, show.y), show.text, show.size, ink.soft, 0.16)
    scene, shot = code.text[: len(copy.scene) + 1], code.text[len(copy.scene) + 1 :]
    if not layout.scene_width:
        scene, shot = "", code.text
    write_spaced(draw, (code.x, code.y), scene, code.size, ink.faint, CODE_SPACING, bold=True)
    write_spaced(draw, (code.x + layout.scene_width, code.y), shot, code.size, ink.bright, CODE_SPACING, bold=True)
    if under.text:
        _accent_line(slate, (under.x, under.y), under.text, under.size)
    for number, line in enumerate(layout.text.lines):
        at = layout.text_at[0], layout.text_at[1] + number * layout.text.size * LEADING
        write(draw, at, line, layout.text.size, ink.bright)
    write_spaced(draw, (facts.x, facts.y), facts.text, facts.size, ink.soft, 0.04)


def _accent_line(slate: Image.Image, at: tuple[int, int], text: str, size: int) -> None:
    """A line of type in the accent colour, over whatever is there."""
    mask = Image.new("L", (width_of(text, size, 0.02) + 4, round(size * LEADING)), 0)
    write_spaced(ImageDraw.Draw(mask), (0, 0), text, size, 255, 0.02)
    slate.paste(mask.point(ACCENT), at, mask.point(INKED))


def _panel_strip(slate: Image.Image, draw: ImageDraw.ImageDraw, layout: Layout, ink: Ink, panel: int) -> None:
    """One small frame for each panel; this one's is filled."""
    for number, box in enumerate(layout.panels, 1):
        if number == panel:
            slate.paste(255, box)
        else:
            draw.rectangle(box, None, ink.faint, max(1, round(1.4 * layout.unit)))
        size = max(8, round((box[3] - box[1]) * 0.5))
        label = str(number)
        at = (box[0] + box[2] - width_of(label, size)) / 2, box[1] + (box[3] - box[1] - size * 1.2) / 2
        write(draw, at, label, size, ink.ground if number == panel else ink.soft, bold=number == panel)


def _tile(
    slate: Image.Image, draw: ImageDraw.ImageDraw, box: Box, tile: Tile, layout: Layout, ink: Ink, shape: Shape
) -> None:
    """A face or a reference in the tones of the slate, with its name below; `shape` brings it into its square."""
    side = box[2] - box[0]
    picture = thumbnail(tile.data) if tile.data else None
    if picture is not None:
        filled = shape(picture, side)
        slate.paste(filled.point(_TO_TONES), box[:2])
        draw.rectangle(box, None, ink.soft, max(1, round(1.2 * layout.unit)))
    else:
        draw.rectangle(box, None, ink.faint, max(1, round(1.2 * layout.unit)))
        _note(draw, box, tile.note if not tile.data else "no picture", layout.tile_labels, ink.soft)
    label, size = fit_line(tile.label, side, layout.tile_labels, 7)
    write(draw, (box[0], box[3] + round(layout.tile_labels * 0.25)), label, size, ink.soft)


def _note(draw: ImageDraw.ImageDraw, box: Box, text: str, size: int, tone: int) -> None:
    """A few small lines in the middle of an empty tile: where its picture lies."""
    side = box[2] - box[0]
    block = fit_block(text.replace("_", " "), round(side * 0.84), round(side * 0.8), size, max(6, round(size * 0.7)))
    for number, line in enumerate(block.lines):
        x = box[0] + (side - width_of(line, block.size)) / 2
        y = box[1] + (side - block.height) / 2 + number * block.size * LEADING
        write(draw, (x, y), line, block.size, tone)


_TO_TONES = [8 + value * 176 // 255 for value in range(256)]


def _covering(picture: Image.Image, side: int) -> Image.Image:
    """The middle of a picture as a square; of a tall one the upper part, where the face is."""
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 4
    square = picture.crop((left, top, left + short, top + short))
    return square.resize((side, side), Image.Resampling.BICUBIC)


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    """The whole picture on a dark square: a reference is known by its composition, a slate by its code."""
    scale = side / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    square = Image.new("L", (side, side), 0)
    square.paste(picture.resize(size, Image.Resampling.BICUBIC), ((side - size[0]) // 2, (side - size[1]) // 2))
    return square


@lru_cache(maxsize=32)  # the faces of a show come back in shot after shot
def thumbnail(data: bytes) -> Image.Image | None:
    """A small grey picture; None when the bytes are no picture, or one too large to open for a slate."""
    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > _MOST_TILE_PIXELS:
                return None
            picture.draft("L", (_TILE_SIDE, _TILE_SIDE))
            grey = picture.convert("L")
            grey.thumbnail((_TILE_SIDE, _TILE_SIDE), reducing_gap=2.0)
            return grey
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _clapper(slate: Image.Image, draw: ImageDraw.ImageDraw, layout: Layout, ink: Ink) -> None:
    """The stripes of a clapperboard along the upper edge."""
    left, top, right, low = layout.stripes
    draw.rectangle((left, top, right, low), ink.ground)
    step, lean = round(58 * layout.unit), round(26 * layout.unit)
    for x in range(left - lean, right + step, step):
        draw.polygon(((x + lean, top), (x + lean + step / 2, top), (x + step / 2, low), (x, low)), ink.bright)


def _bar(slate: Image.Image, layout: Layout) -> None:
    """The mark along the lower edge, dark on the accent: this is no picture."""
    left, top, right, low = layout.bar
    box = (right - left, low - top)
    bar = Image.new("L", box, 255)
    draw = ImageDraw.Draw(bar)
    size = round(box[1] * 0.56)
    y = round((box[1] - size * 1.22) / 2)
    write_spaced(draw, (layout.margin, y), MARK, size, 0, 0.22, bold=True)
    used = layout.margin + width_of(MARK, size, 0.22, size // 14)
    for note in ("a slate stands in for the picture   ·   $0.00", "a slate, not a picture   ·   $0.00", "$0.00"):
        small = round(size * 0.58)
        wide = width_of(note, small)
        if used + wide + 2 * layout.margin < box[0]:
            write(draw, (box[0] - layout.margin - wide, round((box[1] - small * 1.22) / 2)), note, small, 0)
            break
    slate.paste(bar.point(ACCENT), (left, top))


def _finished(copy: Copy, mood: Mood, base: Image.Image, layout: Layout, take: int) -> bytes:
    """One take: its number drawn into its frame, coloured and encoded."""
    slate = base.copy() if copy.count > 1 else base
    _take_box(slate, copy, layout, Ink(mood), take)
    slate.putpalette(palette(mood))
    kept = BytesIO()
    if copy.output_format == "png":
        slate.save(kept, "png", compress_level=1)
    elif copy.output_format == "webp":
        slate.convert("RGB").save(kept, "webp", quality=82, method=0)
    else:
        slate.convert("RGB").save(kept, "jpeg", quality=88)
    return kept.getvalue()


def _take_box(slate: Image.Image, copy: Copy, layout: Layout, ink: Ink, take: int) -> None:
    """Stage, the word TAKE and its number, framed."""
    left, top, right, low = layout.take
    draw = ImageDraw.Draw(slate)
    thin = max(1, round(2 * layout.unit))
    draw.rectangle(layout.take, ink.ground, ink.soft, thin)
    room = right - left - 8 * thin
    stage, size = fit_line((copy.stage or "still").upper(), room, round(16 * layout.unit), 7, 0.12)
    write_spaced(
        draw, (left + (right - left - width_of(stage, size, 0.12)) / 2, top + 4 * thin), stage, size, ink.soft, 0.12
    )
    word = round(13 * layout.unit)
    y = low - round(word * 1.5)
    write_spaced(draw, (left + (right - left - width_of("TAKE", word, 0.2)) / 2, y), "TAKE", word, ink.soft, 0.2)
    number = settable(str(take))
    space = (top + 4 * thin + round(size * 1.2), y)
    digits = min(round((space[1] - space[0]) * 0.98), round(1.5 * room / max(len(number), 1)))
    mask = mask_of(number, digits, (room, space[1] - space[0]), bold=True)
    slate.paste(
        mask.point([v * ink.bright // 255 + (255 - v) * ink.ground // 255 for v in range(256)]),
        (left + 4 * thin, space[0]),
    )
