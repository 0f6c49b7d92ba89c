"""What a take's record and the sidecar beside its picture say of when it was asked for, and with which tags."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import anyio

from shotpilot_pipeline.engine.local import OpenRoll, collect
from shotpilot_pipeline.engine.shop import NoBook, Shop
from shotpilot_pipeline.engine.work import rolls_of
from tests.cli.shows import run_json, write_list
from tests.engine.counter import World
from tests.plan.filmset import task


def test_the_sidecar_of_a_rehearsal_tells_times_and_tags(tmp_path: Path) -> None:
    run_json("rehearse", write_list(tmp_path))
    sidecars = [json.loads(path.read_text()) for path in (tmp_path / ".shotpilot/rehearsal/renders").rglob("*.json")]
    assert sidecars
    for sidecar in sidecars:
        tags, times = sidecar["tags"], sidecar["times"]
        assert (tags["show"], tags["scene"], tags["shot"]) == (sidecar["show"], sidecar["scene"], sidecar["shot"])
        assert (tags["stage"], tags["take"]) == (sidecar["stage"], "1")
        named = [datetime.fromisoformat(times[name]) for name in ("submitted", "finished", "kept")]
        assert named == sorted(named)


async def test_a_roll_of_an_earlier_run_tells_when_it_was_submitted(tmp_path: Path) -> None:
    world = World(tmp_path, [one := task("s/a@still", takes=2)])
    shop = Shop(
        "test", world.counter, world.store, ("still",), NoBook(),  # type: ignore[arg-type]
        now=lambda: "2026-01-01T00:00:30Z", sleep=world.no_sleep,
    )  # fmt: skip
    (roll,) = rolls_of(one, one.forms[0], one.keys[0], (1, 2))
    body = {"prompt": "a pier", "num_images": 2}
    with anyio.fail_after(10):
        submitted = await world.counter.submit(roll.endpoint, body, {"take": "1"})
        await collect([OpenRoll(roll, submitted, 90.0)], shop, world.events.append)
    for number in (1, 2):
        record = world.store.record_of(roll.key, number)
        assert (record["submitted_at"], record["finished_at"]) == ("2025-12-31T23:59:00Z", "2026-01-01T00:00:30Z")
        assert record["tags"] == {"show": "test", "scene": "s", "shot": "a", "stage": "still", "take": "1"}
