"""Connections kept apart: bounded, used again, given back whatever happens to an answer."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx
import pytest

from shotpilot_pipeline.queue.lanes import Lanes
from shotpilot_pipeline.queue.rehearsal.server import serve
from tests.queue.faulty import BODY, TAGS, Liar, liar, opened, rule
from tests.queue.rehearsing import V3

KEY = {"Authorization": "Key a:b"}


class Door:
    """A listening queue that counts its connections."""

    def __init__(self, host: Liar) -> None:
        self.host, self.connections, self.origin, self.stop = host, 0, "", anyio.Event()

    async def open(self, tasks: anyio.abc.TaskGroup) -> None:
        from shotpilot_pipeline.queue.rehearsal.server import PlainWire

        def wire(stream: anyio.abc.SocketStream) -> PlainWire:
            self.connections += 1
            return PlainWire(stream)

        self.origin = await tasks.start(
            lambda task_status: serve(
                self.host.queue, behind=self.host, wire=wire, stop=self.stop, task_status=task_status
            )
        )


async def test_connections_are_bounded_and_used_again() -> None:
    door = Door(liar({"when": {"route": "pricing"}, "do": {"delay": 0.02}}))
    async with anyio.create_task_group() as tasks:
        await door.open(tasks)
        async with httpx.AsyncClient(transport=Lanes(3), headers=KEY) as client:

            async def ask() -> None:
                answer = await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")
                assert answer.status_code == 200

            async with anyio.create_task_group() as asking:
                for _ in range(20):
                    asking.start_soon(ask)
            before = door.connections
            for _ in range(5):
                await ask()
        door.stop.set()
    assert before == door.connections == 3


async def test_a_lane_comes_back_after_every_way_an_answer_ends(tmp_path: Path) -> None:
    ways = [{"cut": 0}, {"cut": -1}, {"reset": 10}, {"hang": 0}, {"hang": 90}, {"drip": 50}, {"drop": "before"}]
    rules = [{"when": {"route": "pricing", "nth": n}, "do": do} for n, do in enumerate(ways, 1)]
    door = Door(liar(*rules))
    async with anyio.create_task_group() as tasks:
        await door.open(tasks)
        async with httpx.AsyncClient(transport=Lanes(1), headers=KEY, timeout=httpx.Timeout(0.2, pool=5)) as client:
            for _ in ways:
                with anyio.move_on_after(0.5):
                    with pytest.raises(httpx.TransportError):
                        await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")
            assert (await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")).status_code == 200
        door.stop.set()


async def test_who_waits_too_long_for_a_lane_has_sent_nothing() -> None:
    door = Door(liar(rule("pricing", hang=0)))
    async with anyio.create_task_group() as tasks:
        await door.open(tasks)
        async with httpx.AsyncClient(transport=Lanes(1), headers=KEY, timeout=httpx.Timeout(5.0, pool=0.1)) as client:
            async with anyio.create_task_group() as asking:
                asking.start_soon(client.get, f"{door.origin}/v1/models/pricing?endpoint_id={V3}")
                await anyio.sleep(0.05)
                with pytest.raises(httpx.PoolTimeout):
                    await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")
                asking.cancel_scope.cancel()
            assert (await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")).status_code == 200
        door.stop.set()


async def test_two_origins_share_the_bound() -> None:
    doors = [Door(liar()), Door(liar())]
    async with anyio.create_task_group() as tasks:
        for door in doors:
            await door.open(tasks)
        async with httpx.AsyncClient(transport=Lanes(1), headers=KEY) as client:
            for door in (*doors, *doors):
                assert (await client.get(f"{door.origin}/v1/models/pricing?endpoint_id={V3}")).status_code == 200
        for door in doors:
            door.stop.set()
    assert [door.connections for door in doors] == [2, 2]


async def test_a_packed_answer_is_unpacked_and_never_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    from shotpilot_pipeline.queue import client as module
    from shotpilot_pipeline.queue.client import QueueClient
    from shotpilot_pipeline.queue.failures import NotReached
    from shotpilot_pipeline.queue.hosts import Hosts

    bodies = [gzip.compress(b'{"status": "COMPLETED"}'), gzip.compress(bytes(10**6)), b"no gzip", b""]

    async def packed(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        stream = httpx.ByteStream(bodies.pop(0))
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    monkeypatch.setattr(module, "MOST_ANSWER_BYTES", 10**5)
    async with QueueClient(Hosts(), "a:b", transport=httpx.MockTransport(packed)) as client:
        submitted = client.rebuilt(V3, "1")
        assert (await client.status(submitted)).done
        for _ in range(3):
            with pytest.raises(NotReached):
                await client.status(submitted)


async def test_the_client_goes_on_after_a_bad_connection() -> None:
    host = liar(rule("status", reset=0))
    async with opened(host, "socket") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        with pytest.raises(Exception, match="the connection broke"):
            await client.status(submitted)
        assert (await client.status(submitted)).done


async def test_a_lane_that_looked_at_no_certificate_is_not_used_for_a_host_that_has_one() -> None:
    lanes = Lanes(1)
    plain = lanes._lane(("http", "127.0.0.1", 8787))
    before = plain.transport
    lanes._free[plain.origin].append(plain)
    assert lanes._lane(("https", "v3b.fal.media", None)).transport is not before
    await lanes.aclose()
