"""The queue behind a fault plan: takes each request on as the plan says, at either door. Does not know which door.

Order of things: the head is read and the rules are met; unless the connection is dropped there, the body is read, the
truth is changed, the true answer is asked for (or another given instead), altered, and handed over for delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shotpilot_pipeline.queue.rehearsal.faults import lists, truth
from shotpilot_pipeline.queue.rehearsal.faults.answers import LOCKED, altered, instead
from shotpilot_pipeline.queue.rehearsal.faults.calls import Call, call_of
from shotpilot_pipeline.queue.rehearsal.faults.matching import Matching
from shotpilot_pipeline.queue.rehearsal.faults.plan import FaultPlan
from shotpilot_pipeline.queue.rehearsal.queue import Injected, RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Asked
from shotpilot_pipeline.queue.rehearsal.routes import respond
from shotpilot_pipeline.queue.rehearsal.wire import PLAIN, Answer, Delivery, Request, say


@dataclass(slots=True)
class Liar:
    """A host for both doors. Faults are written into the queue's own log."""

    queue: RehearsalQueue
    plan: FaultPlan
    tell: Callable[[Injected], None] = lambda line: None  # hears of each fault when it is injected
    down_until: float = 0.0  # seconds of the queue's clock: until then nobody listens
    _matching: Matching = field(init=False)

    def __post_init__(self) -> None:
        self._matching = Matching(self.plan)

    def __call__(self, head: Request) -> LyingTurn:
        """Take a request on by its head."""
        call = call_of(self.queue, head)
        if not call.route:
            return LyingTurn(self, call, {}, PLAIN)
        met = self._matching.meet(call, self.queue.clock())
        turn = LyingTurn(self, call, met.do, delivery_of(met.do))
        turn.lines = [self._note(call, name) for name in met.names]
        if "down" in met.do:
            self.down_until = self.queue.clock() + met.do["down"]
        return turn

    def down(self) -> float:
        """Seconds for which nobody listens from now on."""
        return max(0.0, self.down_until - self.queue.clock())

    def _note(self, call: Call, name: str) -> int:
        """Write a line into the queue's log; its place there."""
        request_id = call.request.id if call.request else ""
        line = Injected(self.queue.clock(), call.route, name, request_id, call.address)
        self.queue.log.append(line)
        self.tell(line)
        return len(self.queue.log) - 1

    def accepted(self, call: Call, request_id: str, lines: list[int]) -> None:
        """A submit became a request: its lines in the log get its id."""
        self._matching.accepted(call, request_id)
        for line in lines:
            self.queue.log[line] = self.queue.log[line]._replace(request_id=request_id)


def delivery_of(do: Mapping[str, Any]) -> Delivery:
    """How the knobs want an answer to travel."""
    drop = do.get("drop")
    return Delivery(
        unread=drop == "before" or "down" in do,
        delay=do.get("delay", 0.0),
        cut=0 if drop == "accepted" else do.get("cut"),
        reset=do.get("reset"),
        hang=do.get("hang"),
        drip=do.get("drip"),
    )


@dataclass(slots=True)
class LyingTurn:
    """One request's way through a door."""

    liar: Liar
    call: Call
    do: Mapping[str, Any]
    delivery: Delivery
    lines: list[int] = field(default_factory=list)

    async def answer(self, request: Request) -> Answer:
        """The answer to the whole request, lies included."""
        queue, do = self.liar.queue, self.do
        if "lock" in do:
            truth.lock(queue, do["lock"])
            if self.call.route in ("submit", "upload") and queue.account.refuses(queue.clock()):
                return say(403, LOCKED)
        if self.call.request is not None:
            self._settle(self.call.request)
        lie = instead(do)
        if lie is not None and not do.get("accepted"):
            return lie
        true = await self._true(request)
        if lie is not None:
            return lie
        if self.call.route in ("listing", "billing"):
            true = lists.shortened(queue, true, do)
        return altered(true, do, request, self.call.route)

    def _settle(self, asked: Asked) -> None:
        truth.decide(self.liar.queue, asked, self.do)
        if "race" in self.do:
            truth.lose_race(self.liar.queue, asked)

    async def _true(self, request: Request) -> Answer:
        queue = self.liar.queue
        answer = await respond(queue, lists.asked_smaller(request, self.do))
        if self.call.route == "submit":
            request_id = dict(answer.headers).get("x-fal-request-id", "")
            if request_id in queue.asked:
                self.liar.accepted(self.call, request_id, self.lines)
                truth.decide(queue, queue.asked[request_id], self.do)
        elif "race" in self.do and answer.code == 400:
            return say(queue.manners.cancel_code, {"status": "CANCELLATION_REQUESTED"})
        return answer
