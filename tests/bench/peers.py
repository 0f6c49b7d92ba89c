"""`python -m tests.bench.peers`: `plan` beside make, ninja, doit and Snakemake, each with as many jobs, nothing to do.

The peers' inputs are written here, and doit and Snakemake are installed by name into an environment of their own, so
the figures are of one run on one machine. Knows nothing of shotpilot but its command.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench import ninja
from tests.bench.measure import Run, Runs, ninja_program, repeat, run, shotpilot
from tests.bench.promises import Bench, edit_shot
from tests.bench.table import Finding, as_json, as_table

PACKAGES = ("doit>=0.36,<0.38", "snakemake>=9,<10")
STAGES = ninja.STAGES
PLAN_S, EDITED_S, PEAK_MIB = 0.5, 1.0, 286  # 286 MiB are 300 MB
AT_MOST_NINJA, LEAST_DOIT, LEAST_SNAKEMAKE = 2.5, 5, 40
ROUNDS = 3  # each peer once a round, so that all meet the same machine


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool with nothing to do: how to start it, and how to make it so."""

    name: str
    command: tuple[str, ...]
    folder: Path


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--shots", type=int, default=10_000, help="length of the list (10000)")
    parser.add_argument("--folder", type=Path, help="work here and leave everything there")
    parser.add_argument("--json", action="store_true", help="write the findings as JSON")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as own:
        folder = (asked.folder or Path(own)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        found = list(beside_peers(Bench(folder, asked.shots)))
    print(json.dumps(as_json(found), indent=2) if asked.json else as_table(found))
    return 0 if all(finding.kept for finding in found) else 1


def beside_peers(bench: Bench) -> Iterator[Finding]:
    """The plan of a list whose takes are all in the store, each peer in turn with it, then the plan after an edit."""
    path = _all_in_store(bench)
    peers = _peers(bench)

    def plan() -> Run:
        return run(shotpilot("plan", path.name, "--check"), path.parent)

    ours: list[Run] = []
    theirs: dict[str, list[Run]] = {peer.name: [] for peer in peers}
    for number in range(ROUNDS):
        _say(f"round {number + 1} of {ROUNDS}")
        for peer in peers:
            ours.append(plan())
            theirs[peer.name].append(run(peer.command, peer.folder))
    mine = Runs(tuple(ours))
    yield Finding("plan, all cached", PLAN_S, mine.median, "s", f"best {mine.best:.2f} s, {len(ours)} runs")
    yield from _ratios(mine, {name: Runs(tuple(runs)) for name, runs in theirs.items()})
    edited = _edited(bench, path)
    yield Finding("plan, one shot edited", EDITED_S, edited.median, "s", f"best {edited.best:.2f} s")
    yield Finding("peak memory", PEAK_MIB, max(mine.peak, edited.peak), "MiB")


def _ratios(mine: Runs, theirs: dict[str, Runs]) -> Iterator[Finding]:
    """At most so many times as long as ninja and make; at least so many times quicker than the others."""
    for name, runs in theirs.items():
        ratio = mine.median / runs.median
        limit = {"ninja": AT_MOST_NINJA, "doit": 1 / LEAST_DOIT, "Snakemake": 1 / LEAST_SNAKEMAKE}.get(
            name, float("inf")
        )
        beside = f"{name} {runs.median:.2f} s, {runs.peak:.0f} MiB: {1 / ratio:.1f} x as long as plan"
        yield Finding(f"plan / {name}", limit, ratio, "x", beside)


def _edited(bench: Bench, path: Path) -> Runs:
    shots = iter(range(bench.shots // 10, bench.shots, max(1, bench.shots // 10)))

    def once() -> Run:
        edit_shot(path, next(shots))
        return run(shotpilot("plan", path.name), path.parent)

    return repeat(once)


def _all_in_store(bench: Bench) -> Path:
    from tests.bench.fill import fill_store  # imports the pipeline

    _say(f"a list of {bench.shots} shots with every take in its store")
    path = bench.fresh("cached", bench.shots)
    fill_store(path)
    run(shotpilot("plan", path.name, "--check"), path.parent)
    return path


def _peers(bench: Bench) -> list[Peer]:
    """Every peer that can be had here, with everything made."""
    makers: tuple[Callable[[Bench], Peer | None], ...] = (_ninja, _make, _doit, _snakemake)
    return [peer for maker in makers if (peer := maker(bench)) is not None]


def _ninja(bench: Bench) -> Peer | None:
    program, folder = ninja_program(), bench.folder / "ninja"
    if not program:
        return None
    _say("ninja")
    ninja.write_build(folder, bench.shots)
    ninja.build_once(program, folder)
    return Peer("ninja", (program,), folder)


def _make(bench: Bench) -> Peer | None:
    program, folder = shutil.which("make"), bench.folder / "make"
    if program is None:
        return None
    _say("make")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list.txt").write_text("the list\n")
    (folder / "out").mkdir(exist_ok=True)
    with (folder / "Makefile").open("w") as out:
        out.write(f"all: {' '.join(chain[-1][1] for chain in _chains(bench.shots))}\n")
        for chain in _chains(bench.shots):
            out.writelines(f"{target}: {source}\n\t@: > $@\n" for source, target in chain)
    subprocess.run([program, "-s"], cwd=folder, check=True)
    return Peer("make", (program, "-s"), folder)


def _doit(bench: Bench) -> Peer:
    _say("doit: a first run of every job")
    program, folder = _environment(bench) / "doit", bench.folder / "doit"
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (folder / "list.txt").write_text("the list\n")
    (folder / "dodo.py").write_text(_DODO.format(shots=bench.shots, stages=STAGES))
    subprocess.run([program, "run", "-v", "0"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return Peer("doit", (str(program),), folder)


def _snakemake(bench: Bench) -> Peer:
    _say("Snakemake")
    program, folder = _environment(bench) / "snakemake", bench.folder / "snakemake"
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (folder / "list.txt").write_text("the list\n")
    (folder / "Snakefile").write_text(_SNAKEFILE.format(shots=bench.shots))
    for moment, stage in enumerate(STAGES, 1):  # what a run would leave: later stages a second younger
        for shot in range(bench.shots):
            made = folder / "out" / f"sh{shot:05}_{stage}.png"
            made.touch()
            os.utime(made, (2_000_000_000 + moment, 2_000_000_000 + moment))
    return Peer("Snakemake", (str(program), "-n", "-q", "--rerun-triggers", "mtime"), folder)


def _chains(shots: int) -> Iterator[list[tuple[str, str]]]:
    """For each shot its stages as (source, target)."""
    for shot in range(shots):
        names = ["list.txt", *(f"out/sh{shot:05}_{stage}.png" for stage in STAGES)]
        yield list(pairwise(names))


def _environment(bench: Bench) -> Path:
    """The folder of programs of an environment with the peers in it, made once."""
    home = bench.folder / "environment"
    if not (home / "ready").exists():
        _say(f"installing {' and '.join(PACKAGES)}")
        venv.create(home, with_pip=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True)
        (home / "ready").touch()
    return home / "bin"


def _say(text: str) -> None:
    print(f"{text} ...", file=sys.stderr, flush=True)


_DODO = """\
STAGES = {stages!r}


def task_render():
    for shot in range({shots}):
        source = "list.txt"
        for stage in STAGES:
            target = f"out/sh{{shot:05}}_{{stage}}.png"
            yield {{
                "name": f"sh{{shot:05}}@{{stage}}",
                "actions": [(make, [target])],
                "file_dep": [source],
                "targets": [target],
            }}
            source = target


def make(target):
    open(target, "w").close()
"""

_SNAKEFILE = """\
SHOTS = [f"{{shot:05}}" for shot in range({shots})]

rule all:
    input: expand("out/sh{{shot}}_final.png", shot=SHOTS)

rule iterate:
    input: "list.txt"
    output: "out/sh{{shot}}_iterate.png"
    shell: "touch {{output}}"

rule refine:
    input: "out/sh{{shot}}_iterate.png"
    output: "out/sh{{shot}}_refine.png"
    shell: "touch {{output}}"

rule final:
    input: "out/sh{{shot}}_refine.png"
    output: "out/sh{{shot}}_final.png"
    shell: "touch {{output}}"
"""

if __name__ == "__main__":
    sys.exit(main())
