"""Where only words of a prompt changed: what `accept` would keep. Compares requests; buys and accepts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.plan import Action, Plan, PlanLine
from shotpilot_pipeline.values.request import endpoint_of, input_of

MOST = 200  # changed tasks that are looked at: each costs a record read from the disk


class Offer(NamedTuple):
    """A task whose prompt alone changed since its takes were bought."""

    address: str
    takes: int  # that would be kept
    before: str
    now: str


def offers_of(reading: Reading, known: Known, plan: Plan) -> tuple[Offer, ...]:
    """The changed tasks of a plan that asked for the same but for the words, and have takes of the old ones."""
    changed = [line for line in plan.lines if line.action is Action.CHANGED][:MOST]
    if not changed or reading.places.rehearsal:
        return ()
    store = Store(reading.places.store, local=reading.places.local)
    return tuple(offer for line in changed if (offer := _offer(line, known, store)) is not None)


def _offer(line: PlanLine, known: Known, store: Store) -> Offer | None:
    key = next((key for key in reversed(known.versions(line.address)) if key != line.key), "")
    takes = known.takes_of(key) if key else ()
    if not takes:
        return None
    record: Mapping[str, Any] = {}
    with suppress(ShotpilotError):
        record = store.record_of(key, takes[0].number)
    before, now = record.get("input"), input_of(line.form)
    if not isinstance(before, dict) or record.get("endpoint") != endpoint_of(line.form) or not only_words(before, now):
        return None
    return Offer(line.address, len(takes), str(before.get("prompt", "")), str(now.get("prompt", "")))


def only_words(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two inputs differ in their prompt and in nothing else."""
    return before != now and {**before, "prompt": ""} == {**now, "prompt": ""}
