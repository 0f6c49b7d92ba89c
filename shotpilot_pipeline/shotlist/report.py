"""What lists and reports say of a shot and a scene besides pictures. Nothing here reaches a model."""

from __future__ import annotations

from shotpilot_pipeline.shotlist.fill import CannotFill, Filling
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.mentions import BadMention, Kind, Mention, written
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.prompt import Series, without_stop
from shotpilot_pipeline.shotlist.series import folded
from shotpilot_pipeline.shotlist.settings import Settings
from shotpilot_pipeline.shotlist.words import BESIDE, SLOTS, heading

Words = tuple[tuple[str, str], ...]


def shot_words(
    film: Film, filling: Filling, settings: Settings, series: Series | None, vary: Node | None
) -> tuple[Words, list[CannotFill]]:
    """Each slot with its text, mentions as names; an axis with all its values; and what could not be filled."""
    found: list[tuple[str, str]] = []
    faults: list[CannotFill] = []
    axes = vary.map["axes"].map if vary is not None and "axes" in vary.map else {}
    for slot, nodes in _texts(settings, series, axes):
        try:
            texts = [filling.words(slot, node) for node in nodes]
        except CannotFill as fault:
            faults.append(fault)
            continue
        text = texts[0] if len(texts) == 1 else folded(" / ".join(texts))
        if text:
            found.append((slot, named(film, settings, text) if "@" in text else text))
    return tuple(found), faults


def _texts(settings: Settings, series: Series | None, axes: dict[str, Node]) -> list[tuple[str, list[Node]]]:
    """The slots that are there in the guide's order, then prompt and panels, then what stands beside the picture."""
    found: list[tuple[str, list[Node]]] = []
    for slot in (*SLOTS, "prompt"):
        if slot in axes:
            found.append((slot, list(axes[slot].map.values())))
        elif slot in settings:
            node = settings[slot]
            found.append((slot, node.list if isinstance(node.value, list) else [node]))
    if series is not None:
        found += [("lead", [series.lead])] if series.lead is not None and series.lead.value else []
        found += [(f"panel {place}", [panel]) for place, panel in enumerate(series.panels, 1)]
    return found + [(slot, [settings[slot]]) for slot in BESIDE if slot in settings]


def named(film: Film, settings: Settings, text: str) -> str:
    """`text` as a person reads it: `@vera` as her name, `@vera.wardrobe` as the words, `@plate` as plate."""
    if "@" not in text:
        return text
    images = {*film.images, *settings["images"].map} if "images" in settings else None
    try:
        pieces = film.mentions.pieces(text, images)
    except BadMention:
        return text

    def name(mention: Mention) -> str:
        if mention.kind is Kind.CAST:
            return film.cast[mention.id].name
        if mention.kind is Kind.WARDROBE:
            wardrobe = film.cast[mention.id].wardrobe
            return without_stop(str(wardrobe.value)) if wardrobe is not None else f"@{mention.id}.wardrobe"
        return mention.id

    return written(pieces, name)


def scene_heading(filling: Filling, scene: Settings) -> str:
    """`EXT. rain-slick alley - NIGHT`, as far as given. Raises CannotFill."""

    def text(slot: str) -> str:
        return folded(filling.text(scene[slot], slot)) if slot in scene else ""

    return heading(text("place"), text("int_ext"), text("time"))
