"""The last plan that was said, kept scene by scene beside the memo: after an edit only scenes that changed are planned.

A convenience and never a truth, as the last answer is (answers.py): it rests on the same state of things, but for the
list itself, of which each scene is known by the digest of its tasks. Nothing is ever bought by it, and whatever is in
doubt is planned whole: picks that are not followed, pictures that scenes need of each other, requests that two share.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shotpilot_pipeline.pipeline.budgets import budgets_for_uses, uses_for
from shotpilot_pipeline.pipeline.offers import MOST, Offer
from shotpilot_pipeline.pipeline.plandoc import PlanDoc, plan_doc
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, stale_picks, unknown_picks
from shotpilot_pipeline.plan.budgets import Uses, uses_together
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.scenes import ScenePlan, by_scene, put_in, scene_plans, to_plan_again
from shotpilot_pipeline.plan.totals import sum_up
from shotpilot_pipeline.values.digest import digest_of, sha256_text
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Action, Plan, PlanLine, Totals
from shotpilot_pipeline.values.task import SceneTasks, Tasks


@dataclass(frozen=True, slots=True)
class SceneSaid:
    """One scene of a plan: what it adds up to, and how it is shown (JSON; whoever shows it knows how)."""

    plan: ScenePlan
    uses: Uses
    offers: tuple[str, ...]
    shown: Any = None


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """A plan scene by scene. `look` (JSON) is what all scenes are shown by, the widths of columns say."""

    scenes: list[SceneSaid]
    look: Any = None


def basis_of(reading: Reading, asked: str) -> str:
    """What a kept plan rests on besides its scenes; `asked` is the digest of the question and of all but the list."""
    compiled = reading.compiled
    head = [compiled.show, compiled.title, compiled.stages, dict(compiled.budget), compiled.moved]
    return digest_of({"asked": asked, "catalog": reading.catalog.digest, "head": head}) if asked else ""


def scenes_said(doc: PlanDoc, reading: Reading, scenes: Sequence[SceneTasks]) -> list[SceneSaid]:
    """A plan for all tasks of `scenes`, scene by scene."""
    plans, at, found = scene_plans(doc.plan.lines, scenes), 0, []
    offers = [offer.address for offer in doc.offers]
    for scene, plan in zip(scenes, plans, strict=True):
        uses = uses_for(reading, doc.plan.lines[at : at + scene.size])
        at += scene.size
        own = tuple(address for address in offers if address.partition("/")[0] == scene.scene) if offers else ()
        found.append(SceneSaid(plan, uses, own))
    return found


@dataclass(frozen=True, slots=True)
class Again:
    """What was planned again: the plan of these scenes alone, by place, and all scenes with them put in."""

    doc: PlanDoc
    lines: Mapping[int, Sequence[PlanLine]]
    said: PlanSaid


def planned_again(kept: PlanSaid, reading: Reading, known: Known, wish: Wish) -> Again | None:
    """The plan with only those scenes planned that changed since `kept`; None where all must be planned."""
    tasks = reading.compiled.tasks
    if not isinstance(tasks, Tasks):
        return None
    places = to_plan_again([one.plan for one in kept.scenes], tasks.scenes)
    if places is None:
        return None
    scenes = [tasks.scenes[place] for place in places]
    part = replace(reading, compiled=replace(reading.compiled, tasks=Tasks(scenes)))
    doc = plan_doc(part, wish, known)
    if stale_picks(part, known, doc.plan) or _has_unknown_picks(part, known, scenes):
        return None
    anew = dict(zip(places, scenes_said(doc, part, scenes), strict=True))
    together = put_in([one.plan for one in kept.scenes], {place: one.plan for place, one in anew.items()})
    if together is None or sum(one.totals.actions.get(Action.CHANGED, 0) for one in together) > MOST:
        return None
    said = [anew.get(place, one) for place, one in enumerate(kept.scenes)]
    lines = dict(by_scene(doc.plan.lines))
    return Again(doc, {place: lines.get(tasks.scenes[place].scene, ()) for place in places}, replace(kept, scenes=said))


def _has_unknown_picks(part: Reading, known: Known, scenes: Sequence[SceneTasks]) -> bool:
    """Whether a pick names a task of these scenes that is not there."""
    names = {scene.scene for scene in scenes}
    return any(problem.address.partition("/")[0] in names for problem in unknown_picks(part, known))


def whole_doc(doc: PlanDoc, reading: Reading, said: PlanSaid) -> PlanDoc:
    """All that is said around the lines of the whole plan; the lines themselves are not in it."""
    offers = tuple(Offer(address, 0, "", "") for one in said.scenes for address in one.offers)
    budgets = budgets_for_uses(reading, uses_together(one.uses for one in said.scenes))
    return replace(doc, plan=Plan((), sum_up(one.plan.totals for one in said.scenes)), budgets=budgets, offers=offers)


def read_said(path: Path, basis: str) -> PlanSaid | None:
    """What was kept, where it rests on the same; else None."""
    try:
        head, _, rest = path.read_text(encoding="utf-8").partition("\n")
        if not basis or head != f"{basis} {sha256_text(rest)}":  # of another question, or not as it was written
            return None
        told = json.loads(rest)
        return PlanSaid([_scene(row) for row in told["scenes"]], told["look"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_said(path: Path, said: PlanSaid, basis: str) -> None:
    """Keep a plan for the next time. A folder that cannot be written to is no fault."""
    told = json.dumps({"look": said.look, "scenes": [_row(one) for one in said.scenes]}, ensure_ascii=False)
    with suppress(OSError):
        aside = path.with_suffix(f".{os.getpid()}.aside")
        aside.write_text(f"{basis} {sha256_text(told)}\n{told}", encoding="utf-8")
        aside.replace(path)


def _row(said: SceneSaid) -> list[Any]:
    plan, totals = said.plan, said.plan.totals
    money = [totals.cost.nano, totals.cost_at_most.nano, totals.cost_following.nano]
    images = [totals.images_new, totals.images_cached, totals.images_following, totals.images_at_most]
    counts = [totals.rolls, totals.rolls_following, totals.unpriced, totals.actions]
    uses = [[*scope, *use] for scope, use in said.uses.items()]
    return [
        plan.scene,
        plan.digest,
        plan.needs,
        sorted(plan.buys),
        images,
        counts,
        money,
        uses,
        said.offers,
        said.shown,
    ]


def _scene(row: Sequence[Any]) -> SceneSaid:
    scene, digest, needs, buys, images, counts, money, uses, offers, shown = row
    new, cached, following, most = images
    rolls, rolls_following, unpriced, actions = counts
    cost, at_most, cost_following = map(Money, money)
    by_action = {Action(name): count for name, count in actions.items()}
    totals = Totals(
        new, cached, rolls, cost, at_most, unpriced, by_action, following, rolls_following, cost_following, most
    )
    plan = ScenePlan(scene, digest, tuple(needs), totals, frozenset(buys))
    return SceneSaid(plan, {(scope, name): (now, most) for scope, name, now, most in uses}, tuple(offers), shown)
