"""A small rehearsed show to choose in. Not a test itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from shotpilot_pipeline.pipeline.choosing import Facts
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.store.store import Store
from tests.cli.shows import run_json, write_list
from tests.store.stock import kept

A, B = "sc010/sh010@iterate", "sc010/sh020@iterate"
FINAL = "sc010/sh010@final"


def rehearsed(folder: Path, *arguments: str, text: str = "") -> Path:
    """A show whose first stage is rehearsed: three takes of two shots. Returns the list."""
    path = write_list(folder, text) if text else write_list(folder)
    run_json("rehearse", path, *(arguments or ("--until", "iterate")))
    return path


def copied(show: Path, folder: Path) -> Path:
    """The same show elsewhere, to be spoilt."""
    shutil.copytree(show.parent, folder / "show")
    return folder / "show" / show.name


def reading_of(path: Path, *, rehearsal: bool = True) -> Reading:
    """The list, ready to be chosen from."""
    return read_list(path, None, rehearsal=rehearsal)


def actions(path: Path, *arguments: str) -> dict[str, str]:
    """What a plan of the rehearsal would do, by address."""
    return {one["address"]: one["action"] for one in run_json("plan", path, "--rehearsal", *arguments)["tasks"]}


def filled(folder: Path, text: str) -> Path:
    """A show whose rehearsal's store has every take that can be made now, of four pixels each. Returns the list."""
    path = write_list(folder, text)
    reading = reading_of(path)
    store = Store(reading.places.store, durable=False)
    for line in Facts(reading).plan.lines:
        for number in range(line.takes_have + 1, line.takes_have + line.takes_new + 1):
            kept(store, line.key, number, f"{line.address}{number}")
    store.close()
    return path
