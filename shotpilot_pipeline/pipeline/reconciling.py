"""Unknown outcomes shown, looked for and decided; booked charges replaced by those of the bill. Sends nothing.

What a person decides about a lost request: it is this one (adopt), it is given up and counts as paid (write off), or
it was never accepted and may be bought anew (send again).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed, UsageError
from shotpilot_pipeline.pipeline.bought import bought_in
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.keeping import Keeper, Paid
from shotpilot_pipeline.pipeline.paying import client_of, limits_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.recovery import Recovered, adopt_found, collect_left, release_unsent
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.queue.client import QueueClient
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


@dataclass(slots=True)
class Reconciliation:
    """What came of it."""

    lost: tuple[Lost, ...] = ()  # still unknown
    adopted: list[LedgerRoll] = field(default_factory=list)
    written_off: list[LedgerRoll] = field(default_factory=list)
    released: list[LedgerRoll] = field(default_factory=list)  # may be bought anew
    open: int = 0  # requests still on their way
    takes: int = 0  # collected just now
    bill: Reconciled | None = None
    notes: list[str] = field(default_factory=list)  # what could not be done, in words


async def reconcile(
    reading: Reading, decision: Decision, find_key: Callable[[], str], tell: Callable[[Event], None]
) -> Reconciliation:
    """Decide what is unknown, as far as that can be done.

    Raises UsageError for a decision about nothing, or about more than one request where one is meant; ShowLocked;
    KeyOrBalance where a request is to be adopted without a key. Without a key, or where the list or the bill cannot
    be read, the rest is done and that is noted.
    """
    places = reading.places
    with hold_show(places.held, f"reconcile {places.shot_list.name}"):
        store = Store(places.store, local=places.local)
        try:
            with Ledger(places.ledger) as ledger:
                return await reconcile_with(reading, decision, find_key, tell, store, ledger)
        finally:
            store.close()


async def reconcile_with(
    reading: Reading, decision: Decision, find_key: Callable[[], str], tell: Callable[[Event], None], store: Store,
    ledger: Ledger,
) -> Reconciliation:  # fmt: skip
    """The same with an open store and ledger, under the show's lock that somebody else holds."""
    return await _Reconciling(reading, decision, tell, store, ledger).run(find_key)


@dataclass(slots=True)
class _Reconciling:
    reading: Reading
    decision: Decision
    tell: Callable[[Event], None]
    store: Store
    ledger: Ledger
    done: Reconciliation = field(default_factory=Reconciliation)
    found: Mapping[int, Found] = field(default_factory=dict)

    async def run(self, find_key: Callable[[], str]) -> Reconciliation:
        show = self.reading.compiled.show
        release_unsent(self.ledger, show)
        chosen = self._chosen() if self.decision.is_one else ()
        try:
            key = find_key()
        except KeyOrBalance as error:
            if self.decision.adopt:
                raise
            self.done.notes.append(f"nothing was looked up at the queue: {error}")
        else:
            async with client_of(self.reading.settings, key) as client:
                await self._look(client, chosen)
        still = {roll.id for roll in self.ledger.unknowns(show)}  # what the list had is adopted, whatever was decided
        self._decide([roll for roll in chosen if roll.id in still])
        self.done.lost = tuple(Lost(roll, self.found.get(roll.id)) for roll in self.ledger.unknowns(show))
        self.done.open = sum(roll.state is State.SUBMITTED for roll in self.ledger.unfinished(show))
        return self.done

    def _chosen(self) -> Sequence[LedgerRoll]:
        """The unknown rolls a decision is about. Raises UsageError."""
        decision, unknowns = self.decision, self.ledger.unknowns(self.reading.compiled.show)
        if not decision.everything and not decision.addresses:
            if len(unknowns) != 1:
                raise UsageError(f"{_counted(unknowns)}; say which by its address, or --all for all of them")
            return unknowns
        chosen = [roll for roll in unknowns if decision.everything or _named(roll, decision.addresses)]
        if not chosen:
            raise UsageError("none of these has an unknown outcome; `shotpilot reconcile FILE` lists those that do")
        if decision.adopt and len(chosen) > 1:
            raise UsageError(f"one request id is of one roll, and {len(chosen)} are meant; name one address")
        return chosen

    def _decide(self, chosen: Sequence[LedgerRoll]) -> None:
        person, now = who(self.reading.places.root), datetime.now(UTC)
        for roll in chosen:
            if self.decision.write_off:
                self.ledger.written_off(roll.id, person, "given up by hand", now)
                self.done.written_off.append(roll)
            elif self.decision.send_again:
                self.ledger.released(roll.id, "to be sent again, by hand", now, proved=False, who=person)
                self.done.released.append(roll)

    async def _look(self, client: QueueClient, chosen: Sequence[LedgerRoll]) -> None:
        """What needs the queue: adopt, search, collect, compare with the bill."""
        if self.decision.adopt:
            await self._adopt(client, chosen[0])
        before = {roll.id: roll for roll in self.ledger.unknowns(self.reading.compiled.show)}
        self.found = await adopt_found(self.ledger, client, self.reading.compiled.show, self.tell)
        self.done.adopted += [before[id] for id, one in self.found.items() if one.verdict is Verdict.ONE]
        if any(roll.state is State.SUBMITTED for roll in self.ledger.unfinished(self.reading.compiled.show)):
            await self._collect(client)
        await self._compare(client)

    async def _adopt(self, client: QueueClient, roll: LedgerRoll) -> None:
        """Take the request a person names for the lost one, if the queue knows it."""
        submitted = client.rebuilt(roll.endpoint, self.decision.adopt)
        try:
            await client.status(submitted)
        except TakesFailed as error:
            raise UsageError(
                f"{self.decision.adopt}: the queue does not know this request of {roll.endpoint} ({error})"
            ) from None
        self.ledger.adopt(roll.id, submitted, datetime.now(UTC), who=who(self.reading.places.root))
        self.done.adopted.append(roll)

    async def _collect(self, client: QueueClient) -> None:
        """Fetch what is on its way, and give it its names."""
        plan = plan_list(self.reading, Wish(), self._known())
        with Keeper(self.reading, self.store, plan) as keeper:

            def hear(event: Event) -> None:
                keeper.hear(event)
                self.tell(event)

            limits = limits_of(self.reading.settings)
            rolls = await collect_left(self.ledger, self._shop(client, keeper.run.name), hear, limits)
            recovered = Recovered(rolls=rolls)
            self.done.takes = sum(len(end.takes) for _, end in recovered.rolls)
            keeper.finish((), plan_list(self.reading, Wish(), self._known()), Paid(ZERO, ZERO))

    def _known(self) -> Any:
        compiled = self.reading.compiled
        bought = bought_in(self.ledger, self.reading)
        return known_of(self.reading.places, compiled.moved, bought, show=compiled.show)

    def _shop(self, client: QueueClient, run: str) -> Shop:
        compiled = self.reading.compiled
        prices = unit_prices(self.reading.catalog)
        book = LedgerBook(self.ledger, run=run, show=compiled.show, queue=client.hosts.queue, unit_price=prices)
        return Shop(show=compiled.show, client=client, store=self.store, stages=compiled.stages, book=book)

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
        if task in (roll.address, roll.address.partition("@")[0]) and (not take or int(take or 0) in roll.takes):
            return True
    return False


def _counted(unknowns: Sequence[LedgerRoll]) -> str:
    return f"{len(unknowns)} requests have an unknown outcome" if unknowns else "no request has an unknown outcome"


def lost_json(lost: Lost) -> dict[str, Any]:
    """One unknown request, for programs."""
    roll = lost.roll
    return {
        "roll": roll.id,
        "address": roll.address,
        "takes": list(roll.takes),
        "endpoint": roll.endpoint,
        "queue": roll.queue,
        "sending_at": roll.sending_at,
        "price_usd": None if roll.price is None else str(Money(roll.price)),
        "prompt": roll.body.get("prompt"),
        "why": roll.why,
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
