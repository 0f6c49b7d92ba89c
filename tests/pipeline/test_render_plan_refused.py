"""A saved plan that no longer holds is refused: what moved is named, and nothing is sent."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.pipeline.buying import LIST, ROLLS, command, render, service, show, states
from tests.pipeline.plans import apply, edit_prompt, killed, one_at_a_time, pick, refused, save, totals_of


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


def test_two_plans_the_first_makes_the_second_stale(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        first, second = save(host, path), save(host, path, "sc010/sh020", name="q.json")
        assert apply(host, first).returncode == 0
        refused(
            host, apply(host, second), "the ledger: 4 requests of this show came to it since", "sc010/sh020@iterate"
        )
        assert host.queue.accepted == ROLLS


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
