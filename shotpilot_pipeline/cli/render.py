"""`shotpilot render`: plan, ask, buy."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_address
from shotpilot_pipeline.cli.options import Asked, asking, dollars
from shotpilot_pipeline.cli.planfile import list_of, plan_to_carry_out, refusals_told, refuse_other_list
from shotpilot_pipeline.cli.planlines import plan_lines, totals_lines
from shotpilot_pipeline.cli.progress import aside, watching
from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
from shotpilot_pipeline.cli.screen import Screen, counted, left_line, problem_line
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode, Interrupted, KeyOrBalance, UsageError
from shotpilot_pipeline.pipeline.keeping import RunEnd, exit_code_of, summary_json
from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files
from shotpilot_pipeline.pipeline.plandoc import PlanDoc
from shotpilot_pipeline.pipeline.reading import Reading, read_list, root_of
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.rulings import attempt_of

if TYPE_CHECKING:
    from shotpilot_pipeline.catalog.live import PriceChange
    from shotpilot_pipeline.engine.desk import Brake
    from shotpilot_pipeline.pipeline.render import Terms
    from shotpilot_pipeline.pipeline.saved import SavedPlan


@click.command()
@asking
@click.argument("file", type=ListFile(), required=False)
@selecting
@click.option(
    "--plan", "saved", type=click.Path(path_type=Path), metavar="PLAN", help="Carry out exactly this saved plan, once."
)
@click.option("-y", "--yes", is_flag=True, help="Buy without asking.")
@click.option("--max-cost", metavar="USD", callback=dollars, help="Spend at most this much in this run.")
@click.option("--behind", is_flag=True, help="Buy earlier stages too that fell behind a bought one.")
@click.option(
    "--unattended", is_flag=True, help="Nobody looks on: no question, no unknown price, exit 3 where a pick is awaited."
)
@click.option(
    "--again",
    multiple=True,
    metavar="ADDRESS[=N]",
    shell_complete=complete_address,
    help="Shoot it again: as many takes more, once.",
)
@click.option("--why", default="", metavar="TEXT", help="Why it is shot again; kept with who and when.")
@click.option("--undo", is_flag=True, help="With --again: take the last further attempt back; what came stays.")
def command(
    asked: Asked, file: Path | None, saved: Path | None, yes: bool, max_cost: Money | None, unattended: bool,
    again: tuple[str, ...], why: str, undo: bool, **selection: Any,
) -> int:  # fmt: skip
    """Buy what the plan of FILE says, after showing it and asking.

    With --plan PLAN (from `plan -o`) exactly that is bought, once and without asking; FILE need not be said. When
    anything moved since, or the plan was carried out before, nothing is sent: exit 2, and what moved by name.

    Every request is written down before it is sent, and sent once: kill a render at any moment and start the same
    command again, and it goes on without buying anything twice. Ctrl-C stops sending; a second one leaves at once.
    The key stands in the environment: FAL_KEY, or FAL_KEY_ID and FAL_KEY_SECRET.
    --again ADDRESS writes a second attempt down in NAME.rulings and buys it; the same command again buys no third,
    which is --again ADDRESS=3. Only those addresses are rendered, with what SELECT names besides.
    """
    if asked.rehearsal:
        raise UsageError("a render buys, so it is never a rehearsal; write: shotpilot rehearse FILE")
    screen, wish, plan = Screen(asked), wish_of(selection), None
    attempts = tuple(_attempt(text) for text in again)
    with refusals_told(saved, screen):
        if saved is not None:
            if attempts or undo or why:
                raise UsageError("a saved plan is carried out as it is; ask for a further attempt without --plan")
            plan = plan_to_carry_out(saved, file, wish, max_cost, asked.project)
            file, wish = file or list_of(plan, asked.project), plan.doc.wish
        if file is None:
            raise UsageError("name the shot list: shotpilot render FILE, or a saved plan: shotpilot render --plan PLAN")
        refuse_keys_in_files(root_of(file, asked.project), file)
        reading = read_list(file, asked.project, rehearsal=False, scenes=True)
        if plan is not None:
            refuse_other_list(plan, reading)
        if undo or (why and not again):
            return _undone(reading, attempts, undo, screen)
        from shotpilot_pipeline.pipeline.render import Terms  # httpx, anyio and Pillow: only once the list passes

        agree = _apart(_agreement(screen, agreed=yes or unattended, limited=max_cost is not None))
        terms = Terms(_key_finder(reading, file), agree, max_cost, unattended, attempts, why)
        return _carried_out(reading, _with_again(wish, attempts), terms, plan, screen, file)


def _carried_out(reading: Reading, wish: Wish, terms: Terms, plan: SavedPlan | None, screen: Screen, file: Path) -> int:
    from shotpilot_pipeline.engine.desk import Brake
    from shotpilot_pipeline.pipeline.render import render

    brake = Brake()
    try:
        with watching(screen.asked) as watcher:
            end = run_to_the_end(
                lambda: render(reading, wish, terms, watcher.hear, brake, saved=plan), _first_signal(brake, screen)
            )
    except Stopped as stop:
        screen.fault(_stopped_words(brake))
        return int(stop.exit_code)
    if end is None:
        screen.message("Nothing was bought.")
        return int(ExitCode.DONE)
    return _told(end, reading, screen, file, terms.unattended)


def _attempt(text: str) -> tuple[str, int]:
    """ADDRESS or ADDRESS=N as typed; a take at its end is left away, as printed addresses may have one."""
    address, equals, number = text.partition("=")
    if equals and not (number.isascii() and number.isdigit() and int(number) >= 2):
        raise UsageError(f"--again {text}: the number of an attempt is 2 or more, as in --again {address}=3")
    return address.partition("#")[0], int(number or 0)


def _with_again(wish: Wish, attempts: Sequence[tuple[str, int]]) -> Wish:
    """The wish, for the addresses that are shot again and what was selected besides."""
    return replace(wish, selectors=(*wish.selectors, *(address for address, _ in attempts))) if attempts else wish


def _undone(reading: Reading, attempts: Sequence[tuple[str, int]], undo: bool, screen: Screen) -> int:
    """Take further attempts back. Raises UsageError where none is named."""
    if not attempts:
        option = "--undo" if undo else "--why"
        raise UsageError(f"{option} belongs to --again ADDRESS")
    from shotpilot_pipeline.pipeline.ruling import ruling_json, take_back_attempts

    gone = take_back_attempts(reading, attempts)
    if screen.asked.json:
        screen.result_json({"taken_back": [ruling_json(ruling) for ruling in gone]})
    else:
        for ruling in gone:
            number = attempt_of(ruling.what).number
            screen.result(f"{ruling.address}  attempt {number} is taken back; what it brought stays")
    return int(ExitCode.DONE)


def _told(end: RunEnd, reading: Reading, screen: Screen, file: Path, complete: bool) -> int:
    for problem in end.problems:
        screen.fault(problem_line(problem, screen))
    if screen.asked.json:
        screen.result_json(summary_json(end, rehearsal=False))
    else:
        screen.result(_summary(end))
        if end.left is not None:
            screen.result(left_line(end.left))
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


def _agreement(
    screen: Screen, *, agreed: bool, limited: bool
) -> Callable[[PlanDoc, Sequence[PriceChange]], Awaitable[bool]]:
    """Shows the plan and asks; raises UsageError where there is nobody to ask, or nobody saw what it costs today.

    `limited`: a limit stands on the command line, so that a dearer picture cannot pass what was thought of.
    """

    async def agree(doc: PlanDoc, changes: Sequence[PriceChange]) -> bool:
        if not screen.asked.quiet or not agreed:
            for line in (*plan_lines(doc, screen, changes=True), *_price_lines(changes), *totals_lines(doc, screen)):
                click.echo(line, err=True)
        if agreed:
            _refuse_dearer(doc.plan, changes, limited)
            return True
        totals = doc.plan.totals
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                f"nothing was sent: this would spend ${totals.cost_of_run} and there is nobody to ask; add --yes, and "
                "--max-cost USD for a limit"
            )
        follows = f" now, then ${totals.cost_following} that follows by rule" if totals.cost_following else ""
        return await _confirmed(f"Buy this for ${totals.cost}{follows}?")

    return agree


def _refuse_dearer(plan: Plan, changes: Sequence[PriceChange], limited: bool) -> None:
    """Raises UsageError where nobody is asked and a picture costs more than the plan showed before today."""
    for change in changes:
        if change.now is None:
            raise UsageError(f"nothing was sent: {change}. Run it on a terminal without --yes, and answer")
        if change.dearer and not limited:
            raise UsageError(
                f"nothing was sent: {change}. Nobody was asked about that, so say what may be spent (this plan comes "
                f"to ${plan.totals.cost} now, ${plan.totals.cost_at_most} at most): --max-cost USD"
            )


def _price_lines(changes: Sequence[PriceChange]) -> list[str]:
    return [f"{change}." for change in changes] + (["The sums here are at today's prices."] if changes else [])


def _apart(
    agree: Callable[[PlanDoc, Sequence[PriceChange]], Awaitable[bool]],
) -> Callable[[PlanDoc, Sequence[PriceChange]], Awaitable[bool]]:
    """Shows and asks while no bar moves."""

    async def agreed(doc: PlanDoc, changes: Sequence[PriceChange]) -> bool:
        with aside():
            return await agree(doc, changes)

    return agreed


def _first_signal(brake: Brake, screen: Screen) -> Callable[[int], Awaitable[bool]]:
    """What the first Ctrl-C does: nothing more is sent, and on a terminal it is offered to take back what was."""

    async def first(number: int) -> bool:
        code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        brake.stop(Interrupted(code))
        if number != signal.SIGINT or not brake.on_their_way or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return True
        question = (
            f"Stopped sending. Cancel the {counted(brake.on_their_way, 'request')} on the way? "
            "(no: the next render collects them; Ctrl-C: leave at once)"
        )
        with aside():
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
