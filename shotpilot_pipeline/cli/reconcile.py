"""`shotpilot reconcile`: lost requests decided, charges compared with the bill."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_address
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.progress import watching
from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, UsageError
from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files
from shotpilot_pipeline.pipeline.reading import read_list, root_of
from shotpilot_pipeline.pipeline.trip import shot_of
from shotpilot_pipeline.values.money import Money

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.reconciling import Lost, Reconciliation
    from shotpilot_pipeline.queue.ledger.rows import LedgerRoll

_MOST_PROMPT = 160  # characters of a prompt that are shown


@click.command()
@asking
@click.argument("file", type=ListFile())
@click.argument("address", nargs=-1, shell_complete=complete_address)
@click.option("--all", "everything", is_flag=True, help="Decide about every unknown request.")
@click.option("--adopt", default="", metavar="ID", help="The lost request is this one: collect it.")
@click.option("--write-off", is_flag=True, help="Give it up: it counts as paid, and its takes may be bought anew.")
@click.option("--send-again", is_flag=True, help="It was never accepted: the next render buys it anew.")
def command(
    asked: Asked, file: Path, address: tuple[str, ...], everything: bool, adopt: str, write_off: bool, send_again: bool
) -> int:
    """Show requests of FILE whose answer was lost, look for them again, and decide them.

    A lost request may have been paid, so it is never sent again by itself. One that is found in the account's list is
    adopted and collected; the others are yours to decide, by ADDRESS or --all. Charges are compared with the bill where
    the key may read it. With --rehearsal it is about the requests of fire drills, and costs nothing.
    """
    if (bool(adopt) + write_off + send_again) > 1:
        raise UsageError("--adopt, --write-off and --send-again are three decisions; give one")
    screen = Screen(asked)
    refuse_keys_in_files(root_of(file, asked.project), file)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.drilling import drill_seller
    from shotpilot_pipeline.pipeline.reconciling import Decision, reconcile, reconciliation_json

    decision = Decision(adopt, write_off, send_again, address, everything)
    seller = drill_seller(reading) if asked.rehearsal else None
    find = partial(find_key, reading.settings.get("fal", "queue_url"))
    try:
        with watching(asked) as watcher:
            done = run_to_the_end(lambda: reconcile(reading, decision, find, watcher.hear, seller))
    except Stopped as stop:
        screen.fault("Stopped. What was decided stands; the same command goes on.")
        return int(stop.exit_code)
    if asked.json:
        screen.result_json(reconciliation_json(done))
    else:
        for one in address if not (adopt or write_off or send_again) else ():
            if not any(one.partition("#")[0] in (roll.address, shot_of(roll.address)) for roll in _rolls(done)):
                screen.message(f"{one}: no request of this name is open.")
        screen.result("\n".join(_lines(done, file, " --rehearsal" if asked.rehearsal else "")))
    return int(ExitCode.UNKNOWN_OUTCOME if done.lost else ExitCode.DONE)


def _rolls(done: Reconciliation) -> Iterator[LedgerRoll]:
    """Every request that something was found out about, or is still to be decided."""
    yield from (*done.adopted, *done.written_off, *done.released, *(lost.roll for lost in done.lost))


def _lines(done: Reconciliation, file: Path, more: str) -> Iterator[str]:
    for word, rolls in (("found and adopted", done.adopted), ("written off", done.written_off),
                        ("to be bought anew by the next render", done.released)):  # fmt: skip
        for roll in rolls:
            yield f"{roll.address}  {word}"
    if done.takes:
        yield f"{counted(done.takes, 'take')} collected"
    for lost in done.lost:
        yield from _lost_lines(lost)
    yield from done.notes
    if done.bill is not None:
        yield from _bill_lines(done)
    if done.lost:
        yield f"{counted(len(done.lost), 'request')} to decide. Decide each by its address:"
        yield f"  shotpilot reconcile {file}{more} ADDRESS --adopt ID | --write-off | --send-again"
    elif done.open:
        yield f"{counted(done.open, 'accepted request')} on the way; the next render collects what it can."
    else:
        yield "Every request is decided."


def _lost_lines(lost: Lost) -> Iterator[str]:
    roll = lost.roll
    price = "price unknown" if roll.price is None else f"${Money(roll.price)}"
    takes = f"{'take' if len(roll.takes) == 1 else 'takes'} {', '.join(map(str, roll.takes))}"
    word = "accepted, and not to be had" if lost.why else "unknown"
    yield f"{roll.address}  {word}: {takes}, sent {roll.sending_at} to {roll.queue}, {price}"
    prompt = " ".join(str(roll.body.get("prompt", "")).split())
    yield f"    {prompt[:_MOST_PROMPT]}{'…' if len(prompt) > _MOST_PROMPT else ''}"
    if lost.why:
        yield f"    request {roll.request_id}: {lost.why}"
    elif lost.found is not None and lost.found.request_ids:
        yield f"    the account's list has these with the same body: {', '.join(lost.found.request_ids)}"
    elif lost.found is not None:
        yield "    not in the account's list, which proves nothing: it may lag"


def _bill_lines(done: Reconciliation) -> Iterator[str]:
    assert done.bill is not None
    for one in done.bill.corrected:
        before = "nothing" if one.before is None else f"${Money(one.before)}"
        yield f"{one.address}  the bill says ${Money(one.after)}, booked was {before}; the bill counts"
    if done.bill.confirmed:
        yield f"{counted(done.bill.confirmed, 'charge')} as billed"
