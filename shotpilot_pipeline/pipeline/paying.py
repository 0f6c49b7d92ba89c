"""What a run that pays is made with: client, caps, limits, the memory of uploads. Decides nothing about rolls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import anyio.to_thread

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import Caps
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.origin import is_loopback


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
    return QueueClient(hosts, key, timeouts=timeouts)


def limits_of(settings: Settings) -> Limits:
    """How much at once, and how long."""
    return Limits(unfinished=settings.get("pace", "unfinished"), deadline=settings.get("fal", "job_seconds"))


def caps_of(reading: Reading, max_cost: Money | None) -> Caps:
    """Every cap that holds: the list's, the machine's, and the one of the command line. The tightest run cap counts."""
    budget: Mapping[str, int] = reading.compiled.budget
    machine = {name: _nano(reading.settings.get("budget", name)) for name in ("run", "day")}
    runs = [budget.get("run"), machine["run"], None if max_cost is None else max_cost.nano]
    return Caps(
        run=min((cap for cap in runs if cap is not None), default=None),
        day=machine["day"],
        show=budget.get("show"),
        shot=budget.get("shot"),
        stages={name.removeprefix("stage:"): cap for name, cap in budget.items() if name.startswith("stage:")},
    )


def _nano(dollars: float | None) -> int | None:
    return None if dollars is None else Money.usd(round(dollars, 9)).nano


class LedgerUploads:
    """The uploads that the ledger remembers, at one host."""

    def __init__(self, ledger: Ledger, host: str) -> None:
        self._ledger = ledger
        self._host = host

    async def known(self, sha256: str) -> str:
        """The URL at which these bytes can still be fetched; "" where none is known."""
        now = datetime.now(UTC)
        return await anyio.to_thread.run_sync(lambda: self._ledger.upload(sha256, self._host, now)) or ""

    async def keep(self, sha256: str, url: str) -> None:
        """These bytes were uploaded to `url` just now."""
        now = datetime.now(UTC)
        await anyio.to_thread.run_sync(lambda: self._ledger.keep_upload(sha256, self._host, url, now=now))
