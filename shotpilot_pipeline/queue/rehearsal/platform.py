"""The platform API of the rehearsal queue: prices, the list of requests, the bill. Does not change anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Asked, output
from shotpilot_pipeline.queue.rehearsal.wire import Answer, Request, say

_DAY = 86400.0  # seconds
_MOST_IDS = 50
_PAGE = 50  # requests, where nothing is said; at most 100
_BILL_PAGE = 1000


def pricing(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """The unit price of each model asked for."""
    names = request.asked_all("endpoint_id")
    if not 1 <= len(names) <= _MOST_IDS:
        return _fault(400, "validation_error", f"endpoint_id: 1 to {_MOST_IDS} are wanted")
    known = [(name, model) for name in names if (model := queue.models(name))]
    if len(known) < len(names):
        return _fault(404, "not_found", "Endpoint not found")
    prices = [
        {"endpoint_id": name, "unit_price": float(str(model.unit_price)), "unit": "images", "currency": "USD"}
        for name, model in known
    ]
    return say(200, {"prices": prices, "next_cursor": None, "has_more": False})


def pricing_estimate(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """What a number of units, or of past-average calls, would cost."""
    try:
        asked = request.json()
        wanted = {str(name): counts for name, counts in asked["endpoints"].items()}
        counts = {name: int(entry.get("unit_quantity", entry.get("call_quantity"))) for name, entry in wanted.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return _fault(400, "validation_error", "endpoints: a map of unit_quantity or call_quantity is wanted")
    nano = sum(model.unit_price.nano * counts[name] for name in counts if (model := queue.models(name)))
    return say(200, {"estimate_type": asked.get("estimate_type"), "total_cost": nano / 1e9, "currency": "USD"})


def by_endpoint(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """The requests of some models inside a window, newest end first, page by page."""
    names, now = request.asked_all("endpoint_id"), queue.clock()
    if not 1 <= len(names) <= _MOST_IDS:
        return _fault(400, "validation_error", f"endpoint_id: 1 to {_MOST_IDS} are wanted")
    try:
        after = _seconds(request.asked("start"), now - (90 if request.asked("request_id") else 1) * _DAY)
        before = _seconds(request.asked("end"), now + 1)
        limit = min(max(int(request.asked("limit") or _PAGE), 1), 100)
        skip = int(request.asked("cursor") or 0)
    except ValueError:
        return _fault(400, "validation_error", "start, end, limit or cursor cannot be read")
    fits = [
        asked
        for asked in queue.asked.values()
        if asked.endpoint in names
        and after <= asked.sent < before
        and request.asked("request_id") in ("", asked.id)
        and queue.verdict(asked) is not None
        and now >= asked.ends + queue.manners.listed_after
    ]
    fits.sort(key=lambda asked: (asked.ends, asked.id), reverse=True)
    payloads = request.asked("expand") == "payloads"
    page = [_listed(queue, asked, payloads, request.origin) for asked in fits[skip : skip + limit]]
    return say(200, {"items": page, **_more(fits, skip + limit)})


def _listed(queue: RehearsalQueue, asked: Asked, payloads: bool, origin: str) -> dict[str, Any]:
    verdict = queue.verdict(asked)
    assert verdict is not None
    item: dict[str, Any] = {
        "request_id": asked.id,
        "endpoint_id": asked.endpoint,
        "sent_at": _iso(asked.sent),
        "started_at": _iso(asked.starts),
        "ended_at": _iso(asked.ends),
        "status_code": verdict.code,
        "duration": round(asked.ends - asked.starts, 3),
    }
    if payloads:
        item |= {"json_input": dict(asked.body), "json_output": output(asked, verdict, origin)}
    return item


def billing_events(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """What each finished request would have been charged."""
    wanted = request.asked_all("request_id")
    now = queue.clock()
    try:
        after, before = _seconds(request.asked("start"), now - _DAY), _seconds(request.asked("end"), now + 1)
        skip = int(request.asked("cursor") or 0)
    except ValueError:
        return _fault(400, "validation_error", "start, end or cursor cannot be read")
    fits = [
        (asked, verdict)
        for asked in queue.asked.values()
        if (not wanted or asked.id in wanted) and (verdict := queue.verdict(asked)) and after <= asked.ends < before
    ]
    page = [_charged(queue, asked, verdict.units) for asked, verdict in fits[skip : skip + _BILL_PAGE]]
    return say(200, {"billing_events": page, **_more(fits, skip + _BILL_PAGE)})


def _charged(queue: RehearsalQueue, asked: Asked, units: int) -> dict[str, Any]:
    model = queue.models(asked.endpoint)
    nano = model.unit_price.nano if model else 0
    return {
        "request_id": asked.id,
        "endpoint_id": asked.endpoint,
        "timestamp": _iso(asked.ends),
        "output_units": units,
        "unit_price": nano / 1e9,
        "percent_discount": 0,
        "cost_subtotal": nano * units / 1e9,
        "cost_discount": 0,
        "cost_total": nano * units / 1e9,
        "cost_estimate_nano_usd": nano * units,
    }


def _more(fits: Sequence[object], end: int) -> dict[str, object]:
    more = end < len(fits)
    return {"next_cursor": str(end) if more else None, "has_more": more}


def _fault(code: int, kind: str, message: str) -> Answer:
    return say(code, {"error": {"type": kind, "message": message, "docs_url": "", "request_id": ""}})


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(text: str, otherwise: float) -> float:
    """An ISO time as seconds since 1970; one without a zone is UTC. Raises ValueError."""
    if not text:
        return otherwise
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
