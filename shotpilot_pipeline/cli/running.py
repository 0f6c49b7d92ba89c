"""Runs something that goes on for a while, and ends it well: Ctrl-C and SIGTERM cancel it, what is whole is kept."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shotpilot_pipeline.errors import ExitCode

T = TypeVar("T")


class Stopped(Exception):
    """A signal ended the run; `exit_code` is the one DESIGN names for it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED


def run_to_the_end(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, an async function. Raises Stopped when a signal came first, after all was let go of."""
    import anyio  # heavy: kept off the path of --help

    stopped: list[int] = []
    results: list[T] = []

    async def main() -> None:
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
                    async for number in signals:
                        stopped.append(number)
                        group.cancel_scope.cancel()
                        return

            group.start_soon(watch)
            results.append(await work())
            group.cancel_scope.cancel()

    try:
        anyio.run(main)
    except BaseExceptionGroup as several:
        raise _plainest(several) from None
    if not results:
        raise Stopped(stopped[0])
    return results[0]


def _plainest(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception inside: a group says nothing to a person."""
    inner = several.exceptions[0]
    return _plainest(inner) if isinstance(inner, BaseExceptionGroup) else inner
