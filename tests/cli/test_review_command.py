"""`shotpilot review`: an address, or a sentence that says why there is none; Ctrl-C ends it well."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND, run, run_json, write_list
from tests.review.screening_show import fill, reviewing, write_show


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.yaml",), "nowhere.yaml"),
        (("night.yaml", "sc999"), "no task is called sc999"),
        (("night.yaml", "--port", "70000"), "70000"),
    ],
)
def test_what_cannot_be_reviewed_is_a_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    write_list(tmp_path)
    done = run("review", *arguments, "--no-browser", cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_picks_file_is_told_before_a_page_is_opened(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: {tkae: 1}\n")
    done = run("review", path, "--no-browser")
    assert done.returncode == 2
    assert "night.picks.yaml:2:" in done.stderr


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("review", path, "--no-browser", "--port", port)
    assert done.returncode == 2
    assert f"port {port} of this machine cannot be used" in done.stderr
    assert "leave --port away" in done.stderr


def test_it_prints_its_address_serves_and_ends_well(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [*COMMAND, "review", str(path), "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
        assert "Ctrl-C ends the review" in err
        assert "The review is over" in err


def test_json_gives_the_address_and_a_wanted_port_is_kept(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = write_show(tmp_path, 1)
    fill(path)
    with reviewing(path, "--port", str(port)) as review:
        assert review.url.startswith(f"http://127.0.0.1:{port}/?token=")
        asked = urllib.request.Request(
            f"{review.origin}/api/state", headers={"X-Review-Token": review.url.partition("=")[2]}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            state = json.load(answer)
        assert state["head"]["rehearsal"] is False
        assert state["head"]["me"] == "Ann"


def test_it_falls_back_to_the_rehearsal_only_where_nothing_was_bought(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path, "--until", "iterate")
    with reviewing(path) as review:
        assert _head(review.url)["rehearsal"] is True
        assert "Nothing has been bought yet" in _head(review.url)["note"]
    assert "Nothing has been bought yet: this is the rehearsal" in review.told[0]
    fill(path)
    with reviewing(path) as review:
        assert _head(review.url)["rehearsal"] is False
    assert "Nothing has been bought" not in review.told[0]
    with reviewing(path, "--rehearsal") as review:
        assert _head(review.url)["rehearsal"] is True
        assert _head(review.url)["note"] == ""


def _head(url: str) -> dict[str, object]:
    origin, _, token = url.partition("/?token=")
    asked = urllib.request.Request(f"{origin}/api/state", headers={"X-Review-Token": token})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        head: dict[str, object] = json.load(answer)["head"]
        return head
