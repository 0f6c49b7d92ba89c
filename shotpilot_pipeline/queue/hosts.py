"""Which hosts are spoken to, and which of them may see the key. Does not open connections."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.queue.failures import DownloadFailed, ForeignUrl
from shotpilot_pipeline.values.origin import sayable

QUEUE_URL = "https://queue.fal.run"
REST_URL = "https://rest.fal.ai"
API_URL = "https://api.fal.ai/v1"
_CLEAN = re.compile(r"[!-\[\]-~]+\Z")  # printable ASCII without blanks and backslashes, which URL readers disagree on
BACKUP_HOST = "queue.falrun.com"  # fal's backup domain of the queue host (docs: inference API)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The base URLs of the three API hosts. Raises UsageError for a URL that cannot be one."""

    queue: str = QUEUE_URL
    rest: str = REST_URL
    api: str = API_URL

    def __post_init__(self) -> None:
        for url in (self.queue, self.rest, self.api):
            if not is_safe(url):
                raise UsageError(
                    f"{sayable(url)} is no base URL; write an https URL (plain http is for this machine only)"
                )

    def keyed(self, url: str) -> str:
        """`url` again, if the key may go there: an API host, or fal's backup where fal itself is configured.

        Raises ForeignUrl otherwise.
        """
        parts = _split(url)
        if any(_inside(parts, _split(base)) for base in (self.queue, self.rest, self.api)):
            return url
        backup = _split(f"https://{BACKUP_HOST}")
        if self.queue == QUEUE_URL and _inside(parts, backup):
            return url
        raise ForeignUrl(parts.netloc.rpartition("@")[2] if parts else url[:100])

    @property
    def local(self) -> bool:
        """Whether every host is this machine."""
        return all(_is_loopback(urlsplit(url).hostname or "") for url in (self.queue, self.rest, self.api))


def is_safe(url: str) -> bool:
    """Whether `url` is https, or plain http to this machine, and holds no user name or fragment."""
    parts = _split(url)
    if not parts or parts.scheme not in ("https", "http") or not parts.hostname or parts.fragment:
        return False
    return "@" not in parts.netloc and (parts.scheme == "https" or _is_loopback(parts.hostname))


def media(url: str) -> str:
    """`url` again, if a picture may be fetched from (or put) there. No key ever goes along. Raises DownloadFailed."""
    if not is_safe(url):
        raise DownloadFailed(f"the answer names a picture at {url[:40]!r}, which is no https URL", permanent=True)
    return url


def _split(url: str) -> SplitResult:
    """The parts of a URL; empty ones when it cannot be cut, so that it equals and contains nothing."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts if _CLEAN.match(url) else SplitResult("", "", "", "", "")


def _inside(parts: SplitResult, base: SplitResult) -> bool:
    folder = base.path.rstrip("/")
    return bool(parts.hostname) and (
        (parts.scheme, parts.hostname, _port(parts)) == (base.scheme, base.hostname, _port(base))
        and "@" not in parts.netloc
        and ".." not in parts.path
        and (parts.path == folder or parts.path.startswith(f"{folder}/"))
    )


def _port(parts: SplitResult) -> int:
    return parts.port or {"https": 443}.get(parts.scheme, 80)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
