"""How one task ended, in one word, and what it brought."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from shotpilot_pipeline.values.money import ZERO, Money


class Outcome(StrEnum):
    """The ten ends of a task (DESIGN section 2)."""

    RENDERED = "rendered"
    CACHED = "cached"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    WAITING = "waiting"
    SKIPPED = "skipped"
    HELD = "held"
    OMITTED = "omitted"


#: Ends after which nothing that hangs on the task can go on in this run.
BROKEN = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.BLOCKED, Outcome.SKIPPED})


class TaskEnd(NamedTuple):
    """How one task ended, why, what it brought in this run and what that costs."""

    address: str
    outcome: Outcome
    reason: str  # one sentence, without a full stop
    takes_new: int = 0
    cost: Money | None = ZERO  # of what came in this run, at the card's price; None: no price is known
    exit_code: int = 0  # that its reason calls for, beyond what its outcome does: a budget, the account; 0: none
