"""A shot and its surroundings as values for a linter: every text with its place, every request with its figures.

Judges nothing. What a shot was compiled from is at hand here, so nothing is parsed or expanded a second time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.shotlist.expand import Made
from shotpilot_pipeline.shotlist.fill import LONGEST, CannotFill, Filling
from shotpilot_pipeline.shotlist.film import Film, Member, file_of
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.references import BadReference
from shotpilot_pipeline.shotlist.request import ASPECT_RATIO
from shotpilot_pipeline.shotlist.series import folded
from shotpilot_pipeline.shotlist.settings import Settings, is_written
from shotpilot_pipeline.shotlist.source import Source
from shotpilot_pipeline.shotlist.words import SLOTS
from shotpilot_pipeline.values.lint import (
    Clip,
    Ignore,
    LintFilm,
    LintMember,
    LintPicture,
    LintShot,
    LintStage,
    Mentioned,
    Part,
    Rights,
    Sent,
    Text,
)
from shotpilot_pipeline.values.money import Money

#: Slots whose text is looked at in each shot; looks are looked at once, with what is around the shots.
_TEXTS = (*(slot for slot in SLOTS if slot != "look"), "prompt", "prompt_template", "prompt_wrap")
_TEMPLATES = frozenset({"prompt_template", "prompt_wrap"})
_NO_PLACE = Place("")
_PAPER = re.compile(r"\.(?:pdf|docx?|odt|jpe?g|png|txt)\Z", re.IGNORECASE)
_WORN = ("x-wardrobe", "x-costume", "x-clothes")


def film_view(film: Film, source: Source) -> LintFilm:
    """What is around the shots."""
    names = {"show": film.show, "cast": film.cast_scope, "images": film.images_scope, "looks": film.looks}
    filling = Filling(film.templates, lambda: names)
    cast = {member.id: _member(film, member, filling) for member in film.cast.values()}
    looks = [node for node in film.looks.values.values() if isinstance(node, Node)]
    texts = [text for node in looks if (text := _text("look", node, filling))]
    texts += [member.wardrobe for member in cast.values() if member.wardrobe]
    budget = source.head.get("budget")
    return LintFilm(
        show=film.show.said,
        cast=cast,
        stages=tuple(_stages(source.head.get("stages"))),
        texts=tuple(texts),
        pictures=tuple(_pictures(film)),
        budget=dict(_budget(budget)) if budget is not None else {},
    )


def _member(film: Film, member: Member, filling: Filling) -> LintMember:
    return LintMember(
        id=member.id,
        name=member.name,
        frontal=_mark(film, member.frontal),
        angles=tuple(filter(None, (_mark(film, angle) for angle in member.references))),
        wardrobe=_text("wardrobe", member.wardrobe, filling) if member.wardrobe is not None else None,
        place=member.node.key_place,
        rights=_rights(film, member.node.get("rights")),
    )


def _rights(film: Film, node: Node | None) -> Rights | None:
    if node is None or not isinstance(node.value, dict):
        return None
    consent = node.get("consent")
    path, paper = _word(consent), ""
    if consent is not None and _PAPER.search(path) and "://" not in path:
        paper = Path(os.path.relpath(Path(consent.file).parent / path, film.root)).as_posix()
    return Rights(_word(node.get("kind")), path, _word(node.get("until")), paper, node.key_place)


def _mark(film: Film, node: Node | None) -> str:
    try:
        return film.shelf.look(node).mark if node is not None and node.value else ""
    except BadReference:
        return ""


def _pictures(film: Film) -> Iterator[LintPicture]:
    for member in film.cast.values():
        node = member.frontal
        if node is None or not node.value:
            continue
        try:
            fact = film.shelf.look(node).fact
        except BadReference:
            continue
        if fact is not None:
            yield LintPicture(str(node.value), node.place, fact.width, fact.height, fact.light, fact.detail)


def _stages(stages: Node | None) -> Iterator[LintStage]:
    for name, stage in (stages.map if stages is not None and isinstance(stages.value, dict) else {}).items():
        model, carry, resolution = stage.get("model"), stage.get("carry"), stage.get("resolution")
        first = model.list[0] if model is not None and isinstance(model.value, list) and model.value else model
        yield LintStage(
            name=name,
            model=_word(first),
            resolution=_word(resolution).upper() or "1K",
            takes=int(_word(stage.get("takes")) or 1),
            pick=_word(stage.get("pick")),
            carry=_word(carry),
            place=stage.key_place,
            carry_place=carry.key_place if carry is not None else stage.key_place,
            resolution_place=resolution.place if resolution is not None else stage.key_place,
            first=next((node.key_place for node in stage.map.values()), stage.key_place),
        )


def _word(node: Node | None) -> str:
    return str(node.value) if node is not None and node.value is not None else ""


def _budget(budget: Node) -> Iterator[tuple[str, tuple[int, Place]]]:
    for key, node in (budget.value if isinstance(budget.value, dict) else {}).items():
        if isinstance(node.value, dict):
            yield from ((f"{key.rstrip('s')}:{name}", below) for name, below in _budget(node))
        elif node.value is not None and not key.startswith("x-"):
            with suppress(ValueError):  # said elsewhere
                yield key, (Money.usd(str(node.value)).nano, node.place)


def shot_view(film: Film, around: LintFilm, made: Sequence[Made], node: Node) -> LintShot:
    """One shot that was compiled to the requests `made`, which are not none. `node` is its map."""
    first = made[0]
    settings, filling = first.cell.settings, first.cell.filling
    texts, slots = _texts(made)
    panels = tuple(_panels(node.get("series"), filling))
    mentions = frozenset().union(*(one.request.cast for one in made))
    words = "\n".join(text.text for text in (*texts, *panels) if "@" in text.text)
    return LintShot(
        address=first.address.partition("@")[0].split(".")[0],
        place=node.key_place,
        slots=slots,
        texts=(*texts, *panels),
        panels=tuple(panel for panel in panels if panel.slot != "lead"),
        series=first.cell.amount > 0 or bool(panels),
        whole="prompt" in settings,
        sent=tuple(map(_sent, made)),
        mentions=mentions,
        wardrobes=frozenset(who for who in mentions if f"@{who}.wardrobe" in words),
        images=tuple(_images(film, made, node)),
        tags=frozenset(str(tag.value) for tag in (settings["tags"].list if "tags" in settings else ())),
        clip=_clip(film, settings, filling, node),
        ignores=tuple(_ignores(settings.get("ignore"))),
        legacy_elements=tuple(_legacy(settings.get("elements"))),
        wardrobe_said=any(key in node.map for key in _WORN),
        where=partial(_where, made, node),
        film=around,
    )


def _where(made: Sequence[Made], shot: Node, key: str, stage: str) -> Place:
    one = next((one for one in made if one.stage == stage), made[0])
    found = one.cell.settings.get(key)
    return found.place if found is not None and is_written(found.place) else shot.key_place


def _texts(made: Sequence[Made]) -> tuple[list[Text], dict[str, Text]]:
    """Every distinct text over all requests, and those of the first by slot."""
    found: dict[int, Text] = {}
    slots: dict[str, Text] = {}
    for number, one in enumerate(made):
        settings = one.cell.settings
        whole = "prompt" in settings
        for slot in _TEXTS:
            node = settings.get(slot)
            if node is None or (id(node) in found and number):
                continue
            text = found.get(id(node)) or _text(slot, node, one.cell.filling)
            if text is None:
                continue
            if not whole or slot in ("prompt", "prompt_wrap"):
                found[id(node)] = text
            if not number:
                slots[slot] = text
    return list(found.values()), slots


def _text(slot: str, node: Node, filling: Filling) -> Text | None:
    """The text of one slot; None where it is empty or cannot be filled, which is said elsewhere."""
    raw = node.value
    if type(raw) is not str or not raw:
        return None
    try:
        text = folded(raw) if slot in _TEMPLATES else filling.words(slot, node)
    except CannotFill:
        return None
    if not text or len(text) > LONGEST or len(raw) > LONGEST:
        return None  # no model takes it, which is said elsewhere; its words would be read for minutes
    return Text(slot, text, raw, node.place, node.key_place)


def _panels(series: Node | None, filling: Filling) -> Iterator[Text]:
    lead = series.get("lead") if series is not None else None
    if lead is not None and (text := _text("lead", lead, filling)):
        yield text
    panels = series.get("panels") if series is not None else None
    for number, node in enumerate(panels.list if panels is not None and panels.value else (), 1):
        text = _text(f"panel {number}", node, filling)
        if text:
            yield text


def _images(film: Film, made: Sequence[Made], shot: Node) -> Iterator[Mentioned]:
    """The pictures that the shot defines or mentions, each with what it is there for."""
    own = shot.get("images")
    mine: Mapping[str, Node] = own.value if own is not None and isinstance(own.value, dict) else {}
    used: set[str] = set().union(*(one.request.pictures.numbers for one in made))
    if not mine and not used:
        return
    for name in dict.fromkeys((*mine, *sorted(used))):
        node = mine.get(name) or film.images.get(name)
        if node is None or node.value is None:
            continue
        role = node.get("role")
        yield Mentioned(name, _word(role), node.key_place, name in used, name in mine)


def _sent(one: Made) -> Sent:
    wire, request = one.request.wire, one.request
    return Sent(
        address=one.address,
        stage=one.stage,
        family=request.card.family,
        kind=request.kind,
        numbered="several images" in request.card.features,
        lettering=request.card.lettering,
        prompt=wire["prompt"],
        resolution=str(wire.get("resolution", "")),
        aspect=str(wire.get("aspect_ratio", ASPECT_RATIO)),
        format=str(wire.get("output_format", "")),
        amount=one.cell.amount,
        takes=one.takes,
        carried=len(one.cell.carried),
        images=len(request.pictures.images),
        images_by_hand=request.pictures.images_by_hand,
        elements=len(request.pictures.elements),
        elements_by_hand=request.pictures.elements_by_hand,
    )


def _clip(film: Film, settings: Settings, filling: Filling, shot: Node) -> Clip:
    motion, clip, seconds = (settings.get(key) for key in ("motion", "clip", "duration"))
    said: Mapping[str, Node] = clip.value if clip is not None and isinstance(clip.value, dict) else {}
    parts, take = said.get("parts"), said.get("take")
    return Clip(
        motion=_text("motion", motion, filling) if motion is not None else None,
        seconds=_number(seconds),
        seconds_place=seconds.place if seconds is not None else _NO_PLACE,
        model=_word(said.get("model")),
        change=_word(said.get("change")),
        end=_end(film, said.get("end")),
        parts=tuple(
            Part(_text("motion", part.map["motion"], filling), _number(part.get("duration")), part.place)
            for part in (parts.list if parts is not None and parts.value else ())
        ),
        place=clip.key_place if clip is not None and is_written(clip.place) else shot.key_place,
        take=int(_number(take)),
        take_place=take.place if take is not None else _NO_PLACE,
    )


def _number(node: Node | None) -> float:
    return float(node.value) if node is not None and isinstance(node.value, int | float) else 0.0


def _end(film: Film, node: Node | None) -> tuple[int, int] | None:
    """The pixels of the end frame, as far as they are known."""
    file = file_of(node) if node is not None and node.value is not None else None
    if file is None:
        return (0, 0) if node is not None and node.value is not None else None
    try:
        fact = film.shelf.look(file).fact
    except BadReference:
        return (0, 0)
    return (fact.width, fact.height) if fact is not None else (0, 0)


def _ignores(node: Node | None) -> Iterator[Ignore]:
    for rule, reason in (node.value if node is not None and isinstance(node.value, dict) else {}).items():
        yield Ignore(rule, _word(reason).strip(), reason.key_place)


def _legacy(elements: Node | None) -> Iterator[Place]:
    for item in elements.list if elements is not None and isinstance(elements.value, list) else ():
        node = item.get("image_url") if isinstance(item.value, dict) else None
        if node is not None:
            yield node.key_place
