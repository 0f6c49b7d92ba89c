"""Runs something that goes on for a while, and ends it well: Ctrl-C and SIGTERM cancel it, what is whole is kept."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

from shotpilot_pipeline.errors import ExitCode

if TYPE_CHECKING:
    from anyio.abc import TaskStatus

T = TypeVar("T")


class Stopped(Exception):
    """A signal ended the run; `exit_code` is the one DESIGN names for it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED


#: Told of the first signal; True: let go of everything now, False: `work` comes to its own end.
FirstSignal = Callable[[int], Awaitable[bool]]


def run_to_the_end(work: Callable[[], Awaitable[T]], first: FirstSignal | None = None) -> T:
    """The result of `work`, an async function. Raises Stopped when a signal came first, after all was let go of.

    `first` may bring `work` to its end in its own way; a second signal then leaves at once, whatever is under way.
    """
    import anyio  # heavy: kept off the path of --help

    terminals = [stream for stream in (0, 1, 2) if os.isatty(stream)]  # a closed one no longer says that it is one
    stopped: list[int] = []
    results: list[T] = []

    async def main() -> None:
        scope = anyio.CancelScope()
        async with anyio.create_task_group() as group:

            async def answer(number: int) -> None:
                if first is None or await first(number):
                    scope.cancel()

            def told(number: int) -> None:
                stopped.append(number)
                if number == signal.SIGHUP:
                    _without(terminals)
                if len(stopped) > 1:
                    _leave_at_once(number)
                group.start_soon(answer, number)

            await group.start(_watch, told)  # it goes on while everything is let go of: a second signal may come then
            with scope:
                results.append(await work())
            group.cancel_scope.cancel()

    try:
        anyio.run(main)
    except BaseExceptionGroup as several:
        raise _plainest(several) from None
    if not results:
        raise Stopped(stopped[0])
    return results[0]


async def _watch(told: Callable[[int], None], *, task_status: TaskStatus[None]) -> None:
    """Tell of each signal that would end the run."""
    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        task_status.started()
        async for number in signals:
            told(number)


def _without(terminals: Sequence[int]) -> None:
    """The terminal was closed: what is still said goes nowhere, where it would raise."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in terminals:
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _leave_at_once(number: int) -> NoReturn:
    """Everything that matters is on the disk before it matters, so nothing has to be let go of."""
    cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a bar hides it
    sys.stderr.write(f"{cursor}\nLeft at once. The same command goes on.\n")
    sys.stderr.flush()
    os._exit(int(Stopped(number).exit_code))


def _plainest(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception inside: a group says nothing to a person."""
    inner = several.exceptions[0]
    return _plainest(inner) if isinstance(inner, BaseExceptionGroup) else inner
