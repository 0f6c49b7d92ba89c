"""A shot list, ready to be planned: read from its memo where nothing moved, else compiled. Plans and buys nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.catalog.cards import Catalog, load_catalog
from shotpilot_pipeline.errors import BadFiles, Place, Problem, Severity
from shotpilot_pipeline.pipeline.places import Places, places_of
from shotpilot_pipeline.pipeline.settings import Settings, read_settings
from shotpilot_pipeline.shotlist.recall import compile_or_recall
from shotpilot_pipeline.shotlist.source import find_root, kind_of
from shotpilot_pipeline.store.names import name_clashes, pattern_faults
from shotpilot_pipeline.values.task import Compiled

#: What the files of shot lists end in; others beside a list (a backup, a PDF) are not looked at.
_ENDINGS = ("", ".yaml", ".yml", ".json", ".txt")


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the trip starts from. `warnings` are what `check` would say; errors never get this far."""

    places: Places
    settings: Settings
    catalog: Catalog
    compiled: Compiled
    warnings: tuple[Problem, ...]


def read_list(file: Path, project: Path | None, *, rehearsal: bool, scenes: bool = False) -> Reading:
    """Read and compile `file`. With `scenes`, the words of its shots come too, which only reports need.

    Raises BadFiles with every problem at once: in the list, its includes and references, the settings, a model card.
    """
    if file.is_dir():
        fault = "is a folder, not a shot list"
        raise BadFiles([Problem("folder", Place(str(file)), fault, "name the YAML file in it")])
    root = root_of(file, project)
    refuse_twin(file)
    settings = read_settings(root)
    catalog = load_catalog(root / "models")
    store, queue = root / settings.get("store", "place"), settings.get("fal", "queue_url")
    places = places_of(file, root, rehearsal=rehearsal, store=store, queue=queue)
    compiled, problems = compile_or_recall(file, root, catalog, places.memo, scenes=scenes)
    if compiled is not None:
        problems = (*problems, *_name_problems(compiled, file))
    if compiled is None or any(problem.severity is Severity.ERROR for problem in problems):
        raise BadFiles(problems)
    return Reading(places, settings, catalog, compiled, problems)


def _name_problems(compiled: Compiled, file: Path) -> list[Problem]:
    """What is wrong with the list's own pattern of file names; nothing is, where it keeps the usual one."""
    if not compiled.name_pattern:
        return []
    faults = pattern_faults(compiled.name_pattern)
    if not faults:
        faults = name_clashes(
            compiled.show, ((task.address, task.panels) for task in compiled.tasks), compiled.name_pattern
        )
    return [Problem("outputs-name", Place(str(file)), f"outputs.name: {fault}") for fault in faults]


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
