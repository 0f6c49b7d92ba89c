"""One shot expanded: its variants, stages and panels as tasks, each with its compiled request.

Does not know any other shot, so that what it gives can be kept by the digests of film, scene and shot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.fill import CannotFill, Filling, Value
from shotpilot_pipeline.shotlist.film import Film, SceneFilm, fill_problem, state_of, visible
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pictures import Ask
from shotpilot_pipeline.shotlist.prompt import Series, ShotFault, panel_text, series_of, shot_text, wrapped
from shotpilot_pipeline.shotlist.references import BadReference
from shotpilot_pipeline.shotlist.report import shot_words
from shotpilot_pipeline.shotlist.request import Cell, Request, request_of
from shotpilot_pipeline.shotlist.settings import (
    SKIP,
    Level,
    Settings,
    level_of,
    override_warnings,
    unknown_stages,
    with_level,
)
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText
from shotpilot_pipeline.shotlist.vary import PLAIN, BadVary, Variant, variants
from shotpilot_pipeline.shotlist.words import PROMPT_KEYS
from shotpilot_pipeline.values.request import pick_mark
from shotpilot_pipeline.values.task import NO_PRICE, ShotInfo, Task

OMIT = "omit"
#: What a text of an axis can set: keys whose value is one word, number or text.
_AXIS_NUMBERS = ("takes", "duration")
_AXIS_CHOICES = {"carry": ("prompt", "image"), "panels": ("each", "together"), "output_format": ("png", "jpeg", "webp")}
_NOT_BY_AXIS = frozenset(
    {"images", "elements", "image_urls", "add_images", "series", "vary", "stages", "tags", "omit", "hold"}
)


class ShotTasks(NamedTuple):
    """A shot, expanded: its tasks in order, and all that is to be said of it."""

    tasks: tuple[Task, ...]
    info: ShotInfo
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]  # sha256 of a reference -> its path from the root
    asks: tuple[Ask, ...]  # other tasks' picks it needs; checked when all are known


def expand_shot(film: Film, scene: SceneSource, shot: ShotText, node: Node) -> ShotTasks:
    """The tasks of one shot, with every problem of it. `node` is the shot's map, typed and validated."""
    return _Shot(film, film.scenes[scene.id], shot, node).expanded()


def shot_settings(scene: SceneFilm, level: Level, stage: str, variant: Variant) -> dict[str, Node]:
    """All settings of one variant at one stage, the innermost on top."""
    settings = with_level(scene.by_stage[stage], level, stage)
    for axis, node in variant.values.items():
        settings[axis] = _typed(axis, node)
    return settings


def _typed(axis: str, node: Node) -> Node:
    """An axis value as the key of that name has it: `takes: "4"` is a number."""
    text = str(node.value)
    if axis in _AXIS_NUMBERS and text.isdigit():
        return Node(int(text), node.file, node.line, node.column, node.key_line, node.key_column)
    return node


@dataclass(slots=True)
class _Branch:
    """Tasks under one name at one stage, for one panel (0: whole) of one variant or of several to choose among."""

    name: str  # scene/shot, with the variant and panel
    panel: int
    gates: tuple[str, ...]


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

    @property
    def name(self) -> str:
        return f"{self.text.scene}/{self.text.id}"

    @property
    def place(self) -> str:
        return f"{self.text.file}:{self.text.line}"

    def expanded(self) -> ShotTasks:
        self.level = level_of(self.node)
        state = state_of(self.node, self.scene.state)
        for problem in unknown_stages(self.level, self.film.stages):
            self._note(problem)
        tasks: list[Task] = []
        cells: tuple[Variant, ...] = (PLAIN,)
        try:
            self.series = series_of(self.node)
            cells = variants(self._vary())
            self._check_axes(cells[0])
            tasks = list(self._omitted() if state == OMIT else self._all_lines(cells, state))
        except (ShotFault, BadVary) as fault:
            self._note(fault.problem)
        info = ShotInfo(self.text.id, self.place, state, self._words(cells))
        return ShotTasks(tuple(tasks), info, tuple(self.problems.values()), self.sources, tuple(self.asks))

    def _note(self, problem: Problem) -> None:
        """Keep a problem once, under the shot's address."""
        if not problem.address:
            problem = Problem(problem.rule, problem.place, problem.message, problem.hint, problem.severity, self.name)
        self.problems.setdefault((problem.place, problem.message), problem)

    def _vary(self) -> Node | None:
        vary = self.node.get("vary")
        return vary if vary is not None and vary.value is not None else None

    def _check_axes(self, variant: Variant) -> None:
        """Axes and plain keys that override every stage, and axes that cannot set the key they are named like."""
        plain = self.level.plain
        for warning in (
            override_warnings(plain, self.film.differing, f"shot {self.name}") if self.film.differing else ()
        ):
            self._note(warning)
        if not variant.values:
            return
        vary = self._vary()
        axes = vary.map["axes"].map if vary is not None else {}
        for warning in override_warnings(axes, self.film.differing, f"shot {self.name}"):
            self._note(warning)
        for axis, node in axes.items():
            if axis in _NOT_BY_AXIS:
                raise ShotFault("vary", node.key_place, f"an axis cannot set {axis}", "call the axis something else")
            for value in node.map.values():
                _check_axis_value(axis, value)

    # -- lines: the stages of one variant, or of all variants that are chosen among --------------------------------

    def _omitted(self) -> Iterator[Task]:
        for stage in self.film.stages:
            yield Task(
                address=f"{self.name}@{stage}", stage=stage, state=OMIT, endpoint="", takes=0, panels=1,
                picture_price=NO_PRICE, pick="first", carry="", gates=(), needs=(), forms=(), keys=(),
                notes=(), tags=self._tags(stage), cast=(), place=self.place,
            )  # fmt: skip

    def _tags(self, stage: str) -> tuple[str, ...]:
        return _tags(with_level(self.scene.by_stage[stage], self.level, stage))

    def _all_lines(self, cells: Sequence[Variant], state: str) -> Iterator[Task]:
        if self._each_its_own_way():
            for variant in cells:
                yield from self._line((variant,), state, _dotted(self.name, variant.id), chosen=False)
        else:
            yield from self._line(tuple(cells), state, self.name, chosen=True)

    def _each_its_own_way(self) -> bool:
        """No variants, or `variants: all`: nothing is chosen among them."""
        vary = self._vary()
        how = vary.get("variants") if vary is not None else None
        return vary is None or (how is not None and how.value == "all")

    def _line(self, cells: tuple[Variant, ...], state: str, name: str, *, chosen: bool) -> Iterator[Task]:
        """The tasks of all stages that are not skipped.

        Where the variants are chosen among, the first stage has a task for each, and the others one for all.
        """
        before: dict[int, tuple[str, ...]] = {}  # panel -> tasks of the stage before
        for stage in self.film.stages:
            settings = [shot_settings(self.scene, self.level, stage, variant) for variant in cells]
            if SKIP in settings[0]:
                continue
            panels = self._panels(settings[0], before)
            if before or not chosen:
                lines = [(name, cells, settings)]
            else:
                lines = [
                    (_dotted(name, variant.id), (variant,), [own]) for variant, own in zip(cells, settings, strict=True)
                ]
            now: dict[int, list[str]] = {}
            for line, variants_of_it, settings_of_it in lines:
                for panel in panels:
                    stem = f"{line}.p{panel:02}" if panel else line
                    branch = _Branch(f"{stem}@{stage}", panel, before.get(panel, before.get(0, ())))
                    now.setdefault(panel, []).append(branch.name)
                    task = self._task(branch, variants_of_it, settings_of_it, stage, state, split=0 not in before)
                    if task is not None:
                        yield task
            before = {panel: tuple(addresses) for panel, addresses in now.items()}

    def _panels(self, settings: Settings, before: Mapping[int, tuple[str, ...]]) -> tuple[int, ...]:
        """Which panels have a task of their own at this stage; (0,) when the shot goes on whole."""
        if before and 0 not in before:
            return tuple(before)
        each = settings.get("panels")
        if self.series is not None and each is not None and each.value == "each":
            return tuple(range(1, self.series.amount + 1))
        return (0,)

    # -- one task ---------------------------------------------------------------------------------------------------

    def _task(
        self, branch: _Branch, cells: Sequence[Variant], settings: Sequence[Settings], stage: str, state: str,
        split: bool,
    ) -> Task | None:  # fmt: skip
        first = settings[0]
        takes = int(str(first["takes"].value)) if "takes" in first else 1
        picker = str(first["pick"].value) if "pick" in first else "human" if takes > 1 else "first"
        carry = (str(first["carry"].value) if "carry" in first else "prompt") if branch.gates else ""
        requests = []
        for place, (variant, own) in enumerate(zip(cells, settings, strict=True)):
            gate = branch.gates[place if len(branch.gates) > 1 else 0] if branch.gates else ""
            request = self._request(branch, variant, own, stage, gate if carry == "image" else "", split)
            if request is None:
                return None
            requests.append(request)
        alike = len(branch.gates) < 2 and all(request.form == requests[0].form for request in requests)
        kept = requests[:1] if alike else requests
        asked = dict.fromkeys(ask.address for request in requests for ask in request.asks)
        return Task(
            address=branch.name,
            stage=stage,
            state=state,
            endpoint=requests[0].endpoint,
            takes=takes,
            panels=self.series.amount if self.series is not None and not branch.panel else 1,
            picture_price=max(request.price for request in requests),
            pick=picker,
            carry=carry,
            gates=branch.gates,
            needs=tuple(address for address in asked if address not in branch.gates),
            forms=tuple(request.form for request in kept),
            keys=tuple(request.key for request in kept),
            notes=tuple(dict.fromkeys(note for request in requests for note in request.notes)),
            tags=_tags(first),
            cast=tuple(dict.fromkeys(who for request in requests for who in request.cast)),
            place=self.place,
        )

    def _request(
        self, branch: _Branch, variant: Variant, settings: Settings, stage: str, gate: str, split: bool
    ) -> Request | None:
        """The request of one variant; None when something is wrong, which has then been noted."""
        try:
            filling = self._filling(settings, stage, variant)
            text = self._text(filling, settings, variant, branch.panel)
            amount = self.series.amount if self.series is not None and not branch.panel else 0
            carried = self._carried(gate, branch.panel, amount, split)
            cell = Cell(
                self.film, self.node, branch.name, settings, filling,
                wrapped(filling, settings, bool(carried), text), carried, amount,
            )  # fmt: skip
            request = request_of(cell)
        except CannotFill as fault:
            self._note(fill_problem(fault, self.film.root))
            return None
        except (ShotFault, BadReference) as fault:
            self._note(fault.problem)
            return None
        for problem in request.problems:
            self._note(problem)
        self.sources.update(request.sources)
        self.asks += request.asks
        return request

    def _carried(self, gate: str, panel: int, amount: int, split: bool) -> tuple[str, ...]:
        """The marks of what is carried: a picture, all panels of a series in order, or the one panel split off."""
        if not gate:
            return ()
        if amount:
            return tuple(pick_mark(gate, number) for number in range(1, amount + 1))
        return (pick_mark(gate, 0 if split else panel),)

    def _filling(self, settings: Settings, stage: str, variant: Variant) -> Filling:
        axis: dict[str, Value] = dict(variant.values)
        return Filling(self.film.templates, visible(self.film, self.scene, settings, self.text.id, stage, axis))

    def _text(self, filling: Filling, settings: Settings, variant: Variant, panel: int) -> str:
        """What the shot says; the same for every stage that changes no word of it, so found once for them."""
        known = (panel, variant.id, *(id(settings.get(key)) for key in PROMPT_KEYS))
        if known in self.said:
            return self.said[known]
        looks = self.film.looks.values
        if panel and self.series is not None:
            text = panel_text(filling, settings, self.series, panel)
        else:
            text = shot_text(filling, settings, looks, self.series)
        if not filling.touched & {"stage", "shot"}:
            self.said[known] = text
        return text

    def _words(self, cells: Sequence[Variant]) -> tuple[tuple[str, str], ...]:
        """The shot's words for lists and reports; what is wrong with them is noted."""
        stage = self.film.stages[0]
        settings = shot_settings(self.scene, self.level, stage, cells[0])
        filling = self._filling(settings, stage, cells[0])
        words, faults = shot_words(self.film, filling, settings, self.series, self._vary())
        for fault in faults:
            self._note(fill_problem(fault, self.film.root))
        return words


def _dotted(name: str, variant: str) -> str:
    return f"{name}.{variant}" if variant else name


def _tags(settings: Settings) -> tuple[str, ...]:
    return tuple(str(tag.value) for tag in settings["tags"].list) if "tags" in settings else ()


def _check_axis_value(axis: str, node: Node) -> None:
    text = str(node.value)
    if axis in _AXIS_NUMBERS and not (text.isdigit() and int(text)):
        raise ShotFault("vary", node.place, f"{axis} is a number, not {text!r}", "write a whole number from 1 up")
    choices = _AXIS_CHOICES.get(axis)
    if choices and text not in choices:
        raise ShotFault("vary", node.place, f"{axis} is {' or '.join(choices)}, not {text!r}", "correct it")
