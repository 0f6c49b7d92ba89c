"""The first half of a roll: from the settled request to an accepted one, sent exactly once.

    intended ─▶ sending ─▶ POST ─▶ submitted
                              └──▶ closed: refused at the door, provably not accepted (then sent again), or unknown

Does not know what comes of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

import anyio

from shotpilot_pipeline.engine.desk import RollDesk
from shotpilot_pipeline.engine.faults import outcome_of
from shotpilot_pipeline.engine.shop import Roll
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed
from shotpilot_pipeline.queue.failures import AnswerLost, ForeignUrl, Kind, NotSent, RequestFailed
from shotpilot_pipeline.queue.protocol import Submitted
from shotpilot_pipeline.queue.tags import shot_tags
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.event import Note, RollSent
from shotpilot_pipeline.values.request import marks_of, wire_body

_FIRST_WAIT = 0.5  # seconds before a roll that was held back is sent again; doubled each time
_LONGEST_WAIT = 30.0  # seconds
_MOST_UNREACHED = 6  # tries of a queue that cannot be reached, some 15 s: then the network is away, and the run stops
_TOLD_AFTER = 10.0  # seconds of waiting that a person should know of


class Sent(NamedTuple):
    """An accepted roll."""

    submitted: Submitted
    since: float  # seconds of the loop's clock
    at: str = ""  # by the wall clock, UTC, ISO 8601; stands in the records only
    left: bool = False  # by an earlier run, which may have kept some of it


async def send(roll: Roll, desk: RollDesk) -> Sent:
    """Have the queue accept the roll. One POST at a time, and none after one whose answer is lost.

    Raises TakesFailed (refused, unknown, not reached), KeyOrBalance, BudgetReached, or why the run was stopped.
    """
    tags = tags_of(roll, desk.shop.show)
    wait, unreached, began = _FIRST_WAIT, 0, anyio.current_time()
    while True:
        if desk.halt is not None:
            raise desk.halt
        try:
            urls = await desk.uploads.urls_of(marks_of(roll.form))  # each time: it may have been held back for long
            body = wire_body(roll.form, len(roll.takes), urls.__getitem__)
            return await _posted(roll, body, tags, desk)
        except TakesFailed as error:
            unreached += isinstance(error, NotSent)
            patient = anyio.current_time() - began < desk.limits.deadline
            if not _held_back(error) or unreached >= _MOST_UNREACHED or not patient:
                raise
            pause = _pause(error, wait)
            if anyio.current_time() - began + pause > desk.limits.deadline:
                raise  # asked to wait for longer than a roll may take: told now, and not after a day of silence
        if pause >= _TOLD_AFTER:
            desk.tell(Note(roll.address, f"held back by the queue; sent again in {pause:.0f} s"))
        await desk.shop.sleep(pause)
        wait = min(wait * 2, _LONGEST_WAIT)


def tags_of(roll: Roll, show: str) -> dict[str, str]:
    """What the roll's request is tagged with."""
    return shot_tags(show, Address.parse(roll.address), roll.takes[0])


def _held_back(fault: TakesFailed) -> bool:
    """Whether the request was provably not accepted and may be sent again."""
    return isinstance(fault, NotSent) or (isinstance(fault, RequestFailed) and fault.failure.kind is Kind.BUSY)


def _pause(fault: TakesFailed, wait: float) -> float:
    """Seconds to wait: what the queue asked for, else a jittered back-off."""
    asked = fault.failure.retry_after if isinstance(fault, RequestFailed) else None
    return asked if asked is not None else wait * (0.75 + random.random() / 2)  # noqa: S311 -- no secret


async def _posted(roll: Roll, body: Mapping[str, object], tags: Mapping[str, str], desk: RollDesk) -> Sent:
    """One POST, with its lines in the book before and after it."""
    book = desk.shop.book
    await book.intended(roll, body)
    with anyio.CancelScope(shield=True):  # between the POST and its line in the book nothing may come
        await book.sending(roll)
        since, at = anyio.current_time(), desk.shop.now()
        try:
            submitted = await _submitted(roll, body, tags, desk)
        except AnswerLost as error:
            await book.unknown(roll, str(error), error.request_id)
            raise
        except RequestFailed as error:
            if not _held_back(error):
                await book.closed(roll, outcome_of(error), None, error)
                raise
            desk.window.pushed_back(anyio.current_time())
            await book.held_back(roll, str(error))
            raise
        except (NotSent, KeyOrBalance) as error:
            await book.held_back(roll, str(error))
            raise
        await book.submitted(roll, submitted)
    desk.window.accepted()
    desk.tell(RollSent(roll.address, roll.takes, submitted.request_id))
    return Sent(submitted, since, at)


async def _submitted(roll: Roll, body: Mapping[str, object], tags: Mapping[str, str], desk: RollDesk) -> Submitted:
    try:
        return await desk.shop.client.submit(roll.endpoint, body, tags)
    except ForeignUrl as error:  # accepted, but the answer's URLs point elsewhere: they are built from the id instead
        notes = getattr(error, "__notes__", [])
        if not notes:
            raise AnswerLost(f"{error}; the request may have been accepted") from error
        return desk.shop.client.rebuilt(roll.endpoint, notes[0])
