"""`render --again`: a further attempt is data, so that it is bought once, however often it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.buying import Service, audit_end, bought, command, killed_at, render, service, show

AT = "sc010/sh010@iterate"


def takes_of(host: Service, path: Path) -> tuple[int, int]:
    """Takes there and wanted of AT, by the plan."""
    tasks = json.loads(command(host, "plan", path, "--json").stdout)["tasks"]
    return next((task["takes_have"], task["takes_wanted"]) for task in tasks if task["address"] == AT)


def test_the_same_command_twice_buys_one_further_attempt(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        first = render(host, path, "--again", AT, "--why", "too dark")
        assert bought(first)["takes_new"] == 2
        second = render(host, path, "--again", AT)
        assert bought(second)["takes_new"] == 0
        assert f"attempt 2 of {AT} is there, so nothing is bought" in second.stderr
        assert f"--again {AT}=3" in second.stderr
        assert bought(render(host, path))["takes_new"] == 0
        third = render(host, path, "--again", f"{AT}=3")
        assert bought(third)["takes_new"] == 2
        assert takes_of(host, path) == (6, 6)
        rulings = path.with_suffix(".rulings").read_text()
        assert "again" in rulings
        assert "too dark" in rulings
        audit_end(host, path, rolls=6, kept=10)


@pytest.mark.parametrize(
    "boundary",
    [
        "intend:before:1",
        "submitted:before:1",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("sending:before:1", "closed:before:1")),
    ],
)
def test_after_a_kill_the_attempt_is_gone_on_with(tmp_path: Path, boundary: str) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        assert killed_at(host, path, boundary, "--again", AT) == -9
        assert path.with_suffix(".rulings").exists()  # written down before anything was sent
        render(host, path, "--again", AT)
        audit_end(host, path, rolls=5, kept=8)
        assert bought(render(host, path, "--again", AT))["takes_new"] == 0


def test_an_attempt_nobody_agreed_to_is_not_written_down(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        done = command(host, "render", path, "--again", AT)
        assert done.returncode == 2
        assert "nothing was sent" in done.stderr
        assert not path.with_suffix(".rulings").exists()


def test_an_attempt_is_taken_back_and_its_takes_stay(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        render(host, path, "--again", AT)
        done = command(host, "render", path, "--again", AT, "--undo")
        assert done.returncode == 0, done.stderr
        assert f"{AT}  attempt 2 is taken back; what it brought stays" in done.stdout
        assert takes_of(host, path) == (4, 2)
        assert command(host, "render", path, "--again", AT, "--undo").returncode == 2


def test_what_was_asked_for_besides_comes_on_top(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        command(host, "pick", path, AT, "--more", "3")
        assert takes_of(host, path) == (2, 5)
        assert bought(render(host, path, "--again", AT))["takes_new"] == 5  # three asked for, and two for the attempt
        assert takes_of(host, path) == (7, 7)


def test_more_beside_an_attempt_that_is_still_to_come_is_on_top_of_it(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        assert killed_at(host, path, "sending:before:1", "--again", AT) == -9
        assert takes_of(host, path) == (2, 4)
        command(host, "pick", path, AT, "--more", "3")
        assert takes_of(host, path) == (2, 7)


def test_what_cannot_be_shot_again_is_a_sentence(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        nothing = render(host, path, "--again", AT)
        assert nothing.returncode == 2
        assert "nothing of sc010/sh010@iterate is there yet" in nothing.stderr
        assert host.queue.accepted == 0
        render(host, path)
        for words, said in (
            ("sc010/sh099@iterate", "sc010/sh099@iterate is not in night.yaml; did you mean"),
            ("sc010/sh010", f"sc010/sh010 alone says no stage; write one of these: {AT}, sc010/sh010@final"),
            (f"{AT}=4", "the next attempt at sc010/sh010@iterate is 2, not 4"),
            (f"{AT}=x", "the number of an attempt is 2 or more"),
        ):
            done = render(host, path, "--again", words)
            assert done.returncode == 2
            assert said in done.stderr, done.stderr
        assert "belongs to --again" in command(host, "render", path, "--undo").stderr
