"""The review page over HTTP: routes and nothing else. What is asked goes to the reception; who may ask, the door says.

Pictures are asked for by their sha256, and only those of the room are given: no path of the disk is ever made from a
request.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shotpilot_pipeline.review.darkroom import Darkroom
from shotpilot_pipeline.review.door import HEADERS, Door
from shotpilot_pipeline.review.reception import Answer, Reception

PAGE_FILES = Path(__file__).parent / "page_files"
LARGEST_BODY = 256 * 1024  # bytes; 200 notes of usual length
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PICTURES = {".png": "image/png", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".webp": "image/webp"}
_FOREVER = {"cache-control": "private, max-age=31536000, immutable"}


def make_app(reception: Reception, door: Door, darkroom: Darkroom) -> ASGIApp:
    """The whole server as one ASGI app."""
    files = {path.name: path.read_bytes() for path in PAGE_FILES.iterdir() if path.suffix in _TYPES}
    site = _Site(reception, darkroom, files)
    app = Starlette(
        routes=[
            Route("/", site.page),
            Route("/page/{name}", site.file),
            Route("/api/state", site.state),
            Route("/api/choose", site.choose, methods=["POST"]),
            Route("/api/undo", site.undo, methods=["POST"]),
            Route("/api/facts/{key}/{number:int}", site.facts),
            Route("/thumb/{sha256}", site.thumb),
            Route("/picture/{sha256}", site.picture),
        ]
    )
    return _Guarded(app, door)


class _Guarded:
    """The app behind its door; every answer leaves with the same headers."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers, path = Headers(scope=scope), scope["path"]
        query, entrance = scope["query_string"].decode("latin-1"), path == "/"
        refused = self._door.why_not(scope["method"], headers, query, entrance=entrance)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    out[name] = value
                out.setdefault("cache-control", "no-store")
                if entrance and not refused:
                    out.append("set-cookie", self._door.cookie())
            await send(message)

        app: ASGIApp = self._app
        if refused:
            status, why = refused
            app = Response(why, status, media_type="text/plain") if entrance else JSONResponse({"error": why}, status)
        await app(scope, receive, send_guarded)


class _Site:
    """One method for each route."""

    def __init__(self, reception: Reception, darkroom: Darkroom, files: dict[str, bytes]) -> None:
        self._reception = reception
        self._darkroom = darkroom
        self._files = files

    async def page(self, request: Request) -> Response:
        return Response(self._files["index.html"], media_type="text/html")

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return _gone("there is no such file")
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix])

    async def state(self, request: Request) -> Response:
        since = _tag(request.headers.get("if-none-match", ""))
        answer = await run_in_threadpool(self._reception.state, since)
        await self._expect()
        return _answer(answer)

    async def choose(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "this is too much at once"}, 413)
        since = request.query_params.get("since", "")
        revision = _tag(request.headers.get("if-match", ""))
        return _answer(await run_in_threadpool(self._reception.choose, body, revision, since))

    async def undo(self, request: Request) -> Response:
        since = request.query_params.get("since", "")
        return _answer(await run_in_threadpool(self._reception.undo, since))

    async def facts(self, request: Request) -> Response:
        key, number = request.path_params["key"], request.path_params["number"]
        if not _SHA256.match(key):
            return _gone("there is no such take")
        return _answer(await run_in_threadpool(self._reception.facts, key, number))

    async def thumb(self, request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        if self._file_of(sha256) is None:
            return _gone("there is no such picture")
        try:
            data = await asyncio.wrap_future(self._darkroom.ask(sha256))
        except Exception:  # gone, damaged, or something a decoder chokes on: the page says so
            return _gone("this picture is damaged or missing")
        return Response(data, media_type="image/webp", headers=_FOREVER)

    async def picture(self, request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        file = self._file_of(sha256)
        if file is None or not await run_in_threadpool(file.is_file):
            return _gone("this picture is not in the store any more")
        kind = _PICTURES.get(file.suffix.lower(), "application/octet-stream")
        return FileResponse(file, media_type=kind, headers={**_FOREVER, "etag": f'"{sha256}"'})

    def _file_of(self, sha256: str) -> Path | None:
        room = self._reception.room
        return room.files.get(sha256) if room and _SHA256.match(sha256) else None

    async def _expect(self) -> None:
        """Tell the darkroom what there is to draw, in the order of the list."""
        room = self._reception.room
        if room is not None:
            pictures = (
                picture.sha256
                for shot in room.shots
                for task in shot.tasks
                for take in task.takes
                for picture in take.pictures
            )
            self._darkroom.expect(room.files, pictures)


def _answer(answer: Answer) -> Response:
    headers = {"etag": f'"{answer.tag}"'} if answer.tag else {}
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    return JSONResponse(answer.body, answer.status, headers=headers)


def _gone(why: str) -> Response:
    return JSONResponse({"error": why}, 404)


def _tag(value: str) -> str:
    return value.removeprefix("W/").strip('"')


async def _body(request: Request) -> bytes | None:
    """The whole body; None for one that is larger than any page sends."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
