"""`shotpilot` that kills itself at a boundary of the ledger or the store: KILL_AT=step:before|after:nth."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

from shotpilot_pipeline.cli.main import main
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.store.store import Store

STEPS = {"intend": Ledger, "sending": Ledger, "submitted": Ledger, "closed": Ledger, "keep": Store}


def mortal(method: Callable[..., Any], side: str, nth: int) -> Callable[..., Any]:
    """`method`, at whose n-th call the process dies, before or after its work."""
    calls = count(1)  # one step at a time, also for threads

    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        mine = next(calls)
        if mine == nth and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments, **named)
        if mine == nth and side == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


if __name__ == "__main__":
    if boundary := os.environ.get("KILL_AT"):
        step, side, nth = boundary.split(":")
        setattr(STEPS[step], step, mortal(getattr(STEPS[step], step), side, int(nth)))
    main()
