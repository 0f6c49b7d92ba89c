"""What the ledger says of a list's requests, as a plan needs to know it. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.values.origin import REHEARSAL_QUEUE, may_be_the_same

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.ledger.ledger import Ledger
    from shotpilot_pipeline.queue.ledger.rows import LedgerRoll


class Bought(NamedTuple):
    """By render key: requests whose fate is open, that were refused as they stand, that failed last; each with why."""

    undecided: Mapping[str, str]
    refused: Mapping[str, str]
    failed: Mapping[str, str]


def bought_of(reading: Reading) -> Bought | None:
    """What the ledger of the list says; None where there is none. Raises LedgerDamaged.

    In a rehearsal, what a fire drill left open counts; what it refused does not: slates cost nothing.
    """
    path = reading.places.ledger
    if not (path.exists() or path.with_name(f"{path.name}-spare").exists()):
        return None
    # The ledger costs some milliseconds to import; a plan of a show that never bought anything does not pay them.
    from shotpilot_pipeline.queue.ledger.ledger import Ledger

    with Ledger(path, reading=True) as ledger:  # says so where it is gone and its spare room is left
        bought = bought_in(ledger, reading)
    return bought._replace(refused={}) if reading.places.rehearsal else bought


def bought_in(ledger: Ledger, reading: Reading) -> Bought:
    """The same from an open ledger. What is open at any queue that may be the same service counts, whoever asked;
    refusals and failures count at the queue that is configured now."""
    queue, show = queue_of(reading), reading.compiled.show
    undecided = {key: why for key, rolls in ledger.open_by_key().items() if (why := _why(rolls, queue, show))}
    return Bought(undecided, ledger.refused_keys(show, queue), ledger.failed_keys(show, queue))


def queue_of(reading: Reading) -> str:
    """The base URL of the queue that the list is rendered, or rehearsed, at."""
    return REHEARSAL_QUEUE if reading.places.rehearsal else str(reading.settings.get("fal", "queue_url"))


def _why(rolls: Sequence[LedgerRoll], queue: str, show: str) -> str:
    """What is open of one key, gravest first; "" where nothing is that could have been accepted."""
    open_ones = [roll for roll in rolls if may_be_the_same(queue, roll.queue) and roll.state != "intended"]
    lost = next((roll for roll in open_ones if roll.state != "submitted"), None)
    if lost is not None:
        when = lost.sending_at.replace("T", " ").partition(".")[0]
        see = _elsewhere(lost, queue, show) or "see `reconcile`"
        return f"{_takes(lost.takes)} may be paid: the answer to the request of {when} UTC was lost; {see}"
    if open_ones:
        there = _elsewhere(open_ones[0], queue, show) or "the next render collects it; if it cannot, see `reconcile`"
        return f"{_takes(open_ones[0].takes)} is on its way at the queue; {there}"
    return ""


def _elsewhere(roll: LedgerRoll, queue: str, show: str) -> str:
    """What brings an end to a request that a render of this show, at this queue, does not look after; else ""."""
    if roll.show != show:
        return (
            f"the show {roll.show} asked for it, so render that one first (after a change of name: under the old one)"
        )
    return "" if roll.queue == queue else f"it went to {roll.queue}, so set fal.queue_url to that and render once"


def _takes(numbers: Sequence[int]) -> str:
    return f"take {numbers[0]}" if len(numbers) == 1 else f"the roll of takes {numbers[0]}-{numbers[-1]}"
