"""Which queue a roll went to: one on this machine, which draws slates for nothing, or a real one. Asks nobody."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

#: Where the rehearsal queue inside this program says that it stands; nothing listens there.
REHEARSAL_QUEUE = "http://localhost"


def is_loopback(url: object) -> bool:
    """Whether `url` names this machine. What is no URL at all does not."""
    try:
        host = urlsplit(url).hostname if isinstance(url, str) else None
        return host == "localhost" or (host is not None and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def one_spelling(url: str) -> str:
    """A base URL as the ledger knows it: one queue written in two ways would be two queues, and bought at twice."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname or "@" in parts.netloc:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.rstrip(".")
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    place = host if port in (None, usual) else f"{host}:{port}"
    return parts._replace(netloc=place, path=parts.path.rstrip("/")).geturl()


def may_be_the_same(queue: str, other: str) -> bool:
    """Whether a request that is open at `other` may stand in the account that is bought from at `queue`: at one and the
    same queue, or at two real ones, which can be two names of one service."""
    return queue == other or not (is_loopback(queue) or is_loopback(other))


def sayable(url: str) -> str:
    """A URL as it may be shown: without what stands before an @ and behind a ?, and not at all where it is no URL: it
    may be a key that was pasted into the wrong place."""
    scheme, found, rest = url.partition("://")
    return repr(f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}") if found else "no URL"
