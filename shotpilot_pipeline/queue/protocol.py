"""fal's queue protocol as values: what was answered, read with tolerance. Does not know how an answer travelled.

Answers are read by their body first and by their code second: the service is known to answer with other 2xx codes
and other status words than its pages say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from shotpilot_pipeline.queue.failures import (
    AnswerLost,
    Failure,
    Kind,
    NotReached,
    NotReady,
    RequestFailed,
    billable_units,
    completed_failure,
    key_or_balance,
    read_failure,
    retry_after,
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_NAMESPACES = ("workflows", "comfy")  # ids under these keep one more segment (fal's own clients)
MOST_PICTURES = 100  # of one answer; a request asks for 9 at most, the rest would be a broken answer


class Reply(NamedTuple):
    """An HTTP answer, as far as the protocol looks at it. Header names are lower case."""

    code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The parsed body; the text as it came when it is not JSON; None when it is empty."""
        text = self.body.decode("utf-8", "replace").strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text

    def object(self) -> dict[str, Any]:
        """The parsed body when it is a JSON object, else an empty one."""
        body = self.json()
        return body if isinstance(body, dict) else {}

    @property
    def ok(self) -> bool:
        """Whether the code is any of 2xx."""
        return 200 <= self.code < 300


class Submitted(NamedTuple):
    """An accepted request: its id, and the three URLs to ask at."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str


class Word(StrEnum):
    """The status words that mean something to us; any other word is a request that is still open."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a request stands. `done` means terminal, well or badly; `failure` tells how badly."""

    word: str  # as answered; "" when the answer held none
    queue_position: int | None = None
    inference_seconds: float | None = None
    failure: Failure | None = None

    @property
    def done(self) -> bool:
        """Whether nothing more will happen to the request."""
        return self.word in (Word.COMPLETED, Word.CANCELLED)

    @property
    def known(self) -> bool:
        """Whether the word is one the protocol knows."""
        return self.word in set(Word)


class Image(NamedTuple):
    """One picture of a result. Sizes are what the service says; they may be missing and are never trusted."""

    url: str
    content_type: str = ""
    file_name: str = ""
    file_size: int | None = None  # bytes
    width: int | None = None  # pixels
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished request brought, pictures in the order answered (for a series: panel order)."""

    images: tuple[Image, ...]
    billable_units: Decimal | None  # None: the header was missing; the charge is to be looked up later
    headers: Mapping[str, str] = field(default_factory=dict)  # the service's own `x-fal-...`, worth keeping


class CancelAnswer(StrEnum):
    """What became of the wish to cancel. ASKED is a wish only: the request is polled on until it is terminal."""

    ASKED = "asked"
    TOO_LATE = "too-late"
    NOT_FOUND = "not-found"


def app_of(endpoint: str) -> str:
    """`owner/app` of a model id: the part that status, result and cancel are asked at."""
    parts = endpoint.strip("/").split("/")
    return "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])


def rebuilt(queue_url: str, endpoint: str, request_id: str) -> Submitted:
    """The URLs of a request whose own were lost. Only for that: the service asks to use those it returned."""
    base = f"{queue_url.rstrip('/')}/{app_of(endpoint)}/requests/{request_id}"
    return Submitted(request_id, f"{base}/status", base, f"{base}/cancel")


def read_submitted(reply: Reply, queue_url: str, endpoint: str) -> Submitted:
    """The accepted request. Its URLs are as answered, or rebuilt where one is missing.

    Raises RequestFailed (not accepted, nothing billed), KeyOrBalance, or AnswerLost where the fate is not known.
    """
    told = reply.headers.get("x-fal-request-id", "").strip()
    told = told if _ID.match(told) else ""
    if not reply.ok:
        raise _submit_failed(reply, told)
    body = reply.object()
    said = body.get("request_id")
    request_id = said if isinstance(said, str) and _ID.match(said) else told
    if not request_id:
        raise AnswerLost("the queue accepted the request but did not say its id", code=reply.code)
    spare = rebuilt(queue_url, endpoint, request_id)
    urls = [body.get(name) or getattr(spare, name) for name in Submitted._fields[1:]]
    return Submitted(request_id, *(url if isinstance(url, str) else "" for url in urls))


def _submit_failed(reply: Reply, request_id: str) -> Exception:
    """A 4xx, and a 3xx that nobody follows, is a clear no. Behind a 5xx or a 408 the request may be in the queue."""
    if reply.code >= 500 or reply.code == 408:
        return AnswerLost(
            f"the queue answered {reply.code} to a submit; it may have been accepted",
            code=reply.code,
            request_id=request_id,
        )
    return _failed(reply)


def read_status(reply: Reply) -> Status:
    """Where the request stands. An unknown or missing word is a request still open.

    Raises NotReached for what is worth asking again, RequestFailed (404 and 410: no longer kept), KeyOrBalance.
    """
    body = reply.object()
    if not reply.ok:
        raise _read_failed(reply)
    word = body.get("status")
    metrics = body.get("metrics")
    seconds = metrics.get("inference_time") if isinstance(metrics, dict) else None
    position = body.get("queue_position")
    return Status(
        word=word if isinstance(word, str) else "",
        queue_position=position if isinstance(position, int) else None,
        inference_seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
        failure=_status_failure(word, body),
    )


def _status_failure(word: object, body: Mapping[str, Any]) -> Failure | None:
    error, error_type = body.get("error"), body.get("error_type")
    if word == Word.CANCELLED:
        return completed_failure("the request was cancelled", "client_cancelled")
    if word == Word.COMPLETED and (error or error_type):
        text = error if isinstance(error, str) else json.dumps(error) if error else ""
        return completed_failure(text, error_type if isinstance(error_type, str) else "")
    return None


def read_result(reply: Reply) -> Result:
    """The pictures of a finished request.

    Raises NotReady when asked too early, NotReached for gateway trouble, RequestFailed for the model's own no.
    """
    body = reply.object()
    if reply.code == 202 or (reply.code == 400 and "in progress" in str(body.get("detail", "")).lower()):
        raise NotReady
    if not reply.ok:
        raise _read_failed(reply, model=True)
    if not isinstance(body.get("images"), list) and body.get("status") in (Word.IN_QUEUE, Word.IN_PROGRESS):
        raise NotReady
    if not isinstance(body.get("images"), list):
        raise NotReached("the queue answered a result without pictures in it", code=reply.code)
    kept = {name: value for name, value in reply.headers.items() if name.startswith("x-fal-")}
    return Result(_images(body["images"]), billable_units(reply.headers), kept)


def _images(items: list[object]) -> tuple[Image, ...]:
    """Every item that names a URL; what else it says may be missing or null."""
    fields = [item if isinstance(item, dict) else {"url": item} for item in items[:MOST_PICTURES]]
    return tuple(
        Image(
            url=str(item["url"]),
            content_type=str(item.get("content_type") or ""),
            file_name=str(item.get("file_name") or ""),
            file_size=_count(item.get("file_size")),
            width=_count(item.get("width")),
            height=_count(item.get("height")),
        )
        for item in fields
        if isinstance(item.get("url"), str) and item["url"]
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def read_cancel(reply: Reply) -> CancelAnswer:
    """What became of the wish to cancel. Raises NotReached or KeyOrBalance; a finished request is TOO_LATE."""
    if reply.ok:
        return CancelAnswer.ASKED
    if reply.code in (404, 410):
        return CancelAnswer.NOT_FOUND
    if reply.code in (400, 409):
        return CancelAnswer.TOO_LATE
    raise _read_failed(reply)


def read_object(reply: Reply, what: str) -> dict[str, Any]:
    """A JSON object of the platform API. Raises NotReached, RequestFailed or KeyOrBalance as the code says."""
    if not reply.ok:
        raise _read_failed(reply)
    body = reply.json()
    if not isinstance(body, dict):
        raise NotReached(f"{what}: the answer is not a JSON object", code=reply.code)
    return body


def _failed(reply: Reply) -> Exception:
    failure = read_failure(reply.code, reply.headers, reply.json())
    return key_or_balance(failure) or RequestFailed(failure)


def _read_failed(reply: Reply, *, model: bool = False) -> Exception:
    """Of a 5xx answer to a reading step, the model's own is the end; the gateway's is asked again.

    The model's own carries the request's id, a typed body, or a JSON `detail`; the gateway's is a page of HTML.
    """
    if reply.code in (408, 429):
        return NotReached(f"the queue answered {reply.code}", code=reply.code, retry_after=retry_after(reply.headers))
    if reply.code >= 500 and not (model and "detail" in reply.object()):
        return NotReached(f"the queue answered {reply.code}", code=reply.code, retry_after=retry_after(reply.headers))
    return _failed(reply)


def is_gone(error: RequestFailed) -> bool:
    """Whether the request, or its result, is no longer kept under its URL."""
    return error.failure.kind is Kind.NOT_FOUND
