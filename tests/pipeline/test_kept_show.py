"""A show that was bought by an earlier version stays bought: its requests, and so its render keys, may never change.

If a test here fails, the tool asks for something else than it did: people would pay for their pictures again. Either
that is a fault, or the render key is meant to change; then say so in KEY_VERSION, and see make_kept_show.py.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.values.request import KEY_VERSION
from tests.cli.shows import run
from tests.fixtures.make_kept_show import KEPT, LAST_WEEK

#: Its pictures came from a queue on this machine, so they count for one; nothing listens there.
HERE = {"SHOTPILOT_FAL_QUEUE_URL": "http://127.0.0.1:9"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The kept show as a clone has it: store, lock and picks, no memo and no index."""
    for name in ("night.yaml", "night.lock", "night.picks.yaml"):
        shutil.copy(KEPT / name, tmp_path / name)
    shutil.copytree(KEPT / "refs", tmp_path / "refs")
    shutil.copytree(KEPT / "store", tmp_path / ".shotpilot/store")
    for record in (tmp_path / ".shotpilot/store").rglob("*.*"):
        os.chmod(record, 0o444)
    return tmp_path / "night.yaml"


def plan(path: Path) -> dict[str, Any]:
    done = run("plan", path, "--json", **HERE)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_take_is_cached_today(kept: Path) -> None:
    told = plan(kept)
    assert {task["address"]: task["action"] for task in told["tasks"] if task["action"] != "cached"} == {}
    assert (told["totals"]["images_new"], told["totals"]["cost_usd"], told["totals"]["cost_usd_at_most"]) == (
        0,
        "0.00",
        "0.00",
    )
    in_lock = {line.split()[0] for line in kept.with_suffix(".lock").read_text().splitlines() if line[0] != "#"}
    assert {task["address"] for task in told["tasks"]} == in_lock
    assert KEY_VERSION == 1


def test_a_prompt_in_last_weeks_words_costs_nothing(kept: Path) -> None:
    kept.write_text(kept.read_text().replace(*LAST_WEEK))
    told = plan(kept)
    assert (told["totals"]["images_new"], told["totals"]["cost_usd"]) == (0, "0.00")
    first = next(task for task in told["tasks"] if task["address"] == "sc010/sh010@iterate")
    assert (first["action"], first["takes_have"]) == ("cached", 2)
    assert run("pick", kept, "sc010/sh010@iterate", "1", **HERE).returncode == 0
    told = plan(kept)
    assert [task["action"] for task in told["tasks"]] == ["cached"] * len(told["tasks"])
    assert told["totals"]["cost_usd_at_most"] == "0.00"


def test_every_byte_and_record_of_it_is_sound(kept: Path) -> None:
    done = run("store", "verify", "--project", kept.parent, **HERE)
    assert done.returncode == 0, done.stdout + done.stderr
