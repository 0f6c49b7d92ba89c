"""Lists that lag, page small, lack payloads or leave somebody out. Changes answers of the platform API only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from shotpilot_pipeline.queue.rehearsal.faults.calls import address_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.wire import Answer, Request


def asked_smaller(request: Request, do: Mapping[str, Any]) -> Request:
    """The request, asking for no more items a page than the plan allows."""
    if "page_size" not in do:
        return request
    limit = request.asked("limit")
    most = min(int(limit), do["page_size"]) if limit.isdigit() else do["page_size"]
    return request._replace(query=(*(pair for pair in request.query if pair[0] != "limit"), ("limit", str(most))))


def shortened(queue: RehearsalQueue, answer: Answer, do: Mapping[str, Any]) -> Answer:
    """A list without what the plan keeps back. Pages keep their cursors, so a page may be empty and not the last."""
    if answer.code != 200 or not do.keys() & {"lag", "omit", "no_payloads"}:
        return answer
    body = json.loads(answer.body)
    name = "billing_events" if "billing_events" in body else "items"
    kept = [item for item in body[name] if _is_listed(queue, item["request_id"], do)]
    if "no_payloads" in do:
        kept = [{key: item[key] for key in item if not key.startswith("json_")} for item in kept]
    return answer._replace(body=json.dumps(body | {name: kept}, ensure_ascii=False, separators=(",", ":")).encode())


def _is_listed(queue: RehearsalQueue, request_id: str, do: Mapping[str, Any]) -> bool:
    asked = queue.asked[request_id]
    if "omit" in do and fnmatchcase(address_of(asked.tags), do["omit"]):
        return False
    lag: float = do.get("lag", 0)
    return queue.clock() - asked.ends >= lag
