"""What `expand` shows: each task's request with paths where upload URLs will stand. Buys and renders nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import BadFiles, Place, Severity, UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.reading import Reading, root_of
from shotpilot_pipeline.pipeline.trip import Wish, known_of, selected_in
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.rolls import MOST_PICTURES
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.fits import split_sent
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.request import wire_body
from shotpilot_pipeline.values.task import NO_PRICE, Task

if TYPE_CHECKING:
    from shotpilot_pipeline.shotlist.texts import Written


@dataclass(frozen=True, slots=True)
class Expanded:
    """One task as it would go out; `input` is None while it waits (or is omitted), `cost` that of the takes wanted."""

    address: str
    endpoint: str
    input: Mapping[str, Any] | None
    takes: int
    render_key: str
    cost: Money | None
    waiting_for: tuple[str, ...]


def expand_list(reading: Reading, wish: Wish) -> list[Expanded]:
    """Every task that was wished for, in list order, with the wire body for the takes wanted (at most nine)."""
    tasks = reading.compiled.tasks
    known = known_of(reading, bought_of(reading))
    selected = selected_in(reading, wish, known)
    plan = build_plan(tasks, known, selected=selected, first_where_unpicked=reading.places.rehearsal, behind=True)
    by_address = {task.address: task for task in tasks}
    locate = locator(reading)
    found = []
    for line in plan.lines:
        task = by_address[line.address]
        body = wire_body(line.form, min(task.takes, MOST_PICTURES), locate) if line.key else None
        waits = _waits(task) if body is None and task.state != "omit" else ()
        found.append(Expanded(line.address, line.endpoint, body, task.takes, line.key, _cost(task), waits))
    return found


def locator(reading: Reading) -> Callable[[str], str]:
    """Tells a mark's path from the root (a reference file, or a picture of the store) or its URL."""
    sources = reading.compiled.sources
    store = Store(reading.places.store)
    pictures: dict[str, str] = {}

    def locate(mark: str) -> str:
        kind, _, rest = mark.partition(":")
        if kind == "url":
            return rest
        rest, _ = split_sent(rest)
        if rest in sources:
            return sources[rest]
        if not pictures:
            for takes in store.takes().values():
                for picture in (picture for take in takes for picture in take.pictures):
                    pictures[picture.sha256] = _from(reading.places.root, store.path_of(picture))
        return pictures.get(rest, mark)

    return locate


def origins_of(file: Path, project: Path | None, address: str) -> list[tuple[str, str, Place]]:
    """Each setting of one task: its key, its value, and the place it came from.

    Raises BadFiles, and UsageError for what is no address of the list.
    """
    from shotpilot_pipeline.shotlist.compile import origins
    from shotpilot_pipeline.shotlist.source import read_source

    root = root_of(file, project)
    source, problems = read_source(file, root)
    if source is None or any(problem.severity is Severity.ERROR for problem in problems):
        raise BadFiles(problems)
    try:
        return origins(source, load_catalog(root / "models"), address)
    except (KeyError, ValueError) as error:
        raise UsageError(f"--origin wants one address: {error.args[0]}") from None


def texts_of(file: Path, project: Path | None, address: str) -> tuple[Written, ...]:
    """Every text that can reach one task, with its place: its own settings first, then what they refer to by name.

    None where the shot is not in the list. Raises BadFiles.
    """
    from shotpilot_pipeline.shotlist.compile import origins
    from shotpilot_pipeline.shotlist.source import read_source
    from shotpilot_pipeline.shotlist.texts import Written, head_texts

    root = root_of(file, project)
    source, problems = read_source(file, root)
    if source is None:
        raise BadFiles(problems)
    try:
        own = [Written(*one) for one in origins(source, load_catalog(root / "models"), address)]
    except (KeyError, ValueError):
        return ()
    return (*own, *head_texts(source, address.partition("/")[0]))


def _waits(task: Task) -> tuple[str, ...]:
    return (*task.gates, *task.needs)


def _cost(task: Task) -> Money | None:
    return None if task.picture_price == NO_PRICE else Money(task.picture_price) * (task.takes * task.panels)


def _from(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
