"""What a memo keeps of one scene: a text that stands by itself, and a row that says what it is known by.

Layout of the text (UTF-8, one value a line): a line per shot three times over (which shot, its words as JSON, what the
linter said of it), then six lines per task, column by column: kind, address, gates, needs, keys, forms; then the kinds
as JSON. A *kind* is what many tasks have in common: stage, endpoint, price and so on. Several values on one line
stand between tabs, which neither addresses nor canonical JSON can hold. Lines count from that of the scene, so that
the text stays what it is wherever the scene stands. Does not read or write files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.shotlist.blocks import Hole
from shotpilot_pipeline.values.digest import sha256_bytes, sha256_text
from shotpilot_pipeline.values.request import split_pick
from shotpilot_pipeline.values.task import SceneInfo, SceneTasks, ShotInfo, Task

_COLUMNS = 6
_SHORT = 12  # signs of a render key that tell it from others: where two agree, they are looked at
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class KeptShot(NamedTuple):
    """One shot as compiled: what it is known by, and how many of the tasks are its own."""

    id: str
    digest: str  # of its text; "" for a shot that must always be compiled anew
    line: int  # of its id, in its file
    state: str
    tasks: int


class KeptScene(NamedTuple):
    """What a scene is known by. Two scenes with the same `plan` have the same tasks, wherever they stand."""

    id: str
    heading: str
    file: str  # from the root on
    line: int  # of its id, in its file
    digest: str  # of its file's path and its text; "" where its shots were not cut out
    hole: Hole | None  # where its shots stand in its text
    whole: bool  # whether its text alone decides what it compiles to, and nothing is to be said of it
    outside: bool  # whether the linter pointed at a place outside of it
    # What its shots and tasks tell (`kept_scene`):
    shots: tuple[str, ...] = ()  # their ids
    tasks: int = 0
    needs: tuple[str, ...] = ()  # other scenes whose pictures it needs
    requests: tuple[str, ...] = ()  # beginnings of render keys: of each task with one request that rests on no pick
    busy: int = 0  # shots that have tasks
    widest: int = 0  # characters of the longest address of a task
    in_order: bool = False  # whether each task surely stands behind all that it needs
    plan: str = ""  # digest of its tasks
    bytes: int = 0  # of its text in the memo
    shots_bytes: int = 0  # of the part of it that is about shots
    sha256: str = ""  # of the same


class ShotsMemo(NamedTuple):
    """The shots of a scene as read: the words of each as JSON, and what the linter said of it."""

    shots: tuple[KeptShot, ...]
    words: Sequence[str]
    notes: Sequence[str]


class SceneText(NamedTuple):
    """A scene as text. Nothing of it is read before somebody asks."""

    row: KeptScene
    text: bytes | memoryview
    file: str  # as the user of this command types it

    def at(self, line: int) -> SceneText:
        """The same where the scene stands at another line."""
        return self._replace(row=self.row._replace(line=line))

    def tasks(self) -> SceneTasks:
        """Its tasks, made when somebody asks for one."""
        row = self.row
        make = partial(tasks_in, self.text, row, self.file)
        return SceneTasks(row.id, row.tasks, make, row.plan, row.needs, row.busy, row.requests,
                          row.widest, row.in_order)  # fmt: skip

    def shots(self) -> ShotsMemo:
        """Its shots."""
        return shots_in(self.text, self.row)

    def info(self, *, words: bool) -> SceneInfo:
        """Its heading; with `words`, those of its shots."""
        return SceneInfo(self.row.id, self.row.heading, tuple(self._infos()) if words else ())

    def _infos(self) -> Iterator[ShotInfo]:
        shots = self.shots()
        for shot, words in zip(shots.shots, shots.words, strict=True):
            yield ShotInfo(shot.id, f"{self.file}:{shot.line}", shot.state, words_of(words))

    def said(self) -> tuple[Sequence[str], Sequence[tuple[str, Place]]]:
        """What the linter said of each shot; address and place of each."""
        shots = self.shots()
        return shots.notes, [(f"{self.row.id}/{shot.id}", Place(self.file, shot.line)) for shot in shots.shots]


def words_of(line: str) -> tuple[tuple[str, str], ...]:
    """Slots and texts of a shot."""
    return tuple((slot, text) for slot, text in json.loads(line))


def kept_scene(
    row: KeptScene, shots: Sequence[KeptShot], infos: Sequence[ShotInfo], notes: Sequence[str], tasks: Sequence[Task]
) -> tuple[KeptScene, bytes]:
    """The text of a scene, and its row with all that is told by it. `row` says the rest: id to `outside`.

    `notes` has a line for each shot, or none at all.
    """
    kinds: dict[tuple[Any, ...], int] = {}
    plan = "\n".join((*(str(kinds.setdefault(_kind(task), len(kinds))) for task in tasks), *_columns(tasks)))
    plan = "\n".join((plan, *map(_json, kinds))) if tasks else ""
    shot_lines = (
        *(f"{id}\t{digest}\t{line - row.line}\t{state}\t{count}" for id, digest, line, state, count in shots),
        *(_json(info.words) for info in infos),
        *(notes or [""] * len(shots)),
        "",
    )
    own = "\n".join(shot_lines).encode()
    data = own + plan.encode()
    told = row._replace(
        shots=tuple(shot.id for shot in shots),
        tasks=len(tasks),
        needs=needs_of(row.id, tasks),
        requests=tuple(task.keys[0][:_SHORT] for task in tasks if len(task.keys) == 1 and task.keys[0]),
        busy=sum(shot.tasks > 0 for shot in shots),
        widest=widest(tasks),
        in_order=in_order(tasks),
        plan=sha256_text(plan),
        bytes=len(data),
        shots_bytes=len(own),
        sha256=sha256_bytes(data),
    )
    return told, data


def _kind(task: Task) -> tuple[Any, ...]:
    return (*task[1:9], *task[13:16], task.fits)


def _columns(tasks: Sequence[Task]) -> Iterable[str]:
    """All columns but that of the kinds, one after another."""
    yield from (task.address for task in tasks)
    for part in ("gates", "needs", "keys", "forms"):
        yield from ("\t".join(getattr(task, part)) for task in tasks)


def widest(tasks: Sequence[Task]) -> int:
    """Characters of the longest address; 0 for no tasks."""
    return max((len(task.address) for task in tasks), default=0)


def in_order(tasks: Sequence[Task]) -> bool:
    """Whether each of the tasks surely stands behind all that it needs, and needs none but these."""
    seen: set[str] = set()
    for task in tasks:
        if not seen.issuperset(task.gates) or not seen.issuperset(map(_shot_of, task.needs)):
            return False
        seen.add(task.address)
    return True


def _shot_of(need: str) -> str:
    return split_pick(need)[0]


def needs_of(scene: str, tasks: Sequence[Task]) -> tuple[str, ...]:
    """The other scenes whose pictures some tasks of `scene` need."""
    found = {split_pick(name)[0].partition("/")[0] for task in tasks for name in (*task.gates, *task.needs)}
    return tuple(sorted(found - {scene}))


def shots_in(data: bytes | memoryview, row: KeptScene) -> ShotsMemo:
    """The shots of a scene from its text. Raises ValueError for a text that is not whole."""
    count = len(row.shots)
    lines = bytes(data[: row.shots_bytes]).decode().split("\n")
    if len(lines) != 3 * count + 1:
        raise ValueError("the memo is not whole")
    shots = tuple(_shot(line, row.line) for line in lines[:count])
    return ShotsMemo(shots, lines[count : 2 * count], lines[2 * count : 3 * count])


def tasks_in(data: bytes | memoryview, row: KeptScene, file: str) -> tuple[Task, ...]:
    """The tasks of a scene from its text. `file`: its file as the user of this command types it.

    Raises ValueError, or what reading JSON raises, for a text that is not whole.
    """
    tasks = row.tasks
    if not tasks:
        return ()
    places = [place for shot in shots_in(data, row).shots for place in [f"{file}:{shot.line}"] * shot.tasks]
    lines = bytes(data[row.shots_bytes :]).decode().split("\n")
    end = _COLUMNS * tasks
    return _tasks(lines[end:], [lines[at : at + tasks] for at in range(0, end, tasks)], places)


def _shot(line: str, scene: int) -> KeptShot:
    id, digest, down, state, tasks = line.split("\t")
    return KeptShot(id, digest, scene + int(down), state, int(tasks))


@lru_cache(maxsize=10_000)  # most scenes have tasks of the same kinds
def _kind_in(line: str) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], ...], str]:
    row = json.loads(line)
    return tuple(row[:8]), tuple(tuple(texts) for texts in row[8:11]), row[11]


def _tasks(rows: Sequence[str], columns: Sequence[Sequence[str]], places: Sequence[str]) -> tuple[Task, ...]:
    """The tasks, put together from their columns. The inner loop runs 30,000 times for a long list."""
    kinds = {str(number): _kind_in(row) for number, row in enumerate(rows)}
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
