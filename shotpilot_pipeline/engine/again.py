"""Trying a free step again until it comes through: uploads, downloads. Never used for a submit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shotpilot_pipeline.errors import TakesFailed

T = TypeVar("T")

_FIRST_WAIT = 0.25  # seconds; doubled each time
_LONGEST_WAIT = 15.0  # seconds
MOST_TRIES = 8  # about a minute of waiting: a media host that is away longer fails the roll, not the run


async def until_through(
    step: Callable[[], Awaitable[T]],
    sleep: Callable[[float], Awaitable[None]],
    *,
    worth_it: Callable[[TakesFailed], bool] = lambda error: not error.permanent,
    tell: Callable[[str], None] = lambda text: None,
) -> T:
    """What `step` gives, tried again while it fails in a way that is `worth_it`. Raises the last failure.

    `sleep` waits for that many seconds.
    """
    wait = _FIRST_WAIT
    for tries_left in range(MOST_TRIES - 1, -1, -1):
        try:
            return await step()
        except TakesFailed as error:
            if not tries_left or not worth_it(error):
                raise
            tell(f"{error}; trying again")
        await sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
    raise AssertionError("the last try returns or raises")
