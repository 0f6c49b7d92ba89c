"""The pictures a request sends along: elements and images, in the order of their numbers.

Elements: those given by hand, then each cast member in order of first mention. Images: the carried pick, those given
by hand, those mentioned in order of first mention, then `add_images`. Does not know models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.shotlist.film import Film, Member, file_of
from shotpilot_pipeline.shotlist.mentions import Kind, Piece, mentioned
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.prompt import ShotFault
from shotpilot_pipeline.shotlist.references import Reference
from shotpilot_pipeline.shotlist.settings import Settings
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.request import pick_mark


class Ask(NamedTuple):
    """A shot asks for another task's picked take; checked once all tasks are known."""

    address: str
    panel: int  # from 1; 0 for the only picture
    place: Place


@dataclass(slots=True)
class Pictures:
    """What goes along with a prompt."""

    images: list[str] = field(default_factory=list)  # marks
    elements: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)  # image id -> its number
    cast: tuple[str, ...] = ()
    elements_by_hand: int = 0
    images_by_hand: int = 0
    asks: tuple[Ask, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)  # sha256 -> path from the root
    files: list[tuple[Node, Reference]] = field(default_factory=list)
    waits: bool = False  # a pick is open


def pictures_of(film: Film, settings: Settings, pieces: tuple[Piece, ...], carried: tuple[str, ...]) -> Pictures:
    """The pictures of one request. Raises BadReference and ShotFault."""
    found = Pictures(images=list(carried), waits=bool(carried))
    if "elements" in settings:
        _elements_by_hand(film, settings["elements"], found)
    found.cast = mentioned(pieces, Kind.CAST) if len(pieces) > 1 or type(pieces[0]) is not str else ()
    for name in found.cast:
        found.elements.append(_element_of(film, film.cast[name], found))
    _images_by_hand(film, settings, found)
    known = {**film.images, **settings["images"].map} if "images" in settings else film.images
    for name in mentioned(pieces, Kind.IMAGE) if known else ():
        _add_image(film, name, known[name], found)
    if "add_images" in settings:
        _add_further(film, settings["add_images"], known, found)
    return found


def _send(film: Film, node: Node, found: Pictures) -> str:
    """The mark of a file or URL, noted as a source."""
    reference = film.shelf.look(node)
    if reference.fact is not None:
        found.sources.setdefault(reference.fact.sha256, reference.path)
        found.files.append((node, reference))
    return reference.mark


def _element_of(film: Film, member: Member, found: Pictures) -> dict[str, Any]:
    if member.frontal is None or not member.frontal.value:
        raise ShotFault(
            "element-no-frontal",
            member.node.key_place,
            f"{member.id} has no frontal picture, so @{member.id} can show no face",
            "give frontal: a picture from the front, or write the name without @",
        )
    element: dict[str, Any] = {"frontal_image_url": _send(film, member.frontal, found)}
    if member.references:
        element["reference_image_urls"] = [_send(film, angle, found) for angle in member.references]
    return element


def _elements_by_hand(film: Film, node: Node, found: Pictures) -> None:
    for item in node.list:
        if not isinstance(item.value, dict):
            found.elements.append({"frontal_image_url": _send(film, item, found)})
            continue
        names = ("frontal_image_url", "image_url", "image")
        frontals = [frontal for name in names if (frontal := item.get(name)) is not None]
        if not frontals:
            raise ShotFault("element-no-frontal", item.place, "this element has no frontal picture", "give image_url:")
        if len({str(frontal.value) for frontal in frontals}) > 1:
            raise ShotFault(
                "element-legacy-shape", item.place, "this element names two frontal pictures", "keep frontal_image_url"
            )
        element: dict[str, Any] = {"frontal_image_url": _send(film, frontals[0], found)}
        angles = item.get("reference_image_urls")
        if angles is not None and angles.value:
            element["reference_image_urls"] = [_send(film, angle, found) for angle in angles.list]
        found.elements.append(element)
    found.elements_by_hand = len(found.elements)


def _images_by_hand(film: Film, settings: Settings, found: Pictures) -> None:
    nodes = [settings["image_url"]] if "image_url" in settings else []
    nodes += settings["image_urls"].list if "image_urls" in settings else []
    found.images += [_send(film, node, found) for node in nodes]
    found.images_by_hand = len(nodes)


def _add_image(film: Film, name: str, node: Node, found: Pictures) -> None:
    if name in found.numbers:
        return
    file = file_of(node)
    if file is not None:
        mark = _send(film, file, found)
    else:
        ask = _ask(node)
        found.asks = (*found.asks, ask)
        found.waits = True
        mark = pick_mark(ask.address, ask.panel)
    found.images.append(mark)
    found.numbers[name] = len(found.images)


def _ask(image: Node) -> Ask:
    pick, panel = image.map["pick"], image.get("panel")
    try:
        address = Address.parse(str(pick.value))
    except ValueError as fault:
        raise ShotFault("pick-address", pick.place, str(fault), "a pick is {pick: scene/shot@stage}") from None
    if address.take:
        raise ShotFault(
            "pick-address",
            pick.place,
            f"{pick.value} names a take; a pick is what was chosen",
            f"write {address.at(address.stage or 'STAGE')} and pick take {address.take}",
        )
    return Ask(str(address), int(str(panel.value)) if panel is not None and panel.value else 0, pick.place)


def _add_further(film: Film, node: Node, known: Mapping[str, Node], found: Pictures) -> None:
    for item in node.list if isinstance(node.value, list) else [node]:
        name = str(item.value)
        if name == "cast" and name not in known:
            for member in found.cast:
                _add_frontal(film, film.cast[member], found)
        elif name in known:
            _add_image(film, name, known[name], found)
        elif name in film.cast:
            _add_frontal(film, film.cast[name], found)
        else:
            raise ShotFault(
                "add-images",
                item.place,
                f"no image is called {name!r}",
                near(name, ("cast", *known, *film.cast)) or "name one of images:, or cast",
            )


def _add_frontal(film: Film, member: Member, found: Pictures) -> None:
    if member.id in found.numbers or member.frontal is None:
        return
    found.images.append(_send(film, member.frontal, found))
    found.numbers[member.id] = len(found.images)
