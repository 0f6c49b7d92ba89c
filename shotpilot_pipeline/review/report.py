"""The contact sheet as one HTML file that opens from disk: `write_report(page, into)`.

Does not know where takes come from, what a task is, or what the time is: the same page gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.review.page import ReportPage, ReportPicture, heroes, takes_of, totals
from shotpilot_pipeline.review.thumbs import LARGE, SMALL, Size, thumbnail, thumbnail_size
from shotpilot_pipeline.review.views import Viewer, choices, take_address

TEMPLATES = Path(__file__).parent / "templates"
MAILABLE = 400  # pictures; a sheet of more shows all but its heroes smaller (2,100 large ones are 31 MB)
THREADS = 4  # decoding releases the interpreter; more only costs memory (a 4K picture is 50 MB in RGB)


class Unshown(NamedTuple):
    """A picture that could not be shown: the address of its take, and the file that cannot be read."""

    address: str
    file: Path


def write_report(page: ReportPage, into: Path) -> tuple[Unshown, ...]:
    """Write `page` to `into` as one self-contained HTML file; a picture that cannot be read leaves an empty frame.

    Thumbnails stand inside; full pictures are linked relative to `into`. The file is written aside and renamed.
    Returns those pictures. Raises OSError where the file cannot be written.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    drawn = _draw_all(page)
    unshown = _unshown(page, drawn)
    handle, aside = tempfile.mkstemp(dir=into.parent, prefix=f".{into.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(_html(page, into.parent, drawn, unshown))
        Path(aside).chmod(0o644)  # mkstemp makes files for one person; a page is for mailing
        Path(aside).replace(into)
    finally:
        Path(aside).unlink(missing_ok=True)
    return unshown


def unreadable(page: ReportPage, unshown: Sequence[Unshown]) -> frozenset[str]:
    """The sha256 of every picture of the page that could not be shown."""
    files = {one.file for one in unshown}
    return frozenset(picture.sha256 for picture in _pictures(page) if picture.file in files)


def _html(page: ReportPage, folder: Path, drawn: Mapping[str, bytes], unshown: Sequence[Unshown]) -> Iterator[str]:
    """The page as text, piece by piece; `folder` is where it will stand, for the links to full pictures."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # heavy: only when a report is written
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sizes = _sizes(page)
    environment.filters["thumb"] = lambda picture: _data_uri(drawn[picture.sha256])
    environment.filters["box"] = lambda picture: thumbnail_size(picture.width, picture.height, sizes[picture.sha256])
    script = (TEMPLATES / "report.js").read_text("utf-8")
    return environment.get_template("report.html.j2").generate(
        page=page,
        totals=totals(page, unreadable(page, unshown)),
        unshown=(*page.absent, *(one.address for one in unshown)),
        scenes=Viewer(page, folder).scenes(),
        choices=choices(page),
        names={member.id: member.name for member in page.cast},
        css=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 - a file of this room
        script=Markup(script),  # noqa: S704 - a file of this room
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _pictures(page: ReportPage) -> Iterator[ReportPicture]:
    yield from (member.portrait for member in page.cast if member.portrait is not None)
    for scene in page.scenes:
        for shot in scene.shots:
            for take in takes_of(shot):
                yield from take.pictures


def _sizes(page: ReportPage) -> dict[str, Size]:
    """How large each picture's thumbnail is, by sha256: all large, or in a long sheet only heroes and faces."""
    found = {picture.sha256: LARGE for picture in _pictures(page)}
    if len(found) <= MAILABLE:
        return found
    shots = [shot for scene in page.scenes for shot in scene.shots]
    large = {one.sha256 for shot in shots for _, take in heroes(shot, page.stages) for one in take.pictures}
    large |= {member.portrait.sha256 for member in page.cast if member.portrait is not None}
    return {sha256: LARGE if sha256 in large else SMALL for sha256 in found}


def _draw_all(page: ReportPage) -> dict[str, bytes]:
    """Every thumbnail of the page by sha256, several drawn at a time; empty for a picture that cannot be read."""
    wanted, sizes = {picture.sha256: picture for picture in _pictures(page)}, _sizes(page)
    with ThreadPoolExecutor(THREADS) as pool:
        drawn = pool.map(lambda picture: _thumb(picture, page.thumbs, sizes[picture.sha256]), wanted.values())
        return dict(zip(wanted, drawn, strict=True))


def _unshown(page: ReportPage, drawn: Mapping[str, bytes]) -> tuple[Unshown, ...]:
    """Every picture of a take that was not drawn, in reading order."""
    shots = (shot for scene in page.scenes for shot in scene.shots)
    return tuple(
        Unshown(take_address(stage, take), picture.file)
        for shot in shots
        for stage in shot.stages
        for take in stage.takes
        for picture in take.pictures
        if not drawn[picture.sha256]
    )


def _thumb(picture: ReportPicture, cache: Path, size: Size) -> bytes:
    try:
        return thumbnail(picture.file, cache, picture.sha256, size)
    except OSError:
        return b""


def _data_uri(data: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii") if data else ""
