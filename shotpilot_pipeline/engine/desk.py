"""What all rolls of one run share, and the hand on it from outside. Sends nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from shotpilot_pipeline.engine.references import Uploads
from shotpilot_pipeline.engine.shop import Limits, Roll, Shop
from shotpilot_pipeline.engine.window import Window
from shotpilot_pipeline.errors import BudgetReached, ShotpilotError
from shotpilot_pipeline.queue.patience import Pace
from shotpilot_pipeline.queue.protocol import Submitted
from shotpilot_pipeline.values.event import BudgetMet, Event


@dataclass(slots=True)
class RollDesk:
    """What all rolls of one run share. `spare` gives a free take number of a key, for pictures nobody asked for."""

    shop: Shop
    limits: Limits
    uploads: Uploads
    tell: Callable[[Event], None]
    spare: Callable[[str], int]
    window: Window
    pace: Pace = field(default_factory=Pace)
    halt: ShotpilotError | None = None  # why nothing more is sent: the account, the disk, a budget, a person
    open: dict[str, tuple[Roll, Submitted]] = field(default_factory=dict)  # accepted and not ended, by request id
    met: set[str] = field(default_factory=set)  # what many rolls meet and is told once: a used-up budget, odd sizes

    def stop(self, fault: ShotpilotError) -> None:
        """Send nothing more; the first reason stands."""
        self.halt = self.halt or fault

    def meet(self, budget: BudgetReached) -> None:
        """A roll has no room under the budget of its shot or stage. Told the first time."""
        if budget.in_short not in self.met:
            self.met.add(budget.in_short)
            self.tell(BudgetMet(str(budget)))


class Brake:
    """A person's hand on a run: lets nothing more be sent, and takes back what was."""

    def __init__(self) -> None:
        self._desk: RollDesk | None = None
        self._fault: ShotpilotError | None = None

    def bind(self, desk: RollDesk) -> None:
        """This is the run it is about, from now on."""
        self._desk = desk
        if self._fault is not None:
            desk.stop(self._fault)

    def stop(self, fault: ShotpilotError) -> None:
        """Send nothing more; what is on its way is collected."""
        self._fault = fault
        if self._desk is not None:
            self._desk.stop(fault)

    @property
    def on_their_way(self) -> int:
        """Requests that were accepted and have not ended."""
        return len(self._desk.open) if self._desk else 0

    async def take_back(self) -> None:
        """Ask the queue to cancel everything that is on its way. Each is followed to its end all the same."""
        if self._desk is None:
            return
        client = self._desk.shop.client
        async with anyio.create_task_group() as group:
            for _, submitted in list(self._desk.open.values()):
                group.start_soon(self._cancel, client.cancel, submitted)

    @staticmethod
    async def _cancel(cancel: Callable[[Submitted], object], submitted: Submitted) -> None:
        with suppress(ShotpilotError):  # it is only a wish; what comes of the request is asked for anyway
            await cancel(submitted)  # type: ignore[misc]
