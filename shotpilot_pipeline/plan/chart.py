"""The plan as a chart: what hangs on what, and how each part stands. Does not draw it.

A long list is folded: one box for each scene at each stage, with how many of its tasks stand how, so that 300 shots
are a page a person can read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.values.plan import Action, Plan
from shotpilot_pipeline.values.task import Task

STAGE = "stage"  # the next stage of the same shot
PICTURE = "picture"  # another shot's picked take, sent along as a picture


class Box(NamedTuple):
    """One task, or the tasks of one scene at one stage. `id` is unique on the chart."""

    id: str  # the task's address, or `scene@stage`
    scene: str
    stage: str
    counts: tuple[tuple[Action, int], ...]  # of the tasks in it, most first; one task: its action
    tasks: int

    @property
    def action(self) -> Action:
        """How the box stands: the action of most of its tasks that are not simply there, else of most."""
        busy = [action for action, _ in self.counts if action not in _AT_REST]
        return busy[0] if busy else self.counts[0][0]


class Arrow(NamedTuple):
    """`end` needs `start`. `times`: how many needs it stands for."""

    start: str
    end: str
    kind: str  # STAGE or PICTURE
    times: int = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """Boxes in list order, and arrows between them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    folded: bool = False


_AT_REST = frozenset({Action.CACHED, Action.HELD, Action.OMITTED})


def chart_of(tasks: Sequence[Task], plan: Plan) -> Chart:
    """A box for each line of the plan, and an arrow for each need between two of them."""
    index = Index(tasks)
    actions = {line.address: line.action for line in plan.lines}
    shown = [task for task in tasks if task.address in actions]
    boxes = [Box(task.address, task.scene, task.stage, ((actions[task.address], 1),), 1) for task in shown]
    arrows = [
        Arrow(need, task.address, STAGE if need in task.gates else PICTURE)
        for task in shown
        for need in index.needs_of(task)
        if need in actions
    ]
    return Chart(tuple(boxes), tuple(arrows))


def folded(chart: Chart) -> Chart:
    """One box for each scene at each stage; arrows inside a box are left out, equal ones are counted."""
    home = {box.id: f"{box.scene}@{box.stage}" for box in chart.boxes}
    counts: dict[str, Counter[Action]] = {}
    places: dict[str, tuple[str, str]] = {}
    for box in chart.boxes:
        counts.setdefault(home[box.id], Counter()).update(dict(box.counts))
        places.setdefault(home[box.id], (box.scene, box.stage))
    boxes = [Box(id_, *places[id_], _most_first(found), found.total()) for id_, found in counts.items()]
    return Chart(tuple(boxes), tuple(_joined(chart.arrows, home)), folded=True)


def _most_first(found: Counter[Action]) -> tuple[tuple[Action, int], ...]:
    return tuple(found.most_common())


def _joined(arrows: Sequence[Arrow], home: Mapping[str, str]) -> list[Arrow]:
    found: Counter[tuple[str, str, str]] = Counter()
    for arrow in arrows:
        start, end = home[arrow.start], home[arrow.end]
        if start != end:
            found[start, end, arrow.kind] += arrow.times
    return [Arrow(*ends, count) for ends, count in found.items()]
