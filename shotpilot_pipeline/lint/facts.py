"""What is kept of each shot for the rules that compare shots: small JSON values, and the places that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.lint.cast import attributes_of
from shotpilot_pipeline.lint.slots import missing_slots
from shotpilot_pipeline.values.lint import LintFilm, LintShot

Facts = tuple[Mapping[str, Any], Mapping[str, Place]]


def film_facts(film: LintFilm) -> Facts:
    """Of what is around the shots: cast with its pictures and rights, budgets."""
    facts: dict[str, Any] = {"show": film.show, "stages": [stage.name for stage in film.stages]}
    places: dict[str, Place] = {}
    for member in film.cast.values():
        places[f"cast:{member.id}"] = member.place
        rights = member.rights
        told: dict[str, Any] = {"name": member.name, "frontal": member.frontal, "angles": list(member.angles)}
        if rights is not None:
            told["rights"] = [rights.kind, rights.consent, rights.until, rights.paper]
            places[f"rights:{member.id}"] = rights.place
        facts.setdefault("cast", {})[member.id] = told
    for name, (nano, place) in film.budget.items():
        facts.setdefault("budget", {})[name] = nano
        places[f"budget:{name}"] = place
    return facts, places


def shot_facts(shot: LintShot) -> Facts:
    """Of one shot. Only what is so is kept: a shot without peculiarities has few facts."""
    facts: dict[str, Any] = {}
    places: dict[str, Place] = {"shot": shot.place}
    missing = missing_slots(shot)
    if missing:
        facts["missing"] = missing
    aspects = sorted({sent.aspect for sent in shot.sent})
    facts["aspect"] = aspects
    places["aspect"] = shot.where("aspect_ratio", "")
    if shot.clip.motion is not None or shot.clip.parts:
        facts["motion"] = True
    if shot.clip.take:
        facts["take"] = shot.clip.take
        places["take"] = shot.clip.take_place
    attributes = attributes_of(shot)
    if attributes:
        facts["attributes"] = attributes
    if shot.ignores:
        facts["ignore"] = {ignore.rule: ignore.reason for ignore in shot.ignores}
        places |= {f"ignore:{ignore.rule}": ignore.place for ignore in shot.ignores}
    return facts, places
