"""One request: a shot's words with their mentions, its pictures and parameters, as the form that is sent.

Does not know stages or variants, nor what was picked: a picture that somebody still has to pick is an open mark.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import Card
from shotpilot_pipeline.errors import Place, Problem, Step
from shotpilot_pipeline.shotlist.choose import Asked, Chosen, cannot
from shotpilot_pipeline.shotlist.fill import BY_STAGE, CannotFill, Filling
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.mentions import (
    BadMention,
    Kind,
    Mention,
    Piece,
    with_wardrobe,
    written,
)
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.origin import longest, origin, spoken
from shotpilot_pipeline.shotlist.pictures import Ask, Pictures, pictures_of
from shotpilot_pipeline.shotlist.pointer import Span
from shotpilot_pipeline.shotlist.prompt import DEFAULT_WRAP, ShotFault, warning, without_stop
from shotpilot_pipeline.shotlist.settings import Settings, is_written, said
from shotpilot_pipeline.shotlist.validity import input_problems
from shotpilot_pipeline.values.fits import fits_text
from shotpilot_pipeline.values.request import render_key, request_form
from shotpilot_pipeline.values.task import NO_PRICE

ASPECT_RATIO = "16:9"  # when nothing is said (DESIGN 3.1); the service's own default for most endpoints
OUTPUT_FORMAT = "png"
RESOLUTION = "1K"
#: What the picked or only picture is called for a model that numbers none.
THE_IMAGE = "the reference image"


class Cell(NamedTuple):
    """One shot (variant, panel) at one stage, ready to become a request."""

    film: Film
    shot: Node
    settings: Settings
    filling: Filling
    text: str  # filled, wrapped and folded; mentions as written
    carried: tuple[str, ...]  # marks of the picked pictures that come along
    amount: int  # panels of a series; 0 for a single picture
    panel: int  # which panel of a series it is alone, from 1; 0 for all of it
    read: dict[str, tuple[Piece, ...]]  # texts of the variant that were read already and say the same at every stage


class Request(NamedTuple):
    """A compiled request, with what a plan says of it."""

    form: str
    key: str  # "" while a pick is open
    endpoint: str
    price: int  # nano-USD per picture, NO_PRICE where the card names none
    notes: tuple[str, ...]
    cast: tuple[str, ...]
    asks: tuple[Ask, ...]
    sources: Mapping[str, str]
    problems: tuple[Problem, ...]
    fits: str  # what a carried picture must be to be sent as it is; "" where none is sent
    card: Card
    kind: str  # of the endpoint
    wire: Mapping[str, Any]  # the input as sent, without num_images
    pictures: Pictures


def request_of(cell: Cell) -> Request:
    """The request of a cell. Raises ShotFault, CannotFill or BadReference for what makes it impossible."""
    pieces = _pieces(cell)
    pictures = pictures_of(cell.film, cell.settings, pieces, cell.carried)
    aspect, resolution = _aspect(cell.settings), _resolution(cell.settings)
    asked = Asked(len(pictures.images), bool(cell.amount), resolution, aspect == "auto", len(pictures.elements))
    chosen = _chosen(cell, asked)
    prompt = _prompt(cell, pieces, pictures, chosen.card)
    wire = _wire(cell, chosen, pictures, prompt)
    notes, problems = _negative(cell, chosen, wire)
    problems += input_problems(chosen.card, chosen.endpoint, wire, _Where(cell, pictures), pictures, cell.film.checked)
    form = request_form(chosen.endpoint.id, wire)
    price, file = chosen.endpoint.prices.get(resolution), chosen.card.limits.file
    return Request(
        form=form,
        key="" if pictures.waits else render_key(form),
        endpoint=chosen.endpoint.id,
        price=price.nano if price is not None else NO_PRICE,
        notes=(*([chosen.note] if chosen.note else []), *notes),
        cast=pictures.cast,
        asks=pictures.asks,
        sources=pictures.sources,
        problems=tuple(problems),
        fits=fits_text(file.bytes, file.formats) if pictures.waits else "",
        card=chosen.card,
        kind=chosen.endpoint.kind,
        wire=wire,
        pictures=pictures,
    )


def _chosen(cell: Cell, asked: Asked) -> Chosen:
    """The model for what is asked. Raises ShotFault, whose chain says where that was asked which no model can do."""
    catalog = cell.film.catalog
    try:
        return cell.film.chooser.choose(_model(cell), asked)
    except ShotFault as fault:
        less = {
            "resolution": asked._replace(resolution=RESOLUTION),
            "aspect_ratio": asked._replace(auto=False),
            "series": asked._replace(series=False),
            "images": asked._replace(images=min(asked.images, 1)),
        }
        steps = []
        for key, eased in less.items():
            node = cell.settings.get(key) or cell.shot.get(key)
            matters = any(cannot(card, eased) != cannot(card, asked) for card in catalog.cards.values())
            if node is not None and is_written(node.place) and matters and fault.problem.rule != "unknown-model":
                steps.append(Step(node.key_place, f"{key} is set here"))
        fault.problem = replace(fault.problem, chain=tuple(steps))
        raise


def _model(cell: Cell) -> Node:
    model = cell.settings.get("model")
    if model is None:
        raise ShotFault("unknown-model", cell.shot.place, "no model is named", "write model: kling-v3 in the stage")
    return model


def _aspect(settings: Settings) -> str:
    node = settings.get("aspect_ratio")
    return str(node.value) if node is not None else ASPECT_RATIO


def _resolution(settings: Settings) -> str:
    node = settings.get("resolution")
    return str(node.value).upper() if node is not None else RESOLUTION


def _pieces(cell: Cell) -> tuple[Piece, ...]:
    """The text's mentions, wardrobes spelled out. Raises ShotFault where a mention means nobody."""
    if "@" not in cell.text:
        return (cell.text,)
    images = _image_names(cell)
    if images is not None:
        return _read(cell, images)
    if (known := cell.read.get(cell.text)) is not None:
        return known
    said = cell.read.get(cell.text.removeprefix(DEFAULT_WRAP))
    pieces = (*cell.film.mentions.pieces(DEFAULT_WRAP), *said) if said is not None else _read(cell, None)
    if BY_STAGE.isdisjoint(cell.filling.touched):
        cell.read[cell.text] = pieces
    return pieces


def _read(cell: Cell, images: Collection[str] | None) -> tuple[Piece, ...]:

    def wardrobe(name: str) -> tuple[Piece, ...]:
        member = cell.film.cast[name]
        if member.wardrobe is None or not member.wardrobe.value:
            raise BadMention(f"@{name}.wardrobe", f"{name} has no wardrobe", f"write wardrobe: ... at cast: {name}")
        try:
            words = without_stop(cell.filling.text(member.wardrobe, f"cast.{name}.wardrobe"))
        except CannotFill as fault:
            user = next((part for part in spoken(cell) if f"@{name}.wardrobe" in str(part.node.value)), None)
            fault.chain += [(user.label, user.node)] if user is not None else []
            raise
        return cell.film.mentions.pieces(words, images)

    try:
        return with_wardrobe(cell.film.mentions.pieces(cell.text, images), wardrobe)
    except BadMention as bad:
        raise mention_fault(cell, bad.written, bad.message, bad.hint) from None


def _image_names(cell: Cell) -> Collection[str] | None:
    """The images that may be mentioned; None for those of the film alone."""
    own = cell.settings.get("images")
    if own is None:
        return None
    for name in own.map.keys() & cell.film.cast.keys():
        member = cell.film.cast[name].node.key_place
        message = f"{name!r} is an image here and a cast member at {member}"
        raise ShotFault("name-shared", own.map[name].key_place, message, "rename one: @ can mean only one of them")
    return {*cell.film.images, *own.map}


def mention_fault(cell: Cell, text: str, message: str, hint: str, rule: str = "mention") -> ShotFault:
    """The fault of a mention, where it was written: in whichever text brought it into the prompt."""
    span = origin(cell, text) or Span(next((part.node.place for part in spoken(cell)), cell.shot.place))
    return ShotFault(rule, span.place, message, hint, span.end, span.chain)


def _prompt(cell: Cell, pieces: tuple[Piece, ...], pictures: Pictures, card: Card) -> str:
    """The text as sent: each mention under its number."""
    if len(pieces) == 1 and type(pieces[0]) is str:
        return pieces[0]
    numbered = "several images" in card.features
    cast = {name: place for place, name in enumerate(pictures.cast, pictures.elements_by_hand + 1)}

    def name(mention: Mention) -> str:
        if mention.kind is Kind.CAST:
            return f"@Element{cast[mention.id]}"
        _check_by_hand(cell, mention, pictures)
        if mention.kind is Kind.ELEMENT_BY_HAND:
            return f"@Element{mention.number}"
        if not numbered:
            return THE_IMAGE
        if mention.kind is Kind.PICK:
            return _listed([f"@Image{number}" for number in range(1, len(cell.carried) + 1)])
        if mention.kind is Kind.IMAGE_BY_HAND:
            return f"@Image{len(cell.carried) + mention.number}" if mention.number or cell.carried else "@Image"
        return f"@Image{pictures.numbers[mention.id]}"

    return written(pieces, name)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _check_by_hand(cell: Cell, mention: Mention, pictures: Pictures) -> None:
    """`@pick`, `@Element1` and `@Image1` stand only where there is such a thing. Raises ShotFault."""
    kind, number = mention.kind, mention.number
    if kind is Kind.PICK and not cell.carried:
        rule, message = "image-undeclared", "nothing is carried here that @pick could mean"
        hint = "give the stage carry: image"
    elif kind is Kind.ELEMENT_BY_HAND and not 1 <= number <= pictures.elements_by_hand:
        there = pictures.elements_by_hand
        rule, message = "element-undeclared", f"there is no element {number}; {there or 'none'} given by hand"
        hint = "mention a cast member by id, or give elements:"
    elif kind is Kind.IMAGE_BY_HAND and not min(1, number) <= number <= pictures.images_by_hand:
        rule = "image-undeclared"
        message = f"there is no image {number}; {pictures.images_by_hand or 'none'} given by hand"
        hint = "mention an image by its id, or give image_urls:"
    elif kind is Kind.IMAGE_BY_HAND and not number and pictures.images_by_hand != 1:
        rule = "image-undeclared"
        message = f"@Image without a number needs one image by hand, not {pictures.images_by_hand}"
        hint = "write @Image1, @Image2, ..., or mention an image by its id"
    else:
        return
    raise mention_fault(cell, f"@{mention.id}", message, hint, rule)


def _wire(cell: Cell, chosen: Chosen, pictures: Pictures, prompt: str) -> dict[str, Any]:
    """The input as sent, without num_images: every field the endpoint has, except empty elements."""
    end = chosen.endpoint
    fields, later = end.fields, end.later
    output = cell.settings.get("output_format")
    wire: dict[str, Any] = {
        **end.standing,
        "prompt": prompt,
        "resolution": _resolution(cell.settings),
        "aspect_ratio": _aspect(cell.settings),
        "output_format": str(output.value) if output is not None else OUTPUT_FORMAT,
        "result_type": "series" if cell.amount else "single",
    }
    # A field the card gained later stays out while at its default, so that nothing bought becomes stale.
    wire = {
        name: value for name, value in wire.items() if name in fields and (name not in later or later[name] != value)
    }
    if cell.amount:
        wire["series_amount"] = cell.amount
    if pictures.elements:
        wire["elements"] = list(pictures.elements)
    if pictures.images:
        wire[end.image_field] = list(pictures.images) if end.image_field == "image_urls" else pictures.images[0]
    return wire


def _negative(cell: Cell, chosen: Chosen, wire: dict[str, Any]) -> tuple[list[str], list[Problem]]:
    """negative_prompt goes only where it exists; elsewhere the plan says that it was dropped."""
    node = cell.settings.get("negative_prompt")
    text = " ".join(cell.filling.text(node, "negative_prompt").split()) if node is not None else ""
    if node is None or not text:
        return [], []
    hint = "say in the prompt what is there instead: an empty street, not no people"
    if "negative_prompt" in chosen.endpoint.fields:
        wire["negative_prompt"] = text
        return [], [warning("negative-prompt-used", node.key_place, "a negative_prompt works poorly", hint)]
    told = f"negative_prompt dropped: {chosen.card.family} {chosen.endpoint.kind} has none"
    return [told], [warning("negative-prompt-used", node.key_place, told, hint)]


class _Where:
    """Where each field of the input came from, looked up only for a complaint."""

    def __init__(self, cell: Cell, pictures: Pictures) -> None:
        self._cell = cell
        self._pictures = pictures

    def __call__(self, field: str) -> Span:
        """The place of what decides `field`; the shot's own when nobody wrote it."""
        cell = self._cell
        if field == "prompt":
            found = longest(cell)
            return found[2] if found is not None else Span(cell.shot.key_place)
        if field in ("elements", "images") and (span := self._last_mention(field)) is not None:
            return span
        node = cell.settings.get(field) or said("")
        if is_written(node.place):
            return Span(node.place)
        if field == "series_amount":
            return Span(self._odd_panel() or cell.shot.key_place)
        return Span(cell.shot.key_place)

    def _odd_panel(self) -> Place | None:
        """The amount of a series, as a number or as panels: where the first one too many stands."""
        amount = self._cell.shot.get("series", "amount")
        panels = self._cell.shot.get("series", "panels")
        if amount is not None and amount.value is not None:
            return amount.place
        if panels is None:
            return None
        most = max(card.limits.series[1] for card in self._cell.film.catalog.cards.values())
        beyond = panels.get(most)
        return beyond.place if beyond is not None else panels.key_place

    def part(self) -> str:
        """What the prompt owes most of its length to, as the end of a sentence."""
        texts, found = spoken(self._cell), longest(self._cell)
        if found is None or (len(texts) == 1 and texts[0].label == found[0]):
            return ""
        return f"{found[0]} alone has {found[1]}"

    def _last_mention(self, field: str) -> Span | None:
        """The last mention that brings an element or image: the one too many."""
        names = self._pictures.cast if field == "elements" else tuple(self._pictures.numbers)
        return origin(self._cell, f"@{names[-1]}") if names else None
