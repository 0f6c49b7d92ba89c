"""A fire drill as a user runs it: rehearsed to the end through faults, and served to any client."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND, run, write_list
from tests.starting import ROOT, start

PLAN = """\
faults: 1
rules:
  - {name: a lost answer, when: {route: submit, nth: 1}, do: {drop: accepted}}
  - {name: a cut picture, when: {route: media, call: 1}, do: {cut: -1}}
  - {name: a gateway in trouble, when: {route: status, every: 2}, do: {gateway: 503}}
"""
LOST = """\
faults: 1
rules:
  - {name: a gateway that swallows a request, when: {route: submit, nth: 1}, do: {gateway: 502}}
"""
QUIET = "faults: 1\nrules:\n  - {when: {route: cancel}, do: {gateway: 503}}\n"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "SHOTPILOT_"))}
CHILD = ROOT / "tests/pipeline/render_child.py"


def write_plan(folder: Path, text: str = PLAN) -> Path:
    path = folder / "drill.yaml"
    path.write_text(text)
    return path


LATE = "  - {name: the list comes late, when: {route: listing}, do: {lag: 600}}\n"


def test_a_drill_gets_over_its_faults_and_finds_what_was_lost(tmp_path: Path) -> None:
    film, plan = write_list(tmp_path), write_plan(tmp_path)
    drill = run("rehearse", film, "--faults", plan, "--json", cwd=tmp_path)
    assert drill.returncode == 0, drill.stderr
    assert "Fire drill:" in drill.stderr
    assert "1 x a lost answer" in drill.stderr
    assert "a lost request was found in the account's list" in drill.stderr
    summary = json.loads(drill.stdout)
    assert summary["outcomes"]["rendered"] == 4
    assert (summary["cost_usd"], summary["reserved_usd"]) == ("0.00", "0.00")
    (lines,) = tmp_path.glob(".shotpilot/rehearsal/runs/*/faults.jsonl")
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {line["fault"] for line in told} == {"a lost answer", "a cut picture", "a gateway in trouble"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", line["request_id"]) for line in told)
    assert not (tmp_path / ".shotpilot/ledger.db").exists()  # a drill is no purchase
    assert rolls(tmp_path) == {"closed": 4}


def test_what_a_drill_left_unknown_is_found_by_the_next_rehearsal(tmp_path: Path) -> None:
    film, plan = write_list(tmp_path), write_plan(tmp_path, PLAN + LATE)
    drill = run("rehearse", film, "--faults", plan, "--json", cwd=tmp_path)
    assert drill.returncode == 9
    assert json.loads(drill.stdout)["outcomes"]["unknown"] == 1
    assert "reconcile" in drill.stderr
    planned = run("plan", film, "--rehearsal", cwd=tmp_path)
    assert "may be paid: the answer to the request of" in planned.stdout
    assert "unknown" not in run("plan", film, cwd=tmp_path).stdout
    again = run("rehearse", film, "--json", cwd=tmp_path)
    assert again.returncode == 0
    outcomes = json.loads(again.stdout)["outcomes"]
    assert outcomes["rendered"] + outcomes["cached"] == sum(outcomes.values()) == 4
    assert set(rolls(tmp_path)) == {"closed"}


@pytest.mark.parametrize("decision", ["--send-again", pytest.param("--write-off", marks=pytest.mark.slow)])
def test_what_a_drill_left_unknown_is_decided_by_hand(tmp_path: Path, decision: str) -> None:
    film, plan = write_list(tmp_path), write_plan(tmp_path, LOST)
    assert run("rehearse", film, "--faults", plan, cwd=tmp_path).returncode == 9
    shown = run("reconcile", film, "--rehearsal", cwd=tmp_path)
    assert shown.returncode == 9
    assert "sc010/sh010@iterate  unknown: takes 1, 2, 3, sent" in shown.stdout
    assert f"shotpilot reconcile {film} --rehearsal ADDRESS --adopt ID" in shown.stdout
    assert f"    shotpilot reconcile {film} --rehearsal\n" in run("status", film, "--rehearsal", cwd=tmp_path).stdout
    typo = run("reconcile", film, "sc010/sh01", "--rehearsal", cwd=tmp_path)
    assert "sc010/sh01: no request of this name is open." in typo.stderr
    assert run("rehearse", film, cwd=tmp_path).returncode == 9  # not drawn again by itself
    decided = run("reconcile", film, "--rehearsal", "--all", decision, cwd=tmp_path)
    assert decided.returncode == 0, decided.stderr
    again = run("rehearse", film, "--json", cwd=tmp_path)
    assert again.returncode == 0
    outcomes = json.loads(again.stdout)["outcomes"]
    assert outcomes["rendered"] + outcomes["cached"] == sum(outcomes.values()) == 4


def test_budgets_are_drilled(tmp_path: Path) -> None:
    film = write_list(tmp_path)
    film.write_text(f"{film.read_text()}budget: {{run: 0.09}}\n")
    plan = write_plan(tmp_path, QUIET)
    drill = run("rehearse", film, "--faults", plan, cwd=tmp_path)
    assert drill.returncode == 5, drill.stderr
    assert drill.stderr.count("the budget of the run has no room") == 1
    assert "Not sent: " in drill.stdout
    film.write_text(film.read_text().replace("0.09", "5.00"))
    assert run("rehearse", film, "--max-cost", "0.01", cwd=tmp_path).returncode == 5
    assert run("rehearse", film, "--faults", plan, cwd=tmp_path).returncode == 0


LONG = pytest.mark.slow  # the same doors as those of a render, which are all tried before each commit


@pytest.mark.parametrize(
    "boundary",
    [
        "sending:after:1",
        "submitted:before:2",
        "closed:before:1",
        *(
            pytest.param(one, marks=LONG)
            for one in ("intend:after:2", "submitted:after:3", "closed:after:2", "keep:after:1")
        ),
    ],
)
def test_a_drill_that_is_killed_goes_on_and_sends_nothing_twice(tmp_path: Path, boundary: str) -> None:
    film, plan = write_list(tmp_path), write_plan(tmp_path, QUIET)
    environment = CLEAN | {"KILL_AT": boundary}
    killed = start("rehearse", film, "--faults", plan, environment=environment, cwd=ROOT, script=CHILD)
    assert killed.returncode == -signal.SIGKILL
    again = run("rehearse", film, "--faults", plan, "--json", cwd=tmp_path)
    if again.returncode == 9:  # it died between the line and the POST: nothing proves that it was not accepted
        assert run("reconcile", film, "--rehearsal", "--send-again", cwd=tmp_path).returncode == 0
        again = run("rehearse", film, "--faults", plan, "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    outcomes = json.loads(again.stdout)["outcomes"]
    assert outcomes["rendered"] + outcomes["cached"] == sum(outcomes.values()) == 4
    assert set(rolls(tmp_path)) <= {"closed", "released"}
    assert rolls(tmp_path)["closed"] == 4


def rolls(folder: Path) -> dict[str, int]:
    """How many rolls the ledger of the drills has in each state."""
    with closing(sqlite3.connect(folder / ".shotpilot/rehearsal/ledger.db")) as db:
        return dict(db.execute("SELECT state, count(*) FROM rolls GROUP BY state"))


def test_a_plan_with_a_mistake_starts_nothing(tmp_path: Path) -> None:
    film = write_list(tmp_path)
    plan = write_plan(tmp_path, PLAN.replace("drop: accepted", "dorp: accepted"))
    for words in (["rehearse", film, "--faults", plan], ["queue", "serve", "--port", "0", "--faults", plan]):
        ended = run(*words, cwd=tmp_path)
        assert ended.returncode == 2
        assert "drill.yaml:3:" in ended.stderr
        assert "drop" in ended.stderr
    assert not (tmp_path / ".shotpilot" / "rehearsal" / "runs").exists()
    checked = run("check", plan, "--json", cwd=tmp_path)
    assert checked.returncode == 2
    assert json.loads(checked.stdout)["errors"] == 1


def test_the_server_loses_an_answer_and_tells_the_truth_at_the_end(tmp_path: Path) -> None:
    words = ["queue", "serve", "--port", "0", "--faults", str(write_plan(tmp_path))]
    with subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
        assert found
        url = f"{found.group()}/fal-ai/kling-image/v3/text-to-image"
        body = json.dumps({"prompt": "A lamp", "num_images": 2}).encode()
        asked = urllib.request.Request(url, body, {"Authorization": "Key a:b"}, method="POST")
        with pytest.raises((http.client.RemoteDisconnected, urllib.error.URLError)):
            urllib.request.urlopen(asked, timeout=10)
        server.send_signal(signal.SIGINT)
        said = server.stderr.read()
        assert server.wait(10) == 0
    assert re.search(r"fault: submit: a lost answer \([0-9a-f-]*\)|fault: submit: a lost answer", said)
    assert "Accepted requests: 1; billable units: 2; faults: 1." in said
