"""Everything the queue may answer instead of a picture, as one typed failure. Does not know HTTP clients or retries.

The exceptions:

    TakesFailed
    ├── NotSent          provably never left this machine: may be sent again
    ├── AnswerLost       a submit whose fate is not known: never sent again by itself
    ├── NotReady         the result was asked for too early: ask later
    ├── NotReached       a reading step did not come through (network, gateway): ask again
    ├── RequestFailed    the queue or the model said no; carries the Failure
    ├── DownloadFailed   the bytes did not come, or are not what was announced
    └── ForeignUrl       an answer points to a host the key must not be sent to
    KeyOrBalance
    ├── KeyRefused       no key, or a wrong one
    └── AccountLocked    the account has no balance or was locked: stops everything, fails nothing
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed

MOST_MESSAGE = 400  # characters of an error's text that are kept; `input` may echo whole requests and is never kept


class Kind(StrEnum):
    """What sort of no it is."""

    REFUSED = "refused"  # the model's policy
    EMPTY = "no-picture"  # the model brought nothing; other words may pass
    REFERENCE = "reference"  # a picture sent along could not be fetched or used
    INPUT = "input"  # a field is wrong: our mistake or the card's
    SERVICE = "service"  # the service stumbled
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    BUSY = "busy"  # too many requests: not accepted
    NOT_FOUND = "not-found"  # no such model, request or file, or not any more
    WRONG_ROAD = "wrong-url"  # method or URL that the service does not have
    KEY = "key"
    LOCKED = "locked"
    OTHER = "other"


class Billed(StrEnum):
    """Whether the failure was paid for."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Known(NamedTuple):
    """A row of the service's error tables. `permanent` None: the retry header says, and without one it may pass."""

    kind: Kind
    permanent: bool | None
    advice: str = ""


_WORDS = "change the words of the prompt"
_FILE = "check the reference picture (its size, its format, whether its URL still works)"
_BUG = "this is a mistake in the request; `shotpilot check` should have found it"
_AGAIN = "try again later"

#: `type` of an item in a model's error body (docs: model-apis/errors).
MODEL_ERRORS: Mapping[str, Known] = {
    "internal_server_error": Known(Kind.SERVICE, None, _AGAIN),
    "generation_timeout": Known(Kind.TIMEOUT, None, _AGAIN),
    "downstream_service_error": Known(Kind.SERVICE, None, _AGAIN),
    "downstream_service_unavailable": Known(Kind.SERVICE, None, _AGAIN),
    "content_policy_violation": Known(Kind.REFUSED, True, _WORDS),
    "no_media_generated": Known(Kind.EMPTY, True, _WORDS),
    "image_too_small": Known(Kind.REFERENCE, True, _FILE),
    "image_too_large": Known(Kind.REFERENCE, True, _FILE),
    "image_load_error": Known(Kind.REFERENCE, True, _FILE),
    "file_download_error": Known(Kind.REFERENCE, True, _FILE),
    "face_detection_error": Known(Kind.REFERENCE, True, "use a frontal, well-lit picture of one face"),
    "file_too_large": Known(Kind.REFERENCE, True, _FILE),
    "unsupported_image_format": Known(Kind.REFERENCE, True, _FILE),
    "feature_not_supported": Known(Kind.INPUT, True, _BUG),
    **{
        name: Known(Kind.INPUT, True, _BUG)
        for name in (
            "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of",
            "sequence_too_short", "sequence_too_long", "one_of",
            "missing", "value_error", "literal_error", "string_too_long", "string_too_short", "string_type",
            "int_type", "int_parsing", "list_type", "bool_type", "json_invalid", "extra_forbidden",
        )
    },
}  # fmt: skip

#: `error_type` of the platform around the model (docs: model-apis/request-errors).
REQUEST_ERRORS: Mapping[str, Known] = {
    "request_timeout": Known(Kind.TIMEOUT, False, _AGAIN),
    "startup_timeout": Known(Kind.TIMEOUT, False, _AGAIN),
    "runner_scheduling_failure": Known(Kind.SERVICE, False, _AGAIN),
    "runner_connection_timeout": Known(Kind.SERVICE, False, _AGAIN),
    "runner_disconnected": Known(Kind.SERVICE, False, _AGAIN),
    "runner_connection_refused": Known(Kind.SERVICE, False, _AGAIN),
    "runner_connection_error": Known(Kind.SERVICE, False, _AGAIN),
    "runner_incomplete_response": Known(Kind.SERVICE, False, _AGAIN),
    "runner_server_error": Known(Kind.SERVICE, False, _AGAIN),
    "internal_error": Known(Kind.SERVICE, False, _AGAIN),
    "client_disconnected": Known(Kind.CANCELLED, True),
    "client_cancelled": Known(Kind.CANCELLED, True),
    "bad_request": Known(Kind.INPUT, True, _BUG),
    "concurrent_requests_limit": Known(Kind.BUSY, False, _AGAIN),
    "rate_limited": Known(Kind.BUSY, False, _AGAIN),
    "authorization_error": Known(Kind.KEY, True, "check FAL_KEY, and whether this call wants an admin key"),
    "validation_error": Known(Kind.INPUT, True, _BUG),
    "not_found": Known(Kind.NOT_FOUND, True),
    "server_error": Known(Kind.SERVICE, False, _AGAIN),
    "not_implemented": Known(Kind.WRONG_ROAD, True),
}

#: When neither table knows the type: by HTTP code.
_BY_CODE: Mapping[int, Known] = {
    400: Known(Kind.INPUT, True),
    401: Known(Kind.KEY, True, "set FAL_KEY to the key as fal shows it (id:secret)"),
    403: Known(Kind.LOCKED, False, "look at the balance on fal.ai, then run the same command again"),
    404: Known(Kind.NOT_FOUND, True, "check the model id, or the request is no longer kept"),
    405: Known(Kind.WRONG_ROAD, True, "check the queue's URL in shotpilot.toml"),
    408: Known(Kind.TIMEOUT, False, _AGAIN),
    410: Known(Kind.NOT_FOUND, True),
    413: Known(Kind.REFERENCE, True, _FILE),
    422: Known(Kind.INPUT, True),
    429: Known(Kind.BUSY, False, _AGAIN),
    499: Known(Kind.CANCELLED, True),
}
_SERVER = Known(Kind.SERVICE, False, _AGAIN)
_OTHER = Known(Kind.OTHER, True)
_RETRY_HEADERS = ("x-fal-needs-retry", "x-fal-retryable")  # the newer spelling, then the older


@dataclass(frozen=True, slots=True)
class Failure:
    """What the service said instead of a picture.

    `permanent`: the same request would fail again. `field` is the path of the field at fault (`elements.0`), "" if
    none was named. `units` are the billable units of the answer, None where the header was missing.
    """

    kind: Kind
    permanent: bool
    billed: Billed
    message: str
    type: str = ""
    field: str = ""
    code: int = 0
    units: Decimal | None = None
    retry_after: float | None = None  # seconds, where the service named them

    def __str__(self) -> str:
        """One sentence: what was said, where, and what to do."""
        known = MODEL_ERRORS.get(self.type) or REQUEST_ERRORS.get(self.type) or _BY_CODE.get(self.code)
        field = f" (field {self.field})" if self.field else ""
        cure = f"; {known.advice}" if known and known.advice else ""
        return f"{self.message or self.type or f'HTTP {self.code}'}{field}{cure}"


class NotSent(TakesFailed):
    """The request provably never left this machine: name not found, connection refused, no TLS."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="not-sent", permanent=False)


class AnswerLost(TakesFailed):
    """A submit that may have been accepted and whose answer did not come. `request_id` is set if a header told it."""

    def __init__(self, message: str, *, code: int = 0, request_id: str = "") -> None:
        super().__init__(message, kind="answer-lost", permanent=True)
        self.code = code
        self.request_id = request_id


class NotReady(TakesFailed):
    """The result was asked for before the request was done."""

    def __init__(self) -> None:
        super().__init__("the request is still in progress", kind="not-ready", permanent=False)


class NotReached(TakesFailed):
    """A reading step did not come through; reading is free, so it is asked again."""

    def __init__(self, message: str, *, code: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, kind="not-reached", permanent=False)
        self.code = code
        self.retry_after = retry_after


class RequestFailed(TakesFailed):
    """The queue or the model said no."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure), kind=failure.kind.value, permanent=failure.permanent)
        self.failure = failure


class DownloadFailed(TakesFailed):
    """The bytes of a picture did not come whole. `gone`: the media host no longer has them."""

    def __init__(self, message: str, *, gone: bool = False, permanent: bool = False) -> None:
        super().__init__(message, kind="download", permanent=permanent)
        self.gone = gone


class ForeignUrl(TakesFailed):
    """An answer points to a host that was not configured; nothing was sent there."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"the queue answered with a URL at {host!r}, which is not the configured queue; nothing was sent there",
            kind="foreign-url",
        )


class KeyRefused(KeyOrBalance):
    """No key, or a wrong one."""


class AccountLocked(KeyOrBalance):
    """The account is locked or has no balance; every request in flight stays what it is."""


def billable_units(headers: Mapping[str, str]) -> Decimal | None:
    """`x-fal-billable-units`, exactly (`4`, `4.0`, `8.439999999999998`); None where missing or not a number >= 0."""
    try:
        units = Decimal(headers.get("x-fal-billable-units", "").strip())
    except InvalidOperation:
        return None
    return units if units.is_finite() and units >= 0 else None


def read_failure(code: int, headers: Mapping[str, str], body: object) -> Failure:
    """The failure behind an HTTP answer that is not 2xx. `headers` have lower-case names; `body` is parsed JSON,
    or the text as it came. Takes every shape the service is known to use."""
    kind_name, message, field = _said(body)
    kind_name = headers.get("x-fal-error-type", "") or kind_name
    units = billable_units(headers)
    known = _known(kind_name, code, message)
    return Failure(
        kind=known.kind,
        permanent=_permanent(known, headers),
        billed=_billed(code, units),
        message=message,
        type=kind_name,
        field=field,
        code=code,
        units=units,
        retry_after=retry_after(headers),
    )


def completed_failure(error: str, error_type: str) -> Failure:
    """The failure that a status of COMPLETED with an `error` tells of; the result's own answer says more."""
    found = re.search(r"\b([45]\d\d)\b", error)
    code = int(found.group(1)) if found else 0
    known = _known(error_type, code, error)
    billed = Billed.NO if known.kind is Kind.SERVICE and code != 0 else Billed.UNKNOWN
    permanent = True if known.permanent is None else known.permanent
    return Failure(known.kind, permanent, billed, error[:MOST_MESSAGE], error_type, "", code)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`, where it stands as seconds; the service documents none, so dates are not read."""
    text = headers.get("retry-after", "").strip()
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text) else None


def key_or_balance(failure: Failure) -> KeyOrBalance | None:
    """The error that stops the whole run, where the failure is about the account and not about the request."""
    if failure.kind is Kind.LOCKED:
        return AccountLocked(f"fal says: {failure}. Nothing failed; what is on its way stays there")
    if failure.kind is Kind.KEY:
        return KeyRefused(f"fal says: {failure}")
    return None


def _known(kind_name: str, code: int, message: str) -> Known:
    if "locked" in message.lower() and code in (401, 402, 403):
        return _BY_CODE[403]
    found = MODEL_ERRORS.get(kind_name) or REQUEST_ERRORS.get(kind_name) or _BY_CODE.get(code)
    return found or (_SERVER if code >= 500 else _OTHER)


def _permanent(known: Known, headers: Mapping[str, str]) -> bool:
    if known.permanent is not None:
        return known.permanent
    said = next((headers[name].strip().lower() for name in _RETRY_HEADERS if name in headers), "")
    return said in ("0", "false")


def _billed(code: int, units: Decimal | None) -> Billed:
    """5xx and refusals at the door are never billed; a 422 may be; the header, where there is one, decides."""
    if units is not None:
        return Billed.YES if units else Billed.NO
    return Billed.UNKNOWN if code in (400, 422, 499) else Billed.NO


def _said(body: object) -> tuple[str, str, str]:
    """Type, message and field of an error body: a list of items, a text, a platform error, or no JSON at all."""
    if isinstance(body, str):
        return "", _short(re.sub(r"<[^>]*>", " ", body)), ""
    if not isinstance(body, dict):
        return "", "", ""
    if isinstance(body.get("error"), dict):
        return _text(body["error"].get("type")), _short(_text(body["error"].get("message"))), ""
    detail = body.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        return _item(detail[0])
    message = detail if isinstance(detail, str) else body.get("error") or body.get("message") or body.get("status")
    return _text(body.get("error_type")), _short(_text(message)), ""


def _item(item: dict[str, Any]) -> tuple[str, str, str]:
    place = item.get("loc")
    path = [str(part) for part in place] if isinstance(place, list) else []
    return _text(item.get("type")), _short(_text(item.get("msg"))), ".".join(path[1:] if path[:1] == ["body"] else path)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= MOST_MESSAGE else f"{folded[: MOST_MESSAGE - 1]}…"
