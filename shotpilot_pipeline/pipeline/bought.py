"""What the ledger says of a list's requests, as a plan needs to know it. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from shotpilot_pipeline.pipeline.reading import Reading

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.ledger.ledger import Ledger
    from shotpilot_pipeline.queue.ledger.rows import LedgerRoll


class Bought(NamedTuple):
    """By render key: requests whose fate is open, that were refused as they stand, that failed last; each with why."""

    undecided: Mapping[str, str]
    refused: Mapping[str, str]
    failed: Mapping[str, str]


def bought_of(reading: Reading) -> Bought | None:
    """What the ledger of the list says; None where there is none, or in a rehearsal. Raises LedgerDamaged."""
    if reading.places.rehearsal or not reading.places.ledger.exists():
        return None
    # The ledger costs some milliseconds to import; a plan of a show that never bought anything does not pay them.
    from shotpilot_pipeline.queue.ledger.ledger import Ledger

    with Ledger(reading.places.ledger, reading=True) as ledger:
        return bought_in(ledger, reading)


def bought_in(ledger: Ledger, reading: Reading) -> Bought:
    """The same from an open ledger. Only requests of the queue that is configured now count."""
    queue, show = reading.settings.get("fal", "queue_url"), reading.compiled.show
    undecided = {key: why for key, rolls in ledger.open_by_key(show).items() if (why := _why(rolls, queue))}
    return Bought(undecided, ledger.refused_keys(show, queue), ledger.failed_keys(show, queue))


def _why(rolls: Sequence[LedgerRoll], queue: str) -> str:
    """What is open of one key, gravest first; "" where nothing is that could have been accepted."""
    open_ones = [roll for roll in rolls if roll.queue == queue and roll.state != "intended"]
    lost = next((roll for roll in open_ones if roll.state != "submitted"), None)
    if lost is not None:
        when = lost.sending_at.replace("T", " ").partition(".")[0]
        return f"{_takes(lost.takes)} may be paid: the answer to the request of {when} UTC was lost; see `reconcile`"
    if open_ones:
        return f"{_takes(open_ones[0].takes)} is on its way at the queue; the next render collects it"
    return ""


def _takes(numbers: Sequence[int]) -> str:
    return f"take {numbers[0]}" if len(numbers) == 1 else f"the roll of takes {numbers[0]}-{numbers[-1]}"
