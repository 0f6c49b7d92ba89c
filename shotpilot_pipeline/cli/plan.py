"""`shotpilot plan`: what is cached, what would be bought, why, and for how much."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planlines import plan_lines, totals_lines
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.trip import known_of, plan_list
from shotpilot_pipeline.values.plan import plan_as_json


@click.command()
@asking
@click.argument("file", type=click.Path(path_type=Path))
@selecting
@click.option("--check", is_flag=True, help="Exit 1 when there is something to buy, like `make -q`.")
@click.option("--changes", is_flag=True, help="Leave out what is cached, held or omitted.")
@click.option("--behind", is_flag=True, help="Buy earlier stages too that fell behind a bought one.")
def command(asked: Asked, file: Path, check: bool, changes: bool, **selection: object) -> int:
    """Say what a render of FILE would do: for each shot at each stage an action, a reason and a price.

    \b
    + new   ^ top-up   ~ changed   = cached   ? waiting   ! stale pick
    < behind a bought stage   x blocked   - held or omitted   !! unknown
    Nothing is sent. SELECT narrows it: addresses with globs (sc01*/sh0?0@final), stage:, scene:, tag:, cast:,
    +X (with what it needs), X+ (with what needs it), A,B (both hold).
    """
    gc.disable()  # a short life with hundreds of thousands of small values and no cycles: a quarter of the time
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    known = known_of(reading.places, reading.compiled.moved, bought_of(reading))
    plan = plan_list(reading, wish_of(selection), known)
    if asked.json:
        screen.result_json(plan_as_json(plan))
    else:
        screen.result("\n".join(plan_lines(plan, reading.compiled, screen, changes=changes)))
        screen.result("\n".join(totals_lines(plan, screen, rehearsal=asked.rehearsal)))
    return int(ExitCode.WORK_TO_BUY if check and plan.totals.rolls else ExitCode.DONE)
