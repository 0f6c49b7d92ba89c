"""The sidecar: the JSON beside a picture that says where it came from (schemas/sidecar-1.schema.json).

Tells what is known; what is not known is null. Reads and writes no file, and judges no right to use a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shotpilot_pipeline.store.records import Entry
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.fits import split_sent

FORMAT = 1
#: IPTC digital source types: a trained model made it, or a program drew it without one (a slate).
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DRAWN = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"

#: Keys of an origin that have their own place in a sidecar; the others stand under `more`, word for word.
_PLACED = frozenset(
    (
        *("show", "address", "stage", "endpoint", "input", "references", "carried_from"),
        *("queue", "request_id", "roll", "tags", "urls"),
        *("submitted_at", "started_at", "finished_at", "at"),
        *("price_usd", "billed_usd", "billable_units"),
        "adopted",
    )
)


class Named(NamedTuple):
    """What a picture is called: its task's address, the numbers, and the file's name. Panel 0: a single picture."""

    show: str
    title: str
    address: str
    version: int
    take: int
    panel: int
    file: str
    rehearsal: bool


def sidecar_text(named: Named, entry: Entry, sources: Mapping[str, str]) -> str:
    """The sidecar of one picture of `entry`; `sources` gives the path from the root of references by sha256."""
    return json.dumps(_sidecar(named, entry, sources), indent=2, ensure_ascii=True) + "\n"


def tells_of(text: bytes) -> str:
    """The sha256 of the picture that a sidecar of ours speaks of; "" when the text is none of ours."""
    try:
        read = json.loads(text)
        return str(read["file"]["sha256"]) if read["sidecar"] >= 1 else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _sidecar(named: Named, entry: Entry, sources: Mapping[str, str]) -> dict[str, Any]:
    origin = entry.origin
    request_input = origin.get("input")
    wire: Mapping[str, Any] = request_input if isinstance(request_input, dict) else {}
    references = origin.get("references")
    if not isinstance(references, list):
        references = list(_references(wire, sources))
    return {
        "sidecar": FORMAT,
        "rehearsal": named.rehearsal,
        **_who(named),
        "file": _file(named, entry),
        "render_key": entry.take.key,
        "prompt": wire.get("prompt"),
        "request": {"endpoint": origin.get("endpoint"), "input": origin.get("input")},
        "references": references,
        "carried_from": origin.get("carried_from", _carried(references)),
        **_delivery(max(named.panel, 1) - 1, entry),
        "times": {
            "submitted": origin.get("submitted_at"),
            "started": origin.get("started_at"),
            "finished": origin.get("finished_at", origin.get("at")),
            "kept": entry.kept_at,
        },
        "price": {
            "estimated_usd": origin.get("price_usd"),
            "billed_usd": origin.get("billed_usd"),
            "billable_units": origin.get("billable_units"),
        },
        "marks": _marks(named, entry),
        "adopted": origin.get("adopted"),
        "digital_source_type": _source_type(named, entry),
        "tool": entry.tool,
        "more": {key: value for key, value in origin.items() if key not in _PLACED},
    }


def _source_type(named: Named, entry: Entry) -> str | None:
    """How the pixels came to be; None for a file that a person brought in: nobody here knows."""
    if entry.origin.get("adopted") and not entry.origin.get("request_id"):
        return None
    return DRAWN if named.rehearsal else TRAINED


def _who(named: Named) -> dict[str, Any]:
    address = Address.parse(named.address)
    return {
        "show": named.show,
        "title": named.title or None,
        "address": f"{named.address}#v{named.version}.{named.take}",
        "scene": address.scene,
        "shot": address.shot,
        "variant": address.variant or None,
        "stage": address.stage,
        "version": named.version,
        "take": named.take,
        "panel": named.panel or None,
    }


def _file(named: Named, entry: Entry) -> dict[str, Any]:
    picture = entry.take.pictures[max(named.panel, 1) - 1]
    marks = entry.marks[max(named.panel, 1) - 1]
    return {
        "name": named.file,
        **picture._asdict(),
        "colour_profile": marks.icc_profile,
        "colour_space": "see profile" if marks.icc_profile else "sRGB" if marks.srgb else "sRGB (assumed: no profile)",
    }


def _marks(named: Named, entry: Entry) -> dict[str, Any]:
    marks = entry.marks[max(named.panel, 1) - 1]._asdict()
    return {**marks, "text": list(marks["text"])}


def _delivery(panel: int, entry: Entry) -> dict[str, Any]:
    """Which request brought it, and in which place. `panel` counts from 0."""
    origin, number = entry.origin, entry.take.number
    roll, urls = origin.get("roll"), origin.get("urls")
    return {
        "queue": origin.get("queue"),
        "request_id": origin.get("request_id"),
        "tags": origin.get("tags"),
        "place_in_roll": roll.index(number) + 1 if isinstance(roll, list) and number in roll else None,
        "source_url": urls[panel] if isinstance(urls, list) and panel < len(urls) else None,
    }


def _references(wire: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every picture that was sent along, in order, from the marks in the request's input."""
    if "image_url" in wire:
        yield _reference("image", 1, wire["image_url"], sources)
    for number, mark in enumerate(wire.get("image_urls") or (), 1):
        yield _reference("image", number, mark, sources)
    for number, element in enumerate(wire.get("elements") or (), 1):
        for field, value in element.items():
            for mark in value if isinstance(value, list) else [value]:
                yield _reference(f"element {field.removesuffix('_url').removesuffix('_urls')}", number, mark, sources)


def _reference(role: str, number: int, mark: object, sources: Mapping[str, str]) -> dict[str, Any]:
    """`from`: a file of the show, a bought picture, or the web."""
    kind, _, value = str(mark).partition(":")
    told: dict[str, Any] = {"role": role, "number": number}
    if kind != "sha256":
        return told | {"from": "web", "sha256": None, "source": value if kind == "url" else mark}
    sha256, recipe = split_sent(value)
    path = sources.get(sha256)
    told |= {"from": "file" if path else "take", "sha256": sha256, "source": path}
    return told if recipe is None else told | {"sent_as": f"a {recipe.format} of at most {recipe.bytes} bytes"}


def _carried(references: list[Any]) -> str | None:
    """The sha256 of the first image that is itself a bought picture: the pick that was carried."""
    found = (one for one in references if isinstance(one, dict) and one.get("from") == "take")
    return next((one["sha256"] for one in found if one.get("role") == "image"), None)
