"""Where a take came from: a queue on this machine, which draws slates for nothing, or a real one. Asks nobody."""

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
