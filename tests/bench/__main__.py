"""`python -m tests.bench`: measure every promise, print one table, exit 1 when one is broken."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench import promises
from tests.bench.measure import ninja_program
from tests.bench.queueing import queue_is_filled
from tests.bench.rehearsing import rehearsing_is_cheap
from tests.bench.reviewing import review_is_quick
from tests.bench.table import Finding, as_json, as_table

SCENARIOS = {
    "help": promises.help_is_instant,
    "check": promises.first_check,
    "plan": promises.second_plan,
    "edited": promises.one_shot_edited,
    "checked": promises.one_shot_checked,
    "cached": promises.all_cached,
    "linear": promises.linear,
    "rehearse": rehearsing_is_cheap,
    "queue": queue_is_filled,
    "review": review_is_quick,
    "peak": promises.peak_memory,
}
NO_NINJA = (
    "ninja is not on this machine, so there is no ratio to it: `apt-get install ninja-build`, or `pip install ninja`"
)


def main(arguments: list[str] | None = None) -> int:
    """Measure the scenarios asked for (all by default)."""
    asked = _parser().parse_args(arguments)
    if not ninja_program():
        print(NO_NINJA, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="bench-") as own:
        folder = asked.folder or Path(own)
        folder.mkdir(parents=True, exist_ok=True)
        found = _measure(promises.Bench(folder.resolve(), asked.shots), asked.scenario or list(SCENARIOS))
    print(json.dumps(as_json(found), indent=2) if asked.json else as_table(found))
    return 0 if all(finding.kept for finding in found) else 1


def _measure(bench: promises.Bench, names: list[str]) -> list[Finding]:
    found: list[Finding] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found += SCENARIOS[name](bench)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="default: all of them, in this order")
    parser.add_argument("--shots", type=int, default=10_000, help="length of the long list (10000)")
    parser.add_argument("--folder", type=Path, help="work here and leave everything there, to look at or to run again")
    parser.add_argument("--json", action="store_true", help="write the findings as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
