"""Prices as the service names them today, beside those of the cards. Pure: asks nobody, decides no purchase.

The service names the price of one billable unit. Price tiers ride in the number of units (a picture at 4K is two), so
a card's whole row of prices moves with its unit: what the card calls the cheapest picture is the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.values.money import NANO, Money
from shotpilot_pipeline.values.task import NO_PRICE, Task

_PICTURES = frozenset({"image", "images", "picture", "pictures", "per image", "per picture"})
_MOST_USD = 10_000  # of one unit; more is a broken answer


class LivePrice(NamedTuple):
    """What the service says of one model. `usd` None: it charges in another currency or by another unit."""

    endpoint: str
    usd: Money | None  # of one billable unit
    unit: str


class PriceChange(NamedTuple):
    """A model whose price is not the card's. `now` None: it cannot be said in dollars a picture."""

    family: str
    endpoint: str
    card: Money  # of one unit
    now: Money | None
    unit: str  # as the service calls it
    date: str  # of the card's price

    @property
    def dearer(self) -> bool:
        """Whether more may be charged than the card says."""
        return self.now is None or self.now > self.card

    def __str__(self) -> str:
        """One sentence, without a full stop."""
        card = f"its card of {self.date} says ${self.card}"
        if self.now is None:
            return (
                f"{self.endpoint} is charged by {self.unit or 'something else'} now, not by picture; {card} a picture"
            )
        return f"{self.endpoint} costs ${self.now} a picture now; {card}"


def read_prices(items: Iterable[Mapping[str, Any]]) -> dict[str, LivePrice]:
    """The service's list of prices by model id; what cannot be read in it is left out."""
    found = {}
    for item in items:
        endpoint, unit = item.get("endpoint_id"), str(item.get("unit") or "")[:40]
        usd = _usd(item.get("unit_price"))
        if not isinstance(endpoint, str) or usd is None:
            continue
        comparable = unit.strip().lower() in _PICTURES and str(item.get("currency") or "USD").upper() == "USD"
        found[endpoint] = LivePrice(endpoint, usd if comparable else None, unit)
    return found


def _usd(value: object) -> Money | None:
    """Dollars from a JSON number or text, rounded up to the nano-dollar; None where that is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        nano = (Decimal(str(value)) * NANO).to_integral_value(ROUND_CEILING)
    except InvalidOperation:
        return None
    return Money(int(nano)) if nano.is_finite() and 0 <= nano <= _MOST_USD * NANO else None


def changed_prices(catalog: Catalog, live: Mapping[str, LivePrice]) -> tuple[PriceChange, ...]:
    """The models whose price today is not the card's, in the order of `live`."""
    changes = []
    for endpoint, price in live.items():
        known = catalog.by_endpoint.get(endpoint)
        unit = min(known[1].prices.values(), default=None) if known else None
        if known and unit is not None and price.usd != unit:
            changes.append(PriceChange(known[0].family, endpoint, unit, price.usd, price.unit, known[0].price_date))
    return tuple(changes)


def repriced(tasks: Sequence[Task], changes: Iterable[PriceChange]) -> tuple[Task, ...]:
    """The tasks at today's prices; one that cannot be said in dollars a picture has no known price."""
    now = {change.endpoint: change for change in changes}
    return tuple(
        task._replace(picture_price=_today(task.picture_price, now[task.endpoint])) if task.endpoint in now else task
        for task in tasks
    )


def _today(nano: int, change: PriceChange) -> int:
    """A card's price moved with its unit, rounded up."""
    if nano == NO_PRICE or change.now is None:
        return NO_PRICE
    return -(-nano * change.now.nano // change.card.nano) if change.card else change.now.nano
