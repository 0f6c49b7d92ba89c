"""Settings merged: levels from outside in, each with its plain keys and then those of one stage; the inner one wins.

Does not know what a key means. Nodes are merged, not values, so each setting still knows the file and line it came
from. Maps merge by key, everything else replaces, a plain null unsets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node

Settings = Mapping[str, Node]

#: Stands among the settings of a stage that is skipped; no shot list key is called so.
SKIP = "skip"
#: Keys of a scene or shot that are not settings.
STRUCTURE = frozenset({"shots", "defaults", "stages", "vars", "vary", "series", "omit", "hold"})
#: What the stages of a show usually set differently: to override it for all of them at once is rarely meant.
BY_STAGE = ("model", "resolution", "takes")


class Level(NamedTuple):
    """One level: what it sets for every stage, and what for some."""

    plain: Settings
    stages: Mapping[str, Node]
    is_flat: bool = False  # no plain key is null or a map, so that each simply replaces what is around


_NOT_FLAT = (type(None), dict)
EMPTY = Level({}, {})


def level_of(node: Node | None) -> Level:
    """The level a map writes: its own keys, and its `stages`."""
    if node is None or not isinstance(node.value, dict):
        return EMPTY
    plain = {key: value for key, value in node.value.items() if key not in STRUCTURE and not key.startswith("x-")}
    stages = node.value.get("stages")
    is_flat = {type(value.value) for value in plain.values()}.isdisjoint(_NOT_FLAT)
    return Level(plain, stages.value if stages is not None and isinstance(stages.value, dict) else {}, is_flat)


def merged(outer: Settings, inner: Settings) -> dict[str, Node]:
    """`outer` with `inner` laid over it."""
    result = dict(outer)
    for key, node in inner.items():
        value = node.value
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            start = below.value if below is not None and isinstance(below.value, dict) else {}
            whole = merged(start, value)
            result[key] = Node(whole, node.file, node.line, node.column, node.key_line, node.key_column)
        else:
            result[key] = node
    return result


def with_level(outer: Settings, level: Level, stage: str) -> dict[str, Node]:
    """`outer` with a level laid over it, as it counts at `stage` ("": at no stage)."""
    result = {**outer, **level.plain} if level.is_flat else merged(outer, level.plain)
    node = level.stages.get(stage) if stage else None
    if node is None:
        return result
    result.pop(SKIP, None)
    if isinstance(node.value, dict):
        return merged(result, {key: value for key, value in node.value.items() if not key.startswith("x-")})
    if node.value is not None:
        result[SKIP] = node
    return result


def set_differently(stages: Iterable[Settings]) -> frozenset[str]:
    """The keys of BY_STAGE that the stages do not all set alike."""
    all_stages = list(stages)
    return frozenset(
        key
        for key in BY_STAGE
        if len({str(settings[key].plain()) if key in settings else "" for settings in all_stages}) > 1
    )


def override_warnings(plain: Settings, differing: frozenset[str], whose: str) -> list[Problem]:
    """A warning for each plain key that overrides, for every stage at once, what the stages set differently."""
    return [
        Problem(
            "overrides-every-stage",
            plain[key].key_place,
            f"{key} here holds for every stage of {whose}, although the stages set it differently",
            f"write stages: {{STAGE: {{{key}: ...}}}} if one stage is meant",
            Severity.WARNING,
        )
        for key in BY_STAGE
        if key in plain and key in differing and plain[key].value is not None
    ]


def unknown_stages(level: Level, known: Iterable[str]) -> list[Problem]:
    """A problem for each stage a level names that the show does not have."""
    names = tuple(known)
    return [
        Problem(
            "unknown-stage",
            node.key_place,
            f"there is no stage {name!r}",
            near(name, names) or f"the stages are {', '.join(names)}",
        )
        for name, node in level.stages.items()
        if name not in names
    ]


def flat(settings: Settings, prefix: str = "") -> list[tuple[str, Node]]:
    """Every setting with its full key, maps opened: `images.plate.pick`."""
    found: list[tuple[str, Node]] = []
    for key, node in settings.items():
        if isinstance(node.value, dict):
            found += flat(node.value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", node))
    return found


def said(value: object, file: str = "the default") -> Node:
    """A setting that nobody wrote: what holds when nothing is said."""
    return Node(value, file, 0, 0)  # type: ignore[arg-type]


def is_written(place: Place) -> bool:
    """Whether a place is in a file, and not a default of the language."""
    return place.line > 0
