"""The second half of a roll: from the accepted request to takes in the store. Costs nothing and may be repeated.

    submitted ─▶ status ... result ─▶ download, check, keep ─▶ closed

A roll that an earlier run left open comes in here, by the same way as one that was sent just now. Each take is kept as
soon as its last picture is there; what is kept already is not fetched again. Does not know the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.to_thread

from shotpilot_pipeline.engine.again import until_through
from shotpilot_pipeline.engine.desk import RollDesk
from shotpilot_pipeline.engine.faults import is_about_the_run, is_terminal, outcome_of
from shotpilot_pipeline.engine.sending import Sent, tags_of
from shotpilot_pipeline.engine.shop import Roll, Shop
from shotpilot_pipeline.errors import ShotpilotError, StoreDamaged, TakesFailed, UsageError
from shotpilot_pipeline.queue.failures import DownloadFailed, Kind, RequestFailed
from shotpilot_pipeline.queue.patience import await_result
from shotpilot_pipeline.queue.protocol import Image, Result, Submitted
from shotpilot_pipeline.queue.tags import read_tags, tags_header
from shotpilot_pipeline.store.files import in_words
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.event import Note, TakeKept
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.request import input_of
from shotpilot_pipeline.values.take import Picture, Take
from shotpilot_pipeline.values.task import NO_PRICE

_TOLERANCE = 0.05  # of each side: sizes are tables of third parties, and models round to their own grid
_MOST_NUMBERS = 5  # tries to find one that nobody else takes first


class RollEnd(NamedTuple):
    """What a roll brought, and what stopped it, if anything did."""

    takes: tuple[Take, ...]
    fault: ShotpilotError | None


async def collect_roll(roll: Roll, sent: Sent, desk: RollDesk, *, deadline: float | None = None) -> RollEnd:
    """Keep what an accepted roll brings, and close its line. A fault is part of the answer; what came first is kept.

    `deadline` is in seconds since the submit. A line is closed only by pictures that are safe or by the queue's own
    no: after any other fault it stays open, and the next run collects it.
    """
    kept: list[Take] = []
    fault: ShotpilotError | None = None
    result: Result | None = None
    desk.open[sent.submitted.request_id] = (roll, sent.submitted)
    try:
        result = await _awaited(roll, sent, desk, deadline or desk.limits.deadline)
        await _kept(roll, sent, result, desk, kept)
    except ShotpilotError as error:
        fault = _in_words(error)
        if is_about_the_run(error):
            desk.stop(error)
        before = _kept_before(roll, sent.submitted, desk.shop) if _is_gone(error) else {}
        if len(before) >= (1 if roll.panels > 1 else len(roll.takes)):  # all is here; only its line was left open
            kept, result, fault = list(before.values()), _result_kept(roll, before, desk.shop), None
    del desk.open[sent.submitted.request_id]  # not where this was cancelled: then the request goes on at the queue
    if fault is None or is_terminal(fault):
        with anyio.CancelScope(shield=True):
            await desk.shop.book.closed(roll, outcome_of(fault) if fault else Outcome.RENDERED, result, fault)
    if isinstance(fault, RequestFailed) and fault.failure.kind is Kind.CANCELLED and desk.halt is not None:
        fault = desk.halt  # cancelled because the run is over: it has not failed
    return RollEnd(tuple(kept), fault)


def _is_gone(fault: ShotpilotError) -> bool:
    return isinstance(fault, RequestFailed) and not is_terminal(fault)


def _result_kept(roll: Roll, takes: Mapping[int, Take], shop: Shop) -> Result:
    """The result as the records of its takes tell it: for a request the queue no longer keeps."""
    records = [shop.store.record_of(roll.key, take.number) for take in takes.values()]
    urls = [url for record in records for url in _urls(record)]
    units = records[0].get("billable_units")
    return Result(tuple(map(Image, urls)), Decimal(units) if isinstance(units, str) else None)


def _urls(record: Mapping[str, object]) -> list[str]:
    urls = record.get("urls")
    return [str(url) for url in urls] if isinstance(urls, list) else []


def _in_words(fault: ShotpilotError) -> ShotpilotError:
    """A request the queue no longer knows may have been paid: that is for a person to decide."""
    if _is_gone(fault):
        return TakesFailed(
            f"the queue no longer keeps this request ({fault}); see `reconcile`", kind="still-open", permanent=False
        )
    return fault


async def _awaited(roll: Roll, sent: Sent, desk: RollDesk, deadline: float) -> Result:
    """The finished request's pictures. Raises what the queue said, or TakesFailed when it is open past the deadline."""
    told_at = desk.limits.stalled

    def elapsed() -> float:
        return anyio.current_time() - sent.since

    async def sleep(seconds: float) -> None:
        nonlocal told_at
        if elapsed() >= told_at:
            desk.tell(Note(roll.address, f"no picture yet after {elapsed():.0f} s; still asking"))
            while told_at <= elapsed():
                told_at *= 2
        await desk.shop.sleep(seconds)

    try:
        return await await_result(
            desk.shop.client, roll.endpoint, sent.submitted, desk.pace, elapsed=elapsed, deadline=deadline, sleep=sleep
        )
    except TimeoutError as error:
        raise TakesFailed(f"{error}; it is still open at the queue", kind="still-open", permanent=False) from error


async def _kept(roll: Roll, sent: Sent, result: Result, desk: RollDesk, kept: list[Take]) -> None:
    """Every picture that came, fetched and kept, take by take; `kept` grows as it goes.

    A take that cannot be fetched does not keep the others back. Raises its fault once they are safe.
    """
    fault: TakesFailed | None = None
    there = _kept_before(roll, sent.submitted, desk.shop) if sent.left else {}
    origin = _origin(roll, sent, result, desk.shop)
    for place, images in _by_take(roll, result.images):
        if place in there:
            kept.append(there[place])
            continue
        try:
            kept.append(await _take(roll, place, images, sent.submitted, origin, desk))
        except TakesFailed as error:
            fault = fault or error
    if fault is not None:
        raise fault


def _kept_before(roll: Roll, submitted: Submitted, shop: Shop) -> Mapping[int, Take]:
    """What an earlier run kept of this very request, by its place among the pictures that came."""
    found: dict[int, Take] = {}
    for take in shop.store.takes_of(roll.key):
        record = shop.store.record_of(roll.key, take.number)
        place, brought = record.get("place"), (record.get("request_id"), record.get("roll"))
        if isinstance(place, int) and brought == (submitted.request_id, list(roll.takes)):
            found[place] = take
    return found


def _by_take(roll: Roll, images: Sequence[Image]) -> Iterator[tuple[int, Sequence[Image]]]:
    """The pictures as takes, with their place from 1: a series is one take of all its panels."""
    if roll.panels > 1:
        if images:
            yield 1, images
        return
    for place, image in enumerate(images, 1):
        yield place, [image]


def _number(roll: Roll, place: int, desk: RollDesk) -> int:
    """The take's number. Pictures nobody asked for, and those whose number went to others, are further takes."""
    if place > len(roll.takes):
        return desk.spare(roll.key)
    number = roll.takes[place - 1]
    try:
        desk.shop.store.entry_of(roll.key, number)
    except (UsageError, StoreDamaged):
        return number  # nothing stands there, the usual case, or a damaged record, which the store puts aside
    return desk.spare(roll.key)


async def _take(
    roll: Roll, place: int, images: Sequence[Image], submitted: Submitted, origin: Mapping[str, object], desk: RollDesk
) -> Take:
    """One take of the roll, in the store. `origin`: what the records of all takes of the roll say."""
    aside = []
    for panel, image in enumerate(images, 1):
        into = desk.shop.store.staging() / f"{_file_name(submitted.request_id)}.{place}.{panel}"
        aside.append((into, await _fetched(roll, submitted, image, place + panel - 2, into, desk)))
    record = {**origin, **_record(roll, images, desk.shop), "place": place, **_odd_sizes(roll, aside, desk)}
    take = await _put(roll, place, aside, record, desk)
    desk.tell(TakeKept(roll.address, take.key, take.number, take.pictures, record))
    return take


async def _put(
    roll: Roll, place: int, aside: Sequence[tuple[Path, Picture]], record: Mapping[str, object], desk: RollDesk
) -> Take:
    """The take in the store, under another number where a run of another show took its own just now."""
    for tries_left in range(_MOST_NUMBERS - 1, -1, -1):
        number = _number(roll, place, desk)
        try:
            # Keeping runs in a thread to its end whatever happens here, so there is never half a take.
            return await anyio.to_thread.run_sync(desk.shop.store.keep, roll.key, number, aside, record)
        except UsageError:
            if not tries_left or number >= desk.shop.store.next_number(roll.key):
                raise
    raise AssertionError("the last try returns or raises")


async def _fetched(roll: Roll, submitted: Submitted, image: Image, index: int, into: Path, desk: RollDesk) -> Picture:
    """One picture on this disk, whole and decodable. Reading is free, so it is fetched again until it is.

    A picture the media host no longer has is asked for anew: the result may name another URL by now.
    """
    url = image.url

    async def fetch() -> Picture:
        nonlocal url
        try:
            with in_words(desk.shop.store.folder):  # a full disk is about the disk, not about this picture
                await desk.shop.client.download(url, into, most_bytes=desk.limits.most_bytes)
        except DownloadFailed as error:
            if error.gone:
                url = await _url_now(submitted, index, url, desk)
            raise
        return await anyio.to_thread.run_sync(check_picture, into)

    def worth_it(error: TakesFailed) -> bool:
        return not error.permanent or error.kind == "bad-picture"

    def tell(text: str) -> None:
        desk.tell(Note(roll.address, text))

    return await until_through(fetch, desk.shop.sleep, worth_it=worth_it, tell=tell)


async def _url_now(submitted: Submitted, index: int, url: str, desk: RollDesk) -> str:
    """Where the picture lies according to the result as it stands now; as before where that does not say."""
    try:
        images = (await desk.shop.client.result(submitted)).images
    except TakesFailed:
        return url
    return images[index].url if index < len(images) else url


def _odd_sizes(roll: Roll, aside: Sequence[tuple[Path, Picture]], desk: RollDesk) -> dict[str, object]:
    """What the record says where pictures came in another size than asked for. They are paid for, so they are kept."""
    wanted = desk.shop.pixels(roll.form)
    odd = next((picture for _, picture in aside if wanted and not _near(picture, wanted)), None)
    if wanted is None or odd is None:
        return {}
    asked, came = "{} x {}".format(*wanted), f"{odd.width} x {odd.height}"
    if (about := f"{roll.endpoint} {asked} {came}") not in desk.met:
        desk.met.add(about)
        desk.tell(
            Note(roll.address, f"a picture came with {came} pixels where {asked} were to be expected; it is kept")
        )
    return {"pixels_expected": list(wanted)}


def _near(picture: Picture, wanted: tuple[int, int]) -> bool:
    """Whether a picture has the size it should, as nearly as models keep to it."""
    return all(abs(there - side) <= _TOLERANCE * side for there, side in zip(picture[2:4], wanted, strict=True))


def _file_name(request_id: str) -> str:
    """A name for files aside; the id came from outside, so it is not used as it is."""
    return sha256_text(request_id)[:16]


def _origin(roll: Roll, sent: Sent, result: Result, shop: Shop) -> dict[str, object]:
    """Where the takes of a roll come from: what is kept beside their pictures for good."""
    units = result.billable_units
    return {
        "show": shop.show,
        "address": roll.address,
        "stage": roll.address.rpartition("@")[2],
        "endpoint": roll.endpoint,
        "input": input_of(roll.form),
        "queue": shop.client.hosts.queue,
        "request_id": sent.submitted.request_id,
        "roll": list(roll.takes),
        "tags": read_tags(tags_header(tags_of(roll, shop.show))),  # those that were sent: a bad one is left out
        "submitted_at": sent.at or None,
        "finished_at": shop.now(),
        "billable_units": None if units is None else str(units),
    }


def _record(roll: Roll, images: Sequence[Image], shop: Shop) -> dict[str, object]:
    """What is told of one take besides: its pictures, their price by the card, when it was fetched."""
    return {
        "urls": [image.url.partition("?")[0] for image in images],  # what follows may be a signature
        "price_usd": None if roll.picture_price == NO_PRICE else str(Money(roll.picture_price * len(images))),
        "at": shop.now(),
    }
