"""The door in process: an httpx transport in front of the rehearsal queue. Does not open sockets.

What a delivery does to a socket becomes here the exception that httpx would raise for it, after the same bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx

from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.routes import Honest
from shotpilot_pipeline.queue.rehearsal.wire import PLAIN, Answer, Delivery, Host, Request, head_bytes, stop_at
from shotpilot_pipeline.values.origin import REHEARSAL_QUEUE

ORIGIN = REHEARSAL_QUEUE
HOSTS = Hosts(queue=ORIGIN, rest=ORIGIN, api=f"{ORIGIN}/v1")
KEY = "rehearsal:rehearsal"  # opens nothing; the protocol wants one
_PIECE = 256 * 1024  # bytes handed over at a time
_DRIP = 0.05  # seconds between two pieces of a slow answer


class Body(httpx.AsyncByteStream):
    """An answer's body, piece by piece, as from a socket. `head` is the length of what was sent before it."""

    def __init__(self, data: bytes, delivery: Delivery = PLAIN, head: int = 0, patience: float | None = None) -> None:
        self._data = memoryview(data)
        self._delivery, self._head, self._patience = delivery, head, patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        drip, total = self._delivery.drip, self._head + len(self._data)
        end = min(_stops(self._delivery, total), default=total) - self._head
        piece = _PIECE if drip is None else max(1, int(drip * _DRIP))
        for start in range(0, end, piece):
            if drip is not None:
                await _silence(min(piece, end - start) / drip, self._patience)
            yield bytes(self._data[start : min(start + piece, end)])
        if end < len(self._data):
            await _end(self._delivery, self._patience, total)


def _stops(delivery: Delivery, total: int) -> list[int]:
    """The bytes at which an answer of `total` bytes does not go on."""
    places = (delivery.cut, delivery.reset, delivery.hang)
    return [at for at in (stop_at(place, total) for place in places) if at is not None]


async def _silence(seconds: float, patience: float | None) -> None:
    """Nothing comes for so long. Raises ReadTimeout when the client has not that much patience."""
    if patience is not None and seconds >= patience:
        await anyio.sleep(patience)
        raise httpx.ReadTimeout("")
    await anyio.sleep(seconds)


async def _end(delivery: Delivery, patience: float | None, total: int) -> None:
    """The answer stops here. Raises what httpx raises then."""
    if stop_at(delivery.hang, total) is not None:
        await _silence(float("inf"), patience)
    if stop_at(delivery.reset, total) is not None:
        raise httpx.ReadError("")
    raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class RehearsalTransport(httpx.AsyncBaseTransport):
    """Hands each request to a host, and its answer back as it is delivered."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request, one answer."""
        if self._host.down():
            raise httpx.ConnectError("All connection attempts failed")
        body = await request.aread()
        headers = {name.lower(): value for name, value in request.headers.items()}
        url = request.url
        origin = f"{url.scheme}://{url.netloc.decode()}"
        asked = Request.of(request.method, url.raw_path.decode(), headers, b"", origin)
        turn = self._host(asked)
        if turn.delivery.unread:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        answer = await turn.answer(asked._replace(body=body))
        if request.method == "HEAD":
            return _response(answer, Body(b""))
        return await _delivered(answer, turn.delivery, request.extensions.get("timeout", {}).get("read"))


async def _delivered(answer: Answer, delivery: Delivery, patience: float | None) -> httpx.Response:
    """The answer on its way. Raises what httpx raises when its head does not come."""
    if delivery == PLAIN:
        return _response(answer, Body(answer.body))
    head = head_bytes(answer)
    total = head + len(answer.body)
    if delivery.delay:
        await _silence(delivery.delay, patience)
    if any(at < head for at in _stops(delivery, total)):
        await _end(delivery, patience, total)
    if delivery.drip is not None:
        await anyio.sleep(head / delivery.drip)
    return _response(answer, Body(answer.body, delivery, head, patience))


def _response(answer: Answer, body: Body) -> httpx.Response:
    length = ("content-length", str(len(answer.body)))
    return httpx.Response(answer.code, headers=[*answer.headers, length], stream=body)


def rehearsal_client(
    queue: RehearsalQueue, host: Host | None = None, *, timeouts: Timeouts | None = None
) -> QueueClient:
    """A client whose every request goes to `queue`, without a socket; through `host` (a liar), where one is given."""
    return QueueClient(HOSTS, KEY, transport=RehearsalTransport(host or Honest(queue)), timeouts=timeouts)
