"""How long to wait before asking again, learned from the requests before. Does not sleep or ask by itself.

Asking too often costs CPU and connections, asking too seldom costs time. A request that was still queued when last
asked about cannot be done before the quickest run known has passed since; after that it is asked about at the times at
which runs are known to end. The fewer requests are open, the closer they are watched: the last ones decide how long
all take, and cost little.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import Kind, NotReached, NotReady, RequestFailed
from shotpilot_pipeline.queue.protocol import Result, Status, Submitted, Word

_REMEMBERED = 48  # service times per endpoint
_SHORTEST = 0.1  # seconds between two questions; fal's own client asks this often, without a pause
_LONGEST = 5.0  # seconds
_UNKNOWN = 0.5  # seconds between questions while nothing is known; longer ones grow with what has gone by
_GROWTH = 0.25  # of the time gone by, where nothing says when to ask
_QUEUED = 0.1  # of the time gone by, between two questions about a request that waits in the queue, at least
_EARLY = 0.95  # of the quickest run: the first question
_PARTS = (0.15, 0.5, 0.85)  # of the runs known, in order of length: a question at each
_CLOSEST, _WIDEST, _EACH = 0.04, 0.15, 0.003  # of the usual run, between two questions: bounds, and for each open one
_JITTER = 0.15  # each wait is up to this much shorter or longer, so that many requests do not ask in step


@dataclass(slots=True)
class Pace:
    """The waits of one run. `chance` gives numbers in [0, 1); `open` counts the requests waited for."""

    chance: Callable[[], float] = random.random
    open: int = 0
    _runs: dict[str, deque[float]] = field(default_factory=dict)  # seconds from start to end, by endpoint

    def learn(self, endpoint: str, seconds: float) -> None:
        """A request to `endpoint` ran for so long."""
        self._runs.setdefault(endpoint, deque(maxlen=_REMEMBERED)).append(seconds)

    def wait(self, endpoint: str, elapsed: float, queued_at: float = 0.0) -> float:
        """Seconds to wait before the next question, `elapsed` seconds after the submit. At `queued_at` the request was
        last known not to run."""
        runs = sorted(self._runs.get(endpoint, ()))
        jitter = 1 + _JITTER * (2 * self.chance() - 1)
        if not runs:
            return 0.0 if elapsed == 0 else min(max(_UNKNOWN, elapsed * _GROWTH), _LONGEST) * jitter
        ran = elapsed - queued_at  # at most
        first = runs[0] * _EARLY
        if ran < first or elapsed == 0:
            least = min(max(elapsed * _QUEUED, _SHORTEST), _LONGEST) if elapsed else 0.0
            return max(least, first - ran)
        gap = max(runs[len(runs) // 2] * min(max(_CLOSEST, _EACH * self.open), _WIDEST), _SHORTEST)
        points = (runs[int(part * len(runs))] for part in _PARTS)
        likely = next((point - ran for point in points if gap <= point - ran <= 3 * gap), gap)
        late = max(0.0, ran - 2 * runs[-1]) * _GROWTH
        return min(max(likely, late), _LONGEST) * jitter


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
    asked, at, queued_at, known_open = 0, 0.0, 0.0, 0.0
    pace.open += 1
    try:
        while True:
            await sleep(pace.wait(endpoint, 0.0 if asked == 0 else max(elapsed(), 1e-9), queued_at))
            asked, at = asked + 1, elapsed()
            try:
                status = await client.status(submitted)
                tell(status)
                if status.done:
                    result = await _fetched(client, submitted, status)
                    pace.learn(endpoint, _ran(status, at, known_open, queued_at))
                    return result
                known_open, queued_at = at, at if status.word == Word.IN_QUEUE else queued_at
            except NotReady:
                pass
            except NotReached as trouble:
                await sleep(min(trouble.retry_after or 0.0, max(0.0, deadline - elapsed())))
            if elapsed() >= deadline:
                raise TimeoutError(f"the request is still open after {elapsed():.0f} s")
    finally:
        pace.open -= 1


def _ran(status: Status, done_at: float, open_at: float, queued_at: float) -> float:
    """Seconds a request ran: as the service says, else between the last question that found it open and the one that
    found it done. Taking the latter alone, each late question would teach the next one to come later still."""
    if status.inference_seconds is not None and 0 < status.inference_seconds <= done_at:
        return status.inference_seconds
    return max(0.0, (done_at + max(open_at, done_at * 0.7)) / 2 - queued_at)


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
