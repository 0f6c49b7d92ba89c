"""The work of one task: its rolls, side by side, once topped up when the queue brings too little.

Turns what the rolls brought into the one outcome of the task. Does not know other tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import anyio

from shotpilot_pipeline.engine.collecting import RollEnd
from shotpilot_pipeline.engine.desk import RollDesk
from shotpilot_pipeline.engine.faults import exit_code_of, is_about_the_run, outcome_of, reason_of
from shotpilot_pipeline.engine.roll import carry_roll
from shotpilot_pipeline.engine.shop import Roll
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.plan.rolls import split_rolls
from shotpilot_pipeline.values.event import Note
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.outcome import Outcome, TaskEnd
from shotpilot_pipeline.values.request import endpoint_of
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import NO_PRICE, Task


class Work(NamedTuple):
    """A task that may start: its settled request and the rolls that bring what is missing."""

    task: Task
    form: str
    key: str
    rolls: tuple[Roll, ...]

    @classmethod
    def of(cls, task: Task, form: str, key: str, numbers: Sequence[int]) -> Work:
        """The rolls for the takes `numbers`; none when nothing is missing."""
        return cls(task, form, key, rolls_of(task, form, key, numbers))


class WorkEnd(NamedTuple):
    """How the work ended. `stop`: a fault that is about the whole run."""

    work: Work
    end: TaskEnd
    takes: tuple[Take, ...]
    stop: ShotpilotError | None = None


def rolls_of(task: Task, form: str, key: str, numbers: Sequence[int]) -> tuple[Roll, ...]:
    """As few rolls as possible for the takes `numbers`."""
    if not numbers:
        return ()
    endpoint = endpoint_of(form)
    return tuple(
        Roll(task.address, endpoint, form, key, takes, task.panels, task.picture_price)
        for takes in split_rolls(numbers, task.panels)
    )


async def do_work(work: Work, desk: RollDesk) -> WorkEnd:
    """Carry all rolls of one task. Singles that come short are topped up once in the same run."""
    ends = await _side_by_side(work.rolls, desk)
    if missing := _missing(work, ends):
        desk.tell(Note(work.task.address, f"the queue brought {len(missing)} fewer than asked; asking once more"))
        ends += await _side_by_side(rolls_of(work.task, work.form, work.key, missing), desk)
    takes = tuple(take for end in ends for take in end.takes)
    return WorkEnd(work, _end(work, ends, takes), takes, next(filter(None, map(_stop, ends)), None))


async def _side_by_side(rolls: Sequence[Roll], desk: RollDesk) -> list[RollEnd]:
    """All rolls at once, as far as slots are free; their ends in the order of the rolls."""
    ends: list[RollEnd | None] = [None] * len(rolls)

    async def one(place: int, roll: Roll) -> None:
        async with desk.window:
            ends[place] = await carry_roll(roll, desk)

    async with anyio.create_task_group() as group:
        for place, roll in enumerate(rolls):
            group.start_soon(one, place, roll)
    return [end for end in ends if end is not None]


def _missing(work: Work, ends: Sequence[RollEnd]) -> tuple[int, ...]:
    """Take numbers that were asked for and did not come, where no fault says why and the roll is not a series.

    As many as pictures did not come: one that came under another number, because its own was taken meanwhile, is there.
    """
    if work.task.panels > 1 or any(end.fault for end in ends):
        return ()
    came = {take.number for end in ends for take in end.takes}
    asked = [number for roll in work.rolls for number in roll.takes]
    return tuple(number for number in asked if number not in came)[: max(0, len(asked) - len(came))]


def _end(work: Work, ends: Sequence[RollEnd], takes: Sequence[Take]) -> TaskEnd:
    address, wanted = work.task.address, sum(len(roll.takes) for roll in work.rolls)
    cost = _cost(work.task, takes)
    if not wanted:
        return TaskEnd(address, Outcome.CACHED, "its takes are there already")
    fault = _gravest(ends)
    if fault is not None:
        return TaskEnd(address, outcome_of(fault), reason_of(fault), len(takes), cost, exit_code_of(fault))
    short = [take for take in takes if len(take.pictures) < work.task.panels]
    if short:
        came = len(short[0].pictures)
        reason = f"take {short[0].number} came short: {came} of {work.task.panels} panels; it is kept as it is"
        return TaskEnd(address, Outcome.FAILED, reason, len(takes), cost)
    if len(takes) < wanted:
        reason = f"the queue brought {len(takes)} of {wanted} takes, though it was asked twice"
        return TaskEnd(address, Outcome.FAILED, reason, len(takes), cost)
    reason = "1 take rendered" if len(takes) == 1 else f"{len(takes)} takes rendered"
    return TaskEnd(address, Outcome.RENDERED, reason, len(takes), cost)


def _gravest(ends: Sequence[RollEnd]) -> ShotpilotError | None:
    """The fault that names the task's end: one whose fate is open before a plain failure, a refusal before a stop."""
    order = (Outcome.UNKNOWN, Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED)
    return min((end.fault for end in ends if end.fault), key=lambda fault: order.index(outcome_of(fault)), default=None)


def _cost(task: Task, takes: Sequence[Take]) -> Money | None:
    pictures = sum(len(take.pictures) for take in takes)
    if not pictures:
        return ZERO
    return None if task.picture_price == NO_PRICE else Money(task.picture_price * pictures)


def _stop(end: RollEnd) -> ShotpilotError | None:
    """The fault of a roll, if it is about the run."""
    return end.fault if end.fault is not None and is_about_the_run(end.fault) else None
