"""`shotpilot models`: the model cards, as a filmmaker wants to read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.catalog.cards import Card, Catalog, Endpoint, load_catalog
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, table
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.values.money import Money

if TYPE_CHECKING:
    from shotpilot_pipeline.catalog.live import LivePrice


def _families(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """What Tab offers."""
    return [name for name in load_catalog(None).cards if name.startswith(incomplete)]


@click.command()
@asking
@click.argument("family", required=False, shell_complete=_families)
@click.option("--check-prices", is_flag=True, help="Ask what each model costs today, and compare (needs the key).")
def command(asked: Asked, family: str | None, check_prices: bool) -> None:
    """Show the model cards: what each model takes, its limits, its prices and their dates.

    FAMILY (kling-v3, say) shows one card whole, with every field of its requests. A card of your own is a JSON file
    in the folder `models` at the root of the show.
    """
    screen = Screen(asked)
    root = asked.project or Path.cwd()
    catalog = load_catalog(root / "models")
    if family and family not in catalog.cards:
        raise UsageError(f"no model is called {family!r}; the models are {', '.join(catalog.cards)}")
    cards = [catalog.cards[family]] if family else list(catalog.cards.values())
    if check_prices:
        _check_prices(screen, catalog, cards, root)
        return
    if asked.json:
        screen.result_json([_card_json(card) for card in cards])
        return
    for number, card in enumerate(cards):
        screen.result(("\n" if number else "") + "\n".join(_card_lines(card, screen, whole=bool(family))))


def _check_prices(screen: Screen, catalog: Catalog, cards: Sequence[Card], root: Path) -> None:
    """Today's price of every model of `cards` beside that of its card. Raises KeyOrBalance without a key."""
    from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files
    from shotpilot_pipeline.pipeline.pricing import read_today  # httpx: only here
    from shotpilot_pipeline.pipeline.settings import read_settings

    refuse_keys_in_files(root)
    settings = read_settings(root)
    ends = [(card, end) for card in cards for end in card.endpoints.values()]
    today = read_today(settings, find_key(settings.get("fal", "queue_url")), [end.id for _, end in ends], root)
    rows = [_price_row(card, end, today.live.get(end.id)) for card, end in ends]
    if screen.asked.json:
        names = ("endpoint", "card_usd", "card_date", "now_usd", "now_unit", "same")
        screen.result_json({"prices": [dict(zip(names, row, strict=True)) for row in rows], "fault": today.fault})
    else:
        screen.result("\n".join(table([_price_words(row) for row in rows])))
        if today.fault:
            screen.fault(f"Not all could be read: {today.fault}")


def _price_row(card: Card, end: Endpoint, live: LivePrice | None) -> tuple[Any, ...]:
    unit = min(end.prices.values(), default=None)
    now = live.usd if live else None
    same = None if live is None or unit is None else now == unit
    return end.id, _text(unit), card.price_date, _text(now), live.unit if live else None, same


def _text(money: Money | None) -> str | None:
    return None if money is None else str(money)


def _price_words(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A model's line: what the card says, what it costs today, and whether that is the same."""
    endpoint, card, date, now, unit, same = row
    said = f"${card} a picture ({date})" if card else "no price on its card"
    today = f"${now} a picture today" if now else f"by {unit} today" if unit else "not known today"
    return endpoint, said, today, {True: "the same", False: "DIFFERENT", None: ""}[same]


def _card_lines(card: Card, screen: Screen, *, whole: bool) -> list[str]:
    prices = next(iter(card.endpoints.values())).prices
    limits = card.limits
    few, many = limits.pictures
    rows = [
        ("prices", ", ".join(f"{size} ${price}" for size, price in prices.items()) + " a picture"),
        ("", f"({card.price_source}, {card.price_date})"),
        ("resolutions", ", ".join(card.resolutions)),
        ("pictures", f"{few}-{many} a roll"),
        ("series", "{}-{} panels".format(*limits.series) if limits.series[1] else "none"),
        ("references", f"up to {limits.together} pictures and cast together, {limits.angles} further angles each"),
        (
            "files",
            f"{', '.join(limits.file.formats)} up to {limits.file.bytes // 10**6} MB, {limits.file.side} px a side",
        ),
        ("prompt", f"up to {limits.prompt:,} characters"),
        ("lettering", card.lettering or "not said"),
    ]
    lines = [screen.paint(f"{card.family}  {card.title}", None, bold=True), *("  " + line for line in table(rows))]
    for endpoint in card.endpoints.values():
        lines.append(f"  {endpoint.kind}: {endpoint.id}")
        lines += [f"    {line}" for line in table(_field_rows(endpoint))] if whole else []
    if whole and card.pixels:
        lines += ["  pixels", *(f"    {line}" for line in table(_pixel_rows(card)))]
    return [*lines, f"  checked {card.checked}"]


def _field_rows(endpoint: Endpoint) -> list[tuple[str, ...]]:
    required = set(endpoint.schema.get("required", ()))
    return [
        (
            name,
            "required" if name in required else f"default {known['default']}" if "default" in known else "",
            ", ".join(map(str, known.get("enum", ()))) or _bounds(known),
        )
        for name, known in endpoint.fields.items()
    ]


def _bounds(known: Any) -> str:
    pairs = (("minimum", "maximum"), ("minItems", "maxItems"), ("minLength", "maxLength"))
    for least, most in pairs:
        if most in known:
            return f"{known.get(least, 0)}-{known[most]}"
    return ""


def _pixel_rows(card: Card) -> list[tuple[str, ...]]:
    aspects = list(dict.fromkeys(aspect for _, aspect in card.pixels))
    sizes = list(dict.fromkeys(size for size, _ in card.pixels))
    rows = [("", *sizes)]
    for aspect in aspects:
        rows.append((aspect, *("{} x {}".format(*card.pixels.get((size, aspect), ("-", "-"))) for size in sizes)))
    return rows


def _card_json(card: Card) -> dict[str, Any]:
    return {
        "family": card.family,
        "title": card.title,
        "features": sorted(card.features),
        "resolutions": list(card.resolutions),
        "limits": {
            "prompt": card.limits.prompt,
            "pictures": list(card.limits.pictures),
            "series": list(card.limits.series),
            "together": card.limits.together,
            "angles": card.limits.angles,
            "file": {**card.limits.file._asdict(), "ratio": list(card.limits.file.ratio)},
        },
        "price_date": card.price_date,
        "price_source": card.price_source,
        "checked": card.checked,
        "endpoints": [
            {
                "id": endpoint.id,
                "kind": endpoint.kind,
                "input": endpoint.schema,
                "prices_usd": {size: str(price) for size, price in endpoint.prices.items()},
            }
            for endpoint in card.endpoints.values()
        ],
    }
