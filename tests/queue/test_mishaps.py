"""What the network does to a call is told in words: no class of a library, no URL, and what to do."""

from __future__ import annotations

import re
import socket
import ssl

import httpx
import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import AnswerLost, NotReached, NotSent
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.mishaps import UnusableAnswer, in_words
from tests.queue.rehearsing import V3


def because(cause: BaseException, *, grouped: bool = False) -> httpx.ConnectError:
    """A failed connection as httpx raises it: the system's error stands behind it, or in a group behind it."""
    error, middle = httpx.ConnectError("All connection attempts failed"), OSError("All connection attempts failed")
    middle.__cause__ = ExceptionGroup("several addresses", [OSError("no route"), cause]) if grouped else cause
    error.__cause__ = middle
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (because(socket.gaierror(-2, "Name or service not known")), "its name was not found"),
        (because(ConnectionRefusedError(111, "Connection refused")), "the connection was refused"),
        (because(ConnectionRefusedError(111, "Connection refused"), grouped=True), "the connection was refused"),
        (because(ssl.SSLCertVerificationError("expired")), "its certificate does not hold"),
        (because(ssl.SSLError("wrong version number")), "no safe connection came about"),
        (because(OSError(101, "Network is unreachable")), "no connection came about"),
        (httpx.ConnectTimeout(""), "no connection came about in time"),
        (httpx.PoolTimeout(""), "no connection became free in time"),
        (httpx.ProxyError("403 Forbidden"), "the proxy did not let the connection through"),
        (httpx.ReadTimeout(""), "the wait for an answer timed out"),
        (TimeoutError(), "the wait for an answer timed out"),
        (httpx.WriteTimeout(""), "sending timed out"),
        (httpx.ReadError(""), "the connection broke"),
        (httpx.WriteError(""), "the connection broke"),
        (httpx.StreamClosed(), "the connection broke"),
        (httpx.RemoteProtocolError("peer closed"), "the connection broke before the answer was whole"),
        (httpx.DecodingError("Error -3 while decompressing"), "the answer came damaged"),
        (UnusableAnswer("the answer is too long"), "the answer is too long"),
    ],
)
def test_each_mishap_has_its_words(error: BaseException, words: str) -> None:
    assert in_words(error) == words


def every_kind(kind: type[Exception] = httpx.RequestError) -> list[type[Exception]]:
    """All that httpx can raise on the way."""
    return [kind, *(one for below in kind.__subclasses__() for one in every_kind(below))]


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.__name__)
async def test_no_class_name_and_no_text_of_a_library_is_told(kind: type[Exception]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise kind("odd https://queue.fal.run/secret")

    async with QueueClient(Hosts(), "id:secret", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises((NotSent, AnswerLost)) as sent:
            await client.submit(V3, {"prompt": "x"}, {})
        with pytest.raises(NotReached) as read:
            await client.status(client.rebuilt(V3, "a"))
    for said in (str(sent.value), str(read.value)):
        assert not re.search(r"[A-Z][a-z]+[A-Z]", said)
        if kind is not UnusableAnswer:
            assert "secret" not in said


async def test_a_queue_that_is_not_there_is_told_with_its_name_and_the_cure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with QueueClient(Hosts(queue=f"http://127.0.0.1:{port}"), "id:secret") as client:
        with pytest.raises(NotSent) as sent:
            await client.submit(V3, {"prompt": "x"}, {})
        with pytest.raises(NotReached) as read:
            await client.status(client.rebuilt(V3, "a"))
    assert str(sent.value) == (
        "127.0.0.1 could not be reached: the connection was refused; nothing was sent; check the network, then run the "
        "same command again"
    )
    assert str(read.value) == "127.0.0.1 could not be reached: the connection was refused; check the network"
