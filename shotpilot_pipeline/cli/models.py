"""`shotpilot models`: the model cards, as a filmmaker wants to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.catalog.cards import Card, Endpoint, load_catalog
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, table
from shotpilot_pipeline.errors import UsageError


@click.command()
@asking
@click.argument("family", required=False)
def command(asked: Asked, family: str | None) -> None:
    """Show the model cards: what each model takes, its limits, its prices and their dates.

    FAMILY (kling-v3, say) shows one card whole, with every field of its requests. A card of your own is a JSON file
    in the folder `models` at the root of the show.
    """
    screen = Screen(asked)
    catalog = load_catalog((asked.project or Path.cwd()) / "models")
    if family and family not in catalog.cards:
        raise UsageError(f"no model is called {family!r}; the models are {', '.join(catalog.cards)}")
    cards = [catalog.cards[family]] if family else list(catalog.cards.values())
    if asked.json:
        screen.result_json([_card_json(card) for card in cards])
        return
    for number, card in enumerate(cards):
        screen.result(("\n" if number else "") + "\n".join(_card_lines(card, screen, whole=bool(family))))


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
