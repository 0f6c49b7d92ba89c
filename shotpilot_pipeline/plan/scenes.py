"""A plan kept scene by scene: which scenes must be planned again after an edit, and what all add up to then.

    kept ─▶ which scenes have other tasks now? ─▶ plan these alone ─▶ put them in ─▶ add up

Scenes can be planned alone where neither they nor others need each other's pictures, and where no request is to be
bought in two of them (one roll would serve both). Whoever is in doubt plans everything. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.values.plan import BUYS, PlanLine, Totals
from shotpilot_pipeline.values.task import SceneTasks

#: Scenes that are planned alone; where more changed, planning everything is as quick.
MOST = 100
_SHORT = 16  # signs of a render key that tell it from others well enough: where two agree, everything is planned


class ScenePlan(NamedTuple):
    """What is kept of the plan of one scene."""

    scene: str
    digest: str  # of its tasks
    needs: tuple[str, ...]  # other scenes whose pictures it needs
    totals: Totals
    buys: frozenset[str]  # the beginnings of render keys to be bought


def scene_plans(lines: Sequence[PlanLine], scenes: Sequence[SceneTasks]) -> list[ScenePlan]:
    """What is kept of a plan: `lines` has a line for each task of `scenes`, in list order."""
    found, at = [], 0
    for scene in scenes:
        own = lines[at : at + scene.size]
        at += scene.size
        buys = frozenset(line.key[:_SHORT] for line in own if line.action in BUYS)
        found.append(ScenePlan(scene.scene, scene.digest, scene.needs, add_up(own), buys))
    return found


def to_plan_again(kept: Sequence[ScenePlan], scenes: Sequence[SceneTasks]) -> list[int] | None:
    """The places of the scenes that have other tasks than in `kept`; None where everything must be planned."""
    if [one.scene for one in kept] != [scene.scene for scene in scenes]:
        return None
    pairs = enumerate(zip(kept, scenes, strict=True))
    moved = [place for place, (one, scene) in pairs if not scene.digest or scene.digest != one.digest]
    if len(moved) > MOST:
        return None
    needed = {name for one in kept for name in one.needs} | {name for scene in scenes for name in scene.needs}
    names = {scenes[place].scene for place in moved}
    if names & needed or any(kept[place].needs or scenes[place].needs for place in moved):
        return None
    return moved


def put_in(kept: Sequence[ScenePlan], anew: Mapping[int, ScenePlan]) -> list[ScenePlan] | None:
    """All scenes with those planned `anew` (by place) among them; None where one request is to be bought in two."""
    moved = {key for place, one in anew.items() for key in one.buys | kept[place].buys}
    if any(not moved.isdisjoint(one.buys) for place, one in enumerate(kept) if place not in anew):
        return None
    return [anew.get(place, one) for place, one in enumerate(kept)]


def by_scene(lines: Iterable[PlanLine]) -> list[tuple[str, list[PlanLine]]]:
    """Lines that stand together and are of one scene."""
    return [(scene, list(group)) for scene, group in groupby(lines, lambda line: line.address.partition("/")[0])]
