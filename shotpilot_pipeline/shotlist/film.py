"""The film around a shot: cast, images, looks, stages and defaults, resolved once for all shots.

Does not know any shot. What is wrong with the surroundings is said once, here, and not again for each shot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.errors import Place, Problem, Step
from shotpilot_pipeline.shotlist.choose import Chooser
from shotpilot_pipeline.shotlist.fill import CannotFill, Scope, Templates, Value
from shotpilot_pipeline.shotlist.mentions import MentionReader
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.pointer import inside, told_whole
from shotpilot_pipeline.shotlist.references import BadReference, Shelf, limit_problem
from shotpilot_pipeline.shotlist.settings import (
    EMPTY,
    Level,
    Settings,
    level_of,
    merged,
    override_warnings,
    said,
    set_differently,
    unknown_stages,
    with_level,
)
from shotpilot_pipeline.shotlist.source import SceneSource, Source
from shotpilot_pipeline.shotlist.words import in_words


@dataclass(slots=True)
class Checked:
    """What the schemas of the cards said of each shape of input, so that each is asked about once."""

    said: dict[tuple[object, ...], tuple[str, str]] = field(default_factory=dict)  # -> field and fault; "" for none
    clean: set[tuple[object, ...]] = field(default_factory=set)  # shapes of which nothing at all was to be said
    earlier: frozenset[str] = frozenset()  # shapes that passed by the same cards in an earlier run

    def passed(self) -> list[str]:
        """All shapes that passed, now or earlier, for a later run."""
        return sorted(self.earlier.union(repr(shape) for shape, (_, fault) in self.said.items() if not fault))


_USERS = 3  # of a value that cannot be filled, named in the message; the chain has them all

#: The one stage of a show that names none.
STILL: Mapping[str, object] = {"model": ("kling-v3", "kling-o3"), "resolution": "1K", "takes": 1, "pick": "first"}


@dataclass(frozen=True, slots=True)
class Member:
    """A cast member: whose face and clothes a mention brings."""

    id: str
    name: str
    node: Node
    frontal: Node | None
    references: tuple[Node, ...]
    wardrobe: Node | None


@dataclass(frozen=True, slots=True)
class SceneFilm:
    """What a scene adds: its settings at each stage, and what its shots see of it."""

    id: str
    by_stage: Mapping[str, Settings]  # everything outside the shot, merged
    scope: Scope
    vars: Scope
    state: str  # "", "omit" or "hold"


@dataclass(frozen=True, slots=True)
class Film:
    """All that a shot sees of its surroundings."""

    root: Path
    chooser: Chooser
    show: Scope
    cast: Mapping[str, Member]
    cast_scope: Scope
    images: Mapping[str, Node]
    images_scope: Scope
    looks: Scope
    stages: tuple[str, ...]
    differing: frozenset[str]  # keys the stages set differently
    scenes: Mapping[str, SceneFilm]
    shelf: Shelf
    mentions: MentionReader
    templates: Templates = field(default_factory=Templates, repr=False)
    checked: Checked = field(default_factory=Checked, repr=False)
    pages: Pages = field(default_factory=Pages, repr=False)  # to look at a line again that is complained of
    included: Mapping[str, Place] = field(default_factory=dict, repr=False)  # a file -> who includes it

    @property
    def catalog(self) -> Catalog:
        """The model cards."""
        return self.chooser.catalog

    def told(self, problem: Problem, *outer: Step) -> Problem:
        """The problem with its end, the steps `outer` and the includes that led to it."""
        return told_whole(problem, self.pages, self.included, self.root, *outer)


def open_film(source: Source, catalog: Catalog, shelf: Shelf | None = None) -> tuple[Film, tuple[Problem, ...]]:
    """The film of a list that has been read, and everything wrong with it outside of shots.

    `shelf` may bring facts of reference files from an earlier run.
    """
    head = source.head.map
    cast = {name: _member(name, node) for name, node in _map(head.get("cast")).items()}
    images = {name: node for name, node in _map(head.get("images")).items() if node.value is not None}
    looks = _map(head.get("looks"))
    stages = _stages(head.get("stages"))
    defaults = level_of(head.get("defaults"))
    outer = {stage: with_level(settings, defaults, stage) for stage, settings in stages.items()}
    differing = set_differently(stages.values())
    texts = _map(head.get("vars"))
    film = Film(
        root=source.root,
        chooser=Chooser(catalog),
        show=_show(head),
        cast=cast,
        cast_scope=Scope("cast", {name: _member_scope(member) for name, member in cast.items()}),
        images=images,
        images_scope=Scope("images", {name: _image_scope(name, node) for name, node in images.items()}),
        looks=Scope("looks", looks),
        stages=tuple(stages),
        differing=differing,
        scenes={scene.id: _scene(scene, outer, texts) for scene in source.scenes},
        shelf=shelf or Shelf(source.root),
        mentions=MentionReader(cast.keys(), images.keys()),
        pages=source.pages,
        included=source.included,
    )
    problems = [*_reference_problems(film), *_level_problems(film, defaults, source)]
    return film, tuple(map(film.told, problems))


def _map(node: Node | None) -> Mapping[str, Node]:
    """A map without the user's own keys; empty when there is none."""
    if node is None or not isinstance(node.value, dict):
        return {}
    return {name: value for name, value in node.value.items() if not name.startswith("x-")}


def _show(head: Mapping[str, Node]) -> Scope:
    name = str(head["show"].value)
    title = head.get("title")
    return Scope("show", {"id": name, "title": str(title.value) if title and title.value else name}, name)


def _member(name: str, node: Node) -> Member:
    if not isinstance(node.value, dict):
        return Member(name, name, node, node, (), None)
    called = node.get("name")
    angles = node.get("references")
    return Member(
        id=name,
        name=str(called.value) if called is not None and called.value else name,
        node=node,
        frontal=node.get("frontal"),
        references=tuple(angles.list) if angles is not None else (),
        wardrobe=node.get("wardrobe"),
    )


def _member_scope(member: Member) -> Scope:
    values: dict[str, Value] = {"id": member.id, "name": member.name}
    if isinstance(member.node.value, dict):
        values |= {key: node for key, node in member.node.value.items() if key != "name" and node.value is not None}
    return Scope(f"cast.{member.id}", values, member.name)


def _image_scope(name: str, node: Node) -> Scope:
    values: dict[str, Value] = {"id": name}
    if isinstance(node.value, dict):
        values |= {key: below for key, below in node.value.items() if below.value is not None}
    return Scope(f"images.{name}", values, name)


def _stages(node: Node | None) -> dict[str, Settings]:
    written = _map(node)
    if not written:
        return {"still": {key: _plain_node(value) for key, value in STILL.items()}}
    return {name: merged({}, level_of(stage).plain) for name, stage in written.items()}


def _plain_node(value: object) -> Node:
    return said([said(item) for item in value]) if isinstance(value, tuple) else said(value)


def _scene(scene: SceneSource, outer: Mapping[str, Settings], texts: Mapping[str, Node]) -> SceneFilm:
    own, defaults = level_of(scene.node), level_of(scene.node.get("defaults"))
    by_stage = {
        stage: with_level(with_level(settings, own, stage), defaults, stage) for stage, settings in outer.items()
    }
    values: dict[str, Value] = {key: node for key, node in own.plain.items() if node.value is not None}
    said = {**texts, **_map(scene.node.get("vars"))}
    return SceneFilm(
        id=scene.id,
        by_stage=by_stage,
        scope=Scope("scene", {"id": scene.id, **values}, scene.id, in_words),
        vars=Scope("vars", {name: str(node.value) for name, node in said.items()}, nodes=said),
        state=state_of(scene.node),
    )


def state_of(node: Node, outer: str = "") -> str:
    """ "omit", "hold" or "": what a shot or scene says of itself, else what is said around it."""
    for state in ("omit", "hold"):
        flag = node.get(state)
        if flag is not None and flag.value is not None:
            if flag.value:
                return state
            outer = "" if outer == state else outer
    return outer


def _reference_problems(film: Film) -> Iterator[Problem]:
    """Every picture of cast and images is there and whole, and some model takes it, used or not."""
    for member in film.cast.values():
        yield from _checked(film, [*([member.frontal] if member.frontal is not None else []), *member.references])
    for node in film.images.values():
        yield from _checked(film, [file] if (file := file_of(node)) is not None else [])


def _checked(film: Film, nodes: list[Node]) -> Iterator[Problem]:
    for node in nodes:
        try:
            reference = film.shelf.look(node)
        except BadReference as bad:
            yield bad.problem
            continue
        faults = [limit_problem(node, reference, card.limits.file) for card in film.catalog.cards.values()]
        if all(faults):
            yield from faults[:1]  # type: ignore[misc]


def file_of(image: Node) -> Node | None:
    """Where an image's path or URL stands; None for another shot's pick."""
    if not isinstance(image.value, dict):
        return image
    return image.get("file") or image.get("url")


def _level_problems(film: Film, defaults: Level, source: Source) -> Iterator[Problem]:
    yield from unknown_stages(defaults, film.stages)
    yield from override_warnings(defaults.plain, film.differing, "the show")
    for scene in source.scenes:
        for level in (level_of(scene.node), level_of(scene.node.get("defaults"))):
            if level is not EMPTY:
                yield from unknown_stages(level, film.stages)
                yield from override_warnings(level.plain, film.differing, f"scene {scene.id}")


def visible(
    film: Film, scene: SceneFilm, settings: Settings, shot: str, stage: str, axis: Mapping[str, Value]
) -> Mapping[str, Value]:
    """The names a template of this shot sees."""
    slots: dict[str, Value] = {key: node for key, node in settings.items() if key != "skip"}
    return {
        "show": film.show,
        "vars": scene.vars,
        "scene": scene.scope,
        "shot": Scope("shot", {**slots, "id": shot}, shot, in_words),
        "cast": film.cast_scope,
        "images": film.images_scope,
        "looks": film.looks,
        "axis": Scope("axis", axis),
        "stage": Scope("stage", {**slots, "id": stage}, stage),
    }


def fill_problem(fault: CannotFill, film: Film, address: str = "") -> Problem:
    """The problem of a value that cannot be filled, at the expression, with the chain of values that use it."""
    from shotpilot_pipeline.shotlist.templatefault import cure_of

    message, _, hint = fault.message.partition("; ")
    hint = hint or cure_of(message)
    if fault.is_circle:
        return Problem("template", fault.node.place, message, "let one of them say its words itself", address=address)
    labels = [label for label, _ in fault.chain]
    used = [label for label in labels[1:] if label != labels[0]]
    more = f" and {len(used) - _USERS} more" if len(used) > _USERS else ""
    told = f" (in {labels[0]}, used by {', by '.join(used[:_USERS])}{more})" if used else ""
    place, end, _ = inside(fault.node, fault.expression, fault.nth, film.pages, film.root)
    steps = []
    for (inner, _), (outer, node) in pairwise(fault.chain):
        if node is not fault.node:
            steps.append(Step(inside(node, inner, 0, film.pages, film.root).place, f"{inner} is used by {outer} here"))
    return Problem("template", place, message + told, hint, address=address, end=end, chain=tuple(steps))
