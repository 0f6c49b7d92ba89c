"""How much a rehearsal costs beyond the drawing of its slates.

A child process runs the command with a stop watch around the one function that draws. What it draws is measured as CPU
time of the drawing threads, what it costs in all by the kernel; the difference is what every take pays for the trip.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.measure import run
from tests.bench.promises import Bench
from tests.bench.table import Finding

SHOTS = 300
STAGES = 3
CPU_MS_A_TAKE = 15


def rehearsing_is_cheap(bench: Bench) -> Iterator[Finding]:
    """`rehearse` of 300 shots x 3 stages, one take each: CPU per take without the drawing."""
    path = bench.fresh("rehearse", SHOTS)
    report = path.parent / "drawn.json"
    repository = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(repository)!r}); {_CHILD}"]
    ended = run([*command, str(report), "rehearse", path.name, "--quiet"], path.parent)
    drawn = json.loads(report.read_text())
    takes = SHOTS * STAGES
    if drawn["pictures"] != takes:
        raise AssertionError(f"{drawn['pictures']} pictures were drawn, not {takes}")
    beyond = (ended.cpu - drawn["cpu"]) / takes * 1000
    beside = f"{ended.wall:.0f} s, CPU {ended.cpu:.0f} s, of which drawing {drawn['cpu']:.0f} s; {ended.peak:.0f} MiB"
    yield Finding("rehearsal beyond drawing, CPU a take", CPU_MS_A_TAKE, beyond, "ms", beside)


_CHILD = "from tests.bench.rehearsing import watched_command; watched_command()"


def watched_command() -> None:
    """Run `shotpilot ARGV[2:]` with a stop watch around the drawing; write what it saw to ARGV[1]."""
    from shotpilot_pipeline.queue.slates import draw

    watch = StopWatch()
    draw.draw_roll = watch.around(draw.draw_roll)  # before any command imports it by name
    from shotpilot_pipeline.cli.main import main

    try:
        main(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_text(json.dumps({"cpu": watch.cpu, "pictures": watch.pictures}))


class StopWatch:
    """CPU time spent in a function that runs in several threads, and the pictures that came of it."""

    def __init__(self) -> None:
        self.cpu = 0.0  # seconds
        self.pictures = 0
        self._turn = threading.Lock()

    def around(self, draw: Callable[..., tuple[bytes, ...]]) -> Callable[..., tuple[bytes, ...]]:
        """`draw`, watched."""

        def watched(*words: Any) -> tuple[bytes, ...]:
            start = time.thread_time()
            drawn = draw(*words)
            spent = time.thread_time() - start
            with self._turn:
                self.cpu += spent
                self.pictures += len(drawn)
            return drawn

        return watched
