"""Serves the review page on this machine alone, until it is cancelled. Knows sockets and uvicorn, no picture."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import uvicorn

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.review.app import make_app
from shotpilot_pipeline.review.darkroom import Darkroom
from shotpilot_pipeline.review.door import Door
from shotpilot_pipeline.review.reception import Desk, Reception

GRACE = 1  # seconds that answers under way get when the server is stopped


class _Server(uvicorn.Server):
    """uvicorn without its own signals: whoever runs it decides what Ctrl-C means."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve_room(desk: Desk, thumbnails: Path, port: int, opened: Callable[[str], None]) -> None:
    """Serve the page at `port` (0: any free one). `opened` is told its address once it answers.

    Ends when it is cancelled, after what is under way was answered. Raises UsageError when the port is taken.
    """
    import anyio

    with _listening(port) as listener:
        door = Door(secrets.token_urlsafe(24), listener.getsockname()[1])
        darkroom = Darkroom(thumbnails)
        app = make_app(Reception(desk), door, darkroom)
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, lifespan="off", server_header=False, http="h11", ws="none",
            timeout_graceful_shutdown=GRACE, timeout_keep_alive=30, proxy_headers=False,
        )  # fmt: skip
        server = _Server(config)
        try:
            async with anyio.create_task_group() as group:

                async def tell() -> None:
                    while not server.started:
                        await anyio.sleep(0.01)
                    opened(door.url)

                group.start_soon(tell)
                try:
                    with anyio.CancelScope(shield=True) as shield:
                        group.start_soon(_watch, server, shield)
                        await server.serve(sockets=[listener])
                finally:
                    server.should_exit = True
        finally:
            darkroom.close()


async def _watch(server: uvicorn.Server, shield: object) -> None:
    """Turn a cancellation into a polite end of the server."""
    import anyio

    try:
        await anyio.sleep_forever()
    finally:
        server.should_exit = True


@contextlib.contextmanager
def _listening(port: int) -> Generator[socket.socket, None, None]:
    """A socket of the loopback alone."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"port {port} of this machine cannot be used ({why}); leave --port away for a free one") from error
        yield listener
    finally:
        listener.close()
