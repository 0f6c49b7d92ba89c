"""The contact sheet as one HTML file that opens from disk: `write_report(page, into)`.

Does not know where takes come from, what a task is, or what the time is: the same page gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shotpilot_pipeline.review.page import ReportPage, ReportPicture, heroes, takes_of, totals
from shotpilot_pipeline.review.thumbs import LARGE, SMALL, Size, thumbnail, thumbnail_size
from shotpilot_pipeline.review.views import Viewer, choices

TEMPLATES = Path(__file__).parent / "templates"
MAILABLE = 400  # pictures; a sheet of more shows all but its heroes smaller (2,100 large ones are 31 MB)
THREADS = 4  # decoding releases the interpreter; more only costs memory (a 4K picture is 50 MB in RGB)


def write_report(page: ReportPage, into: Path) -> None:
    """Write `page` to `into` as one self-contained HTML file; a picture that cannot be read leaves an empty frame.

    Thumbnails stand inside; full pictures are linked relative to `into`. The file is written aside and renamed.
    Raises OSError where the file cannot be written.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    _draw_all(page)
    handle, aside = tempfile.mkstemp(dir=into.parent, prefix=f".{into.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(report_html(page, into.parent))
        Path(aside).chmod(0o644)  # mkstemp makes files for one person; a page is for mailing
        Path(aside).replace(into)
    finally:
        Path(aside).unlink(missing_ok=True)


def report_html(page: ReportPage, folder: Path) -> Iterator[str]:
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
    environment.filters["thumb"] = lambda picture: _data_uri(picture, page.thumbs, sizes[picture.sha256])
    environment.filters["box"] = lambda picture: thumbnail_size(picture.width, picture.height, sizes[picture.sha256])
    script = (TEMPLATES / "report.js").read_text("utf-8")
    return environment.get_template("report.html.j2").generate(
        page=page,
        totals=totals(page),
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


def _draw_all(page: ReportPage) -> None:
    """Draw what is not yet in the cache, several at a time; the template then only reads."""
    wanted, sizes = {picture.sha256: picture for picture in _pictures(page)}, _sizes(page)
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda picture: _thumb(picture, page.thumbs, sizes[picture.sha256]), wanted.values()):
            pass


def _thumb(picture: ReportPicture, cache: Path, size: Size) -> bytes:
    """The thumbnail; empty for a picture that cannot be read, which the page shows as an empty frame."""
    try:
        return thumbnail(picture.file, cache, picture.sha256, size)
    except OSError:
        return b""


def _data_uri(picture: ReportPicture, cache: Path, size: Size) -> str:
    data = _thumb(picture, cache, size)
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii") if data else ""
