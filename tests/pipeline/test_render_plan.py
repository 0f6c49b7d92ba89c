"""A saved plan is carried out exactly, once: again, after a kill, with picks in between."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.pipeline.buying import LIST, ROLLS, TAKES, audit, audit_end, bought, command, render, service, show, takes
from tests.pipeline.plans import apply, edit_prompt, killed, one_at_a_time, pick, refused, save, totals_of

HUMAN = LIST.replace("takes: 2, pick: first", "takes: 2, pick: human")


def test_a_plan_is_carried_out_once(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        plan = save(host, path)
        assert host.queue.accepted == 0
        totals = totals_of(plan)
        done = apply(host, plan)
        assert done.returncode == 0, done.stderr
        assert bought(done)["takes_new"] == TAKES
        assert host.queue.accepted == totals["rolls"] + totals["rolls_following"] == ROLLS
        audit_end(host, path)
        refused(host, apply(host, plan), "this plan was carried out on", "once; plan anew")
        assert host.queue.accepted == ROLLS


def test_an_empty_plan_is_carried_out_once_too(tmp_path: Path) -> None:
    path = show(
        tmp_path, LIST.replace("coils a rope}", "coils a rope, omit: true}").replace("lantern}", "x, omit: true}")
    )
    with service() as host:
        plan = save(host, path)
        assert totals_of(plan)["rolls"] == 0
        assert apply(host, plan).returncode == 0
        refused(host, apply(host, plan), "carried out on")
        assert host.queue.accepted == 0


def test_a_plan_of_accepted_stages_behind_another_pick_can_be_carried_out(tmp_path: Path) -> None:
    refine = "  refine: {model: kling-v3, resolution: 1K, takes: 1, carry: image, pick: first}\n  final:"
    path = show(tmp_path, LIST.replace("  final:", refine))
    with service() as host:
        render(host, path)
        path.write_text(path.read_text().replace("coils a rope", "coils a thick rope"))
        command(host, "accept", path, "sc010/sh010")
        command(host, "pick", path, "sc010/sh010@iterate", "2")
        plan = save(host, path)
        assert "behind" in plan.read_text()
        assert apply(host, plan).returncode == 0
        assert command(host, "plan", "--show", plan).returncode == 0


def test_a_plan_of_part_buys_that_part(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        plan = save(host, path, "sc010/sh020", "--until", "iterate")
        assert totals_of(plan)["rolls"] == 1
        assert bought(apply(host, plan))["takes_new"] == 2
        assert host.queue.accepted == 1


def test_a_person_is_waited_for_even_where_a_pick_comes_meanwhile(tmp_path: Path) -> None:
    path = show(one_at_a_time(tmp_path), HUMAN)
    with service() as host:
        plan = save(host, path)
        totals = totals_of(plan)
        assert (totals["rolls"], totals["rolls_following"]) == (2, 0)
        assert killed(host, plan, "submitted:after:1") == -9
        pick(path)
        refused(host, apply(host, plan), "take 2 is picked now")
        path.with_suffix(".picks.yaml").unlink()
        done = apply(host, plan)
        assert done.returncode == 0, done.stderr
        assert host.queue.accepted == totals["rolls"]
        assert bought(done)["outcomes"]["waiting"] == 2
        pick(path)
        refused(host, apply(host, plan), "carried out on")
        assert host.queue.accepted == 2


@pytest.mark.parametrize(
    "boundary",
    [
        "intend:after:1",
        "submitted:before:2",
        "keep:after:2",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("intend:before:1", "submitted:after:3", "closed:after:4")
        ),
    ],
)
def test_killed_anywhere_the_same_plan_goes_on_and_is_done_once(tmp_path: Path, boundary: str) -> None:
    path = show(one_at_a_time(tmp_path))
    with service() as host:
        plan = save(host, path)
        assert killed(host, plan, boundary) == -9
        audit(host, path)
        done = apply(host, plan)
        assert done.returncode == 0, done.stderr
        audit_end(host, path)
        refused(host, apply(host, plan), "carried out on")
        assert host.queue.accepted == ROLLS


def test_a_begun_plan_is_bound_to_its_list_and_to_its_own_requests(tmp_path: Path) -> None:
    path = show(one_at_a_time(tmp_path))
    with service() as host:
        plan = save(host, path)
        assert killed(host, plan, "intend:after:1") == -9
        assert "was begun" in command(host, "plan", "--show", plan).stdout
        edit_prompt(path)
        refused(host, apply(host, plan), "night.yaml: its bytes changed")
        show(tmp_path)
        render(host, path, "sc010/sh020", "--until", "iterate")
        refused(host, apply(host, plan), "another run has asked for sc010/sh020@iterate")
        audit(host, path)


def test_pictures_lost_after_they_were_bought_are_not_bought_by_the_same_plan(tmp_path: Path) -> None:
    path = show(one_at_a_time(tmp_path))
    with service() as host:
        plan = save(host, path)
        assert killed(host, plan, "closed:after:2") == -9
        shutil.rmtree(tmp_path / ".shotpilot/store")
        shutil.rmtree(tmp_path / "renders")
        apply(host, plan)
        assert host.queue.accepted <= ROLLS


def test_a_budget_that_stops_a_plan_leaves_it_to_be_gone_on_with(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        (tmp_path / "shotpilot.toml").write_text("[budget]\nrun = 0.06\n")
        plan = save(host, path)
        assert "OVER BUDGET" in command(host, "plan", "--show", plan).stdout
        assert apply(host, plan).returncode == 5
        (tmp_path / "shotpilot.toml").write_text("[budget]\nrun = 1.00\n")
        assert apply(host, plan).returncode == 0
        audit_end(host, path)


def test_a_plan_finds_its_list_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "film/lists").mkdir(parents=True)
    (tmp_path / "film/shotpilot.toml").write_text("")
    path = show(tmp_path / "film/lists")
    with service() as host:
        plan = tmp_path / "p.json"
        assert command(host, "plan", path, "-o", plan).returncode == 0
        os.rename(tmp_path / "film", tmp_path / "movie")
        refused(host, apply(host, plan), "is a plan of lists/night.yaml, which is not at")
        done = apply(host, plan, tmp_path / "movie/lists/night.yaml")
        assert done.returncode == 0, done.stderr
        assert takes(tmp_path / "movie/night.yaml") == TAKES


def test_last_weeks_words_cost_nothing(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        render(host, path)
        edit_prompt(path)
        assert bought(render(host, path))["takes_new"] == 3
        show(tmp_path)
        plan = json.loads(command(host, "plan", path, "--json").stdout)
        assert (plan["totals"]["cost_usd_at_most"], plan["totals"]["rolls"]) == ("0.00", 0)
        assert {task["action"] for task in plan["tasks"]} == {"cached"}


def test_where_only_words_changed_the_plan_offers_to_accept(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        render(host, path, "--until", "iterate")
        plan = save(host, path)
        edit_prompt(path)
        offered = f"shotpilot accept {path} sc010/sh020@iterate"
        assert offered in command(host, "plan", path).stdout
        assert offered in command(host, "plan", "--show", plan).stdout
        assert json.loads(command(host, "plan", path, "--json").stdout)["accept"] == ["sc010/sh020@iterate"]
        path.write_text(path.read_text().replace("stages:\n", "stages:\n", 1).replace("1K", "2K"))
        assert "shotpilot accept" not in command(host, "plan", path).stdout
