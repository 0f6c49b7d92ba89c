"""A saved plan is carried out exactly, once: again, after a change, after a kill, with picks in between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from shotpilot_pipeline.catalog.schemas import schema
from tests.pipeline.buying import (
    CHILD,
    LIST,
    ROLLS,
    TAKES,
    Service,
    audit,
    audit_end,
    bought,
    command,
    render,
    service,
    show,
    states,
    takes,
)
from tests.starting import ROOT, start

HUMAN = LIST.replace("takes: 2, pick: first", "takes: 2, pick: human")


def save(host: Service, path: Path, *words: str, name: str = "p.json") -> Path:
    """The plan of `path`, saved beside it."""
    plan = path.parent / name
    done = command(host, "plan", path, "-o", plan, *words)
    assert done.returncode == 0, done.stderr
    return plan


def apply(host: Service, plan: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return command(host, "render", "--plan", plan, "--json", *words)


def refused(host: Service, done: subprocess.CompletedProcess[str], *said: str) -> None:
    """Nothing was sent, the exit code is 2, and this stands in the message and in the JSON."""
    assert done.returncode == 2, done.stdout + done.stderr
    for words in said:
        assert words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    if "render" in done.args:
        told = json.loads(done.stdout)
        assert (told["takes_new"], f"shotpilot: {told['message']}\n") == (0, done.stderr)
        assert all(f"  {one['what']}: {one['how']}\n" in done.stderr for one in told["moved"])


def totals_of(plan: Path) -> dict[str, int]:
    said = json.loads(plan.read_text())
    Draft202012Validator(schema("plan-1")).validate(said)
    found: dict[str, int] = said["totals"]
    return found


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


def test_a_plan_of_another_ledger_is_refused(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        plan = save(host, path)
        assert apply(host, plan).returncode == 0
        for name in (".shotpilot", "renders"):
            shutil.rmtree(tmp_path / name)
        path.with_suffix(".lock").unlink()
        refused(host, apply(host, plan), "does not know this plan")
        assert host.queue.accepted == ROLLS


def edit_prompt(path: Path) -> None:
    path.write_text(path.read_text().replace("an old lantern", "an old lamp"))


def add_shot(path: Path) -> None:
    path.write_text(path.read_text() + "      sh030: {subject: a gull}\n")


def remove_shot(path: Path) -> None:
    path.write_text(path.read_text().replace("      sh020: {subject: an old lantern}\n", ""))


def add_comment(path: Path) -> None:
    path.write_text(path.read_text() + "# a remark\n")


def more_takes(path: Path) -> None:
    path.write_text(path.read_text().replace("takes: 2", "takes: 3"))


def edit_include(path: Path) -> None:
    (path.parent / "cast.yaml").write_text("cast: {ana: {name: Ann, frontal: refs/ana.png}}\n")


def other_face(path: Path) -> None:
    Image.new("RGB", (400, 400), "maroon").save(path.parent / "refs/ana.png")


def pick(path: Path) -> None:
    path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: 2\n")


def other_price(path: Path) -> None:
    from shotpilot_pipeline.pipeline import answers

    card = Path(answers.__file__).parents[1] / "catalog/cards/kling-o3.json"
    (path.parent / "models").mkdir()
    (path.parent / "models/kling-o3.json").write_text(card.read_text().replace('"0.028"', '"0.030"'))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit_prompt, ['sc010/sh020: prompt changed from "an old lantern. a pier." to "an old lamp. a pier."']),
        (add_shot, ["sc010/sh030: is in the plan now, and was not"]),
        (remove_shot, ["sc010/sh020: is no longer in the list"]),
        (add_comment, ["night.yaml: its bytes changed"]),
        (more_takes, ["sc010/sh010@iterate: takes wanted changed from 2 to 3", "sc010/sh020@iterate: takes wanted"]),
        (edit_include, ["cast.yaml: its bytes changed"]),
        (other_face, ["sc010/sh010: elements changed", "refs/ana.png: its bytes changed"]),
        (pick, ["sc010/sh010@iterate: take 2 is picked now, and none was"]),
        (other_price, ["a picture costs $0.03 now; it cost $0.028"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_moved_is_named_and_nothing_is_sent(
    tmp_path: Path, change: Callable[[Path], None], said: list[str]
) -> None:
    (tmp_path / "refs").mkdir()
    Image.new("RGB", (400, 400), "navy").save(tmp_path / "refs/ana.png")
    (tmp_path / "cast.yaml").write_text("cast: {ana: {name: Ana, frontal: refs/ana.png}}\n")
    text = LIST.replace("show: night\n", "show: night\ninclude: [cast.yaml]\n").replace("a fisherman", '"@ana"')
    path = show(tmp_path, text.replace("kling-v3, resolution: 1K", "kling-o3, resolution: 1K"))
    with service() as host:
        plan = save(host, path)
        change(path)
        refused(host, apply(host, plan), "nothing was sent", *said)
        assert host.queue.accepted == 0
        shown = command(host, "plan", "--show", plan)
        assert shown.returncode == 0, shown.stderr
        assert "It is stale" in shown.stdout
        assert states(path) == {}


@pytest.mark.parametrize(
    ("ruling", "said"),
    [
        (["accept", "sc010/sh010"], "sc010/sh010: Ann accepted the edit of it, so its older takes stand"),
        (["swap", "sc010/sh010", "sc010/sh020"], "sc010/sh010: Ann exchanged it with sc010/sh020"),
        (["adopt", "sc010/sh020@iterate", "picture.png"], "sc010/sh020@iterate: Ann adopted a take of it"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_ruling_that_came_since_is_named_and_not_what_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ruling: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (1024, 1024), 90).save(tmp_path / "picture.png")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "config", "user.name", "Ann"], check=True)
    path = show(tmp_path)
    with service() as host:
        render(host, path)
        path.write_text(path.read_text().replace("coils a rope", "coils a thick rope"))
        plan = save(host, path)
        verb, *words = ruling
        ruled = command(host, verb, path.name, *words)
        assert ruled.returncode == 0, ruled.stderr
        done = apply(host, plan)
        refused(host, done, f"  {said}\n")
        assert "prompt changed" not in done.stderr
        assert host.queue.accepted == ROLLS


def test_a_ruling_taken_back_is_named_too(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        render(host, path)
        path.write_text(path.read_text().replace("coils a rope", "coils a thick rope"))
        command(host, "accept", path, "sc010/sh010")
        plan = save(host, path)
        assert totals_of(plan)["rolls"] == 0
        command(host, "accept", path, "sc010/sh010", "--undo")
        refused(host, apply(host, plan), "  sc010/sh010: its accepted edit was taken back\n")


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


def test_two_plans_the_first_makes_the_second_stale(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        first, second = save(host, path), save(host, path, "sc010/sh020", name="q.json")
        assert apply(host, first).returncode == 0
        refused(
            host, apply(host, second), "the ledger: 4 requests of this show came to it since", "sc010/sh020@iterate"
        )
        assert host.queue.accepted == ROLLS


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


def one_at_a_time(folder: Path) -> Path:
    """A kill then leaves one request at most of which the ledger does not say whether it left, and that one did."""
    (folder / "shotpilot.toml").write_text("[pace]\nunfinished = 1\n")
    return folder


def killed(host: Service, plan: Path, boundary: str) -> int:
    """`render --plan` that kills itself at a boundary."""
    environment = host.environment | {"KILL_AT": boundary}
    return start("render", "--plan", plan, environment=environment, cwd=ROOT, script=CHILD).returncode


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


CONTRADICTIONS = {
    "FILE sc010": "SELECT (sc010) cannot be said beside it",
    "FILE --until iterate": "--until cannot be said",
    "FILE --limit 1": "--limit cannot be said",
    "FILE --behind": "--behind cannot be said",
    "FILE --exclude sc010 --behind": "--exclude and --behind cannot be said",
    "FILE --max-cost 0.10": "costs $0.168, which is more than --max-cost 0.10",
    "OTHER": "is not the list of",
}


def test_what_contradicts_the_plan_is_refused(tmp_path: Path) -> None:
    path = show(tmp_path)
    other = tmp_path / "day.yaml"
    other.write_text(LIST.replace("show: night", "show: day"))
    with service() as host:
        plan = save(host, path)
        for words, said in CONTRADICTIONS.items():
            given = [{"FILE": str(path), "OTHER": str(other)}.get(word, word) for word in words.split()]
            refused(host, apply(host, plan, *given), said)
        assert host.queue.accepted == 0
        assert apply(host, plan, path, "--max-cost", "0.168").returncode == 0


def by_hand(plan: Path) -> None:
    plan.write_text(plan.read_text().replace('"takes_new": 2', '"takes_new": 9'))


def cut_off(plan: Path) -> None:
    plan.write_bytes(plan.read_bytes()[:-200])


def newer(plan: Path) -> None:
    plan.write_text(plan.read_text().replace('"plan": 1', '"plan": 2'))


def not_a_plan(plan: Path) -> None:
    plan.write_text("[]")


DAMAGES: dict[Callable[[Path], None], str] = {
    by_hand: "was changed by hand",
    cut_off: "is not JSON",
    newer: "format 2",
    not_a_plan: "is no saved plan",
    Path.unlink: "there is no such file",
}


def test_a_damaged_plan_is_a_sentence(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        plan = save(host, path)
        whole = plan.read_bytes()
        for damage, said in DAMAGES.items():
            plan.write_bytes(whole)
            damage(plan)
            refused(host, apply(host, plan), said)
            refused(host, command(host, "plan", "--show", plan), said)
        assert host.queue.accepted == 0


def test_a_plan_of_a_rehearsal_is_never_bought(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        plan = save(host, path, "--rehearsal")
        refused(host, apply(host, plan), "is the plan of a rehearsal", "shotpilot rehearse")
        assert "The plan" not in command(host, "plan", "--show", plan).stderr
        programs = tmp_path / "q.json"
        programs.write_text(command(host, "plan", path, "--json").stdout)
        refused(host, apply(host, programs), "is a plan to be read")


def test_where_a_plan_may_be_saved(tmp_path: Path) -> None:
    path = show(one_at_a_time(tmp_path))
    with service() as host:
        refused(host, command(host, "plan", path, "-o", path), "is no saved plan; choose another name")
        refused(host, command(host, "plan", path, "-o", tmp_path), "is a folder")
        refused(host, command(host, "plan", path, "-o", tmp_path / "no/p.json"), "there is no folder")
        plan = save(host, path)
        save(host, path)
        assert killed(host, plan, "submitted:after:1") == -9
        refused(host, command(host, "plan", path, "-o", plan), "was begun and is not done")


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
