"""The shots of a memo, given again where they are still what they were. Does not decide whether to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.expand import ShotTasks
from shotpilot_pipeline.shotlist.memo import Before, KeptShot, Memo
from shotpilot_pipeline.shotlist.problems import places_of, with_places
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.values.task import ShotInfo, Task

_PLACE = Task._fields.index("place")  # a line more in front moves all shots behind it: 30,000 tasks in a long list


class Recall:
    """The shots of a memo by what they are known by; no memo, no shots.

    `layout`: where everything but the shots stands now; where it is another, a shot whose problems point out of itself
    is compiled anew. `words`: whether the shots' own words are wanted too. `before` and `kept`: the shots that
    were recalled, for a new memo to write as they stand.
    """

    def __init__(self, memo: Memo | None, layout: str = "", *, words: bool) -> None:
        self.sources: Mapping[str, str] = memo.compiled.sources if memo else {}
        self.links: Mapping[str, str] = memo.stamp.links if memo else {}
        self.facts: Mapping[str, Sequence[object]] = memo.stamp.references if memo else {}
        self.kept: dict[tuple[str, str], tuple[int, int]] = {}
        self.before = Before(memo, self.kept) if memo else None
        self._memo = memo
        self._same_layout = memo is not None and memo.stamp.layout == layout
        self._words = words
        self._at: dict[tuple[str, str, str], tuple[int, int]] = {}  # -> index of the shot, index of its first task
        self._problems: dict[int, list[Problem]] = {}
        first = 0
        for index, shot in enumerate(memo.shots if memo else ()):
            if shot.digest:
                self._at[shot.scene, shot.id, shot.digest] = (index, first)
            first += shot.tasks
        for index, problem in memo.problems if memo else ():
            self._problems.setdefault(index, []).append(problem)

    @property
    def note_around(self) -> str:
        """What the linter said of what is around the shots, as the memo has it; "" without a memo."""
        return self._memo.notes[0] if self._memo and self._memo.notes else ""

    def note(self, shot: ShotText) -> str:
        """What the linter said of a shot that was recalled, as the memo has it."""
        index, _ = self._at[shot.scene, shot.id, shot.digest]
        return self._memo.notes[index + 1] if self._memo and self._memo.notes else ""

    def has(self, shot: ShotText) -> bool:
        """Whether the shot may be recalled."""
        return (shot.scene, shot.id, shot.digest) in self._at

    def keep(self, shot: ShotText) -> None:
        """Count a shot as recalled: it may be written again as it stands."""
        self.kept[shot.scene, shot.id] = self._at[shot.scene, shot.id, shot.digest]

    def part(self, shot: ShotText) -> tuple[Part, tuple[Problem, ...]] | None:
        """The shot as it was compiled, with its places moved to where it stands now; None when it must be compiled."""
        at = self._at.get((shot.scene, shot.id, shot.digest))
        if at is None or self._memo is None:
            return None
        index, first = at
        kept, place, new = self._memo.shots[index], f"{shot.file}:{shot.line}", tuple.__new__
        tasks = self._memo.compiled.tasks[first : first + kept.tasks]
        if kept.place != place:
            tasks = tuple(new(Task, (*task[:_PLACE], place, *task[_PLACE + 1 :])) for task in tasks)
        found: tuple[Problem, ...] = ()
        if index in self._problems:
            if shot.node is not None:
                return None  # its lines are not known, and it is parsed already
            found = tuple(_moved(problem, kept, shot) for problem in self._problems[index])
            if not self._same_layout and any(_points_out(problem, shot) for problem in found):
                return None
        info = ShotInfo(shot.id, place, kept.state, self._memo.words_of(index) if self._words else ())
        done = ShotTasks(tasks=tasks, info=info, problems=found, sources={}, asks=())
        return Part(shot.scene, shot.id, Place(shot.file, shot.line, shot.column), done), found


def _moved(problem: Problem, kept: KeptShot, shot: ShotText) -> Problem:
    """The problem where its shot stands now; what points out of the shot stays where it is."""
    was = int(kept.place.rpartition(":")[2])
    down, until = shot.line - was, was + shot.text.count("\n")
    if not down:
        return problem

    def move(at: Place) -> Place:
        inside = at.file == shot.file and was <= at.line <= until
        return Place(at.file, at.line + down, at.column) if inside else at

    return with_places(problem, move)


def _points_out(problem: Problem, shot: ShotText) -> bool:
    last = shot.line + shot.text.count("\n")
    return any(at.file != shot.file or not shot.line <= at.line <= last for at in places_of(problem))
