"""The engine against the rehearsal queue, in process: a compiled list, the real client, the real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.engine.local import carry_out
from shotpilot_pipeline.engine.shop import Limits, NoBook, Shop
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.rehearsal.doors import rehearsal_client
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event, TakeKept
from shotpilot_pipeline.values.outcome import Outcome, TaskEnd
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.task import Compiled
from tests.engine.counter import png
from tests.plan.filmset import CENTS

LIST = """\
shotlist: 1
show: test
images:
  grade: {file: refs/grade.png, role: palette}
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 4, pick: human}
  refine: {model: [kling-v3, kling-o3], resolution: 2K, takes: 2, carry: image, pick: human}
  final: {model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    shots:
      sh010: {subject: A lamp in the rain}
      sh020:
        subject: A door
        vary:
          axes:
            light: {dusk: last blue light, neon: red neon spill}
          variants: choose
      sh030:
        model: kling-o3
        images:
          plate: {pick: sc010/sh010@iterate}
        prompt: |
          Keep the composition of @plate, graded like @grade.
      sh040:
        model: kling-o3
        series:
          lead: Cinematic storyboard.
          panels: [An empty courtroom., The judge's gavel.]
        stages:
          final: {panels: each}
"""


def draw(copy: Copy) -> tuple[bytes, ...]:
    """Small pictures, different for each take and panel, in place of slates."""
    return tuple(
        png(f"{copy.scene}/{copy.shot}.{copy.variant}@{copy.stage}#{copy.first_take}+{number} {copy.prompt}", 150)
        for number in range(copy.count)
    )


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    (tmp_path / "refs").mkdir()
    from PIL import Image

    Image.new("RGB", (400, 400), "teal").save(tmp_path / "refs/grade.png")
    (tmp_path / "list.yaml").write_text(LIST)
    source, problems = read_source(tmp_path / "list.yaml", tmp_path)
    assert source is not None, problems
    found, problems = compile_source(source, load_catalog(None))
    assert found is not None, problems
    return found


def plan_of(compiled: Compiled, store: Store) -> Plan:
    return build_plan(compiled.tasks, Known(store.counts(), store.takes_of), first_where_unpicked=True)


async def rehearse(
    compiled: Compiled, root: Path, queue: RehearsalQueue, events: list[Event], unfinished: int = 4
) -> dict[str, TaskEnd]:
    store = Store(root / "store", durable=False)
    async with rehearsal_client(queue) as client:
        shop = Shop(
            show=compiled.show,
            client=client,
            store=store,
            stages=compiled.stages,
            book=NoBook(),
            sources={sha256: root / path for sha256, path in compiled.sources.items()},
            first_where_unpicked=True,
        )
        plan = plan_of(compiled, store)
        ends = await carry_out(plan, compiled.tasks, shop, events.append, Limits(unfinished=unfinished))
    assert queue.leaked_keys == 0
    return {end.address: end for end in ends}


async def test_a_whole_list_is_rehearsed_and_costs_what_the_plan_said(compiled: Compiled, tmp_path: Path) -> None:
    queue = RehearsalQueue(models_of(load_catalog(None)), draw)
    store = Store(tmp_path / "store", durable=False)
    before = plan_of(compiled, store)
    events: list[Event] = []
    ends = await rehearse(compiled, tmp_path, queue, events)
    assert {end.outcome for end in ends.values()} == {Outcome.RENDERED}, [
        end for end in ends.values() if end.outcome is not Outcome.RENDERED
    ]
    assert set(ends) == {one.address for one in compiled.tasks}
    spent = sum(end.cost.nano for end in ends.values() if end.cost is not None)
    assert spent == before.totals.cost_at_most.nano
    kept = [event for event in events if isinstance(event, TakeKept)]
    assert sum(end.takes_new for end in ends.values()) == len(kept) == len({(one.key, one.number) for one in kept})

    assert spent == queue.billed_units * CENTS  # a 4K picture is two units
    accepted = queue.accepted
    again = await rehearse(compiled, tmp_path, queue, [])
    assert {end.outcome for end in again.values()} == {Outcome.CACHED}
    assert queue.accepted == accepted
    assert plan_of(compiled, store).totals.images_new == 0


async def test_a_locked_account_fails_nothing_and_the_next_run_goes_on(compiled: Compiled, tmp_path: Path) -> None:
    queue = RehearsalQueue(models_of(load_catalog(None)), draw)
    queue.locked = True
    ends = await rehearse(compiled, tmp_path, queue, [])
    assert {end.outcome for end in ends.values()} == {Outcome.SKIPPED}
    queue.locked = False
    ends = await rehearse(compiled, tmp_path, queue, [])
    assert {end.outcome for end in ends.values()} == {Outcome.RENDERED}
