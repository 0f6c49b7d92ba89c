"""Today's prices, asked of the service where the key may read them, and remembered for an hour. Decides no purchase.

That a price cannot be read never stops anything: the cards' prices, with their dates, stand in for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import anyio

from shotpilot_pipeline.catalog.live import LivePrice, read_prices
from shotpilot_pipeline.errors import KeyOrBalance, TakesFailed
from shotpilot_pipeline.pipeline.paying import client_of
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import RequestFailed
from shotpilot_pipeline.values.money import Money

LASTS = timedelta(hours=1)
PATIENCE = 10.0  # seconds for all of it: a price list is worth no more
MOST_IDS = 50  # of one call


class Prices(NamedTuple):
    """What was read. `fault`: why nothing, or not all, could be; "" where all is there."""

    live: Mapping[str, LivePrice]
    fault: str = ""


async def prices_of(
    client: QueueClient, endpoints: Collection[str], kept: Path, *, fresh: bool = False, now: datetime | None = None
) -> Prices:
    """Today's prices of `endpoints`; those read within the last hour are taken from `kept`, unless `fresh` ones are
    wanted. Raises nothing: what cannot be read is missing, and `fault` says why."""
    now = now or datetime.now(UTC)
    known = {} if fresh else _remembered(kept, client.hosts.api, now)
    wanted = sorted(set(endpoints) - set(known))
    if not wanted:
        return Prices({name: known[name] for name in sorted(set(endpoints))})
    try:
        with anyio.fail_after(PATIENCE):
            live = read_prices(await _asked(client, wanted))
    except TimeoutError:
        return Prices(known, f"no answer within {PATIENCE:.0f} s")
    except (TakesFailed, KeyOrBalance) as error:
        return Prices(known, str(error))
    _remember(kept, client.hosts.api, now, live)
    missing = [name for name in wanted if name not in live]
    return Prices(known | live, f"the list does not name {', '.join(missing)}" if missing else "")


async def _asked(client: QueueClient, endpoints: Sequence[str]) -> list[Mapping[str, object]]:
    """The list's lines for `endpoints`. One that the service does not know would hide all others: each is then asked
    for by itself."""
    found: list[Mapping[str, object]] = []
    for start in range(0, len(endpoints), MOST_IDS):
        some = endpoints[start : start + MOST_IDS]
        try:
            found += await client.prices(some)
        except RequestFailed:
            if len(some) == 1:
                raise
            for one in some:
                with suppress(RequestFailed):
                    found += await client.prices([one])
    return found


def _remembered(path: Path, api: str, now: datetime) -> dict[str, LivePrice]:
    """What was read lately at this host; nothing where the file is missing, old, from the future, or not ours."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        age = now - datetime.fromisoformat(held["read_at"])
        if held["api"] != api or not timedelta() <= age < LASTS:
            return {}
        return {
            str(name): LivePrice(str(name), None if usd is None else Money.usd(usd), str(unit))
            for name, (usd, unit) in held["prices"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _remember(path: Path, api: str, now: datetime, live: Mapping[str, LivePrice]) -> None:
    """Keep what was read; a disk that does not take it costs the next run one call."""
    prices = {name: (None if price.usd is None else str(price.usd), price.unit) for name, price in live.items()}
    text = json.dumps({"api": api, "read_at": now.isoformat(timespec="seconds"), "prices": prices}, indent=1)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.part")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)


def read_today(settings: Settings, key: str, endpoints: Sequence[str], root: Path) -> Prices:
    """Today's prices of `endpoints`, asked anew; the next render at `root` goes by them. Raises nothing, as above."""

    async def ask() -> Prices:
        async with client_of(settings, key) as client:
            return await prices_of(client, endpoints, root / ".shotpilot" / "prices.json", fresh=True)

    return anyio.run(ask)
