"""What the rehearsal queue knows of each model: its input's schema, pixel sizes and price. Does not read files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.values.money import Money


class Model(NamedTuple):
    """One endpoint as the service has it."""

    schema: Mapping[str, Any]  # JSON Schema of the input
    pixels: Mapping[tuple[str, str], tuple[int, int]]  # (resolution, aspect ratio) -> width, height
    unit_price: Money  # of one billable unit: a picture at 1K
    units: Mapping[str, int]  # billable units of one picture, by resolution
    file_bytes: int  # a reference may have at most
    file_side: int  # pixels each side of a reference must have at least


#: Model id -> what is known of it; None: no such model.
Models = Callable[[str], Model | None]


def models_of(catalog: Catalog) -> Models:
    """The models of the catalog's cards. Price tiers ride in the unit count, as on the service: 2 at 4K."""

    def find(endpoint: str) -> Model | None:
        known = catalog.by_endpoint.get(endpoint)
        if known is None:
            return None
        card, end = known
        unit = min(end.prices.values(), default=Money(1))
        units = {size: max(1, price.nano // max(unit.nano, 1)) for size, price in end.prices.items()}
        return Model(end.schema, card.pixels, unit, units, card.limits.file.bytes, card.limits.file.side)

    return find
