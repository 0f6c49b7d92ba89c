"""The door on a socket: HTTP/1.1 by h11 over anyio, in front of the rehearsal queue. Does not know any route.

Everything a client reads goes through one object, the Wire, so that a fault plan can delay, cut or reset at any byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import h11
from anyio.abc import SocketAttribute, SocketStream, TaskStatus

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.routes import respond
from shotpilot_pipeline.queue.rehearsal.wire import Answer, Request

_RECEIVE = 64 * 1024  # bytes
_MOST_BODY = 300_000_000  # bytes of one request: fourteen pictures of 15 MB as base64, and room to spare
_TOO_LONG = f"the body is longer than {_MOST_BODY // 10**6} MB"
_IDLE = 75.0  # seconds a silent connection is kept
_LINGER = 1.0  # seconds
_GRACE = 10.0  # seconds an answer may still take after a stop
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, ConnectionError)
_HTML = "content-type", "text/plain; charset=utf-8"


class Wire(Protocol):
    """One connection's bytes. `answers` is called before the first byte of an answer is sent."""

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" when it has closed."""

    async def send(self, data: bytes) -> None:
        """Bytes to the client."""

    def answers(self, request: Request | None) -> None:
        """The bytes sent from now on answer this request (None: one that could not be read)."""


@dataclass(slots=True)
class PlainWire:
    """A wire that does nothing of its own."""

    stream: SocketStream

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" when it has closed."""
        try:
            return await self.stream.receive(_RECEIVE)
        except _GONE:
            return b""

    async def send(self, data: bytes) -> None:
        """Bytes to the client."""
        await self.stream.send(data)

    def answers(self, request: Request | None) -> None:
        """Nothing to note."""


async def serve(
    queue: RehearsalQueue,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    wire: Callable[[SocketStream], Wire] = PlainWire,
    stop: anyio.Event | None = None,
    task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `stop` is set (then answers under way are finished) or the task is cancelled. Port 0 is any free
    one. `task_status.started` tells the origin, `http://host:port`. Raises OSError when the port is taken."""
    ending = stop or anyio.Event()
    idle: set[anyio.CancelScope] = set()  # connections between two requests
    async with await anyio.create_tcp_listener(local_host=host, local_port=port) as listener:
        name = f"[{host}]" if ":" in host else host
        origin = f"http://{name}:{listener.extra_attributes[SocketAttribute.local_port]()}"
        task_status.started(origin)
        async with anyio.create_task_group() as connections:

            async def accept(stream: SocketStream) -> None:
                await _Connection(wire(stream), stream, queue, origin, ending, idle).run()

            async with anyio.create_task_group() as accepting:
                accepting.start_soon(listener.serve, accept, connections)
                await ending.wait()
                accepting.cancel_scope.cancel()
            for waiting in list(idle):
                waiting.cancel()
            connections.cancel_scope.deadline = anyio.current_time() + _GRACE


@dataclass(slots=True)
class _Connection:
    wire: Wire
    stream: SocketStream
    queue: RehearsalQueue
    origin: str
    ending: anyio.Event
    idle: set[anyio.CancelScope]
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
            await self._send(None, Answer(error.error_status_hint, (_HTML,), f"bad request: {error}\n".encode()))
            await self._hang_up()
            return False
        if request is None:
            return False
        await self._send(request, await respond(self.queue, request))
        return self.http.our_state is h11.DONE and self.http.their_state is h11.DONE and not self.ending.is_set()

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
        if _told_length(event) > _MOST_BODY:
            raise h11.RemoteProtocolError(_TOO_LONG, error_status_hint=413)
        body = bytearray()
        while isinstance(part := await self._next(), h11.Data):
            body += part.data
            if len(body) > _MOST_BODY:
                raise h11.RemoteProtocolError(_TOO_LONG, error_status_hint=413)
        if not isinstance(part, h11.EndOfMessage):
            return None
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
        target = event.target.decode("ascii", "replace")
        host = headers.get("host")
        return Request.of(
            event.method.decode(), target, headers, bytes(body), f"http://{host}" if host else self.origin
        )

    async def _first(self) -> object:
        """The head of the next request; None when the client is silent too long, or the server is to stop."""
        if self.ending.is_set():
            return None
        with anyio.move_on_after(_IDLE) as waiting:
            self.idle.add(waiting)
            try:
                return await self._next()
            finally:
                self.idle.discard(waiting)
        return None

    async def _next(self) -> object:
        """The next event of the request."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self._put(h11.InformationalResponse(status_code=100, headers=[]))
            self.http.receive_data(await self.wire.receive())
        return event

    async def _send(self, request: Request | None, answer: Answer) -> None:
        if self.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        self.wire.answers(request)
        headers = [*answer.headers, ("content-length", str(len(answer.body)))]
        if self.ending.is_set():
            headers.append(("connection", "close"))
        await self._put(h11.Response(status_code=answer.code, headers=headers))
        if answer.body and not (request and request.method == "HEAD"):
            await self._put(h11.Data(data=answer.body))
        await self._put(h11.EndOfMessage())

    async def _put(self, event: h11.Event) -> None:
        data = self.http.send(event)
        if data:
            await self.wire.send(data)


def _told_length(request: h11.Request) -> int:
    """The length of the body in bytes as its header tells it, which h11 has checked to be digits; 0 if it does not."""
    return next((int(value) for name, value in request.headers if name == b"content-length"), 0)
