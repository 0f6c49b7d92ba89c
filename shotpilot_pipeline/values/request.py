"""The request form: one text that is hashed into the render key, explained by `why`, and sent as the body.

A form is canonical JSON of `{"endpoint", "input", "key"}`: the input as sent, every field explicit, without
`num_images`, each reference picture written as a *mark* in place of its URL:

    sha256:<64 hex>          bytes that are known; behind it may stand a recipe (values/fits.py): a copy that fits
    url:<https URL>          a picture on the web, known only by its URL
    NUL pick:<address>       a take that somebody still has to pick (`/p02` at the end: one panel of it)

What enters the key: all that reaches the model. What does not: ids, paths, upload URLs, tags, stage names, prices,
the number of takes, the tool's version. NUL cannot occur in a shot list, so a prompt never looks like a pick.
Knows nothing of shot lists, files or the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from shotpilot_pipeline.values.digest import canonical_json, sha256_text

KEY_VERSION = 1
_PICK = re.compile(r'"\\u0000pick:([^"]+)"')
_OPEN = '"\\u0000pick:'  # with its quote: the same letters inside a prompt follow another backslash

JsonObject = dict[str, Any]


def request_form(endpoint: str, wire_input: Mapping[str, object]) -> str:
    """The form of one request. `wire_input` holds marks where references stand; its `num_images` is left out."""
    if "num_images" in wire_input:
        wire_input = {name: value for name, value in wire_input.items() if name != "num_images"}
    return canonical_json({"endpoint": endpoint, "input": wire_input, "key": KEY_VERSION})


def file_mark(sha256: str) -> str:
    """The mark of a reference whose bytes are known."""
    return f"sha256:{sha256}"


def url_mark(url: str) -> str:
    """The mark of a reference that is known by its URL alone."""
    return f"url:{url}"


def pick_mark(address: str, panel: int = 0) -> str:
    """The mark of a take that is still to be picked; `panel` counts from 1, 0 means the only picture."""
    return f"\0pick:{address}/p{panel:02}" if panel else f"\0pick:{address}"


def is_open(form: str) -> bool:
    """Whether the form still waits for a pick."""
    return _OPEN in form


def open_picks(form: str) -> tuple[str, ...]:
    """What the form still waits for, in order: `address` or `address/pNN`."""
    return tuple(dict.fromkeys(_PICK.findall(form))) if is_open(form) else ()


def split_pick(need: str) -> tuple[str, int]:
    """`address/p02` to (`address`, 2); a need without a panel gives 0."""
    head, _, tail = need.rpartition("/p")
    return (head, int(tail)) if tail.isdigit() and "@" in head else (need, 0)


def settle(form: str, sha256_of: Callable[[str], str]) -> str:
    """The form with every open pick replaced by the sha256 that `sha256_of(need)` names."""
    return _PICK.sub(lambda found: f'"{file_mark(sha256_of(found.group(1)))}"', form)


def settle_one(form: str, need: str, sha256: str) -> str:
    """The form with the one open pick `need` replaced: the usual case, without looking for others."""
    return form.replace(f'{_OPEN}{need}"', f'"{file_mark(sha256)}"')


def render_key(form: str) -> str:
    """The render key. Raises ValueError while a pick is open: such a request cannot be known yet."""
    if is_open(form):
        raise ValueError("the form still waits for a pick")
    return sha256_text(form)


def endpoint_of(form: str) -> str:
    """The full model id the form goes to."""
    return str(json.loads(form)["endpoint"])


def input_of(form: str) -> JsonObject:
    """The input with its marks, without `num_images`."""
    wire: JsonObject = json.loads(form)["input"]
    return wire


def wire_body(form: str, pictures: int, locate: Callable[[str], str]) -> JsonObject:
    """The body as sent for `pictures` pictures (1-9); `locate` turns a mark into the URL or path to stand there.

    A series says how many panels it has itself, so it takes no `num_images`.
    """
    body: JsonObject = _with_references(input_of(form), locate)
    if body.get("result_type") != "series":
        body["num_images"] = pictures
    return dict(sorted(body.items()))


def marks_of(form: str) -> tuple[str, ...]:
    """Every reference mark of the form, in the order sent, each once."""
    found: dict[str, None] = {}

    def note(mark: str) -> str:
        found[mark] = None
        return mark

    _with_references(input_of(form), note)
    return tuple(found)


class Part(NamedTuple):
    """One thing that decides the picture, by name, as the key holds it. Marks stand where references do."""

    name: str  # `endpoint`, `prompt`, `elements 1 frontal_image_url`, `image_urls 2`
    value: str  # text as it is, anything else as JSON


class PartChange(NamedTuple):
    """A part that differs between two forms; None: the form has no such part."""

    name: str
    before: str | None
    after: str | None


def parts_of(form: str) -> tuple[Part, ...]:
    """All that enters the render key, in the order of the form: the same text that is hashed and sent, read again."""
    whole = json.loads(form)
    return tuple(Part(name, value) for name, value in _leaves("", {**whole.pop("input"), **whole}))


def part_changes(before: str, after: str) -> tuple[PartChange, ...]:
    """What differs between two forms, the endpoint and the prompt first. Forms with the same key differ in nothing."""
    old, new = dict(parts_of(before)), dict(parts_of(after))
    first = {"endpoint": 0, "prompt": 1}
    names = sorted(dict.fromkeys((*new, *old)), key=lambda name: first.get(name, 2))
    return tuple(PartChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(f"{name} {key}".strip(), below)
    elif isinstance(value, list):
        for place, below in enumerate(value, 1):
            yield from _leaves(f"{name} {place}", below)
    else:
        yield name, value if isinstance(value, str) else canonical_json(value)


def _with_references(wire: JsonObject, locate: Callable[[str], str]) -> JsonObject:
    """The input with each mark, in every field that carries pictures, replaced by `locate(mark)`."""
    body = dict(wire)
    if "image_url" in body:
        body["image_url"] = locate(body["image_url"])
    if "image_urls" in body:
        body["image_urls"] = [locate(mark) for mark in body["image_urls"]]
    if "elements" in body:
        body["elements"] = [
            {
                field: locate(value) if isinstance(value, str) else [locate(mark) for mark in value]
                for field, value in element.items()
            }
            for element in body["elements"]
        ]
    return body
