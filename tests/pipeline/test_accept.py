"""An edit that is ruled cosmetic keeps the takes that were bought; ruling and its undo buy nothing and lose nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.buying import LIST, ROLLS, Service, bought, command, render, service, show

EDITED = LIST.replace("coils a rope", "coils a thick rope")


def plan(host: Service, path: Path, *words: str) -> dict[str, dict[str, Any]]:
    done = command(host, "plan", path, "--json", *words)
    assert done.returncode == 0, done.stderr
    return {task["address"]: task for task in json.loads(done.stdout)["tasks"]}


def actions(host: Service, path: Path) -> list[str]:
    return [task["action"] for task in plan(host, path).values()]


@pytest.fixture
def edited(tmp_path: Path) -> Any:
    """A list that was bought whole, and then edited in one word."""
    with service() as host:
        (tmp_path / "show").mkdir()
        path = show(tmp_path / "show")
        assert render(host, path).returncode == 0
        path.write_text(EDITED)
        yield host, path
        assert host.queue.accepted == ROLLS  # nothing here ever buys, but what a test says itself


def test_an_accepted_edit_keeps_every_stage(edited: tuple[Service, Path]) -> None:
    host, path = edited
    assert actions(host, path)[:2] != ["cached", "cached"]
    done = command(host, "accept", path, "sc010/sh010", "--why", "the same\nrope")
    assert done.returncode == 0, done.stderr
    assert "sc010/sh010@iterate  accepted: v001 (2 takes) stands for the words of today" in done.stdout
    tasks = plan(host, path)
    assert [task["action"] for task in tasks.values()] == ["cached"] * 4
    assert tasks["sc010/sh010@iterate"]["reason"] == "accepted: stands for v001; all 2 takes are there"
    assert tasks["sc010/sh010@final"]["reason"] == "accepted: stands for v001; its take is there"
    assert bought(render(host, path))["takes_new"] == 0
    rulings = path.with_suffix(".rulings").read_text().splitlines()
    assert len(rulings) == 4
    assert rulings[2].startswith("sc010/sh010@final accept ")
    assert rulings[2].endswith(": the same rope")


def test_an_accept_is_taken_back(edited: tuple[Service, Path]) -> None:
    host, path = edited
    before = plan(host, path)
    command(host, "accept", path, "sc010/sh010")
    done = command(host, "accept", path, "sc010/sh010", "--undo")
    assert done.returncode == 0, done.stderr
    assert "taken back" in done.stdout
    assert plan(host, path) == before
    again = command(host, "accept", path, "sc010/sh010", "--undo")
    assert again.returncode == 2
    assert "nothing was accepted there" in again.stderr


def test_accepted_takes_survive_a_clone_a_lost_memo_and_the_old_words(edited: tuple[Service, Path]) -> None:
    host, path = edited
    command(host, "accept", path, "sc010/sh010")
    clone = path.parent.parent / "clone"
    clone.mkdir()
    for name in ("night.yaml", "night.lock", "night.rulings"):
        shutil.copy(path.with_name(name), clone / name)
    shutil.copytree(path.parent / ".shotpilot/store", clone / ".shotpilot/store")
    assert actions(host, clone / "night.yaml") == ["cached"] * 4
    shutil.rmtree(path.parent / ".shotpilot/memo")
    assert actions(host, path) == ["cached"] * 4
    path.write_text(LIST)  # the old words return
    assert actions(host, path) == ["cached"] * 4
    path.write_text(LIST.replace("coils a rope", "mends a net"))
    assert "changed" in actions(host, path)


def test_without_the_store_accepted_takes_are_not_bought_anew(edited: tuple[Service, Path]) -> None:
    host, path = edited
    command(host, "accept", path, "sc010/sh010")
    clone = path.parent.parent / "clone"
    clone.mkdir()
    for name in ("night.yaml", "night.lock", "night.rulings"):
        shutil.copy(path.with_name(name), clone / name)
    tasks = plan(host, clone / "night.yaml")
    assert tasks["sc010/sh010@iterate"]["action"] == "blocked"
    assert "accepted: stands for v001" in tasks["sc010/sh010@iterate"]["reason"]


def test_more_takes_of_an_accepted_shot_are_asked_for_in_the_words_of_its_takes(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        path.write_text(EDITED.replace("takes: 2, pick: first", "takes: 3, pick: first"))
        command(host, "accept", path, "sc010/sh010@iterate")
        task = plan(host, path)["sc010/sh010@iterate"]
        assert (task["action"], task["takes_new"]) == ("top-up", 1)
        assert task["reason"] == "accepted: stands for v001; 1 of 3 takes is missing"
        assert bought(render(host, path, "sc010/sh010@iterate"))["takes_new"] == 1
        store = path.parent / ".shotpilot/store/takes"
        prompts = [json.loads(record.read_text())["origin"]["input"]["prompt"] for record in store.rglob("*.json")]
        assert not any("thick" in prompt for prompt in prompts)
        assert plan(host, path)["sc010/sh010@iterate"]["action"] == "cached"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sc010/sh020@iterate"], "nothing to accept: sc010/sh020@iterate is cached"),
        (["sc010/sh010@iterate", "--version", "7"], "has no takes of v007 in this store"),
        ([], "say which shots"),
        (["sc010/sh999"], "no task is called sc010/sh999"),
    ],
)
def test_what_cannot_be_accepted_is_a_sentence(edited: tuple[Service, Path], words: list[str], said: str) -> None:
    host, path = edited
    done = command(host, "accept", path, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not path.with_suffix(".rulings").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no header\n", "1:1: this is no rulings file"),
        ("# shotpilot rulings 9: x\n", "format 9"),
        ("# shotpilot rulings 1: x\nrubbish\n", "2:1: this line is no ruling: 'rubbish'"),
        ("# shotpilot rulings 1: x\n<<<<<<< HEAD\n", "2:1: a merge conflict was left here"),
        (
            "# shotpilot rulings 1: x\n"
            f"s/a@b accept {'1' * 64} {'2' * 64} 2026-11-25T18:30:00Z Ann\n"
            f"s/a@b accept {'1' * 64} {'3' * 64} 2026-11-25T18:30:00Z Ben\n",
            "3:1: s/a@b is accepted twice for the same words, by other takes than in line 2",
        ),
    ],
)
def test_a_rulings_file_at_fault_is_a_sentence_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = show(tmp_path)
    path.with_suffix(".rulings").write_text(text)
    with service() as host:
        done = command(host, "plan", path)
    assert done.returncode == 2
    assert said in done.stderr.replace(": error:", ":")
    assert "night.rulings:" in done.stderr
    assert "Traceback" not in done.stderr
