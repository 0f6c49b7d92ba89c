"""How long to wait before asking again, learned from the requests before. Does not sleep or ask by itself.

Asking too often costs CPU and connections, asking too seldom costs time. A pace keeps the last service times of each
endpoint: the first question comes shortly before the quickest of them, later ones at a fraction of the usual time.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import Kind, NotReached, NotReady, RequestFailed
from shotpilot_pipeline.queue.protocol import Result, Status, Submitted

_REMEMBERED = 24  # service times per endpoint
_SHORTEST = 0.1  # seconds between two questions; fal's own client asks this often, without a pause
_LONGEST = 5.0  # seconds
_UNKNOWN_FIRST = 1.0  # seconds between questions while nothing is known, for the first 10 s
_FRACTION = 0.06  # of the usual service time between two questions
_JITTER = 0.15  # each wait is up to this much shorter or longer, so that many requests do not ask in step


@dataclass(slots=True)
class Pace:
    """The waits of one run. `chance` gives numbers in [0, 1)."""

    chance: Callable[[], float] = random.random
    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def learn(self, endpoint: str, seconds: float) -> None:
        """A request to `endpoint` was found done `seconds` after its submit."""
        self._seen.setdefault(endpoint, deque(maxlen=_REMEMBERED)).append(seconds)

    def wait(self, endpoint: str, elapsed: float) -> float:
        """Seconds to wait before the next question, `elapsed` seconds after the submit."""
        seen = self._seen.get(endpoint)
        jitter = 1 + _JITTER * (2 * self.chance() - 1)
        if not seen:
            grown = _UNKNOWN_FIRST if elapsed < 10 else elapsed / 10
            return 0.0 if elapsed == 0 else min(grown, _LONGEST) * jitter
        early = min(seen) * (1 - _FRACTION)
        if elapsed < early or elapsed == 0:
            return early - elapsed
        usual = sorted(seen)[len(seen) // 2]
        late = max(0.0, elapsed - max(seen)) / 10
        return min(max(usual * _FRACTION, late, _SHORTEST), _LONGEST) * jitter


async def await_result(
    client: QueueClient,
    endpoint: str,
    submitted: Submitted,
    pace: Pace,
    *,
    elapsed: Callable[[], float],
    deadline: float,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    tell: Callable[[Status], None] = lambda status: None,
) -> Result:
    """Ask until the request is terminal, then fetch its result. Times are in seconds since the submit.

    `elapsed` tells the time gone by; at `deadline` TimeoutError is raised (the request lives on, and may be asked
    again later). Reading steps that do not come through are repeated. Raises RequestFailed, KeyOrBalance, ForeignUrl.
    """
    asked = 0
    while True:
        await sleep(pace.wait(endpoint, 0.0 if asked == 0 else max(elapsed(), 1e-9)))
        asked += 1
        try:
            status = await client.status(submitted)
            tell(status)
            if status.done:
                result = await _fetched(client, submitted, status)
                pace.learn(endpoint, elapsed())
                return result
        except NotReady:
            pass
        except NotReached as trouble:
            await sleep(trouble.retry_after or 0.0)
        if elapsed() >= deadline:
            raise TimeoutError(f"the request is still open after {elapsed():.0f} s")


async def _fetched(client: QueueClient, submitted: Submitted, status: Status) -> Result:
    """The result of a terminal request. A failed one answers here with the model's own error, which says more than
    the status does, unless nothing is kept under its URL."""
    try:
        return await client.result(submitted)
    except (RequestFailed, NotReady, NotReached) as error:
        weak = not isinstance(error, RequestFailed) or error.failure.kind is Kind.NOT_FOUND
        if status.failure is not None and weak:
            raise RequestFailed(status.failure) from None
        raise
