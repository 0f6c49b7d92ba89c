"""One roll: from the settled request to takes in the store. The only way a request becomes a picture.

    intended ─▶ sending ─▶ POST ─▶ submitted ─▶ status ... result ─▶ download, check, keep ─▶ closed

Does not know the plan, nor why the takes are wanted; each take is kept as soon as its last picture is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.to_thread

from shotpilot_pipeline.engine.again import until_through
from shotpilot_pipeline.engine.references import Uploads
from shotpilot_pipeline.engine.shop import Limits, Roll, Shop
from shotpilot_pipeline.errors import BudgetReached, KeyOrBalance, ShotpilotError, TakesFailed, UsageError
from shotpilot_pipeline.queue.failures import AnswerLost, ForeignUrl, Kind
from shotpilot_pipeline.queue.patience import Pace, await_result
from shotpilot_pipeline.queue.protocol import Image, Result, Submitted
from shotpilot_pipeline.queue.tags import shot_tags
from shotpilot_pipeline.store.files import in_words
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.event import Event, Note, RollSent, TakeKept
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.request import input_of, marks_of, wire_body
from shotpilot_pipeline.values.take import Picture, Take
from shotpilot_pipeline.values.task import NO_PRICE

#: Kinds of failure after which the same request would be refused again: the words, the references, a field.
_REFUSALS = frozenset({Kind.REFUSED.value, Kind.INPUT.value, Kind.REFERENCE.value, Kind.EMPTY.value})
_UNKNOWN = frozenset({"answer-lost", "still-open"})


class RollEnd(NamedTuple):
    """What a roll brought, and what stopped it, if anything did."""

    takes: tuple[Take, ...]
    fault: ShotpilotError | None


@dataclass(slots=True)
class RollDesk:
    """What all rolls of one run share. `spare` gives a free take number of a key, for pictures nobody asked for."""

    shop: Shop
    limits: Limits
    uploads: Uploads
    tell: Callable[[Event], None]
    spare: Callable[[str], int]
    pace: Pace = field(default_factory=Pace)
    halt: ShotpilotError | None = None  # why nothing more is sent: the account, the disk, a budget


def outcome_of(fault: ShotpilotError) -> Outcome:
    """How a task ends by a fault of one of its rolls. What only stopped the run has not failed."""
    if isinstance(fault, (KeyOrBalance, BudgetReached)):
        return Outcome.SKIPPED
    kind = getattr(fault, "kind", "failed")
    if kind in _UNKNOWN:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if kind in _REFUSALS else Outcome.FAILED


async def carry_roll(roll: Roll, desk: RollDesk) -> RollEnd:
    """Send one roll and keep what it brings. A fault is part of the answer; what came before it is kept.

    After a fault that is about the run, and not about this one request, `desk.halt` keeps further rolls back.
    """
    if desk.halt is not None:
        return RollEnd((), desk.halt)
    kept: list[Take] = []
    fault: ShotpilotError | None = None
    result: Result | None = None
    try:
        submitted, since = await _sent(roll, desk)
        result = await _awaited(roll, submitted, since, desk)
        await _kept(roll, submitted, result, desk, kept)
    except ShotpilotError as error:
        fault = error
        if is_about_the_run(error):
            desk.halt = desk.halt or error
    await desk.shop.book.closed(roll, outcome_of(fault) if fault else Outcome.RENDERED, result)
    return RollEnd(tuple(kept), fault)


def is_about_the_run(fault: ShotpilotError) -> bool:
    """Whether a fault would meet every other roll as well: account, disk or budget."""
    return not isinstance(fault, (TakesFailed, UsageError))


async def _sent(roll: Roll, desk: RollDesk) -> tuple[Submitted, float]:
    """The accepted request, and when it was sent (seconds of the loop's clock)."""
    urls = await desk.uploads.urls_of(marks_of(roll.form))
    body = wire_body(roll.form, len(roll.takes), urls.__getitem__)
    tags = shot_tags(desk.shop.show, Address.parse(roll.address), roll.takes[0])
    await desk.shop.book.intended(roll, body)
    with anyio.CancelScope(shield=True):  # between the POST and its line in the book nothing may come
        await desk.shop.book.sending(roll)
        since = anyio.current_time()
        try:
            submitted = await desk.shop.client.submit(roll.endpoint, body, tags)
        except ForeignUrl as error:
            submitted = _accepted_elsewhere(error, roll, desk)
        await desk.shop.book.submitted(roll, submitted)
    desk.tell(RollSent(roll.address, roll.takes, submitted.request_id))
    return submitted, since


def _accepted_elsewhere(error: ForeignUrl, roll: Roll, desk: RollDesk) -> Submitted:
    """Accepted, but the answer's URLs point elsewhere: they are built from the id instead."""
    notes = getattr(error, "__notes__", [])
    if not notes:
        raise AnswerLost(f"{error}; the request may have been accepted") from error
    return desk.shop.client.rebuilt(roll.endpoint, notes[0])


async def _awaited(roll: Roll, submitted: Submitted, since: float, desk: RollDesk) -> Result:
    """The finished request's pictures. Raises what the queue said, or TakesFailed when it is open past the deadline."""
    try:
        return await await_result(
            desk.shop.client,
            roll.endpoint,
            submitted,
            desk.pace,
            elapsed=lambda: anyio.current_time() - since,
            deadline=desk.limits.deadline,
            sleep=desk.shop.sleep,
        )
    except TimeoutError as error:
        raise TakesFailed(f"{error}; it is still open at the queue", kind="still-open", permanent=False) from error


async def _kept(roll: Roll, submitted: Submitted, result: Result, desk: RollDesk, kept: list[Take]) -> None:
    """Every picture that came, fetched and kept, take by take; `kept` grows as it goes.

    A take that cannot be fetched does not keep the others back. Raises its fault once they are safe.
    """
    fault: TakesFailed | None = None
    for number, images in _by_take(roll, result.images, desk.spare):
        try:
            kept.append(await _take(roll, number, images, submitted, result, desk))
        except TakesFailed as error:
            fault = fault or error
    if fault is not None:
        raise fault


async def _take(
    roll: Roll, number: int, images: Sequence[Image], submitted: Submitted, result: Result, desk: RollDesk
) -> Take:
    """One take of the roll, in the store."""
    aside = []
    for place, image in enumerate(images, 1):
        into = desk.shop.store.staging() / f"{_file_name(submitted.request_id)}.{number}.{place}"
        aside.append((into, await _fetched(roll, image, into, desk)))
    record = _record(roll, submitted, result, images, desk.shop)
    # Keeping runs in a thread to its end whatever happens here, so there is never half a take.
    take = await anyio.to_thread.run_sync(desk.shop.store.keep, roll.key, number, aside, record)
    desk.tell(TakeKept(roll.address, take.key, take.number, take.pictures, record))
    return take


def _by_take(roll: Roll, images: Sequence[Image], spare: Callable[[str], int]) -> Iterator[tuple[int, Sequence[Image]]]:
    """The pictures as takes: a series is one take of all its panels; pictures nobody asked for are further takes."""
    if roll.panels > 1:
        if images:
            yield roll.takes[0], images
        return
    for place, image in enumerate(images):
        yield (roll.takes[place] if place < len(roll.takes) else spare(roll.key)), [image]


async def _fetched(roll: Roll, image: Image, into: Path, desk: RollDesk) -> Picture:
    """One picture on this disk, whole and decodable. Reading is free, so it is fetched again until it is."""

    async def fetch() -> Picture:
        with in_words(desk.shop.store.folder):  # a full disk is about the disk, not about this picture
            await desk.shop.client.download(image.url, into, most_bytes=desk.limits.most_bytes)
        return await anyio.to_thread.run_sync(check_picture, into)

    def worth_it(error: TakesFailed) -> bool:
        return not error.permanent or error.kind == "bad-picture"

    def tell(text: str) -> None:
        desk.tell(Note(roll.address, text))

    return await until_through(fetch, desk.shop.sleep, worth_it=worth_it, tell=tell)


def _file_name(request_id: str) -> str:
    """A name for files aside; the id came from outside, so it is not used as it is."""
    return sha256_text(request_id)[:16]


def _record(roll: Roll, submitted: Submitted, result: Result, images: Sequence[Image], shop: Shop) -> dict[str, object]:
    """Where a take comes from: what is kept beside its pictures for good."""
    units = result.billable_units
    return {
        "show": shop.show,
        "address": roll.address,
        "stage": roll.address.rpartition("@")[2],
        "endpoint": roll.endpoint,
        "input": input_of(roll.form),
        "queue": shop.client.hosts.queue,
        "request_id": submitted.request_id,
        "roll": list(roll.takes),
        "urls": [image.url for image in images],
        "billable_units": None if units is None else str(units),
        "price_usd": None if roll.picture_price == NO_PRICE else str(Money(roll.picture_price * len(images))),
        "at": shop.now(),
    }
