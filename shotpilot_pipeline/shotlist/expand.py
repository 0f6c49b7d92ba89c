"""One shot expanded: its variants, stages and panels as tasks, each with its compiled request.

Does not know any other shot, so that what it gives can be kept by the digests of film, scene and shot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.branches import AXIS_NUMBERS, Branch, branches, shot_settings
from shotpilot_pipeline.shotlist.fill import BY_STAGE, CannotFill, Filling, Value
from shotpilot_pipeline.shotlist.film import Film, SceneFilm, fill_problem, state_of, visible
from shotpilot_pipeline.shotlist.mentions import Piece
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pictures import Ask
from shotpilot_pipeline.shotlist.prompt import (
    Series,
    ShotFault,
    look_problems,
    panel_text,
    series_of,
    shot_text,
    wrapped,
)
from shotpilot_pipeline.shotlist.references import BadReference
from shotpilot_pipeline.shotlist.report import shot_words
from shotpilot_pipeline.shotlist.request import Cell, Request, request_of
from shotpilot_pipeline.shotlist.settings import (
    Level,
    Settings,
    level_of,
    override_warnings,
    unknown_stages,
    with_level,
)
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText
from shotpilot_pipeline.shotlist.vary import BadVary, Variant, variants
from shotpilot_pipeline.shotlist.words import PROMPT_KEYS
from shotpilot_pipeline.values.request import pick_mark
from shotpilot_pipeline.values.task import CHOOSERS, FIRST, HUMAN, NO_PRICE, ShotInfo, Task

OMIT = "omit"
MOST_TAKES = 1_000  # as schemas/shotlist-1.schema.json has it
#: What a text of an axis can set: keys whose value is one word, number or text.
_AXIS_CHOICES = {"carry": ("prompt", "image"), "panels": ("each", "together"), "output_format": ("png", "jpeg", "webp")}
_NOT_BY_AXIS = frozenset(
    {"images", "elements", "image_urls", "add_images", "series", "vary", "stages", "tags", "omit", "hold"}
)
#: What must be one for all variants that one pick is made among.
_NOT_AMONG_CHOICES = frozenset({"pick", "carry", "panels"})


class Made(NamedTuple):
    """One request of a shot as it was compiled, with all that it was compiled from."""

    address: str
    stage: str
    takes: int
    cell: Cell
    request: Request


class ShotTasks(NamedTuple):
    """A shot, expanded: its tasks in order, and all that is to be said of it."""

    tasks: tuple[Task, ...]
    info: ShotInfo
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]  # sha256 of a reference -> its path from the root
    asks: tuple[Ask, ...]  # other tasks' picks it needs; checked when all are known
    made: tuple[Made, ...] = ()  # its requests, for whoever looks closer; none for a shot recalled from a memo

    def without_requests(self) -> ShotTasks:
        """The same without what its requests were made from."""
        return ShotTasks(self.tasks, self.info, self.problems, self.sources, self.asks)


def expand_shot(film: Film, scene: SceneSource, shot: ShotText, node: Node) -> ShotTasks:
    """The tasks of one shot, with every problem of it. `node` is the shot's map, typed and validated."""
    return _Shot(film, film.scenes[scene.id], shot, node).expanded()


@dataclass(slots=True)
class _Shot:
    """Expands one shot; collects problems instead of stopping at the first."""

    film: Film
    scene: SceneFilm
    text: ShotText
    node: Node
    level: Level = field(init=False)
    series: Series | None = field(init=False, default=None)
    problems: dict[tuple[Place, str], Problem] = field(init=False, default_factory=dict)
    sources: dict[str, str] = field(init=False, default_factory=dict)
    asks: list[Ask] = field(init=False, default_factory=list)
    said: dict[tuple[object, ...], str] = field(init=False, default_factory=dict)
    made: list[Made] = field(init=False, default_factory=list)
    read: dict[str, dict[str, tuple[Piece, ...]]] = field(init=False, default_factory=dict)  # variant -> see Cell
    first: tuple[str, Settings, Filling] | None = field(init=False, default=None)  # what the first cell is made from
    name: str = field(init=False)
    place: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = f"{self.text.scene}/{self.text.id}"
        self.place = f"{self.text.file}:{self.text.line}"

    def expanded(self) -> ShotTasks:
        self.level = level_of(self.node)
        state = state_of(self.node, self.scene.state)
        for problem in unknown_stages(self.level, self.film.stages):
            self._note(problem)
        tasks: list[Task] = []
        cells: tuple[Variant, ...] = ()
        try:
            cells = variants(self._vary())
            self.series = series_of(self.node)
            self._check_axes()
            tasks = list(self._omitted()) if state == OMIT else self._tasks(cells, state)
        except (ShotFault, BadVary) as fault:
            self._note(fault.problem)
        info = ShotInfo(self.text.id, self.place, state, self._words(cells) if cells else ())
        problems = tuple(self.problems.values())
        return ShotTasks(tuple(tasks), info, problems, self.sources, tuple(self.asks), tuple(self.made))

    def _note(self, problem: Problem) -> None:
        """Keep a problem once, under the shot's address."""
        if not problem.address:
            problem = replace(problem, address=self.name)
        self.problems.setdefault((problem.place, problem.message), problem)

    def _vary(self) -> Node | None:
        vary = self.node.get("vary")
        return vary if vary is not None and vary.value is not None else None

    def _check_axes(self) -> None:
        """Axes and plain keys that override every stage, and axes that cannot set the key they are named like."""
        axes = vary.map["axes"].map if (vary := self._vary()) is not None else {}
        if self.film.differing:
            for warning in override_warnings({**self.level.plain, **axes}, self.film.differing, f"shot {self.name}"):
                self._note(warning)
        barred = _NOT_BY_AXIS if self._each_its_own_way() else _NOT_BY_AXIS | _NOT_AMONG_CHOICES
        for axis, node in axes.items():
            if axis in barred:
                raise ShotFault("vary", node.key_place, f"an axis cannot set {axis} here", "give the axis another name")
            for value in node.map.values():
                _check_axis_value(axis, value)

    def _omitted(self) -> Iterator[Task]:
        for stage in self.film.stages:
            yield Task(
                address=f"{self.name}@{stage}", stage=stage, state=OMIT, endpoint="", takes=0, panels=1,
                picture_price=NO_PRICE, pick=FIRST, carry="", gates=(), needs=(), forms=(), keys=(),
                notes=(), tags=self._tags(stage), cast=(), place=self.place,
            )  # fmt: skip

    def _tags(self, stage: str) -> tuple[str, ...]:
        return _tags(with_level(self.scene.by_stage[stage], self.level, stage))

    def _each_its_own_way(self) -> bool:
        """No variants, or `variants: all`: nothing is chosen among them."""
        vary = self._vary()
        how = vary.get("variants") if vary is not None else None
        return vary is None or (how is not None and how.value == "all")

    def _tasks(self, cells: tuple[Variant, ...], state: str) -> list[Task]:
        panels = self.series.amount if self.series is not None else 0
        settings_at = partial(shot_settings, self.scene, self.level)
        chosen = not self._each_its_own_way()
        every = branches(self.name, self.film.stages, cells, settings_at, panels, chosen=chosen)
        made = [self._task(branch, state) for branch in every]
        return [task for task in made if task is not None]

    # -- one task ---------------------------------------------------------------------------------------------------

    def _task(self, branch: Branch, state: str) -> Task | None:
        """The task of a branch; None when one of its requests cannot be made, which has then been noted."""
        for _, own in branch.cells:
            for problem in (*_chooser_problems(own), *look_problems(own, self.film.looks.values)):
                self._note(problem)
        requests = [self._request(branch, place) for place in range(len(branch.cells))]
        made = [request for request in requests if request is not None]
        return self._task_of(branch, made, state) if len(made) == len(requests) else None

    def _task_of(self, branch: Branch, made: Sequence[Request], state: str) -> Task:
        settings = branch.cells[0][1]
        takes = max([_takes(own) for _, own in branch.cells])
        alike = len(branch.gates) < 2 and (len(made) == 1 or len({request.form for request in made}) == 1)
        kept = made[:1] if alike else made
        needs = [ask.address for ask in _every("asks", made)]
        return Task(
            address=branch.address,
            stage=branch.stage,
            state=state,
            endpoint=made[0].endpoint,
            takes=takes,
            panels=self._amount(branch) or 1,
            picture_price=max([request.price for request in made]),
            pick=_chooser(settings, takes),
            carry=_word(settings, "carry", "prompt") if branch.gates else "",
            gates=branch.gates,
            needs=tuple(dict.fromkeys([address for address in needs if address not in branch.gates])) if needs else (),
            forms=tuple([request.form for request in kept]),
            keys=tuple([request.key for request in kept]),
            notes=_every("notes", made),
            tags=_tags(settings),
            cast=_every("cast", made),
            place=self.place,
            fits=next(filter(None, [request.fits for request in made]), ""),
        )

    def _request(self, branch: Branch, place: int) -> Request | None:
        """The request of the cell at `place`; None when something is wrong, which has then been noted."""
        try:
            cell = self._cell(branch, place)
            request = request_of(cell)
        except CannotFill as fault:
            self._note(fill_problem(fault, self.film))
            return None
        except (ShotFault, BadReference) as fault:
            self._note(fault.problem)
            return None
        for problem in request.problems:
            self._note(problem)
        self.sources.update(request.sources)
        self.asks += request.asks
        self.made.append(Made(branch.address, branch.stage, _takes(branch.cells[place][1]), cell, request))
        return request

    def _cell(self, branch: Branch, place: int) -> Cell:
        variant, settings = branch.cells[place]
        filling = self._filling(settings, branch.stage, variant)
        self.first = self.first or (branch.stage, settings, filling)
        text = self._text(filling, settings, variant, branch.panel)
        carried = self._carried(branch, place) if _word(settings, "carry", "prompt") == "image" else ()
        return Cell(
            film=self.film,
            shot=self.node,
            settings=settings,
            filling=filling,
            text=wrapped(filling, settings, bool(carried), text),
            carried=carried,
            amount=self._amount(branch),
            panel=branch.panel,
            read=self.read.setdefault(variant.id, {}),
        )

    def _amount(self, branch: Branch) -> int:
        """The panels of a series that goes on whole; 0 for a single picture."""
        return self.series.amount if self.series is not None and not branch.panel else 0

    def _carried(self, branch: Branch, place: int) -> tuple[str, ...]:
        """The marks of what is carried: a picture, all panels of a series in order, or the one panel split off."""
        gate, amount = branch.gate(place), self._amount(branch)
        if not gate:
            return ()
        if amount:
            return tuple(pick_mark(gate, number) for number in range(1, amount + 1))
        return (pick_mark(gate, 0 if branch.alone else branch.panel),)

    def _filling(self, settings: Settings, stage: str, variant: Variant) -> Filling:
        axis: dict[str, Value] = dict(variant.values)
        return Filling(
            self.film.templates, partial(visible, self.film, self.scene, settings, self.text.id, stage, axis)
        )

    def _text(self, filling: Filling, settings: Settings, variant: Variant, panel: int) -> str:
        """What the shot says; the same for every stage that changes no word of it, so found once for them."""
        known = (panel, variant.id, *map(id, map(settings.get, PROMPT_KEYS)))
        if known in self.said:
            return self.said[known]
        looks = self.film.looks.values
        if panel and self.series is not None:
            text = panel_text(filling, settings, self.series, panel)
        else:
            text = shot_text(filling, settings, looks, self.series)
        if BY_STAGE.isdisjoint(filling.touched):
            self.said[known] = text
        return text

    def _words(self, cells: Sequence[Variant]) -> tuple[tuple[str, str], ...]:
        """The shot's words for lists and reports; what is wrong with them is noted."""
        stage = self.film.stages[0]
        if self.first is not None and self.first[0] == stage:
            _, settings, filling = self.first
        else:
            settings = shot_settings(self.scene, self.level, stage, cells[0])
            filling = self._filling(settings, stage, cells[0])
        words, faults = shot_words(self.film, filling, settings, self.series, self._vary())
        for fault in faults:
            self._note(fill_problem(fault, self.film))
        return words


def _every(part: str, made: Sequence[Request]) -> tuple[Any, ...]:
    """What the requests have in a part that is several things, each once, in order."""
    if len(made) == 1:
        return getattr(made[0], part)  # type: ignore[no-any-return]
    return tuple(dict.fromkeys([one for request in made for one in getattr(request, part)]))


def _word(settings: Settings, key: str, default: str) -> str:
    return str(settings[key].value) if key in settings else default


def _chooser(settings: Settings, takes: int) -> str:
    """Who picks; where nothing is said, a person does as soon as there is something to choose."""
    return _word(settings, "pick", HUMAN if takes > 1 else FIRST)


def _chooser_problems(settings: Settings) -> Sequence[Problem]:
    node = settings.get("pick")
    if node is None or node.value in CHOOSERS:
        return ()
    known = sorted(CHOOSERS)
    hint = near(str(node.value), known) or f"write {' or '.join(known)}"
    return [Problem("unknown-pick", node.place, f"there is no rule {str(node.value)!r} to pick by", hint)]


def _takes(settings: Settings) -> int:
    return int(str(settings["takes"].value)) if "takes" in settings else 1


def _tags(settings: Settings) -> tuple[str, ...]:
    return tuple(str(tag.value) for tag in settings["tags"].list) if "tags" in settings else ()


def _check_axis_value(axis: str, node: Node) -> None:
    text = str(node.value)
    if axis == "takes" and text.isdigit() and (len(text) > len(str(MOST_TAKES)) or int(text) > MOST_TAKES):
        raise ShotFault("vary", node.place, f"takes cannot be {text}", f"write 1 to {MOST_TAKES}")
    if axis in AXIS_NUMBERS and not (text.isdigit() and int(text)):
        raise ShotFault("vary", node.place, f"{axis} is a number, not {text!r}", "write a whole number from 1 up")
    choices = _AXIS_CHOICES.get(axis)
    if choices and text not in choices:
        raise ShotFault("vary", node.place, f"{axis} is {' or '.join(choices)}, not {text!r}", "correct it")
