"""The exact next command for each state of a task, in words a person can paste. Knows no state but the plan's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shotpilot_pipeline.values.plan import Action, PlanLine

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.explaining import Why


def next_steps(why: Why, file: Path, *, rehearsal: bool) -> list[tuple[str, str]]:
    """Commands that lead on from here, the likeliest first, each with what it does; none where all is done."""
    return list(_Steps(file, rehearsal).of(why))


class _Steps:
    def __init__(self, file: Path, rehearsal: bool) -> None:
        self._file = shlex.quote(str(file))
        self._rehearsal = rehearsal

    def of(self, why: Why) -> Iterator[tuple[str, str]]:
        line = why.line
        match line.action:
            case Action.NEW | Action.TOP_UP | Action.CHANGED | Action.FAILED:
                yield self._render(line.address), "draws it" if self._rehearsal else f"buys it for {_dollars(line)}"
                yield from self._accept(why)
            case Action.BEHIND:
                yield f"{self._render(line.address)} --behind", "buys it anyway"
                yield from self._accept(why)
            case Action.REFUSED:
                yield f"change its words at {why.place}", "an unchanged request is refused again"
                yield self._render(line.address), "sends it once more as it is"
            case Action.UNKNOWN:
                yield self._command("reconcile", line.address), "looks for the request and lets you decide it"
            case Action.WAITING | Action.STALE_PICK:
                yield from self._waited_for(why)
            case Action.BLOCKED:
                yield from self._blocked(why)
            case Action.HELD:
                yield f"take `hold` out at {why.place}", "it may be bought again"
            case Action.OMITTED:
                yield f"take `omit` out at {why.place}", "it is rendered again"
            case Action.CACHED if why.accepted is not None:
                yield self._command("accept", line.address, "--undo"), "lets the words of today count"

    def _accept(self, why: Why) -> Iterator[tuple[str, str]]:
        then = why.then
        if then is not None and then.takes and why.line.takes_have == 0 and why.only_words:
            takes = "its take" if len(then.takes) == 1 else f"its {len(then.takes)} takes"
            yield (
                self._command("accept", why.line.address.partition("@")[0]),
                f"keeps v{then.number:03} and {takes}, if the change is cosmetic",
            )

    def _waited_for(self, why: Why) -> Iterator[tuple[str, str]]:
        """What must be picked or rendered first: the needs that have takes nobody chose among, then those without."""
        there = [need for need in why.needs if need.takes_have]
        missing = [need for need in why.needs if need.action in (Action.NEW, Action.TOP_UP, Action.CHANGED)]
        for need in there[:3]:
            takes = "its one take" if need.takes_have == 1 else f"one of its {need.takes_have} takes"
            yield self._command("pick", need.address, "TAKE"), f"picks {takes}"
        for need in missing[:3]:
            yield self._render(need.address), "draws what it waits for" if self._rehearsal else "buys what it waits for"
        for need in [need for need in why.needs if need not in there and need not in missing][:3]:
            yield self._command("why", need.address), f"says why that is {need.action.value}"

    def _blocked(self, why: Why) -> Iterator[tuple[str, str]]:
        if "not in this store" in why.line.reason:
            yield "copy the store from the machine that has the takes", "brings them back for nothing"
            if why.accepted is None:
                yield self._render(why.line.address), "buys it again"
            return
        for need in why.needs[:3]:
            yield self._command("why", need.address), f"says why that is {need.action.value}"

    def _render(self, address: str) -> str:
        return f"shotpilot {'rehearse' if self._rehearsal else 'render'} {self._file} {address}"

    def _command(self, name: str, *words: str) -> str:
        rehearsal = ["--rehearsal"] if self._rehearsal else []
        return " ".join(["shotpilot", name, self._file, *words, *rehearsal])


def _dollars(line: PlanLine) -> str:
    return f"${line.cost}" if line.cost is not None else "a price nobody knows"
