"""The one place that speaks HTTP to the queue: five calls of a request's life, and the reading calls around them.

Does not know what a request is for, whether it may be paid, or when to try again: each call is made once.

Two pools of connections, because httpx looks at every connection of a pool for each request: API calls are many and
small, pictures few and big. The key goes into the headers of API calls alone, one by one, after a look at the host.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

import anyio
import anyio.to_thread
import httpx

from shotpilot_pipeline.errors import TakesFailed
from shotpilot_pipeline.queue import hosts as roads
from shotpilot_pipeline.queue.failures import AnswerLost, DownloadFailed, ForeignUrl, NotReached, NotSent
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.lanes import Lanes
from shotpilot_pipeline.queue.mishaps import UnusableAnswer, in_words
from shotpilot_pipeline.queue.protocol import (
    CancelAnswer,
    Reply,
    Result,
    Status,
    Submitted,
    read_cancel,
    read_object,
    read_result,
    read_status,
    read_submitted,
    rebuilt,
)
from shotpilot_pipeline.queue.tags import HEADER as TAGS_HEADER
from shotpilot_pipeline.queue.tags import tags_header

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

MOST_CONNECTIONS = 64  # over both pools; httpx slows down above some 100 sockets
_API_SHARE = 24
MOST_ANSWER_BYTES = 32 * 1024 * 1024  # of one API answer: a page of 100 requests with payloads stays far below
MOST_PAGES = 1000  # of one listing: 100,000 requests
UPLOAD_SECONDS = 86_400  # a day: how long an uploaded picture (often a face) may be fetched, where nothing else is said
LIFE_HEADER = "X-Fal-Object-Lifecycle-Preference"
_CHUNK = 1024 * 1024  # bytes written at a time while downloading: each write is a trip to a thread
#: What httpx raises when not a byte of the request was written.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_NETWORK = (httpx.RequestError, httpx.InvalidURL, httpx.StreamError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds each step may take. Connecting is short; a submit waits long, since its answer must not be lost."""

    connect: float = 10.0
    submit: float = 120.0  # the waiting time of fal's own client
    read: float = 30.0  # between two pieces of any other answer
    answer: float = 90.0  # any other answer as a whole, and a submit's beyond its waiting time
    upload: float = 300.0  # a whole upload
    download: float = 600.0  # a whole download: a slow drip passes every per-read limit


class Downloaded(NamedTuple):
    """What stands on the disk now."""

    bytes: int
    sha256: str
    content_type: str


class QueueClient:
    """An async context manager around the two pools. Transports and base URLs are given, so that a test or a
    rehearsal stands in for the service."""

    def __init__(
        self,
        hosts: Hosts,
        key: str,
        *,
        timeouts: Timeouts | None = None,
        upload_seconds: int = UPLOAD_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
        media_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        for library in ("httpx", "httpcore"):  # their loggers write whole URLs, signatures included
            logging.getLogger(library).setLevel(logging.WARNING)
        self._hosts = hosts
        self._key = key
        self._timeouts = timeouts or Timeouts()
        self._upload_seconds = upload_seconds
        self._api = self._pool(transport, _API_SHARE)
        self._media = self._pool(media_transport or transport, MOST_CONNECTIONS - _API_SHARE)

    def _pool(self, transport: httpx.AsyncBaseTransport | None, most: int) -> httpx.AsyncClient:
        proxied = not self._hosts.local and bool(getproxies())  # which httpx looks after in its own pool alone
        return httpx.AsyncClient(
            transport=transport or (None if proxied else Lanes(most)),
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
            timeout=httpx.Timeout(self._timeouts.read, connect=self._timeouts.connect, pool=None),
            follow_redirects=False,  # a redirect could carry the key, or a second submit, to another host
            trust_env=transport is None and proxied,  # proxies are for the world outside
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.aclose()
        await self._media.aclose()

    @property
    def hosts(self) -> Hosts:
        """Where this client speaks to."""
        return self._hosts

    async def submit(self, endpoint: str, body: Mapping[str, object], tags: Mapping[str, str]) -> Submitted:
        """Exactly one POST of `body` to `endpoint` (a full model id).

        Raises NotSent (nothing left this machine), AnswerLost (it may have been accepted), RequestFailed (a clear
        no; nothing is billed), KeyOrBalance, ForeignUrl (accepted, but its URLs are not the queue's: the id is in
        the error's note; `rebuilt` gives the URLs).
        """
        url = f"{self._hosts.queue.rstrip('/')}/{endpoint}"
        header = tags_header(tags)
        headers = {"Content-Type": "application/json"} | ({TAGS_HEADER: header} if header else {})
        content = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        timeout = httpx.Timeout(self._timeouts.submit, connect=self._timeouts.connect)
        try:
            with anyio.fail_after(self._timeouts.submit + self._timeouts.answer):
                reply = await self._ask("POST", url, content=content, headers=headers, timeout=timeout)
        except _BEFORE_SENDING as error:
            words = f"{_host(url)} could not be reached: {in_words(error)}"
            raise NotSent(f"{words}; nothing was sent; check the network, then run the same command again") from None
        except (*_NETWORK, TimeoutError) as error:
            words = f"the answer to a submit was lost: {in_words(error)}"
            raise AnswerLost(f"{words}; it may have been accepted") from None
        return self._checked(read_submitted(reply, self._hosts.queue, endpoint))

    def _checked(self, submitted: Submitted) -> Submitted:
        try:
            for url in submitted[1:]:
                self._hosts.keyed(url)
        except ForeignUrl as error:
            error.add_note(submitted.request_id)
            raise
        return submitted

    def rebuilt(self, endpoint: str, request_id: str) -> Submitted:
        """The URLs of a request whose own were lost."""
        return rebuilt(self._hosts.queue, endpoint, request_id)

    async def status(self, submitted: Submitted) -> Status:
        """Where the request stands. Raises NotReached, RequestFailed (no longer kept), KeyOrBalance, ForeignUrl."""
        return read_status(await self._read("GET", submitted.status_url))

    async def result(self, submitted: Submitted) -> Result:
        """The pictures. Raises NotReady, NotReached, RequestFailed (the model's no), KeyOrBalance, ForeignUrl."""
        return read_result(await self._read("GET", submitted.response_url))

    async def cancel(self, submitted: Submitted) -> CancelAnswer:
        """Ask for the request to be stopped. Raises NotReached, KeyOrBalance, ForeignUrl."""
        return read_cancel(await self._read("PUT", submitted.cancel_url))

    async def upload(self, path: Path, content_type: str, *, sha256: str = "") -> str:
        """Put a file where the model can fetch it, and return its URL. An upload costs nothing. `sha256`: of the bytes
        that are meant; a file that changed since it was looked at is not sent.

        The media host is asked to forget it after `upload_seconds`. Who may fetch it until then is left as it is: a
        rule that shuts out others could shut out the model, since nobody says as whom a model fetches.

        Raises NotReached (ask again), RequestFailed, KeyOrBalance, DownloadFailed (a URL that is no https), TakesFailed
        (other bytes than were meant).
        """
        url = f"{self._hosts.rest.rstrip('/')}/storage/upload/initiate?storage_type=fal-cdn-v3"
        asked = {"file_name": path.name, "content_type": content_type}
        answer = read_object(await self._read("POST", url, json=asked, headers=self._life()), "the upload")
        file_url, upload_url = answer.get("file_url"), answer.get("upload_url")
        if not isinstance(file_url, str) or not isinstance(upload_url, str):
            raise NotReached("the queue did not say where to upload to")
        roads.media(file_url)
        await self._put(roads.media(upload_url), path, content_type, sha256)
        return file_url

    def _life(self) -> dict[str, str]:
        return {LIFE_HEADER: json.dumps({"expiration_duration_seconds": self._upload_seconds})}

    async def _put(self, url: str, path: Path, content_type: str, sha256: str) -> None:
        content = await anyio.Path(path).read_bytes()
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            raise TakesFailed(f"{path.name} changed while it was sent along; nothing was sent with it, run again")
        try:
            with anyio.fail_after(self._timeouts.upload):
                answer = await self._media.put(url, content=content, headers={"Content-Type": content_type})
        except (*_NETWORK, TimeoutError) as error:
            raise NotReached(f"an upload broke off: {in_words(error)}") from None
        if not 200 <= answer.status_code < 300:
            raise NotReached(f"the media host answered {answer.status_code} to an upload", code=answer.status_code)

    async def download(self, url: str, into: Path, *, most_bytes: int) -> Downloaded:
        """Stream the bytes at `url` into the file `into`, hashing on the way; the whole within the deadline.

        Raises DownloadFailed: cut short, longer than announced or than `most_bytes`, refused, gone, too slow. What
        was written until then is removed.
        """
        roads.media(url)
        try:
            with anyio.fail_after(self._timeouts.download):
                async with self._media.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                    return await _to_disk(answer, into, most_bytes)
        except (*_NETWORK, TimeoutError) as error:
            _remove(into)
            raise DownloadFailed(f"a download broke off: {in_words(error)}") from None
        except BaseException:
            _remove(into)
            raise

    async def requests(
        self, endpoint: str, *, start: str = "", end: str = "", payloads: bool = False, request_id: str = ""
    ) -> tuple[dict[str, Any], ...]:
        """The account's requests at `endpoint` inside a window of ISO times, all pages of them.

        Raises NotReached, RequestFailed, KeyOrBalance. What is missing from the list may still exist.
        """
        query = [("endpoint_id", endpoint), ("limit", "100"), ("start", start), ("end", end)]
        query += [("request_id", request_id), ("expand", "payloads" if payloads else "")]
        return await self._listed("models/requests/by-endpoint", query, ("items", "requests", "data"))

    async def prices(self, endpoints: Sequence[str]) -> tuple[dict[str, Any], ...]:
        """`endpoint_id`, `unit_price`, `unit`, `currency` of up to 50 model ids. Raises as `requests`."""
        query = [("endpoint_id", endpoint) for endpoint in endpoints]
        return await self._listed("models/pricing", query, ("prices",))

    async def billing(
        self, *, start: str = "", end: str = "", request_ids: Sequence[str] = ()
    ) -> tuple[dict[str, Any], ...]:
        """The exact charge of each request in a window (an admin key's right). Raises as `requests`."""
        query = [("start", start), ("end", end), *(("request_id", name) for name in request_ids)]
        return await self._listed("models/billing-events", query, ("billing_events", "items", "data"))

    async def _listed(
        self, path: str, query: Sequence[tuple[str, str]], names: Sequence[str]
    ) -> tuple[dict[str, Any], ...]:
        asked = [(name, value) for name, value in query if value]
        found: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            params = httpx.QueryParams([*asked, *([("cursor", cursor)] if cursor else [])])
            page = read_object(await self._read("GET", f"{self._hosts.api.rstrip('/')}/{path}?{params}"), path)
            items = next((page[name] for name in names if isinstance(page.get(name), list)), None)
            if items is None:
                raise NotReached(f"{path}: the answer holds no list")
            found += [item for item in items if isinstance(item, dict)]
            cursor = str(page.get("next_cursor") or "")
            if not cursor or page.get("has_more") is False:
                return tuple(found)
        raise NotReached(f"{path}: the list does not end")

    async def _read(self, method: str, url: str, **more: Any) -> Reply:
        """A call that may be repeated at will; the whole within its time, however slowly its bytes drip."""
        try:
            with anyio.fail_after(self._timeouts.answer):
                return await self._ask(method, url, **more)
        except (*_NETWORK, TimeoutError) as error:
            words = f"{_host(url)} could not be reached: {in_words(error)}"
            raise NotReached(f"{words}; check the network") from None

    async def _ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        """One call of an API host, with the key. The answer is read whole, up to MOST_ANSWER_BYTES."""
        told = {**(headers or {}), "Accept-Encoding": "identity"}
        if self._key:
            told["Authorization"] = f"Key {self._key}"
        async with self._api.stream(method, self._hosts.keyed(url), headers=told, **more) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            packed = headers.get("content-encoding", "").strip().lower()
            body = bytearray()
            # httpx would unpack a bomb whole before anybody can count its bytes.
            async for chunk in answer.aiter_raw() if packed not in ("", "identity") else answer.aiter_bytes():
                body += chunk
                if len(body) > MOST_ANSWER_BYTES:
                    raise UnusableAnswer("the answer is too long")
            return Reply(answer.status_code, headers, _unpacked(bytes(body), packed))


def _host(url: str) -> str:
    """Whom a person should look for: the name alone, since a URL may hold a signature."""
    return urlsplit(url).hostname or "the queue"


def _unpacked(body: bytes, encoding: str) -> bytes:
    """A body that came packed though it was not asked for so; never more than MOST_ANSWER_BYTES of it."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise UnusableAnswer(f"the answer is packed in an unknown way: {encoding[:20]}")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by the head
    try:
        whole = unpacker.decompress(body, MOST_ANSWER_BYTES + 1)
    except zlib.error as error:
        raise UnusableAnswer("the packed answer is damaged") from error
    if len(whole) > MOST_ANSWER_BYTES or not unpacker.eof:
        raise UnusableAnswer("the answer is too long, or cut short")
    return whole


async def _to_disk(answer: httpx.Response, into: Path, most_bytes: int) -> Downloaded:
    if answer.status_code != 200:
        gone = answer.status_code in (403, 404, 410)
        raise DownloadFailed(f"the media host answered {answer.status_code}", gone=gone)
    length = answer.headers.get("content-length", "")
    announced = int(length) if length.isdigit() else None
    if announced is not None and announced > most_bytes:
        raise DownloadFailed(f"the picture has {announced:,} bytes; {most_bytes:,} are allowed", permanent=True)
    digest, size, held, mode = hashlib.sha256(), 0, bytearray(), "wb"
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > most_bytes:
            raise DownloadFailed(f"the picture has more than {most_bytes:,} bytes", permanent=True)
        held += chunk
        if len(held) >= _CHUNK:
            await anyio.to_thread.run_sync(_append, into, held, digest, mode)
            held, mode = bytearray(), "ab"
    await anyio.to_thread.run_sync(_append, into, held, digest, mode)
    if announced is not None and size != announced:
        raise DownloadFailed(f"the download broke off: {size:,} of {announced:,} bytes")
    return Downloaded(size, digest.hexdigest(), answer.headers.get("content-type", ""))


def _append(path: Path, data: bytearray, digest: Hash, mode: str) -> None:
    """Hash and write a piece, in a thread: one trip for each piece, so the file is opened again for each."""
    digest.update(data)
    with path.open(mode) as file:
        file.write(data)


def _remove(path: Path) -> None:
    """Take away what a broken download left; at once, since the task may be on its way out."""
    path.unlink(missing_ok=True)
