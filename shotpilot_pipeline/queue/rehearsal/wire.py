"""A request and an answer as the rehearsal queue's routes see them. Does not know sockets or HTTP libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit


class Request(NamedTuple):
    """What came in. Header names are lower case; `origin` is what the caller reached us at, without a slash."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes, origin: str) -> Request:
        """From a request line's target (`/path?query`)."""
        parts = urlsplit(target)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method.upper(), unquote(parts.path), query, headers, body, origin)

    def asked(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return dict(self.query).get(name, default)

    def asked_all(self, name: str) -> tuple[str, ...]:
        """Every value of a query parameter, repeated or joined by commas."""
        return tuple(part for key, value in self.query if key == name for part in value.split(",") if part)

    def json(self) -> Any:
        """The parsed body. Raises ValueError when it is not JSON."""
        return json.loads(self.body.decode("utf-8"))


class Answer(NamedTuple):
    """What goes out. Header names are lower case; the length is added at the door."""

    code: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Delivery(NamedTuple):
    """How an answer goes over the wire. Bytes count from the first of the head; a negative number counts from the end.

    `unread`: the connection is closed before the request's body is read, and nothing is done. `cut`: closed after so
    many bytes; `reset`: the same, without a farewell; `hang`: silent from there on; `drip`: bytes a second.
    """

    unread: bool = False
    delay: float = 0.0  # seconds before the first byte
    cut: int | None = None
    reset: int | None = None
    hang: int | None = None
    drip: float | None = None


PLAIN = Delivery()


class Turn(Protocol):
    """One request's way through a door: its head has been read, its body perhaps not."""

    @property
    def delivery(self) -> Delivery:
        """How the answer is to travel."""

    async def answer(self, request: Request) -> Answer:
        """The answer to the whole request."""


class Host(Protocol):
    """What stands behind a door."""

    def __call__(self, head: Request) -> Turn:
        """Take a request on by its head; its body is empty still."""

    def down(self) -> float:
        """Seconds for which nobody listens from now on; 0 as long as all is well."""


def head_bytes(answer: Answer) -> int:
    """Length of an answer's status line and headers, as the door on a socket writes them."""
    told = (*answer.headers, ("content-length", str(len(answer.body))))
    return 17 + sum(len(name) + len(value) + 4 for name, value in told)  # HTTP/1.1 200 \r\n ... \r\n


def stop_at(place: int | None, total: int) -> int | None:
    """The byte at which something happens to an answer of `total` bytes; None when it is whole by then."""
    if place is None:
        return None
    at = max(0, total + place) if place < 0 else place
    return at if at < total else None


def say(code: int, value: object, *headers: tuple[str, str]) -> Answer:
    """An answer of JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(code, (("content-type", "application/json"), *headers), body)
