"""The door on a socket, spoken to with bare bytes: what a client library would never send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest
from anyio.abc import SocketStream

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.server import PlainWire, serve
from shotpilot_pipeline.queue.rehearsal.wire import Delivery, Request
from shotpilot_pipeline.queue.slates.copy import Copy
from tests.queue.rehearsing import V3, plain_picture

Talk = Callable[[bytes], Awaitable[bytes]]
KEY = b"Authorization: Key a:b\r\n"


@pytest.fixture
async def port(rehearsal: RehearsalQueue) -> AsyncIterator[int]:
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(lambda task_status: serve(rehearsal, stop=stop, task_status=task_status))
        yield int(origin.rpartition(":")[2])
        stop.set()


async def said(stream: SocketStream, sent: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    await stream.send(sent)
    answer = b""
    with anyio.fail_after(10):
        try:
            while True:
                answer += await stream.receive()
        except anyio.EndOfStream:
            return answer


def post(body: bytes, *more: bytes) -> bytes:
    head = b"POST /%s HTTP/1.1\r\nHost: localhost\r\n%s" % (V3.encode(), KEY)
    return head + b"".join(more) + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\n",
        b"GET /x HTTP/1.1\r\nBroken header\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
    ],
)
async def test_nonsense_is_answered_400_and_the_server_lives(port: int, bytes_sent: bytes) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        assert (await said(stream, bytes_sent)).startswith(b"HTTP/1.1 400 ")
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, b"GET /v1/models/pricing HTTP/1.0\r\n" + KEY + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_huge_header_is_refused(port: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, b"GET /x HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000)
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
async def test_a_huge_body_is_refused_before_it_comes(port: int, expect: bytes, rehearsal: RehearsalQueue) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        head = post(b"", expect).replace(b"Content-Length: 0", b"Content-Length: 300000001")
        await stream.send(head)
        with anyio.fail_after(5):
            answer = await stream.receive()
    assert answer.startswith(b"HTTP/1.1 413 ")
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(post(b"{}"))
        assert (await stream.receive()).startswith(b"HTTP/1.1 200 ")


async def test_a_connection_serves_many_requests_in_any_framing(port: int, rehearsal: RehearsalQueue) -> None:
    chunked = (
        b"POST /%s HTTP/1.1\r\nHost: localhost\r\n%sTransfer-Encoding: chunked\r\n\r\n"
        b'b\r\n{"prompt": \r\n5\r\n"Oh"}\r\n0\r\n\r\n' % (V3.encode(), KEY)
    )
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, post(b'{"prompt":"x"}') * 2 + chunked + post(b"{}", b"Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 200 ") == 4
    assert rehearsal.accepted == 4
    assert [asked.body for asked in rehearsal.asked.values()][2] == {"prompt": "Oh"}


async def test_a_broken_off_request_is_not_accepted(port: int, rehearsal: RehearsalQueue) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(post(b'{"prompt":"x"}')[:-3])
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await said(stream, post(b"{}", b"Connection: close\r\n"))
    assert rehearsal.accepted == 1


async def test_head_brings_the_length_and_no_body(port: int, rehearsal: RehearsalQueue) -> None:
    rehearsal.media.announce("/files/b/0a/x.png", "image/png", "s")
    rehearsal.media.put("/files/b/0a/x.png", "s", b"12345")
    ask = b"HEAD /files/b/0a/x.png HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        head, _, body = (await said(stream, ask)).partition(b"\r\n\r\n")
    assert b"content-length: 5" in head.lower()
    assert body == b""


async def test_expect_100_continue(port: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(post(b"{}", b"Expect: 100-continue\r\n")[:-2])
        assert (await stream.receive()).startswith(b"HTTP/1.1 100 ")
        await stream.send(b"{}")
        assert (await stream.receive()).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (b"GET /%s HTTP/1.1" % V3.encode(), 405),
        (b"DELETE /fal-ai/kling-image/requests/019da11f-aeb7-7301-939d-f8b9d28e9836/status HTTP/1.1", 404),
        (b"GET /nowhere HTTP/1.1", 404),
        (b"GET /v1/models HTTP/1.1", 404),
        (b"POST /v1/models/pricing HTTP/1.1", 405),
        (b"GET /fal-ai/kling-image/requests/019da11f-aeb7-7301-939d-f8b9d28e9836 HTTP/1.1", 404),
    ],
)
async def test_wrong_places_and_methods(port: int, ask: bytes, code: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, ask + b"\r\nHost: a\r\nConnection: close\r\n" + KEY + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % code)


@pytest.mark.parametrize("key", [b"", b"Authorization: Key bad:key\r\n", b"Authorization: Key nocolon\r\n"])
async def test_no_key_no_request(port: int, rehearsal: RehearsalQueue, key: bytes) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, post(b"{}", b"Connection: close\r\n").replace(KEY, key))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert rehearsal.accepted == 0


@pytest.mark.parametrize(("body", "code"), [(b"{", 400), (b"[]", 422), (b"\xff\xfe", 400), (b"", 400)])
async def test_a_body_that_is_no_json_object_is_not_accepted(
    port: int, rehearsal: RehearsalQueue, body: bytes, code: int
) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = await said(stream, post(body, b"Connection: close\r\n"))
    assert answer.startswith(b"HTTP/1.1 %d " % code)
    assert rehearsal.accepted == 0


async def test_a_stop_lets_an_answer_finish(rehearsal: RehearsalQueue) -> None:
    stop, drawing, drawn = anyio.Event(), anyio.Event(), anyio.Event()

    def slow(copy: Copy) -> tuple[bytes, ...]:
        anyio.from_thread.run_sync(drawing.set)
        anyio.from_thread.run(drawn.wait)
        return plain_picture(copy)

    rehearsal.draw = slow
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(lambda task_status: serve(rehearsal, stop=stop, task_status=task_status))
        port = int(origin.rpartition(":")[2])
        asked = rehearsal.accept(V3, {"prompt": "x"}, {})
        heard: list[bytes] = []

        async def ask() -> None:
            path = b"/fal-ai/kling-image/requests/%s/status" % asked.id.encode()
            async with await anyio.connect_tcp("127.0.0.1", port) as stream:
                heard.append(await said(stream, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" + KEY + b"\r\n"))

        async with await anyio.connect_tcp("127.0.0.1", port) as idle:
            tasks.start_soon(ask)
            await drawing.wait()
            stop.set()
            with pytest.raises(anyio.EndOfStream):
                await idle.receive()
            drawn.set()
    assert heard[0].startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in heard[0].lower()


async def test_a_wire_can_cut_an_answer_at_any_byte(rehearsal: RehearsalQueue) -> None:
    class Cutting(PlainWire):
        """Lets a dozen bytes of each answer through, then closes."""

        async def send(self, data: bytes) -> None:
            await self.stream.send(data[:12])
            await self.stream.aclose()
            raise anyio.ClosedResourceError

        def answers(self, request: Request | None, delivery: Delivery, total: int) -> None:
            assert request is not None

    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(
            lambda task_status: serve(rehearsal, wire=Cutting, stop=stop, task_status=task_status)
        )
        async with await anyio.connect_tcp("127.0.0.1", int(origin.rpartition(":")[2])) as stream:
            assert await said(stream, post(b"{}")) == b"HTTP/1.1 200"
        stop.set()
    assert rehearsal.accepted == 1
