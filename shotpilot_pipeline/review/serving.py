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
    """uvicorn without its own signals (whoever runs it decides what Ctrl-C means), that says when it answers."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._opened()


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
            app, log_level="error", access_log=False, lifespan="off", server_header=False, http="h11", ws="none",
            timeout_graceful_shutdown=GRACE, timeout_keep_alive=30, proxy_headers=False,
        )  # fmt: skip
        server = _Server(config, lambda: opened(door.url))
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_end_with_us, server)
                with anyio.CancelScope(shield=True):
                    await server.serve(sockets=[listener])
                group.cancel_scope.cancel()
        finally:
            darkroom.close()


async def _end_with_us(server: uvicorn.Server) -> None:
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
            cure = "leave --port away for a free one"
            raise UsageError(f"port {port} of this machine cannot be used ({why}); {cure}") from error
        yield listener
    finally:
        listener.close()
