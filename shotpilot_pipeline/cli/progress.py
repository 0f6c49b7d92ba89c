"""How a run is watched: a live line with counts, money and time left for eyes, one plain line an event for logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import click

from shotpilot_pipeline.cli.options import Asked
from shotpilot_pipeline.cli.screen import counted
from shotpilot_pipeline.values.event import (
    BudgetMet,
    Event,
    Note,
    RollSent,
    RunStarted,
    RunStopped,
    TakeKept,
    TaskEnded,
)
from shotpilot_pipeline.values.money import ZERO
from shotpilot_pipeline.values.outcome import Outcome

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_QUIET_ENDS = frozenset({Outcome.CACHED, Outcome.OMITTED, Outcome.HELD})
_COLOURS = {
    Outcome.RENDERED: "green",
    Outcome.FAILED: "red",
    Outcome.REFUSED: "red",
    Outcome.UNKNOWN: "red",
    Outcome.BLOCKED: "red",
    Outcome.WAITING: "cyan",
    Outcome.SKIPPED: "yellow",
}


#: The bar that moves just now.
_MOVING: ContextVar[RichProgress | None] = ContextVar("_MOVING", default=None)


@contextmanager
def aside() -> Iterator[None]:
    """The bar stands aside while something is shown or asked: it would draw over the question."""
    bar = _MOVING.get()
    if bar is None:
        yield
        return
    bar.stop()
    try:
        yield
    finally:
        bar.start()


class Watcher(Protocol):
    """Somebody a run tells what happens."""

    def hear(self, event: Event) -> None:
        """One event."""


class Tally:
    """What a run has come to so far."""

    def __init__(self) -> None:
        self.tasks = 0
        self.ended = 0
        self.takes = 0
        self.cost = ZERO

    def add(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, RunStarted):
            self.tasks, self.ended = event.tasks, 0
        elif isinstance(event, TakeKept):
            self.takes += 1
        elif isinstance(event, TaskEnded):
            self.ended += 1
            self.cost += event.cost or ZERO


class Silent:
    """Hears, and says nothing but what went wrong."""

    def hear(self, event: Event) -> None:
        """Say it if it is a fault."""
        if isinstance(event, TaskEnded) and event.outcome in (Outcome.FAILED, Outcome.REFUSED, Outcome.UNKNOWN):
            click.echo(_end_words(event), err=True)
        elif isinstance(event, RunStopped):
            click.echo(f"stopped: {event.reason}", err=True)
        elif isinstance(event, BudgetMet):
            click.echo(event.reason, err=True)


class Plain:
    """One line an event, for logs and pipes."""

    def __init__(self, verbose: bool) -> None:
        self.tally = Tally()
        self.verbose = verbose

    def hear(self, event: Event) -> None:
        """Say it, unless it is only that something was there already."""
        self.tally.add(event)
        words = words_of(event, self.verbose)
        if words:
            place = f"[{self.tally.ended}/{self.tally.tasks}] " if isinstance(event, TaskEnded) else ""
            click.echo(place + words, err=True)


class Live:
    """A bar that moves, and above it a line for each task that ended."""

    def __init__(self, bar: RichProgress, asked: Asked) -> None:
        self.tally = Tally()
        self.bar = bar
        self.verbose = asked.verbose
        self.worth = "would cost " if asked.rehearsal else ""
        self.line = bar.add_task("starting", total=None, money="")

    def hear(self, event: Event) -> None:
        """Draw it."""
        from rich.text import Text

        self.tally.add(event)
        if isinstance(event, RollSent):
            self.bar.update(self.line, description=f"{event.address}")
        words = words_of(event, self.verbose)
        if words:
            style = _COLOURS.get(event.outcome, "") if isinstance(event, TaskEnded) else ""
            self.bar.console.print(Text(words, style=style))
        money = f"{counted(self.tally.takes, 'take')}  {self.worth}${self.tally.cost}"
        self.bar.update(self.line, total=self.tally.tasks or None, completed=self.tally.ended, money=money)


def words_of(event: Event, verbose: bool) -> str:
    """The event as a line; "" where there is nothing to say."""
    if isinstance(event, TaskEnded):
        stopped = event.outcome is Outcome.SKIPPED and event.exit_code  # said once, by what stopped it
        return "" if (event.outcome in _QUIET_ENDS or stopped) and not verbose else _end_words(event)
    if isinstance(event, RunStarted):
        return f"{counted(event.tasks, 'task')}, {counted(event.takes, 'take')} to make now"
    if isinstance(event, Note):
        return f"{event.address}: {event.text}".removeprefix(": ")
    if isinstance(event, RunStopped):
        return f"stopped: {event.reason}"
    if isinstance(event, BudgetMet):
        return event.reason
    if verbose and isinstance(event, TakeKept):
        return f"{event.address}#{event.number} kept"
    return ""


def _end_words(event: TaskEnded) -> str:
    brought = f", {counted(event.takes_new, 'take')}" if event.takes_new else ""
    reason = event.reason.removeprefix(f"{event.outcome.value}: ")  # a plan's reason may begin with the word itself
    why = f": {reason}" if reason and event.outcome is not Outcome.RENDERED else ""
    return f"{event.address}  {event.outcome.value}{brought}{why}"


@contextmanager
def watching(asked: Asked) -> Iterator[Watcher]:
    """The watcher that suits where standard error goes."""
    if asked.quiet:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Plain(asked.verbose)
    else:
        with _bar(asked) as bar:
            moving = _MOVING.set(bar)
            try:
                yield Live(bar, asked)
            finally:
                _MOVING.reset(moving)


def _bar(asked: Asked) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, no_color=asked.no_color, highlight=False, markup=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[money]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
