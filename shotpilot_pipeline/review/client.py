"""The client copy: one HTML file on which somebody outside marks takes, and saves a small file to be sent back.

It says no prompt, no price, no model and no file's name: what is not in the page cannot be found in it. Does not know
how choices are merged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from shotpilot_pipeline.review.onefile import Unshown, draw, pictures_of, unshown_of, write_html
from shotpilot_pipeline.review.page import ReportPage, ReportPicture, ReportShot, ReportStage, ReportTake, takes_of
from shotpilot_pipeline.review.thumbs import LARGE, Size
from shotpilot_pipeline.review.views import Viewer
from shotpilot_pipeline.values.digest import sha256_text

#: A client judges by what is in the page, so its pictures are larger: 16:9 is 960 px wide, some 50 kB.
VIEWING = Size("viewing", 960 * 540, 76)
MOST_LARGE = 250  # pictures; with more of them the page would be too heavy for mail (some 12 MB)


def client_page(page: ReportPage, rejected: Collection[str] = (), *, every_stage: bool = False) -> ReportPage:
    """What a client may see of `page`: takes of the current version that we did not reject ourselves, and shots that
    have one. `rejected`: sha256 of the first picture of each rejected take. Of a shot only the furthest stage is asked
    about, unless `every_stage`.
    """
    scenes = []
    for scene in page.scenes:
        shots = [_shot(shot, rejected, () if every_stage else page.stages) for shot in scene.shots]
        shown = tuple(shot for shot in shots if takes_of(shot))
        if shown:
            scenes.append(replace(scene, shots=shown))
    return ReportPage(
        show=page.show,
        title=page.title,
        scenes=tuple(scenes),
        stages=page.stages,
        thumbs=page.thumbs,
        date=page.date,
        rehearsal=page.rehearsal,
    )


def _shot(shot: ReportShot, rejected: Collection[str], order: Sequence[str]) -> ReportShot:
    """The shot with the stages that have takes; with an `order` of stages, the last of them only."""
    stages = [stage for stage in (_stage(stage, rejected) for stage in shot.stages) if stage.takes]
    reached = {stage.stage for stage in stages}
    last = next((name for name in reversed(order) if name in reached), None)
    return ReportShot(id=shot.id, stages=tuple(stage for stage in stages if last is None or stage.stage == last))


def _stage(stage: ReportStage, rejected: Collection[str]) -> ReportStage:
    takes = [take for take in stage.takes if take.current and take.pictures]
    return ReportStage(
        stage=stage.stage,
        address=stage.address,
        variant=stage.variant,
        takes=tuple(_take(take) for take in takes if take.pictures[0].sha256 not in rejected),
    )


def _take(take: ReportTake) -> ReportTake:
    pictures = tuple(_bare(picture) for picture in take.pictures)
    return ReportTake(number=take.number, version=take.version, pictures=pictures, picked=take.picked)


def _bare(picture: ReportPicture) -> ReportPicture:
    """Without the name it has in renders/: the page travels alone."""
    return replace(picture, full=None)


def write_client(page: ReportPage, into: Path) -> tuple[Unshown, ...]:
    """Write `page`, made by `client_page`, to `into`. Returns the pictures that could not be shown; raises OSError."""
    pictures = list(pictures_of(page))
    size = VIEWING if len(pictures) <= MOST_LARGE else LARGE
    drawn = draw(pictures, page.thumbs, {picture.sha256: size for picture in pictures})
    unshown = unshown_of(page, drawn)
    write_html(
        into,
        "client",
        drawn,
        page=page,
        scenes=Viewer(page, into.parent).scenes(),
        takes=sum(len(takes_of(shot)) for scene in page.scenes for shot in scene.shots),
        memory=sha256_text("".join(sorted(picture.sha256 for picture in pictures)))[:16],
    )
    return unshown
