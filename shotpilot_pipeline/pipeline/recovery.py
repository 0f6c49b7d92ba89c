"""What stopped runs left in the ledger, brought to its end before anything new is planned. Buys nothing.

    intended     it never left this machine                     released, and planned anew
    sending      nobody knows whether it was accepted           unknown
    unknown      looked for in the account's list of requests   adopted on one match, else left to a person
    submitted    asked for like a roll that was just sent       collected, kept, closed; or it stays open

Runs under the show's lock, so that nobody else moves these rolls meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from shotpilot_pipeline.engine.collecting import RollEnd
from shotpilot_pipeline.engine.desk import Brake
from shotpilot_pipeline.engine.local import OpenRoll, collect
from shotpilot_pipeline.engine.shop import Limits, Roll, Shop
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import LedgerRoll, State
from shotpilot_pipeline.queue.ledger.search import Found, Verdict, search
from shotpilot_pipeline.queue.protocol import Submitted
from shotpilot_pipeline.values.event import Event, Note


class Recovered(NamedTuple):
    """What came of what was left."""

    released: int = 0
    adopted: int = 0
    rolls: tuple[tuple[LedgerRoll, RollEnd], ...] = ()  # that were collected, with how each ended


def needs_recovery(ledger: Ledger, show: str, queue: str) -> bool:
    """Whether a stopped run left anything at this queue."""
    return any(roll.queue == queue for roll in (*ledger.unfinished(show), *ledger.unknowns(show)))


def release_unsent(ledger: Ledger, show: str) -> tuple[int, int]:
    """Settle what can be settled without asking anybody. Returns how many were released, and how many are unknown.

    Works for every queue: what was only intended was sent nowhere.
    """
    released = unknown = 0
    for roll in ledger.unfinished(show):
        if roll.state is State.INTENDED:
            ledger.released(roll.id, "the run ended before it was sent", _now())
            released += 1
        elif roll.state is State.SENDING:
            ledger.unknown(roll.id, "the run ended before the answer came", _now())
            unknown += 1
    return released, unknown


async def adopt_found(
    ledger: Ledger, client: QueueClient, show: str, tell: Callable[[Event], None]
) -> dict[int, Found]:
    """Look for every unknown roll in the account's list; where one request matches, the roll goes on as submitted.

    Returns what was found of each. A list that cannot be read changes nothing: it is told, and asked for next time.
    """
    lost = [roll for roll in ledger.unknowns(show) if roll.queue == client.hosts.queue]
    if not lost:
        return {}
    try:
        found = await search(client, lost, ledger.request_ids())
    except (TakesFailed, KeyOrBalance) as error:
        tell(Note("", f"lost requests could not be looked for: {error}"))
        return {}
    for roll in lost:
        known = found.get(roll.id)
        if known is not None and known.verdict is Verdict.ONE:
            ledger.adopt(roll.id, client.rebuilt(roll.endpoint, known.request_ids[0]), _now())
            tell(Note(roll.address, "a lost request was found in the account's list; it is not sent again"))
    return found


async def recover(
    ledger: Ledger, shop: Shop, tell: Callable[[Event], None], limits: Limits, brake: Brake | None = None
) -> Recovered:
    """Settle and collect everything that stopped runs of the show left at this queue.

    Raises ShotpilotError only for the ledger itself; faults of single rolls leave them as they are.
    """
    released, _ = release_unsent(ledger, shop.show)
    found = await adopt_found(ledger, shop.client, shop.show, tell)
    adopted = sum(one.verdict is Verdict.ONE for one in found.values())
    return Recovered(released, adopted, await collect_left(ledger, shop, tell, limits, brake))


async def collect_left(
    ledger: Ledger, shop: Shop, tell: Callable[[Event], None], limits: Limits, brake: Brake | None = None
) -> tuple[tuple[LedgerRoll, RollEnd], ...]:
    """Collect every roll of the show that was accepted at this queue; each with how it ended."""
    queue = shop.client.hosts.queue
    left = [roll for roll in ledger.unfinished(shop.show) if roll.state is State.SUBMITTED and roll.queue == queue]
    if not left:
        return ()
    counted = "1 accepted request is" if len(left) == 1 else f"{len(left)} accepted requests are"
    tell(Note("", f"{counted} collected first"))
    ends = await collect([_as_open(roll) for roll in left], shop, tell, limits, brake)
    return tuple(zip(left, ends, strict=True))


def _as_open(roll: LedgerRoll) -> OpenRoll:
    """The engine's view of a line of the ledger."""
    asked = Roll(roll.address, roll.endpoint, roll.form, roll.key, roll.takes, roll.panels, roll.picture_price)
    submitted = Submitted(roll.request_id, roll.status_url, roll.response_url, roll.cancel_url)
    return OpenRoll(asked, submitted, max(0.0, (_now() - datetime.fromisoformat(roll.submitted_at)).total_seconds()))


def _now() -> datetime:
    return datetime.now(UTC)
