"""`shotpilot rehearse`: the whole trip for $0."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking, dollars
from shotpilot_pipeline.cli.progress import watching
from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
from shotpilot_pipeline.cli.screen import Screen, counted, left_line, problem_line
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.pipeline.keeping import RunEnd, exit_code_of, summary_json
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.faults import Drill

_BROKEN = (Outcome.FAILED, Outcome.REFUSED, Outcome.BLOCKED)


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="A fire drill: the queue misbehaves as this plan says.",
)
@click.option("--max-cost", metavar="USD", callback=dollars, help="Try a limit: what a render would spend at most.")
def command(asked: Asked, file: Path, faults: Path | None, max_cost: Money | None, **selection: Any) -> int:
    """Make the whole trip of FILE for $0: every stage to the end, with drawn slates for pictures.

    Takes are picked by the rehearsal's own picks, else by the rule `first`. Everything lands in
    .shotpilot/rehearsal/ and never counts as bought. A second run has nothing left to do. With --faults or --max-cost
    it goes the way of a render, ledger and budgets included; stop it at any moment and start it again.
    """
    asked = replace(asked, rehearsal=True)
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=True)
    drill = _drill(faults) if faults else None
    from shotpilot_pipeline.pipeline.drilling import fire_drill  # httpx, anyio and Pillow: only once the list passes
    from shotpilot_pipeline.pipeline.rehearsal import rehearse

    wish = wish_of(selection)
    try:
        with watching(asked) as watcher:
            end = run_to_the_end(
                lambda: (
                    fire_drill(reading, wish, watcher.hear, drill, max_cost)
                    if drill or max_cost is not None
                    else rehearse(reading, wish, watcher.hear)
                )
            )
    except Stopped as stop:
        screen.fault("Stopped. What was finished is kept; the same command goes on.")
        return int(stop.exit_code)
    for problem in end.problems:
        screen.fault(problem_line(problem, screen))
    if drill:
        screen.message(_drilled(drill))
    if asked.json:
        screen.result_json(summary_json(end, rehearsal=True))
    else:
        _tell(end, reading.places.renders / reading.compiled.show, file, screen)
    code = exit_code_of(end)
    if code is ExitCode.UNKNOWN_OUTCOME:
        screen.fault(f"A request of a drill may have been lost. See: shotpilot reconcile {file} --rehearsal")
    return int(code)


def _tell(end: RunEnd, pictures: Path, file: Path, screen: Screen) -> None:
    """What came of it, for a person, and where to look."""
    screen.result(_summary(end))
    if end.left is not None:
        screen.result(left_line(end.left))
    screen.message(f"Pictures: {pictures}")
    if end.takes_new:
        screen.message(f"Contact sheet: shotpilot report {file} --rehearsal")


def _drill(plan: Path) -> Drill:
    from shotpilot_pipeline.pipeline.faults import Drill, read_faults  # the YAML reader, for a drill only

    return Drill(read_faults(plan))


def _drilled(drill: Drill) -> str:
    """What the queue did and saw, a line for each fault."""
    count = sum(drill.injected.values())
    lines = [f"  {times:,} x {fault}" for fault, times in drill.injected.most_common()]
    head = f"Fire drill: {counted(count, 'fault')}; {counted(drill.accepted, 'roll')} accepted, worth ${drill.billed}."
    return "\n".join([head, *lines])


def _summary(end: RunEnd) -> str:
    counts = [f"{end.count(outcome):,} {outcome.value}" for outcome in Outcome if end.count(outcome)]
    if not end.takes_new and all(task.outcome not in _BROKEN for task in end.ends):
        return f"Nothing to do: {', '.join(counts) or 'no tasks'}. $0.00 spent."
    would = f"a render would cost ${end.cost}" + (f" and {end.unpriced} unpriced" if end.unpriced else "")
    if end.charged is not None:
        held = f", with ${end.reserved} held for requests not yet decided" if end.reserved else ""
        would = f"a render would have been charged ${end.charged}{held}"
    return f"{counted(end.takes_new, 'take')} made; {', '.join(counts)}. $0.00 spent; {would}."
