"""A render: the plan is carried out and paid for, each roll once. The same engine and client as a rehearsal.

    hold the show ▶ recover what was left ▶ plan ▶ ask ▶ buy ▶ look for what was lost ▶ names and sums

What it adds to a rehearsal: real hosts and a key, the ledger as the engine's book, caps, a question before money moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shotpilot_pipeline.engine.desk import Brake
from shotpilot_pipeline.engine.local import carry_out
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.errors import BadFiles, Problem, Severity, UsageError
from shotpilot_pipeline.pipeline.bought import bought_in
from shotpilot_pipeline.pipeline.keeping import Keeper, Paid, RunEnd
from shotpilot_pipeline.pipeline.paying import caps_of, client_of, limits_of, uploads_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.recovery import Recovered, needs_recovery, recover, release_unsent
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, stale_picks, unknown_picks
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.ledger.charge import unit_prices
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.store.rescue import put_back_lost
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event, RunStopped
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import BROKEN, Outcome, TaskEnd
from shotpilot_pipeline.values.plan import Plan


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms money may be spent.

    `find_key` gives the key when one is needed, or raises KeyOrBalance. `agree` is shown the plan before the first
    roll is sent; it says no by returning False. `unattended`: nobody looks on, so nothing of unknown price is sent.
    """

    find_key: Callable[[], str]
    agree: Callable[[Plan], Awaitable[bool]]
    max_cost: Money | None = None
    unattended: bool = False
    today: Callable[[], date] = date.today  # what consents are held against


async def render(
    reading: Reading, wish: Wish, terms: Terms, tell: Callable[[Event], None], brake: Brake | None = None
) -> RunEnd | None:
    """Buy what the plan of `wish` says, and say how every task ended; None where nobody agreed to it.

    Raises ShowLocked when another run holds the show, KeyOrBalance without a proper key, UsageError for terms that
    cannot be met, StoreUnwritable or LedgerUnusable when the disk refuses before anything is sent. A render that is
    stopped at any moment leaves its requests in the ledger; the same one again collects them first.
    """
    places = reading.places
    with hold_show(places.held, f"render {places.shot_list.name}"):
        store = Store(places.store, local=places.local)
        try:
            with Ledger(places.ledger) as ledger:
                return await _Render(reading, wish, terms, tell, brake or Brake(), store, ledger).run()
        finally:
            store.close()


@dataclass(slots=True)
class _Render:
    """One render, under the show's lock."""

    reading: Reading
    wish: Wish
    terms: Terms
    tell: Callable[[Event], None]
    brake: Brake
    store: Store
    ledger: Ledger
    stops: list[int] = field(default_factory=list)
    early: list[Event] = field(default_factory=list)  # told before there is a run to write them down
    keeper: Keeper | None = None
    doubts: list[Problem] = field(default_factory=list)  # for a person to know, told at the end

    async def run(self) -> RunEnd | None:
        """The whole of it."""
        settings, show = self.reading.settings, self.reading.compiled.show
        release_unsent(self.ledger, show)
        self.doubts += put_back_lost(self.store, self.reading.places.renders)  # what is there is not bought again
        left = needs_recovery(self.ledger, show, settings.get("fal", "queue_url"))
        if not left and not self._plan().totals.rolls:
            return await self._carry(None, self._plan())
        async with client_of(settings, self.terms.find_key()) as client:
            if left:
                await recover(self.ledger, self._shop(client, "recovery"), self._hear, limits_of(settings), self.brake)
            plan = self._plan()
            self._check(plan)
            if plan.totals.rolls and not await self.terms.agree(plan):
                return None
            return await self._carry(client, plan)

    def _known(self) -> Known:
        places, moved = self.reading.places, self.reading.compiled.moved
        return known_of(places, moved, bought_in(self.ledger, self.reading))

    def _plan(self) -> Plan:
        return plan_list(self.reading, self.wish, self._known())

    def _check(self, plan: Plan) -> None:
        """Raises BadFiles where a face may not be used, UsageError where nobody looks on and a price is not known."""
        self._check_rights(plan)
        unpriced = [line.address for line in plan.lines if line.takes_new and line.cost is None]
        if self.terms.unattended and unpriced:
            raise UsageError(
                f"{unpriced[0]}: nobody knows what {len(unpriced)} of these tasks cost, and an unattended run buys "
                "only what has a price; name it in a model card (see `shotpilot models`), or leave them out"
            )

    def _check_rights(self, plan: Plan) -> None:
        """Raises BadFiles for faces of real people that are to be sent without a consent that holds today."""
        buying = {line.address for line in plan.lines if line.takes_new}
        used = {who for task in self.reading.compiled.tasks if task.address in buying for who in task.cast}
        if not used:
            return
        from shotpilot_pipeline.lint.rights import rights_problems

        around = self.reading.notes().around
        faults = rights_problems(around.facts, around.places, self.terms.today(), lambda _: True, tuple(used))
        errors = [problem for problem in faults if problem.severity is Severity.ERROR]
        if errors:
            raise BadFiles(errors)

    def _hear(self, event: Event) -> None:
        if isinstance(event, RunStopped):
            self.stops.append(event.exit_code)
        if self.keeper is not None:
            self.keeper.hear(event)
        else:
            self.early.append(event)
        self.tell(event)

    def _shop(self, client: QueueClient, run: str) -> Shop:
        compiled, known = self.reading.compiled, self._known()
        book = LedgerBook(
            self.ledger,
            run=run,
            show=compiled.show,
            queue=client.hosts.queue,
            unit_price=unit_prices(self.reading.catalog),
            caps=caps_of(self.reading, self.terms.max_cost),
            allow_unpriced=not self.terms.unattended,
        )
        return Shop(
            show=compiled.show,
            client=client,
            store=self.store,
            stages=compiled.stages,
            book=book,
            sources={sha256: self.reading.places.root / path for sha256, path in compiled.sources.items()},
            picks=known.picks,
            barred=_barred(known),
            uploads=uploads_of(self.reading.settings, self.ledger, client.hosts.rest),
        )

    async def _carry(self, client: QueueClient | None, plan: Plan) -> RunEnd:
        """Buy, then look once for what was lost; what turns up is gone on from."""
        with Keeper(self.reading, self.store, plan) as keeper:
            self.keeper = keeper
            known = self._known()
            keeper.problems += [
                *self.doubts,
                *unknown_picks(self.reading, known),
                *stale_picks(self.reading, known, plan),
            ]
            for event in self.early:
                keeper.hear(event)
            ends = _at_rest(plan) if client is None else await self._bought(client, plan, keeper.run.name)
            sums = self.ledger.spent(run=keeper.run.name)
            paid = Paid(Money(sums.charged), Money(sums.reserved), tuple(dict.fromkeys(self.stops)))
            return keeper.finish(ends, self._plan(), paid)

    async def _bought(self, client: QueueClient, plan: Plan, run: str) -> tuple[TaskEnd, ...]:
        limits = limits_of(self.reading.settings)
        self.store.staging()  # a store that cannot be written is found out before anything is paid
        ends = await carry_out(
            plan, self.reading.compiled.tasks, self._shop(client, run), self._hear, limits, self.brake
        )
        if self.stops or not self.ledger.unknowns(self.reading.compiled.show):
            return ends
        found = await recover(self.ledger, self._shop(client, run), self._hear, limits, self.brake)
        if not found.adopted:
            return ends
        shop, again = self._shop(client, run), self._plan()
        more = await carry_out(again, self.reading.compiled.tasks, shop, self._hear, limits, self.brake)
        return merged(ends, more, found)


def _barred(known: Known) -> Mapping[str, tuple[Outcome, str]]:
    """What the engine must not send even when a task settles to it only while it runs."""
    return {
        **{key: (Outcome.REFUSED, why) for key, why in known.refused.items()},
        **{key: (Outcome.UNKNOWN, why) for key, why in known.undecided.items()},
    }


def _at_rest(plan: Plan) -> tuple[TaskEnd, ...]:
    """How tasks end where nothing is sent."""
    words = {
        "cached": Outcome.CACHED, "held": Outcome.HELD, "omitted": Outcome.OMITTED, "waiting": Outcome.WAITING,
        "stale-pick": Outcome.WAITING, "behind": Outcome.SKIPPED, "blocked": Outcome.BLOCKED,
        "unknown": Outcome.UNKNOWN, "failed": Outcome.FAILED, "refused": Outcome.REFUSED,
    }  # fmt: skip
    return tuple(
        TaskEnd(line.address, words.get(line.action.value, Outcome.CACHED), line.reason) for line in plan.lines
    )


def merged(first: Sequence[TaskEnd], second: Sequence[TaskEnd], found: Recovered) -> tuple[TaskEnd, ...]:
    """The ends of a run that went on after lost requests were found: one for each task, with all it brought."""
    later = {end.address: end for end in second}
    came = {roll.address: len(end.takes) for roll, end in found.rolls}
    return tuple(_both(end, later.get(end.address, end), came.get(end.address, 0)) for end in first)


def _both(before: TaskEnd, after: TaskEnd, found: int) -> TaskEnd:
    new = before.takes_new + (after.takes_new if after is not before else 0) + found
    cost = None if before.cost is None or after.cost is None else before.cost + after.cost
    if after.outcome is Outcome.CACHED and new:
        outcome = Outcome.RENDERED if before.outcome in BROKEN else before.outcome
        return replace_end(after, outcome, f"{new} takes rendered" if new > 1 else "1 take rendered", new, cost)
    return replace_end(after, after.outcome, after.reason, new, cost)


def replace_end(end: TaskEnd, outcome: Outcome, reason: str, takes: int, cost: Money | None) -> TaskEnd:
    """The same task's end in other words."""
    return end._replace(outcome=outcome, reason=reason, takes_new=takes, cost=cost)
