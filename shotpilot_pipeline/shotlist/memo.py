"""The memo: a compiled shot list kept scene by scene as text, so that a second command need not compile it again.

It is a convenience and never a truth: whatever does not match, byte for byte, is compiled anew, and a memo that is
damaged or was edited counts as none. Does not know how a list is compiled, nor what was bought.

Layout (UTF-8): a magic line; the stamp, all that the memo rests on, and the head, which says of each scene what it is
known by and the sha256 of its text, each as one line of JSON behind a line with its sha256; then the texts of the
scenes (scenememo.py). The stamp can be read and trusted alone. A text is read only where somebody asks for it, and a
scene that stayed is carried over as it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline import build_id
from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.shotlist.blocks import Hole
from shotpilot_pipeline.shotlist.scenememo import KeptScene, SceneText
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.task import Compiled, Tasks

_MAGIC = f"shotpilot memo 5 {build_id()}\n".encode()
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


#: A problem, and the shot it was found in (`scene/shot`); "" for none.
Found = tuple[str, Problem]


@dataclass(frozen=True)
class Memo:
    """A memo as read, its scenes only when asked for. No list with errors is kept: its problems are warnings."""

    stamp: Stamp
    bare: Compiled  # without tasks and scenes
    rows: tuple[KeptScene, ...]  # in list order
    problems: tuple[Found, ...]
    note: str  # what the linter said of what is around the shots (notes.py)
    passed: Sequence[str]  # shapes of input that the schemas of the cards allow (film.Checked)
    _texts: Sequence[memoryview]
    _shown: Callable[[str], str]

    @cached_property
    def at(self) -> Mapping[str, int]:
        """Where each scene stands among the rows."""
        return {row.id: place for place, row in enumerate(self.rows)}

    @cached_property
    def holes(self) -> dict[str, Hole]:
        """Where the shots stand in the text of each scene that was cut, by the digest of that text."""
        return {row.digest: row.hole for row in self.rows if row.hole is not None}

    def scene(self, place: int) -> SceneText:
        """The scene of a row."""
        return SceneText(self.rows[place], self._texts[place], self._shown(self.rows[place].file))

    def scenes(self) -> Iterator[SceneText]:
        """All scenes, in list order."""
        return map(self.scene, range(len(self.rows)))

    def compiled(self, *, scenes: bool) -> Compiled:
        """The compiled list; with `scenes`, the words of its shots too."""
        told = tuple(scene.info(words=True) for scene in self.scenes()) if scenes else ()
        return replace(self.bare, tasks=Tasks(scene.tasks() for scene in self.scenes()), scenes=told)


def write_memo(
    path: Path,
    stamp: Stamp,
    compiled: Compiled,
    scenes: Sequence[SceneText],
    problems: Sequence[Found],
    note: str = "",
    passed: Sequence[str] = (),
) -> None:
    """Keep `compiled`, whose scenes are told by `scenes`. Places of problems and scenes: from the root on.

    `note` and `passed`: see `Memo`. A folder that cannot be written to is no fault: the next command compiles again.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.aside")
        with aside.open("wb") as file:
            file.write(_head_of(stamp, compiled, [scene.row for scene in scenes], problems, note, passed))
            file.writelines(scene.text for scene in scenes)
        aside.replace(path)


def read_memo(path: Path, shown: Callable[[str], str]) -> Memo | None:
    """The memo at `path`; None when there is none, or none that this version can read whole.

    `shown`: how a path from the root is said to the user of this command.
    """
    try:
        data = path.read_bytes()
        stamp, start = _trusted(data, _after_magic(data))
        head, start = _trusted(data, start)
        rows = tuple(_row(row) for row in head["rows"])
        return _memo(Stamp(*stamp), head, rows, _texts(memoryview(data)[start:], rows), shown)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def read_stamp(path: Path) -> Stamp | None:
    """What the memo at `path` rests on, without reading all of it; None as `read_memo`."""
    try:
        with path.open("rb") as file:
            data = b"".join(file.readline() for _ in range(3))
        return Stamp(*_trusted(data, _after_magic(data))[0])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _after_magic(data: bytes) -> int:
    if not data.startswith(_MAGIC):
        raise ValueError("a memo of another version")
    return len(_MAGIC)


def _trusted(data: bytes, at: int) -> tuple[Any, int]:
    """The JSON of the second of two lines, whose sha256 is the first, and where they end.

    Raises ValueError when it is not as it was written.
    """
    middle = data.index(b"\n", at) + 1
    end = data.index(b"\n", middle) + 1
    if sha256_bytes(data[middle:end]).encode() != data[at : middle - 1]:
        raise ValueError("the memo is damaged")
    return json.loads(data[middle:end]), end


def _trustworthy(told: object) -> bytes:
    line = f"{_json(told)}\n".encode()
    return f"{sha256_bytes(line)}\n".encode() + line


def _texts(data: memoryview, rows: Sequence[KeptScene]) -> list[memoryview]:
    """The text of each scene. Raises ValueError where one is not as it was written."""
    texts, at = [], 0
    for row in rows:
        text = data[at : at + row.bytes]
        if len(text) != row.bytes or sha256_bytes(text) != row.sha256:
            raise ValueError("the memo is damaged")
        texts.append(text)
        at += row.bytes
    if at != len(data):
        raise ValueError("the memo is damaged")
    return texts


def _head_of(
    stamp: Stamp,
    compiled: Compiled,
    rows: Sequence[KeptScene],
    problems: Sequence[Found],
    note: str,
    passed: Sequence[str],
) -> bytes:
    told: dict[str, Any] = {field: getattr(compiled, field) for field in _HEAD_FIELDS}
    told |= {
        "stages": compiled.stages,
        "moved": compiled.moved,
        "note": note,
        "passed": passed,
        "problems": [(shot, *_problem_row(problem)) for shot, problem in problems],
        "rows": rows,
    }
    return _MAGIC + _trustworthy(stamp) + _trustworthy(told)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _row(row: Sequence[Any]) -> KeptScene:
    found = KeptScene(*row)
    hole = Hole(*found.hole[:4], tuple(found.hole[4]), found.hole[5]) if found.hole is not None else None
    return found._replace(hole=hole, shots=tuple(found.shots), needs=tuple(found.needs), requests=tuple(found.requests))


def _memo(
    stamp: Stamp,
    head: Mapping[str, Any],
    rows: tuple[KeptScene, ...],
    texts: Sequence[memoryview],
    shown: Callable[[str], str],
) -> Memo:
    bare = Compiled(
        stages=tuple(head["stages"]),
        tasks=(),
        scenes=(),
        moved=tuple((old, new) for old, new in head["moved"]),
        **{field: head[field] for field in _HEAD_FIELDS},
    )
    problems = tuple((row[0], _problem(row[1:], shown)) for row in head["problems"])
    return Memo(stamp, bare, rows, problems, head["note"], head["passed"], texts, shown)


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
