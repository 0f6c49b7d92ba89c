"""The client's own rules: one POST, the key for the API hosts alone, nothing foreign, nothing half on disk."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from shotpilot_pipeline.errors import TakesFailed, UsageError
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.failures import AnswerLost, DownloadFailed, ForeignUrl, NotReached, NotSent, RequestFailed
from shotpilot_pipeline.queue.hosts import API_URL, QUEUE_URL, REST_URL, Hosts, is_safe
from tests.queue.rehearsing import V3

ID = "019da11f-aeb7-7301-939d-f8b9d28e9836"
Answering = Callable[[httpx.Request], httpx.Response]


def client_of(answer: Answering, hosts: Hosts | None = None, **more: Any) -> QueueClient:
    return QueueClient(hosts or Hosts(), "id:secret", transport=httpx.MockTransport(answer), **more)


def accepted(base: str = f"{QUEUE_URL}/fal-ai/kling-image/requests/{ID}") -> httpx.Response:
    urls = {"status_url": f"{base}/status", "response_url": base, "cancel_url": f"{base}/cancel"}
    return httpx.Response(200, json={"request_id": ID, "status": "IN_QUEUE", **urls})


async def test_submit_is_one_post_of_the_bare_body() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return accepted()

    async with client_of(answer) as client:
        await client.submit(V3, {"prompt": "Größe", "num_images": 2}, {"shot": "sh010", "bad": "a,b"})
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", f"{QUEUE_URL}/{V3}")
    assert request.content == '{"prompt":"Größe","num_images":2}'.encode()
    assert request.headers["authorization"] == "Key id:secret"
    assert request.headers["x-fal-tags"] == "shot=sh010"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ConnectError("no route"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("full"), NotSent),
        (httpx.WriteError("broken pipe"), AnswerLost),
        (httpx.WriteTimeout("slow"), AnswerLost),
        (httpx.ReadTimeout("slow"), AnswerLost),
        (httpx.ReadError("reset"), AnswerLost),
        (httpx.RemoteProtocolError("no answer"), AnswerLost),
        (httpx.LocalProtocolError("odd"), AnswerLost),
        (httpx.DecodingError("gzip"), AnswerLost),
        (httpx.CloseError("late"), AnswerLost),
    ],
)
async def test_a_submit_is_never_sent_twice(fault: Exception, error: type[Exception]) -> None:
    posts = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal posts
        posts += 1
        raise fault

    async with client_of(answer) as client:
        with pytest.raises(error):
            await client.submit(V3, {"prompt": "x"}, {})
    assert posts == 1


async def test_a_submit_follows_no_redirect() -> None:
    posts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://evil.example/steal"})

    async with client_of(answer) as client:
        with pytest.raises(RequestFailed):
            await client.submit(V3, {"prompt": "x"}, {})
    assert posts == ["queue.fal.run"]


@pytest.mark.parametrize(
    "base",
    [
        "https://evil.example/requests/1",
        "http://queue.fal.run/fal-ai/kling-image/requests/1",
        "https://queue.fal.run.evil.example/requests/1",
        "https://queue.fal.run@evil.example/requests/1",
        "https://queue.fal.run:8443/requests/1",
        "https://user:pw@queue.fal.run/requests/1",
        "https://queue.fal.run\\@evil.example/requests/1",
        "https://queue.fal.run/../x",
        "//evil.example/x",
        "file:///etc/passwd",
        "https://[::1/x",
        "https://queue.fal.run/requests/1 \r\nX-Evil: 1",
    ],
)
async def test_a_foreign_url_is_refused_and_the_id_kept(base: str) -> None:
    hosts_asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts_asked.append(request.url.host)
        return accepted(base)

    async with client_of(answer) as client:
        with pytest.raises(ForeignUrl) as caught:
            await client.submit(V3, {"prompt": "x"}, {})
        assert caught.value.__notes__ == [ID]
        with pytest.raises(ForeignUrl):
            await client.status(client.rebuilt(V3, ID)._replace(status_url=f"{base}/status"))
    assert hosts_asked == ["queue.fal.run"]


async def test_fals_backup_domain_is_no_stranger_to_fal() -> None:
    base = f"https://queue.falrun.com/fal-ai/kling-image/requests/{ID}"
    async with client_of(lambda request: accepted(base)) as client:
        assert (await client.submit(V3, {"prompt": "x"}, {})).response_url == base
    local = Hosts("http://127.0.0.1:8787", "http://127.0.0.1:8787", "http://127.0.0.1:8787/v1")
    async with client_of(lambda request: accepted(base), local) as client:
        with pytest.raises(ForeignUrl):
            await client.submit(V3, {"prompt": "x"}, {})


async def test_a_media_host_never_sees_the_key(tmp_path: Path) -> None:
    keyed: dict[str, bool] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        keyed[f"{request.method} {request.url.host}"] = "authorization" in request.headers
        if request.url.path == "/storage/upload/initiate":
            base = "https://v3b.fal.media/files/b/0a/face.jpg"
            return httpx.Response(200, json={"file_url": base, "upload_url": f"{base}?signature=top-secret"})
        return httpx.Response(200, stream=Dripping([b"bytes"]))

    (tmp_path / "face.jpg").write_bytes(b"face")
    async with client_of(answer) as client:
        url = await client.upload(tmp_path / "face.jpg", "image/jpeg")
        await client.download(url, tmp_path / "out", most_bytes=100)
        await client.download("https://queue.fal.run/picture.png", tmp_path / "out2", most_bytes=100)
    assert keyed == {
        "POST rest.fal.ai": True,
        "PUT v3b.fal.media": False,
        "GET v3b.fal.media": False,
        "GET queue.fal.run": False,
    }


@pytest.mark.parametrize(("told", "seconds"), [({}, 86_400), ({"upload_seconds": 3600}, 3600)])
async def test_an_uploaded_face_is_to_expire(tmp_path: Path, told: dict[str, int], seconds: int) -> None:
    life: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        life[request.method] = request.headers.get("x-fal-object-lifecycle-preference")
        base = "https://v3b.fal.media/files/b/0a/face.jpg"
        return httpx.Response(200, json={"file_url": base, "upload_url": f"{base}?signature=some"})

    (tmp_path / "face.jpg").write_bytes(b"face")
    async with client_of(answer, **told) as client:
        await client.upload(tmp_path / "face.jpg", "image/jpeg")
    assert json.loads(life["POST"] or "") == {"expiration_duration_seconds": seconds}
    assert life["PUT"] is None  # the address is signed, and knows


async def test_no_log_holds_the_key_or_a_signed_url(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        base = "https://v3b.fal.media/files/b/0a/face.jpg"
        return httpx.Response(200, json={"file_url": base, "upload_url": f"{base}?signature=top-secret"})

    (tmp_path / "face.jpg").write_bytes(b"face")
    with caplog.at_level(logging.DEBUG):
        async with client_of(answer) as client:
            await client.upload(tmp_path / "face.jpg", "image/jpeg")
    assert "secret" not in caplog.text


async def test_no_error_holds_a_url(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"failed on {request.url}")

    async with client_of(answer) as client:
        with pytest.raises(DownloadFailed) as caught:
            await client.download("https://v3b.fal.media/x.png?signature=top-secret", tmp_path / "x", most_bytes=9)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["http://v3.fal.media/a.png", "data:image/png;base64,AA", "file:///etc/passwd", "", "ftp://x/y"]
)
async def test_pictures_come_over_https_or_from_this_machine(url: str, tmp_path: Path) -> None:
    async with client_of(lambda request: httpx.Response(200)) as client:
        with pytest.raises(DownloadFailed, match="no https"):
            await client.download(url, tmp_path / "x", most_bytes=9)


class Dripping(httpx.AsyncByteStream):
    """A body in pieces, with something between them."""

    def __init__(self, pieces: list[bytes], then: Exception | None = None, pause: float = 0.0) -> None:
        self.pieces, self.then, self.pause = pieces, then, pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
            await anyio.sleep(self.pause)
        if self.then:
            raise self.then


@pytest.mark.parametrize(
    ("response", "match"),
    [
        (lambda: httpx.Response(200, headers={"content-length": "10"}, stream=Dripping([b"12345"])), "5 of 10"),
        (lambda: httpx.Response(200, headers={"content-length": "11"}, stream=Dripping([b"1"])), "11 bytes"),
        (lambda: httpx.Response(200, stream=Dripping([b"123456"] * 2)), "more than 10"),
        (lambda: httpx.Response(200, stream=Dripping([b"1"], httpx.ReadError("reset"))), "broke off"),
        (lambda: httpx.Response(404), "404"),
        (lambda: httpx.Response(302, headers={"location": "https://elsewhere.example/"}), "302"),
    ],
)
async def test_a_broken_download_leaves_nothing(response: Any, match: str, tmp_path: Path) -> None:
    async with client_of(lambda request: response()) as client:
        with pytest.raises(DownloadFailed, match=match):
            await client.download("https://v3b.fal.media/x.png", tmp_path / "x", most_bytes=10)
    assert not (tmp_path / "x").exists()


async def test_a_download_that_outlasts_its_deadline_leaves_nothing(tmp_path: Path) -> None:
    drops = Dripping([b"1"] * 9, pause=30.0)
    async with client_of(lambda request: httpx.Response(200, stream=drops), timeouts=Timeouts(download=0.05)) as client:
        with pytest.raises(DownloadFailed, match="broke off"):
            await client.download("https://v3b.fal.media/x.png", tmp_path / "x", most_bytes=10)
    assert not (tmp_path / "x").exists()


async def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    async with client_of(lambda request: httpx.Response(200, stream=Dripping([b"1"] * 9, pause=30.0))) as client:
        with anyio.move_on_after(0.05) as scope:
            await client.download("https://v3b.fal.media/x.png", tmp_path / "x", most_bytes=10)
    assert scope.cancelled_caught
    assert not (tmp_path / "x").exists()


async def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotpilot_pipeline.queue.client.MOST_ANSWER_BYTES", 1000)
    async with client_of(lambda request: httpx.Response(200, stream=Dripping([b"x" * 600] * 3))) as client:
        with pytest.raises(NotReached):
            await client.status(client.rebuilt(V3, ID))
        with pytest.raises(AnswerLost):
            await client.submit(V3, {}, {})


async def test_a_listing_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotpilot_pipeline.queue.client.MOST_PAGES", 3)
    page = {"items": [{"request_id": ID}], "next_cursor": "again", "has_more": True}
    async with client_of(lambda request: httpx.Response(200, json=page)) as client:
        with pytest.raises(NotReached, match="does not end"):
            await client.requests(V3)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://queue.fal.run", True),
        ("http://localhost:8787", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:9", True),
        ("http://queue.fal.run", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("https://a@b", False),
        ("https://", False),
        ("queue.fal.run", False),
        ("https://x:99999", False),
    ],
)
def test_plain_http_is_for_this_machine_alone(url: str, safe: bool) -> None:
    assert is_safe(url) is safe
    if safe:
        Hosts(queue=url)
    else:
        with pytest.raises(UsageError):
            Hosts(queue=url)


def test_a_base_url_may_have_a_path_and_the_key_stays_under_it() -> None:
    hosts = Hosts("https://gate.example/fal", REST_URL, API_URL)
    assert hosts.keyed("https://gate.example/fal/requests/1")
    for url in ("https://gate.example/other", "https://gate.example/fal-other", "https://gate.example/fal/../other"):
        with pytest.raises(ForeignUrl):
            hosts.keyed(url)


async def test_a_file_that_changed_since_it_was_looked_at_is_not_sent(tmp_path: Path) -> None:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(
            200, json={"file_url": "https://v3b.fal.media/f", "upload_url": "https://v3b.fal.media/u"}
        )

    (tmp_path / "face.png").write_bytes(b"another face")
    async with QueueClient(Hosts(), "a:b", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(TakesFailed, match=r"face\.png changed"):
            await client.upload(tmp_path / "face.png", "image/png", sha256="0" * 64)
    assert sent == ["POST"]
