"""Shots that get other ids keep everything: takes, picks, rulings, names and costs; moved once, along a chain, or
exchanged with each other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.buying import Service, command, render, service, show

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
      sh010: {subject: a fisherman}
      sh020: {subject: an old lantern}
"""
CHAIN = (
    LIST.replace("sh010:", "sh030:")
    + "moved: [{from: sc010/sh010, to: sc010/sh015}, {from: sc010/sh015, to: sc010/sh030}]\n"
)
EXCHANGED = LIST.replace("sh010:", "sh0xx:").replace("sh020:", "sh010:").replace("sh0xx:", "sh020:")


@pytest.fixture(scope="module")
def host() -> Iterator[Service]:
    with service() as running:
        yield running


@pytest.fixture
def bought(host: Service, tmp_path: Path) -> Path:
    """Two shots bought and picked whole; take 2 of the first, take 1 of the second; sh010 was accepted once."""
    path = show(tmp_path, LIST.replace("a fisherman", "an old fisherman"))
    assert render(host, path).returncode == 0
    command(host, "pick", path, "sc010/sh010@iterate", "2")
    command(host, "pick", path, "sc010/sh020@iterate", "1")
    assert render(host, path).returncode == 0
    path.write_text(LIST)
    assert command(host, "accept", path, "sc010/sh010").returncode == 0
    return path


def state(host: Service, path: Path) -> dict[str, Any]:
    """Everything a person would look at, by what the shots show and not by their ids."""
    tasks = json.loads(command(host, "plan", path, "--json").stdout)["tasks"]
    costs = json.loads(command(host, "costs", path, "--json", "--by", "shot").stdout)
    return {
        "actions": {task["address"]: [task["action"], task["takes_have"]] for task in tasks},
        "costs": {name: row["charged_usd"] for name, row in costs["by"]["shot"].items()},
        "gone": [name for name, row in costs["by"]["shot"].items() if not row["in_list"]],
        "renders": sorted(file.name for file in (path.parent / "renders").rglob("*.png")),
    }


def bytes_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (path.parent / "renders").rglob("*.png")}


def renamed(value: Any, names: dict[str, str]) -> Any:
    text = json.dumps(value)
    for old, new in names.items():
        text = text.replace(old, f"<{new}>")
    told = json.loads(text.replace("<", "").replace(">", ""))
    return {**told, "renders": sorted(told["renders"])}


def test_a_chain_of_moves_keeps_everything(host: Service, bought: Path) -> None:
    before, pictures, paid = state(host, bought), bytes_of(bought), host.queue.accepted
    bought.write_text(CHAIN)
    assert render(host, bought).returncode == 0
    assert host.queue.accepted == paid
    after = state(host, bought)
    assert after == renamed(before, {"sh010": "sh030"})
    assert all(action == "cached" for action, _ in after["actions"].values())
    assert after["gone"] == []
    assert bytes_of(bought) == {name.replace("sh010", "sh030"): data for name, data in pictures.items()}
    assert "sc010/sh010" not in bought.with_suffix(".lock").read_text()
    told = json.loads(command(host, "why", bought, "sc010/sh030@iterate", "--json").stdout)["tasks"][0]
    assert told["accepted"] is not None
    bought.write_text(CHAIN)
    assert state(host, bought) == after  # the moves stay in the list for ever


def test_two_shots_that_are_exchanged_keep_everything(host: Service, bought: Path) -> None:
    before, pictures, paid = state(host, bought), bytes_of(bought), host.queue.accepted
    bought.with_suffix(".picks.yaml").write_text(
        bought.with_suffix(".picks.yaml").read_text().replace("sc010/sh020@iterate:", "# mine\n'sc010/sh020@iterate':")
    )
    bought.write_text(EXCHANGED)
    done = command(host, "swap", bought, "sc010/sh010", "sc010/sh020", "--why", "as on the board")
    assert f"{bought} is yours to edit: exchange the two ids there" in done.stderr
    assert done.returncode == 0, done.stderr
    exchange = {"sh010": "sh02_", "sh020": "sh010", "sh02_": "sh020"}
    assert state(host, bought) == renamed(before, exchange)
    assert bytes_of(bought) == {renamed({"renders": [n]}, exchange)["renders"][0]: data for n, data in pictures.items()}
    assert json.loads(render(host, bought).stdout)["takes_new"] == 0
    assert host.queue.accepted == paid
    picks = bought.with_suffix(".picks.yaml").read_text()
    assert "# mine\n'sc010/sh010@iterate':" in picks
    assert bought.with_suffix(".rulings").read_text().count("sc010/sh010 swap - sc010/sh020") == 1
    assert command(host, "swap", bought, "sc010/sh010", "sc010/sh020").returncode == 0  # and back
    bought.write_text(LIST)
    assert state(host, bought) == before


def test_an_exchange_that_is_killed_is_ended_by_whatever_reads_the_list_next(host: Service, bought: Path) -> None:
    before = state(host, bought)
    bought.write_text(EXCHANGED)
    kill = (
        "import os, signal, shotpilot_pipeline.pipeline.swapping as s; write, calls = s.write_atomic, []\n"
        "def mortal(*a, **k):\n"
        "    calls.append(a)\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if len(calls) == 3 else write(*a, **k)\n"
        "s.write_atomic = mortal\n"
        "from shotpilot_pipeline.cli.main import main\n"
        f"main(['swap', {str(bought)!r}, 'sc010/sh010', 'sc010/sh020'])\n"
    )
    done = subprocess.run([sys.executable, "-c", kill], env={**os.environ, **host.environment}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    exchange = {"sh010": "sh02_", "sh020": "sh010", "sh02_": "sh020"}
    after = state(host, bought)
    assert {**after, "renders": []} == {**renamed(before, exchange), "renders": []}
    assert json.loads(render(host, bought).stdout)["takes_new"] == 0
    assert state(host, bought) == renamed(before, exchange)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sc010/sh010", "sc010/sh099"], "there is no shot sc010/sh099"),
        (["sc010/sh010", "sc010/sh010"], "cannot change places with itself"),
    ],
)
def test_what_cannot_be_exchanged_is_a_sentence(host: Service, tmp_path: Path, words: list[str], said: str) -> None:
    done = command(host, "swap", show(tmp_path, LIST), *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_an_exchange_written_as_moves_names_the_command(host: Service, tmp_path: Path) -> None:
    moves = "moved: [{from: sc010/sh010, to: sc010/sh020}, {from: sc010/sh020, to: sc010/sh010}]\n"
    done = command(host, "check", show(tmp_path, LIST + moves))
    assert done.returncode == 2
    assert "shotpilot swap FILE sc010/sh010 sc010/sh020" in done.stdout + done.stderr
