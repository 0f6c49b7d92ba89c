"""What a run that pays is made with: client, limits, the memory of uploads. Decides nothing about rolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import anyio.to_thread

from shotpilot_pipeline.catalog.cards import Catalog, expected_pixels
from shotpilot_pipeline.engine.shop import Limits, Upload, UploadMemory
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.uploads import LEAST_LIFE
from shotpilot_pipeline.values.origin import is_loopback
from shotpilot_pipeline.values.request import endpoint_of, input_of

_UPLOADING = timedelta(minutes=10)  # a URL lives from before its bytes are sent, and is kept only after


@dataclass(frozen=True, slots=True)
class Seller:
    """Where rolls are bought: a real queue, or one that only plays.

    `open` gives the client once it is needed, and raises KeyOrBalance without a proper key. `memory` remembers
    uploads. `closing` is called when a run ends, however it ends, with the run's folder.
    """

    queue: str  # base URL, as the ledger has it
    open: Callable[[], QueueClient]
    limits: Limits
    memory: Callable[[Ledger, QueueClient], UploadMemory | None]
    closing: Callable[[Path], None] = lambda run: None
    plays: bool = False  # slates: nobody is waited for to pick, nothing has to outlive a power cut


def seller_of(settings: Settings, find_key: Callable[[], str]) -> Seller:
    """The queue that the settings name."""
    return Seller(
        queue=settings.get("fal", "queue_url"),
        open=lambda: client_of(settings, find_key()),
        limits=limits_of(settings),
        memory=lambda ledger, client: uploads_of(settings, ledger, client.hosts.rest),
    )


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
    unfinished, fal = settings.get("pace", "unfinished"), partial(settings.get, "fal")
    return Limits(unfinished=unfinished, deadline=fal("job_seconds"), upload_life=fal("upload_seconds"))


def pixels_of(catalog: Catalog) -> Callable[[str], tuple[int, int] | None]:
    """What size a picture of a form should have, by its card; None where no card says so."""

    def find(form: str) -> tuple[int, int] | None:
        wire = input_of(form)
        size, aspect = str(wire.get("resolution", "")), str(wire.get("aspect_ratio", ""))
        return expected_pixels(catalog, endpoint_of(form), size, aspect)

    return find


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

    async def known(self, sha256: str) -> Upload | None:
        """Where these bytes can still be fetched for as long as a roll may take; None where nowhere is known."""
        find = partial(self._ledger.uploaded, sha256, self._host, datetime.now(UTC), lasts=self._lasts)
        found = await anyio.to_thread.run_sync(find)
        return None if found is None else Upload(*found)

    async def keep(self, sha256: str, url: str) -> None:
        """These bytes were uploaded to `url` just now."""
        now = datetime.now(UTC)
        keep = partial(self._ledger.keep_upload, sha256, self._host, url, now=now, expires=now + self._lives)
        await anyio.to_thread.run_sync(keep)
