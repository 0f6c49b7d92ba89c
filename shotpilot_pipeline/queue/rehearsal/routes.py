"""The routes of the rehearsal queue: plain functions from a request to an answer. They do not wait, draw or sleep.

Routes are those of fal's queue, upload, media and platform hosts, side by side under one origin: a model id never
begins with `v1`, `storage` or `files`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from shotpilot_pipeline.queue.protocol import Word, app_of
from shotpilot_pipeline.queue.rehearsal.platform import billing_events, by_endpoint, pricing, pricing_estimate
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Asked, output
from shotpilot_pipeline.queue.rehearsal.wire import PLAIN, Answer, Delivery, Request, say
from shotpilot_pipeline.queue.tags import read_tags
from shotpilot_pipeline.values.digest import sha256_text

Route = Callable[[RehearsalQueue, Request, re.Match[str]], Answer]
_ID = r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_APP = r"/(?P<app>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+?)"
_REQUEST = re.compile(rf"{_APP}/requests/{_ID}(?P<what>/status|/response|/cancel)?\Z")
_MEDIA = re.compile(r"/files/b/.+\Z")


class PlainTurn(NamedTuple):
    """A request that is answered as it should be."""

    queue: RehearsalQueue
    delivery: Delivery = PLAIN

    async def answer(self, request: Request) -> Answer:
        """The answer to the whole request."""
        return await respond(self.queue, request)


class Honest(NamedTuple):
    """The queue behind a door, without faults."""

    queue: RehearsalQueue

    def __call__(self, head: Request) -> PlainTurn:
        """Take a request on."""
        return PlainTurn(self.queue)

    def down(self) -> float:
        """Never."""
        return 0.0


async def respond(queue: RehearsalQueue, request: Request) -> Answer:
    """Answer one request; what has to be drawn for the answer is drawn first, beside the event loop."""
    asked = _asked_for(queue, request)
    if asked is not None:
        await queue.drawn(asked, request.path)
    return answer(queue, request)


def _asked_for(queue: RehearsalQueue, request: Request) -> Asked | None:
    """The request whose state or picture is asked for, if it is one of ours."""
    found = _REQUEST.match(request.path)
    if found:
        return queue.asked.get(found["id"]) if request.method in ("GET", "HEAD") else None
    return queue.picture(request.path)


def answer(queue: RehearsalQueue, request: Request) -> Answer:
    """The answer to one request: 404 where there is no such place, 405 where the method does not fit."""
    fits = [(methods, route, found) for methods, form, route in _ROUTES if (found := form.match(request.path))]
    if not fits:
        return say(404, {"detail": f"Path {request.path} not found"})
    if not _is_media(request):
        refused = _door(queue, request)
        if refused:
            return refused
    elif "authorization" in request.headers:
        queue.leaked_keys += 1
    for methods, route, found in fits:
        if request.method in methods.split():
            return route(queue, request, found)
    return say(405, {"detail": "Method Not Allowed"})


def _is_media(request: Request) -> bool:
    return request.path.startswith("/files/b/")


def _door(queue: RehearsalQueue, request: Request) -> Answer | None:
    """401 without a proper key; 403 on what a locked account may not do."""
    word, _, key = request.headers.get("authorization", "").partition(" ")
    if not word:
        return say(401, {"detail": "Cannot access application. Authentication is required."})
    if word.lower() not in ("key", "bearer") or ":" not in key or key == "bad:key":
        return say(401, {"detail": "invalid key credentials"})
    if request.method == "POST" and queue.account.refuses(queue.clock()):
        return say(
            403, {"detail": "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard."}
        )
    return None


def submit(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """Accept a request. The input is not looked at."""
    try:
        body = request.json()
    except ValueError:
        return say(400, {"detail": "Invalid JSON in the request's body."})
    if not isinstance(body, dict):
        return say(422, {"detail": [{"loc": ["body"], "msg": "Input should be an object", "type": "dict_type"}]})
    asked = queue.accept(found["endpoint"], body, read_tags(request.headers.get("x-fal-tags", "")))
    told = {"status": str(queue.manners.first_word), **_urls(asked, request.origin), "queue_position": 0}
    return say(200, told, ("x-fal-request-id", asked.id))


def _urls(asked: Asked, origin: str) -> dict[str, str]:
    base = f"{origin}/{app_of(asked.endpoint)}/requests/{asked.id}"
    return {
        "request_id": asked.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }


def one_request(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """Status, result or cancel of one request; the app must be that of its endpoint, in short or in full."""
    asked = queue.asked.get(found["id"])
    if asked is None or found["app"] not in (app_of(asked.endpoint), asked.endpoint):
        return say(404, {"status": "NOT_FOUND"})
    method, what = request.method, found["what"]
    if what == "/cancel":
        return _cancel(queue, asked) if method == "PUT" else say(405, {"detail": "Method Not Allowed"})
    if method not in ("GET", "HEAD"):
        return say(405, {"detail": "Method Not Allowed"})
    return _status(queue, request, asked) if what == "/status" else _result(queue, request, asked)


def _status(queue: RehearsalQueue, request: Request, asked: Asked) -> Answer:
    word = asked.word(queue.clock())
    body: dict[str, Any] = {"status": str(word), **_urls(asked, request.origin)}
    if word is Word.IN_QUEUE:
        ahead = sum(other.starts < asked.starts for other in queue.asked.values() if other.word(queue.clock()) is word)
        return say(202, body | {"queue_position": ahead})
    if word is Word.IN_PROGRESS:
        return say(202, body | {"logs": []})
    verdict = queue.verdict(asked)
    body |= {"logs": [], "metrics": {"inference_time": round(asked.ends - asked.starts, 3)}}
    if verdict is not None and verdict.error_type:
        body |= {"error": verdict.detail, "error_type": verdict.error_type, "metrics": {}}
    return say(200, body)


def _result(queue: RehearsalQueue, request: Request, asked: Asked) -> Answer:
    verdict = queue.verdict(asked)
    if verdict is None:
        if queue.manners.early_code == 202:
            return _status(queue, request, asked)
        return say(400, {"detail": "Request is still in progress"})
    headers = [("x-fal-request-id", asked.id), ("x-fal-served-from", _runner(asked))]
    if queue.manners.units:
        headers.append(("x-fal-billable-units", queue.manners.units.format(verdict.units)))
    if verdict.error_type:
        headers.append(("x-fal-error-type", verdict.error_type))
    headers += verdict.headers
    return say(verdict.code, output(asked, verdict, request.origin), *headers)


def _runner(asked: Asked) -> str:
    digits = sha256_text(asked.endpoint)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _cancel(queue: RehearsalQueue, asked: Asked) -> Answer:
    if queue.cancel(asked):
        return say(queue.manners.cancel_code, {"status": "CANCELLATION_REQUESTED"})
    return say(400, {"status": "ALREADY_COMPLETED"})


def upload_initiate(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """Name the place an upload will have, and the signed URL to put it to."""
    try:
        asked = request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        return say(422, {"detail": "Expected file_name and content_type."})
    name = re.sub(r"[^A-Za-z0-9._-]", "_", str(asked.get("file_name", "")))[-80:] or "file"
    digits = queue.random_bytes(24).hex()
    path = f"/files/b/0{digits[:7]}/{digits[7:28]}_{name}"
    signature = digits[-16:]
    queue.media.announce(path, str(asked.get("content_type") or "application/octet-stream"), signature)
    url = f"{request.origin}{path}"
    return say(200, {"file_url": url, "upload_url": f"{url}?signature={signature}"})


def put_file(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """Take the bytes of an announced upload."""
    taken = queue.media.put(request.path, request.asked("signature"), request.body)
    return Answer(200, (), b"") if taken else say(403, {"detail": "Invalid signature"})


def get_file(queue: RehearsalQueue, request: Request, found: re.Match[str]) -> Answer:
    """Serve an upload or a picture."""
    file = queue.media.get(request.path)
    if file is None:
        return say(404, {"detail": "Not Found"})
    keep = ("cache-control", "public, max-age=5184000, immutable")
    return Answer(200, (("content-type", file.content_type), keep), file.data)


#: Methods, form of the path, route. Fixed places come before the model ids.
_ROUTES: tuple[tuple[str, re.Pattern[str], Route], ...] = (
    ("GET HEAD", _MEDIA, get_file),
    ("PUT", _MEDIA, put_file),
    ("POST", re.compile(r"/storage/upload/initiate\Z"), upload_initiate),
    ("GET", re.compile(r"/v1/models/pricing\Z"), pricing),
    ("POST", re.compile(r"/v1/models/pricing/estimate\Z"), pricing_estimate),
    ("GET", re.compile(r"/v1/models/requests/by-endpoint\Z"), by_endpoint),
    ("GET", re.compile(r"/v1/models/billing-events\Z"), billing_events),
    ("GET HEAD PUT POST DELETE", _REQUEST, one_request),
    ("POST", re.compile(rf"(?!/v1/|/storage/|/files/){_APP.replace('app', 'endpoint')}\Z"), submit),
)
