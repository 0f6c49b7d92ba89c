"""A rehearsal: the whole trip for $0. The same plan, engine, client and store as a render; only the queue is ours."""

from __future__ import annotations

from collections.abc import Callable

from shotpilot_pipeline.engine.local import carry_out
from shotpilot_pipeline.engine.shop import Limits, NoBook, Shop
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.drilling import settle_drill
from shotpilot_pipeline.pipeline.keeping import Keeper, RunEnd
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, stale_picks, unknown_picks
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.rehearsal.doors import rehearsal_client
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.slates.draw import draw_roll
from shotpilot_pipeline.store.rescue import put_back_lost
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event
from shotpilot_pipeline.values.outcome import Outcome


async def rehearse(reading: Reading, wish: Wish, tell: Callable[[Event], None]) -> RunEnd:
    """Carry out what the plan of `wish` says, all stages to the end, and say how every task ended.

    What a fire drill left open is brought to its end first; what stays unknown is not drawn until it is decided.

    Raises ShowLocked when another run holds the show, StoreUnwritable when the disk refuses. A cancelled rehearsal
    keeps every whole take; the same one again goes on from there.
    """
    places = reading.places
    with hold_show(places.held, f"rehearse {places.shot_list.name}"):
        store = Store(places.store, durable=False)
        try:
            back = put_back_lost(store, places.renders)  # before the plan: what is there is not drawn again
            await settle_drill(reading, store, tell)
            known = known_of(reading, bought_of(reading))
            plan = plan_list(reading, wish, known)
            queue = RehearsalQueue(models_of(reading.catalog), draw_roll)
            with Keeper(reading, store, plan, wish=wish) as keeper:
                keeper.problems += [*back, *unknown_picks(reading, known), *stale_picks(reading, known, plan)]

                def hear(event: Event) -> None:
                    keeper.hear(event)
                    tell(event)

                async with rehearsal_client(queue) as client:
                    shop = _shop(reading, known, store, client)
                    limits = Limits(unfinished=reading.settings.get("pace", "unfinished"))
                    ends = await carry_out(plan, reading.compiled.tasks, shop, hear, limits)
                after = plan_list(reading, wish, known_of(reading, bought_of(reading)))
                return keeper.finish(ends, after)
        finally:
            store.close()


def _shop(reading: Reading, known: Known, store: Store, client: QueueClient) -> Shop:
    """All that a rehearsal is carried out with: nothing is written into a ledger, and nobody is waited for."""
    compiled, root = reading.compiled, reading.places.root
    return Shop(
        show=compiled.show,
        client=client,
        store=store,
        stages=compiled.stages,
        book=NoBook(),
        sources={sha256: root / path for sha256, path in compiled.sources.items()},
        picks=known.picks,
        decisions=known.decisions,
        first_where_unpicked=True,
        barred={key: (Outcome.UNKNOWN, why) for key, why in known.undecided.items()},
        rulings=known.rulings,
        form_of=known.form_of,
    )
