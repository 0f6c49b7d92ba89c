"""A rehearsal that is stopped at any moment keeps what was whole, and the same command goes on to the same end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND, run, run_json, write_list

LIST = """\
shotlist: 1
show: night
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 2, pick: human}
  final: {model: kling-v3, resolution: 1K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    place: a pier
    shots:
""" + "".join(
    f"      sh{number:03}: {{subject: a fisherman, action: coils rope number {number}}}\n" for number in range(12)
)
TAKES = 12 * 3


def stopped_after(path: Path, lines: int, number: signal.Signals) -> int:
    """Rehearse in a process of its own, send it `number` after so many lines of progress, and give its exit code."""
    with subprocess.Popen(
        [*COMMAND, "rehearse", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run_:
        assert run_.stderr is not None
        for _ in range(lines):
            run_.stderr.readline()
        os.kill(run_.pid, number)
        run_.communicate(timeout=60)
        return run_.returncode


def audit(folder: Path) -> int:
    """Every record names pictures that are there, every line of the lock a record; the takes that are kept."""
    store = folder / ".shotpilot/rehearsal/store"
    records = list((store / "takes").rglob("*.json"))
    for record in records:
        for picture in json.loads(record.read_text())["pictures"]:
            assert list((store / "objects").rglob(f"{picture['sha256']}.*")), f"{record} names a picture that is lost"
    return len(records)


@pytest.mark.parametrize("lines", [1, 5, 19, *(pytest.param(lines, marks=pytest.mark.slow) for lines in (2, 11))])
def test_killed_at_any_moment_nothing_whole_is_lost(tmp_path: Path, lines: int) -> None:
    path = write_list(tmp_path, LIST)
    assert stopped_after(path, lines, signal.SIGKILL) == -signal.SIGKILL
    kept = audit(tmp_path)
    again = run_json("rehearse", path)
    assert again["takes_new"] == TAKES - kept
    assert audit(tmp_path) == TAKES
    assert len(list((tmp_path / ".shotpilot/rehearsal/renders").rglob("*.png"))) == TAKES
    assert run_json("rehearse", path)["takes_new"] == 0
    lock = path.parent / ".shotpilot/rehearsal/night.lock"
    assert sum(not line.startswith("#") for line in lock.read_text().splitlines()) == TAKES


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_a_sentence_and_the_same_command_goes_on(tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = write_list(tmp_path, LIST)
    assert stopped_after(path, 4, number) == code
    kept = audit(tmp_path)
    assert run_json("rehearse", path)["takes_new"] == TAKES - kept


def test_a_second_run_at_once_is_told_who_holds_the_show(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST)
    with subprocess.Popen(
        [*COMMAND, "rehearse", path], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stderr is not None
        first.stderr.readline()
        os.kill(first.pid, signal.SIGSTOP)  # it holds the show however long the second one takes to start
        try:
            second = run("rehearse", path)
        finally:
            os.kill(first.pid, signal.SIGCONT)
        first.communicate(timeout=60)
    assert second.returncode == 7
    assert str(first.pid) in second.stderr


def test_a_picture_somebody_deleted_comes_back_from_its_name_or_is_made_again(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST)
    run_json("rehearse", path)
    lost = sorted((tmp_path / ".shotpilot/rehearsal/store/objects").rglob("*.png"))[0]
    lost.unlink()
    assert run_json("plan", path, "--rehearsal")["totals"]["images_new"] >= 1
    assert run_json("rehearse", path)["takes_new"] == 0
    assert lost.exists()
    lost.unlink()
    shutil.rmtree(tmp_path / ".shotpilot/rehearsal/renders")
    assert run_json("rehearse", path)["takes_new"] >= 1
    assert run_json("plan", path, "--rehearsal")["totals"]["images_new"] == 0
