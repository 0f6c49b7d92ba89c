"""Steps that block, done in a thread, one at a time, each to its end. Does not know what a step does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


class Turns:
    """One step at a time; a cancelled caller still waits for the end of its own, since half a step is not known."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def do(self, step: Callable[[], T]) -> T:
        """What `step` gives. Raises what it raises."""
        if self._limiter is None:  # made here, because it belongs to the running loop
            self._limiter = anyio.CapacityLimiter(1)
        given: list[T] = []
        with anyio.CancelScope(shield=True):
            given.append(await anyio.to_thread.run_sync(step, limiter=self._limiter))
        return given[0]
