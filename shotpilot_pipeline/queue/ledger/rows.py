"""What stands in the ledger, as values: states and their moves, a roll, caps, sums. Does not know SQLite.

    intended ──▶ sending ──▶ submitted ──▶ closed
        │           │  │          ▲
        │           │  └▶ unknown ┘ (adopted)
        │           │        ├────▶ written-off
        └───────────┴────────┴────▶ released

`sending` also goes to `closed`: refused at the door, so nothing was accepted and nothing is billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from shotpilot_pipeline.errors import BudgetReached, ExitCode, ShotpilotError, StoreDamaged, TakesFailed
from shotpilot_pipeline.values.money import Money

NO_PRICE = -1  # a picture_price that no card names


class State(StrEnum):
    """Where a roll stands. One compare-and-set leads from each to the next."""

    INTENDED = "intended"  # its money is reserved; nothing has left this machine
    SENDING = "sending"  # the POST is out, or about to be
    SUBMITTED = "submitted"  # accepted: the request id is known
    CLOSED = "closed"  # nothing more comes of it; its charge is booked
    UNKNOWN = "unknown"  # the answer to the POST was lost
    WRITTEN_OFF = "written-off"  # a person gave it up; it counts as paid
    RELEASED = "released"  # it was not accepted, or a person said so


#: Every move there is. The database holds them as well (schema.py).
MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.INTENDED: frozenset({State.SENDING, State.RELEASED}),
        State.SENDING: frozenset({State.SUBMITTED, State.UNKNOWN, State.RELEASED, State.CLOSED}),
        State.SUBMITTED: frozenset({State.CLOSED}),
        State.UNKNOWN: frozenset({State.SUBMITTED, State.WRITTEN_OFF, State.RELEASED}),
        State.CLOSED: frozenset(),
        State.WRITTEN_OFF: frozenset(),
        State.RELEASED: frozenset(),
    }
)
UNFINISHED = (State.INTENDED, State.SENDING, State.SUBMITTED)
OPEN = (*UNFINISHED, State.UNKNOWN)  # their money is reserved


class RollLike(Protocol):
    """A paid request before it is sent, as the engine knows it."""

    @property
    def address(self) -> str:
        """`scene/shot[.variant]@stage`."""

    @property
    def endpoint(self) -> str:
        """The full model id."""

    @property
    def form(self) -> str:
        """The request form."""

    @property
    def key(self) -> str:
        """The render key."""

    @property
    def takes(self) -> tuple[int, ...]:
        """The take numbers it brings."""

    @property
    def panels(self) -> int:
        """Pictures in a take."""

    @property
    def picture_price(self) -> int:
        """Nano-USD of one picture; NO_PRICE where the card names none."""


class SubmittedLike(Protocol):
    """An accepted request."""

    @property
    def request_id(self) -> str:
        """The queue's id."""

    @property
    def status_url(self) -> str:
        """Where to ask how it stands."""

    @property
    def response_url(self) -> str:
        """Where its result is."""

    @property
    def cancel_url(self) -> str:
        """Where to ask for its end."""


class LedgerRoll(NamedTuple):
    """One line of the ledger. Money is nano-USD, times are UTC in ISO 8601 ("" while it has not come to that)."""

    id: int
    run: str
    show: str
    address: str
    endpoint: str
    key: str
    takes: tuple[int, ...]
    panels: int
    picture_price: int
    form: str
    body: dict[str, Any]  # as sent
    state: State
    request_id: str
    status_url: str
    response_url: str
    cancel_url: str
    reserved: int
    charged: int | None  # None: not closed, or nobody knows the price
    unpriced: bool
    verified: bool  # whether `charged` is what the queue or the bill says, not our estimate
    billable_units: str
    outcome: str  # "" until closed
    answer: str  # trimmed raw terminal JSON
    intended_at: str
    sending_at: str
    submitted_at: str
    closed_at: str  # closed, written off or released
    queue: str  # base URL of the queue it went to
    price: int | None  # what it was thought to cost; never changes
    booked: int | None  # what was charged by header, or by estimate, when it closed
    billed: int | None  # what the bill says
    day: str  # local calendar day of the submit
    why: str  # of unknown, released, written off, or of its failure
    decided_by: str  # who wrote it off or released it, where a person did
    hint: str  # a request id that a lost answer let slip, not yet trusted
    person: str = ""  # who ran the render; "" where nobody wrote it down


class CostRow(NamedTuple):
    """What a sum needs of one roll. Money is nano-USD; the rest as in LedgerRoll."""

    address: str
    key: str
    takes: tuple[int, ...]
    panels: int
    state: State
    outcome: str
    reserved: int
    charged: int | None
    verified: bool
    price: int | None
    endpoint: str
    queue: str
    day: str
    run: str
    person: str
    intended_at: str


class Caps(NamedTuple):
    """Caps in nano-USD; None is no cap. `stages`: by the name of the stage. The tightest wins."""

    run: int | None = None
    day: int | None = None
    show: int | None = None
    shot: int | None = None
    stages: Mapping[str, int] = MappingProxyType({})


NO_CAPS = Caps()


class Sums(NamedTuple):
    """What a choice of rolls comes to. Nano-USD, except the counts."""

    rolls: int = 0  # every line, released ones too
    open: int = 0  # intended, sending, submitted or unknown
    unknown: int = 0
    estimated: int = 0  # what all that were sent were thought to cost
    reserved: int = 0
    charged: int = 0
    unverified: int = 0  # the part of `charged` that is only our estimate
    wasted: int = 0  # the part of `charged` that did not bring all it should
    unpriced: int = 0  # sent rolls of which nobody knows what they cost

    @property
    def committed(self) -> int:
        """What counts against a cap."""
        return self.reserved + self.charged


class LedgerConflict(ShotpilotError):
    """A roll is not in the state a step rests on: somebody else moved it. Nothing was changed."""


class LedgerUnusable(ShotpilotError):
    """The ledger cannot be written or read just now. Nothing was half written; the same command goes on later.

    `full`: for want of room on the disk, as far as that can be told.
    """

    exit_code = ExitCode.TAKES_FAILED

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class LedgerDamaged(StoreDamaged):
    """The ledger's file is not what it was when written."""


class PriceUnknown(BudgetReached):
    """Nobody knows what the roll costs, and the run may only buy what has a price."""


class TakeUndecided(TakesFailed):
    """A take was asked for already and nobody knows what became of it, so it is not asked for again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="still-open", permanent=False)


class CapReached(BudgetReached):
    """A roll does not fit under a cap. Money is nano-USD."""

    def __init__(self, cap: str, most: int, reserved: int, charged: int, price: int, address: str) -> None:
        self.cap = cap  # "run", "day", "show", "shot" or "stages.NAME"
        self.most = most
        self.reserved = reserved
        self.charged = charged
        self.missing = reserved + charged + price - most
        self.in_short = f"the {_cap_in_words(cap, address)} has no room for it"
        held = f" and ${Money(reserved)} is held for requests on their way or not yet decided" if reserved else ""
        super().__init__(
            f"the {_cap_in_words(cap, address)} has no room for the next roll ({address}, ${Money(price)}): of "
            f"${Money(most)}, ${Money(charged)} is spent{held}; {_cure(cap, most, price, most + self.missing)}"
        )


def _cap_in_words(cap: str, address: str) -> str:
    name, _, stage = cap.partition(".")
    if stage:
        return f"budget of stage {stage}"
    return f"budget of shot {_shot_in(address)}" if name == "shot" else f"budget of the {name}"


def _shot_in(address: str) -> str:
    """`scene/shot`, which has the cap, of an address below it."""
    return address.partition("@")[0].partition(".")[0]


def _cure(cap: str, most: int, price: int, enough: int) -> str:
    """What to raise, and to what at least. The budget of a run begins anew with each run."""
    if cap == "run" and price <= most:
        again = f"run the same command again for another ${Money(most)}"
        return f"{again}, or raise what set it (--max-cost, or budget.run in the shot list or shotpilot.toml)"
    if cap == "run":
        return f"raise what set it (--max-cost, or budget.run in the shot list or shotpilot.toml) to {Money(price)}"
    if cap == "day":
        return f"go on tomorrow, or raise budget.day in shotpilot.toml to {Money(enough)} or more"
    return f"raise budget.{cap} in the shot list to {Money(enough)} or more, then run the same command again"


def stamp(moment: datetime) -> str:
    """A moment as it stands in the ledger: UTC, ISO 8601, thousandths. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone means another one on another machine")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_day(moment: datetime) -> str:
    """The calendar day on this machine's clock, `2026-11-23`."""
    return moment.astimezone().date().isoformat()
