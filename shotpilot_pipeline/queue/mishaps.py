"""What went wrong on the way to a host and back, in a person's words. Does not know what was asked, nor whether again.

The words hold no URL and no text of a library: httpx's own may name both.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx


class UnusableAnswer(httpx.DecodingError):
    """An answer that came and that nobody can read; its text is our own, and is said as it stands."""


#: The first kind that fits an error counts, so the narrower stand first.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (httpx.ProxyError, "the proxy did not let the connection through"),
    (httpx.ConnectTimeout, "no connection came about in time"),
    (httpx.ConnectError, "no connection came about"),
    (httpx.PoolTimeout, "no connection became free in time"),
    (httpx.UnsupportedProtocol, "its URL is none that can be asked"),
    (httpx.InvalidURL, "its URL is none that can be asked"),
    (httpx.WriteTimeout, "sending timed out"),
    (httpx.TimeoutException, "the wait for an answer timed out"),
    (TimeoutError, "the wait for an answer timed out"),
    (httpx.RemoteProtocolError, "the connection broke before the answer was whole"),
    (httpx.LocalProtocolError, "the request could not be put on the wire"),
    (httpx.DecodingError, "the answer came damaged"),
    (httpx.NetworkError, "the connection broke"),
)
#: Why no connection came about, where the system says it.
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name was not found"),
    (ConnectionRefusedError, "the connection was refused"),
    (ssl.SSLCertVerificationError, "its certificate does not hold"),
    (ssl.SSLError, "no safe connection came about"),
)


def in_words(error: BaseException) -> str:
    """What happened, as the part of a sentence that begins with the host."""
    if isinstance(error, UnusableAnswer):
        return str(error)
    if isinstance(error, httpx.ConnectError):
        causes = list(_causes(error))
        for kind, words in _CAUSES:
            if any(isinstance(cause, kind) for cause in causes):
                return words
    return next((words for kind, words in _WORDS if isinstance(error, kind)), "the connection broke")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """All that an error came from, groups opened."""
    left, seen = [error], set()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
