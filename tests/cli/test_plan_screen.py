"""The screens of `plan`: golden files at 80 and 120 columns, and the schema of what programs get.

`GOLDEN=write pytest tests/cli/test_plan_screen.py` writes the golden files anew; look at what changed in them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from tests.cli.shows import run, run_json, write_list
from tests.pipeline.buying import Service, command, render, service

GOLDEN = Path(__file__).with_name("golden")

#: A list with something of everything: variants, a series, a picked picture, models to choose from, budgets.
LIST = """\
shotlist: 1
show: pier
title: The Pier
stages:
  iterate: {model: [kling-v3, kling-o3], resolution: 1K, takes: 2, pick: human}
  refine: {model: kling-v3, resolution: 2K, takes: 1, carry: image, pick: first}
  final: {model: [kling-v3, kling-o3], resolution: 4K, takes: 1, carry: image, pick: first}
defaults: {aspect_ratio: 16:9}
budget: {show: 1.00, run: 0.30, shot: 0.50, stages: {final: 0.12}}
scenes:
  sc010:
    place: a pier
    shots:
      sh010: {subject: a fisherman, action: coils a rope}
      sh020: {subject: an old lantern}
      sh030: {subject: a gull, omit: true}
      sh040: {subject: a net, hold: true}
      sh050: {subject: wet planks}
      sh060: {subject: a lost oar}
  sc020:
    place: the harbour office
    shots:
      sh010:
        subject: the harbour master
        vary: {axes: {light: {dusk: last blue light, neon: red neon spill}}, variants: choose}
      sh020:
        series: {panels: [an empty desk, the door opens, a lamp is lit]}
        stages: {refine: skip, final: {panels: each}}
      sh030:
        model: kling-o3
        images: {plate: {pick: sc010/sh010@iterate}}
        prompt: Keep the light of @plate.
"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """The list after a day's work: some bought, some picked, some changed since, one picked take gone."""
    path = tmp_path_factory.mktemp("pier") / "pier.yaml"
    path.write_text(LIST)
    picks = path.with_suffix(".picks.yaml")
    with service() as host:
        assert render(host, path, "sc010/sh010", "sc010/sh020", "sc010/sh0[56]0", "--until", "iterate").returncode == 0
        picks.write_text("picks: 1\nsc010/sh010@iterate: 1\nsc010/sh020@iterate: 2\n")
        assert render(host, path, "sc010/sh010", "sc010/sh020").returncode == 0
        picks.write_text("picks: 1\nsc010/sh010@iterate: 1\nsc010/sh020@iterate: 2\nsc010/sh050@iterate: 7\n")
        edits = {
            "an old lantern": "an old lantern, stages: {iterate: {aspect_ratio: 1:1}}",
            "wet planks}": "wet planks, takes: 4}",
            "a lost oar": "a found oar",
        }
        edited = LIST
        for before, now in edits.items():
            edited = edited.replace(before, now)
        path.write_text(edited)
        yield host, path


def test_the_list_has_something_of_everything(show: tuple[Service, Path]) -> None:
    plan = json.loads(command(*_asked(show), "--json").stdout)
    actions = {task["action"] for task in plan["tasks"]}
    assert actions == {"new", "top-up", "changed", "cached", "waiting", "stale-pick", "held", "omitted", "behind"}


def _asked(show: tuple[Service, Path]) -> tuple[Service, str, Path]:
    host, path = show
    return host, "plan", path


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("how", ["", "changes"])
def test_the_screen_is_as_it_was(show: tuple[Service, Path], width: int, how: str) -> None:
    done = command(*_asked(show), *([f"--{how}"] if how else []), COLUMNS=str(width))
    golden = GOLDEN / f"plan{'-' if how else ''}{how}-{width}.txt"
    assert done.returncode == 0, done.stderr
    said = done.stdout.replace(str(show[1]), "pier.yaml")
    assert max(map(len, said.splitlines())) <= width
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said)
    assert said == golden.read_text()


def test_the_json_is_what_the_schema_says(show: tuple[Service, Path], tmp_path: Path) -> None:
    plan = json.loads(command(*_asked(show), "--json").stdout)
    judge = Draft202012Validator(schema("plan-1"))
    judge.validate(plan)
    judge.validate(run_json("plan", write_list(tmp_path)))
    judge.validate(run_json("plan", write_list(tmp_path), "--rehearsal"))
    assert plan["totals"]["cost_usd"] == str(plan["totals"]["cost_usd"])
    money = [line["cost_usd"] for line in plan["tasks"]]
    assert f"{sum(map(float, money)):.3f}".rstrip("0") == plan["totals"]["cost_usd"].rstrip("0")
    lantern = next(task for task in plan["tasks"] if task["address"] == "sc020/sh020@iterate")
    assert (lantern["model"], lantern["model_reason"]) == (
        "kling-o3",
        "because kling-v3 has no series; no picture is sent along",
    )


def test_what_a_plan_leaves_of_each_budget(show: tuple[Service, Path]) -> None:
    plan = json.loads(command(*_asked(show), "--json").stdout)
    budgets = {budget["scope"]: budget for budget in plan["budgets"]}
    assert list(budgets) == ["run", "show", "stage", "shot"]
    assert budgets["show"]["charged_usd"] == "0.392"
    assert budgets["run"]["plan_usd"] == plan["totals"]["cost_usd"]
    assert float(budgets["run"]["over_usd"]) > 0


def test_a_budget_that_is_passed_is_said_loudly(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    path.write_text(path.read_text() + "budget: {run: 0.10, show: 9.00, shot: 0.09}\n")
    done = run("plan", path)
    assert "OVER BUDGET: run: $0.168 is needed and $0.10 is left" in done.stdout
    assert "shot sc010/sh010: enough for now, but $0.022 short when everything" in " ".join(done.stdout.split())
    (tmp_path / "shotpilot.toml").write_text("[budget]\nday = 0.05\n")
    assert "OVER BUDGET: day" in run("plan", path).stdout


def test_a_narrow_screen_breaks_no_word(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    for width in (40, 60, 80, 100, 120, 160):
        for line in run("plan", path, COLUMNS=str(width)).stdout.splitlines():
            assert len(line) <= max(width, 60), (width, line)
