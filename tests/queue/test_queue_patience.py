"""Waiting for a result: learned pauses, trouble on the way, a deadline. No test sleeps."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import Kind, RequestFailed
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.patience import Pace, await_result
from shotpilot_pipeline.queue.protocol import Result
from tests.queue.rehearsing import V3

ID = "019da11f-aeb7-7301-939d-f8b9d28e9836"
DONE = httpx.Response(200, json={"images": [{"url": "https://v3b.fal.media/a.png"}]})


class Service:
    """A request that is done after some seconds, behind answers that may be scripted."""

    def __init__(self, seconds: float, result: httpx.Response = DONE) -> None:
        self.seconds, self.result, self.now, self.asked = seconds, result, 0.0, 0
        self.trouble: list[httpx.Response | Exception] = []
        self.status_body: dict[str, object] = {"status": "COMPLETED"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/status"):
            return self.result
        self.asked += 1
        if self.trouble:
            first = self.trouble.pop(0)
            if isinstance(first, Exception):
                raise first
            return first
        return httpx.Response(200, json=self.status_body if self.now >= self.seconds else {"status": "IN_PROGRESS"})

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def wait(self, client: QueueClient, pace: Pace, deadline: float = 600.0) -> Result:
        self.now, self.asked = 0.0, 0
        return await await_result(
            client,
            V3,
            client.rebuilt(V3, ID),
            pace,
            elapsed=lambda: self.now,
            deadline=deadline,
            sleep=self.sleep,
        )


@pytest.fixture
def service() -> Service:
    return Service(21.7)


@pytest.fixture
async def client(service: Service) -> AsyncIterator[QueueClient]:
    async with QueueClient(Hosts(), "a:b", transport=httpx.MockTransport(service.answer)) as opened:
        yield opened


async def test_a_pace_learns_when_to_ask(service: Service, client: QueueClient) -> None:
    pace = Pace(chance=lambda: 0.5)
    await service.wait(client, pace)
    blind = service.asked
    await service.wait(client, pace)
    assert service.asked < blind / 2
    assert service.now < 21.7 * 1.1


async def test_an_instant_queue_is_asked_once(service: Service, client: QueueClient) -> None:
    service.seconds = 0.0
    pace = Pace()
    for _ in range(3):
        await service.wait(client, pace)
        assert (service.asked, service.now) == (1, 0.0)


async def test_trouble_while_reading_is_waited_out(service: Service, client: QueueClient) -> None:
    service.trouble = [
        httpx.ReadError("reset"),
        httpx.Response(503, text="<html>"),
        httpx.Response(429, headers={"retry-after": "9"}),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"status": "SOMETHING_NEW"}),
    ]
    assert len((await service.wait(client, Pace())).images) == 1


async def test_the_deadline_ends_the_waiting_and_not_the_request(service: Service, client: QueueClient) -> None:
    with pytest.raises(TimeoutError):
        await service.wait(client, Pace(), deadline=10.0)
    assert 10.0 <= service.now < 13.0


async def test_a_failed_request_tells_what_its_result_says(service: Service, client: QueueClient) -> None:
    service.status_body = {"status": "COMPLETED", "error": "failed (422)", "error_type": "bad_request"}
    detail = [{"loc": ["body", "prompt"], "msg": "no", "type": "content_policy_violation"}]
    service.result = httpx.Response(422, json={"detail": detail})
    with pytest.raises(RequestFailed) as caught:
        await service.wait(client, Pace())
    assert caught.value.failure.kind is Kind.REFUSED


async def test_a_failed_request_without_a_result_tells_its_status(service: Service, client: QueueClient) -> None:
    service.status_body = {"status": "COMPLETED", "error": "gone (503)", "error_type": "runner_disconnected"}
    service.result = httpx.Response(404, json={"status": "NOT_FOUND"})
    with pytest.raises(RequestFailed) as caught:
        await service.wait(client, Pace())
    assert (caught.value.failure.kind, caught.value.permanent) == (Kind.SERVICE, False)


def test_waits_are_jittered_and_bounded() -> None:
    low, high = Pace(chance=lambda: 0.0), Pace(chance=lambda: 0.999)
    for pace in (low, high):
        pace.learn(V3, 20.0)
    assert low.wait(V3, 25.0) < high.wait(V3, 25.0)
    assert 0 < low.wait(V3, 5000.0) <= high.wait(V3, 5000.0) < 6.0
    assert Pace().wait(V3, 0.0) == 0.0


async def test_a_wait_that_was_asked_for_ends_with_the_deadline(service: Service, client: QueueClient) -> None:
    service.seconds, service.trouble = 1e9, [httpx.Response(429, headers={"retry-after": "86400"})]
    with pytest.raises(TimeoutError):
        await service.wait(client, Pace(), deadline=60.0)
    assert service.now <= 65
