"""A render: the plan is carried out and paid for, each roll once. The same engine and client as a rehearsal.

    hold the show ▶ today's prices ▶ recover what was left ▶ plan ▶ ask ▶ buy ▶ look for what was lost ▶ names and sums

What it adds to a rehearsal: real hosts and a key, the ledger as the engine's book, caps, a question before money moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from shotpilot_pipeline.catalog.live import PriceChange, changed_prices, repriced
from shotpilot_pipeline.engine.desk import Brake
from shotpilot_pipeline.engine.faults import is_about_the_run
from shotpilot_pipeline.engine.local import carry_out
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.errors import BadFiles, Place, Problem, Severity, ShotpilotError, UsageError
from shotpilot_pipeline.pipeline.bought import bought_in
from shotpilot_pipeline.pipeline.budgets import caps_of
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.ends import at_rest, barred, held_up_by, merged
from shotpilot_pipeline.pipeline.keeping import Keeper, Paid, RunEnd
from shotpilot_pipeline.pipeline.paying import Seller, pixels_of, seller_of
from shotpilot_pipeline.pipeline.plandoc import PlanDoc, plan_doc
from shotpilot_pipeline.pipeline.planned import Planned
from shotpilot_pipeline.pipeline.pricing import prices_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.recovery import Recovered, needs_recovery, recover, release_unsent
from shotpilot_pipeline.pipeline.ruling import attempts_of, list_rulings, record_attempts, with_rulings
from shotpilot_pipeline.pipeline.saved import SavedPlan
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, stale_picks, unknown_picks
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.ledger.charge import unit_prices
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.store.lock import Lock, read_lock
from shotpilot_pipeline.store.rescue import put_back_lost
from shotpilot_pipeline.store.rulings import one_line
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.event import Event, Note, RunStarted, RunStopped, TakeKept, TaskEnded
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import BROKEN, Outcome, TaskEnd
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.rulings import Ruling
from shotpilot_pipeline.values.take import Pick


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms money may be spent.

    `find_key` gives the key when one is needed, or raises KeyOrBalance. `agree` is shown the plan before the first
    roll is sent, at today's prices, with those that are not the cards'; it says no by returning False. `unattended`:
    nobody looks on, so nothing of unknown price is sent.
    """

    find_key: Callable[[], str]
    agree: Callable[[PlanDoc, Sequence[PriceChange]], Awaitable[bool]]
    max_cost: Money | None = None
    unattended: bool = False
    again: tuple[tuple[str, int], ...] = ()  # addresses to be shot again, each with its attempt (0: the next)
    why_again: str = ""
    today: Callable[[], date] = date.today  # what consents are held against


async def render(
    reading: Reading,
    wish: Wish,
    terms: Terms,
    tell: Callable[[Event], None],
    brake: Brake | None = None,
    seller: Seller | None = None,
    saved: SavedPlan | None = None,
) -> RunEnd | None:
    """Buy what the plan of `wish` says, and say how every task ended; None where nobody agreed to it.

    At the queue that the settings name, or at `seller`, which a fire drill has instead. With a `saved` plan (whose own
    wish `wish` must be) exactly that is bought, or PlanStale or UsageError raised before anything is sent.

    Raises ShowLocked when another run holds the show, KeyOrBalance without a proper key, UsageError for terms that
    cannot be met, StoreUnwritable or LedgerUnusable when the disk refuses before anything is sent. A render that is
    stopped at any moment leaves its requests in the ledger; the same one again collects them first.
    """
    places = reading.places
    with hold_show(places.held, f"render {places.shot_list.name}"):
        seller = seller or seller_of(reading.settings, terms.find_key)
        store = Store(places.store, local=places.local, durable=not seller.plays)
        try:
            with Ledger(places.ledger) as ledger:
                planned = None if saved is None else Planned(saved, ledger)
                return await _Render(reading, wish, terms, tell, brake or Brake(), store, ledger, seller, planned).run()
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
    seller: Seller
    planned: Planned | None = None  # a saved plan, which bounds what may be sent
    stops: list[int] = field(default_factory=list)
    early: list[Event] = field(default_factory=list)  # told before there is a run to write them down
    keeper: Keeper | None = None
    said: tuple[Mapping[str, Pick], Mapping[str, Decision]] | None = None  # picks and wishes the plan was made by
    doubts: list[Problem] = field(default_factory=list)  # for a person to know, told at the end
    changes: tuple[PriceChange, ...] = ()  # today's prices that are not the cards'
    pending: tuple[Ruling, ...] = ()  # further attempts that are written down once a person agreed to their price

    async def run(self) -> RunEnd | None:
        """The whole of it."""
        show = self.reading.compiled.show
        if self.planned is not None:
            self.planned.admit(self.reading, self._known())
        release_unsent(self.ledger, show)
        self.doubts += put_back_lost(self.store, self.reading.places.renders)  # what is there is not bought again
        left = needs_recovery(self.ledger, show, self.seller.queue)
        self._ask_again()
        plan = self._plan_anew()
        if not left and not self._to_do(plan).totals.rolls:
            return await self._carry(None, plan)
        async with self.seller.open() as client:
            await self._price(client)
            if left:
                shop = self._shop(client, "recovery")
                found = await recover(self.ledger, shop, self._hear, self.seller.limits, self.brake)
                self._ask_again()
                self._stop_where_it_stopped(found, self._plan_anew())
            plan = self._plan_anew()  # at today's prices
            if not await self._agreed(plan):
                return None
            if plan.totals.rolls:
                self._write_down_attempts()
            return await self._carry(client, plan)

    async def _price(self, client: QueueClient) -> None:
        """Go by today's prices, where they can be read: they are what is shown, asked about, reserved and booked."""
        endpoints = {task.endpoint for task in self.reading.compiled.tasks if task.endpoint}
        prices = await prices_of(client, endpoints, self.reading.places.prices)
        if prices.fault:
            self._hear(Note("", f"today's prices could not be read ({prices.fault}); the model cards' prices are used"))
        self.changes = changed_prices(self.reading.catalog, prices.live)
        self.early += [Note("", str(change)) for change in self.changes]
        compiled = replace(self.reading.compiled, tasks=repriced(self.reading.compiled.tasks, self.changes))
        self.reading = replace(self.reading, compiled=compiled)

    def _changes_of(self, endpoints: Collection[str]) -> tuple[PriceChange, ...]:
        return tuple(change for change in self.changes if change.endpoint in endpoints)

    def _known(self) -> Known:
        """What exists now, with the picks that the plan was made by: one made since buys nothing that was not shown."""
        known = known_of(self.reading, bought_in(self.ledger, self.reading))
        if self.said is not None:
            known = replace(known, picks=self.said[0], decisions=self.said[1])
        return with_rulings(known, self.pending, list_rulings(self.reading)) if self.pending else known

    def _plan_anew(self) -> Plan:
        """The plan to be agreed to, by the picks and wishes as they are now."""
        self.said = None
        known = self._known()
        self.said = known.picks, known.decisions
        return self._plan()

    def _ask_again(self) -> None:
        """What of the further attempts that were asked for is new; an attempt that is there already is only told."""
        self.pending = ()
        if not self.terms.again:
            return
        made, words = attempts_of(self.reading, self.terms.again, self._known())
        self.pending = tuple(ruling._replace(why=one_line(self.terms.why_again)) for ruling in made)
        place = Place(str(self.reading.places.rulings))
        told = [Problem("again", place, word, "", Severity.INFO) for word in words]
        self.doubts += [problem for problem in told if problem not in self.doubts]

    def _write_down_attempts(self) -> None:
        """From here on the same command, or a plain render, goes on with them and makes no further ones."""
        record_attempts(self.reading, self.pending)
        self.pending = ()

    def _plan(self) -> Plan:
        return plan_list(self.reading, self.wish, self._known())

    def _to_do(self, plan: Plan) -> Plan:
        """What of the plan as it stands now is carried out: all of it, or what a saved plan holds of it."""
        return plan if self.planned is None else self.planned.to_do(plan)

    def _doc(self, plan: Plan) -> PlanDoc:
        return plan_doc(self.reading, self.wish, self._known(), plan, self.terms.max_cost)

    def _stop_where_it_stopped(self, found: Recovered, plan: Plan) -> None:
        """Raises what kept accepted requests from being collected, where it would meet new ones too: a full disk, say.
        Nothing is bought that could not be kept."""
        faults = (end.fault for _, end in found.rolls if end.fault is not None)
        fault = next((fault for fault in faults if is_about_the_run(fault)), None)
        if fault is not None:
            with suppress(ShotpilotError):
                self._name_collected(plan)
            raise fault

    async def _agreed(self, plan: Plan) -> bool:
        """Whether the plan may be bought. What was collected before has its name and its line in any case."""
        try:
            to_do = self._to_do(plan)
            self._check(to_do)
            self._tell_what_is_not_known(to_do)
            agreed = not to_do.totals.rolls or await self._asked(plan, to_do)
        except BaseException:
            self._name_collected(plan)
            raise
        if not agreed:
            self._name_collected(plan)
        return agreed

    async def _asked(self, plan: Plan, to_do: Plan) -> bool:
        """Ask; a saved plan was agreed to when it was saved, at the prices that stand in it."""
        endpoints = {line.endpoint for line in to_do.lines if line.cost_at_most is None or line.cost_at_most}
        changes = self._changes_of(endpoints)
        if self.planned is None:
            return await self.terms.agree(self._doc(plan), changes)
        if dearer := next((change for change in changes if change.now is None or change.dearer), None):
            raise UsageError(
                f"nothing was sent: {dearer}, and the plan was saved before that; put today's price into a model card "
                "(see `shotpilot models --check-prices`) and save it again, or render without it"
            )
        return True

    def _tell_what_is_not_known(self, plan: Plan) -> None:
        """A ledger that knows less than the lock: caps count less than was spent."""
        known = self.ledger.keys() if plan.totals.rolls else frozenset()
        lock = read_lock(self.reading.places.lock) if plan.totals.rolls else Lock()
        if lock.lines:
            known |= {ruling.key for ruling in list_rulings(self.reading)}  # adopted: nobody was paid for it here
        foreign = sum(line.key not in known for line in lock.lines)
        if foreign:
            text = (
                f"{self.reading.places.lock.name} names {foreign} pictures of which the ledger here knows nothing: "
                "they were bought on another machine (or the ledger was lost), and what they cost does not count "
                "against the budgets here"
            )
            self._hear(Note("", text))

    def _name_collected(self, plan: Plan) -> None:
        if any(isinstance(event, TakeKept) for event in self.early):
            with self._keeper(plan) as keeper:
                for event in self.early:
                    keeper.hear(event)

    def _keeper(self, plan: Plan) -> Keeper:
        bought = self.ledger.rendered(self.reading.compiled.show)
        return Keeper(self.reading, self.store, plan, bought, self.wish)

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
            unit_price=unit_prices(self.reading.catalog, self.changes),
            caps=caps_of(self.reading, self.terms.max_cost),
            allow_unpriced=not self.terms.unattended,
            person=who(self.reading.places.root),
        )
        return Shop(
            show=compiled.show,
            client=client,
            store=self.store,
            stages=compiled.stages,
            book=book,
            sources={sha256: self.reading.places.root / path for sha256, path in compiled.sources.items()},
            picks=known.picks,
            first_where_unpicked=self.seller.plays,
            decisions=known.decisions,
            barred=barred(known),
            uploads=self.seller.memory(self.ledger, client),
            pixels=pixels_of(self.reading.catalog),
            rulings=known.rulings,
            form_of=known.form_of,
        )

    async def _carry(self, client: QueueClient | None, plan: Plan) -> RunEnd:
        """Buy, then look once for what was lost; what turns up is gone on from."""
        with self._keeper(plan) as keeper:
            self.keeper = keeper
            if self.planned is not None:
                self.ledger.plans.note_run(self.planned.saved.id, keeper.run.name)
            known = self._known()
            keeper.problems += [
                *self.doubts,
                *unknown_picks(self.reading, known),
                *stale_picks(self.reading, known, plan),
            ]
            for event in self.early:
                keeper.hear(event)
            try:
                ends = await self._ended(client, plan, keeper.run.name)
            finally:
                self.seller.closing(keeper.run)
            sums = self.ledger.spent(run=keeper.run.name)
            paid = Paid(Money(sums.charged), Money(sums.reserved), tuple(dict.fromkeys(self.stops)))
            end = keeper.finish(ends, self._plan(), paid)
            if self.planned is not None and not self.stops:
                self.ledger.plans.end(self.planned.saved.id, datetime.now(UTC))
            return end

    async def _ended(self, client: QueueClient | None, plan: Plan, run: str) -> tuple[TaskEnd, ...]:
        """How every task of the plan ended."""
        to_do = self._to_do(plan)
        ends = self._at_rest(to_do) if client is None else await self._bought(client, to_do, run)
        return ends if self.planned is None else self.planned.all_ends(ends, plan)

    def _at_rest(self, plan: Plan) -> tuple[TaskEnd, ...]:
        """Nothing is sent; where something is wrong, that is told all the same."""
        ends = at_rest(plan)
        if any(end.outcome in BROKEN - {Outcome.SKIPPED} for end in ends):
            self._hear(RunStarted(len(ends), 0, plan.totals.cost_at_most))
            for end in ends:
                self._hear(TaskEnded(*end))
        return ends

    async def _bought(self, client: QueueClient, plan: Plan, run: str) -> tuple[TaskEnd, ...]:
        limits = self.seller.limits
        self.store.staging()  # a store that cannot be written is found out before anything is paid
        ends = await carry_out(
            plan, self.reading.compiled.tasks, self._shop(client, run), self._hear, limits, self.brake
        )
        if self.stops or not self.ledger.unknowns(self.reading.compiled.show):
            return ends
        found = await recover(self.ledger, self._shop(client, run), self._hear, limits, self.brake)
        if not found.adopted:
            return ends
        shop, again = self._shop(client, run), held_up_by(self._to_do(self._plan()), ends, found)
        more = await carry_out(again, self.reading.compiled.tasks, shop, self._hear, limits, self.brake)
        return merged(ends, more, found)
