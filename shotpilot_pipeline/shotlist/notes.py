"""What a linter said, as lines that a memo keeps: one for what is around the shots, one for each shot.

Places in a shot's own file count from the shot's first line, so that a line stays true when the shot moves. Does not
know any rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.values.lint import Linted, Notes, ShotNotes

Row = list[Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NOWHERE = Place("")


def note_line(linted: Linted, at: Place, kept: Callable[[str], str]) -> str:
    """One line. `at` is where the shot stands (a place without line: nowhere); `kept` names a file from the root on."""
    if not (linted.problems or linted.facts or linted.places):
        return ""
    write = _Writer(at, kept)
    places = {name: write.place(place) for name, place in linted.places.items()}
    told = [[write.problem(problem) for problem in linted.problems], linted.facts, places]
    return _encode(told)


def read_notes(lines: Sequence[str], shots: Sequence[tuple[str, Place]], shown: Callable[[str], str]) -> Notes:
    """The lines of a memo again. `shots`: address and place of each; `shown` says a file as the user types it."""
    told = json.loads(f"[{','.join(line or 'null' for line in lines)}]")
    around = _linted(told[0], _NOWHERE, shown) if told else Linted()
    return Notes(around, tuple(
        ShotNotes(address, place, _linted(row, place, shown))
        for (address, place), row in zip(shots, told[1:], strict=True)
    ))  # fmt: skip


def _linted(row: Row | None, at: Place, shown: Callable[[str], str]) -> Linted:
    if not row:
        return Linted()
    read = _Reader(at, shown)
    places = {name: read.place(place) for name, place in row[2].items()}
    return Linted(tuple(read.problem(problem) for problem in row[0]), row[1], places)


class _Writer:
    def __init__(self, at: Place, kept: Callable[[str], str]) -> None:
        self._at = at
        self._kept = kept

    def place(self, place: Place) -> Row:
        if self._at.line and place.file == self._at.file and place.line:
            return ["", place.line - self._at.line, place.column]
        return [self._kept(place.file) if place.file else "", place.line, place.column]

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
    def __init__(self, at: Place, shown: Callable[[str], str]) -> None:
        self._at = at
        self._shown = shown

    def place(self, row: Row) -> Place:
        file, line, column = row
        if file == "" and self._at.line:
            return Place(self._at.file, self._at.line + line, column)
        return Place(self._shown(file) if file else "", line, column)

    def problem(self, row: Row) -> Problem:
        rule, message, hint, severity, address, place, end, chain, fix = row
        return Problem(
            rule,
            self.place(place),
            message,
            hint,
            Severity(severity),
            address,
            self.place(end) if end else None,
            tuple(Step(self.place(at), words) for at, words in chain),
            self.fix(fix) if fix else None,
        )

    def fix(self, row: Row) -> Fix:
        title, automatic, edits = row
        return Fix(title, tuple(self._edits(edits)), automatic)

    def _edits(self, rows: list[Row]) -> Iterator[Edit]:
        for start, end, text in rows:
            yield Edit(self.place(start), self.place(end), text)
