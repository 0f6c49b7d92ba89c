"""Whether an input is one the endpoint takes: limits in words, and the card's JSON Schema behind them.

The queue checks nothing before it bills, so what is wrong is said here. What depends on free text is checked for each
input; everything else once for each distinct combination of parameters, because 30,000 inputs have few of them.
Does not know stages or files' contents beyond what the references say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from shotpilot_pipeline.catalog.cards import Card, Endpoint
from shotpilot_pipeline.catalog.faults import card_sentence
from shotpilot_pipeline.errors import Problem, Severity
from shotpilot_pipeline.shotlist.film import Checked
from shotpilot_pipeline.shotlist.pictures import Pictures
from shotpilot_pipeline.shotlist.pointer import Span
from shotpilot_pipeline.shotlist.references import limit_problem
from shotpilot_pipeline.shotlist.surely import surely_allows

_NEARLY = 0.9  # of the longest prompt: from here on it is said
_MANY_ELEMENTS = 3
_SAME_RATIO = 1e-6  # 16x9 is 16:9, written otherwise
_TEXTS = frozenset({"prompt", "negative_prompt", "image_url"})
_RATIO = re.compile(r"(\d+(?:\.\d+)?)(?:\s*[:x/]\s*(\d+(?:\.\d+)?))?\Z")


class Where(Protocol):
    """Who knows where each field of an input came from."""

    def __call__(self, field: str) -> Span:
        """Where that was written which decides `field`."""
        ...

    def part(self) -> str:
        """What the prompt owes most of its length to, as the end of a sentence; "" when that is not known."""
        ...


def _problem(rule: str, span: Span, message: str, hint: str) -> Problem:
    return Problem(rule, span.place, message, hint, end=span.end, chain=span.chain)


def input_problems(
    card: Card, end: Endpoint, wire: Mapping[str, Any], where: Where, pictures: Pictures, checked: Checked
) -> list[Problem]:
    """Everything that makes the endpoint refuse `wire` (which has no num_images), each at its place.

    `checked` keeps what the schema said of each shape of input; it is added to.
    """
    found = _prompt_problems(card, wire["prompt"], where)
    for node, reference in pictures.files:
        problem = limit_problem(node, reference, card.limits.file)
        found += [problem] if problem else []
    shape = _shape(card, end, wire)
    if shape in checked.clean:
        return found
    parameters = _parameter_problems(card, end, wire, where)
    found += parameters
    if not any(problem.severity is Severity.ERROR for problem in found):
        told = _schema_problems(card, end, wire, shape, where, checked)
        found += told
        if not parameters and not told:
            checked.clean.add(shape)
    return found


def _parameter_problems(card: Card, end: Endpoint, wire: Mapping[str, Any], where: Where) -> list[Problem]:
    """What is wrong with all but texts and files."""
    found = []
    if wire.get("aspect_ratio") not in end.choices("aspect_ratio") and "aspect_ratio" in wire:
        found.append(_aspect_problem(card, end, str(wire["aspect_ratio"]), where))
    if "series_amount" in wire and not card.limits.series[0] <= wire["series_amount"] <= card.limits.series[1]:
        few, many = card.limits.series
        message = f"a series has {few} to {many} panels, not {wire['series_amount']}"
        few_cure = "add panels, or leave series out: it is one picture then"
        cure = few_cure if wire["series_amount"] < few else "split it into several shots"
        found.append(_problem("series-amount-range", where("series_amount"), message, cure))
    return found + _count_problems(card, end, wire, where)


def _prompt_problems(card: Card, prompt: str, where: Where) -> list[Problem]:
    if not prompt.strip():
        return [_problem("prompt-empty", where("prompt"), "the prompt is empty", "fill a slot, or write prompt:")]
    if len(prompt) > card.limits.prompt:
        over = len(prompt) - card.limits.prompt
        message = f"the prompt is {len(prompt)} characters long when filled; {card.family} takes {card.limits.prompt}"
        part = where.part()
        hint = f"shorten it by {over}" + (f"; {part}" if part else "")
        return [_problem("prompt-too-long", where("prompt"), message, hint)]
    if len(prompt) >= _NEARLY * card.limits.prompt:
        message = (
            f"the prompt is {len(prompt)} characters long when filled, nearly the {card.limits.prompt} that are taken"
        )
        found = _problem("prompt-too-long", where("prompt"), message, "shorten it before it grows")
        return [replace(found, severity=Severity.WARNING)]
    return []


def _aspect_problem(card: Card, end: Endpoint, aspect: str, where: Where) -> Problem:
    choices = end.choices("aspect_ratio")
    message = f"{card.family} {end.kind} has no aspect_ratio {aspect}"
    if aspect == "auto":
        hint = "auto is the ratio of the picture that is sent, and none is; name one"
    else:
        near = _nearest(aspect, choices)
        same = near and abs(_ratio(near) - _ratio(aspect)) < _SAME_RATIO
        hint = f"the nearest is {near}; crop afterwards" if near else f"choose {', '.join(choices)}"
        hint = f"write {near}" if same else hint
    return _problem("aspect-unsupported", where("aspect_ratio"), message, hint)


def _nearest(aspect: str, choices: tuple[str, ...]) -> str:
    """The choice nearest to a ratio written as 2.39, 2.39:1 or 4:5, compared as a factor; "" when it is no ratio."""
    wanted = _ratio(aspect)
    known = {choice: ratio for choice in choices if (ratio := _ratio(choice))}
    if not wanted or not known:
        return ""
    return min(known, key=lambda choice: max(known[choice] / wanted, wanted / known[choice]))


def _ratio(text: str) -> float:
    found = _RATIO.match(text)
    if not found:
        return 0.0
    height = float(found.group(2) or 1)
    return float(found.group(1)) / height if height else 0.0


def _count_problems(card: Card, end: Endpoint, wire: Mapping[str, Any], where: Where) -> list[Problem]:
    images = len(wire["image_urls"]) if "image_urls" in wire else int("image_url" in wire)
    elements = wire.get("elements", ())
    found = []
    if images > end.max_images:
        message = f"{images} images are sent; {card.family} takes {end.max_images or 'none'}"
        found.append(_problem("image-count", where("images"), message, "mention fewer"))
    if elements and images + len(elements) > card.limits.together:
        message = f"{len(elements)} elements and {images} images are sent; {card.limits.together} together are taken"
        found.append(_problem("elements-too-many", where("elements"), message, "mention fewer of the cast"))
    elif len(elements) > _MANY_ELEMENTS:
        message = f"{len(elements)} faces in one picture: beyond {_MANY_ELEMENTS} they begin to mix"
        many = _problem("elements-too-many", where("elements"), message, "mention fewer of the cast, or make two shots")
        found.append(replace(many, severity=Severity.WARNING))
    for element in elements:
        angles = len(element.get("reference_image_urls", ()))
        if angles > card.limits.angles:
            message = f"an element has {angles} further angles; {card.limits.angles} are taken"
            found.append(_problem("element-too-many-refs", where("elements"), message, "keep the best"))
    return found


def _schema_problems(
    card: Card, end: Endpoint, wire: Mapping[str, Any], shape: tuple[object, ...], where: Where, checked: Checked
) -> list[Problem]:
    """What the card's JSON Schema says of the parameters; texts and marks are replaced by a token first."""
    if shape not in checked.said:
        passed = repr(shape) in checked.earlier  # a memo has it: the schema library is not even loaded
        tokens = {name: _token(name, value) for name, value in wire.items()}
        checked.said[shape] = ("", "") if passed else _schema_fault(end, tokens)
    field, message = checked.said[shape]
    if not message:
        return []
    return [_problem("request-invalid", where(field), f"{card.family} {end.kind}: {message}", "see shotpilot models")]


def _shape(card: Card, end: Endpoint, wire: Mapping[str, Any]) -> tuple[object, ...]:
    """What of an input the card's limits and its schema can see: the value of a parameter, the length of a list,
    nothing of a text. Two cards may lead to one endpoint."""
    shape: list[object] = [card.family, end.id]
    for name, value in wire.items():
        if name in _TEXTS:
            shape.append(name)
        elif name == "elements":
            shape += (name, tuple([len(element.get("reference_image_urls", ())) for element in value]))
        else:
            shape += (name, len(value) if type(value) is list else value)
    return tuple(shape)


def _token(name: str, value: Any) -> Any:
    if name in _TEXTS:
        return "x"
    if name == "image_urls":
        return ["x"] * len(value)
    if name == "elements":
        return [
            {key: "x" if isinstance(part, str) else ["x"] * len(part) for key, part in one.items()} for one in value
        ]
    return value


def _schema_fault(end: Endpoint, shape: Mapping[str, Any]) -> tuple[str, str]:
    """The first fault of an input of this shape: its field and what is wrong; "" for none."""
    if surely_allows(end.schema, shape):
        return "", ""
    from jsonschema import Draft202012Validator  # takes some 90 ms: only for those who have a fault

    for fault in Draft202012Validator(end.schema).iter_errors(shape):
        held = fault.schema if isinstance(fault.schema, dict) else {}
        said = card_sentence([*fault.absolute_path], str(fault.validator), fault.validator_value, fault.instance, held)
        return str(next(iter(fault.absolute_path), "")), said
    return "", ""
