"""Model cards: what each image network takes, what it cannot do, and what it costs, read from data files.

Does not know what a shot asks for, nor which model it gets: it only answers `can`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shotpilot_pipeline.catalog.faults import card_sentence, json_words
from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import BadFiles, Place, Problem
from shotpilot_pipeline.values.digest import digest_of, sha256_text
from shotpilot_pipeline.values.money import Money

if TYPE_CHECKING:
    from jsonschema import ValidationError

TEXT_TO_IMAGE = "text-to-image"
IMAGE_TO_IMAGE = "image-to-image"

#: What a shot may ask for that not every model can do, in the words an error uses.
FEATURES = ("series", "4K", "several images", "auto")


class FileLimits(NamedTuple):
    """What a reference picture must be to be taken."""

    bytes: int  # at most
    side: int  # pixels at least, each side
    ratio: tuple[float, float]  # width / height, least and greatest
    formats: tuple[str, ...]  # "jpeg", "png", ...


class Limits(NamedTuple):
    """The hard limits of a model's requests."""

    prompt: int  # code points
    pictures: tuple[int, int]  # of one request
    series: tuple[int, int]  # panels; (0, 0): no series
    together: int  # elements and reference pictures together
    angles: int  # further angles of one element
    file: FileLimits


@dataclass(frozen=True)
class Endpoint:
    """One address a request can go to, with the JSON Schema of its body."""

    id: str  # full model id
    kind: str  # TEXT_TO_IMAGE or IMAGE_TO_IMAGE
    image_field: str  # "", "image_url" or "image_urls"
    max_images: int
    max_elements: int
    schema: Mapping[str, Any]
    prices: Mapping[str, Money]  # resolution -> USD for one picture

    @cached_property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields of the body, each with its schema."""
        found: Mapping[str, Mapping[str, Any]] = self.schema["properties"]
        return found

    @cached_property
    def later(self) -> Mapping[str, Any]:
        """Fields the card gained later, with their defaults."""
        return {name: known.get("default") for name, known in self.fields.items() if known.get("added_later")}

    def choices(self, name: str) -> tuple[str, ...]:
        """The values field `name` takes, when it takes only some; else nothing."""
        return tuple(self.fields.get(name, {}).get("enum", ()))

    @cached_property
    def standing(self) -> Mapping[str, Any]:
        """Fields sent at their default although a shot list has no word for them. None that was added later."""
        return {
            name: known["default"]
            for name, known in self.fields.items()
            if "default" in known and name not in _SET_BY_SHOTS and not known.get("added_later")
        }


#: The fields a shot's own words decide; anything else a card names is sent at its default.
_SET_BY_SHOTS = frozenset(
    {
        *("prompt", "negative_prompt", "elements", "image_url", "image_urls", "resolution", "result_type"),
        *("series_amount", "num_images", "aspect_ratio", "output_format", "sync_mode", "seed"),
    }
)


@dataclass(frozen=True)
class Card:
    """A model card: one family of endpoints."""

    family: str
    title: str
    maker: str
    endpoints: Mapping[str, Endpoint]  # by kind
    limits: Limits
    features: frozenset[str]  # of FEATURES
    lettering: str  # how well it writes words into a picture: "", "poor", "good" or "excellent"
    pixels: Mapping[tuple[str, str], tuple[int, int]]  # (resolution, aspect ratio) -> width, height
    sources: tuple[str, ...]
    checked: str  # ISO date
    price_source: str
    price_date: str  # ISO date
    series_price: str  # how a series is charged, in words
    path: str  # the file it was read from

    @property
    def resolutions(self) -> tuple[str, ...]:
        """What it renders at, smallest first."""
        return tuple(dict.fromkeys(size for end in self.endpoints.values() for size in end.choices("resolution")))


@dataclass(frozen=True)
class Catalog:
    """All model cards by family, and a digest that changes with any byte of them."""

    cards: Mapping[str, Card]
    digest: str
    by_endpoint: Mapping[str, tuple[Card, Endpoint]] = field(default_factory=dict, repr=False)


def can(card: Card, needs: Iterable[str]) -> tuple[str, ...]:
    """What of `needs` (see FEATURES) the model cannot do, in order; nothing when it can do all."""
    return tuple(need for need in needs if need not in card.features)


def endpoint_card(catalog: Catalog, endpoint_id: str) -> tuple[Card, Endpoint]:
    """The card and endpoint of a full model id. Raises KeyError when no card names it."""
    return catalog.by_endpoint[endpoint_id]


def expected_pixels(catalog: Catalog, endpoint_id: str, resolution: str, aspect_ratio: str) -> tuple[int, int] | None:
    """Width and height that should come back; None where the card does not say (`auto`)."""
    known = catalog.by_endpoint.get(endpoint_id)
    return known[0].pixels.get((resolution, aspect_ratio)) if known else None


def load_catalog(extra: Path | None = None) -> Catalog:
    """The packaged cards and those of `extra` (a folder of JSON files, which need not exist).

    A card there with the family of a packaged one takes its place. Raises BadFiles naming every card that does
    not pass, and two cards of `extra` that name the same family.
    """
    packaged = sorted(Path(__file__).with_name("cards").glob("*.json"))
    texts = [(entry.name, entry.read_text("utf-8")) for entry in packaged]
    cards = {card.family: card for card in (_build(json.loads(text), name) for name, text in texts)}
    problems: list[Problem] = []
    own: dict[str, Card] = {}
    for path in sorted(extra.glob("*.json")) if extra is not None and extra.is_dir() else ():
        text, found = _read(path)
        problems += found
        if found:
            continue
        card = _build(json.loads(text), str(path))
        if card.family in own:
            problems.append(_bad(path, f"{card.family} is already the family of {own[card.family].path}"))
        own[card.family] = card
        texts.append((path.name, text))
    if problems:
        raise BadFiles(problems)
    return _catalog(cards | own, texts)


def _catalog(cards: Mapping[str, Card], texts: list[tuple[str, str]]) -> Catalog:
    ends = {end.id: (card, end) for card in cards.values() for end in card.endpoints.values()}
    return Catalog(cards, digest_of({name: sha256_text(text) for name, text in texts}), ends)


def _read(path: Path) -> tuple[str, list[Problem]]:
    """A card's text, with what is wrong with it."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text)
    except OSError as fault:
        return "", [_bad(path, f"the model card cannot be read ({fault.strerror})")]
    except UnicodeDecodeError:
        return "", [Problem("model-card", Place(str(path)), "the model card is not UTF-8", "save it as UTF-8")]
    except (ValueError, RecursionError) as fault:  # a number of thousands of digits is a ValueError too
        line, column = (fault.lineno, fault.colno) if isinstance(fault, json.JSONDecodeError) else (0, 0)
        return "", [
            Problem("model-card", Place(str(path), line, column), f"the model card is not JSON: {json_words(fault)}")
        ]
    return text, _faults(path, data)


def _faults(path: Path, data: object) -> list[Problem]:
    # jsonschema takes some 90 ms to import; only a show with cards of its own pays for it.
    from jsonschema import Draft202012Validator, SchemaError

    found = [
        _bad(path, card_sentence([*fault.absolute_path], *_words(fault)))
        for fault in Draft202012Validator(schema("model-1")).iter_errors(data)
    ]
    if not found and isinstance(data, dict):
        for kind, end in data["endpoints"].items():
            try:
                Draft202012Validator.check_schema(end["input"])
            except SchemaError as fault:
                found.append(_bad(path, f"endpoints.{kind}.input is not a JSON Schema: {fault.message}"))
    return found


def _words(fault: ValidationError) -> tuple[str, Any, Any, Mapping[str, Any]]:
    held = fault.schema if isinstance(fault.schema, dict) else {}
    return str(fault.validator), fault.validator_value, fault.instance, held


def _bad(path: Path, message: str) -> Problem:
    return Problem("model-card", Place(str(path)), message, "see schemas/model-1.schema.json for what a card holds")


def _build(data: Mapping[str, Any], path: str) -> Card:
    """The card of data that has passed the schema."""
    limits = _limits(data["limits"])
    prices = {resolution: Money.usd(usd) for resolution, usd in data["prices"]["usd"].items()}
    return Card(
        family=data["family"],
        title=data["title"],
        maker=data.get("maker", ""),
        endpoints={kind: _endpoint(kind, end, limits, prices) for kind, end in data["endpoints"].items()},
        limits=limits,
        features=frozenset(name for name, able in data["features"].items() if able),
        lettering=data.get("lettering", ""),
        pixels={
            (resolution, aspect): (width, height)
            for resolution, sizes in data.get("pixels", {}).get("sizes", {}).items()
            for aspect, (width, height) in sizes.items()
        },
        sources=tuple(data["sources"]),
        checked=data["checked"],
        price_source=data["prices"]["source"],
        price_date=data["prices"]["date"],
        series_price=data["prices"].get("series", ""),
        path=path,
    )


def _limits(data: Mapping[str, Any]) -> Limits:
    file = data["file"]
    least, greatest = file["ratio"]
    few, many = data["pictures"]
    short, long = data.get("series", (0, 0))
    return Limits(
        prompt=data["prompt"],
        pictures=(few, many),
        series=(short, long),
        together=data["together"],
        angles=data["angles"],
        file=FileLimits(file["bytes"], file["side"], (least, greatest), tuple(file["formats"])),
    )


def _endpoint(kind: str, data: Mapping[str, Any], limits: Limits, prices: Mapping[str, Money]) -> Endpoint:
    fields = data["input"]["properties"]
    return Endpoint(
        id=data["id"],
        kind=kind,
        image_field=data.get("image_field", ""),
        max_images=data.get("max_images", 0),
        max_elements=limits.together if "elements" in fields else 0,
        schema=data["input"],
        prices=prices,
    )
