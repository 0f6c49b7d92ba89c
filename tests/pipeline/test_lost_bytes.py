"""A list that was bought elsewhere is not bought again without a word, and a full disk is a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.shows import run, run_json, write_list


def bought_elsewhere(folder: Path) -> Path:
    """A show whose lock came with it and whose store did not, as after a clone."""
    path = write_list(folder)
    run_json("rehearse", path)
    shutil.copy(folder / ".shotpilot/rehearsal/night.lock", path.with_suffix(".lock"))
    return path


def test_what_the_lock_names_is_not_bought_again_without_a_word(tmp_path: Path) -> None:
    path = bought_elsewhere(tmp_path)
    plan = run_json("plan", path)
    first = plan["tasks"][0]
    assert (first["action"], plan["totals"]["images_new"], plan["totals"]["cost_usd"]) == ("blocked", 0, "0.00")
    assert "bought before (v001)" in first["reason"]
    assert run_json("plan", path, first["address"])["tasks"][0]["action"] == "new"


def test_a_later_stage_says_that_the_picked_take_is_lost_and_not_stale(tmp_path: Path) -> None:
    path = bought_elsewhere(tmp_path)
    run("pick", path, "sc010/sh010@iterate", "2", "--rehearsal")
    shutil.copy(tmp_path / ".shotpilot/rehearsal/night.picks.yaml", path.with_name("night.picks.yaml"))
    said = run("plan", path)
    assert "stale" not in said.stdout + said.stderr
    final = run_json("plan", path, "sc010/sh010")["tasks"][1]
    assert (final["address"], final["action"]) == ("sc010/sh010@final", "waiting")
    assert "take 2 of sc010/sh010@iterate was picked, but its bytes are not in this store" in final["reason"]


def test_a_picked_take_that_is_lost_among_others_is_told_as_lost(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path, "--until", "iterate")
    run("pick", path, "sc010/sh010@iterate", "2", "--rehearsal")
    picks = (tmp_path / ".shotpilot/rehearsal/night.picks.yaml").read_text()
    sha256 = picks.split("sha256: ")[1].split()[0]
    next((tmp_path / ".shotpilot/rehearsal/store/objects").rglob(f"{sha256}*")).unlink()
    said = run("plan", path, "--rehearsal").stderr
    assert "take 2 of sc010/sh010@iterate is picked, but its bytes are not in this store" in said


def test_a_rehearsal_draws_again_what_it_lost(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    shutil.rmtree(tmp_path / ".shotpilot/rehearsal/store")
    assert run_json("rehearse", path)["takes_new"] == 8


def test_a_run_that_has_nowhere_to_write_is_a_sentence(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    (tmp_path / ".shotpilot/rehearsal").mkdir(parents=True)
    (tmp_path / ".shotpilot/rehearsal/runs").write_text("in the way")
    done = run("rehearse", path)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert ".shotpilot/rehearsal/runs" in done.stderr


def test_shots_that_share_a_picture_say_who_renders_it(tmp_path: Path) -> None:
    twins = """\
shotlist: 1
show: night
stages: {still: {model: kling-v3, takes: 2}}
scenes: {sc010: {shots: {a: {prompt: a pier}, b: {prompt: a pier, takes: 3}}}}
"""
    tasks = run_json("plan", write_list(tmp_path, twins))["tasks"]
    assert tasks[1]["takes_new"] == 1
    assert "the same picture as sc010/a@still: one render serves both, 1 take more for this one" in tasks[1]["reason"]


def test_a_pick_that_is_not_followed_is_said_in_a_rehearsal(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    (tmp_path / ".shotpilot/rehearsal/night.picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: 9\n")
    for command in ("plan", "rehearse"):
        done = run(command, path, "--rehearsal")
        assert done.returncode == 0
        assert "take 9 of sc010/sh010@iterate is picked, but" in done.stderr


def test_errors_of_every_command_name_the_shot(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    path.write_text(path.read_text().replace("size: CU", "size: CU\n        model: kling-v9"))
    for command in ("check", "plan", "expand", "rehearse"):
        done = run(command, path)
        assert done.returncode == 2
        assert "(sc010/sh020" in done.stdout + done.stderr
    assert json.loads(run("check", path, "--json").stdout)["problems"][0]["address"].startswith("sc010/sh020")


def test_a_damaged_pick_is_not_sent_along_as_what_it_was(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path, "--until", "iterate")
    store = tmp_path / ".shotpilot/rehearsal/store/objects"
    shutil.rmtree(tmp_path / ".shotpilot/rehearsal/renders")
    for picture in store.rglob("*.png"):
        size = picture.stat().st_size
        picture.chmod(0o644)
        picture.write_bytes(b"x" * size)
    done = run("rehearse", path)
    assert done.returncode == 4
    assert "is not the picture it was when the run was planned; nothing was sent" in done.stderr
