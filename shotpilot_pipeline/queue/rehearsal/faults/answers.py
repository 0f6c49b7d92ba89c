"""Answers as the service, its gateways and its machines are known to give them on a bad day. Pure functions.

`instead` gives an answer that needs no true one; `altered` changes a true one.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from shotpilot_pipeline.queue.rehearsal.wire import Answer, Request, say

_REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
_HTML = (("content-type", "text/html"),)
_URLS = ("status_url", "response_url", "cancel_url", "file_url", "upload_url", "url")
_BOMB_SIDE = 60_000  # pixels: 3,600 megapixels
LOCKED = {"detail": "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard."}


def gateway(code: int) -> Answer:
    """The page of an nginx whose machine behind it is away; without a request id."""
    title = f"{code} {_REASONS[code]}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return Answer(code, _HTML, f"{page}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n".encode())


def instead(do: Mapping[str, Any]) -> Answer | None:
    """The answer that replaces the true one, if a knob names one; the request is not looked at."""
    if "gateway" in do:
        return gateway(do["gateway"])
    if "too_many" in do:
        wait = (("retry-after", str(do["retry_after"])),) if "retry_after" in do else ()
        return say(429, {"detail": "Too many requests."}, *wait)
    if "answer" in do:
        told = do["answer"]
        kind = ("content-type", told.get("content_type", "application/json"))
        return Answer(told.get("code", 200), (kind,), told.get("text", "").encode())
    if "wrong_key" in do:
        return say(401, {"detail": "invalid key credentials"})
    if "forbidden" in do:
        return say(403, {"error": {"type": "authorization_error", "message": "This key may not read this.",
                                   "docs_url": "", "request_id": ""}})  # fmt: skip
    if "gone" in do:
        return say(do["gone"], {"detail": "Not Found"} if do["gone"] != 403 else {"detail": "Forbidden"})
    if do.get("early") == 400:
        return say(400, {"detail": "Request is still in progress"})
    return say(202, {"status": "IN_PROGRESS", "logs": []}) if "early" in do else None


def altered(answer: Answer, do: Mapping[str, Any], request: Request, route: str) -> Answer:
    """A true answer with the changes that the knobs name."""
    if route == "media":
        return _picture(answer, do) if answer.code == 200 else answer
    if "empty" in do:
        return answer._replace(body=b"{}" if do["empty"] == "json" else b"")
    answer = _headers(answer, do)
    changes = [change for knob, change in _CHANGES.items() if knob in do]
    try:
        body = json.loads(answer.body) if changes else None
    except ValueError:
        return answer
    if not isinstance(body, dict):
        return answer
    for change in changes:
        body = change(body, do, request)
    code = answer.code
    if "status" in do and route == "status":
        code = 200 if do["status"] == "COMPLETED" else 202
    return answer._replace(code=code, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _headers(answer: Answer, do: Mapping[str, Any]) -> Answer:
    if "units" not in do:
        return answer
    name = "x-fal-billable-units"
    true = dict(answer.headers).get(name, "")
    kept = tuple(header for header in answer.headers if header[0] != name)
    told = do["units"].replace("{}", true)
    return answer._replace(headers=(*kept, (name, told)) if told else kept)


def _status(body: dict[str, Any], do: Mapping[str, Any], request: Request) -> dict[str, Any]:
    return body | {"status": do["status"]}


def _without(body: dict[str, Any], do: Mapping[str, Any], request: Request) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in do["without"]}


def _null_sizes(body: dict[str, Any], do: Mapping[str, Any], request: Request) -> dict[str, Any]:
    nothing = dict.fromkeys(("file_name", "file_size", "width", "height", "content_type"))
    return body | {"images": [image | nothing for image in body.get("images", [])]}


def _urls(body: dict[str, Any], do: Mapping[str, Any], request: Request) -> dict[str, Any]:
    return {key: _elsewhere(value, do["urls"]) if key in _URLS else value for key, value in body.items()} | (
        {"images": [image | {"url": _elsewhere(image["url"], do["urls"])} for image in body["images"]]}
        if isinstance(body.get("images"), list)
        else {}
    )


def _elsewhere(url: str, origin: str) -> str:
    parts = urlsplit(url)
    return f"{origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _echo(body: dict[str, Any], do: Mapping[str, Any], request: Request) -> dict[str, Any]:
    try:
        told = json.loads(request.body) if request.body else "what was asked" * 500
    except ValueError:
        told = None
    detail = body.get("detail")
    if isinstance(detail, list):
        return body | {"detail": [item | {"input": told} for item in detail]}
    return body | {"input": told}


_CHANGES: Mapping[str, Callable[[dict[str, Any], Mapping[str, Any], Request], dict[str, Any]]] = {
    "status": _status,
    "null_sizes": _null_sizes,
    "urls": _urls,
    "echo": _echo,
    "without": _without,
}


def _picture(answer: Answer, do: Mapping[str, Any]) -> Answer:
    """A picture's bytes, wrong in one way or another. Negative places count from the end."""
    data = answer.body
    if "page" in do:
        return Answer(200, _HTML, b"<!doctype html><title>Sign in</title><p>Please sign in.</p>")
    if "bomb" in do:
        data = bomb()
    if "truncate" in do:
        data = data[: do["truncate"]]
    if "blank" in do:
        kept = data[: do["blank"]]
        data = kept + bytes(len(data) - len(kept))
    if "change" in do and data:
        at = do["change"] % len(data)
        data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
    headers = tuple((name, do["content_type"] if name == "content-type" and "content_type" in do else value)
                    for name, value in answer.headers)  # fmt: skip
    return Answer(200, headers, data)


def bomb() -> bytes:
    """A PNG of some hundred bytes whose head claims 60,000 x 60,000 pixels."""
    head = struct.pack(">IIBBBBB", _BOMB_SIDE, _BOMB_SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(4096))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
