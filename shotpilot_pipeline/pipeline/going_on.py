"""Which take goes on from each task, and who chose it: a person or a rule. Buys nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.plan.graph import Index, in_order
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import Choices, Chosen, Settled, settle_task
from shotpilot_pipeline.values.take import Take


class GoesOn(NamedTuple):
    """A take that goes on: into a next stage, as another shot's picture, or out as the last."""

    address: str
    take: Take
    rule: str  # that chose it; "" where a person did
    by: str  # the person's name, which may be unknown, or `rule: first`


class Now(NamedTuple):
    """How things stand: the current render key of each settled address, and the take that goes on from it."""

    keys: Mapping[str, str]
    going_on: Mapping[str, GoesOn]


def stand_of(reading: Reading, known: Known) -> Now:
    """Settle every task of the list, as a plan would, without asking what is to be bought."""
    tasks = reading.compiled.tasks
    index = Index(tasks)
    choices = Choices(index, known, first_where_unpicked=reading.places.rehearsal)
    groups: dict[tuple[str, ...], None] = {}
    for task in in_order(tasks, index):
        settled = settle_task(task, choices) if task.forms else None
        if isinstance(settled, Settled):
            choices.keys[task.address] = settled.key
        if task.gates:
            groups.setdefault(task.gates)
    gates = {gate for group in groups for gate in group}
    groups.update(dict.fromkeys((task.address,) for task in tasks if task.forms and task.address not in gates))
    chosen = (choices.choose(group) for group in groups if any(one in choices.keys for one in group))
    return Now(choices.keys, {one.address: _goes_on(one, known) for one in chosen if isinstance(one, Chosen)})


def _goes_on(chosen: Chosen, known: Known) -> GoesOn:
    if chosen.rule:
        return GoesOn(chosen.address, chosen.take, chosen.rule, f"rule: {chosen.rule}")
    pick = known.picks.get(chosen.address)
    return GoesOn(chosen.address, chosen.take, "", pick.by if pick else "")
