"""One lying queue behind either door, and what a client makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.queue.client import QueueClient, Timeouts
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.rehearsal.doors import rehearsal_client
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.faults.plan import plan_faults, read_plan
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.server import serve
from tests.queue.rehearsing import plain_picture

#: Short enough that a test of silence is quick, long enough for two busy cores.
IMPATIENT = Timeouts(connect=2.0, submit=0.5, read=0.5, answer=1.0, upload=2.0, download=1.0)
DOORS = ("in process", "socket")
BODY = {"prompt": "A lamp", "num_images": 3, "resolution": "1K", "aspect_ratio": "16:9", "output_format": "png"}
TAGS = {"scene": "sc010", "shot": "sh010", "stage": "iterate", "take": "1"}


def rule(route: str, *, name: str = "", **do: Any) -> dict[str, Any]:
    """A rule for the first call of a route."""
    return {"name": name, "when": {"route": route, "nth": 1}, "do": do}


def liar(*rules: dict[str, Any], seed: int = 0, **queue: Any) -> Liar:
    """A rehearsal queue behind these rules."""
    data = {"faults": 1, "seed": seed, "rules": list(rules)}
    assert not list(plan_faults(data))
    return Liar(RehearsalQueue(models_of(load_catalog(None)), plain_picture, **queue), read_plan(data))


@asynccontextmanager
async def opened(host: Liar, door: str, timeouts: Timeouts = IMPATIENT) -> AsyncIterator[QueueClient]:
    """A client of the lying queue, through one of its doors."""
    if door == "in process":
        async with rehearsal_client(host.queue, host, timeouts=timeouts) as client:
            yield client
        return
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(
            lambda task_status: serve(host.queue, behind=host, stop=stop, task_status=task_status)
        )
        async with QueueClient(Hosts(origin, origin, f"{origin}/v1"), "some:key", timeouts=timeouts) as client:
            yield client
        stop.set()


async def ending(step: Callable[[], Awaitable[object]]) -> tuple[str, str]:
    """How a step ends: the name of what it gives or raises, and the error's kind."""
    try:
        return type(await step()).__name__, ""
    except ShotpilotError as error:
        return type(error).__name__, getattr(error, "kind", "")


async def trip(client: QueueClient, folder: Path) -> list[tuple[str, str]]:
    """Every step of one request's life, each as far as it comes; calls that follow use what came before."""
    ends: list[tuple[str, str]] = []
    submitted = None

    async def submit() -> object:
        nonlocal submitted
        submitted = await client.submit("fal-ai/kling-image/v3/text-to-image", BODY, TAGS)
        return submitted

    ends.append(await ending(submit))
    if submitted is None:
        return ends
    known = submitted
    ends.append(await ending(lambda: client.status(known)))
    ends.append(await ending(lambda: client.result(known)))
    return ends
