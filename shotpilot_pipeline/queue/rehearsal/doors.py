"""The door in process: an httpx transport in front of the rehearsal queue. Does not open sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import httpx

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.routes import respond
from shotpilot_pipeline.queue.rehearsal.wire import Answer, Request

ORIGIN = "http://localhost"
HOSTS = Hosts(queue=ORIGIN, rest=ORIGIN, api=f"{ORIGIN}/v1")
KEY = "rehearsal:rehearsal"  # opens nothing; the protocol wants one
_PIECE = 256 * 1024  # bytes handed over at a time

Respond = Callable[[Request], Awaitable[Answer]]


class Body(httpx.AsyncByteStream):
    """An answer's body, piece by piece, as from a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._data), _PIECE):
            yield bytes(self._data[start : start + _PIECE])


class RehearsalTransport(httpx.AsyncBaseTransport):
    """Hands each request to `respond` and its answer back. A fault plan stands between the two, or replaces Body."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request, one answer."""
        body = await request.aread()
        headers = {name.lower(): value for name, value in request.headers.items()}
        url = request.url
        origin = f"{url.scheme}://{url.netloc.decode()}"
        asked = Request.of(request.method, url.raw_path.decode(), headers, body, origin)
        code, told, data = await self._respond(asked)
        length = ("content-length", str(len(data)))
        return httpx.Response(code, headers=[*told, length], stream=Body(b"" if request.method == "HEAD" else data))


def rehearsal_client(queue: RehearsalQueue) -> QueueClient:
    """A client whose every request goes to `queue`, without a socket."""
    return QueueClient(HOSTS, KEY, transport=RehearsalTransport(partial(respond, queue)))
