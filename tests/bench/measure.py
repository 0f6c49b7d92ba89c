"""One command in a fresh process, measured: wall time, CPU time, peak memory. Knows nothing of shot lists.

Peak memory is the kernel's `ru_maxrss` of that child alone (`wait4`), with the children it waited for. A child starts
as a copy of this process, so this process must itself stay small: about 25 MiB is the least that can be measured.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = 5  # of which the median is judged


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall and CPU time, peak memory in MiB, its exit code."""

    wall: float
    cpu: float
    peak: float
    code: int


@dataclass(frozen=True, slots=True)
class Runs:
    """Several runs of the same command."""

    each: tuple[Run, ...]

    @property
    def median(self) -> float:
        """Median wall time in seconds."""
        return statistics.median(run.wall for run in self.each)

    @property
    def best(self) -> float:
        """Shortest wall time in seconds."""
        return min(run.wall for run in self.each)

    @property
    def cpu(self) -> float:
        """Median CPU time in seconds, user and system."""
        return statistics.median(run.cpu for run in self.each)

    @property
    def least_cpu(self) -> float:
        """Least CPU time in seconds: what the work takes when nothing else is in the way."""
        return min(run.cpu for run in self.each)

    @property
    def peak(self) -> float:
        """Highest peak memory in MiB."""
        return max(run.peak for run in self.each)


class CommandFailed(Exception):
    """A command that is measured did not do its work, so its time says nothing."""


def run(command: Sequence[str], folder: Path, ends: Sequence[int] = (0,)) -> Run:
    """Run `command` in `folder` with nothing of this machine's settings. Raises CommandFailed on another exit code."""
    log = folder / "bench-command.log"
    with log.open("wb") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in ends:
        tail = log.read_text(errors="replace")[-2000:]
        raise CommandFailed(f"{' '.join(command)} ended with {child.returncode}:\n{tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def repeat(once: Callable[[], Run], runs: int = RUNS) -> Runs:
    """`once`, `runs` times."""
    return Runs(tuple(once() for _ in range(runs)))


def alternate(first: Callable[[], Run], second: Callable[[], Run], runs: int = RUNS) -> tuple[Runs, Runs]:
    """Two commands in turn, so that both meet the same machine; only such pairs make a ratio."""
    pairs = [(first(), second()) for _ in range(runs)]
    return Runs(tuple(pair[0] for pair in pairs)), Runs(tuple(pair[1] for pair in pairs))


def clean_environment() -> dict[str, str]:
    """This environment without keys, proxies and settings of the tool."""
    dropped = ("FAL_", "SHOTPILOT_", "PYTHON")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and not name.lower().endswith("_proxy")
    }
    return kept | {"NO_COLOR": "1"}


def shotpilot(*words: str) -> list[str]:
    """The command as a user types it: the script beside this interpreter."""
    script = Path(sys.executable).parent / "shotpilot"
    return [str(script), *words] if script.exists() else [sys.executable, "-m", "shotpilot_pipeline", *words]


def bare_python() -> list[str]:
    """An interpreter that does nothing: what every Python program pays."""
    return [sys.executable, "-c", "pass"]


def ninja_program() -> str:
    """Where ninja is; "" when it is not there (`apt-get install ninja-build`, or `pip install ninja`)."""
    beside = Path(sys.executable).parent / "ninja"
    return str(beside) if beside.exists() else shutil.which("ninja") or ""
