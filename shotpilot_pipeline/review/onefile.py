"""One HTML file that holds its pictures, its looks and its script: `OneFile(pictures, ...).write(...)`.

Does not know what a page shows, or what it is for: the same values give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.review.page import ReportPage, ReportPicture, takes_of
from shotpilot_pipeline.review.thumbs import Size, thumbnail, thumbnail_size
from shotpilot_pipeline.review.views import take_address

TEMPLATES = Path(__file__).parent / "templates"
THREADS = 4  # decoding releases the interpreter; more only costs memory (a 4K picture is 50 MB in RGB)


class Unshown(NamedTuple):
    """A picture that could not be shown: the address of its take, and the file that cannot be read."""

    address: str
    file: Path


class Drawn(NamedTuple):
    """The thumbnails of a page by sha256, with the size each was drawn at; empty for what cannot be read."""

    bytes: Mapping[str, bytes]
    sizes: Mapping[str, Size]

    def data_uri(self, picture: ReportPicture) -> str:
        """The thumbnail as it stands in the page; "" where there is none."""
        data = self.bytes[picture.sha256]
        return "data:image/webp;base64," + base64.b64encode(data).decode("ascii") if data else ""

    def box(self, picture: ReportPicture) -> tuple[int, int]:
        """Pixels of the thumbnail."""
        return thumbnail_size(picture.width, picture.height, self.sizes[picture.sha256])


def pictures_of(page: ReportPage) -> Iterator[ReportPicture]:
    """Every picture of the page: faces first, then takes in reading order."""
    yield from (member.portrait for member in page.cast if member.portrait is not None)
    for scene in page.scenes:
        for shot in scene.shots:
            for take in takes_of(shot):
                yield from take.pictures


def draw(pictures: Iterable[ReportPicture], cache: Path, sizes: Mapping[str, Size]) -> Drawn:
    """The thumbnail of every picture, several drawn at a time; empty for one that cannot be read."""
    wanted = {picture.sha256: picture for picture in pictures}
    with ThreadPoolExecutor(THREADS) as pool:
        drawn = pool.map(lambda picture: _thumb(picture, cache, sizes[picture.sha256]), wanted.values())
        return Drawn(dict(zip(wanted, drawn, strict=True)), sizes)


def unshown_of(page: ReportPage, drawn: Drawn) -> tuple[Unshown, ...]:
    """Every picture of a take that was not drawn, in reading order."""
    shots = (shot for scene in page.scenes for shot in scene.shots)
    return tuple(
        Unshown(take_address(stage, take), picture.file)
        for shot in shots
        for stage in shot.stages
        for take in stage.takes
        for picture in take.pictures
        if not drawn.bytes[picture.sha256]
    )


def write_html(into: Path, name: str, drawn: Drawn, **values: object) -> None:
    """Write the page made of NAME.html.j2, base.css, NAME.css and NAME.js. Raises OSError where that cannot be."""
    write_aside(into, (piece.encode() for piece in _html(name, drawn, values)))


def write_aside(into: Path, pieces: Iterable[bytes]) -> None:
    """Write a file under another name and rename it, so that nobody sees half of it. Raises OSError."""
    into.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=into.parent, prefix=f".{into.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        Path(aside).chmod(0o644)  # mkstemp makes files for one person; a page is for mailing
        Path(aside).replace(into)
    finally:
        Path(aside).unlink(missing_ok=True)


def _html(name: str, drawn: Drawn, values: Mapping[str, object]) -> Iterator[str]:
    """The page as text, piece by piece."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # heavy: only when a page is written
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thumb"] = drawn.data_uri
    environment.filters["box"] = drawn.box
    script = (TEMPLATES / f"{name}.js").read_text("utf-8")
    return environment.get_template(f"{name}.html.j2").generate(
        css=Markup("".join((TEMPLATES / f"{one}.css").read_text("utf-8") for one in ("base", name))),  # noqa: S704
        script=Markup(script),  # noqa: S704 - a file of this room
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **values,
    )


def _thumb(picture: ReportPicture, cache: Path, size: Size) -> bytes:
    try:
        return thumbnail(picture.file, cache, picture.sha256, size)
    except OSError:
        return b""
