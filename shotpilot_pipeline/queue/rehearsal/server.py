"""The door on a socket: HTTP/1.1 by h11 over anyio, in front of the rehearsal queue. Does not know any route.

Everything a client reads goes through one object, the Wire, which delays, cuts or resets an answer at any byte where
its delivery says so.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import h11
from anyio.abc import SocketAttribute, SocketStream, TaskStatus

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.routes import Honest
from shotpilot_pipeline.queue.rehearsal.wire import PLAIN, Answer, Delivery, Host, Request, Turn, stop_at

_RECEIVE = 64 * 1024  # bytes
_MOST_BODY = 300_000_000  # bytes of one request: fourteen pictures of 15 MB as base64, and room to spare
_TOO_LONG = f"the body is longer than {_MOST_BODY // 10**6} MB"
_IDLE = 75.0  # seconds a silent connection is kept
_LINGER = 1.0  # seconds
_GRACE = 10.0  # seconds an answer may still take after a stop
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, ConnectionError)
_TEXT = "content-type", "text/plain; charset=utf-8"
_DRIP = 0.05  # seconds between two pieces of a slow answer
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all: closing sends RST


class Wire(Protocol):
    """One connection's bytes. `answers` is called before the first byte of an answer is sent."""

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" when it has closed."""

    async def send(self, data: bytes) -> None:
        """Bytes to the client."""

    def answers(self, request: Request | None, delivery: Delivery, total: int) -> None:
        """The next `total` bytes answer this request (None: one that could not be read), delivered so."""


@dataclass(slots=True)
class PlainWire:
    """A wire that delivers as it is told. An answer that ends early closes it, and raises ClosedResourceError."""

    stream: SocketStream
    _delivery: Delivery = PLAIN
    _total: int = 0
    _sent: int = 0  # of the answer under way

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" when it has closed."""
        try:
            return await self.stream.receive(_RECEIVE)
        except _GONE:
            return b""

    def answers(self, request: Request | None, delivery: Delivery, total: int) -> None:
        """Remember how the next bytes are to be delivered."""
        self._delivery, self._total, self._sent = delivery, total, 0

    async def send(self, data: bytes) -> None:
        """Bytes to the client, as far as they are to come."""
        if self._delivery == PLAIN:
            await self.stream.send(data)
            return
        if not self._sent and self._delivery.delay:
            await anyio.sleep(self._delivery.delay)
        end = min((at for at in self._stops() if at is not None), default=self._total)
        await self._drip(data[: max(0, end - self._sent)])
        self._sent += len(data)
        if end < self._total and self._sent >= end:
            await self._stop()

    def _stops(self) -> tuple[int | None, ...]:
        told = self._delivery
        return tuple(stop_at(place, self._total) for place in (told.cut, told.reset, told.hang))

    async def _drip(self, data: bytes) -> None:
        drip = self._delivery.drip
        if drip is None:
            await self.stream.send(data)
            return
        piece = max(1, int(drip * _DRIP))
        for start in range(0, len(data), piece):
            await anyio.sleep(len(data[start : start + piece]) / drip)
            await self.stream.send(data[start : start + piece])

    async def _stop(self) -> None:
        """End the answer where it is."""
        told = self._delivery
        if stop_at(told.hang, self._total) is not None:
            while await self.receive():
                pass
        elif stop_at(told.reset, self._total) is not None:
            _reset(self.stream.extra_attributes[SocketAttribute.raw_socket]())
        await self.stream.aclose()
        raise anyio.ClosedResourceError


def _reset(connected: socket.socket) -> None:
    """Close a connection with RST. Its number is given to an unconnected socket, since the stream's own way of closing
    says farewell (FIN) first."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with socket.socket() as spare:
        os.dup2(spare.fileno(), connected.fileno())


async def serve(
    queue: RehearsalQueue,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    behind: Host | None = None,
    wire: Callable[[SocketStream], Wire] = PlainWire,
    stop: anyio.Event | None = None,
    task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `stop` is set (then answers under way are finished) or the task is cancelled. Port 0 is any free
    one. `task_status.started` tells the origin, `http://host:port`. Raises OSError when the port is taken."""
    house = _House(behind or Honest(queue), wire, stop or anyio.Event())
    while not house.ending.is_set():
        port = await house.open(host, port, task_status)


@dataclass(slots=True)
class _House:
    """What all connections share."""

    host: Host
    wire: Callable[[SocketStream], Wire]
    ending: anyio.Event
    origin: str = ""
    idle: set[anyio.CancelScope] = field(default_factory=set)  # connections between two requests
    closing: anyio.Event = field(default_factory=anyio.Event)  # for a while, or for good

    async def open(self, host: str, port: int, task_status: TaskStatus[str]) -> int:
        """Listen until the end, or until a fault plan lets nobody in for a while; then wait that long. The port."""
        self.closing = anyio.Event()
        async with await anyio.create_tcp_listener(local_host=host, local_port=port) as listener:
            port = listener.extra_attributes[SocketAttribute.local_port]()
            if not self.origin:
                self.origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"
                task_status.started(self.origin)
            async with anyio.create_task_group() as connections:
                async with anyio.create_task_group() as accepting:
                    accepting.start_soon(listener.serve, self._accept, connections)
                    accepting.start_soon(self._watch_end)
                    await self.closing.wait()
                    accepting.cancel_scope.cancel()
                if self.ending.is_set():
                    for waiting in list(self.idle):
                        waiting.cancel()
                    connections.cancel_scope.deadline = anyio.current_time() + _GRACE
                else:
                    connections.cancel_scope.cancel()
        with anyio.move_on_after(self.host.down()):
            await self.ending.wait()
        return port

    async def _watch_end(self) -> None:
        await self.ending.wait()
        self.closing.set()

    async def _accept(self, stream: SocketStream) -> None:
        await _Connection(self.wire(stream), stream, self).run()


@dataclass(slots=True)
class _Connection:
    wire: Wire
    stream: SocketStream
    house: _House
    turn: Turn | None = None  # of the request whose head was read
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.SERVER))

    async def run(self) -> None:
        """Answer one request after the other until either side has had enough."""
        async with self.stream:
            try:
                while await self._exchange():
                    self.http.start_next_cycle()
            except _GONE:
                pass  # the client has gone; there is nobody to tell

    async def _exchange(self) -> bool:
        """One request and its answer; False when the connection ends."""
        try:
            request = await self._request()
        except h11.RemoteProtocolError as error:
            await self._send(None, PLAIN, Answer(error.error_status_hint, (_TEXT,), f"bad request: {error}\n".encode()))
            await self._hang_up()
            return False
        if request is None or self.turn is None:
            return False
        await self._send(request, self.turn.delivery, await self.turn.answer(request))
        done = self.http.our_state is h11.DONE and self.http.their_state is h11.DONE
        return done and not self.house.ending.is_set()

    async def _hang_up(self) -> None:
        """Close our side and hear the client out for a moment: closing at once could take the answer from its hands."""
        with anyio.move_on_after(_LINGER):
            await self.stream.send_eof()
            while await self.wire.receive():
                pass

    async def _request(self) -> Request | None:
        event = await self._first()
        if not isinstance(event, h11.Request):
            return None
        head = self._head(event)
        self.turn = self.house.host(head)
        if self.turn.delivery.unread:
            if self.house.host.down():
                self.house.closing.set()
            return None
        if _told_length(event) > _MOST_BODY:
            raise h11.RemoteProtocolError(_TOO_LONG, error_status_hint=413)
        body = bytearray()
        while isinstance(part := await self._next(), h11.Data):
            body += part.data
            if len(body) > _MOST_BODY:
                raise h11.RemoteProtocolError(_TOO_LONG, error_status_hint=413)
        return head._replace(body=bytes(body)) if isinstance(part, h11.EndOfMessage) else None

    def _head(self, event: h11.Request) -> Request:
        """The request without its body."""
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
        target, name = event.target.decode("ascii", "replace"), headers.get("host")
        return Request.of(event.method.decode(), target, headers, b"", f"http://{name}" if name else self.house.origin)

    async def _first(self) -> object:
        """The head of the next request; None when the client is silent too long, or the server is to stop."""
        if self.house.ending.is_set():
            return None
        with anyio.move_on_after(_IDLE) as waiting:
            self.house.idle.add(waiting)
            try:
                return await self._next()
            finally:
                self.house.idle.discard(waiting)
        return None

    async def _next(self) -> object:
        """The next event of the request."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self._put(h11.InformationalResponse(status_code=100, headers=[]))
            self.http.receive_data(await self.wire.receive())
        return event

    async def _send(self, request: Request | None, delivery: Delivery, answer: Answer) -> None:
        if self.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [*answer.headers, ("content-length", str(len(answer.body)))]
        if self.house.ending.is_set():
            headers.append(("connection", "close"))
        head = self.http.send(h11.Response(status_code=answer.code, headers=headers)) or b""
        body = b"" if request and request.method == "HEAD" else answer.body
        self.wire.answers(request, delivery, len(head) + len(body))
        await self.wire.send(head)
        if body:
            await self._put(h11.Data(data=body))
        await self._put(h11.EndOfMessage())

    async def _put(self, event: h11.Event) -> None:
        data = self.http.send(event)
        if data:
            await self.wire.send(data)


def _told_length(request: h11.Request) -> int:
    """The length of the body in bytes as its header tells it, which h11 has checked to be digits; 0 if it does not."""
    return next((int(value) for name, value in request.headers if name == b"content-length"), 0)
