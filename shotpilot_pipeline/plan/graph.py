"""The graph of tasks: who needs whom, in which order, and loops drawn as a chain of names.

Does not know what has been bought. Everything here is linear in the number of tasks and never recurses: a list of
10,000 shots is one pass, and a chain of 10,000 needs is no deeper than any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from shotpilot_pipeline.errors import BadFiles, Place, Problem, Step
from shotpilot_pipeline.values.request import open_picks, split_pick
from shotpilot_pipeline.values.task import Task


class Index:
    """Every task by its address, and every name that stands for several of them.

    `sc010/sh020@iterate` stands for its variants, `sc010/sh040@final` for its panels when each is a task of its own.
    """

    __slots__ = ("_groups", "tasks")

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.tasks: dict[str, Task] = {task.address: task for task in tasks}
        self._groups: dict[str, tuple[str, ...]] | None = None

    def members(self, name: str) -> tuple[str, ...]:
        """The tasks that `name` stands for, in list order: itself, its variants or panels, or nothing."""
        if name in self.tasks:
            return (name,)
        if self._groups is None:  # built on demand: most lists never use a group's name
            self._groups = _groups(self.tasks)
        return self._groups.get(name, ())

    def picture(self, name: str, panel: int) -> tuple[tuple[str, ...], int]:
        """Who brings panel `panel` (0: the only picture) of `name`: the tasks, and the picture's place in the take.

        Where each panel is a task of its own, panel 2 of the shot is the one picture of that task.
        """
        members = self.members(name)
        if panel and name not in self.tasks:
            shot, _, stage = name.partition("@")
            alone = f"{shot}.p{panel:02}@{stage}"
            if alone in self.tasks:
                return (alone,), 0
        return members, panel

    def needs_of(self, task: Task) -> tuple[str, ...]:
        """What must be there before `task` can be sent: gates first, then needs, each once, all of them tasks."""
        if not task.needs:
            return task.gates
        found = dict.fromkeys(task.gates)
        panels = _panels_of(task)
        for need in task.needs:
            for panel in panels.get(need, (0,)):
                found.update(dict.fromkeys(self.picture(need, panel)[0]))
        return tuple(found)


def in_order(tasks: Sequence[Task], index: Index | None = None) -> tuple[Task, ...]:
    """The tasks, each after what it needs and otherwise in list order; a list already in order is given back as is.

    Raises BadFiles with one Problem per loop, drawn as `a -> b -> a` at the place of its first shot.
    """
    index = index or Index(tasks)
    if _already_in_order(tasks, index):
        return tuple(tasks)
    order, loops = _walk({task.address: index.needs_of(task) for task in tasks})
    if loops:
        raise BadFiles([_loop_problem(loop, index.tasks) for loop in loops])
    return tuple(index.tasks[address] for address in order)


def needed_by(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The graph turned round: for each address, who needs it, in list order."""
    found: dict[str, list[str]] = {}
    for address, below in needs.items():
        for need in below:
            found.setdefault(need, []).append(address)
    return found


def reach(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """Everything that can be reached from `start` along `edges`, `start` included."""
    found = set(start)
    stack = list(found)
    while stack:
        for further in edges.get(stack.pop(), ()):
            if further not in found:
                found.add(further)
                stack.append(further)
    return found


def stage_order(tasks: Iterable[Task]) -> tuple[str, ...]:
    """The stages in the order in which they feed each other; those that nothing orders, as first seen."""
    feeds: dict[str, dict[str, None]] = {}
    for task in tasks:
        before = feeds.setdefault(task.stage, {})
        for gate in task.gates:
            before.setdefault(gate.rpartition("@")[2])
    needs = {stage: tuple(before) for stage, before in feeds.items()}
    return tuple(stage for stage in _walk(needs)[0] if stage in feeds)


def _groups(tasks: Mapping[str, Task]) -> dict[str, tuple[str, ...]]:
    """Every name that stands for several tasks: a shot, or a variant cut short, at a stage."""
    found: dict[str, list[str]] = {}
    for address in tasks:
        shot, _, stage = address.partition("@")
        while "." in shot:
            shot = shot.rpartition(".")[0]
            found.setdefault(f"{shot}@{stage}", []).append(address)
    return {name: tuple(members) for name, members in found.items()}


def _panels_of(task: Task) -> dict[str, tuple[int, ...]]:
    """Which panels the task's forms ask of each name (0: the whole take)."""
    found: dict[str, dict[int, None]] = {}
    for form in task.forms:
        for need in open_picks(form):
            name, panel = split_pick(need)
            found.setdefault(name, {}).setdefault(panel)
    return {name: tuple(panels) for name, panels in found.items()}


def _already_in_order(tasks: Sequence[Task], index: Index) -> bool:
    seen: set[str] = set()
    for task in tasks:
        for need in index.needs_of(task) if task.needs else task.gates:
            if need not in seen and need in index.tasks:
                return False
        seen.add(task.address)
    return True


def _walk(needs: Mapping[str, Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Names after what they need, otherwise in the order given; and the loops, one per edge that closes one."""
    order: list[str] = []
    loops: list[list[str]] = []
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        path = {start: None}  # a dict keeps the chain in order and finds a name in one step
        open_needs: list[Iterator[str]] = [iter(needs[start])]
        while open_needs:
            need = next(open_needs[-1], None)
            if need is None:
                open_needs.pop()
                name = path.popitem()[0]
                done.add(name)
                order.append(name)
            elif need in path:
                chain = list(path)
                loops.append([*chain[chain.index(need) :], need])
            elif need not in done and need in needs:
                path[need] = None
                open_needs.append(iter(needs[need]))
    return order, loops


def _loop_problem(loop: Sequence[str], tasks: Mapping[str, Task]) -> Problem:
    first = tasks[loop[0]]
    message = f"these need each other in a circle: {' -> '.join(loop)}"
    if len(loop) == 2:
        message = f"{first.address} needs its own picked take"
    steps = (Step(place_of(tasks[who]), f"{who} needs {whom}") for who, whom in pairwise(loop[1:]))
    return Problem(
        "loop",
        place_of(first),
        message,
        "name the pick of another shot or stage" if len(loop) == 2 else "let one of them do without the other's pick",
        address=first.address,
        chain=tuple(steps),
    )


def place_of(task: Task) -> Place:
    """Where the task's shot stands, as a Place."""
    file, _, line = task.place.rpartition(":")
    return Place(file, int(line), 1) if file and line.isdigit() else Place(task.place)
