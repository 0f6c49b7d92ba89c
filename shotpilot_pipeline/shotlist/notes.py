"""What a linter said, as lines that a memo keeps: one for what is around the shots, one for each shot.

A place inside the shot counts from the shot's first line, one in the scene's own keys from the scene's line, so that a
line stays true when the shot moves. Any other place is written as it is. A line says at its end which kinds it holds:
one of the scene is true only while the scene's text is the same, any other one only while all that is written outside
of scenes is. Does not know any rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.values.lint import Linted, Notes, ShotNotes

Row = list[Any]
_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: a memo of nothing else is read twice as fast
_SEVERITIES = {severity.value: severity for severity in Severity}  # a call of the enum takes ten times as long
_OUTSIDE, _OF_SCENE = 1, 2  # what a line ends with, added up: a place outside of the scene, or in its own keys


class Standing(NamedTuple):
    """Where a shot stands: its first and last line, and those of its scene."""

    file: str
    line: int
    last: int
    scene: int  # 0: in another file, or not known
    scene_last: int


NOWHERE = Standing("", 0, 0, 0, 0)


def note_line(linted: Linted, at: Standing, kept: Callable[[str], str]) -> str:
    """One line. `kept` names a file from the root on."""
    if not (linted.problems or linted.facts or linted.places):
        return ""
    write = _Writer(at, kept)
    problems = [write.problem(problem) for problem in linted.problems]
    places = {name: write.place(place) for name, place in linted.places.items()}
    return _encode([problems, linted.facts, places, write.kinds])


def around_line(linted: Linted, scenes: Mapping[str, int], outer: str, kept: Callable[[str], str]) -> str:
    """The line of what is around the shots: with the line of each scene, and a digest of where the rest stands."""
    write = _Writer(NOWHERE, kept)
    problems = [write.problem(problem) for problem in linted.problems]
    places = {name: write.place(place) for name, place in linted.places.items()}
    return _encode([problems, linted.facts, places, dict(scenes), outer])


def is_outside(line: str) -> bool:
    """Whether a line holds a place that is neither in the shot nor in its scene's own keys."""
    return line.endswith((",1]", ",3]"))


def is_of_scene(line: str) -> bool:
    """Whether a line holds a place in the scene's own keys."""
    return line.endswith((",2]", ",3]"))


def outer_of(around: str) -> str:
    """The digest of where the rest stood, from the line of what is around the shots; "" where there is none."""
    return str(json.loads(around)[4]) if around else ""


def read_notes(lines: Sequence[str], shots: Sequence[tuple[str, Place]], shown: Callable[[str], str]) -> Notes:
    """The lines of a memo again. `shots`: address and place of each; `shown` says a file as the user types it."""
    told = json.loads(f"[{','.join(line or 'null' for line in lines)}]")
    if not told or not told[0]:
        return Notes.none()
    around, scenes = _linted(told[0], _Reader(NOWHERE, shown)), told[0][3]
    rows = zip(shots, told[1:], strict=True)
    return Notes(around, tuple(_shot(address, place, row, scenes, shown) for (address, place), row in rows))


def _shot(
    address: str, place: Place, row: Row | None, scenes: Mapping[str, int], shown: Callable[[str], str]
) -> ShotNotes:
    if not row:
        return ShotNotes(address, place, _NOTHING)
    read = _Reader(Standing(place.file, place.line, 0, scenes.get(address.partition("/")[0], 0), 0), shown)
    own = row[2].get("shot")
    return ShotNotes(address, read.place(own) if own else place, _linted(row, read))


_NOTHING = Linted()


def _linted(row: Row, read: _Reader) -> Linted:
    return Linted(tuple(map(read.problem, row[0])) if row[0] else (), row[1], _Places(row[2], read))


class _Places(Mapping[str, Place]):
    """Places by name, made when one is asked for: most rules never look at those of most shots."""

    __slots__ = ("_read", "_rows")

    def __init__(self, rows: Mapping[str, Row], read: _Reader) -> None:
        self._rows = rows
        self._read = read

    def __getitem__(self, name: str) -> Place:
        return self._read.place(self._rows[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Writer:
    def __init__(self, at: Standing, kept: Callable[[str], str]) -> None:
        self._at = at
        self._kept = kept
        self.kinds = 0

    def place(self, place: Place) -> Row:
        at = self._at
        if place.file == at.file and at.line <= place.line <= at.last:
            return ["", place.line - at.line, place.column]
        if place.file == at.file and at.scene and at.scene <= place.line <= at.scene_last:
            self.kinds |= _OF_SCENE
            return ["^", place.line - at.scene, place.column]
        self.kinds |= _OUTSIDE
        return [self._kept(place.file) if place.file else "/", place.line, place.column]

    def problem(self, problem: Problem) -> Row:
        row: Row = [problem.rule, problem.message, problem.hint, problem.severity.value, problem.address]
        row.append(self.place(problem.place))
        row.append(self.place(problem.end) if problem.end else None)
        row.append([[self.place(step.place), step.words] for step in problem.chain])
        row.append(self.fix(problem.fix) if problem.fix else None)
        return row

    def fix(self, fix: Fix) -> Row:
        edits = [[self.place(edit.start), self.place(edit.end), edit.text] for edit in fix.edits]
        return [fix.title, fix.automatic, edits]


class _Reader:
    __slots__ = ("_at", "_shown")

    def __init__(self, at: Standing, shown: Callable[[str], str]) -> None:
        self._at = at
        self._shown = shown

    def place(self, row: Row) -> Place:
        file, line, column = row
        if file == "":
            return Place(self._at.file, self._at.line + line, column)
        if file == "^":
            return Place(self._at.file, self._at.scene + line, column)
        return Place("" if file == "/" else self._shown(file), line, column)

    def problem(self, row: Row) -> Problem:
        rule, message, hint, severity, address, place, end, chain, fix = row
        return Problem(
            rule,
            self.place(place),
            message,
            hint,
            _SEVERITIES[severity],
            address,
            self.place(end) if end else None,
            tuple(Step(self.place(at), words) for at, words in chain) if chain else (),
            self.fix(fix) if fix else None,
        )

    def fix(self, row: Row) -> Fix:
        title, automatic, edits = row
        return Fix(title, tuple(self._edits(edits)), automatic)

    def _edits(self, rows: list[Row]) -> Iterator[Edit]:
        for start, end, text in rows:
            yield Edit(self.place(start), self.place(end), text)
