"""A render at a terminal: the question before money moves, and what Ctrl-C offers."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND
from tests.pipeline.buying import Service, audit_end, render, service, show, states, takes

CTRL_C = b"\x03"
Step = tuple[Callable[[bytes], bool], bytes]  # when to type, and what


def says(words: bytes) -> Callable[[bytes], bool]:
    return lambda seen: words in seen


def typed(host: Service, path: Path, steps: Sequence[Step]) -> int:
    """A render at a terminal of its own, with `steps` typed one after the other. Returns its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "render", str(path)], host.environment | {"TERM": "xterm"})
    left, seen, ends = list(steps), b"", time.monotonic() + 60
    while time.monotonic() < ends:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the other side has closed
                break
        if left and left[0][0](seen):
            os.write(terminal, left.pop(0)[1])
    assert not left, seen.decode(errors="replace")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 0), (CTRL_C, 130)])
def test_no_is_no(tmp_path: Path, answer: bytes, code: int) -> None:
    path = show(tmp_path)
    with service() as host:
        assert (
            typed(host, path, [(says(b"Buy this for $0.112 now, then $0.056 that follows by rule?"), answer)]) == code
        )
        assert (host.queue.accepted, states(path)) == (0, {})


@pytest.mark.parametrize(
    ("answer", "left"), [(b"y\n", {"closed": 2}), (b"n\n", {"submitted": 2}), (CTRL_C, {"submitted": 2})]
)
def test_ctrl_c_offers_to_cancel_what_is_on_its_way(tmp_path: Path, answer: bytes, left: dict[str, int]) -> None:
    path = show(tmp_path)
    with service(service_seconds=8.0) as host:
        steps: list[Step] = [
            (says(b"Buy this"), b"y\n"),
            (lambda seen: states(path).get("submitted", 0) == 2, CTRL_C),
            (says(b"Cancel the 2 requests"), answer),
        ]
        assert typed(host, path, steps) == 130
        assert states(path) == left
        if answer == b"y\n":
            host.queue.service_seconds = 0.0
            assert render(host, path).returncode == 0
            assert takes(path) == 6


def test_a_terminal_that_is_closed_loses_nothing(tmp_path: Path) -> None:
    """The hang-up comes, and every word said afterwards meets a terminal that is gone."""
    path = show(tmp_path)
    with service(service_seconds=3.0) as host:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(COMMAND[0], [*COMMAND, "render", str(path), "--yes"], host.environment | {"TERM": "xterm"})
        ends = time.monotonic() + 30
        while states(path).get("submitted", 0) < 2 and time.monotonic() < ends:
            if select.select([terminal], [], [], 0.02)[0]:
                os.read(terminal, 65536)
        os.close(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 143
        assert (host.queue.accepted, states(path)) == (2, {"submitted": 2})
        host.queue.service_seconds = 0.0
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_no_bar_draws_over_a_question(tmp_path: Path) -> None:
    path = show(tmp_path)
    asked: dict[bytes, float] = {}

    def stands(words: bytes) -> Callable[[bytes], bool]:
        def judged(seen: bytes) -> bool:
            if words not in seen:
                return False
            since = asked.setdefault(words, time.monotonic())
            assert b"\x1b[2K" not in seen.rpartition(words)[2], "something was drawn over the question"
            return time.monotonic() - since > 0.5

        return judged

    with service(service_seconds=8.0) as host:
        steps: list[Step] = [
            (stands(b"Buy this"), b"y\n"),
            (lambda seen: states(path).get("submitted", 0) == 2, CTRL_C),
            (stands(b"Cancel the 2"), b"n\n"),
        ]
        assert typed(host, path, steps) == 130
