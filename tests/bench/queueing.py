"""How well the client fills a queue, what a roll costs it, and what it holds in memory. Real sockets on loopback.

The queue runs in a process of its own, the client in another; only the client's is measured. The peer, `fal-client`, is
installed by name into a throw-away environment; without it there is no ratio, and that is said.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.measure import clean_environment
from tests.bench.promises import Bench
from tests.bench.table import Finding

REPOSITORY = Path(__file__).resolve().parents[2]
ROLLS = 200
AT_ONCE = 40
UNFINISHED = 48  # a queue filled 20 % beyond what the account runs at once never starves
PICTURE = 1_500_000  # bytes
SERVICE_S, SPREAD = 2.0, 0.25
RUNS = 3
NO_PEER = "fal-client could not be installed, so there is no ratio to it"


def queue_is_filled(bench: Bench) -> Iterator[Finding]:
    """Every figure of the queue."""
    yield from _makespan(bench)
    yield from _cpu(bench)
    yield from _memory(bench)


def _makespan(bench: Bench) -> Iterator[Finding]:
    """200 rolls of 2 s, 40 at once: against what a perfect client of 40 slots would need."""
    runs = [_ours(bench, SERVICE_S, PICTURE, AT_ONCE, ROLLS, UNFINISHED) for _ in range(RUNS)]
    ratios = [run["wall"] / run["ideal"] for run in runs]
    calls = [run["calls"] / ROLLS for run in runs]
    cpu = statistics.median(run["cpu"] for run in runs) / ROLLS * 1000
    beside = f"{min(ratios):.3f} to {max(ratios):.3f}; {UNFINISHED} unfinished; CPU {cpu:.1f} ms a roll"
    yield Finding("makespan of 200 rolls / ideal", 1.05, statistics.median(ratios), "x", beside)
    yield Finding("status calls a roll", 6, max(calls), "calls")


def _cpu(bench: Bench) -> Iterator[Finding]:
    """At zero service time: CPU of a roll, ours and fal-client's in turn."""
    peer = _peer(bench.folder)
    pairs = []
    for _ in range(RUNS):
        ours = _ours(bench, 0.0, PICTURE, AT_ONCE, ROLLS, AT_ONCE)["cpu"]
        pairs.append((ours, _theirs(bench, peer)["cpu"] if peer else 0.0))
    ours, theirs = (statistics.median(pair[place] for pair in pairs) / ROLLS * 1000 for place in (0, 1))
    if not peer:
        print(NO_PEER, file=sys.stderr)
        return
    beside = f"{ours:.1f} ms, fal-client {theirs:.1f} ms"
    yield Finding("CPU a roll / fal-client", 0.7, ours / theirs, "x", beside)


def _memory(bench: Bench) -> Iterator[Finding]:
    """Many requests on their way; large pictures on their way to the disk."""
    many = _ours(bench, 8.0, 1000, 1000, 1000, 1000, fetch=False)
    yield Finding("peak memory, 1,000 unfinished requests", 300, many["peak"], "MiB", f"{many['wall']:.0f} s")
    large = _ours(bench, 0.0, 64 * 1024 * 1024, 8, 8, 8)
    yield Finding("peak memory, 8 downloads of 64 MiB at once", 128, large["peak"], "MiB")


def _ours(
    bench: Bench, seconds: float, size: int, at_once: int, rolls: int, unfinished: int, *, fetch: bool = True
) -> dict[str, Any]:
    """One run of our client against a fresh queue."""
    with _folder(bench) as folder, _queue(seconds, size, at_once) as queue:
        spec = {"rolls": rolls, "unfinished": unfinished, "folder": str(folder), "fetch": fetch}
        found = _run([sys.executable, "-m", "tests.bench.queue_child", "work", queue.origin, json.dumps(spec)])
        _require(sum(1 for _ in folder.iterdir()) == (rolls if fetch else 0), "not every picture came")
        return found | queue.ended()


def _theirs(bench: Bench, python: str) -> dict[str, Any]:
    with _folder(bench) as folder, _queue(0.0, PICTURE, AT_ONCE) as queue:
        script = str(Path(__file__).with_name("peer_fal.py"))
        found = _run([python, script, queue.origin, str(ROLLS), str(AT_ONCE), str(folder)])
        _require(sum(1 for _ in folder.iterdir()) == ROLLS, "not every picture came")
        return found


def _run(command: list[str]) -> dict[str, Any]:
    ended = subprocess.run(
        command, cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True, check=False
    )
    _require(ended.returncode == 0, f"{command[:4]} ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _require(truth: bool, fault: str) -> None:
    if not truth:
        raise AssertionError(fault)


class Queue:
    """A rehearsal queue in a process of its own."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        assert child.stdout is not None
        self.origin: str = json.loads(child.stdout.readline())["origin"]

    def ended(self) -> dict[str, Any]:
        """Stop it, and hear what it saw."""
        out, _ = self.child.communicate("", timeout=60)
        found: dict[str, Any] = json.loads(out)
        return found


@contextmanager
def _queue(seconds: float, size: int, at_once: int) -> Iterator[Queue]:
    spec = json.dumps({"seconds": seconds, "spread": SPREAD, "bytes": size, "at_once": at_once})
    command = [sys.executable, "-m", "tests.bench.queue_child", "serve", spec]
    child = subprocess.Popen(
        command, cwd=REPOSITORY, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Queue(child)
    finally:
        child.kill()
        child.communicate()


@contextmanager
def _folder(bench: Bench) -> Iterator[Path]:
    folder = bench.folder / "queue"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _peer(folder: Path) -> str:
    """The interpreter of an environment that holds fal-client; "" when it cannot be had."""
    place = folder / "fal-client"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    asked = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "fal-client"]
    return str(python) if subprocess.run(asked, check=False, capture_output=True).returncode == 0 else ""
