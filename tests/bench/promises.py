"""What is promised about speed and size, each as a scenario that measures it. Knows commands, not code.

Figures are for 2 cores and a list of 10,000 shots x 3 stages. Wall times are judged by the median of five fresh
processes (three where one run takes many seconds), ratios by runs taken in turn.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import ninja
from tests.bench.generate import write_show
from tests.bench.measure import Run, Runs, alternate, bare_python, ninja_program, repeat, run, shotpilot
from tests.bench.table import Finding

HELP_MS = 150
SECOND_PLAN_S = 0.5
NINJA_TIMES = 2.5
EDITED_PLAN_S = 1.0
EDITED_CHECK_S = 1.2
FIRST_CHECK_S = 8
PEAK_MIB = 286  # 300 MB
#: Four times the shots may take this much longer per shot and still count as linear (noise of a shared machine).
LINEAR_SLACK = 1.25
SLOW_RUNS = 3


@dataclass(slots=True)
class Bench:
    """The folder everything happens in, how long the list is, and the highest peak seen so far."""

    folder: Path
    shots: int
    peaks: dict[str, float] = field(default_factory=dict)

    def note(self, what: str, runs: Runs) -> Runs:
        """Remember the peak memory of these runs."""
        self.peaks[what] = max(runs.peak, self.peaks.get(what, 0))
        return runs

    def fresh(self, name: str, shots: int) -> Path:
        """A new show of `shots` shots that nothing has been done with; gives its list."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        return write_show(folder, shots)


def help_is_instant(bench: Bench) -> Iterator[Finding]:
    """`shotpilot --help`, beside an interpreter that does nothing."""
    run(shotpilot("--help"), bench.folder)  # the first start writes the byte code
    asked, bare = alternate(
        lambda: run(shotpilot("--help"), bench.folder), lambda: run(bare_python(), bench.folder), runs=9
    )
    beside = f"best {asked.best * 1000:.0f} ms; python -c pass {bare.median * 1000:.0f} ms"
    yield Finding("--help", HELP_MS, asked.median * 1000, "ms", beside)


def first_check(bench: Bench) -> Iterator[Finding]:
    """`check` of a list that was never seen, no memo, no byte of it known."""

    def once() -> Run:
        path = bench.fresh("first", bench.shots)
        return run(shotpilot("check", path.name), path.parent)

    runs = bench.note("first check", repeat(once, SLOW_RUNS))
    yield Finding("first check", FIRST_CHECK_S, runs.median, "s", _beside(runs))


def second_plan(bench: Bench) -> Iterator[Finding]:
    """`plan` again with nothing changed, in turn with ninja doing nothing for as many edges."""
    path = bench.fresh("plan", bench.shots)
    first = bench.note("first plan", repeat(lambda: run(shotpilot("plan", path.name), path.parent), 1))
    yield from _plan_beside_ninja(bench, path, "second plan", f"; first {first.median:.1f} s")


def one_shot_edited(bench: Bench) -> Iterator[Finding]:
    """`plan` after a word of one shot was changed; every run changes another shot.

    Measured where all takes are there and where none is: the one has more to look up, the other more to say.
    """
    from tests.bench.fill import fill_store  # imports the pipeline: only for those who ask for this scenario

    for name, title in (("edited", "plan, one shot edited"), ("filled", "plan, one shot edited, rest cached")):
        path = bench.fresh(name, bench.shots)
        if name == "filled":
            fill_store(path)
        run(shotpilot("plan", path.name), path.parent)
        shots = iter(range(bench.shots // 10, bench.shots, bench.shots // 10))

        def once(path: Path = path, shots: Iterator[int] = shots) -> Run:
            edit_shot(path, next(shots))
            return run(shotpilot("plan", path.name), path.parent)

        runs = bench.note(title, repeat(once))
        yield Finding(title, EDITED_PLAN_S, runs.median, "s", _beside(runs))


def one_shot_checked(bench: Bench) -> Iterator[Finding]:
    """`check` after a word of one shot was changed; every run changes another shot."""
    path = bench.fresh("checked", bench.shots)
    run(shotpilot("check", path.name), path.parent)
    shots = iter(range(bench.shots // 10, bench.shots, bench.shots // 10))

    def once() -> Run:
        edit_shot(path, next(shots))
        return run(shotpilot("check", path.name), path.parent)

    runs = bench.note("check, one shot edited", repeat(once))
    yield Finding("check, one shot edited", EDITED_CHECK_S, runs.median, "s", _beside(runs))


def all_cached(bench: Bench) -> Iterator[Finding]:
    """`plan` when every take of the list is in the store."""
    path = bench.fresh("cached", bench.shots)
    from tests.bench.fill import fill_store  # imports the pipeline: only for those who ask for this scenario

    kept = fill_store(path)
    run(shotpilot("plan", path.name, "--check"), path.parent)  # ends with 1 when anything is left to buy
    yield from _plan_beside_ninja(bench, path, "plan, all cached", f"; {kept} takes in the store")


def linear(bench: Bench) -> Iterator[Finding]:
    """CPU time per shot of a first `plan` (read, graph, plan) at four times the shots.

    The start-up, measured with a list of one shot, is taken off. A second `plan` only looks whether anything moved.
    """
    sizes = (bench.shots // 4, bench.shots // 2, bench.shots)
    start_up = _plan_cpu(bench, 1)
    times = {shots: _plan_cpu(bench, shots) - start_up for shots in sizes}
    small, _, large = times.values()
    beside = ", ".join(f"{shots}: {seconds:.2f} s" for shots, seconds in times.items())
    growth = (large / sizes[2]) / (small / sizes[0])
    yield Finding("first plan is linear", LINEAR_SLACK, growth, "x", f"CPU {beside} (start-up of {start_up:.2f} s off)")


def _plan_cpu(bench: Bench, shots: int) -> float:
    """Least CPU time of the first `plan` of a new show of so many shots, in seconds."""

    def once() -> Run:
        path = bench.fresh(f"linear{shots}", shots)
        return run(shotpilot("plan", path.name), path.parent)

    return repeat(once, SLOW_RUNS).least_cpu


def peak_memory(bench: Bench) -> Iterator[Finding]:
    """The highest peak of everything above."""
    if bench.peaks:
        worst = max(bench.peaks, key=lambda what: bench.peaks[what])
        beside = ", ".join(f"{what} {peak:.0f}" for what, peak in bench.peaks.items())
        yield Finding(f"peak memory ({worst})", PEAK_MIB, bench.peaks[worst], "MiB", beside)


def _plan_beside_ninja(bench: Bench, path: Path, title: str, beside: str) -> Iterator[Finding]:
    program = ninja_program()
    built = bench.folder / "ninja"
    if program and not (built / ".ninja_log").exists():
        ninja.write_build(built, bench.shots)
        ninja.build_once(program, built)

    def plan() -> Run:
        return run(shotpilot("plan", path.name), path.parent)

    if not program:
        runs = bench.note(title, repeat(plan))
        yield Finding(title, SECOND_PLAN_S, runs.median, "s", _beside(runs) + beside)
        return
    runs, peer = alternate(plan, lambda: run([program], built))
    bench.note(title, runs)
    yield Finding(title, SECOND_PLAN_S, runs.median, "s", _beside(runs) + beside)
    yield Finding(f"{title} / ninja", NINJA_TIMES, runs.median / peer.median, "x", f"ninja {peer.median:.3f} s")


def edit_shot(path: Path, number: int) -> None:
    """Change the mood of the shot at `number` (or the next that has one) to a word no other shot uses."""
    text = path.read_text(encoding="utf-8")
    start = text.index(f"      sh{(number + 1) * 10:05}:")
    edited = re.sub(r"(?m)^        mood: .*$", f"        mood: edited {number}", text[start:], count=1)
    path.write_text(text[:start] + edited, encoding="utf-8")


def _beside(runs: Runs) -> str:
    return f"best {runs.best:.2f} s, CPU {runs.cpu:.2f} s, {runs.peak:.0f} MiB"
