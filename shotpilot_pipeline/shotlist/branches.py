"""The tasks a shot will have: which name at which stage, for which variants and panels, and fed by which.

Knows no request, and of the settings only which stages a shot skips and how its panels go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shotpilot_pipeline.shotlist.film import SceneFilm
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.settings import SKIP, Level, Settings, with_level
from shotpilot_pipeline.shotlist.vary import Variant

#: Axes whose values are numbers, as the keys they are named like.
AXIS_NUMBERS = ("takes", "duration")


def shot_settings(scene: SceneFilm, level: Level, stage: str, variant: Variant) -> dict[str, Node]:
    """All settings of one variant at one stage, the innermost on top."""
    settings = with_level(scene.by_stage[stage], level, stage)
    for axis, node in variant.values.items():
        settings[axis] = _typed(axis, node)
    return settings


def _typed(axis: str, node: Node) -> Node:
    """An axis value as the key of that name has it: `takes: "4"` is a number."""
    text = str(node.value)
    if axis in AXIS_NUMBERS and text.isdigit():
        return Node(int(text), node.file, node.line, node.column, node.key_line, node.key_column)
    return node


SettingsAt = Callable[[str, Variant], Settings]  # of a variant at a stage


class Branch(NamedTuple):
    """A task to be: a name at a stage, for the variants whose requests it may send (one, or all to choose among)."""

    name: str  # scene/shot, with the variant and panel
    stage: str
    panel: int  # from 1; 0 where the shot goes on whole
    gates: tuple[str, ...]
    alone: bool  # the gates are this panel's own tasks, not whole series
    cells: tuple[tuple[Variant, Settings], ...]

    @property
    def address(self) -> str:
        """The task's address."""
        return f"{self.name}@{self.stage}"

    def gate(self, place: int) -> str:
        """The task whose pick the request of the cell at `place` follows; "" at a first stage."""
        if not self.gates:
            return ""
        return self.gates[place] if len(self.gates) > 1 else self.gates[0]


def branches(
    name: str, stages: Sequence[str], variants: Sequence[Variant], settings_at: SettingsAt, panels: int, *, chosen: bool
) -> Iterator[Branch]:
    """The tasks to be, in list order: all stages that are not skipped, each fed by the one before.

    `panels`: of a series; 0 where there is none. `chosen`: one is chosen among the variants, so the first stage has a
    task for each, and the others one for all. Else each variant goes its own way.
    """
    if chosen:
        yield from _line(name, stages, variants, settings_at, panels, apart=True)
        return
    for variant in variants:
        yield from _line(_dotted(name, variant.id), stages, (variant,), settings_at, panels, apart=False)


def _line(
    name: str, stages: Sequence[str], variants: Sequence[Variant], settings_at: SettingsAt, panels: int, *, apart: bool
) -> Iterator[Branch]:
    """The stages one after another. `apart`: the first of them has a task for each variant."""
    before: dict[int, tuple[str, ...]] = {}  # panel -> tasks of the stage before
    for stage in stages:
        cells = tuple([(variant, settings_at(stage, variant)) for variant in variants])
        settings = cells[0][1]
        if SKIP in settings:
            continue
        lines = [(name, cells)]
        if apart and not before:
            lines = [(_dotted(name, variant.id), ((variant, own),)) for variant, own in cells]
        now: dict[int, tuple[str, ...]] = {}
        for line, members in lines:
            for panel in _panels(settings, before, panels):
                stem = f"{line}.p{panel:02}" if panel else line
                gates = before.get(panel, before.get(0, ()))
                branch = Branch(stem, stage, panel, gates, 0 not in before, members)
                now[panel] = (*now.get(panel, ()), branch.address)
                yield branch
        before = now


def _panels(settings: Settings, before: Mapping[int, tuple[str, ...]], panels: int) -> tuple[int, ...]:
    """Which panels have a task of their own at this stage; (0,) when the shot goes on whole."""
    if before and 0 not in before:
        return tuple(before)
    each = settings.get("panels")
    return tuple(range(1, panels + 1)) if panels and each is not None and each.value == "each" else (0,)


def _dotted(name: str, variant: str) -> str:
    return f"{name}.{variant}" if variant else name
