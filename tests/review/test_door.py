"""Who may come in: the door's rules, and the server behind them on a real socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shotpilot_pipeline.review.door import Door
from tests.review.screening_show import Review, fill, reviewing, write_show

DOOR = Door("the-token", 4321)
COOKIE = {"cookie": "shotpilot-review-4321=the-token"}
HOST = {"host": "127.0.0.1:4321"}
JSON = {"content-type": "application/json"}
OWN = {"origin": "http://127.0.0.1:4321"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {**HOST, **COOKIE}, None),
        ("GET", {**HOST, "x-review-token": "the-token"}, None),
        ("GET", {"host": "localhost:4321", **COOKIE}, None),
        ("GET", {"host": "evil.example:4321", **COOKIE}, 421),
        ("GET", {"host": "127.0.0.1", **COOKIE}, 421),
        ("GET", COOKIE, 421),
        ("GET", HOST, 403),
        ("GET", {**HOST, "cookie": "shotpilot-review-4321=another"}, 403),
        ("GET", {**HOST, "cookie": "shotpilot-review-9999=the-token"}, 403),
        ("GET", {**HOST, "cookie": "=;;\x00"}, 403),
        ("GET", {**HOST, **COOKIE, "sec-fetch-site": "cross-site"}, 403),
        ("GET", {**HOST, **COOKIE, "sec-fetch-site": "same-site"}, 403),
        ("POST", {**HOST, **COOKIE, **JSON, **OWN}, None),
        ("POST", {**HOST, **COOKIE, **JSON, **OWN, "sec-fetch-site": "same-origin"}, None),
        ("POST", {**HOST, **COOKIE, **JSON}, 403),
        ("POST", {**HOST, **COOKIE, **JSON, "origin": "null"}, 403),
        ("POST", {**HOST, **COOKIE, **JSON, "origin": "http://127.0.0.1:8000"}, 403),
        ("POST", {**HOST, **COOKIE, **JSON, "origin": "https://evil.example"}, 403),
        ("POST", {**HOST, **COOKIE, **OWN, "content-type": "text/plain"}, 415),
        ("DELETE", {**HOST, **COOKIE, **JSON, "origin": "https://evil.example"}, 403),
    ],
)
def test_the_door(method: str, headers: dict[str, str], status: int | None) -> None:
    refused = DOOR.why_not(method, headers, "", entrance=False)
    assert (refused[0] if refused else None) == status


def test_the_token_counts_in_the_address_of_the_page_alone() -> None:
    assert DOOR.why_not("GET", HOST, "token=the-token", entrance=True) is None
    assert DOOR.why_not("GET", {**HOST, "sec-fetch-site": "cross-site"}, "token=the-token", entrance=True) is None
    assert DOOR.why_not("GET", HOST, "token=the-token", entrance=False) is not None
    assert DOOR.why_not("GET", HOST, "token=wrong", entrance=True) is not None


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    path = write_show(tmp_path_factory.mktemp("show"), 2)
    fill(path)
    (path.parent / "secret.png").write_bytes(b"not for the page")
    with reviewing(path) as running:
        yield running


class Visitor:
    """Somebody who speaks HTTP, and is as polite or rude as told."""

    def __init__(self, review: Review) -> None:
        self.place = urlsplit(review.url)
        self.token = self.place.query.partition("=")[2]

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection(self.place.hostname or "", self.place.port, timeout=20)
        line.request(method, path, body or None, named)
        answer = line.getresponse()
        try:
            return answer.status, answer.read(), answer.headers
        finally:
            line.close()

    def known(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """The same with the token."""
        status, text, _ = self.ask(path, method, body, x_review_token=self.token, **headers)
        return status, text


@pytest.fixture
def visitor(review: Review) -> Visitor:
    return Visitor(review)


def test_without_the_token_nothing_is_told(visitor: Visitor) -> None:
    for path in ("/", "/?token=guess", "/api/state", "/page/main.js", "/picture/" + "a" * 64, "/no/such/page"):
        status, text, _ = visitor.ask(path)
        assert status == 403
        assert b"shotpilot review" in text
        assert b"pier" not in text


def test_the_first_visit_sets_a_strict_cookie_that_opens_the_rest(visitor: Visitor) -> None:
    status, page, headers = visitor.ask(f"/?{visitor.place.query}")
    assert status == 200
    assert b"<!doctype html>" in page
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert visitor.ask("/api/state", cookie=cookie.partition(";")[0])[0] == 200
    for name in ("content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy"):
        assert headers[name]
    assert "unsafe" not in headers["content-security-policy"]


def test_another_host_name_is_turned_away(visitor: Visitor) -> None:
    status, text, _ = visitor.ask("/api/state", host="evil.example", x_review_token=visitor.token)
    assert status == 421
    assert b"pier" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/picture/../../secret.png", "/picture/..%2f..%2fsecret.png", "/picture/%2e%2e/secret.png",
        "/picture//etc/passwd", "/picture/secret.png", "/thumb/../secret.png", "/page/../app.py", "/page/..%2fapp.py",
        "/page/%2e%2e%2fdoor.py", "/page/room.py", "/picture/" + "0" * 64, "/thumb/" + "0" * 64,
        "/picture/" + "A" * 64, "/api/facts/../../x/1", "/api/facts/" + "0" * 64 + "/1", "/secret.png", "/pier.yaml",
    ],
)  # fmt: skip
def test_no_path_outside_the_store_is_given(visitor: Visitor, path: str) -> None:
    status, text = visitor.known(path)
    assert status in (400, 404, 405)
    assert b"not for the page" not in text
    assert b"root:" not in text
    assert b"import" not in text


def test_pictures_are_asked_for_by_their_bytes(visitor: Visitor) -> None:
    state = json.loads(visitor.known("/api/state")[1])
    picture = state["shots"][0]["tasks"][0]["takes"][0]["pictures"][0]
    status, data, headers = visitor.ask(f"/picture/{picture['sha256']}", x_review_token=visitor.token)
    assert status == 200
    assert data.startswith(b"\x89PNG")
    assert headers["content-type"] == "image/png"
    assert "immutable" in headers["cache-control"]
    status, data, headers = visitor.ask(f"/thumb/{picture['sha256']}", x_review_token=visitor.token)
    assert (status, data[:4], headers["content-type"]) == (200, b"RIFF", "image/webp")
    (face, *_) = state["head"]["cast"]["vera"]["faces"]
    assert visitor.known(f"/picture/{face}")[0] == 200


def test_what_is_not_changed_is_not_sent_again(visitor: Visitor) -> None:
    _, _, headers = visitor.ask("/api/state", x_review_token=visitor.token)
    status, text = visitor.known("/api/state", if_none_match=headers["etag"])
    assert (status, text) == (304, b"")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "this is not JSON"),
        (b"[]", "changes must be a list"),
        (b'{"changes": []}', "changes must be a list"),
        (b'{"changes": [{"verb": "buy"}]}', "a decision has a verb"),
        (b'{"changes": [{"verb": "pick"}]}', "address is missing"),
        (b'{"changes": [{"verb": "pick", "address": "a/b@c", "key": "x", "number": true}]}', "number must be"),
        (b'{"changes": [{"verb": "stars", "address": "a/b@c", "key": "x", "number": 1, "stars": 6}]}', "0 to 5"),
        (b'{"changes": [{"verb": "note", "address": "a/b@c", "key": "x", "number": 1, "note": "", "pin": 2}]}', "pin"),
        (b'{"changes": [{"verb": "more", "address": "a/b@c", "count": 1000}]}', "0 to 99"),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_understood_is_a_sentence(visitor: Visitor, body: bytes, sentence: str) -> None:
    origin = f"http://127.0.0.1:{visitor.place.port}"
    status, text = visitor.known("/api/choose", "POST", body, origin=origin, content_type="application/json")
    assert status == 400
    assert sentence in json.loads(text)["error"]


def test_too_much_at_once_is_refused(visitor: Visitor) -> None:
    origin = f"http://127.0.0.1:{visitor.place.port}"
    status, _ = visitor.known("/api/choose", "POST", b" " * 300_000, origin=origin, content_type="application/json")
    assert status == 413


def test_it_listens_to_this_machine_alone(visitor: Visitor) -> None:
    """No other address of this machine answers at the port."""
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in {*others, "127.0.0.2"} - {"127.0.0.1"}:
        with pytest.raises(OSError):
            socket.create_connection((str(address), visitor.place.port or 0), timeout=2)


@pytest.mark.browser
def test_a_page_from_elsewhere_can_neither_pick_nor_read(review: Review, browser: object, tmp_path: Path) -> None:
    """A page of another origin, in the browser that has the review open and its cookie."""
    import threading
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    (tmp_path / "evil.html").write_text("<title>evil</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()  # type: ignore[attr-defined]
    try:
        page = context.new_page()
        page.goto(review.url)
        page.wait_for_selector("body.ready")
        evil = context.new_page()
        evil.goto(f"http://127.0.0.1:{server.server_port}/evil.html")
        tried = evil.evaluate(
            """async (origin) => {
              const body = JSON.stringify({changes: [{verb: 'redo', address: 'sc010/sh010@iterate'}]});
              const done = [];
              const kinds = [{'Content-Type': 'application/json'}, {'Content-Type': 'text/plain'}, {}];
              for (const headers of kinds) for (const mode of ['cors', 'no-cors']) {
                try {
                  const asked = {method: 'POST', body, headers, mode, credentials: 'include'};
                  const answer = await fetch(`${origin}/api/choose`, asked);
                  done.push(answer.type === 'opaque' ? 'opaque' : answer.status);
                } catch { done.push('failed'); }
              }
              try { done.push((await (await fetch(`${origin}/api/state`, {credentials: 'include'})).text()).length); }
              catch { done.push('failed'); }
              const frame = document.createElement('iframe');
              frame.src = origin + '/';
              document.body.append(frame);
              await new Promise((go) => { frame.onload = go; });
              done.push(frame.contentDocument === null ? 'closed' : 'open');
              return done;
            }""",
            review.origin,
        )
        assert set(tried) <= {"failed", "opaque", "closed"}
        assert not review.picks.exists()
        page.keyboard.press("p")
        page.wait_for_selector("body[data-pending='0']")
        assert review.picked() == {"sc010/sh010@iterate": 1}
    finally:
        context.close()
        server.shutdown()
