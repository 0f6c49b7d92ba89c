"""What the plan is told from outside: what was bought and what was picked. Looks nothing up itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.rulings import NO_RULINGS, Rulings
from shotpilot_pipeline.values.take import Pick, Take


def _nothing(_: str) -> tuple[str, ...]:
    return ()


def _no_takes(_: str) -> tuple[Take, ...]:
    return ()


def _nowhere(_: str) -> bool:
    return False


def _no_form(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Known:
    """What exists.

    `counts`: render key -> takes whose bytes are there. `takes_of`: the takes of a key in order of number, asked for
    the few tasks that need pictures. `picks`: by the task's address. `versions`: the render keys an address was bought
    under, version 1 first (from the lock). `undecided`: render keys with a paid request whose fate is open, and why:
    nothing more is sent for them. `refused`: render keys whose request was refused as it stands, and why. `failed`:
    render keys whose last request failed, and why: it is sent again.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    takes_of: Callable[[str], Sequence[Take]] = _no_takes
    picks: Mapping[str, Pick] = field(default_factory=dict)
    versions: Callable[[str], Sequence[str]] = _nothing
    undecided: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    #: Whether the store has takes of a key that do not count here: those of a loopback queue, or of the real one.
    of_another_queue: Callable[[str], bool] = _nowhere
    #: What people ruled: accepted older requests, further attempts.
    rulings: Rulings = NO_RULINGS
    #: The request form that the kept takes of a key were asked with; "" where that is not known here.
    form_of: Callable[[str], str] = _no_form
    #: All that people said, by the task's address; `picks` holds the picks of it.
    decisions: Mapping[str, Decision] = field(default_factory=dict)
