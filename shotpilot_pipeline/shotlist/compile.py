"""A whole shot list compiled: every shot expanded, then what only the whole list can tell.

Does not read YAML and does not plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.errors import BadFiles, Place, Problem, Severity, Step
from shotpilot_pipeline.shotlist.branches import shot_settings
from shotpilot_pipeline.shotlist.expand import ShotTasks, expand_shot
from shotpilot_pipeline.shotlist.fill import CannotFill, Filling
from shotpilot_pipeline.shotlist.film import Film, fill_problem, open_film, visible
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node, last_line
from shotpilot_pipeline.shotlist.pictures import Ask
from shotpilot_pipeline.shotlist.problems import in_place_order
from shotpilot_pipeline.shotlist.references import Shelf
from shotpilot_pipeline.shotlist.report import scene_heading
from shotpilot_pipeline.shotlist.request import ASPECT_RATIO, OUTPUT_FORMAT, RESOLUTION
from shotpilot_pipeline.shotlist.scenememo import SceneText, in_order, widest
from shotpilot_pipeline.shotlist.settings import flat, level_of, said
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source, load_shot
from shotpilot_pipeline.shotlist.vary import BadVary, variants
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.digest import canonical_json
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.task import Compiled, SceneInfo, SceneTasks, ShotInfo, Task, Tasks

_PANEL = re.compile(r"\.p\d\d@")
_PANEL_END = re.compile(r"(?:\A|\.)p\d\d\Z")
#: The cure where no name in the list is near, or only such as rest on the shot that asks.
_ANOTHER = "name another shot, as scene/shot@stage"


class Part(NamedTuple):
    """One shot of the list with what expanding it gave."""

    scene: str
    shot: str
    place: Place  # of the shot's id
    done: ShotTasks


def compile_source(
    source: Source, catalog: Catalog, shelf: Shelf | None = None
) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """Every task of a list that has been read, and every problem of it at once; None where there is an error."""
    film, found = open_film(source, catalog, shelf)
    problems = list(found)
    parts = []
    for scene in source.scenes:
        for shot in scene.shots:
            part, faults = compile_shot(film, scene, shot)
            problems += faults
            parts += [part] if part is not None else []
    compiled, faults = join(film, source, parts)
    problems = in_place_order([*problems, *faults])
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return (None if failed else compiled), tuple(problems)


def compile_shot(film: Film, scene: SceneSource, shot: ShotText) -> tuple[Part | None, tuple[Problem, ...]]:
    """One shot, parsed and expanded; None when it cannot even be parsed."""
    node, problems = load_shot(shot, film.root)
    if node is None or any(problem.severity is Severity.ERROR for problem in problems):
        return None, tuple(map(film.told, problems))
    part = Part(scene.id, shot.id, Place(shot.file, shot.line, shot.column), expand_shot(film, scene, shot, node))
    found = (*problems, *part.done.problems)
    return part, tuple(_told(film, shot, node, problem) for problem in found) if found else ()


def _told(film: Film, shot: ShotText, node: Node, problem: Problem) -> Problem:
    """The problem, whole; one that stands outside of its shot names the shot at the end of its chain."""
    last = shot.last if shot.text else last_line(node)
    here = (problem.place, *(step.place for step in problem.chain))
    if any(place.file == shot.file and shot.line <= place.line <= last for place in here):
        return film.told(problem)
    place = Place(shot.file, shot.line, shot.column)
    return film.told(problem, Step(place, f"used by {problem.address or f'{shot.scene}/{shot.id}'} here"))


def join(
    film: Film,
    source: Source,
    parts: Sequence[Part],
    known: Mapping[str, SceneText] | None = None,
    every: Callable[[], Sequence[Part]] | None = None,
) -> tuple[Compiled, tuple[Problem, ...]]:
    """The parts as one list, in list order, with the checks that need all of them.

    `known`: scenes that have no parts here; `every` then gives the parts of all, in list order.
    """
    tasks: Sequence[Task] = tuple(task for part in parts for task in part.done.tasks)
    if known:
        tasks = Tasks(_by_scene(source, parts, known))
    sources: dict[str, str] = {}
    for part in parts:
        for sha256, path in part.done.sources.items():
            sources.setdefault(sha256, path)
    scenes, problems = _scene_infos(film, source, parts, known or {})
    head = source.head
    budget, faults = _budget(head.get("budget"), film.stages)
    problems += faults
    if any(part.done.asks for part in parts):
        problems += _ask_problems(every() if every else parts, tasks)
    moves = _list(head.get("moved"))
    problems += _move_problems(moves, [f"{scene.id}/{id}" for scene in source.scenes for id in scene.ids])
    title, output = head.get("title"), head.get("defaults", "output_format")
    pattern = head.get("outputs", "name")
    compiled = Compiled(
        show=film.show.said,
        title=str(title.value) if title is not None and title.value else film.show.said,
        stages=film.stages,
        tasks=tasks,
        scenes=scenes,
        sources=sources,
        cast={member.id: member.name for member in film.cast.values()},
        budget=budget,
        moved=tuple((str(move.map["from"].value), str(move.map["to"].value)) for move in moves),
        name_pattern=str(pattern.value) if pattern is not None and pattern.value else "",
        format=str(output.value) if output is not None and output.value else OUTPUT_FORMAT,
    )
    return compiled, tuple(map(film.told, problems))


def origins(source: Source, catalog: Catalog, address: str) -> list[tuple[str, str, Place]]:
    """Each setting of one task with its value and the place it was written.

    Raises ValueError for what is no address, KeyError for one that is not in the list, BadFiles for a shot at fault.
    """
    film, _ = open_film(source, catalog)
    wanted = Address.parse(address)
    scene, shot = _find(source, wanted)
    stage = wanted.stage or film.stages[0]
    if stage not in film.stages:
        raise KeyError(f"there is no stage {stage!r}; {near(stage, film.stages)}".rstrip("; "))
    node, problems = load_shot(shot, film.root)
    if node is None:
        raise BadFiles(problems)
    vary = node.get("vary")
    try:
        cells = variants(vary if vary is not None and vary.value is not None else None)
    except BadVary as fault:
        raise BadFiles([fault.problem]) from None
    named = _PANEL_END.sub("", wanted.variant)
    variant = next((cell for cell in cells if cell.id == named), None if named else cells[0])
    if variant is None:
        known = [cell.id for cell in cells if cell.id]
        hint = near(named, known) or f"there are {', '.join(known[:8])}" if known else "the shot has no variants"
        raise KeyError(f"there is no variant {named!r} of {scene.id}/{shot.id}; {hint}")
    settings = shot_settings(film.scenes[scene.id], level_of(node), stage, variant)
    for key, value in (("aspect_ratio", ASPECT_RATIO), ("output_format", OUTPUT_FORMAT), ("resolution", RESOLUTION)):
        settings.setdefault(key, said(value))
    return [(key, _shown(node), node.place) for key, node in flat(settings) if key not in ("vary", "skip")]


def _shown(node: Node) -> str:
    value = node.plain()
    return value if isinstance(value, str) else canonical_json(value)


def _find(source: Source, wanted: Address) -> tuple[SceneSource, ShotText]:
    for scene in source.scenes:
        for shot in scene.shots if scene.id == wanted.scene else ():
            if shot.id == wanted.shot:
                return scene, shot
    known = [f"{scene.id}/{shot.id}" for scene in source.scenes for shot in scene.shots]
    name = f"{wanted.scene}/{wanted.shot}"
    raise KeyError(f"there is no shot {name}; {near(name, known)}".rstrip("; "))


def _list(node: Node | None) -> list[Node]:
    return node.list if node is not None and isinstance(node.value, list) else []


def _by_scene(source: Source, parts: Sequence[Part], known: Mapping[str, SceneText]) -> Iterator[SceneTasks]:
    made: dict[str, list[Task]] = {scene.id: [] for scene in source.scenes}
    for part in parts:
        made[part.scene] += part.done.tasks
    for scene in source.scenes:
        own = tuple(made[scene.id])
        anew = SceneTasks(scene.id, len(own), partial(tuple, own), widest=widest(own), in_order=in_order(own))
        yield known[scene.id].tasks() if scene.id in known else anew


def _scene_infos(
    film: Film, source: Source, parts: Sequence[Part], known: Mapping[str, SceneText]
) -> tuple[tuple[SceneInfo, ...], list[Problem]]:
    shots: dict[str, list[ShotInfo]] = {scene.id: [] for scene in source.scenes}
    for part in parts:
        shots[part.scene].append(part.done.info)
    found, problems = [], []
    for scene in source.scenes:
        if scene.id in known:
            found.append(known[scene.id].info(words=False))
            continue
        heading = ""
        try:
            heading = _heading(film, scene)
        except CannotFill as fault:
            problems.append(fill_problem(fault, film))
        found.append(SceneInfo(scene.id, heading, tuple(shots[scene.id])))
    return tuple(found), problems


def heading_of(film: Film, scene: SceneSource) -> str | None:
    """How a scene is headed; None where its words cannot be filled, which `join` says."""
    try:
        return _heading(film, scene)
    except CannotFill:
        return None


def _heading(film: Film, scene: SceneSource) -> str:
    around = film.scenes[scene.id]
    settings = around.by_stage[film.stages[0]]
    filling = Filling(film.templates, partial(visible, film, around, settings, "", film.stages[0], {}))
    own = {key: node for key, node in level_of(scene.node).plain.items() if node.value is not None}
    return scene_heading(filling, own)


def _budget(node: Node | None, stages: Sequence[str]) -> tuple[dict[str, int], list[Problem]]:
    """Caps in nano-USD: "show", "run", "day", "shot" and "stage:NAME"."""
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for key, value in flat(node.map) if node is not None and isinstance(node.value, dict) else ():
        name = key.removeprefix("stages.")
        if key.startswith("x-") or value.value is None:
            continue
        if name != key and name not in stages:
            hint = near(name, stages) or f"the stages are {', '.join(stages)}"
            problems.append(Problem("unknown-stage", value.key_place, f"there is no stage {name!r}", hint))
        try:
            found[f"stage:{name}" if name != key else key] = Money.usd(str(value.value)).nano
        except ValueError as fault:
            problems.append(Problem("budget", value.place, str(fault), "write dollars, as in 40.00"))
    return found, problems


def _ask_problems(parts: Sequence[Part], tasks: Sequence[Task]) -> list[Problem]:
    """Another shot's pick must be that of a task that exists, is rendered, and brings the picture asked for."""
    around = _Around(parts, tasks)
    return [
        Problem("pick-address", ask.place, message, hint, address=f"{part.scene}/{part.shot}")
        for part in parts
        for ask in dict.fromkeys(part.done.asks)
        for message, hint in _ask_faults(ask, part, around)
    ]


class _Around:
    """The whole list, as one shot's ask for another one's pick is checked against it."""

    def __init__(self, parts: Sequence[Part], tasks: Sequence[Task]) -> None:
        self.known = {task.address: task for task in tasks}
        self.groups = _groups(self.known)
        self.whole = {f"{part.scene}/{part.shot}": part for part in parts}

    @cached_property
    def _fed(self) -> dict[str, list[str]]:
        """What rests on each task, without anything between."""
        found: dict[str, list[str]] = {}
        for address, task in self.known.items():
            for need in (*task.gates, *task.needs):
                for name in (need, *(member.address for member in self.groups.get(need, ()))):
                    found.setdefault(name, []).append(address)
        return found

    def barred(self, ask: Ask, part: Part) -> set[str]:
        """The tasks an ask cannot mean: those that ask, and all that rests on them."""
        own = part.done.tasks
        found: set[str] = set()
        left = [task.address for task in own if ask.address in task.needs] or [task.address for task in own]
        while left:
            address = left.pop()
            if address not in found:
                found.add(address)
                left += self._fed.get(address, ())
        return found


def _groups(known: Mapping[str, Task]) -> dict[str, list[Task]]:
    """Names that stand for several tasks: a shot at a stage, for its variants or panels."""
    found: dict[str, list[Task]] = {}
    for address, task in known.items():
        shot, _, stage = address.partition("@")
        while "." in shot:
            shot = shot.rpartition(".")[0]
            found.setdefault(f"{shot}@{stage}", []).append(task)
    return found


def _ask_faults(ask: Ask, part: Part, around: _Around) -> list[tuple[str, str]]:
    task = around.known.get(ask.address)
    if task is None:
        return _group_faults(ask, part, around)
    if task.state == "omit":
        return [(f"{ask.address} is omitted, so it will have no pick", "take the omit away, or name another shot")]
    if task.panels > 1 and not ask.panel:
        return [(f"{ask.address} is a series of {task.panels} panels", "say which: panel: 1")]
    if ask.panel > task.panels:
        return [(f"{ask.address} has {task.panels} panel{'s' * (task.panels > 1)}, not {ask.panel}", "correct panel")]
    return []


def _group_faults(ask: Ask, part: Part, around: _Around) -> list[tuple[str, str]]:
    """What is wrong with a name that is no task: several of one shot, or none at all."""
    members = around.groups.get(ask.address, [])
    shot, _, stage = ask.address.partition("@")
    asked = around.whole.get(shot.partition(".")[0] if not stage else shot)
    if members and ask.panel:
        alone = f"{shot}.p{ask.panel:02}@{stage}"
        return [] if alone in around.known else [(f"{ask.address} has no panel {ask.panel}", "correct panel")]
    if members and asked is not None and _chosen_among(members, asked):
        return []
    barred = around.barred(ask, part)
    if members:
        names = ", ".join(task.address for task in members[:4] if task.address not in barred)
        message = f"{ask.address} stands for {len(members)} tasks, and each has its own pick"
        return [(message, f"name one: {names}" if names else _ANOTHER)]
    if not stage or (asked is not None and asked.done.tasks):
        return [_stage_fault(ask, asked, barred)]
    if asked is not None:
        return []  # the shot itself does not pass, which has been said
    others = (address for address in around.known if address not in barred)
    return [(f"there is no task {ask.address}", near(ask.address, others) or _ANOTHER)]


def _stage_fault(ask: Ask, asked: Part | None, barred: Collection[str]) -> tuple[str, str]:
    """A shot asked for at no stage, or at one it does not have; only a stage that can be meant is offered."""
    shot, _, stage = ask.address.partition("@")
    tasks = asked.done.tasks if asked is not None else ()
    stages = list(dict.fromkeys(task.stage for task in tasks if task.address not in barred))
    if tasks and not stages:
        hint = _ANOTHER
    elif stage:
        hint = near(stage, stages) or f"it has {', '.join(stages)}"
    else:
        hint = f"write {shot}@{stages[0] if len(stages) == 1 else 'STAGE'}"
    return f"{shot} is not rendered at stage {stage!r}" if stage else f"{shot} does not say at which stage", hint


def _chosen_among(members: Sequence[Task], part: Part) -> bool:
    """Whether one pick goes on from these tasks: variants at the first stage, none of which goes its own way."""
    first = part.done.tasks[0].stage
    if members[0].stage != first or any(_PANEL.search(task.address) for task in members):
        return False
    names = {task.address for task in members}
    return all(len(task.gates) == len(names) for task in part.done.tasks if names.intersection(task.gates))


def _move_problems(moves: Sequence[Node], shots: Sequence[str]) -> list[Problem]:
    """What moved must have come from a place that is free now, to a shot that is there."""
    known = set(shots)
    gone = {_shot_of(str(move.map["from"].value)) for move in moves}  # a chain of moves goes on from there
    pairs = {(str(move.map["from"].value), str(move.map["to"].value)) for move in moves}
    found = []
    for move in moves:
        source, target = (str(move.map[end].value) for end in ("from", "to"))
        if _shot_of(target) not in known | gone:
            hint = near(_shot_of(target), shots) or "give the shot's address of today"
            found.append(Problem("moved", move.map["to"].place, f"moved to {target}, which is not in the list", hint))
        if _shot_of(source) in known:
            message = f"{source} is said to have moved, but it is still in the list"
            hint = "take this line out, or rename the shot"
            if (target, source) in pairs:
                hint = f"to exchange two shots, take both lines out and run: shotpilot swap FILE {source} {target}"
            found.append(Problem("moved", move.map["from"].place, message, hint))
    return found


def _shot_of(address: str) -> str:
    return address.partition("@")[0].partition(".")[0]
