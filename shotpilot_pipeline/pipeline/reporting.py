"""Writes the contact sheet of a list: where to, with which names and from which run. Looks are the review room's."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.keeping import renders_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.sheet import sheet_of
from shotpilot_pipeline.pipeline.trip import Wish, known_of, selected_in
from shotpilot_pipeline.review.page import totals
from shotpilot_pipeline.review.report import Unshown, unreadable, write_report
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock
from shotpilot_pipeline.store.names import picture_path
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.renders import link_renders
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.address import Address


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet that was written: how many takes it shows, and the pictures it could not show."""

    file: Path
    takes: int
    unshown: tuple[Unshown, ...] = ()
    elsewhere: int = 0  # pictures of the lock whose records are not on this machine


def anything_kept(reading: Reading) -> bool:
    """Whether the list's store holds a take of anything in its lock."""
    return bool(read_lock(reading.places.lock).addresses())


def write_sheet(reading: Reading, output: Path | None = None, wish: Wish | None = None) -> Written:
    """Write the contact sheet of what was wished for, by default beside the pictures it shows.

    Raises UsageError where it cannot stand, or where a selector matches nothing.
    """
    known = known_of(reading.places, reading.compiled.moved, bought_of(reading)) if wish else None
    only = selected_in(reading, wish, known) if wish and known else None
    renders = renders_of(reading)
    file = output or renders.folder / renders.show / "contact-sheet.html"
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
    try:
        unshown = write_report(page, file)
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{file}: the contact sheet cannot be written here ({why}); choose another with -o") from error
    takes = totals(page, unreadable(page, unshown)).takes
    return Written(file, takes, (*absent, *unshown), elsewhere)


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
