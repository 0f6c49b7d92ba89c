"""Everything a run works with, in one value: the queue, the store, the references, the limits.

Decides nothing. `Book` is the seam where the ledger of paid requests stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import anyio

from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.rulings import NO_RULINGS, Rulings
from shotpilot_pipeline.values.take import Pick

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.client import QueueClient
    from shotpilot_pipeline.queue.protocol import Result, Submitted
    from shotpilot_pipeline.store.store import Store


class Roll(NamedTuple):
    """One paid request before it is sent."""

    address: str
    endpoint: str
    form: str
    key: str
    takes: tuple[int, ...]  # the numbers it brings, in order
    panels: int  # pictures in a take
    picture_price: int  # nano-USD; NO_PRICE where the card names none


class Book(Protocol):
    """Where every paid request is written down, at the instants that decide who pays for a crash.

    `intended` comes before anything is sent and may refuse by raising (a budget). `sending` returns only when the
    line is safe, and the POST follows at once. After the POST comes exactly one of: `submitted`, shielded, before the
    first status call; `held_back`, where it was provably not accepted (the roll may be intended again); `unknown`,
    where nobody can say; or `closed`, where the queue said no at its door. A roll that was submitted is closed once
    its bytes are kept, or once the queue has said that none will come; till then its line stays open.
    """

    async def intended(self, roll: Roll, body: Mapping[str, object]) -> None:
        """The roll is about to be sent."""

    async def sending(self, roll: Roll) -> None:
        """The next thing that leaves this machine is the POST."""

    async def held_back(self, roll: Roll, why: str) -> None:
        """It was not accepted: it never left, or the queue was too busy, or the account is locked."""

    async def submitted(self, roll: Roll, submitted: Submitted) -> None:
        """The queue accepted it under this id."""

    async def unknown(self, roll: Roll, why: str, request_id: str = "") -> None:
        """The answer to the POST is lost: it may have been accepted, and is never sent again by itself.

        `request_id`: one that the answer let slip.
        """

    async def closed(
        self, roll: Roll, outcome: Outcome, result: Result | None, fault: ShotpilotError | None = None
    ) -> None:
        """Nothing more will come of it. `result` is None where none came; `fault` says why."""


class NoBook:
    """Writes nothing down: right for a rehearsal, where no request costs anything, and for nothing else."""

    async def intended(self, roll: Roll, body: Mapping[str, object]) -> None:
        """Nothing is reserved."""

    async def sending(self, roll: Roll) -> None:
        """Sending twice would cost nothing."""

    async def held_back(self, roll: Roll, why: str) -> None:
        """Nothing was reserved."""

    async def submitted(self, roll: Roll, submitted: Submitted) -> None:
        """A lost answer is simply asked for again by the next run."""

    async def unknown(self, roll: Roll, why: str, request_id: str = "") -> None:
        """Nobody pays for it either way."""

    async def closed(
        self, roll: Roll, outcome: Outcome, result: Result | None, fault: ShotpilotError | None = None
    ) -> None:
        """Nothing is charged."""


class Upload(NamedTuple):
    """Where bytes were put, and until when they can be fetched there."""

    url: str
    expires: datetime  # with its zone


class UploadMemory(Protocol):
    """Remembers across runs where a picture was uploaded to."""

    async def known(self, sha256: str) -> Upload | None:
        """Where these bytes can still be fetched for as long as a roll may take; None where nowhere is known."""

    async def keep(self, sha256: str, url: str) -> None:
        """These bytes were uploaded to `url` just now."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, and how long. Seconds and bytes."""

    unfinished: int = 4  # rolls on their way at once; best some 20 % above what the account runs at once
    deadline: float = 3600.0  # of one roll, from its submit to its last byte
    stalled: float = 120.0  # a roll without an answer for so long is told of, and again each time that doubles
    most_bytes: int = 200_000_000  # of one picture; the largest 4K PNG has some 50 MB
    upload_life: float = 86_400.0  # for how long an uploaded picture can be fetched

    def __post_init__(self) -> None:
        if not 1 <= self.unfinished <= 200:
            raise ValueError(f"unfinished rolls are 1 to 200, not {self.unfinished}")


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Shop:
    """What a run works with.

    `client` speaks to the queue and is open already. `sources`: sha256 of a reference -> its file. `stages`: in
    order. `book` writes paid requests down. `first_where_unpicked`: a rehearsal, in which nobody is waited for.
    `barred`: render keys that nothing is sent for, with the outcome that stands for it and why. `rulings`: which older
    takes stand for changed words, and what is shot again.
    """

    show: str
    client: QueueClient
    store: Store
    stages: tuple[str, ...]
    book: Book
    sources: Mapping[str, Path] = field(default_factory=dict)
    picks: Mapping[str, Pick] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    first_where_unpicked: bool = False
    barred: Mapping[str, tuple[Outcome, str]] = field(default_factory=dict)
    uploads: UploadMemory | None = None
    pixels: Callable[[str], tuple[int, int] | None] = lambda form: None  # what a form should bring; None: not known
    rulings: Rulings = NO_RULINGS
    form_of: Callable[[str], str] = lambda key: ""  # of an accepted request; "" where it is not known
    now: Callable[[], str] = _utc_now  # UTC, ISO 8601; stands in the records only
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep  # seconds
