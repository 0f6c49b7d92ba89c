"""What a run that pays is made with: client, limits, the memory of uploads. Decides nothing about rolls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import anyio.to_thread

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.uploads import LEAST_LIFE
from shotpilot_pipeline.values.origin import is_loopback

_UPLOADING = timedelta(minutes=10)  # a URL lives from before its bytes are sent, and is kept only after


def client_of(settings: Settings, key: str) -> QueueClient:
    """The client of the queue the settings name.

    A queue on this machine stands for the other hosts too, unless they are on this machine as well: then no call of a
    trial, and no picture in it, leaves the machine.
    """
    queue, rest, api = (settings.get("fal", name) for name in ("queue_url", "rest_url", "api_url"))
    if is_loopback(queue):
        base = queue.rstrip("/")
        rest, api = (rest if is_loopback(rest) else base), (api if is_loopback(api) else f"{base}/v1")
    hosts = Hosts(queue, rest, api)
    timeouts = Timeouts(connect=settings.get("fal", "connect_seconds"), read=settings.get("fal", "call_seconds"))
    return QueueClient(hosts, key, timeouts=timeouts, upload_seconds=settings.get("fal", "upload_seconds"))


def limits_of(settings: Settings) -> Limits:
    """How much at once, and how long."""
    return Limits(unfinished=settings.get("pace", "unfinished"), deadline=settings.get("fal", "job_seconds"))


def uploads_of(settings: Settings, ledger: Ledger, host: str) -> LedgerUploads:
    """The memory of what was uploaded to `host`, for as long as the settings let it live there.

    A URL is used again only if it outlives the longest roll: one that expires in the queue would fail the roll.
    """
    lives, roll = (timedelta(seconds=settings.get("fal", name)) for name in ("upload_seconds", "job_seconds"))
    return LedgerUploads(ledger, host, lives=lives, lasts=max(LEAST_LIFE, roll + _UPLOADING))


class LedgerUploads:
    """The uploads that the ledger remembers, at one host. `lives`: how long that keeps them; `lasts`: how long a URL
    must still live to be used again."""

    def __init__(self, ledger: Ledger, host: str, *, lives: timedelta, lasts: timedelta) -> None:
        self._ledger = ledger
        self._host = host
        self._lives = lives
        self._lasts = lasts

    async def known(self, sha256: str) -> str:
        """The URL at which these bytes can still be fetched; "" where none is known."""
        now = datetime.now(UTC)
        return (
            await anyio.to_thread.run_sync(partial(self._ledger.upload, sha256, self._host, now, lasts=self._lasts))
            or ""
        )

    async def keep(self, sha256: str, url: str) -> None:
        """These bytes were uploaded to `url` just now."""
        now = datetime.now(UTC)
        keep = partial(self._ledger.keep_upload, sha256, self._host, url, now=now, expires=now + self._lives)
        await anyio.to_thread.run_sync(keep)
