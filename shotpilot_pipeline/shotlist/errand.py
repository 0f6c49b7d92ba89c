"""Work done in a process of its own, beside this one, where that is safe and worth it. Does not know what the work is.

The other process is a fork, so it sees all that is in memory and is given nothing; what it finds out comes back
pickled. It ends by itself whatever becomes of this one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

MOST = 4  # processes; more than that wait for the memory
_WIDTH = 4  # bytes of a number: a power of two, so that none is torn where a page of the pipe ends


def hands() -> int:
    """How many processes may work side by side: one where a fork would not be safe.

    A fork copies the one thread that calls it, so nothing else may be running; and the system libraries of a Mac do
    not stand it.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(MOST, len(os.sched_getaffinity(0)))


class Turns:
    """Numbers from 0 on for several processes to take, each number once: whoever is through with one takes the next.

    Made before the fork. A pipe holds them: what one process has read from it no other one reads. Whoever outlives the
    process that made them takes no more.
    """

    MOST = 1_000  # numbers: what fits into a pipe of one page, which is all there is where very many pipes are open

    def __init__(self, count: int) -> None:
        if count > self.MOST:
            raise ValueError(f"{count} turns are more than {self.MOST}")
        self._owner = os.getpid()
        self._end, start = os.pipe()
        os.write(start, b"".join(number.to_bytes(_WIDTH, "big") for number in range(count)))
        os.close(start)

    def __iter__(self) -> Iterator[int]:
        while self._owner in (os.getpid(), os.getppid()) and (taken := os.read(self._end, _WIDTH)):
            yield int.from_bytes(taken, "big")

    def close(self) -> None:
        """Let go of them."""
        os.close(self._end)


class Errand(Generic[T]):
    """`work` on its way in another process. It must not write or print: whatever it changes is lost but its result."""

    def __init__(self, work: Callable[[], T]) -> None:
        from multiprocessing import get_context  # 20 ms: only for those who send somebody

        context = get_context("fork")
        self._end, far = context.Pipe(duplex=False)
        with _held() as before:
            self._process = context.Process(target=_do, args=(work, far, self._end, before), daemon=True)
            self._is_sent = True
            try:
                self._process.start()
            except OSError:  # no further process is allowed here, or no memory for it is left
                self._is_sent = False
            far.close()

    def result(self) -> T | None:
        """What came of it, waited for; None where no process could be had, where it died, or where it met a fault that
        is better met in this one."""
        try:
            found: T = self._end.recv()
        except (EOFError, OSError):
            return None
        return found

    def forget(self) -> None:
        """Let go of it, finished or not."""
        self._end.close()
        if self._is_sent:
            self._process.kill()
            self._process.join()


@contextmanager
def _held() -> Iterator[set[signal.Signals]]:
    """Ctrl-C and SIGTERM wait: within a fork Python would hear them where exceptions are dropped. Gives what waited
    before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield {one for one in before if isinstance(one, signal.Signals)}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do(work: Callable[[], T], end: Connection, near: Connection, held: set[signal.Signals]) -> None:
    """`near`: the other end, which must not stay open here: nobody would be missed at it. `held`: signals that wait."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too; the other one says what becomes
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    near.close()
    try:
        end.send(work())
    except Exception:
        os._exit(1)
