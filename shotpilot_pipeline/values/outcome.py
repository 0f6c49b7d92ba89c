"""How one task ended, in one word."""

from __future__ import annotations

from enum import StrEnum


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
