"""A fire drill as a user runs it: rehearsed to the end through faults, and served to any client."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND, run, write_list

PLAN = """\
faults: 1
rules:
  - {name: a lost answer, when: {route: submit, nth: 1}, do: {drop: accepted}}
  - {name: a cut picture, when: {route: media, call: 1}, do: {cut: -1}}
  - {name: a gateway in trouble, when: {route: status, every: 2}, do: {gateway: 503}}
"""


def write_plan(folder: Path, text: str = PLAN) -> Path:
    path = folder / "drill.yaml"
    path.write_text(text)
    return path


def test_a_drill_ends_well_and_the_next_rehearsal_does_the_rest(tmp_path: Path) -> None:
    film, plan = write_list(tmp_path), write_plan(tmp_path)
    drill = run("rehearse", film, "--faults", plan, "--json", cwd=tmp_path)
    assert drill.returncode == 9
    assert "Fire drill:" in drill.stderr
    assert "1 x a lost answer" in drill.stderr
    summary = json.loads(drill.stdout)
    assert summary["outcomes"]["unknown"] == 1
    assert summary["outcomes"]["failed"] == 0
    (lines,) = tmp_path.glob(".shotpilot/rehearsal/runs/*/faults.jsonl")
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {line["fault"] for line in told} == {"a lost answer", "a cut picture", "a gateway in trouble"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", line["request_id"]) for line in told)
    again = run("rehearse", film, "--json", cwd=tmp_path)
    assert again.returncode == 0
    outcomes = json.loads(again.stdout)["outcomes"]
    assert outcomes["rendered"] + outcomes["cached"] == sum(outcomes.values()) == 4


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
