"""How many examples a property is tried on: all of them in `make test-all`, a third where every commit waits."""

from __future__ import annotations

import os

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def at_most(count: int) -> int:
    """So many examples in a long run."""
    return count if LONG else max(10, count // 3)
