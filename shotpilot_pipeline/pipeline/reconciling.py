"""Unknown outcomes shown, looked for and decided; booked charges replaced by those of the bill. Sends nothing.

What a person decides about a lost request: it is this one (adopt), it is given up and counts as paid (write off), or
it was never accepted and may be bought anew (send again).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.live import PriceChange, changed_prices
from shotpilot_pipeline.engine.faults import is_about_the_run
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed, UsageError
from shotpilot_pipeline.pipeline.bought import bought_in
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.keeping import Keeper, Paid
from shotpilot_pipeline.pipeline.paying import Seller, pixels_of, seller_of
from shotpilot_pipeline.pipeline.pricing import prices_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.recovery import Recovered, adopt_found, collect_left, release_unsent
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import NotReached
from shotpilot_pipeline.queue.ledger.billing import Reconciled
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.ledger.charge import unit_prices
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import LedgerRoll, State
from shotpilot_pipeline.queue.ledger.search import Found, Verdict
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.outcome import Outcome

BILL_DAYS = 89  # how far back the bill is asked for; the service gives at most 90


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, and about which unknown requests: those of some addresses, or all."""

    adopt: str = ""  # a request id
    write_off: bool = False
    send_again: bool = False
    addresses: tuple[str, ...] = ()
    everything: bool = False

    @property
    def is_one(self) -> bool:
        """Whether anything was decided at all."""
        return bool(self.adopt or self.write_off or self.send_again)


class Lost(NamedTuple):
    """A request of unknown outcome, as a person needs to see it."""

    roll: LedgerRoll
    found: Found | None  # what the account's list says; None: it was not, or could not be, read
    why: str = ""  # of an accepted request: why nothing could be collected


@dataclass(slots=True)
class Reconciliation:
    """What came of it."""

    lost: tuple[Lost, ...] = ()  # still unknown, or accepted and not to be had
    adopted: list[LedgerRoll] = field(default_factory=list)
    written_off: list[LedgerRoll] = field(default_factory=list)
    released: list[LedgerRoll] = field(default_factory=list)  # may be bought anew
    open: int = 0  # requests still on their way
    takes: int = 0  # collected just now
    bill: Reconciled | None = None
    notes: list[str] = field(default_factory=list)  # what could not be done, in words


async def reconcile(
    reading: Reading,
    decision: Decision,
    find_key: Callable[[], str],
    tell: Callable[[Event], None],
    seller: Seller | None = None,
) -> Reconciliation:
    """Decide what is unknown, as far as that can be done; at `seller` instead of the settings' queue, where given.

    Raises UsageError for a decision about nothing, or about more than one request where one is meant; ShowLocked;
    KeyOrBalance where a request is to be adopted without a key. Without a key, or where the list or the bill cannot
    be read, the rest is done and that is noted.
    """
    places = reading.places
    with hold_show(places.held, f"reconcile {places.shot_list.name}"):
        seller = seller or seller_of(reading.settings, find_key)
        store = Store(places.store, local=places.local, durable=not seller.plays)
        try:
            with Ledger(places.ledger) as ledger:
                return await reconcile_with(reading, decision, tell, store, ledger, seller)
        finally:
            store.close()


async def reconcile_with(
    reading: Reading, decision: Decision, tell: Callable[[Event], None], store: Store, ledger: Ledger, seller: Seller
) -> Reconciliation:
    """The same with an open store and ledger, under the show's lock that somebody else holds."""
    return await _Reconciling(reading, decision, tell, store, ledger, seller).run()


@dataclass(slots=True)
class _Reconciling:
    reading: Reading
    decision: Decision
    tell: Callable[[Event], None]
    store: Store
    ledger: Ledger
    seller: Seller
    done: Reconciliation = field(default_factory=Reconciliation)
    found: Mapping[int, Found] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)  # accepted rolls that could not be collected just now, and why

    async def run(self) -> Reconciliation:
        show = self.reading.compiled.show
        release_unsent(self.ledger, show)
        chosen = self._chosen() if self.decision.is_one else ()
        try:
            opened = self.seller.open()
        except KeyOrBalance as error:
            if self.decision.adopt:
                raise
            self.done.notes.append(f"nothing was looked up at the queue: {error}")
        else:
            async with opened as client:
                await self._look(client, chosen)
        still = {lost.roll.id: lost.roll for lost in self._lost()}  # what could be had is had, whatever was decided
        self._decide([still[roll.id] for roll in chosen if roll.id in still])
        self.done.lost = self._lost()
        self.done.open = len(self._accepted()) - sum(lost.roll.state is State.SUBMITTED for lost in self.done.lost)
        return self.done

    def _accepted(self) -> list[LedgerRoll]:
        show = self.reading.compiled.show
        return [roll for roll in self.ledger.unfinished(show) if roll.state is State.SUBMITTED]

    def _lost(self) -> tuple[Lost, ...]:
        """What a person has to decide: unknown requests, and accepted ones that were asked for in vain."""
        unknowns = (Lost(roll, self.found.get(roll.id)) for roll in self.ledger.unknowns(self.reading.compiled.show))
        left = (Lost(roll, None, self.left[roll.id]) for roll in self._accepted() if roll.id in self.left)
        return (*unknowns, *left)

    def _chosen(self) -> Sequence[LedgerRoll]:
        """The unknown rolls a decision is about. Raises UsageError."""
        decision = self.decision
        open_ones = self.ledger.unknowns(self.reading.compiled.show)
        if decision.addresses and not decision.adopt:  # what was accepted is given up by its name only
            open_ones = (*open_ones, *self._accepted())
        if not decision.everything and not decision.addresses:
            if len(open_ones) != 1:
                raise UsageError(f"{_counted(open_ones)}; say which by its address, or --all for all of them")
            return open_ones
        for address in decision.addresses:
            if not any(_named(roll, [address]) for roll in open_ones):
                raise UsageError(
                    f"{address}: no request of this name is open; `shotpilot reconcile FILE` lists those that are"
                )
        chosen = [roll for roll in open_ones if decision.everything or _named(roll, decision.addresses)]
        if decision.adopt and len(chosen) != 1:
            raise UsageError(f"one request id is of one roll, and {len(chosen)} are meant; name one address")
        return chosen

    def _decide(self, chosen: Sequence[LedgerRoll]) -> None:
        person, now = who(self.reading.places.root), datetime.now(UTC)
        for roll in chosen:
            why = "given up by hand" if self.decision.write_off else "to be sent again, by hand"
            if not (self.decision.write_off or self.decision.send_again):
                continue
            if roll.state is State.SUBMITTED:
                price = None if roll.price is None else Money(roll.price)
                self.ledger.closed(roll.id, Outcome.FAILED, charged=price, verified=False, units="", answer="", now=now,
                                   why=f"{why}: {self.left[roll.id]}", who=person)  # fmt: skip
            elif self.decision.write_off:
                self.ledger.written_off(roll.id, person, why, now)
            else:
                self.ledger.released(roll.id, why, now, proved=False, who=person)
            (self.done.written_off if self.decision.write_off else self.done.released).append(roll)

    async def _look(self, client: QueueClient, chosen: Sequence[LedgerRoll]) -> None:
        """What needs the queue: adopt, search, collect, compare with the bill."""
        if self.decision.adopt:
            await self._adopt(client, chosen[0])
        before = {roll.id: roll for roll in self.ledger.unknowns(self.reading.compiled.show)}
        self.found = await adopt_found(self.ledger, client, self.reading.compiled.show, self.tell)
        self.done.adopted += [before[id] for id, one in self.found.items() if one.verdict is Verdict.ONE]
        if self._accepted():
            await self._collect(client)
        await self._compare(client)

    async def _adopt(self, client: QueueClient, roll: LedgerRoll) -> None:
        """Take the request a person names for the lost one, if the queue knows it and no other roll has it."""
        if (other := self.ledger.by_request(self.decision.adopt)) is not None:
            raise UsageError(f"{self.decision.adopt} is the request of {other.address} already; name another")
        submitted = client.rebuilt(roll.endpoint, self.decision.adopt)
        try:
            await client.status(submitted)
        except NotReached:
            raise
        except TakesFailed as error:
            raise UsageError(
                f"{self.decision.adopt}: the queue does not know this request of {roll.endpoint} ({error})"
            ) from None
        self.ledger.adopt(roll.id, submitted, datetime.now(UTC), who=who(self.reading.places.root))
        self.done.adopted.append(roll)

    async def _collect(self, client: QueueClient) -> None:
        """Fetch what is on its way, and give it its names."""
        plan = plan_list(self.reading, Wish(), self._known())
        bought = self.ledger.rendered(self.reading.compiled.show)
        with Keeper(self.reading, self.store, plan, bought) as keeper:

            def hear(event: Event) -> None:
                keeper.hear(event)
                self.tell(event)

            shop = self._shop(client, keeper.run.name, await self._price_changes(client))
            rolls = await collect_left(self.ledger, shop, hear, self.seller.limits)
            recovered = Recovered(rolls=rolls)
            self.done.takes = sum(len(end.takes) for _, end in recovered.rolls)
            self.left = {
                roll.id: str(end.fault)
                for roll, end in recovered.rolls
                if end.fault is not None
                and not is_about_the_run(end.fault)  # a full disk, say, is no reason to give up
            }
            keeper.finish((), plan_list(self.reading, Wish(), self._known()), Paid(ZERO, ZERO))

    def _known(self) -> Any:
        return known_of(self.reading, bought_in(self.ledger, self.reading))

    async def _price_changes(self, client: QueueClient) -> Sequence[PriceChange]:
        """What costs other than its card says, among the requests on their way: their charge is booked at that."""
        endpoints = {roll.endpoint for roll in self.ledger.unfinished(self.reading.compiled.show)}
        prices = await prices_of(client, endpoints, self.reading.places.prices)
        return changed_prices(self.reading.catalog, prices.live)

    def _shop(self, client: QueueClient, run: str, changes: Sequence[PriceChange]) -> Shop:
        compiled = self.reading.compiled
        prices = unit_prices(self.reading.catalog, changes)
        book = LedgerBook(self.ledger, run=run, show=compiled.show, queue=client.hosts.queue, unit_price=prices)
        shop = Shop(show=compiled.show, client=client, store=self.store, stages=compiled.stages, book=book)
        return replace(shop, pixels=pixels_of(self.reading.catalog))

    async def _compare(self, client: QueueClient) -> None:
        """The bill in place of what was booked, where the key may read it."""
        start = (datetime.now(UTC) - timedelta(days=BILL_DAYS)).isoformat(timespec="seconds").replace("+00:00", "Z")
        try:
            events = await client.billing(start=start)
        except KeyOrBalance:
            self.done.notes.append(
                "this key may not read the bill (that takes an admin key), so charges stay as the queue told them"
            )
        except TakesFailed as error:
            self.done.notes.append(f"the bill could not be read ({error}), so charges stay as they are")
        else:
            self.done.bill = self.ledger.apply_billing(events)


def _named(roll: LedgerRoll, addresses: Collection[str]) -> bool:
    """Whether an address as typed means this roll: its task, its shot, or one of its takes."""
    for address in addresses:
        task, _, take = address.partition("#")
        if task in (roll.address, roll.address.partition("@")[0]) and (not take or take in map(str, roll.takes)):
            return True
    return False


def _counted(open_ones: Sequence[LedgerRoll]) -> str:
    return f"{len(open_ones)} requests are not decided" if open_ones else "no request has an unknown outcome"


def lost_json(lost: Lost) -> dict[str, Any]:
    """One unknown request, for programs."""
    roll = lost.roll
    return {
        "roll": roll.id,
        "address": roll.address,
        "state": roll.state.value,
        "takes": list(roll.takes),
        "endpoint": roll.endpoint,
        "queue": roll.queue,
        "sending_at": roll.sending_at,
        "price_usd": None if roll.price is None else str(Money(roll.price)),
        "prompt": roll.body.get("prompt"),
        "why": lost.why or roll.why,
        "search": lost.found.verdict.value if lost.found else "not searched",
        "request_ids": list(lost.found.request_ids) if lost.found else [],
    }


def reconciliation_json(done: Reconciliation) -> dict[str, Any]:
    """What came of it, for programs."""
    bill = done.bill
    return {
        "unknown": [lost_json(lost) for lost in done.lost],
        "adopted": [roll.address for roll in done.adopted],
        "written_off": [roll.address for roll in done.written_off],
        "send_again": [roll.address for roll in done.released],
        "on_their_way": done.open,
        "takes_new": done.takes,
        "bill": None
        if bill is None
        else {
            "confirmed": bill.confirmed,
            "foreign": len(bill.foreign),
            "corrected": [
                {
                    "address": one.address,
                    "request_id": one.request_id,
                    "before_usd": None if one.before is None else str(Money(one.before)),
                    "after_usd": str(Money(one.after)),
                }
                for one in bill.corrected
            ],
        },
        "notes": done.notes,
    }
