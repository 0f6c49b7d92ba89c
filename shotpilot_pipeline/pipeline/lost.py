"""A request that the ledger does not know, or whose answer was lost, becomes takes of an address. Sends nothing.

    the queue knows it? ▶ it asked for the same? ▶ a line in the ledger ▶ the way of `reconcile` ▶ a ruling

From its line on it is a paid request like any other: its money is reserved, it is collected, kept, and charged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shotpilot_pipeline.engine.shop import Roll
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed, UsageError
from shotpilot_pipeline.pipeline.adopting import rule_adopted
from shotpilot_pipeline.pipeline.bought import bought_in
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.naming import no_such
from shotpilot_pipeline.pipeline.paying import client_of, seller_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.reconciling import Decision, reconcile_with
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.book import estimate_of
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import LedgerRoll
from shotpilot_pipeline.store.lock import moved_lock, read_lock
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import PlanLine
from shotpilot_pipeline.values.request import endpoint_of, wire_body

RUN = "adopted"  # the run that such a request is booked under
_REFERENCES = frozenset({"image_url", "image_urls", "elements"})  # their URLs were made for one upload


class AdoptedRequest(NamedTuple):
    """What came of it. `charged_usd`: what the ledger booked; `takes`: their numbers, none while it runs."""

    address: str
    request_id: str
    takes: tuple[int, ...]
    charged_usd: str
    notes: tuple[str, ...]


async def adopt_request(
    reading: Reading, address: str, request_id: str, key: str, tell: Callable[[Event], None], *, why: str = ""
) -> AdoptedRequest:
    """Make the request `request_id` of the account takes of `address`.

    Raises UsageError where the ledger has it already, the queue does not know it, or it asked for something else;
    ShowLocked, KeyOrBalance.
    """
    places, show = reading.places, reading.compiled.show
    address = address.partition("#")[0]
    with hold_show(places.held, f"adopt {places.shot_list.name}"):
        store = Store(places.store, local=places.local)
        try:
            with Ledger(places.ledger) as ledger:
                _refuse_known(ledger.by_request(request_id), request_id)
                notes: tuple[str, ...] = ()
                if not any(roll.address == address for roll in ledger.unknowns(show)):
                    async with client_of(reading.settings, key) as client:
                        notes = await _write_down(reading, address, request_id, client, ledger, store)
                decision = Decision(adopt=request_id, addresses=(address,))
                done = await reconcile_with(
                    reading, decision, tell, store, ledger, seller_of(reading.settings, lambda: key)
                )
                roll = ledger.by_request(request_id)
                assert roll is not None
                return _ended(reading, store, roll, why, (*notes, *done.notes))
        finally:
            store.close()


_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")  # it becomes part of a URL


def _refuse_known(roll: LedgerRoll | None, request_id: str) -> None:
    if not _ID.match(request_id):
        raise UsageError(f"{request_id!r} is not a request id; copy it from your account on fal.ai")
    if roll is not None:
        takes = ", ".join(map(str, roll.takes))
        raise UsageError(f"{request_id} is known: it is take {takes} of {roll.address}, and is {roll.state}")


async def _write_down(
    reading: Reading, address: str, request_id: str, client: QueueClient, ledger: Ledger, store: Store
) -> tuple[str, ...]:
    """Give a request nobody knows its line in the ledger, as one whose answer was lost. Returns what to know of it."""
    line = _line(reading, address, ledger)
    endpoint = endpoint_of(line.form)
    try:
        await client.status(client.rebuilt(endpoint, request_id))
    except TakesFailed as error:
        raise UsageError(f"{request_id}: the queue does not know this request of {endpoint} ({error})") from None
    sent = await _asked(client, endpoint, request_id)
    if sent is not None:
        _refuse_other(sent, line, request_id)
    count = sent.get("num_images") if sent is not None else None
    takes = count if isinstance(count, int) and 1 <= count <= 9 and line.panels == 1 else 1
    _intend(reading, line, _free(reading, store, line, takes), ledger, client.hosts.queue, sent)
    return () if sent is not None else ("the account's list does not say what it asked for, so look at the picture",)


def _line(reading: Reading, address: str, ledger: Ledger) -> PlanLine:
    """The task as the plan has it now. Raises UsageError where it has no request of its own."""
    known = known_of(reading, bought_in(ledger, reading))
    lines = {line.address: line for line in plan_list(reading, Wish(), known).lines}
    if address not in lines:
        raise UsageError(no_such(address, Index(reading.compiled.tasks), reading.places.shot_list.name))
    if not lines[address].form or not lines[address].key:
        raise UsageError(f"{address} has no request yet: {lines[address].reason}")
    return lines[address]


async def _asked(client: QueueClient, endpoint: str, request_id: str) -> Mapping[str, Any] | None:
    """The body of a request, as the account's list has it; None where it does not."""
    try:
        listed = await client.requests(endpoint, request_id=request_id, payloads=True)
    except (TakesFailed, KeyOrBalance):
        return None
    found = next((item for item in listed if item.get("request_id") == request_id), {})
    sent = found.get("json_input")
    return sent if isinstance(sent, dict) else None


def _refuse_other(sent: Mapping[str, Any], line: PlanLine, request_id: str) -> None:
    """Raises UsageError where the request asked for something else than the address does now."""
    wanted = wire_body(line.form, 1, lambda mark: mark)
    names = (wanted.keys() | sent.keys()) - _REFERENCES - {"num_images"}
    other = sorted(name for name in names if wanted.get(name) != sent.get(name))
    other += sorted(name for name in _REFERENCES if (name in wanted) != (name in sent))
    if other:
        raise UsageError(
            f"{request_id} asked for something else than {line.address} does now: {', '.join(other)} differ; name the "
            "address it was made for, or save its picture and adopt the file"
        )


def _free(reading: Reading, store: Store, line: PlanLine, count: int) -> tuple[int, ...]:
    """The next numbers that neither the store nor the lock has."""
    lock = moved_lock(read_lock(reading.places.lock), reading.compiled.moved)
    in_lock = max((one.take for one in lock.at(line.address) if one.key == line.key), default=0)
    first = max(store.next_number(line.key) - 1, in_lock) + 1
    return tuple(range(first, first + count))


def _intend(
    reading: Reading, line: PlanLine, takes: tuple[int, ...], ledger: Ledger, queue: str, sent: Mapping[str, Any] | None
) -> None:
    """The request's line, brought to where `reconcile` takes over. No cap bars what is paid already."""
    task = next(task for task in reading.compiled.tasks if task.address == line.address)
    roll = Roll(line.address, endpoint_of(line.form), line.form, line.key, takes, line.panels, task.picture_price)
    body = sent if sent is not None else wire_body(line.form, len(takes), lambda mark: mark)
    now = datetime.now(UTC)
    show, price = reading.compiled.show, estimate_of(roll)
    id = ledger.intend(
        roll, body, run=RUN, show=show, queue=queue, price=price, now=now, person=who(reading.places.root)
    )
    ledger.sending(id, now)
    ledger.unknown(id, f"named by {who(reading.places.root)}: it was not sent from here", now)


def _ended(reading: Reading, store: Store, roll: LedgerRoll, why: str, notes: tuple[str, ...]) -> AdoptedRequest:
    """Rule about every take that came, and say what came."""
    takes = [
        take for take in store.takes_of(roll.key)
        if store.record_of(roll.key, take.number).get("request_id") == roll.request_id
    ]  # fmt: skip
    for take in takes:
        rule_adopted(reading, roll.address, take, why)
    numbers = tuple(take.number for take in takes)
    return AdoptedRequest(roll.address, roll.request_id, numbers, str(Money(roll.charged or 0)), notes)
