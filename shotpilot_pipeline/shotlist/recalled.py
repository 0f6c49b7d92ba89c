"""The shots of a memo, given again where they are still what they were. Does not decide whether to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.expand import ShotTasks
from shotpilot_pipeline.shotlist.memo import Memo
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.values.task import ShotInfo


class Recall:
    """The shots of a memo by what they are known by; no memo, no shots.

    `words`: whether the shots' own words are wanted too. Where they are not, they are only handed on as the memo has
    them (`raw_words`, by scene and shot), which saves reading and writing them again.
    """

    def __init__(self, memo: Memo | None, *, words: bool) -> None:
        self.raw_words: dict[tuple[str, str], str] = {}
        self.sources: Mapping[str, str] = memo.compiled.sources if memo else {}
        self.links: Mapping[str, str] = memo.stamp.links if memo else {}
        self.facts: Mapping[str, Sequence[object]] = memo.stamp.references if memo else {}
        self._memo = memo
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

    def note(self, shot: ShotText) -> str:
        """What the linter said of a shot that was recalled, as the memo has it."""
        index, _ = self._at[shot.scene, shot.id, shot.digest]
        return self._memo.notes[index + 1] if self._memo and self._memo.notes else ""

    def part(self, shot: ShotText) -> tuple[Part, tuple[Problem, ...]] | None:
        """The shot as it was compiled, with its places moved to where it stands now; None when it must be compiled."""
        at = self._at.get((shot.scene, shot.id, shot.digest))
        if at is None or self._memo is None:
            return None
        index, first = at
        kept, place = self._memo.shots[index], f"{shot.file}:{shot.line}"
        tasks = self._memo.compiled.tasks[first : first + kept.tasks]
        if kept.place != place:
            tasks = tuple(task._replace(place=place) for task in tasks)
        found: tuple[Problem, ...] = ()
        if index in self._problems:
            down = shot.line - int(kept.place.rpartition(":")[2])
            found = tuple(_moved(problem, shot.file, down) for problem in self._problems[index])
        if not self._words:
            self.raw_words[shot.scene, shot.id] = self._memo.raw_words_of(index)
        info = ShotInfo(shot.id, place, kept.state, self._memo.words_of(index) if self._words else ())
        done = ShotTasks(tasks=tasks, info=info, problems=found, sources={}, asks=())
        return Part(shot.scene, shot.id, Place(shot.file, shot.line, shot.column), done), found


def _moved(problem: Problem, file: str, down: int) -> Problem:
    """The problem where its shot stands now; one that points into another file stays where it is."""
    at = problem.place
    return replace(problem, place=replace(at, line=at.line + down)) if at.file == file and at.line else problem
