"""The rehearsal queue itself: what was asked, what runs, what came of it, and what it would have cost.

Answers one request at a time, from a value to a value; does not know sockets. Drawing is the only slow part: it is
done in a few threads beside the event loop, inside the service time: a request is not COMPLETED before it is drawn.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID

import anyio
import anyio.to_thread

from shotpilot_pipeline.queue.protocol import Word
from shotpilot_pipeline.queue.rehearsal.artist import picture_count, slate_copy
from shotpilot_pipeline.queue.rehearsal.inputs import input_errors
from shotpilot_pipeline.queue.rehearsal.media import File, Media
from shotpilot_pipeline.queue.rehearsal.models import Models
from shotpilot_pipeline.queue.rehearsal.requests import CANCELLED, Asked, Slots, Verdict
from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.values.digest import sha256_text

Draw = Callable[[Copy], tuple[bytes, ...]]
_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
DRAWING_THREADS = 2  # Pillow lets go of the interpreter while it draws, scales and packs
_FULL = 1_000_000  # requests running at once where nothing limits them


@dataclass(frozen=True, slots=True)
class Manners:
    """How the queue behaves where the real one is known to vary, or is not described.

    `early_code` 400 or 202: a result asked for too early. `cancel_code` 202 or 200. `first_word` IN_QUEUE or
    IN_PROGRESS: what a submit says. `units` is how billable units are written, "" leaves the header out.
    `listed_after` is how many seconds a request is missing from the listing.
    """

    early_code: int = 400
    cancel_code: int = 202
    first_word: str = Word.IN_QUEUE
    units: str = "{}"
    listed_after: float = 0.0


class Injected(NamedTuple):
    """A fault that was put in the way of a call. `at`: seconds of the queue's clock; `fault`: the knobs, in words."""

    at: float
    route: str
    fault: str
    request_id: str = ""
    address: str = ""


@dataclass(slots=True)
class Account:
    """Whether the account may send. A lock ends at a time, after a number of refusals, or not by itself."""

    locked: bool = False
    until: float | None = None  # seconds of the queue's clock
    refusals_left: int | None = None

    def refuses(self, now: float) -> bool:
        """Whether a paid call that comes now is refused; counts it."""
        if self.locked and ((self.until is not None and now >= self.until) or self.refusals_left == 0):
            self.locked, self.until, self.refusals_left = False, None, None
        if self.locked and self.refusals_left is not None:
            self.refusals_left -= 1
        return self.locked


@dataclass(slots=True)
class RehearsalQueue:
    """A queue of its own. `service_seconds` is how long a request runs, 0 for at once, each up to `service_spread`
    (a part of it) longer or shorter; `runs_at_once` how many."""

    models: Models
    draw: Draw
    service_seconds: float = 0.0
    service_spread: float = 0.0
    runs_at_once: int = _FULL
    manners: Manners = field(default_factory=Manners)
    seed_free: bool = False  # as the real models: the same request brings another picture each time
    clock: Callable[[], float] = time.time  # seconds since 1970
    random_bytes: Callable[[int], bytes] = os.urandom
    account: Account = field(default_factory=Account)
    asked: dict[str, Asked] = field(default_factory=dict)
    media: Media = field(default_factory=Media)
    leaked_keys: int = 0  # requests to the media host that brought a key along: a client must never do that
    log: list[Injected] = field(default_factory=list)  # every fault that was injected, in order
    changed: Callable[[Asked], None] = lambda asked: None  # hears of a request when it came in, and when it changed
    _slots: Slots = field(init=False)
    _pictures: dict[str, tuple[str, int]] = field(default_factory=dict)  # path -> request id, number from 0
    _drawing: dict[str, anyio.Lock] = field(default_factory=dict)
    _threads: anyio.CapacityLimiter | None = None

    def __post_init__(self) -> None:
        self._slots = Slots(self.runs_at_once)

    @property
    def accepted(self) -> int:
        """Accepted POSTs so far: each would have been paid for."""
        return len(self.asked)

    @property
    def billed_units(self) -> int:
        """Billable units of all requests that are done."""
        return sum(verdict.units for verdict in map(self.verdict, self.asked.values()) if verdict)

    @property
    def billed_nano(self) -> int:
        """Nano-USD the service would charge for all requests that are done: the truth under every fault."""
        return sum(map(self.charge, self.asked.values()))

    def charge(self, asked: Asked) -> int:
        """Nano-USD of one request; 0 until it is done."""
        verdict, model = self.verdict(asked), self.models(asked.endpoint)
        return verdict.units * model.unit_price.nano if verdict and model else 0

    @property
    def locked(self) -> bool:
        """Whether the account is locked; setting it locks until it is set again."""
        return self.account.locked

    @locked.setter
    def locked(self, locked: bool) -> None:
        self.account = Account(locked)

    def accept(self, endpoint: str, body: Mapping[str, Any], tags: Mapping[str, str]) -> Asked:
        """Take a request in; it is paid for from now on."""
        now = self.clock()
        starts, ends = self._slots.take(now, self._service())
        asked = Asked(self.new_id(now), endpoint, body, tags, now, starts, ends)
        self.asked[asked.id] = asked
        self.changed(asked)
        return asked

    def _service(self) -> float:
        """How long the next request runs."""
        if not self.service_spread:
            return self.service_seconds
        chance = int.from_bytes(self.random_bytes(6), "big") / (1 << 48)
        return self.service_seconds * (1 + self.service_spread * (2 * chance - 1))

    def new_id(self, now: float) -> str:
        """A UUID of version 7: its first 48 bits are milliseconds, so ids sort by time."""
        rest = int.from_bytes(self.random_bytes(10), "big")
        number = (int(now * 1000) & (1 << 48) - 1) << 80 | rest
        number = number & ~(0xF << 76) | 7 << 76
        return str(UUID(int=number & ~(0x3 << 62) | 0x2 << 62))

    def cancel(self, asked: Asked) -> bool:
        """Stop a request; False when it is done already."""
        now = self.clock()
        if asked.word(now) is Word.COMPLETED:
            return False
        asked.cancelled, asked.verdict = now, CANCELLED
        self.changed(asked)
        return True

    def verdict(self, asked: Asked) -> Verdict | None:
        """What a request came to; None while it waits or runs."""
        if asked.verdict is None and asked.word(self.clock()) is Word.COMPLETED:
            asked.verdict = self._judge(asked)
        return asked.verdict

    def _judge(self, asked: Asked) -> Verdict:
        verdict = asked.forced or self._served(asked)
        return verdict if asked.billed is None else replace(verdict, units=asked.billed)

    def _served(self, asked: Asked) -> Verdict:
        model = self.models(asked.endpoint)
        if model is None:
            path = "/" + "/".join(asked.endpoint.split("/")[2:])
            return Verdict(404, 0, detail=f"Path {path} not found")
        errors = input_errors(asked.body, model, self.is_ours, self.fetch)
        if errors:
            return Verdict(422, 0, detail=errors)
        count = picture_count(asked.body) if asked.brings is None else asked.brings
        names = tuple(self._name(asked, number) for number in range(count))
        self._pictures.update({name: (asked.id, number) for number, name in enumerate(names)})
        return Verdict(200, count * model.units.get(str(asked.body.get("resolution") or "1K"), 1), names)

    def _name(self, asked: Asked, number: int) -> str:
        """A path as the media host has them: 8 hex digits, an id of 21 characters, 32 hex digits."""
        digits = sha256_text(f"{asked.id}/{number}")
        kind = str(asked.body.get("output_format") or "png")
        return f"/files/b/0{digits[:7]}/{digits[7:28]}_{digits[28:60]}.{kind}"

    def is_ours(self, url: str) -> bool:
        """Whether a URL points to this queue's own media host."""
        return "/files/b/0" in url

    def fetch(self, url: str) -> bytes | None:
        """The bytes behind a URL of this queue's media host, or None."""
        _, found, rest = url.partition("/files/b/")
        file = self.media.get(f"/files/b/{rest.partition('?')[0]}") if found else None
        return file.data if file else None

    def picture(self, path: str) -> Asked | None:
        """The request that brought the picture at `path`, or None."""
        request_id, _ = self._pictures.get(path, ("", 0))
        return self.asked.get(request_id)

    def _at_hand(self, asked: Asked, path: str) -> bool:
        """Whether nothing is to be drawn: not done, or an error, or drawn and (for a picture's path) still kept."""
        verdict = self.verdict(asked)
        if verdict is None or not verdict.names:
            return True
        return bool(asked.sizes) and (path not in verdict.names or self.media.drawn(path))

    async def drawn(self, asked: Asked, path: str) -> None:
        """Come back when what `path` asks of the request is drawn, or nothing is to be drawn."""
        if self._at_hand(asked, path):
            return
        async with self._drawing.setdefault(asked.id, anyio.Lock()):
            if not self._at_hand(asked, path):
                await self._draw(asked)
        self._drawing.pop(asked.id, None)

    async def _draw(self, asked: Asked) -> None:
        self._threads = self._threads or anyio.CapacityLimiter(DRAWING_THREADS)
        model = self.models(asked.endpoint)
        assert model is not None  # else the verdict is 404
        chance = asked.id if self.seed_free else ""
        copy = slate_copy(asked.endpoint, asked.body, asked.tags, model, self.fetch, chance)
        if asked.verdict is not None and len(asked.verdict.names) != copy.count:
            copy = replace(copy, count=len(asked.verdict.names))
        pictures = await anyio.to_thread.run_sync(self.draw, copy, limiter=self._threads)
        self._keep(asked, pictures, _TYPES.get(copy.output_format, "image/png"))

    def _keep(self, asked: Asked, pictures: tuple[bytes, ...], content_type: str) -> None:
        assert asked.verdict is not None
        asked.sizes = tuple(map(len, pictures))
        for name, data in zip(asked.verdict.names, pictures, strict=True):
            self.media.keep(name, File(data, content_type))
