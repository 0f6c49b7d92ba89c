"""What `check` looks at: one file, known by its header. Knows no words of its own; problems come from the rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from shotpilot_pipeline.errors import BadFiles, Problem
from shotpilot_pipeline.lint.handoff import Rewritten, Unpicked, motion_older_than_pick, no_hero
from shotpilot_pipeline.lint.offers import offered
from shotpilot_pipeline.lint.rights import rights_problems
from shotpilot_pipeline.lint.settling import without_followers
from shotpilot_pipeline.pipeline.lints import Cast, drift_between, levels_of, told
from shotpilot_pipeline.pipeline.reading import Reading, open_list, root_of
from shotpilot_pipeline.plan.graph import place_of
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.pointer import told as told_whole
from shotpilot_pipeline.shotlist.problems import by_place
from shotpilot_pipeline.shotlist.source import kind_of, read_fragment
from shotpilot_pipeline.values.lint import Notes
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.task import HUMAN, Compiled, Task, Tasks


@dataclass(frozen=True, slots=True)
class Checked:
    """One file as checked. The counts are those of a shot list that passes, else 0."""

    file: Path
    kind: str  # "shotlist", "picks", "faults" or "fragment"
    problems: tuple[Problem, ...]
    scenes: int = 0
    shots: int = 0
    tasks: int = 0
    root: Path | None = None
    cast: Cast | None = None


def check_files(files: Sequence[Path], project: Path | None, today: date, pages: Pages | None = None) -> list[Checked]:
    """Every file, and what only several lists of one show reveal. `today` is what consents are held against."""
    pages = pages or Pages()
    checked = [check_file(file, project, pages, today) for file in files]
    by_root: dict[Path, list[Cast]] = {}
    for one in checked:
        if one.root is not None and one.cast is not None:
            by_root.setdefault(one.root, []).append(one.cast)
    drift = [problem for casts in by_root.values() for problem in drift_between(casts)]
    by_file = {str(one.file): one for one in checked}
    for problem in drift:
        owner = by_file.get(problem.place.file) or checked[-1]
        by_file[str(owner.file)] = replace(owner, problems=_in_order((*owner.problems, problem), pages))
    return [by_file[str(one.file)] for one in checked]


def check_file(file: Path, project: Path | None, pages: Pages | None = None, today: date | None = None) -> Checked:
    """Every problem of `file`, in order of place. Never raises for what the file holds.

    `pages` may hold texts that count instead of those on disk, as an editor has them: neither they nor any other file
    is then written, and `file` itself need not exist. `today`: what consents are held against; None: this day.
    """
    pages = pages or Pages()
    try:
        return _checked(file, project, pages, today or date.today())
    except BadFiles as found:
        return Checked(file, kind_of(file, pages), _in_order(found.problems, pages))


def _checked(file: Path, project: Path | None, pages: Pages, today: date) -> Checked:
    kind = kind_of(file, pages)
    if kind == "picks":
        from shotpilot_pipeline.shotlist.picks import read_picks  # YAML: not for a list whose memo stands

        return Checked(file, kind, _in_order(read_picks(file, pages)[1], pages))
    if kind == "faults":
        from shotpilot_pipeline.pipeline.faults import faults_problems

        return Checked(file, kind, _in_order(faults_problems(file, pages), pages))
    if kind == "fragment":
        return Checked(file, kind, _in_order(read_fragment(file, root_of(file, project), pages), pages))
    try:
        with collector_paused():
            return _checked_list(file, project, pages, today)
    except BadFiles as found:
        return Checked(file, "shotlist", _in_order(found.problems, pages))


def _checked_list(file: Path, project: Path | None, pages: Pages, today: date) -> Checked:
    """A shot list with all that the linter says of it. Raises BadFiles where it cannot be read at all."""
    opened = open_list(file, project, rehearsal=False, pages=pages)
    compiled, problems, notes = opened.recalled[0], opened.recalled[1], opened.recalled[2]()
    levels = levels_of(opened.settings)
    facts, places = notes.around.facts, notes.around.places
    reading = None
    if compiled is not None and any(
        path.exists() for path in (opened.places.store, opened.places.picks, opened.places.rulings)
    ):
        reading = Reading(opened.places, opened.settings, opened.catalog, compiled, problems)
    chosen = _of_picks(reading, notes) if reading is not None else []
    found = [*told([*problems, *chosen], notes, compiled, levels)]
    found += rights_problems(facts, places, today, _there(opened.root))
    cast = Cast(str(file), facts.get("cast", {}), places)
    if compiled is None:
        return Checked(file, "shotlist", _in_order(found, pages), root=opened.root, cast=cast)
    counts = _counts(compiled.tasks)
    return Checked(file, "shotlist", _in_order(found, pages), *counts, root=opened.root, cast=cast)


def _of_picks(reading: Reading, notes: Notes) -> list[Problem]:
    """What is wrong with the picks there are, and with those that are missing."""
    from shotpilot_pipeline.pipeline.trip import known_of, unknown_picks  # loads the store: for those who have one

    known = known_of(reading)
    written = motion_older_than_pick(_rewritten(reading.compiled, notes, known))
    return [*unknown_picks(reading, known), *no_hero(_unpicked(reading.compiled, notes, known)), *written]


def _counts(tasks: Sequence[Task]) -> tuple[int, int, int]:
    """Scenes and shots that have tasks, and how many tasks."""
    if isinstance(tasks, Tasks) and all(scene.digest for scene in tasks.scenes):
        return sum(scene.size > 0 for scene in tasks.scenes), sum(scene.shots for scene in tasks.scenes), len(tasks)
    shots = {task.address.partition("@")[0].partition(".")[0] for task in tasks}
    return len({shot.partition("/")[0] for shot in shots}), len(shots), len(tasks)


def _there(root: Path) -> Callable[[str], bool]:
    return lambda path: (root / path).is_file()


def _unpicked(compiled: Compiled, notes: Notes, known: Known) -> list[Unpicked]:
    """Shots with a clip to be made, whose last stage has takes and wants a person's pick."""
    if not known.counts:
        return []
    clips = {shot.address for shot in notes.shots if shot.linted.facts.get("motion")}
    return [
        Unpicked(task.address, sum(known.counts.get(key, 0) for key in task.keys), place_of(task))
        for shot, task in _last_tasks(compiled).items()
        if shot in clips and task.pick == HUMAN and task.address not in known.picks
        if any(known.counts.get(key, 0) for key in task.keys)
    ]


def _rewritten(compiled: Compiled, notes: Notes, known: Known) -> list[Rewritten]:
    """Shots that say which take their motion was written for, where another one is picked."""
    said = {shot.address: shot.linted for shot in notes.shots if "take" in shot.linted.facts}
    last = _last_tasks(compiled) if said else {}
    return [
        Rewritten(last[shot].address, linted.facts["take"], pick.take, linted.places["take"])
        for shot, linted in said.items()
        if shot in last and (pick := known.picks.get(last[shot].address)) is not None
        if pick.take != linted.facts["take"]
    ]


def _last_tasks(compiled: Compiled) -> dict[str, Task]:
    """The task of each shot's last stage."""
    return {task.address.partition("@")[0].partition(".")[0]: task for task in compiled.tasks}


def _in_order(problems: Iterable[Problem], pages: Pages) -> tuple[Problem, ...]:
    """By place, each with its end, and with the cure that its own words offer."""
    whole = told_whole(sorted(without_followers(list(problems)), key=by_place), pages)
    return tuple(
        problem
        if (fix := offered(problem, pages.lines(problem.place.file))) is problem.fix
        else replace(problem, fix=fix)
        for problem in whole
    )
