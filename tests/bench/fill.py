"""A store that holds every take of a list, without drawing or downloading any: one coloured pixel each.

Goes through the store's own doors, stage after stage as a run would, without waiting for the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.store.store import Store


def fill_store(path: Path) -> int:
    """Keep every take that the list at `path` wants; gives their number."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        reading = read_list(Path(path.name), None, rehearsal=False)
        store = Store(reading.places.store, durable=False)
        kept = 0
        while wanted := [line for line in build_plan(reading.compiled.tasks, _known(store)).lines if line.takes_new]:
            for line in wanted:
                for number in range(line.takes_have + 1, line.takes_have + line.takes_new + 1):
                    kept += 1
                    _keep(store, line.key, number, kept)
        return kept
    finally:
        os.chdir(before)


def _known(store: Store) -> Known:
    takes = store.takes()
    return Known(counts=store.counts(), takes_of=lambda key: takes.get(key, ()))


def _keep(store: Store, key: str, number: int, colour: int) -> None:
    """One take of one pixel, of a colour that no other take has (16 million are enough)."""
    aside = store.staging() / f"{colour}.png"
    Image.new("RGB", (1, 1), (colour >> 16, colour >> 8 & 255, colour & 255)).save(aside)
    store.keep(key, number, [(aside, check_picture(aside))], {"queue": "bench"})
