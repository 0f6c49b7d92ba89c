"""Writes the contact sheet of a list: where to, with which names and from which run. Looks are the review room's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.choosing import decisions_of
from shotpilot_pipeline.pipeline.keeping import renders_of
from shotpilot_pipeline.pipeline.outfiles import refuse_own_file
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.sheet import sheet_of
from shotpilot_pipeline.pipeline.trip import Wish, known_of, selected_in
from shotpilot_pipeline.review.client import client_page, write_client
from shotpilot_pipeline.review.onefile import Unshown
from shotpilot_pipeline.review.page import ReportPage, totals
from shotpilot_pipeline.review.report import unreadable, write_report
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock
from shotpilot_pipeline.store.names import picture_path
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.renders import link_renders
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.decision import Decision


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet that was written: how many takes it shows, and the pictures it could not show."""

    file: Path  # the first, where PNG pages are several
    takes: int
    unshown: tuple[Unshown, ...] = ()
    elsewhere: int = 0  # pictures of the lock whose records are not on this machine
    files: tuple[Path, ...] = ()


class Look(NamedTuple):
    """Which sheet is meant: the page for ourselves or the client's, on a screen or on paper."""

    client: bool = False  # without prompts and prices, to be marked and sent back
    paper: str = ""  # "pdf", "png", or "" for a page of HTML
    only_heroes: bool = False  # of each shot only what stands for it; on paper

    @property
    def name(self) -> str:
        """The usual name of the file."""
        return f"{'client-copy' if self.client else 'contact-sheet'}.{self.paper or 'html'}"


def anything_kept(reading: Reading) -> bool:
    """Whether the list's store holds a take of anything in its lock."""
    return bool(read_lock(reading.places.lock).addresses())


PAGE = Look()


def write_sheet(reading: Reading, output: Path | None = None, wish: Wish | None = None, look: Look = PAGE) -> Written:
    """Write the contact sheet of what was wished for, by default beside the pictures it shows.

    Raises UsageError where it cannot stand, or where a selector matches nothing.
    """
    known = known_of(reading, bought_of(reading)) if wish else None
    only = selected_in(reading, wish, known) if wish and known else None
    if output is not None:
        refuse_own_file(output, reading)
    renders = renders_of(reading)
    file = output or renders.folder / renders.show / look.name
    store = Store(reading.places.store, durable=False, local=reading.places.local)
    lock = moved_lock(read_lock(reading.places.lock), reading.compiled.moved)
    with suppress(StoreUnwritable):  # a show that may only be read still has a sheet, of the names it has
        link_renders(renders, store, lock)
    absent, elsewhere = _absent(lock, store, only)
    page = sheet_of(
        reading,
        date=datetime.now().astimezone().strftime("%-d %B %Y"),
        run=_newest_run(reading.places.runs),
        links=_links(reading, store),
        absent=[one.address for one in absent],
        only=only,
    )
    if look.client:
        page = client_page(page, _rejected(page, decisions_of(reading)), every_stage=wish is not None)
    try:
        files, unshown = _write(page, file, look)
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{file}: the contact sheet cannot be written here ({why}); choose another with -o") from error
    takes = totals(page, unreadable(page, unshown)).takes
    return Written(files[0], takes, unshown if look.client else (*absent, *unshown), elsewhere, files)


def _write(page: ReportPage, file: Path, look: Look) -> tuple[tuple[Path, ...], tuple[Unshown, ...]]:
    """Write the page in the form that was asked for: the files, and what could not be shown. Raises OSError."""
    if not look.paper:
        return (file,), write_client(page, file) if look.client else write_report(page, file)
    from shotpilot_pipeline.review.printing import write_pdf, write_png  # heavy: only where paper is asked for

    if look.paper == "pdf":
        return (file,), write_pdf(page, file, only_heroes=look.only_heroes, prices=not look.client)
    return write_png(page, file, only_heroes=look.only_heroes, prices=not look.client)


def _rejected(page: ReportPage, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """The first picture of every take on the page that people rejected, by its sha256."""
    stages = [stage for scene in page.scenes for shot in scene.shots for stage in shot.stages]
    return frozenset(
        take.pictures[0].sha256
        for stage in stages
        if (decision := decisions.get(stage.address))
        for take in stage.takes
        if take.current and take.pictures
        for mark in decision.rejects
        if mark.sha256 == take.pictures[0].sha256 or (not mark.sha256 and mark.take == take.number)
    )


def _absent(lock: Lock, store: Store, only: Collection[str] | None) -> tuple[list[Unshown], int]:
    """The lock's pictures that the store has no more, each with its file; and how many it never had a record of."""
    there = {picture.sha256 for takes in store.takes().values() for take in takes for picture in take.pictures}
    lost = {picture.sha256: store.path_of(picture) for picture in store.lost()}
    damaged = {path.name.partition(".")[0]: path for path, _ in store.damaged_records()}
    absent, elsewhere = [], 0
    for line in lock.lines:
        file = lost.get(line.sha256) or damaged.get(line.key)
        if line.sha256 in there or (only is not None and line.address not in only):
            continue
        if file:
            absent.append(Unshown(f"{line.address}#v{line.version}.{line.take}", file))
        else:
            elsewhere += 1
    return absent, elsewhere


def _links(reading: Reading, store: Store) -> dict[str, Path]:
    """Where each picture lies under its readable name."""
    lock = moved_lock(read_lock(reading.places.lock), reading.compiled.moved)
    renders, found = renders_of(reading), {}
    formats = {
        picture.sha256: picture.format for takes in store.takes().values() for t in takes for picture in t.pictures
    }
    for line in lock.lines:
        extension = EXTENSIONS.get(formats.get(line.sha256, ""))
        if extension:
            at = Address.parse(line.address)
            name = picture_path(
                renders.show, at, line.version, line.take, line.panel, extension, renders.pattern, renders.title
            )
            found[line.sha256] = renders.folder / name
    return found


def _newest_run(runs: Path) -> str:
    return max((folder.name for folder in runs.iterdir() if folder.is_dir()), default="") if runs.is_dir() else ""
