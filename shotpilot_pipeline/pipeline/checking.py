"""What `check` looks at: one file, known by its header. Knows no words of its own; problems come from the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.errors import BadFiles, Problem
from shotpilot_pipeline.pipeline.faults import faults_problems
from shotpilot_pipeline.pipeline.reading import read_list, root_of
from shotpilot_pipeline.pipeline.trip import known_of, unknown_picks
from shotpilot_pipeline.plan.graph import in_order
from shotpilot_pipeline.shotlist.picks import read_picks
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


def check_file(file: Path, project: Path | None) -> Checked:
    """Every problem of `file`, in order of place. Never raises for what the file holds."""
    kind = kind_of(file)
    if kind == "picks":
        return Checked(file, kind, _in_order(read_picks(file)[1]))
    if kind == "faults":
        return Checked(file, kind, _in_order(faults_problems(file)))
    if kind == "fragment":
        return Checked(file, kind, _in_order(read_fragment(file, root_of(file, project))))
    try:
        reading = read_list(file, project, rehearsal=False)
        in_order(reading.compiled.tasks)
        picks = unknown_picks(reading, known_of(reading.places, reading.compiled.moved, show=reading.compiled.show))
    except BadFiles as found:
        return Checked(file, "shotlist", _in_order(found.problems))
    tasks = reading.compiled.tasks
    shots = {(task.scene, task.address.partition("@")[0].partition(".")[0]) for task in tasks}
    scenes = {scene for scene, _ in shots}
    return Checked(file, "shotlist", _in_order((*reading.warnings, *picks)), len(scenes), len(shots), len(tasks))


def _in_order(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.place))
