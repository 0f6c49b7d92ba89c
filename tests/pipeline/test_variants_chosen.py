"""The variant that is picked decides the words of every stage behind it, however far behind."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shows import run_json, write_list

LIST = """\
shotlist: 1
show: night
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 2, pick: human}
  refine: {model: kling-v3, resolution: 2K, takes: 1, carry: image, pick: human}
  final: {model: kling-v3, resolution: 2K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    place: a pier
    shots:
      sh010:
        subject: a fisherman
        vary: {axes: {light: {dusk: last blue light, neon: red neon spill}}, variants: choose}
"""


def test_the_picked_variant_speaks_at_every_later_stage(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST)
    run_json("rehearse", path, "--until", "iterate")
    picks = tmp_path / ".shotpilot/rehearsal/night.picks.yaml"
    picks.write_text("picks: 1\nsc010/sh010.neon@iterate: {take: 2, by: ana}\n")
    run_json("rehearse", path)
    tasks = {task["address"]: task for task in run_json("expand", path, "--rehearsal")}
    for stage in ("refine", "final"):
        assert "red neon spill" in tasks[f"sc010/sh010@{stage}"]["input"]["prompt"]
    picks.write_text("picks: 1\nsc010/sh010.dusk@iterate: {take: 1, by: ana}\n")
    actions = {task["address"]: task["action"] for task in run_json("plan", path, "--rehearsal")["tasks"]}
    assert (actions["sc010/sh010@refine"], actions["sc010/sh010@final"]) == ("changed", "waiting")
    run_json("rehearse", path)
    tasks = {task["address"]: task for task in run_json("expand", path, "--rehearsal")}
    assert "last blue light" in tasks["sc010/sh010@final"]["input"]["prompt"]


def test_the_sidecar_names_the_take_that_was_carried(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST)
    run_json("rehearse", path)
    renders = tmp_path / ".shotpilot/rehearsal/renders/night/sc010"
    refine = json.loads((renders / "night_sc010_sh010_refine_v001_t01.png.json").read_text())
    first = json.loads((renders / "night_sc010_sh010.dusk_iterate_v001_t01.png.json").read_text())
    assert first["file"]["sha256"] == refine["carried_from"]
