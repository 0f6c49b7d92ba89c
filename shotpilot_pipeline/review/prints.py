"""A contact sheet laid out on paper: where each picture, each word and each pencil ring stands on which page.

Pure: it is told how wide words are. Points (1/72 inch) from the upper left corner; words stand on their baseline.
Rows are as photographers make them: every picture of the same height, as many as fit, its code burned in below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from shotpilot_pipeline.review.page import (
    ReportPage,
    ReportPicture,
    ReportShot,
    ReportStage,
    ReportTake,
    heroes,
    takes_of,
)

WIDTH, HEIGHT = 842.0, 595.0  # A4, landscape
MARGIN = 34.0
TALLEST = 108.0  # the height of pictures, at most: less where four of the usual ratio would not fit in a row
ACROSS = 4
GAP = 12.0  # between pictures
BELOW = 25.0  # for the two lines under a picture
NARROWEST = 74.0  # of the room a picture and its code get
TITLE, SMALL, CODE = 15.0, 8.0, 7.5  # sizes of type
SCENE = 26.0  # the height of a scene's heading
INK, GREY = "ink", "grey"

Measure = Callable[[str, float, bool], float]  # text, size, bold -> points


class Words(NamedTuple):
    """A line of type."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    shade: str = INK


class Print(NamedTuple):
    """A picture; `ring`: drawn round with the pencil, since it was picked."""

    x: float
    y: float
    width: float
    height: float
    picture: ReportPicture
    ring: bool = False


@dataclass(slots=True)
class Sheet:
    """One page."""

    words: list[Words] = field(default_factory=list)
    prints: list[Print] = field(default_factory=list)


class _Cell(NamedTuple):
    """A picture with its two lines, before it has a place."""

    picture: ReportPicture
    width: float  # of the picture
    room: float
    code: str
    facts: str
    ring: bool


def laid_out(page: ReportPage, measure: Measure, *, only_heroes: bool = False, prices: bool = True) -> list[Sheet]:
    """The pages of `page`: at least one. `only_heroes`: of each shot, only what stands for it."""
    return _Layout(page, measure, only_heroes, prices).sheets()


class _Layout:
    """Puts one thing after another and begins a new page where the old one is full."""

    def __init__(self, page: ReportPage, measure: Measure, only_heroes: bool, prices: bool) -> None:
        self._page = page
        self._measure = measure
        self._only_heroes = only_heroes
        self._prices = prices
        self._sheets: list[Sheet] = []
        self._y = HEIGHT
        self._tall = _height(page)

    def sheets(self) -> list[Sheet]:
        """All pages, numbered."""
        for scene in self._page.scenes:
            cells = [cell for shot in scene.shots for cell in self._cells(shot)]
            if cells:
                self._scene(scene.id, scene.heading, cells)
        if not self._sheets:
            self._new_sheet()
            self._sheets[-1].words.append(Words(MARGIN, self._y + 40, "No pictures yet.", 11, shade=GREY))
        for number, sheet in enumerate(self._sheets, 1):
            count = f"{number} / {len(self._sheets)}"
            right = WIDTH - MARGIN - self._measure(count, SMALL, False)
            sheet.words.append(Words(right, MARGIN + 12, count, SMALL, shade=GREY))
        return self._sheets

    def _new_sheet(self) -> None:
        page, sheet = self._page, Sheet()
        title = page.title or page.show
        facts = " · ".join(part for part in ("Contact sheet", page.date, "REHEARSAL" if page.rehearsal else "") if part)
        end = MARGIN + self._measure(title, TITLE, True) + 14
        sheet.words.append(Words(MARGIN, MARGIN + 12, self._cut(title, TITLE, True, 520), TITLE, bold=True))
        sheet.words.append(Words(min(end, MARGIN + 534), MARGIN + 12, facts, SMALL, shade=GREY))
        self._sheets.append(sheet)
        self._y = MARGIN + 28

    def _scene(self, id: str, heading: str, cells: Sequence[_Cell]) -> None:
        """The heading, kept with its first row, then the rows."""
        for number, row in enumerate(self._rows(cells)):
            needed = self._tall + BELOW + (SCENE if number == 0 else 0)
            if self._y + needed > HEIGHT - MARGIN:
                self._new_sheet()
            if number == 0:
                self._y += SCENE
                words = self._cut(f"{id}   {heading}".strip(), 9, True, WIDTH - 2 * MARGIN)
                self._sheets[-1].words.append(Words(MARGIN, self._y - 9, words, 9, bold=True))
            self._row(row)

    def _row(self, row: Sequence[_Cell]) -> None:
        sheet, x = self._sheets[-1], MARGIN
        for cell in row:
            height = self._tall if cell.width <= WIDTH - 2 * MARGIN else self._tall * (WIDTH - 2 * MARGIN) / cell.width
            width = min(cell.width, WIDTH - 2 * MARGIN)
            sheet.prints.append(Print(x, self._y + self._tall - height, width, height, cell.picture, cell.ring))
            code, facts = (
                self._cut(text, CODE, bold, cell.room) for text, bold in ((cell.code, True), (cell.facts, False))
            )
            sheet.words.append(Words(x, self._y + self._tall + 11, code, CODE, bold=True))
            sheet.words.append(Words(x, self._y + self._tall + 20, facts, CODE, shade=INK if cell.ring else GREY))
            x += cell.room + GAP
        self._y += self._tall + BELOW + 4

    def _rows(self, cells: Sequence[_Cell]) -> Iterator[list[_Cell]]:
        row: list[_Cell] = []
        used = 0.0
        for cell in cells:
            if row and used + cell.room > WIDTH - 2 * MARGIN:
                yield row
                row, used = [], 0.0
            row.append(cell)
            used += cell.room + GAP
        yield row

    def _cells(self, shot: ReportShot) -> Iterator[_Cell]:
        if self._only_heroes:
            shown = [(stage, take) for stage, take in heroes(shot, self._page.stages)]
        else:
            shown = [(stage, take) for stage in shot.stages for take in stage.takes if take.current]
        for stage, take in shown:
            yield from self._take(stage, take)

    def _take(self, stage: ReportStage, take: ReportTake) -> Iterator[_Cell]:
        for panel, picture in enumerate(take.pictures, 1):
            width = self._tall * picture.width / max(1, picture.height)
            part = f" p{panel:02}" if len(take.pictures) > 1 else ""
            price = f"${take.price}" if self._prices and take.price is not None and panel == 1 else ""
            facts = (f"v{take.version:03} t{take.number:02}{part}", "picked" if take.picked else "", price)
            room = min(max(width, NARROWEST), WIDTH - 2 * MARGIN)
            yield _Cell(picture, width, room, stage.address, "  ".join(fact for fact in facts if fact), take.picked)

    def _cut(self, text: str, size: float, bold: bool, room: float) -> str:
        """The text as far as it fits, with an ellipsis where it does not. Of a code, the end tells most."""
        if self._measure(text, size, bold) <= room:
            return text
        while text and self._measure(f"{text}…", size, bold) > room:
            text = text[:-1]
        return f"{text}…"


def _height(page: ReportPage) -> float:
    """How tall every picture is: so that four of the usual ratio (or near it) stand in a row."""
    shots = (shot for scene in page.scenes for shot in scene.shots)
    pictures = [picture for shot in shots for take in takes_of(shot) for picture in take.pictures]
    ratios = [picture.width / max(1, picture.height) for picture in pictures] or [1.0]
    usual = median(ratios)
    ratio = max(one for one in ratios if one <= usual * 1.1)  # the sizes of one ratio differ by a few pixels
    return min(TALLEST, (WIDTH - 2 * MARGIN - (ACROSS - 1) * GAP) / ACROSS / ratio)
