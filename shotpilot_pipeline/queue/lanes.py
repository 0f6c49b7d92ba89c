"""Connections kept apart: a transport of httpx that costs the same whether one is open or fifty. Sends nothing itself.

httpx's pool looks at every connection for each request and for each answer, asking the kernel about most of them: with
forty open, that is more work than the requests. Here each connection is a pool of one, and a request takes a free one.
"""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import anyio
import httpx

Origin = tuple[str, str, int | None]


@dataclass(slots=True)
class _Lane:
    """One connection, open or not."""

    transport: httpx.AsyncHTTPTransport
    origin: Origin


class _Held(httpx.AsyncByteStream):
    """An answer's body; the lane is free again once it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, free: Callable[[], None]) -> None:
        self._stream, self._free = stream, free

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            free, self._free = self._free, _nothing
            free()


def _nothing() -> None:
    """A lane is given back once only."""


class Lanes(httpx.AsyncBaseTransport):
    """At most `most` connections; who finds none free waits for one, as long as the request's pool time-out says."""

    def __init__(self, most: int) -> None:
        self._free: defaultdict[Origin, list[_Lane]] = defaultdict(list)  # the latest used last
        self._all: list[_Lane] = []
        self._left: list[httpx.AsyncHTTPTransport] = []  # out of use, closed at the end
        self._most = most
        self._slots = anyio.Semaphore(most)
        self._tls: ssl.SSLContext | None = None  # read once: every lane of its own would read all authorities again

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a free connection. Raises what httpx raises."""
        with anyio.move_on_after(request.extensions.get("timeout", {}).get("pool")) as waiting:
            await self._slots.acquire()
        if waiting.cancelled_caught:
            raise httpx.PoolTimeout("no connection became free")
        url = request.url
        lane = self._lane((url.scheme, url.host, url.port))

        def free() -> None:
            self._free[lane.origin].append(lane)
            self._slots.release()

        try:
            answer = await lane.transport.handle_async_request(request)
        except BaseException:
            free()
            raise
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _Held(answer.stream, free)
        return answer

    def _lane(self, origin: Origin) -> _Lane:
        """A free lane: the one last used for this origin, else a new one, as there is a slot for it."""
        if self._free[origin]:
            return self._free[origin].pop()
        idle = next((lanes for lanes in self._free.values() if lanes), None)
        if idle is not None and len(self._all) >= self._most:
            lane = idle.pop(0)
            if lane.origin[0] != origin[0]:  # a lane of plain http looks at no certificate
                self._left.append(lane.transport)
                lane.transport = self._new(origin[0])
            lane.origin = origin
            return lane
        lane = _Lane(self._new(origin[0]), origin)
        self._all.append(lane)
        return lane

    def _new(self, scheme: str) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=1)  # no second wait behind ours
        if scheme != "https":
            return httpx.AsyncHTTPTransport(limits=limits, verify=False)
        self._tls = self._tls or httpx.create_ssl_context()
        return httpx.AsyncHTTPTransport(limits=limits, verify=self._tls)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in (*(lane.transport for lane in self._all), *self._left):
            await transport.aclose()
