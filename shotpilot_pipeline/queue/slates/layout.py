"""Where everything stands on a slate, in pixels: margins, the column of type, the frames. Does not draw.

Two arrangements: a wide slate has its type in a column to the left and its light to the right; a tall or square one
has its type below and its light above.
"""

from __future__ import annotations

from typing import NamedTuple

from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.queue.slates.lettering import Block, fit_block, fit_line, prompt_of, width_of

Box = tuple[int, int, int, int]  # left, top, right, bottom

_WIDE = 1.25  # width / height from which type stands to the left
CODE_SPACING = 0.035  # font sizes between the letters of the shot code, which are drawn bolder than the font has them
_LONG = 700  # characters from which the prompt gets more room


class Line(NamedTuple):
    """One line of type: left end, top of the line box, text, size in pixels."""

    x: int
    y: int
    text: str
    size: int


class Layout(NamedTuple):
    """The places of one slate. Boxes never overlap; `text` is placed from its lower end upwards."""

    unit: float  # pixels: 1 at a 1K slate, 2 at 2K, 4 at 4K
    margin: int
    wide: bool
    stripes: Box
    bar: Box
    column: Box  # all type but the take
    take: Box
    show: Line
    code: Line
    scene_width: int  # pixels of the code's first part, which is set darker
    under: Line  # variant, panel
    panels: tuple[Box, ...]
    text: Block
    text_at: tuple[int, int]
    tiles: tuple[Box, ...]
    tile_labels: int  # size of the labels below the tiles
    facts: Line
    scene: tuple[float, float]  # shares of the height between which the scene stands; a tall slate's type is outside
    focus: tuple[float, float]  # of the scene: where its light is


def lay_out(copy: Copy, text: str, under: str, facts: str) -> Layout:
    """Place everything. `text` is the prompt or the panel's, `under` the line below the code, `facts` the last one."""
    width, height = copy.width, copy.height
    unit = (width * height) ** 0.5 / 1000
    wide = width / height >= _WIDE
    margin = round(0.052 * min(width, height))
    stripes = (0, 0, width, round(24 * unit))
    bar = (0, height - round(46 * unit), width, height)
    top, low = stripes[3] + round(0.62 * margin), bar[1] - round(0.72 * margin)
    share = (0.56 if len(text) > _LONG else 0.48) if wide else 1.0
    column = (margin, top, round(width * share) if wide else width - margin, low)
    side = round(132 * unit)
    take = (width - margin - side, top, width - margin, top + round(side * 1.08))
    head = _head(copy, unit, column, take, wide, len(text), under)
    show, code, scene_width, below = head
    y = below.y + (round(below.size * 1.34) if under else 0)
    panels = _panel_boxes(copy, unit, margin, column, y)
    y = (panels[0][3] if panels else y) + round(16 * unit)
    fact_text, fact_size = fit_line(facts, column[2] - column[0], round(17 * unit), round(9 * unit), 0.04)
    last = Line(column[0], low - round(fact_size * 1.3), fact_text, fact_size)
    tile = 72 if len(text) > _LONG else 104
    tiles, label, tile_top = _tile_boxes(copy, unit, column, last.y - round(14 * unit), tile)
    y = max(y, take[3] + round(16 * unit)) if not wide else y
    block = _text_block(prompt_of(text), (column[2] - column[0], tile_top - y), unit, wide)
    text_top = tile_top - block.height
    scene = (0.0, 1.0)
    if not wide:
        above = take[3] / height - 0.03
        scene = (above, min(1.0, max(above + 0.3, text_top / height + 0.06)))
    focus = (0.5 + share / 2 + 0.01, 0.46) if wide else (0.5, 0.46)
    return Layout(
        unit, margin, wide, stripes, bar, column, take, show, code, scene_width, below, panels,
        block, (column[0], text_top), tiles, label, last, scene, focus,
    )  # fmt: skip


def _text_block(text: str, room: tuple[int, int], unit: float, wide: bool) -> Block:
    """The prompt in its room; on a tall slate in the lower part of it, if it can be read there: the scene is above."""
    if not wide:
        block = fit_block(text, room[0], round(room[1] * 0.58), round(38 * unit), round(13.5 * unit))
        if not block.cut:
            return block
    return fit_block(text, room[0], room[1], round(38 * unit), round(11 * unit))


def _head(
    copy: Copy, unit: float, column: Box, take: Box, wide: bool, length: int, under: str
) -> tuple[Line, Line, int, Line]:
    """Show, shot code and the line below it."""
    room = (column[2] if wide and column[2] < take[0] else take[0] - round(20 * unit)) - column[0]
    show_text, show_size = fit_line((copy.show or "rehearsal").upper(), room, round(19 * unit), round(9 * unit), 0.16)
    show = Line(column[0], column[1], show_text, show_size)
    scene, shot = copy.scene or "", copy.shot or "untagged"
    biggest = round((66 if length > _LONG else 112) * unit)
    code_text, size = fit_line(f"{scene} {shot}".strip(), room, biggest, round(16 * unit), CODE_SPACING)
    code = Line(column[0], show.y + round(show_size * 1.34 + 4 * unit), code_text, size)
    scene_width = width_of(f"{scene} ", size, CODE_SPACING) if scene and code_text.startswith(f"{scene} ") else 0
    under_text, under_size = fit_line(under, room, round((24 if length > _LONG else 34) * unit), round(11 * unit), 0.02)
    return show, code, scene_width, Line(column[0], code.y + round(size * 1.3), under_text, under_size)


def _panel_boxes(copy: Copy, unit: float, margin: int, column: Box, y: int) -> tuple[Box, ...]:
    """A strip of small frames, one for each panel of a series."""
    if not copy.series:
        return ()
    ratio = min(max(copy.width / copy.height, 0.6), 2.4)
    gap = round(8 * unit)
    most = (column[2] - column[0] - gap * (copy.count - 1)) // max(copy.count, 1)
    tall = min(round(40 * unit), round(most / ratio))
    across = round(tall * ratio)
    top = y + round(12 * unit)
    lefts = [column[0] + number * (across + gap) for number in range(copy.count)]
    return tuple((left, top, left + across, top + tall) for left in lefts)


def _tile_boxes(copy: Copy, unit: float, column: Box, low: int, most: int) -> tuple[tuple[Box, ...], int, int]:
    """The frames of faces and references in one row, the size of their labels, and where the text must end."""
    count = len(copy.faces) + len(copy.references)
    if not count:
        return (), 0, low - round(4 * unit)
    gap, label = round(12 * unit), max(round(12.5 * unit), 8)
    across = column[2] - column[0]
    side = min(round(most * unit), (across - gap * (count - 1)) // count)
    top = low - round(label * 1.5) - side
    lefts = [column[0] + number * (side + gap) for number in range(count)]
    return tuple((left, top, left + side, top + side) for left in lefts), label, top - round(18 * unit)
