"""What a run tells while it goes on: one frozen value per event. Does not know who listens.

Enough for a live progress view, for the lock and the names people see, and for a line of JSON each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.take import Picture


class RunStarted(NamedTuple):
    """The run begins: how many tasks it has to end, and what the plan says it brings at most."""

    tasks: int
    takes: int  # the plan buys now
    cost_at_most: Money


class RollSent(NamedTuple):
    """One request was accepted; it brings these takes."""

    address: str
    takes: tuple[int, ...]
    request_id: str


class TakeKept(NamedTuple):
    """One take is in the store, whole. `record` is what is kept beside it."""

    address: str
    key: str
    number: int
    pictures: tuple[Picture, ...]
    record: Mapping[str, object]


class TaskEnded(NamedTuple):
    """One task came to its end; tasks that were there already end at once."""

    address: str
    outcome: Outcome
    reason: str
    takes_new: int
    cost: Money | None
    exit_code: int = 0


class Note(NamedTuple):
    """Something a person should know that ends nothing: a download tried again, a series that came short."""

    address: str  # "" when it is about the whole run
    text: str


class RunStopped(NamedTuple):
    """The run stops early and nothing failed by it: the account, the disk, a budget. The same command goes on."""

    reason: str
    exit_code: int


class BudgetMet(NamedTuple):
    """A shot or a stage has used up its own budget: said once for each; what has room under its own goes on."""

    reason: str


Event = RunStarted | RollSent | TakeKept | TaskEnded | Note | RunStopped | BudgetMet

_NAMES: Mapping[type, str] = {
    RunStarted: "run-started",
    RollSent: "roll-sent",
    TakeKept: "take-kept",
    TaskEnded: "task-ended",
    Note: "note",
    RunStopped: "run-stopped",
    BudgetMet: "budget-met",
}


def event_as_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object; its name stands under `event`, money is text."""
    return {"event": _NAMES[type(event)], **{name: _plain(value) for name, value in event._asdict().items()}}


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return str(value)
    if isinstance(value, Picture):
        return value._asdict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
