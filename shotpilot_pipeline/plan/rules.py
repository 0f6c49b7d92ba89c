"""The rules that choose among takes where no person did: a plain table. Of what people said they know the stars.

A rule is offered every whole take that nobody rejected, in list order and then by number, and says which one goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import BEST_STARS, FIRST


class Offer(NamedTuple):
    """A take that a rule may choose, the task it is of, and its stars (0: none)."""

    address: str
    take: Take
    stars: int = 0


class Rule(NamedTuple):
    """`choose`: which of the takes offered; None: none of them yet. `waits_for` says what for, where it is none.

    `lower_wins`: a take with a lower number that is still to come would be chosen instead.
    """

    choose: Callable[[Iterable[Offer]], Offer | None]
    waits_for: str
    lower_wins: bool


def first_take(offered: Iterable[Offer]) -> Offer | None:
    """The rule `first`: the lowest take of the first candidate that has any."""
    return next(iter(offered), None)


def best_stars(offered: Iterable[Offer]) -> Offer | None:
    """The rule `best-stars`: the take with the most stars, of several the first; none while none has stars."""
    return max((offer for offer in offered if offer.stars), key=lambda offer: offer.stars, default=None)


RULES: Mapping[str, Rule] = {
    FIRST: Rule(first_take, "a take", lower_wins=True),
    BEST_STARS: Rule(best_stars, "stars", lower_wins=False),
}
