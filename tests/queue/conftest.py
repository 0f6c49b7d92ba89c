"""The rehearsal queue behind its two doors, and models to rehearse with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.rehearsal.doors import rehearsal_client
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.server import serve
from tests.queue.rehearsing import Clock, plain_picture


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rehearsal(clock: Clock) -> RehearsalQueue:
    return RehearsalQueue(models_of(load_catalog(None)), plain_picture, clock=clock)


@pytest.fixture(params=["in process", "socket"])
async def client(request: Any, rehearsal: RehearsalQueue) -> AsyncIterator[QueueClient]:
    """A client at each door of the same queue."""
    if request.param == "in process":
        async with rehearsal_client(rehearsal) as opened:
            yield opened
        return
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(lambda task_status: serve(rehearsal, stop=stop, task_status=task_status))
        async with QueueClient(Hosts(origin, origin, f"{origin}/v1"), "some:key") as opened:
            yield opened
        stop.set()
