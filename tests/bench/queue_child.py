"""The two processes of the queue's scenarios: the rehearsal queue on loopback, and our client at work.

`python -m tests.bench.queue_child serve SPEC` and `... work ORIGIN SPEC`; a SPEC is a JSON object, findings are JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import anyio

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.patience import Pace, await_result
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import Slots
from shotpilot_pipeline.queue.rehearsal.server import serve
from shotpilot_pipeline.queue.slates.copy import Copy

ENDPOINT = "fal-ai/kling-image/v3/text-to-image"
BODY = {"prompt": "A lamp", "num_images": 1, "resolution": "1K", "aspect_ratio": "16:9", "output_format": "png"}


def serving(spec: dict[str, Any]) -> None:
    """Serve until standard input ends; then say what was asked and what a perfect client would have needed."""
    picture = os.urandom(spec["bytes"])

    def draw(copy: Copy) -> tuple[bytes, ...]:
        return (picture,) * copy.count

    queue = RehearsalQueue(models_of(load_catalog(None)), draw, spec["seconds"], spec["spread"], spec["at_once"])

    async def main() -> None:
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            origin = await tasks.start(lambda task_status: serve(queue, stop=stop, task_status=task_status))
            print(json.dumps({"origin": origin}), flush=True)
            await anyio.to_thread.run_sync(sys.stdin.read)
            stop.set()

    anyio.run(main)
    slots = Slots(spec["at_once"])
    ends = [slots.take(0.0, asked.ends - asked.starts)[1] for asked in queue.asked.values()]
    print(json.dumps({"ideal": max(ends, default=0.0), "accepted": queue.accepted}), flush=True)


class Counted(QueueClient):
    """Our client, with its status calls counted."""

    calls = 0

    async def status(self, submitted: Any) -> Any:
        self.calls += 1
        return await super().status(submitted)


def working(origin: str, spec: dict[str, Any]) -> None:
    """Submit, await, fetch and hash every roll; say what it took."""
    began, before = time.perf_counter(), _cpu()
    calls = anyio.run(_rolls, origin, spec)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"wall": time.perf_counter() - began, "cpu": _cpu() - before, "peak": peak, "calls": calls}
    print(json.dumps(found), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _rolls(origin: str, spec: dict[str, Any]) -> int:
    folder, slots, pace = Path(spec["folder"]), anyio.Semaphore(spec["unfinished"]), Pace()
    async with Counted(Hosts(origin, origin, f"{origin}/v1"), "some:key") as client:

        async def one(number: int) -> None:
            async with slots:
                submitted = await client.submit(ENDPOINT, BODY | {"prompt": f"Lamp {number}"}, {})
                since = anyio.current_time()
                result = await await_result(
                    client, ENDPOINT, submitted, pace, elapsed=lambda: anyio.current_time() - since, deadline=600.0
                )
                if spec["fetch"]:
                    await client.download(result.images[0].url, folder / str(number), most_bytes=200_000_000)

        async with anyio.create_task_group() as tasks:
            for number in range(spec["rolls"]):
                tasks.start_soon(one, number)
        return client.calls


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serving(json.loads(sys.argv[2]))
    else:
        working(sys.argv[2], json.loads(sys.argv[3]))
