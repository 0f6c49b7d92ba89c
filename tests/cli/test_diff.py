"""`diff`: git revisions, saved plans and runs compared; a golden screen, a schema, and sentences for bad words."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.plan.compare import Ask, Snapshot, compare
from shotpilot_pipeline.values.worddiff import marked, windows, word_diff
from tests.cli.gitting import begin, commit
from tests.cli.shows import run, run_json
from tests.pipeline.buying import Service, command, render, service

GOLDEN = Path(__file__).with_name("golden") / "diff.txt"
LIST = """\
shotlist: 1
show: night
include: [cast.yaml]
stages:
  iterate: {model: kling-o3, resolution: 1K, takes: 2, pick: human}
  final: {model: kling-o3, resolution: 2K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    place: a pier at night
    shots:
      sh010: {subject: "@ana", action: coils a rope, light: warm lamplight from the left}
      sh020: {subject: an old lantern}
      sh030: {subject: a gull}
"""
EDITS = {
    "warm lamplight from the left": "cold moonlight from the left and mist",
    "      sh030: {subject: a gull}\n": "      sh040: {subject: wet planks}\n",
    "takes: 2": "takes: 3",
}


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """A show that was bought, committed, picked, edited and bought again."""
    folder = tmp_path_factory.mktemp("night")
    path = folder / "night.yaml"
    path.write_text(LIST)
    (folder / "refs").mkdir()
    Image.new("RGB", (400, 400), "navy").save(folder / "refs/ana.png")
    Image.new("RGB", (400, 400), "teal").save(folder / "refs/left.png")
    (folder / "cast.yaml").write_text("cast: {ana: {name: Ana, frontal: refs/ana.png}}\n")
    begin(folder)
    with service() as host:
        assert render(host, path, "sc010/sh020").returncode == 0
        assert command(host, "plan", path, "-o", folder / "first.json").returncode == 0
        commit(folder, "first")
        edited = LIST
        for before, now in EDITS.items():
            edited = edited.replace(before, now)
        path.write_text(edited)
        faces = "cast: {ana: {name: Ana, frontal: refs/ana.png, references: [refs/left.png]}}\n"
        (folder / "cast.yaml").write_text(faces)
        path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh020@iterate: 2\n")
        assert render(host, path, "sc010/sh020", "sc010/sh010").returncode == 0
        assert command(host, "plan", path, "-o", folder / "second.json").returncode == 0
        yield host, path


def diff(show: tuple[Service, Path], *words: str | Path) -> dict[str, Any]:
    done = command(show[0], "diff", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(schema("diff-1")).validate(found)
    return found


def test_a_revision_against_now_on_the_screen(show: tuple[Service, Path]) -> None:
    done = command(show[0], "diff", show[1], "HEAD")
    assert done.returncode == 0, done.stderr
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(done.stdout)
    assert done.stdout == GOLDEN.read_text()


def test_a_revision_against_now_for_programs(show: tuple[Service, Path]) -> None:
    found = diff(show, show[1], "HEAD")
    assert (found["added"], found["removed"]) == (["sc010/sh040"], ["sc010/sh030"])
    shots = {one["shot"]: one for one in found["changed"]}
    assert [change["what"] for change in shots["sc010/sh010"]["changes"]] == ["light", "takes at iterate"]
    assert [change["what"] for change in shots["sc010/sh010"]["references"]] == ["refs/left.png"]
    assert [change["what"] for change in shots["sc010/sh020"]["changes"]] == ["takes at iterate"]
    assert found["picks"] == [{"what": "sc010/sh020@iterate", "before": None, "now": "take 2"}]
    assert "sc010/sh020@final#v1.1" in found["new_takes"]
    assert found["money"][0]["what"] == "the whole list"


def test_two_revisions_and_a_revision_before_the_list(show: tuple[Service, Path]) -> None:
    commit(show[1].parent, "second")
    assert diff(show, show[1], "HEAD~1", "HEAD")["added"] == ["sc010/sh040"]
    assert diff(show, show[1], "HEAD", "HEAD~1")["removed"] == ["sc010/sh040"]
    same = command(show[0], "diff", show[1], "HEAD")
    assert "No shot, no request, no pick and no take differs." in same.stdout


def test_a_shot_that_was_moved_is_the_same_shot(show: tuple[Service, Path], tmp_path: Path) -> None:
    folder = tmp_path / "show"
    shutil.copytree(show[1].parent, folder)
    path = folder / "night.yaml"
    moved = "moved: [{from: sc010/sh020, to: sc010/sh025}]\n"
    path.write_text(path.read_text().replace("      sh020:", "      sh025:") + moved)
    found = diff((show[0], path), path, folder / "second.json")
    assert (found["added"], found["removed"], found["picks"]) == ([], [], [])
    for before in ("HEAD", "run:last"):
        found = diff((show[0], path), path, before)
        assert "sc010/sh025" not in (*found["added"], *found["removed"])
        assert "sc010/sh020" not in (*found["added"], *found["removed"])
        assert {one["what"] for one in found["picks"]} <= {"sc010/sh025@iterate"}


def test_two_saved_plans(show: tuple[Service, Path]) -> None:
    folder = show[1].parent
    found = diff(show, folder / "first.json", folder / "second.json")
    assert (found["added"], found["removed"]) == (["sc010/sh040"], ["sc010/sh030"])
    assert found["changed"][0]["changes"][0]["what"] == "light"
    assert [one["what"] for one in found["money"]] == ["to buy now", "at most"]
    assert diff(show, folder / "first.json")["b"] == "now"


def test_two_runs(show: tuple[Service, Path]) -> None:
    found = diff(show, show[1], "run:last~1", "run:last")
    assert (found["added"], found["not_compared"]) == ([], ["sc010/sh010"])  # the first run was about sh020 alone
    assert found["new_takes"] == sorted(found["new_takes"])  # in list order, in whichever they came
    assert len(found["new_takes"]) == 4  # three of one shot, and the final of the other, which was picked
    assert [(one["what"], one["before_usd"]) for one in found["money"]] == [("planned", "0.056"), ("spent", "0.056")]
    changed = {change["what"] for one in found["changed"] for change in one["changes"]}
    assert "takes at iterate" in changed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["FILE"], "what shall"),
        (["FILE", "a", "b", "c"], "two states are compared, not 3"),
        (["FILE", "HAED"], "git knows no revision 'HAED'"),
        (["FILE", "run:yesterday"], "no run is called 'yesterday'; there are"),
        (["HEAD"], "is no shot list and no saved plan"),
        (["FILE", "missing.json"], "there is no such file"),
        (["FILE", "night.lock.json"], "there is no such file"),
    ],
)
def test_what_is_no_state_is_a_sentence(show: tuple[Service, Path], words: list[str], said: str) -> None:
    done = command(show[0], "diff", *[{"FILE": str(show[1])}.get(word, word) for word in words])
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_runs_of_rehearsals_are_apart(tmp_path: Path) -> None:
    path = tmp_path / "night.yaml"
    path.write_text(LIST.replace("include: [cast.yaml]\n", "").replace('"@ana"', "Ana"))
    assert run_json("rehearse", path, "sc010/sh010")["takes_new"] == 3
    path.write_text(path.read_text().replace("coils a rope", "mends a net"))
    assert run_json("rehearse", path, "sc010/sh010")["takes_new"] == 3
    assert run("diff", path, "run:last").returncode == 2
    done = run("diff", path, "run:last~1", "run:last", "--rehearsal")
    assert "prompt: Ana [-coils-]{+mends+} a [-rope-]{+net+}. a pier at night." in " ".join(done.stdout.split())


def test_states_that_know_less_are_compared_by_what_both_tell() -> None:
    a = Snapshot("a", {"s/a@x": Ask(1, "k" * 64, "m", ())})
    b = Snapshot("b", {"s/a@x": Ask(1, "l" * 64, "m", ())}, words={"s/a": {"subject": "x"}}, picks={"s/a@x": 1})
    found = compare(a, b)
    assert [change.what for change in found.changed[0].changes] == ["request at x"]
    assert (found.picks, found.new_takes, found.money) == ((), (), ())


def test_words_that_differ_are_marked() -> None:
    assert marked(word_diff("an old lantern on a pier", "an old lamp on the pier")) == (
        "an old [-lantern-]{+lamp+} on [-a-]{+the+} pier"
    )
    assert windows("one two three four five six", "one two 3 four five six", 1) == ("two three four", "two 3 four")
    assert windows("same", "same") == ("same", "same")
