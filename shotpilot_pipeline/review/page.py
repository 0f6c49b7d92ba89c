"""What the contact sheet shows, as frozen values, and the few questions a page asks of them.

Does not know where pictures are stored, what was picked by whom in which file, or how anything looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.values.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """One file of pixels. `full` is the file under a name people use (in renders/), None where there is none."""

    file: Path
    sha256: str
    width: int
    height: int
    full: Path | None = None


@dataclass(frozen=True, slots=True)
class ReportTake:
    """One take: a picture, or a series of panels in order. `price` is for all its pictures together.

    `prompt` is only given where it differs from its stage's (a take of an older version); `note` is a few words to be
    shown beside it, such as "incomplete: 3 of 4 panels".
    """

    number: int
    version: int
    pictures: tuple[ReportPicture, ...]
    price: Money | None = None
    picked: bool = False
    by: str = ""
    prompt: str = ""
    note: str = ""
    current: bool = True


@dataclass(frozen=True, slots=True)
class ReportStage:
    """One task: a shot (or variant, or panel) at one stage, with all its takes.

    `state` is "" when there is nothing to say, else one word: waiting, held, omitted, failed, refused, unknown,
    blocked, skipped, stale. `elements` and `images` name what `@Element1`, `@Image1` ... stand for, in order.
    """

    stage: str
    address: str
    variant: str = ""
    model: str = ""
    resolution: str = ""
    aspect_ratio: str = ""
    prompt: str = ""
    elements: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    takes: tuple[ReportTake, ...] = ()
    wanted: int = 0
    state: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportShot:
    """One shot: its slots as (name, text) in the guide's order, and its tasks, stages in order."""

    id: str
    stages: tuple[ReportStage, ...]
    words: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()  # ids
    state: str = ""  # "", "omitted" or "held"
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportScene:
    """One scene under its heading, `EXT. rain-slick alley - NIGHT`."""

    id: str
    heading: str
    shots: tuple[ReportShot, ...]


@dataclass(frozen=True, slots=True)
class ReportCast:
    """One cast member; `portrait` is the frontal reference, None when it is only known by a URL."""

    id: str
    name: str
    portrait: ReportPicture | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The whole sheet. `date` and `run` are printed as given; `charged` is None where no bill is known.

    `thumbs` is a folder in which thumbnails are kept from one report to the next.
    """

    show: str
    title: str
    scenes: tuple[ReportScene, ...]
    stages: tuple[str, ...]
    thumbs: Path
    date: str = ""
    run: str = ""
    rehearsal: bool = False
    cast: tuple[ReportCast, ...] = ()
    charged: Money | None = None
    note: str = ""
    absent: tuple[str, ...] = ()  # addresses of pictures that were kept once and cannot be shown at all


@dataclass(frozen=True, slots=True)
class PageTotals:
    """What a page adds up to; `price` is the sum of all takes shown, `unpriced` counts takes without a price."""

    scenes: int
    shots: int
    takes: int
    pictures: int
    picked: int
    price: Money
    unpriced: int


def price_of(takes: Iterable[ReportTake]) -> Money:
    """The price of the takes together; a take without a price adds nothing."""
    return sum((take.price for take in takes if take.price is not None), ZERO)


def takes_of(shot: ReportShot) -> tuple[ReportTake, ...]:
    """Every take of the shot, stages in order."""
    return tuple(take for stage in shot.stages for take in stage.takes)


def heroes(shot: ReportShot, stages: tuple[str, ...]) -> tuple[tuple[ReportStage, ReportTake], ...]:
    """What stands for the shot: the picked takes of its furthest stage that has pictures.

    Several where variants or panels each went their own way. Where nothing is picked there, the newest version's
    first take of each task is shown; () when the shot has no pictures at all.
    """
    reached = [stage for stage in shot.stages if any(take.pictures for take in stage.takes)]
    if not reached:
        return ()
    order = {name: place for place, name in enumerate(stages)}
    furthest = max((order.get(stage.stage, -1), stage.stage) for stage in reached)[1]
    last = [stage for stage in reached if stage.stage == furthest]
    picked = tuple((stage, take) for stage in last for take in stage.takes if take.picked and take.pictures)
    return picked or tuple((stage, _newest(stage)) for stage in last)


def _newest(stage: ReportStage) -> ReportTake:
    return min((take for take in stage.takes if take.pictures), key=lambda take: (-take.version, take.number))


def states_of(shot: ReportShot) -> tuple[str, ...]:
    """The words by which a shot is found: its own state, those of its tasks, `picked` and `undecided`."""
    words = {shot.state, *(stage.state for stage in shot.stages)} - {""}
    for stage in shot.stages:
        if any(take.picked for take in stage.takes):
            words.add("picked")
        elif stage.takes:
            words.add("undecided")
    return tuple(sorted(words))


def totals(page: ReportPage, unreadable: Set[str] = frozenset()) -> PageTotals:
    """What the page adds up to. Pictures whose sha256 is in `unreadable` do not count, nor takes of nothing else."""
    shots = [shot for scene in page.scenes for shot in scene.shots]
    takes = [take for shot in shots for take in takes_of(shot) if not _sha256s(take) or _sha256s(take) - unreadable]
    return PageTotals(
        scenes=len(page.scenes),
        shots=len(shots),
        takes=len(takes),
        pictures=sum(picture.sha256 not in unreadable for take in takes for picture in take.pictures),
        picked=sum(take.picked for take in takes),
        price=price_of(takes),
        unpriced=sum(take.price is None for take in takes),
    )


def _sha256s(take: ReportTake) -> set[str]:
    return {picture.sha256 for picture in take.pictures}
