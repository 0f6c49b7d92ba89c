"""The memo: a compiled shot list kept as columns of text, so that a second command need not compile it again.

It is a convenience and never a truth: whatever does not match, byte for byte, is compiled anew, and a memo that is
damaged or was edited counts as none. Does not know how a list is compiled, nor what was bought.

Layout (UTF-8, one value a line): a magic line, the sha256 of the next, one line of JSON (`head`, which holds the
sha256 of all that follows it, so that it can be read and trusted alone), then sections with a line per shot (which
shot, its words as JSON, what the linter said of it, this one with a first line for what is around the shots) and six
with a line per task (kind, address, gates, needs, keys, forms). A *kind* is
what many tasks have in common: stage, endpoint, price and so on; the head lists each once. Several values on one
line stand between tabs, which neither addresses nor canonical JSON can hold. Measured for 30,000 tasks: 0.1 s.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline import build_id
from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.values.digest import sha256_bytes, sha256_of
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.task import Compiled, SceneInfo, ShotInfo, Task

MAGIC = f"shotpilot memo 4 {build_id()}"
_HEAD_LINES = 3
_PIECE = 4096  # lines written at a time
_HEAD_FIELDS = ("show", "title", "sources", "cast", "budget", "name_pattern", "format")


class Stamp(NamedTuple):
    """What a memo rests on: while all of it is the same, so is what was compiled."""

    list: str  # path from the root
    catalog: str  # digest of the model cards
    head: str  # digest of the list without its shots
    layout: str  # digest of where everything but the shots stands
    files: Mapping[str, str]  # path from the root -> sha256: the list and what it includes
    links: Mapping[str, str]  # path as written, from the root -> path from the root that it led to
    references: Mapping[str, Sequence[Any]]  # path from the root -> [bytes, changed_ns, inode, sha256, ...]
    linter: str = ""  # digest of the linter that looked at it; "" for none


class KeptShot(NamedTuple):
    """One shot as compiled: what it is known by, and how many of the tasks are its own."""

    scene: str
    id: str
    digest: str  # of its text; "" for a shot that must always be compiled anew
    place: str  # file:line; in the file from the root on, else as the user types it
    state: str
    tasks: int


@dataclass(frozen=True, slots=True)
class Memo:
    """A memo as read: the tasks at once, the words of the shots only when asked for."""

    stamp: Stamp
    compiled: Compiled  # without scenes
    shots: tuple[KeptShot, ...]
    problems: tuple[tuple[int, Problem], ...]  # warnings, each with its shot's index or -1; no list with errors is kept
    _headings: tuple[tuple[str, str, int], ...]
    _words: Sequence[str]
    notes: Sequence[str]  # what the linter said: of what is around the shots, then of each (notes.py)
    passed: Sequence[str]  # shapes of input that the schemas of the cards allow (film.Checked)
    kinds: Sequence[Sequence[Any]]
    columns: Sequence[Sequence[str]]  # of the tasks, as they stand in the file

    def words_of(self, index: int) -> tuple[tuple[str, str], ...]:
        """Slots and texts of the shot at `index`."""
        return tuple((slot, text) for slot, text in json.loads(self._words[index]))

    def raw_words_of(self, index: int) -> str:
        """The same as the memo has them, to be written again."""
        return self._words[index]

    def compiled_with_scenes(self) -> Compiled:
        """The compiled list, the words of its shots included."""
        return replace(self.compiled, scenes=self.scenes())

    def scenes(self) -> tuple[SceneInfo, ...]:
        """What reports say of scenes and shots."""
        found, at = [], 0
        for scene, heading, count in self._headings:
            infos = [
                ShotInfo(shot.id, shot.place, shot.state, self.words_of(at + offset))
                for offset, shot in enumerate(self.shots[at : at + count])
            ]
            found.append(SceneInfo(scene, heading, tuple(infos)))
            at += count
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier memo, and those of its shots that are written again as they stand in it, by their lines."""

    memo: Memo
    shots: Mapping[tuple[str, str], tuple[int, int]]  # scene and shot -> index of the shot, and of its first task

    @property
    def is_worth_it(self) -> bool:
        """Whether the new memo may build on it: not when it carries many kinds that no task has any more."""
        return len(self.memo.kinds) < 2 * len(set(self.memo.columns[0])) + 1


def write_memo(
    path: Path,
    stamp: Stamp,
    compiled: Compiled,
    shots: Sequence[KeptShot],
    problems: Sequence[tuple[int, Problem]],
    notes: Sequence[str] = (),
    passed: Sequence[str] = (),
    before: Before | None = None,
) -> None:
    """Keep `compiled`; `problems` with the index of their shot, or -1. Places of shots and problems: from the root on.

    `notes`: what the linter said (notes.py). `passed`: see `Memo`. What `before` has is not written out anew: after an
    edit to one shot of a long list that is nearly all. A folder that cannot be written to is no fault: the next command
    compiles again.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.aside")
        with aside.open("wb") as file:
            file.writelines(_encoded(stamp, compiled, shots, problems, notes, passed, before))
        aside.replace(path)


def read_memo(path: Path, shown: Callable[[str], str]) -> Memo | None:
    """The memo at `path`; None when there is none, or none that this version can read whole.

    `shown`: how a path from the root is said to the user of this command.
    """
    try:
        with collector_paused():
            data = path.read_bytes()
            head = _head(data)
            return _decode(head, data.decode().split("\n"), shown)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def read_stamp(path: Path) -> Stamp | None:
    """What the memo at `path` rests on, without reading all of it; None as `read_memo`."""
    try:
        with path.open("rb") as file:
            return Stamp(*_trusted(file.readline(), file.readline(), file.readline())["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _trusted(magic: bytes, digest: bytes, head: bytes) -> dict[str, Any]:
    """The head, from the first three lines. Raises ValueError when it is not as it was written."""
    if magic != MAGIC.encode() + b"\n" or digest != sha256_bytes(head).encode() + b"\n":
        raise ValueError("a memo of another version, or a damaged one")
    found: dict[str, Any] = json.loads(head)
    return found


def _head(data: bytes) -> dict[str, Any]:
    """The head of a whole memo. Raises ValueError when anything in the file is not as it was written."""
    first = data.index(b"\n") + 1
    second = data.index(b"\n", first) + 1
    third = data.index(b"\n", second) + 1
    head = _trusted(data[:first], data[first:second], data[second:third])
    if sha256_bytes(memoryview(data)[third:]) != head["rest"]:
        raise ValueError("the memo is damaged")
    return head


def _encoded(
    stamp: Stamp,
    compiled: Compiled,
    shots: Sequence[KeptShot],
    problems: Sequence[tuple[int, Problem]],
    notes: Sequence[str],
    passed: Sequence[str],
    before: Before | None,
) -> list[bytes]:
    """The file, in pieces: a whole one of 30 MB would be copied three times, into memory that has to be fetched."""
    before = before if before and before.is_worth_it else None
    kinds = {_kind_in(row): number for number, row in enumerate(before.memo.kinds)} if before else {}
    lines = [
        *("\t".join((*shot[:5], str(shot.tasks))) for shot in shots),
        *_word_lines(compiled, before),
        *(notes or [""] * (len(shots) + 1)),
        *_task_lines(compiled.tasks, shots, kinds, before),
    ]
    rest = ["\n".join((*lines[at : at + _PIECE], "")).encode() for at in range(0, len(lines), _PIECE)]
    told: dict[str, Any] = {field: getattr(compiled, field) for field in _HEAD_FIELDS}
    told |= {
        "stamp": stamp,
        "stages": compiled.stages,
        "moved": compiled.moved,
        "kinds": list(kinds),
        "passed": passed,
        "scenes": [(scene.id, scene.heading, len(scene.shots)) for scene in compiled.scenes],
        "problems": [(index, *_problem_row(problem)) for index, problem in problems],
        "counts": (len(shots), len(compiled.tasks)),
        "rest": sha256_of(rest),
    }
    head = f"{_json(told)}\n".encode()
    return [f"{MAGIC}\n{sha256_bytes(head)}\n".encode(), head, *rest]


def _kind(task: Task) -> tuple[Any, ...]:
    return (*task[1:9], *task[13:16], task.fits)


def _kind_in(row: Sequence[Any]) -> tuple[Any, ...]:
    """The same from a head."""
    return (*row[:8], *map(tuple, row[8:11]), row[11])


def _word_lines(compiled: Compiled, before: Before | None) -> Iterator[str]:
    """The words of each shot. One that is written as it stood has none in `compiled` where nobody asked for them."""
    old = before.shots if before else {}
    for scene in compiled.scenes:
        for info in scene.shots:
            at = old.get((scene.id, info.id))
            yield before.memo.raw_words_of(at[0]) if before and at else _json(info.words)


def _task_lines(
    tasks: Sequence[Task], shots: Sequence[KeptShot], kinds: dict[tuple[Any, ...], int], before: Before | None
) -> Iterator[str]:
    """The six columns of the tasks, one after another; kinds that are new are added to `kinds`."""
    spans = list(_spans(shots, before))
    makers: tuple[Callable[[Task], str], ...] = (
        lambda task: str(kinds.setdefault(_kind(task), len(kinds))),
        lambda task: task.address,
        lambda task: "\t".join(task.gates),
        lambda task: "\t".join(task.needs),
        lambda task: "\t".join(task.keys),
        lambda task: "\t".join(task.forms),
    )
    for number, make in enumerate(makers):
        for old, start, end in spans:
            if old < 0 or before is None:
                yield from map(make, tasks[start:end])
            else:
                yield from before.memo.columns[number][old : old + end - start]


def _spans(shots: Sequence[KeptShot], before: Before | None) -> Iterator[tuple[int, int, int]]:
    """Tasks that stand together, as (index in the earlier memo, start, end): -1 for those that it does not have."""
    known = before.shots if before else {}
    was = first = start = 0
    for at, shot in enumerate(shots):
        old = known.get((shot.scene, shot.id), (0, -1))[1]
        goes_on = old < 0 if was < 0 else old == was + first - start
        if at and not goes_on:
            yield was, start, first
            start = first
        if not at or not goes_on:
            was = old
        first += shot.tasks
    if shots:
        yield was, start, first


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _decode(head: Mapping[str, Any], lines: Sequence[str], shown: Callable[[str], str]) -> Memo:
    shot_count, task_count = head["counts"]
    if len(lines) != _HEAD_LINES + 3 * shot_count + 1 + 6 * task_count + 1:
        raise ValueError("the memo is not whole")
    shots = tuple(_shot(line, shown) for line in lines[_HEAD_LINES : _HEAD_LINES + shot_count])
    words_end = _HEAD_LINES + 2 * shot_count
    first = words_end + shot_count + 1
    columns = [lines[first + index * task_count : first + (index + 1) * task_count] for index in range(6)]
    fields = {field: head[field] for field in _HEAD_FIELDS}
    compiled = Compiled(
        stages=tuple(head["stages"]),
        tasks=_tasks(head["kinds"], columns, [shot.place for shot in shots for _ in range(shot.tasks)]),
        scenes=(),
        moved=tuple((old, new) for old, new in head["moved"]),
        **fields,
    )
    return Memo(
        stamp=Stamp(*head["stamp"]),
        compiled=compiled,
        shots=shots,
        problems=tuple((row[0], _problem(row[1:], shown)) for row in head["problems"]),
        _headings=tuple((scene, heading, count) for scene, heading, count in head["scenes"]),
        _words=lines[_HEAD_LINES + shot_count : words_end],
        notes=lines[words_end:first],
        passed=head["passed"],
        kinds=head["kinds"],
        columns=columns,
    )


def _shot(line: str, shown: Callable[[str], str]) -> KeptShot:
    scene, shot, digest, place, state, tasks = line.split("\t")
    file, _, number = place.rpartition(":")
    return KeptShot(scene, shot, digest, f"{shown(file)}:{number}", state, int(tasks))


def _tasks(rows: Sequence[Sequence[Any]], columns: Sequence[Sequence[str]], places: Sequence[str]) -> tuple[Task, ...]:
    """The tasks, put together from their columns. The inner loop runs 30,000 times in every no-op `plan`."""
    kinds = {
        str(n): (tuple(row[:8]), tuple(tuple(texts) for texts in row[8:11]), row[11]) for n, row in enumerate(rows)
    }
    found: list[Task] = []
    new, add = tuple.__new__, found.append
    for number, address, gates, needs, keys, forms, place in zip(*columns, places, strict=True):
        before, after, fits = kinds[number]
        if "\t" in forms or not forms:
            parts = (_several(gates), _several(needs), _several(forms), tuple(keys.split("\t")) if forms else ())
        else:
            parts = ((gates,) if gates else (), _several(needs) if needs else (), (forms,), (keys,))
        add(new(Task, (address, *before, *parts, *after, place, fits)))
    return tuple(found)


def _several(line: str) -> tuple[str, ...]:
    return tuple(line.split("\t")) if line else ()


def _problem_row(problem: Problem) -> tuple[Any, ...]:
    texts = (problem.rule, problem.message, problem.hint, problem.severity.value, problem.address)
    chain = [(_place_row(step.place), step.words) for step in problem.chain]
    end, fix = problem.end, problem.fix
    edits = [(_place_row(edit.start), _place_row(edit.end), edit.text) for edit in fix.edits] if fix else []
    return (
        *texts,
        _place_row(problem.place),
        _place_row(end) if end is not None else None,
        chain,
        (fix.title, edits, fix.automatic) if fix is not None else None,
    )


def _place_row(place: Place) -> tuple[str, int, int]:
    return place.file, place.line, place.column


def _problem(row: Sequence[Any], shown: Callable[[str], str]) -> Problem:
    def place(at: Sequence[Any]) -> Place:
        file, line, column = at
        return Place(shown(file), line, column)

    rule, message, hint, severity, address, at, end, chain, fix = row
    return Problem(
        rule,
        place(at),
        message,
        hint,
        Severity(severity),
        address,
        end=place(end) if end is not None else None,
        chain=tuple(Step(place(step), words) for step, words in chain),
        fix=_fix(fix, place) if fix is not None else None,
    )


def _fix(row: Sequence[Any], place: Callable[[Sequence[Any]], Place]) -> Fix:
    title, edits, automatic = row
    return Fix(title, tuple(Edit(place(start), place(end), text) for start, end, text in edits), automatic)
