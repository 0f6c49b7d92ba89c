"""What a fault plan makes of the requests themselves: failures, more or fewer pictures, locks, a lost race.

Everything here is true: it stands in the queue's own books, and is billed (or not) as the service would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shotpilot_pipeline.queue.rehearsal.queue import Account, RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Asked, Verdict

_DOCS = "https://docs.fal.ai/errors/#"


def _item(kind: str, message: str, *place: str) -> list[dict[str, Any]]:
    return [{"loc": ["body", *place], "msg": message, "type": kind, "url": f"{_DOCS}{kind}"}]


#: Name of a failure -> what the request comes to. Codes and types: docs, model-apis/errors and request-errors.
FAILURES: Mapping[str, Verdict] = {
    "policy": Verdict(
        422, 0, detail=_item("content_policy_violation", "The prompt was flagged by a content checker.", "prompt")
    ),
    "no-media": Verdict(422, 0, detail=_item("no_media_generated", "No media was generated.", "prompt")),
    "invalid": Verdict(422, 0, detail=_item("value_error", "Value error, not a good value.", "aspect_ratio")),
    "words": Verdict(422, 0, detail="The provider refused the request."),
    "path": Verdict(404, 0, detail="Path /text-to-image not found"),
    "server": Verdict(500, 0, detail=_item("internal_server_error", "Internal server error")),
    "timeout": Verdict(504, 0, detail=_item("generation_timeout", "The generation took too long.")),
    "downstream": Verdict(400, 0, detail=_item("downstream_service_error", "The provider answered with an error.")),
    "runner": Verdict(503, 0, detail="The machine was lost.", error_type="runner_disconnected"),
    "scheduling": Verdict(503, 0, detail="No machine was free.", error_type="runner_scheduling_failure"),
}


def decide(queue: RehearsalQueue, asked: Asked, do: Mapping[str, Any]) -> None:
    """Settle what a request comes to. What has been told or drawn already stays as it is."""
    if asked.sizes or not do.keys() & {"fail", "images", "billed"}:
        return
    if "fail" in do:
        header = do.get("retry_header")
        told = ((header["name"], header["value"]),) if header else ()
        failure = FAILURES[do["fail"]]
        asked.forced = Verdict(failure.code, 0, (), failure.detail, failure.error_type, told)
    asked.brings = do.get("images", asked.brings)
    asked.billed = do.get("billed", asked.billed)
    if asked.cancelled is None:
        asked.verdict = None
    queue.changed(asked)


def lock(queue: RehearsalQueue, told: Mapping[str, Any]) -> None:
    """The account is locked from now on, until what `told` says."""
    seconds = told.get("seconds")
    until = None if seconds is None else queue.clock() + seconds
    queue.account = Account(True, until, told.get("requests"))


def lose_race(queue: RehearsalQueue, asked: Asked) -> None:
    """The request is done at the very moment somebody wants to stop it."""
    if asked.verdict is None:
        asked.starts, asked.ends = min(asked.starts, queue.clock()), queue.clock()
        queue.changed(asked)
