"""Who may come in: the rules by which a request is let through or turned away. Pure: headers in, a reason out.

The page belongs to one person on one machine. Other programs of the machine, other users of it and other web pages in
the same browser are outside:

- Host must be one of ours: a foreign name that was pointed to this machine (DNS rebinding) is turned away.
- The token must be there, as a cookie that the first visit sets (SameSite=Strict), or as a header.
- A request that another page caused is turned away (Sec-Fetch-Site); a write needs our own Origin besides.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

TOKEN_HEADER = "x-review-token"  # noqa: S105 -- the name of a header
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

#: What every answer carries. Nothing of the page is fetched from elsewhere, framed elsewhere or told elsewhere.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Door:
    """The door of one server: the token and the port it stands at."""

    token: str
    port: int

    @property
    def hosts(self) -> frozenset[str]:
        """The names a browser may call this server by."""
        return frozenset(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost"))

    @property
    def url(self) -> str:
        """The address that opens the page. Whoever has it may pick."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie_name(self) -> str:
        """One for each port: cookies do not tell ports apart, and two shows may be reviewed at once."""
        return f"shotpilot-review-{self.port}"

    def cookie(self) -> str:
        """The Set-Cookie line of the first visit."""
        return f"{self.cookie_name}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    def why_not(self, method: str, headers: Mapping[str, str], query: str, *, entrance: bool) -> tuple[int, str] | None:
        """Status and sentence for a request that may not come in; None for one that may.

        `entrance`: the address of the page itself, where the token may stand in the query.
        """
        if headers.get("host", "") not in self.hosts:
            return 421, "this page is only served to this machine, under 127.0.0.1 or localhost"
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") and not (entrance and method == "GET"):
            return 403, "another page asked for this; nothing was done"
        if method in WRITES:
            if headers.get("origin", "") not in {f"http://{host}" for host in self.hosts}:
                return 403, "another page asked for this; nothing was done"
            if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return 415, "decisions are sent as JSON"
        if not self._knows(headers, query if entrance else ""):
            return 403, "open the address that `shotpilot review` printed: it carries the key to this page"
        return None

    def _knows(self, headers: Mapping[str, str], query: str) -> bool:
        offered = [headers.get(TOKEN_HEADER, ""), *parse_qs(query).get("token", [])]
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie_name)
            offered.append(morsel.value if morsel else "")
        except CookieError:
            pass
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in offered if one)
