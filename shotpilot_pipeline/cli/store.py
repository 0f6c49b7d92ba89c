"""`shotpilot store`: looks after the bought bytes. Buys nothing, and removes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, problem_line, table
from shotpilot_pipeline.errors import Severity, ShotpilotError, StoreDamaged
from shotpilot_pipeline.pipeline.places import Places, places_of
from shotpilot_pipeline.pipeline.settings import read_settings
from shotpilot_pipeline.shotlist.source import find_root
from shotpilot_pipeline.store.records import Entry
from shotpilot_pipeline.store.rescue import Copies
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Picture, Take

EVERY = 100  # pictures read between two words of progress


@click.group(name="store")
def command() -> None:
    """Look after the bytes: read them again, list them, make the index again."""


@command.command(name="verify")
@asking
def verify(asked: Asked) -> None:
    """Read every byte again and say what is damaged, missing or nobody's.

    A picture that is damaged or missing here and whole in renders/ is put back from there. Ends with 0 when
    everything that was bought is there, with 70 when something is damaged or missing.
    """
    screen, places = Screen(asked), _places(asked)
    store, copies = Store(places.store), Copies(places.renders)

    def tell(done: int, of: int) -> None:
        if done % EVERY == 0 or done == of:
            screen.message(f"{done:,} of {counted(of, 'picture')} read")

    def heal(picture: Picture) -> Path | None:
        copy = copies.of(picture)
        try:
            if copy is not None:
                store.put_back(picture, copy)
        except ShotpilotError as error:
            screen.fault(f"{copy}: this copy could not be put back: {error}")
            return None
        return copy

    found = store.verify(tell, heal, slates=asked.rehearsal)
    store.close()
    grave = [problem for problem in found.problems if problem.severity is Severity.ERROR]
    if asked.json:
        from shotpilot_pipeline.telling.machine import problem_json

        problems = [problem_json(problem) for problem in found.problems]
        screen.result_json({**found._asdict(), "problems": problems, "folder": str(store.folder)})
    else:
        for problem in found.problems:
            screen.result(problem_line(problem, screen))
        what = f"{counted(found.takes, 'take')}, {counted(found.pictures, 'picture')}, {size_in_words(found.bytes)}"
        screen.result(f"{store.folder}: {what}: {counted(len(grave), 'fault') if grave else 'all is well'}")
    if grave:
        raise StoreDamaged(f"{store.folder}: {counted(len(grave), 'record or picture', 'records or pictures')} damaged")


@command.command(name="ls")
@asking
@click.argument("address", required=False)
def ls(asked: Asked, address: str | None) -> None:
    """List the takes in the store, with what they were bought for.

    ADDRESS, or its beginning, shows only those takes: sc010, sc010/sh020, sc010/sh020@final.
    """
    screen, store = Screen(asked), _store(asked)
    entries = [
        (take, entry)
        for takes in store.takes().values()
        for take in takes
        for entry in [store.entry_of(take.key, take.number)]
        if str(entry.origin.get("address", "")).startswith(address or "")
    ]
    entries.sort(key=lambda pair: (str(pair[1].origin.get("address", "")), pair[1].kept_at, pair[0].number))
    if asked.json:
        screen.result_json([_take_json(store, take, entry) for take, entry in entries])
    else:
        for line in table([_row(take, entry) for take, entry in entries]):
            screen.result(line)
        if not entries:
            named = f" of {address}" if address else ""
            screen.message(f"No take{named} is in the store; each stands there under the address it was bought for.")
    for path, why in store.damaged_records():
        screen.fault(f"{path}: the record is damaged, so its take counts as missing: {why}")


@command.command(name="rebuild")
@asking
def rebuild(asked: Asked) -> None:
    """Make the index again from the records."""
    screen, store = Screen(asked), _store(asked)
    takes = store.rebuild()
    if asked.json:
        screen.result_json({"folder": str(store.folder), "takes": takes})
    else:
        screen.result(f"{store.folder}: the index was made again: {counted(takes, 'take')}")


def _store(asked: Asked) -> Store:
    return Store(_places(asked).store)


def _places(asked: Asked) -> Places:
    """Where things lie in the show the command is about; in its rehearsal with `--rehearsal`."""
    stand_in = Path("any.yaml")  # a show has one store, whichever of its lists is meant
    root = find_root(stand_in, asked.project)
    place = root / read_settings(root).get("store", "place")
    return places_of(root / stand_in, root, rehearsal=asked.rehearsal, store=place)


def _row(take: Take, entry: Entry) -> tuple[str, ...]:
    first = take.pictures[0]
    size = sum(picture.bytes for picture in take.pictures)
    panels = f"{len(take.pictures)} panels" if len(take.pictures) > 1 else ""
    return (
        str(entry.origin.get("address", "-")),
        f"#{take.number}",
        f"{first.width} x {first.height}",
        panels,
        first.format,
        size_in_words(size),
        entry.kept_at,
        f"key {take.key[:12]}",
        f"sha256 {first.sha256[:12]}",
    )


def _take_json(store: Store, take: Take, entry: Entry) -> dict[str, Any]:
    pictures = [{**picture._asdict(), "path": str(store.path_of(picture))} for picture in take.pictures]
    return {
        "address": entry.origin.get("address"),
        "render_key": take.key,
        "number": take.number,
        "kept_at": entry.kept_at,
        "pictures": pictures,
    }


def size_in_words(count: int) -> str:
    """Bytes as people say them: 812 kB, 3.4 GB (powers of ten, as disks are sold)."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
