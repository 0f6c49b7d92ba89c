"""The contact sheet as one HTML file that opens from disk: `write_report(page, into)`.

Does not know where takes come from, what a task is, or what the time is: the same page gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shotpilot_pipeline.review.onefile import Unshown, draw, pictures_of, unshown_of, write_html
from shotpilot_pipeline.review.page import ReportPage, heroes, totals
from shotpilot_pipeline.review.thumbs import LARGE, SMALL, Size
from shotpilot_pipeline.review.views import Viewer, choices

MAILABLE = 400  # pictures; a sheet of more shows all but its heroes smaller (2,100 large ones are 31 MB)


def write_report(page: ReportPage, into: Path) -> tuple[Unshown, ...]:
    """Write `page` to `into` as one self-contained HTML file; a picture that cannot be read leaves an empty frame.

    Thumbnails stand inside; full pictures are linked relative to `into`. The file is written aside and renamed.
    Returns those pictures. Raises OSError where the file cannot be written.
    """
    drawn = draw(pictures_of(page), page.thumbs, _sizes(page))
    unshown = unshown_of(page, drawn)
    write_html(
        into,
        "report",
        drawn,
        page=page,
        totals=totals(page, unreadable(page, unshown)),
        unshown=(*page.absent, *(one.address for one in unshown)),
        scenes=Viewer(page, into.parent).scenes(),
        choices=choices(page),
        names={member.id: member.name for member in page.cast},
    )
    return unshown


def unreadable(page: ReportPage, unshown: Sequence[Unshown]) -> frozenset[str]:
    """The sha256 of every picture of the page that could not be shown."""
    files = {one.file for one in unshown}
    return frozenset(picture.sha256 for picture in pictures_of(page) if picture.file in files)


def _sizes(page: ReportPage) -> dict[str, Size]:
    """How large each picture's thumbnail is, by sha256: all large, or in a long sheet only heroes and faces."""
    found = {picture.sha256: LARGE for picture in pictures_of(page)}
    if len(found) <= MAILABLE:
        return found
    shots = [shot for scene in page.scenes for shot in scene.shots]
    large = {one.sha256 for shot in shots for _, take in heroes(shot, page.stages) for one in take.pictures}
    large |= {member.portrait.sha256 for member in page.cast if member.portrait is not None}
    return {sha256: LARGE if sha256 in large else SMALL for sha256 in found}
