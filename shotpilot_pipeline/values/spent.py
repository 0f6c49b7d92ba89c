"""What rolls and takes come to, gathered by one thing or another. Pure: told what was charged, adds up.

Spent and planned never meet in one figure. What each figure counts is said in `Spent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from shotpilot_pipeline.values.money import Money


class Fate(StrEnum):
    """What became of a take that was paid for."""

    GOES_ON = "goes on"  # picked by a person or a rule
    OPEN = "open"  # nobody has decided yet, or it would do as well
    REJECTED = "rejected"
    UNUSED = "unused"  # another take of its task goes on, or nothing asks for its version any more
    NOTHING = "nothing"  # paid, and no picture came


class PaidTake(NamedTuple):
    """One take that was charged, or a request that brought none. `names`: what it is gathered under, by group."""

    charged: int  # nano-USD
    fate: Fate
    shots: tuple[str, ...]  # where it goes on: none, one, or several that share it
    names: Mapping[str, str]
    in_list: bool


class OpenRoll(NamedTuple):
    """A request on its way, or of unknown outcome."""

    reserved: int  # nano-USD
    names: Mapping[str, str]
    in_list: bool


class PlannedTask(NamedTuple):
    """A task of the list: what a render would buy of it now, and what the store saves it from buying."""

    cost: int  # nano-USD
    at_most: int
    shared: int  # its takes were bought for another task
    accepted: int  # a ruling spared it
    names: Mapping[str, str]


@dataclass
class Spent:
    """What one group comes to. Money is nano-USD.

    `charged`: what the queue or its bill says was paid, else the estimate of that request. `wasted`: the part of it
    for rejected takes and for requests that brought no picture. `unused`: the part for takes nothing goes on from,
    though a choice was made, or whose version nothing asks for. `saved_shared`, `saved_accepted`: what takes that
    stand in the list would have cost once more (at today's prices, and once each, however often a plan finds them).
    `estimated`: what a render would buy now; it is in no other figure.
    """

    rolls: int = 0
    takes: int = 0
    reserved: int = 0
    charged: int = 0
    rejected: int = 0
    nothing: int = 0
    unused: int = 0
    saved_shared: int = 0
    saved_accepted: int = 0
    estimated: int = 0
    at_most: int = 0
    in_list: bool = False
    shots: set[str] = field(default_factory=set)  # with a take that goes on and was charged here

    @property
    def wasted(self) -> int:
        """For rejected takes, and for nothing."""
        return self.rejected + self.nothing

    @property
    def saved(self) -> int:
        """By the store and by rulings."""
        return self.saved_shared + self.saved_accepted

    @property
    def per_picked_shot(self) -> Money | None:
        """All that was charged, over the shots a take goes on from; None while there is none."""
        return Money(self.charged // len(self.shots)) if self.shots else None

    def pay(self, take: PaidTake) -> None:
        """Add a take that was charged."""
        self.charged += take.charged
        self.in_list |= take.in_list
        self.takes += take.fate is not Fate.NOTHING
        self.rejected += take.charged if take.fate is Fate.REJECTED else 0
        self.nothing += take.charged if take.fate is Fate.NOTHING else 0
        self.unused += take.charged if take.fate is Fate.UNUSED else 0
        if take.fate is Fate.GOES_ON:
            self.shots.update(take.shots)

    def reserve(self, roll: OpenRoll) -> None:
        """Add a request whose money is held."""
        self.reserved += roll.reserved
        self.in_list |= roll.in_list

    def plan(self, task: PlannedTask) -> None:
        """Add what stands in the list."""
        self.estimated += task.cost
        self.at_most += task.at_most
        self.saved_shared += task.shared
        self.saved_accepted += task.accepted
        self.in_list = True


class Books(NamedTuple):
    """All that sums are made from."""

    paid: Sequence[PaidTake]
    open: Sequence[OpenRoll]
    planned: Sequence[PlannedTask]


def add_up(books: Books) -> Spent:
    """What everything comes to."""
    total = Spent()
    _add(books, lambda names: total)
    return total


def by_group(books: Books, group: str, order: Iterable[str] = ()) -> dict[str, Spent]:
    """The same by one group (`scene`, `day`, ...): first the names of `order`, then the others as they sort."""
    found: dict[str, Spent] = {}

    def of(names: Mapping[str, str]) -> Spent | None:
        name = names.get(group)
        return None if name is None else found.setdefault(name, Spent())

    _add(books, of)
    places = {name: place for place, name in enumerate(order)}
    return dict(sorted(found.items(), key=lambda pair: (places.get(pair[0], len(places)), pair[0])))


def _add(books: Books, of: Callable[[Mapping[str, str]], Spent | None]) -> None:
    for take in books.paid:
        if group := of(take.names):
            group.pay(take)
    for roll in books.open:
        if group := of(roll.names):
            group.reserve(roll)
    for task in books.planned:
        if group := of(task.names):
            group.plan(task)


def shared_out(nano: int, count: int) -> list[int]:
    """A charge over the takes it brought, to the nano-dollar: the first bear what does not divide."""
    each, rest = divmod(nano, count)
    return [each + (place < rest) for place in range(count)]
