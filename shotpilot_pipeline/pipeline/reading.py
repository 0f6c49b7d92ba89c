"""A shot list, ready to be planned: read from its memo where nothing moved, else compiled. Plans and buys nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from shotpilot_pipeline.catalog.cards import Catalog, load_catalog
from shotpilot_pipeline.errors import BadFiles, Place, Problem, Step, UsageError
from shotpilot_pipeline.pipeline.lints import levels_of, linter_of, raised
from shotpilot_pipeline.pipeline.places import Places, places_of
from shotpilot_pipeline.pipeline.settings import Settings, read_settings
from shotpilot_pipeline.plan.graph import in_order, place_of
from shotpilot_pipeline.shotlist.memo import Stamp
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.pointer import Span, beginning, inside
from shotpilot_pipeline.shotlist.recall import Eyes, Recalled, compile_or_recall
from shotpilot_pipeline.shotlist.source import find_root, kind_of, read_source
from shotpilot_pipeline.store.names import LONGEST, name_clashes, pattern_faults, picture_path
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.lint import Notes
from shotpilot_pipeline.values.task import Compiled, Task, Tasks

#: What the files of shot lists end in; others beside a list (a backup, a PDF) are not looked at.
_ENDINGS = ("", ".yaml", ".yml", ".json", ".txt")


_BESIDE = len("..json.1234567.tmp")  # what stands around a picture's name while its sidecar is written beside it
_LONGEST = LONGEST - _BESIDE  # bytes of a picture's name
_VERSION = 9_999  # of a shot's picture; more versions than anybody makes
_AROUND = len("___v9999_t1000_p09.jpeg")  # what the usual name has besides the show and the address


@dataclass(frozen=True, slots=True)
class Opened:
    """A list as read, whether it passes or not. `recalled.compiled` is None where there is an error."""

    root: Path
    places: Places
    settings: Settings
    catalog: Catalog
    recalled: Recalled


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the trip starts from. `warnings` are what compiling would say; errors never get this far.

    `notes` gives what the linter said of the list, for whoever asks: `check`, and what pays for faces.
    """

    places: Places
    settings: Settings
    catalog: Catalog
    compiled: Compiled
    warnings: tuple[Problem, ...]
    notes: Callable[[], Notes] = Notes.none
    stamp: Stamp | None = None  # what the list rests on as it was read


def open_list(
    file: Path, project: Path | None, *, rehearsal: bool, scenes: bool = False, pages: Pages | None = None
) -> Opened:
    """Read and compile `file`. With `scenes`, the words of its shots come too, which only reports need.

    `pages` may hold texts that count instead of those on disk: then nothing is written either.

    Raises BadFiles for what keeps the list from being read at all: the settings, a model card, its place.
    """
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise UsageError(f"{str(file)!a}: the file's name is not UTF-8; rename it") from None
    if file.is_dir():
        fault = "is a folder, not a shot list"
        raise BadFiles([Problem("folder", Place(str(file)), fault, "name the YAML file in it")])
    root = root_of(file, project)
    refuse_twin(file)
    settings = read_settings(root)
    catalog = load_catalog(root / "models")
    store, queue = root / settings.get("store", "place"), settings.get("fal", "queue_url")
    places = places_of(file, root, rehearsal=rehearsal, store=store, queue=queue)
    if (root / ".shotpilot" / f"{places.memo.name}.swap").exists():  # an exchange of shots that a kill cut short
        from shotpilot_pipeline.pipeline.swapping import finish_swap

        finish_swap(places)
    pages = pages or Pages()
    eyes = Eyes(partial(_list_problems, file=file, root=root, pages=pages), linter_of(settings))
    recalled = compile_or_recall(file, root, catalog, places.memo, eyes, scenes=scenes, pages=pages)
    return Opened(root, places, settings, catalog, recalled)


def read_list(file: Path, project: Path | None, *, rehearsal: bool, scenes: bool = False) -> Reading:
    """A list that passes. With `scenes`, the words of its shots come too, which only reports need.

    Raises BadFiles with every problem at once: in the list, its includes and references, the settings, a model card.
    Of what the linter says, errors count here, those that the settings made errors too; warnings are for `check`.
    """
    opened = open_list(file, project, rehearsal=rehearsal, scenes=scenes)
    compiled, problems, notes, stamp = opened.recalled
    if compiled is None:
        raise BadFiles(problems)
    levels = levels_of(opened.settings)
    errors = raised(problems, notes(), compiled, levels) if levels else ()
    if errors:
        raise BadFiles(errors)
    return Reading(opened.places, opened.settings, opened.catalog, compiled, problems, notes, stamp)


def _list_problems(compiled: Compiled, file: Path, root: Path, pages: Pages) -> list[Problem]:
    """What other rooms find wrong with a list that compiles: its file names, and picks that go in a circle."""
    problems = _name_problems(compiled, file, root, pages)
    if not problems:
        problems += (
            replace(problem, place=beginning(problem.place, pages, root).place) for problem in _long_names(compiled)
        )
    if isinstance(compiled.tasks, Tasks) and compiled.tasks.in_order:
        return problems
    try:
        in_order(compiled.tasks)
    except BadFiles as circles:
        problems += (_at_the_pick(circle, pages, root) for circle in circles.problems)
    return problems


def _at_the_pick(circle: Problem, pages: Pages, root: Path) -> Problem:
    """A circle, each link of it where the shot names the other's pick; where the shot begins if that is not found."""
    names = circle.message.rpartition(": ")[2].split(" -> ")
    needs = names[1:] or [circle.address]
    places = (circle.place, *(step.place for step in circle.chain))
    first, *rest = (_pick_in(place, need, pages, root) for place, need in zip(places, needs, strict=True))
    steps = tuple(Step(span.place, step.words) for span, step in zip(rest, circle.chain, strict=True))
    return replace(circle, place=first.place, end=first.end, chain=steps)


def _pick_in(place: Place, need: str, pages: Pages, root: Path) -> Span:
    """Where the shot that begins on the line of `place` names the task `need`, or the shot of it."""
    shot = beginning(place, pages, root)
    for words in (need, need.partition("@")[0].partition(".")[0]):
        found = inside(shot, words, 0, pages, root)
        if found.end is not None:
            return found
    return Span(shot.place)


def _long_names(compiled: Compiled) -> Iterator[Problem]:
    """Shots whose pictures would get a name that no disk takes, told before the first of them is paid for.

    The names are made up only where some id is long; otherwise a bound of them is enough.
    """
    tasks = compiled.tasks
    widest = tasks.widest if isinstance(tasks, Tasks) else max((len(task.address) for task in tasks), default=0)
    pattern = compiled.name_pattern
    bound = widest + len(compiled.show) + _AROUND
    if pattern:
        bound = pattern.count("{") * max(widest, len(compiled.show), len(compiled.title.encode())) + len(
            pattern.encode()
        )
    told: set[str] = set()
    for task in compiled.tasks if bound > _LONGEST else ():
        shot = task.address.partition("@")[0]
        fault = _long_name(compiled, task) if task.state != "omit" and shot not in told else ""
        if fault:
            told.add(shot)
            hint = "shorten the id of the show, scene, shot, variant or stage, or say outputs.name"
            yield Problem("name-long", place_of(task), fault, hint, address=task.address)


def _long_name(compiled: Compiled, task: Task) -> str:
    """What is wrong with the longest name that a picture of `task` can get; "" for nothing."""
    show, title, panel = compiled.show, compiled.title, 9 if task.panels > 1 else 0
    place = Address.parse(task.address)
    try:
        path = picture_path(show, place, _VERSION, task.takes, panel, "jpeg", compiled.name_pattern, title)
    except UsageError:
        return f"its pictures would have a file name of more than {LONGEST} bytes, which no disk takes"
    longest = max(len(part.encode()) for part in path.split("/"))
    if longest <= _LONGEST:
        return ""
    return f"its pictures would have a file name of {longest} bytes; {_LONGEST} can be kept, with what lies beside them"


def _name_problems(compiled: Compiled, file: Path, root: Path, pages: Pages) -> list[Problem]:
    """What is wrong with the list's own pattern of file names; nothing is, where it keeps the usual one."""
    if not compiled.name_pattern:
        return []
    faults = pattern_faults(compiled.name_pattern)
    if not faults and not any(_long_names(compiled)):
        pictures = ((task.address, task.panels) for task in compiled.tasks)
        try:
            faults = name_clashes(compiled.show, pictures, compiled.name_pattern, compiled.title)
        except UsageError as fault:
            faults = (str(fault),)
    place = _place_of(file, root, pages, "outputs", "name") if faults else Place(str(file))
    return [Problem("outputs-name", place, f"outputs.name: {fault}") for fault in faults]


def _place_of(file: Path, root: Path, pages: Pages, *path: str) -> Place:
    """Where a value of the list's head was written: looked up by reading again, as only a fault asks for it."""
    source, _ = read_source(file, root, pages)
    node = source.head.get(*path) if source is not None else None
    return node.place if node is not None else Place(str(file))


def root_of(file: Path, project: Path | None) -> Path:
    """The root of the show `file` belongs to. Raises BadFiles when it lies outside the root that was asked for."""
    root = find_root(file, project)
    if not file.resolve().is_relative_to(root.resolve()):
        place = Place(str(file))
        raise BadFiles(
            [Problem("outside", place, f"lies outside the root {root}", "move it there, or leave --project away")]
        )
    return root


def refuse_twin(file: Path) -> None:
    """Raise BadFiles where another list lies beside `file` under the same name but for its ending.

    The two would share NAME.lock and NAME.picks.yaml, and one would take the other's pictures for its own.
    """
    for twin in (file.with_suffix(ending) for ending in _ENDINGS if file.name):
        if twin != file and twin.is_file() and kind_of(twin) == "shotlist" and not twin.samefile(file):
            shared = f"{file.with_suffix('.lock').name} and {file.with_suffix('.picks.yaml').name}"
            fault = f"{twin.name} in the same folder is a shot list too, and both would have {shared}"
            raise BadFiles([Problem("twin-list", Place(str(file)), fault, "rename one of the two")])
