"""A request and an answer as the rehearsal queue's routes see them. Does not know sockets or HTTP libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
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


def say(code: int, value: object, *headers: tuple[str, str]) -> Answer:
    """An answer of JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(code, (("content-type", "application/json"), *headers), body)
