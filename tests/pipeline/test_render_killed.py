"""A render killed at any instant: the same command goes on, nothing is bought twice and nothing paid is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.pipeline.buying import (
    ROLLS,
    TAKES,
    Service,
    audit,
    audit_end,
    bought,
    command,
    killed_after,
    killed_at,
    render,
    service,
    show,
    states,
    takes,
)

#: At each step of the ledger, before and after it, and around the store: the ones where most may go wrong first.
BOUNDARIES = [
    "intend:after:1",
    "sending:after:2",  # intended, sending, and the POST never left
    "submitted:before:1",  # accepted, and its id is lost
    "submitted:after:3",
    "keep:after:2",
    "closed:before:1",  # all is kept, only the line is open
]
MORE = [
    f"{step}:{side}:{nth}"
    for step in ("intend", "sending", "submitted", "keep", "closed")
    for side in ("before", "after")
    for nth in (1, 2, 3, 4)
]


def go_on_to_the_end(host: Service, path: Path) -> bool:
    """The same command until nothing is left to do; a request that never left is for a person to decide.

    Returns whether a person had to.
    """
    decided = False
    for _ in range(3):
        done = render(host, path)
        audit(host, path)
        if states(path).get("unknown"):  # sending was written down, and the list does not have it
            assert done.returncode == 9, done.stderr
            assert command(host, "reconcile", path, "--send-again", "--all").returncode == 0
            decided = True
            continue
        assert done.returncode == 0, done.stderr
        if not bought(done)["takes_new"]:
            break
    return decided


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_at_a_boundary(tmp_path: Path, boundary: str) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, boundary) == -9
        audit(host, path)
        end(host, path, go_on_to_the_end(host, path))


def end(host: Service, path: Path, decided: bool) -> None:
    """What a person sent again counts as paid until the bill says otherwise, so its sums are no bill's."""
    if decided:
        assert host.queue.accepted == ROLLS
        assert takes(path) == TAKES
    else:
        audit_end(host, path)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_time(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = show(tmp_path)
    with service(service_seconds=0.05) as host:
        for _ in range(2):
            killed_after(host, path, 0.5 + 0.8 * chance.random())
            audit(host, path)
        go_on_to_the_end(host, path)
        assert host.queue.accepted == ROLLS


@pytest.mark.slow
@pytest.mark.parametrize("boundary", sorted(set(MORE) - set(BOUNDARIES)))
def test_killed_at_every_boundary(tmp_path: Path, boundary: str) -> None:
    path = show(tmp_path)
    with service() as host:
        killed_at(host, path, boundary)
        audit(host, path)
        end(host, path, go_on_to_the_end(host, path))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 260))
def test_killed_at_many_times(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = show(tmp_path)
    with service(service_seconds=0.05) as host:
        for _ in range(chance.randint(1, 3)):
            killed_after(host, path, 0.5 + 0.9 * chance.random())
            audit(host, path)
        go_on_to_the_end(host, path)
        assert host.queue.accepted == ROLLS
