"""What `check` looks at: one file, known by its header. Knows no words of its own; problems come from the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.errors import BadFiles, Problem
from shotpilot_pipeline.pipeline.faults import faults_problems
from shotpilot_pipeline.pipeline.reading import read_list, root_of
from shotpilot_pipeline.pipeline.trip import known_of, unknown_picks
from shotpilot_pipeline.plan.graph import in_order
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.picks import read_picks
from shotpilot_pipeline.shotlist.pointer import told
from shotpilot_pipeline.shotlist.source import kind_of, read_fragment


@dataclass(frozen=True, slots=True)
class Checked:
    """One file as checked. The counts are those of a shot list that passes, else 0."""

    file: Path
    kind: str  # "shotlist", "picks", "faults" or "fragment"
    problems: tuple[Problem, ...]
    scenes: int = 0
    shots: int = 0
    tasks: int = 0


def check_file(file: Path, project: Path | None, pages: Pages | None = None) -> Checked:
    """Every problem of `file`, in order of place. Never raises for what the file holds.

    `pages` may hold texts that count instead of those on disk, as an editor has them: neither they nor any other file
    is then written, and `file` itself need not exist.
    """
    pages = pages or Pages()
    try:
        return _checked(file, project, pages)
    except BadFiles as found:
        return Checked(file, kind_of(file, pages), _in_order(found.problems, pages))


def _checked(file: Path, project: Path | None, pages: Pages) -> Checked:
    kind = kind_of(file, pages)
    if kind == "picks":
        return Checked(file, kind, _in_order(read_picks(file, pages)[1], pages))
    if kind == "faults":
        return Checked(file, kind, _in_order(faults_problems(file, pages), pages))
    if kind == "fragment":
        return Checked(file, kind, _in_order(read_fragment(file, root_of(file, project), pages), pages))
    try:
        reading = read_list(file, project, rehearsal=False, pages=pages)
        in_order(reading.compiled.tasks)
        picks = unknown_picks(reading, known_of(reading.places, reading.compiled.moved, show=reading.compiled.show))
    except BadFiles as found:
        return Checked(file, "shotlist", _in_order(found.problems, pages))
    tasks = reading.compiled.tasks
    shots = {(task.scene, task.address.partition("@")[0].partition(".")[0]) for task in tasks}
    scenes = {scene for scene, _ in shots}
    return Checked(file, "shotlist", _in_order((*reading.warnings, *picks), pages), len(scenes), len(shots), len(tasks))


def _in_order(problems: tuple[Problem, ...], pages: Pages) -> tuple[Problem, ...]:
    """By place, each with its end."""
    return told(sorted(problems, key=lambda problem: problem.place), pages)
