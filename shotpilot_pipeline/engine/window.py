"""How many rolls may be on their way at once: grows one by one, is halved when the queue pushes back.

The bound that is asked for is never passed; a queue that answers "too many" lowers it for a while, and every accepted
roll raises it again a little (additive increase, multiplicative decrease). Does not send or wait for anybody's answer.
"""

from __future__ import annotations

from collections import deque
from types import TracebackType

import anyio
import anyio.lowlevel

_ROUND = 1.0  # seconds: pushes that come this close together were caused by the same burst and count once


class Window:
    """Slots for rolls. Use it as an async context manager around the life of one roll."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = float(most)
        self._taken = 0
        self._waiting: deque[anyio.Event] = deque()
        self._pushed = float("-inf")

    @property
    def size(self) -> int:
        """How many rolls may be on their way just now."""
        return max(1, int(self._size))

    async def __aenter__(self) -> None:
        await anyio.lowlevel.checkpoint()
        if not self._waiting and self._taken < self.size:
            self._taken += 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()  # whoever sets it has taken the slot for us
        except BaseException:
            if turn.is_set():
                self._leave()
            else:
                self._waiting.remove(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def accepted(self) -> None:
        """The queue took a roll: one more fits after a windowful of them."""
        self._size = min(float(self._most), self._size + 1 / self._size)
        self._wake()

    def pushed_back(self, now: float) -> None:
        """The queue said "too many" at `now` (seconds of any steady clock)."""
        if now - self._pushed >= _ROUND:
            self._pushed = now
            self._size = max(1.0, self._size / 2)

    def _leave(self) -> None:
        self._taken -= 1
        self._wake()

    def _wake(self) -> None:
        """Hand free slots to those who wait, first come first served."""
        while self._waiting and self._taken < self.size:
            self._taken += 1
            self._waiting.popleft().set()
