"""The ledger as the engine's book: one for each run, off the event loop, no step cut short. Decides nothing but the
charge: what a fault means for a roll is the engine's to say.

    book            ledger
    intended        intended                      its money is reserved
    sending         sending
    submitted       submitted
    held_back       released                      it provably was not accepted
    unknown         unknown                       nobody knows whether it was
    closed          closed                        with its charge
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from shotpilot_pipeline.errors import BudgetReached
from shotpilot_pipeline.queue.failures import Failure, RequestFailed
from shotpilot_pipeline.queue.ledger.charge import Charge, UnitPrice, answer_of, charge_of
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import (
    NO_CAPS,
    NO_PRICE,
    Caps,
    LedgerConflict,
    RollLike,
    State,
    SubmittedLike,
)
from shotpilot_pipeline.queue.ledger.turns import Turns
from shotpilot_pipeline.queue.protocol import Result
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.outcome import Outcome

#: The model could not fetch or read what was sent along: the URL is not used again (docs: model-apis/errors).
_NOT_FETCHED = frozenset({"file_download_error", "image_load_error"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


def estimate_of(roll: RollLike) -> Money | None:
    """What a roll costs by its card; None where the card names no price."""
    if roll.picture_price == NO_PRICE:
        return None
    return Money(roll.picture_price * len(roll.takes) * roll.panels)


class LedgerBook:
    """Writes the rolls of one run into the ledger. `run` is the run's id, `queue` the base URL it buys at.

    A step returns once it is safely on the disk, whatever is cancelled meanwhile. `unit_price`: what one billable unit
    of a model costs (charge.unit_prices).
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        run: str,
        show: str,
        queue: str,
        unit_price: UnitPrice,
        caps: Caps = NO_CAPS,
        allow_unpriced: bool = True,
        person: str = "",
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.ledger = ledger
        self.run = run
        self.show = show
        self.queue = queue
        self.caps = caps
        self.allow_unpriced = allow_unpriced
        self.person = person
        self._unit_price = unit_price
        self._clock = clock
        self._turns = Turns()
        self._open: dict[RollLike, tuple[int, State]] = {}

    async def intended(self, roll: RollLike, body: Mapping[str, object]) -> None:
        """Reserve the roll's money. Raises CapReached, PriceUnknown or TakeUndecided: then it must not be sent."""
        step = partial(self.ledger.intend, roll, body, run=self.run, show=self.show, queue=self.queue)
        step = partial(
            step, price=estimate_of(roll), caps=self.caps, allow_unpriced=self.allow_unpriced, person=self.person
        )
        self._open[roll] = (await self._turns.do(partial(step, now=self._clock())), State.INTENDED)

    async def sending(self, roll: RollLike) -> None:
        """The POST follows at once. Raises CapReached when a new day has begun and has no room for it: then the roll is
        released again."""
        id, _ = await self._line(roll)
        try:
            await self._turns.do(partial(self.ledger.sending, id, self._clock()))
        except BudgetReached as error:
            await self.held_back(roll, str(error))
            raise
        self._open[roll] = (id, State.SENDING)

    async def held_back(self, roll: RollLike, why: str) -> None:
        """It was not accepted: it never left, or the queue or the account would not take it. Its money is free."""
        id, _ = await self._line(roll)
        await self._turns.do(partial(self.ledger.released, id, why, self._clock()))
        del self._open[roll]

    async def submitted(self, roll: RollLike, submitted: SubmittedLike) -> None:
        """The queue accepted it under this id."""
        id, _ = await self._line(roll)
        await self._turns.do(partial(self.ledger.submitted, id, submitted, self._clock()))
        self._open[roll] = (id, State.SUBMITTED)

    async def unknown(self, roll: RollLike, why: str, request_id: str = "") -> None:
        """The answer to the POST is lost. `request_id`: one that the answer let slip; it helps the search."""
        id, _ = await self._line(roll)
        await self._turns.do(partial(self.ledger.unknown, id, why, self._clock(), request_id=request_id))
        del self._open[roll]

    async def closed(
        self,
        roll: RollLike,
        outcome: Outcome,
        result: Result | None,
        fault: BaseException | None = None,
        answer: str = "",
    ) -> None:
        """Nothing more comes of it: book its charge. One refused at the door costs nothing.

        Also for a roll that an earlier run submitted. `answer`: the raw terminal answer, where there is one.
        """
        id, state = await self._line(roll)
        failure = fault.failure if isinstance(fault, RequestFailed) else None
        charge = self._charge(roll, state, result, failure)
        step = partial(self.ledger.closed, id, outcome, why="" if fault is None else str(fault), now=self._clock())
        await self._turns.do(partial(step, answer=answer or answer_of(result, failure), **charge._asdict()))
        del self._open[roll]
        if failure is not None and failure.type in _NOT_FETCHED:
            await self._turns.do(partial(self.ledger.forget_uploads_of, id))

    def _charge(self, roll: RollLike, state: State, result: Result | None, failure: Failure | None) -> Charge:
        if state is not State.SUBMITTED:
            return Charge(ZERO, True, "")
        return charge_of(estimate_of(roll), self._unit_price(roll.endpoint), result, failure)

    async def _line(self, roll: RollLike) -> tuple[int, State]:
        """Number and state of a roll that is not over. Raises LedgerConflict for one that is not written down."""
        if roll not in self._open:
            line = await self._turns.do(partial(self.ledger.open_roll, roll, self.queue))
            if line is None:
                raise LedgerConflict(f"{roll.address}: the ledger has no open roll for take {roll.takes[0]}")
            self._open[roll] = (line.id, line.state)
        return self._open[roll]
