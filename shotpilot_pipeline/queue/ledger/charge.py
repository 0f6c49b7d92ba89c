"""What a finished roll cost: billable units x unit price; nothing for what is never billed; else our estimate.

Does not know the ledger. Money is nano-USD inside Money.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.catalog.live import PriceChange
from shotpilot_pipeline.queue.failures import Billed, Failure, Kind
from shotpilot_pipeline.queue.ledger.schema import MOST_NANO
from shotpilot_pipeline.queue.protocol import Result
from shotpilot_pipeline.values.money import ZERO, Money

MOST_UNITS = 1000  # of one request, which brings 9 pictures of 2 units at most; more is a broken header

#: Model id -> price of one billable unit; None: nobody knows it.
UnitPrice = Callable[[str], Money | None]


class Charge(NamedTuple):
    """What to book. `charged` None: nobody knows the price. `verified`: the queue said so, it is not our estimate."""

    charged: Money | None
    verified: bool
    units: str  # as the header said, "" where it was missing


def unit_prices(catalog: Catalog, changes: Iterable[PriceChange] = ()) -> UnitPrice:
    """The unit prices of the catalog's cards, and of today where that is another one. Price tiers ride in the unit
    count: a picture at 4K is two units."""
    now = {change.endpoint: change.now for change in changes}

    def find(endpoint: str) -> Money | None:
        if endpoint in now:
            return now[endpoint]
        known = catalog.by_endpoint.get(endpoint)
        return min(known[1].prices.values(), default=None) if known else None

    return find


def charge_of(
    estimate: Money | None, unit_price: Money | None, result: Result | None, failure: Failure | None
) -> Charge:
    """The charge of a finished roll: `result` where pictures came, `failure` where the queue or the model said no."""
    units = result.billable_units if result else failure.units if failure else None
    if units is not None:
        return _by_units(units, estimate, unit_price)
    if failure is not None and failure.billed is Billed.NO and failure.kind is not Kind.NOT_FOUND:
        return Charge(ZERO, True, "")
    return Charge(estimate, False, "")


def _by_units(units: Decimal, estimate: Money | None, unit_price: Money | None) -> Charge:
    if not units:
        return Charge(ZERO, True, "0")
    if unit_price is None or units > MOST_UNITS:
        return Charge(estimate, False, str(units)[:40])
    nano = int((units * unit_price.nano).to_integral_value(ROUND_HALF_UP))
    return Charge(Money(nano), True, str(units)[:40]) if nano <= MOST_NANO else Charge(estimate, False, str(units)[:40])


def answer_of(result: Result | None, failure: Failure | None) -> str:
    """What is known of the terminal answer, as JSON, where the answer itself was not handed on."""
    said: dict[str, Any] = {}
    if result is not None:
        said = {"images": [image._asdict() for image in result.images], "headers": _headers(result.headers)}
    if failure is not None:
        said |= {"code": failure.code, "type": failure.type, "message": failure.message, "field": failure.field}
    return json.dumps(said) if said else ""


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("x-fal-")}
