"""A task: one shot (or variant, or panel) at one stage, compiled and ready to be planned.

Knows nothing of what has been bought. Named tuples, because a plan walks 30,000 of them in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple, overload

NO_PRICE = -1

#: Who chooses among the takes of a task: a person, or a rule by its name.
HUMAN = "human"
FIRST = "first"
BEST_STARS = "best-stars"
CHOOSERS = frozenset({HUMAN, FIRST, BEST_STARS})


class Task(NamedTuple):
    """One node of the graph.

    A task behind a shot whose variants are chosen among has one gate and one form per variant, in the same order;
    the stages behind that task have it (or each other) as their one gate and again one form per variant: the form
    is that of the variant whose form the gate was settled with. Any other task has at most one gate and exactly one
    form (none when omitted).
    """

    address: str
    stage: str
    state: str  # "", "omit" or "hold"
    endpoint: str  # full model id; "" when omitted
    takes: int  # wanted
    panels: int  # pictures in a take: 1, or the panels of a series
    picture_price: int  # nano-USD per picture; NO_PRICE where the card names none
    pick: str  # who chooses among its takes: "human", "first" or a rule's name
    carry: str  # how the gate's pick comes in: "prompt" or "image"; "" at a first stage
    gates: tuple[str, ...]  # tasks of the stage before, one of which must be picked
    needs: tuple[str, ...]  # other tasks whose picked take is sent along as a picture (never the gates)
    forms: tuple[str, ...]  # values/request.py
    keys: tuple[str, ...]  # render key of each form; "" while a pick is open
    notes: tuple[str, ...]  # what the plan says of it: the model chosen and why, a field that was dropped
    tags: tuple[str, ...]
    cast: tuple[str, ...]
    place: str  # file:line of the shot
    fits: str = ""  # what bought pictures must be to be sent as they are (values/fits.py); "": anything

    @property
    def scene(self) -> str:
        """The scene's id."""
        return self.address.partition("/")[0]


class ShotInfo(NamedTuple):
    """What a list or a report says of a shot besides its pictures."""

    id: str
    place: str  # file:line
    state: str  # "", "omit" or "hold"
    words: tuple[tuple[str, str], ...]  # slot and text, in the guide's order: size, lens, subject, action, ...


class SceneInfo(NamedTuple):
    """What a report says of a scene: its id, its heading and its shots in list order."""

    id: str
    heading: str  # `EXT. rain-slick alley - NIGHT`, as far as given
    shots: tuple[ShotInfo, ...]


class SceneTasks(NamedTuple):
    """The tasks of one scene, made when somebody asks for them."""

    scene: str
    size: int  # how many there are
    make: Callable[[], tuple[Task, ...]]
    digest: str = ""  # scenes with the same have the same tasks, but for their places; "": not known
    needs: tuple[str, ...] = ()  # other scenes whose pictures they need
    shots: int = 0  # that have tasks
    requests: tuple[str, ...] = ()  # the beginnings of render keys: of each task with one request and no open pick
    widest: int = 0  # characters of the longest address; 0: not known
    in_order: bool = False  # whether each task surely stands behind all that it needs, and needs no other scene


class Tasks(Sequence[Task]):
    """Tasks scene by scene, in list order. None is made before somebody looks at one; then all are.

    A tuple to whoever reads it. `scenes` is for those who can do without most of them.
    """

    def __init__(self, scenes: Iterable[SceneTasks]) -> None:
        self.scenes = tuple(scenes)

    @cached_property
    def _all(self) -> tuple[Task, ...]:
        return tuple(chain.from_iterable(scene.make() for scene in self.scenes))

    @property
    def widest(self) -> int:
        """Characters of the longest address."""
        if all(scene.widest for scene in self.scenes if scene.size):
            return max((scene.widest for scene in self.scenes), default=0)
        return max((len(task.address) for task in self._all), default=0)

    @property
    def in_order(self) -> bool:
        """Whether each surely stands behind all that it needs. Makes none of them."""
        return all(scene.in_order for scene in self.scenes if scene.size)

    def __len__(self) -> int:
        return sum(scene.size for scene in self.scenes)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._all)

    @overload
    def __getitem__(self, at: int) -> Task: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Task, ...]: ...

    def __getitem__(self, at: int | slice) -> Task | tuple[Task, ...]:
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Tasks, tuple)) and self._all == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A shot list, compiled: everything planning, rendering and reporting need, and nothing else."""

    show: str
    title: str
    stages: tuple[str, ...]
    tasks: Sequence[Task]  # in list order: scene, shot, variant; stages in order within a shot
    scenes: tuple[SceneInfo, ...]
    sources: Mapping[str, str]  # sha256 of a reference -> its path from the root
    cast: Mapping[str, str] = field(default_factory=dict)  # id -> name
    budget: Mapping[str, int] = field(default_factory=dict)  # "show", "run", "shot", "stage:final" -> nano-USD
    moved: tuple[tuple[str, str], ...] = ()
    name_pattern: str = ""  # outputs.name; "" for the usual one
    format: str = "png"
