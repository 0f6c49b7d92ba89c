"""The scenes and shots of a memo, given again where they are still what they were. Does not decide whether to trust it.

A scene whose text is what it was, and of which nothing was to be said, is given again whole, without a look into it.
Of any other scene each shot is given again that stayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.expand import ShotTasks
from shotpilot_pipeline.shotlist.memo import Memo
from shotpilot_pipeline.shotlist.notes import outer_of
from shotpilot_pipeline.shotlist.problems import places_of, with_places
from shotpilot_pipeline.shotlist.scenememo import KeptShot, SceneText, words_of
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText
from shotpilot_pipeline.values.task import ShotInfo, Task

_PLACE = Task._fields.index("place")  # a line more in front moves all shots behind it


class _Shot(NamedTuple):
    """A shot of the memo: its tasks, its words as JSON, and what the linter said of it."""

    kept: KeptShot
    tasks: tuple[Task, ...]
    words: str
    note: str


class Recall:
    """The scenes and shots of a memo by what they are known by; no memo, no shots.

    `layout`: where everything but the shots stands now; where it is another, a shot whose problems point out of itself
    is compiled anew. `outer`: where what the linter may point at outside of scenes stands now (notes.py).
    """

    def __init__(self, memo: Memo | None, layout: str = "", outer: str = "") -> None:
        self.sources: Mapping[str, str] = memo.bare.sources if memo else {}
        self.links: Mapping[str, str] = memo.stamp.links if memo else {}
        self.facts: Mapping[str, Sequence[object]] = memo.stamp.references if memo else {}
        self.has_moved = memo is None or outer_of(memo.note) != outer
        self._memo = memo
        self._same_layout = memo is not None and memo.stamp.layout == layout
        self._shots: dict[str, dict[str, _Shot]] = {}  # of a scene, by id
        self._problems: dict[str, list[Problem]] = {}
        for address, problem in memo.problems if memo else ():
            self._problems.setdefault(address, []).append(problem)

    def whole(self, scene: SceneSource) -> SceneText | None:
        """The scene as the memo has it, where it stands now; None where it must be looked into."""
        place = self._memo.at.get(scene.id) if self._memo is not None and scene.digest else None
        if self._memo is None or place is None:
            return None
        row = self._memo.rows[place]
        if not row.whole or row.digest != scene.digest or (row.outside and self.has_moved):
            return None
        return self._memo.scene(place).at(scene.node.key_line)

    def misses(self, scene: SceneSource) -> int:
        """How many shots of the scene must be compiled. One that is not known is not even cut apart."""
        if self._memo is None or scene.id not in self._memo.at:
            return len(scene.ids)
        return sum(self._find(shot) is None for shot in scene.shots)

    def note(self, shot: ShotText) -> str:
        """What the linter said of a shot that was recalled, as the memo has it."""
        found = self._find(shot)
        return found.note if found else ""

    def part(self, shot: ShotText) -> tuple[Part, tuple[Problem, ...]] | None:
        """The shot as it was compiled, with its places moved to where it stands now; None when it must be compiled."""
        found = self._find(shot)
        if found is None:
            return None
        kept, place, new = found.kept, f"{shot.file}:{shot.line}", tuple.__new__
        tasks = found.tasks
        if kept.line != shot.line:
            tasks = tuple(new(Task, (*task[:_PLACE], place, *task[_PLACE + 1 :])) for task in tasks)
        problems: tuple[Problem, ...] = ()
        if told := self._problems.get(f"{shot.scene}/{shot.id}"):
            if shot.node is not None:
                return None  # its lines are not known, and it is parsed already
            problems = tuple(_moved(problem, kept, shot) for problem in told)
            if not self._same_layout and any(_points_out(problem, shot) for problem in problems):
                return None
        info = ShotInfo(shot.id, place, kept.state, words_of(found.words))
        done = ShotTasks(tasks=tasks, info=info, problems=problems, sources={}, asks=())
        return Part(shot.scene, shot.id, Place(shot.file, shot.line, shot.column), done), problems

    def _find(self, shot: ShotText) -> _Shot | None:
        if shot.scene not in self._shots:
            self._shots[shot.scene] = self._shots_of(shot.scene)
        found = self._shots[shot.scene].get(shot.id)
        return found if found and found.kept.digest and found.kept.digest == shot.digest else None

    def _shots_of(self, scene: str) -> dict[str, _Shot]:
        place = self._memo.at.get(scene) if self._memo else None
        if self._memo is None or place is None:
            return {}
        known = self._memo.scene(place)
        tasks, found, first = known.tasks().make(), {}, 0
        for shot, words, note in zip(*known.shots(), strict=True):
            found[shot.id] = _Shot(shot, tasks[first : first + shot.tasks], words, note)
            first += shot.tasks
        return found


def parts_in(scene: SceneSource, known: SceneText) -> list[Part]:
    """Every shot of a scene that is known as text."""
    tasks, found, first = known.tasks().make(), [], 0
    for shot, (kept, words, _) in zip(scene.shots, zip(*known.shots(), strict=True), strict=True):
        info = ShotInfo(shot.id, f"{shot.file}:{shot.line}", kept.state, words_of(words))
        done = ShotTasks(tasks[first : first + kept.tasks], info, (), {}, ())
        found.append(Part(shot.scene, shot.id, Place(shot.file, shot.line, shot.column), done))
        first += kept.tasks
    return found


def _moved(problem: Problem, kept: KeptShot, shot: ShotText) -> Problem:
    """The problem where its shot stands now; what points out of the shot stays where it is."""
    down, until = shot.line - kept.line, kept.line + shot.last - shot.line
    if not down:
        return problem

    def move(at: Place) -> Place:
        inside = at.file == shot.file and kept.line <= at.line <= until
        return Place(at.file, at.line + down, at.column) if inside else at

    return with_places(problem, move)


def _points_out(problem: Problem, shot: ShotText) -> bool:
    return any(at.file != shot.file or not shot.line <= at.line <= shot.last for at in places_of(problem))
