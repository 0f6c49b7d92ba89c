"""What a call is about: its route, its request, the shot it is for. Looks at the head alone; changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Asked
from shotpilot_pipeline.queue.rehearsal.wire import Request
from shotpilot_pipeline.queue.tags import read_tags

_ID = re.compile(r"/requests/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(/status|/response|/cancel)?\Z")
_PLACES = (
    ("/files/b/", "media"),
    ("/storage/", "upload"),
    ("/v1/models/pricing", "pricing"),
    ("/v1/models/requests/", "listing"),
    ("/v1/models/billing-events", "billing"),
)


class Call(NamedTuple):
    """One call. `about` names what it asks for, so that the n-th call about the same thing can be told."""

    route: str  # "" for a place that no rule is for
    about: str
    request: Asked | None = None
    endpoint: str = ""
    address: str = ""
    take: str = ""


def call_of(queue: RehearsalQueue, head: Request) -> Call:
    """The call behind the head of a request."""
    place = next((route for start, route in _PLACES if head.path.startswith(start)), "")
    if place == "media":
        return _media(queue, head)
    if place:
        return Call(place, place)
    found = _ID.search(head.path)
    if found:
        route = {"/status": "status", "/cancel": "cancel"}.get(found[2] or "", "result")
        return _of_request(route, found[1], queue.asked.get(found[1]))
    if head.method != "POST":
        return Call("", "")
    tags = read_tags(head.headers.get("x-fal-tags", ""))
    address, take, endpoint = address_of(tags), tags.get("take", ""), head.path.strip("/")
    return Call("submit", f"{endpoint} {address}#{take}", None, endpoint, address, take)


def _media(queue: RehearsalQueue, head: Request) -> Call:
    if head.method == "PUT":
        return Call("upload", head.path)
    return _of_request("media", head.path, queue.picture(head.path))


def _of_request(route: str, about: str, asked: Asked | None) -> Call:
    if asked is None:
        return Call(route, about)
    return Call(route, about, asked, asked.endpoint, address_of(asked.tags), asked.tags.get("take", ""))


def address_of(tags: Mapping[str, str]) -> str:
    """`scene/shot.variant@stage`, as far as the tags tell; "" where they tell nothing."""
    if not tags.get("scene"):
        return ""
    variant = f".{tags['variant']}" if tags.get("variant") else ""
    stage = f"@{tags['stage']}" if tags.get("stage") else ""
    return f"{tags['scene']}/{tags.get('shot', '')}{variant}{stage}"
