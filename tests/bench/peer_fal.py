"""The same work through `fal-client` with asyncio, as its own pages show it: the peer our client is measured against.

Runs in an environment of its own that holds nothing of ours: `python peer_fal.py ORIGIN ROLLS UNFINISHED FOLDER`.
"""

import asyncio
import hashlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import fal_client.client
import httpx
from fal_client import AsyncClient

ENDPOINT = "fal-ai/kling-image/v3/text-to-image"
BODY = {"prompt": "A lamp", "num_images": 1, "resolution": "1K", "aspect_ratio": "16:9", "output_format": "png"}


async def rolls(origin: str, count: int, unfinished: int, folder: Path) -> None:
    """Submit, wait, fetch the picture to disk, hash it."""
    fal_client.client.QUEUE_URL_FORMAT = f"{origin}/"  # its own hosts are always https
    slots = asyncio.Semaphore(unfinished)
    client = AsyncClient(key="some:key")
    async with httpx.AsyncClient(timeout=60) as media:

        async def one(number: int) -> None:
            async with slots:
                handle = await client.submit(ENDPOINT, {**BODY, "prompt": f"Lamp {number}"})
                result = await handle.get()
                digest = hashlib.sha256()
                async with media.stream("GET", result["images"][0]["url"]) as answer:
                    with (folder / str(number)).open("wb") as file:
                        async for chunk in answer.aiter_bytes():
                            digest.update(chunk)
                            file.write(chunk)

        await asyncio.gather(*(one(number) for number in range(count)))


if __name__ == "__main__":
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF)
    asyncio.run(rolls(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": time.perf_counter() - began, "cpu": cpu, "peak": used.ru_maxrss / 1024}), flush=True)
    os._exit(0)
