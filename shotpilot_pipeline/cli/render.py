"""`shotpilot render`: plan, ask, buy."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planlines import plan_lines, totals_lines
from shotpilot_pipeline.cli.progress import watching
from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
from shotpilot_pipeline.cli.screen import Screen, counted, problem_line
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode, Interrupted, KeyOrBalance, UsageError
from shotpilot_pipeline.pipeline.keeping import RunEnd, exit_code_of, summary_json
from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files
from shotpilot_pipeline.pipeline.reading import Reading, read_list, root_of
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.plan import Plan

if TYPE_CHECKING:
    from shotpilot_pipeline.engine.desk import Brake


def _dollars(ctx: click.Context, param: click.Parameter, value: str | None) -> Money | None:
    """An amount of dollars as typed, exactly."""
    if value is None:
        return None
    try:
        money = Money.usd(value.removeprefix("$"))
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it as 12.50", ctx, param) from None
    if money < Money():
        raise click.BadParameter(f"{value} is less than nothing; write it as 12.50", ctx, param)
    return money


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("-y", "--yes", is_flag=True, help="Buy without asking.")
@click.option("--max-cost", metavar="USD", callback=_dollars, help="Spend at most this much in this run.")
@click.option("--behind", is_flag=True, help="Buy earlier stages too that fell behind a bought one.")
@click.option(
    "--unattended", is_flag=True, help="Nobody looks on: no question, no unknown price, exit 3 where a pick is awaited."
)
def command(asked: Asked, file: Path, yes: bool, max_cost: Money | None, unattended: bool, **selection: Any) -> int:
    """Buy what the plan of FILE says, after showing it and asking.

    Every request is written down before it is sent, and sent once: kill a render at any moment and start the same
    command again, and it goes on without buying anything twice. Ctrl-C stops sending; a second one leaves at once.
    The key stands in the environment: FAL_KEY, or FAL_KEY_ID and FAL_KEY_SECRET.
    """
    if asked.rehearsal:
        raise UsageError("a render buys, so it is never a rehearsal; write: shotpilot rehearse FILE")
    screen = Screen(asked)
    refuse_keys_in_files(root_of(file, asked.project))
    reading = read_list(file, asked.project, rehearsal=False)
    from shotpilot_pipeline.engine.desk import Brake  # httpx, anyio and Pillow: only once the list passes
    from shotpilot_pipeline.pipeline.render import Terms, render

    brake = Brake()
    terms = Terms(_key_finder(reading, file), _agreement(reading, screen, yes or unattended), max_cost, unattended)
    try:
        with watching(asked) as watcher:
            end = run_to_the_end(
                lambda: render(reading, wish_of(selection), terms, watcher.hear, brake), _first_signal(brake, screen)
            )
    except Stopped as stop:
        screen.fault(_stopped_words(brake))
        return int(stop.exit_code)
    if end is None:
        screen.message("Nothing was bought.")
        return int(ExitCode.DONE)
    return _told(end, reading, screen, file, unattended)


def _told(end: RunEnd, reading: Reading, screen: Screen, file: Path, complete: bool) -> int:
    for problem in end.problems:
        screen.fault(problem_line(problem, screen))
    if screen.asked.json:
        screen.result_json(summary_json(end, rehearsal=False))
    else:
        screen.result(_summary(end))
        if end.takes_new:
            screen.message(f"Pictures: {reading.places.renders / reading.compiled.show}")
    code = exit_code_of(end, complete=complete)
    if code is ExitCode.UNKNOWN_OUTCOME:
        screen.fault(f"A paid request may have been lost; nothing is sent twice. See: shotpilot reconcile {file}")
    if code is ExitCode.KEY_OR_BALANCE:
        screen.fault("Nothing failed by it: put the account right and run the same command again.")
    return int(code)


def _key_finder(reading: Reading, file: Path) -> Callable[[], str]:
    """Finds the key; where there is none, offers what costs nothing."""

    def find() -> str:
        try:
            return find_key(reading.settings.get("fal", "queue_url"))
        except KeyOrBalance as error:
            raise KeyOrBalance(f"{error}\nWithout a key, for $0: shotpilot rehearse {file}") from None

    return find


def _agreement(reading: Reading, screen: Screen, agreed: bool) -> Callable[[Plan], Awaitable[bool]]:
    """Shows the plan and asks; raises UsageError where there is nobody to ask."""

    async def agree(plan: Plan) -> bool:
        if not screen.asked.quiet or not agreed:
            for line in (*plan_lines(plan, reading.compiled, screen, changes=True),
                         *totals_lines(plan, screen, rehearsal=False)):  # fmt: skip
                click.echo(line, err=True)
        if agreed:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                f"nothing was sent: this would spend ${plan.totals.cost} and there is nobody to ask; add --yes, and "
                "--max-cost USD for a limit"
            )
        question = f"Buy this for ${plan.totals.cost}?"
        return await _confirmed(question)

    return agree


def _first_signal(brake: Brake, screen: Screen) -> Callable[[int], Awaitable[bool]]:
    """What the first Ctrl-C does: nothing more is sent, and on a terminal it is offered to take back what was."""

    async def first(number: int) -> bool:
        code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        brake.stop(Interrupted(code))
        if number != signal.SIGINT or not brake.on_their_way or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return True
        question = (
            f"\nStopped sending. Cancel the {counted(brake.on_their_way, 'request')} on the way? "
            "(no: the next render collects them; Ctrl-C: leave at once)"
        )
        if not await _confirmed(question):
            return True
        await brake.take_back()
        screen.message("Asked the queue to cancel; waiting for what becomes of each.")
        return False

    return first


async def _confirmed(question: str) -> bool:
    """Ask on the terminal without holding up the run, nor a Ctrl-C: the answer is waited for, then read."""
    import anyio  # heavy: kept off the path of --help

    click.echo(f"{question} [y/N]: ", nl=False, err=True)
    await anyio.wait_readable(sys.stdin.fileno())
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _stopped_words(brake: Brake) -> str:
    left = brake.on_their_way
    goes_on = "What was finished is kept; the same command goes on."
    if not left:
        return f"Stopped. {goes_on}"
    are = "is" if left == 1 else "are"
    return f"Stopped; {counted(left, 'request')} {are} still on the way and will be collected. {goes_on}"


def _summary(end: RunEnd) -> str:
    counts = [f"{end.count(outcome):,} {outcome.value}" for outcome in Outcome if end.count(outcome)]
    charged = Money() if end.charged is None else end.charged
    reserved = f", ${end.reserved} reserved for requests not yet decided" if end.reserved else ""
    if not end.takes_new and not charged:
        return f"Nothing new: {', '.join(counts) or 'no tasks'}. ${charged} spent{reserved}."
    return f"{counted(end.takes_new, 'take')} bought; {', '.join(counts)}. ${charged} spent{reserved}."
