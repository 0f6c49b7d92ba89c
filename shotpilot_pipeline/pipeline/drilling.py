"""A fire drill: a render against the rehearsal queue that misbehaves as told, with a ledger of the rehearsal's own.

The same steps as a render (pipeline/render.py is what runs): intents, reservations, budgets, unknown outcomes. The
queue remembers what it accepted from one command to the next, so a drill may be killed, gone on with, and reconciled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from shotpilot_pipeline.catalog.live import PriceChange
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.pipeline.bought import queue_of
from shotpilot_pipeline.pipeline.faults import Drill
from shotpilot_pipeline.pipeline.keeping import RunEnd
from shotpilot_pipeline.pipeline.paying import Seller, limits_of
from shotpilot_pipeline.pipeline.plandoc import PlanDoc
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.recovery import needs_recovery, recover
from shotpilot_pipeline.pipeline.render import Terms, render
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.ledger.charge import unit_prices
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.rehearsal.doors import KEY, rehearsal_client
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.memory import Memory
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.slates.draw import draw_roll
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event
from shotpilot_pipeline.values.money import Money

#: In a fire drill nobody waits for minutes: seconds until a silent or dripping answer is given up.
DRILL_TIMEOUTS = Timeouts(connect=2.0, submit=4.0, read=3.0, answer=6.0, upload=10.0, download=10.0)
DRILL_DEADLINE = 60.0  # seconds of one roll


async def fire_drill(
    reading: Reading,
    wish: Wish,
    tell: Callable[[Event], None],
    drill: Drill | None = None,
    max_cost: Money | None = None,
) -> RunEnd:
    """Carry out what the plan of `wish` says at a queue that misbehaves as `drill` says, which notes what it saw.

    Budgets hold as in a render. Raises what a render raises, except for a key.
    """
    seller = drill_seller(reading, drill, anew=True)
    end = await render(reading, wish, Terms(lambda: KEY, _agreed, max_cost), tell, seller=seller)
    assert end is not None  # nobody was asked
    return end


async def _agreed(doc: PlanDoc, changes: Sequence[PriceChange]) -> bool:
    return True


def drill_seller(reading: Reading, drill: Drill | None = None, *, anew: bool = False) -> Seller:
    """The rehearsal queue as it stood when the last drill ended; behind faults, where there is a `drill`.

    `anew`: what it remembers is forgotten where nothing of it is open.
    """
    queues: list[tuple[RehearsalQueue, int]] = []

    def opened() -> QueueClient:
        """Under the show's lock, so that nobody else changes meanwhile what the queue remembers."""
        queue = RehearsalQueue(models_of(reading.catalog), draw_roll)
        memory = Memory(reading.places.drill)
        if anew and not anything_open(reading):
            memory.forget()
        memory.give_to(queue)
        queues.append((queue, queue.accepted))
        liar = Liar(queue, drill.plan) if drill else None
        return rehearsal_client(queue, liar, timeouts=DRILL_TIMEOUTS if drill else None)

    def note(run: Path) -> None:
        if drill is not None and queues:
            drill.note(*queues[0], run)

    limits = limits_of(reading.settings)
    limits = replace(limits, deadline=DRILL_DEADLINE) if drill else limits
    return Seller(queue_of(reading), opened, limits, lambda ledger, client: None, note, plays=True)


def anything_open(reading: Reading) -> bool:
    """Whether a drill of any list of this root left a request that is not over."""
    if not reading.places.ledger.exists():
        return False
    with Ledger(reading.places.ledger, reading=True) as ledger:
        return bool(ledger.unfinished() or ledger.unknowns())


async def settle_drill(reading: Reading, store: Store, tell: Callable[[Event], None]) -> None:
    """Bring what a drill of this list left open to its end, as a render does before it plans. Runs under the show's
    lock; what stays unknown is for a person (`reconcile --rehearsal`)."""
    show = reading.compiled.show
    if not anything_open(reading):
        return
    with Ledger(reading.places.ledger) as ledger:
        if not needs_recovery(ledger, show, queue_of(reading)):
            return
        seller = drill_seller(reading)
        async with seller.open() as client:
            prices = unit_prices(reading.catalog)
            book = LedgerBook(ledger, run="recovery", show=show, queue=seller.queue, unit_price=prices)
            shop = Shop(show=show, client=client, store=store, stages=reading.compiled.stages, book=book)
            await recover(ledger, shop, tell, seller.limits)
