"""A plan on the screen, put together from the texts of its scenes: after an edit only those that changed are written.

Says what `planlines` says, to the letter. Decides nothing: whether scenes can stand as they were, `sceneplans` knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shotpilot_pipeline.cli.planlines import (
    FOLD_FROM,
    Columns,
    Look,
    Widths,
    by_stage,
    columns_of,
    offer_lines,
    stage_lines,
    totals_lines,
)
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.pipeline.plandoc import PlanDoc
from shotpilot_pipeline.pipeline.sceneplans import Again, PlanSaid, SceneSaid
from shotpilot_pipeline.plan.scenes import by_scene
from shotpilot_pipeline.values.plan import PlanLine

# What is kept of a scene, by stage: what it wants of the columns, and its text. Of the plan: `fold`, and the columns.
_Shown = dict[str, tuple[Widths, str]]


def shown_whole(doc: PlanDoc, said: Sequence[SceneSaid], screen: Screen, *, changes: bool) -> PlanSaid:
    """Every scene of a plan with its texts."""
    look = Look(screen, changes, changes or len(doc.plan.lines) > FOLD_FROM)
    stages = {scene: by_stage(doc, lines) for scene, lines in by_scene(doc.plan.lines)}
    widths: dict[str, list[Widths]] = {stage: [] for stage in doc.stages}
    for own in stages.values():
        for stage, lines in own.items():
            widths[stage].append(look.widths(lines, doc))
    columns = {stage: columns_of(wanted, screen.width) for stage, wanted in widths.items()}
    scenes = [replace(one, shown=_shown(one.plan.scene, stages, doc, look, columns)) for one in said]
    return PlanSaid(scenes, [look.fold, columns])


def shown_again(again: Again, screen: Screen, *, changes: bool) -> PlanSaid | None:
    """The same where only some scenes were planned again; None where the others would look otherwise than they did."""
    fold, columns = again.said.look
    columns = {stage: Columns(*wide) for stage, wide in columns.items()}
    size = sum(sum(one.plan.totals.actions.values()) for one in again.said.scenes)
    look, doc = Look(screen, changes, changes or size > FOLD_FROM), again.doc
    if look.fold != fold:
        return None
    scenes = list(again.said.scenes)
    for place, lines in again.lines.items():
        name = scenes[place].plan.scene
        scenes[place] = replace(scenes[place], shown=_shown(name, {name: by_stage(doc, lines)}, doc, look, columns))
    for stage in doc.stages:
        wanted = [Widths(*one.shown[stage][0]) for one in scenes if stage in one.shown]
        if columns_of(wanted, screen.width) != columns[stage]:
            return None
    return PlanSaid(scenes, [fold, columns])


def _shown(
    scene: str,
    stages: Mapping[str, Mapping[str, Sequence[PlanLine]]],
    doc: PlanDoc,
    look: Look,
    columns: Mapping[str, Columns],
) -> _Shown:
    """The scene's texts by stage; `stages` has the lines of scenes."""
    return {
        stage: (look.widths(lines, doc), look.scene(scene, lines, doc, columns[stage]) if lines else "")
        for stage, lines in stages.get(scene, {}).items()
    }


def screen_lines(doc: PlanDoc, said: PlanSaid, file: object, screen: Screen) -> Iterator[str]:
    """All that the plan says: its scenes, its sums, and what would keep takes that only words made stale."""
    texts = ((stage, [one.shown[stage][1] for one in said.scenes if stage in one.shown]) for stage in doc.stages)
    yield from stage_lines(doc, texts, screen)
    yield from totals_lines(doc, screen)
    yield from offer_lines(doc, file, screen)
