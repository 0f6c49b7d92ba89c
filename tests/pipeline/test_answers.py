"""The answer of a plan is given again only where the same one would come out."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import BadFiles, Severity
from shotpilot_pipeline.pipeline import answers
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.store import index
from tests.cli.shows import LIST, write_list

SHOW = LIST.replace("show: night\n", "show: night\ninclude: [cast.yaml]\n").replace("a fisherman", '"@ana"')


def told(path: Path) -> list[str]:
    """The errors that `check` tells."""
    problems = check_file(path, None, today=date(2026, 1, 1)).problems
    return [str(problem) for problem in problems if problem.severity is Severity.ERROR]


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A show whose files are never too young to be told apart."""
    monkeypatch.setattr(index, "RACY", -1)
    (tmp_path / "refs").mkdir()
    Image.new("RGB", (400, 400), "navy").save(tmp_path / "refs/ana.png")
    (tmp_path / "cast.yaml").write_text("cast: {ana: {name: Ana, frontal: refs/ana.png}}\n")
    return write_list(tmp_path, SHOW)


def ask(*arguments: object) -> str:
    done = CliRunner().invoke(shotpilot, [str(argument) for argument in arguments], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stdout


def plan(path: Path, *more: object) -> Any:
    return json.loads(ask("plan", path, "--rehearsal", "--json", *more))


def test_asked_again_the_list_is_not_even_read(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask("plan", show, "--rehearsal")
    monkeypatch.setattr("shotpilot_pipeline.cli.plan.read_list", lambda *_, **__: pytest.fail("it was read"))
    assert ask("plan", show, "--rehearsal") == first


def edit_list(path: Path) -> None:
    path.write_text(SHOW.replace("coils", "mends"))


def edit_include(path: Path) -> None:
    shutil.copy(path.parent / "refs/ana.png", path.parent / "refs/left.png")
    (path.parent / "cast.yaml").write_text("cast: {ana: {frontal: refs/ana.png, references: [refs/left.png]}}\n")


def edit_reference_behind_its_back(path: Path) -> None:
    """Other pixels, the same size and the old time: only ctime tells."""
    picture = path.parent / "refs/ana.png"
    before = picture.stat()
    data = bytearray(picture.read_bytes())
    Image.new("RGB", (400, 400), "maroon").save(picture)
    shorter = picture.read_bytes()
    picture.write_bytes(shorter + b"\0" * max(0, len(data) - len(shorter)))
    os.utime(picture, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_model(path: Path) -> None:
    card = Path(answers.__file__).parents[1] / "catalog/cards/kling-v3.json"
    (path.parent / "models").mkdir()
    changed = card.read_text().replace('"0.028"', '"0.030"')
    (path.parent / "models/kling-v3.json").write_text(changed)


def delete_picture(path: Path) -> None:
    sorted((path.parent / ".shotpilot/rehearsal/store/objects").rglob("*.png"))[0].unlink()


def pick_another(path: Path) -> None:
    picks = path.parent / ".shotpilot/rehearsal/night.picks.yaml"
    picks.write_text("picks: 1\nsc010/sh010@iterate: 3\n")


def lose_the_store(path: Path) -> None:
    shutil.rmtree(path.parent / ".shotpilot/rehearsal/store")


def turn_reference(path: Path) -> None:
    """Another picture behind the same name; the one it led to stays as it was."""
    refs = path.parent / "refs"
    Image.new("RGB", (400, 400), "maroon").save(refs / "red.png")
    (refs / "ana.png").unlink()
    (refs / "ana.png").symlink_to("red.png")


def turn_folder(path: Path) -> None:
    shutil.copytree(path.parent / "real", path.parent / "other")
    Image.new("RGB", (400, 400), "olive").save(path.parent / "other/ana.png")
    (path.parent / "refs").unlink()
    (path.parent / "refs").symlink_to("other")


def turn_include(path: Path) -> None:
    (path.parent / "second.yaml").write_text("cast: {ana: {name: Bea, frontal: other/ana.png}}\n")
    (path.parent / "other").mkdir()
    Image.new("RGB", (400, 400), "teal").save(path.parent / "other/ana.png")
    (path.parent / "cast.yaml").unlink()
    (path.parent / "cast.yaml").symlink_to("second.yaml")


@pytest.mark.parametrize("change", [turn_reference, turn_folder, turn_include])
def test_a_symlink_that_is_turned_is_noticed(show: Path, change: Callable[[Path], None]) -> None:
    root = show.parent
    (root / "refs").rename(root / "real")
    (root / "refs").symlink_to("real")
    if change is not turn_folder:
        (root / "refs").unlink()
        (root / "refs").mkdir()
        (root / "refs/ana.png").symlink_to("../real/ana.png")
    (root / "cast.yaml").rename(root / "first.yaml")
    (root / "cast.yaml").symlink_to("first.yaml")
    before = plan(show)
    assert ask_state(show)
    change(show)
    assert not ask_state(show), "the memo was believed"
    assert plan(show) != before


@pytest.mark.parametrize(
    "change",
    [edit_list, edit_include, edit_reference_behind_its_back, add_model, delete_picture, pick_another, lose_the_store],
)
def test_whatever_moves_is_noticed(show: Path, change: Callable[[Path], None]) -> None:
    ask("rehearse", show, "--quiet")
    before = plan(show)
    assert plan(show) == before
    change(show)
    after = plan(show)
    fresh = json.loads(json.dumps(after))
    shutil.rmtree(show.parent / ".shotpilot/memo")
    assert plan(show) == fresh, "a memo spoke where the truth would have said something else"
    if change is not add_model:
        assert after != before


def test_each_way_of_asking_has_its_own_answer(show: Path) -> None:
    whole = plan(show)
    assert len(plan(show, "sc010/sh010")["tasks"]) == 2
    assert plan(show) == whole
    assert ask("plan", show, "--rehearsal") != ask("plan", show)
    assert CliRunner().invoke(shotpilot, ["plan", str(show), "--check"], standalone_mode=False).return_value == 1
    assert CliRunner().invoke(shotpilot, ["plan", str(show), "--check"], standalone_mode=False).return_value == 1


def test_a_damaged_answer_is_none(show: Path) -> None:
    before = plan(show)
    for kept in (show.parent / ".shotpilot/memo").glob("*.rehearsed"):
        kept.write_bytes(b"\xff{")
    assert plan(show) == before


@pytest.mark.parametrize("twin", ["night.yml", "night", "night.txt"])
def test_two_lists_that_would_share_a_lock_are_refused(show: Path, twin: str) -> None:
    plan(show)
    (show.parent / twin).write_text(SHOW.replace("show: night", "show: day"))
    for path in (show, show.parent / twin):
        with pytest.raises(BadFiles, match=r"night\.lock and night\.picks\.yaml; rename one of the two"):
            plan(path)
    (show.parent / twin).write_text("Notes: none")
    assert plan(show)["tasks"]


def test_a_list_that_takes_the_name_of_another_is_read_anew(show: Path) -> None:
    plan(show)
    yml = show.with_suffix(".yml")
    show.rename(yml)
    yml.write_text(SHOW.replace("show: night", "show: day").replace("sh020", "sh030"))
    assert "sc010/sh030@final" in {task["address"] for task in plan(yml)["tasks"]}
    kept = show.parent / ".shotpilot/memo"
    assert {path.name for path in kept.glob("*.memo")} == {"night.yaml.memo", "night.yml.memo"}
    shutil.copy(kept / "night.yml.memo", kept / "day.yml.memo")
    other = yml.rename(show.with_name("day.yml"))
    assert not ask_state(other), "the memo of another list was believed"


def ask_state(path: Path) -> str:
    return answers.ask(path, None, rehearsal=True, asked={}).digest


CIRCLE = """\
shotlist: 1
show: night
images:
  one: {pick: sc010/sh020@still}
  two: {pick: sc010/sh010@still}
scenes: {sc010: {shots: {sh010: {prompt: "@one"}, sh020: {prompt: "@two"}}}}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CIRCLE, "night.yaml:6:1: these need each other in a circle"),
        (LIST + 'outputs: {name: "{shto}_{take}_v{version}"}\n', "night.yaml:24:17: outputs.name: there is no field"),
        (LIST + "outputs:\n  name: v{version}_t{take}\n", "night.yaml:25:9: outputs.name: sc010/sh010@"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "rehearse"])
def test_a_list_that_does_not_pass_leaves_nothing_behind(tmp_path: Path, text: str, says: str, command: str) -> None:
    path = write_list(tmp_path, text)
    for _ in range(2):
        with pytest.raises(BadFiles) as bad:
            ask(command, path)
        assert says in str(bad.value)
        assert told(path) == str(bad.value).splitlines()
        assert [file.name for file in tmp_path.rglob("*")] == [path.name]


@pytest.mark.parametrize(("title", "said"), [("My Film", ""), ('"///"', "leaves its folder")])
def test_a_name_may_begin_with_the_title(tmp_path: Path, title: str, said: str) -> None:
    pattern = 'outputs: {name: "{title}/{scene}_{shot}_{stage}_v{version}_t{take}"}\n'
    path = write_list(tmp_path, re.sub(r"(?m)^title: .*", f"title: {title}", LIST) + pattern)
    errors = told(path)
    assert [error.split(": ")[1] for error in errors] == (["outputs.name"] if said else [])
    assert all(said in error for error in errors)


@pytest.mark.parametrize(
    ("name", "more", "passes"),
    [
        ("s" * 190, "", True),
        ("s" * 210, "", False),
        ("s" * 260, "", False),
        ("s" * 210, 'outputs: {name: "{scene}_{stage}_v{version}_t{take}"}\n', False),
        ("s" * 225, 'outputs: {name: "{shot}_{stage}_v{version}_t{take}"}\n', False),
        ("s" * 100, 'outputs: {name: "{shot}_{shot}_{shot}_{stage}_v{version}_t{take}"}\n', False),
        ("s" * 210, 'outputs: {name: "{stage}/{shot}_v{version}_t{take}"}\n', True),
    ],
)
def test_a_name_too_long_for_a_disk_is_told_before_anything_is_made(
    tmp_path: Path, name: str, more: str, passes: bool
) -> None:
    path = write_list(tmp_path, LIST.replace("sh020", name) + more)
    if more.count("{scene}"):
        path.write_text(path.read_text().replace("sc010", "c" * 230))
    errors = told(path)
    assert (not errors) == passes
    if not passes:
        ask_state(path)
        assert all("night.yaml:" in error and "file name of" in error and "shorten the id" in error for error in errors)
        assert [file.name for file in tmp_path.rglob("*")] == [path.name]
    else:
        ask("rehearse", path, "--quiet")
