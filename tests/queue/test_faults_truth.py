"""What faults make of requests, lists and bills; `accepted` and `billed_nano` stay the truth under all of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import (
    AccountLocked,
    Billed,
    DownloadFailed,
    Failure,
    ForeignUrl,
    Kind,
    NotReady,
    RequestFailed,
)
from shotpilot_pipeline.queue.patience import Pace, await_result
from shotpilot_pipeline.queue.protocol import CancelAnswer
from tests.queue.faulty import BODY, DOORS, TAGS, liar, opened, rule
from tests.queue.rehearsing import V3, Clock

CENTS = 28_000_000  # nano-USD of one unit


async def failed(client: QueueClient) -> Failure:
    submitted = await client.submit(V3, BODY, TAGS)
    assert (await client.status(submitted)).done
    with pytest.raises(RequestFailed) as caught:
        await client.result(submitted)
    return caught.value.failure


@pytest.mark.parametrize(
    ("name", "code", "kind", "permanent", "field"),
    [
        ("policy", 422, Kind.REFUSED, True, "prompt"),
        ("no-media", 422, Kind.EMPTY, True, "prompt"),
        ("invalid", 422, Kind.INPUT, True, "aspect_ratio"),
        ("words", 422, Kind.INPUT, True, ""),
        ("path", 404, Kind.NOT_FOUND, True, ""),
        ("server", 500, Kind.SERVICE, False, ""),
        ("timeout", 504, Kind.TIMEOUT, False, ""),
        ("downstream", 400, Kind.SERVICE, False, ""),
        ("runner", 503, Kind.SERVICE, False, ""),
        ("scheduling", 503, Kind.SERVICE, False, ""),
    ],
)
async def test_failures(name: str, code: int, kind: Kind, permanent: bool, field: str) -> None:
    host = liar(rule("submit", fail=name))
    async with opened(host, "in process") as client:
        failure = await failed(client)
        assert (failure.code, failure.kind, failure.permanent, failure.field) == (code, kind, permanent, field)
        assert (failure.units, failure.billed) == (0, Billed.NO)
        assert len((await client.result(await client.submit(V3, BODY, TAGS))).images) == 3
    assert (host.queue.accepted, host.queue.billed_nano) == (2, 3 * CENTS)


@pytest.mark.parametrize("name", ["x-fal-needs-retry", "x-fal-retryable"])
@pytest.mark.parametrize(("value", "permanent"), [("1", False), ("true", False), ("0", True), ("false", True)])
async def test_each_spelling_of_the_retry_header(name: str, value: str, permanent: bool) -> None:
    host = liar(rule("submit", fail="server", retry_header={"name": name, "value": value}))
    async with opened(host, "in process") as client:
        assert (await failed(client)).permanent is permanent


async def test_a_refusal_may_be_billed_and_echo_the_request() -> None:
    host = liar(rule("submit", fail="policy", billed=2), {"when": {"route": "result"}, "do": {"echo": True}})
    async with opened(host, "in process") as client:
        failure = await failed(client)
        assert (failure.billed, failure.units) == (Billed.YES, Decimal(2))
        assert "what was asked" not in str(failure)
        (event,) = await client.billing()
    assert host.queue.billed_nano == event["cost_estimate_nano_usd"] == 2 * CENTS


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("count", [0, 1, 2, 5, 9])
async def test_fewer_and_more_pictures_than_asked_for(door: str, count: int, tmp_path: Path) -> None:
    host = liar(rule("submit", images=count))
    async with opened(host, door) as client:
        result = await client.result(await client.submit(V3, BODY, TAGS))
        assert (len(result.images), result.billable_units) == (count, count)
        for image in result.images:
            assert (await client.download(image.url, tmp_path / "a", most_bytes=10**6)).bytes == image.file_size
    assert host.queue.billed_nano == count * CENTS


@pytest.mark.parametrize(
    ("text", "read"), [("{}.00000000", 3), ("", None), ("7", 7), ("nonsense", None), ("-1", None), ("NaN", None)]
)
async def test_units_in_the_header_may_lie_and_the_bill_does_not(text: str, read: int | None) -> None:
    host = liar(rule("result", units=text))
    async with opened(host, "in process") as client:
        assert (await client.result(await client.submit(V3, BODY, TAGS))).billable_units == read
    assert host.queue.billed_nano == 3 * CENTS


async def test_null_sizes_are_no_sizes() -> None:
    async with opened(liar(rule("result", null_sizes=True)), "in process") as client:
        (first, *_) = (await client.result(await client.submit(V3, BODY, TAGS))).images
    assert (first.file_name, first.file_size, first.width, first.height, first.content_type) == (
        "",
        None,
        None,
        None,
        "",
    )


@pytest.mark.parametrize("told", [{"requests": 2}, {"seconds": 60}])
async def test_a_locked_account_is_unlocked_later(told: dict[str, Any]) -> None:
    clock = Clock()
    host = liar({"when": {"route": "submit", "nth": 3}, "do": {"lock": told}}, clock=clock)
    async with opened(host, "in process") as client:
        open_one = await client.submit(V3, BODY, TAGS)
        await client.submit(V3, BODY, TAGS)
        for _ in range(2):
            with pytest.raises(AccountLocked):
                await client.submit(V3, BODY, TAGS)
        assert (await client.status(open_one)).done
        clock.now += 60
        await client.submit(V3, BODY, TAGS)
    assert host.queue.accepted == 3


async def test_results_and_pictures_expire(tmp_path: Path) -> None:
    clock = Clock()
    host = liar(
        {"when": {"route": "media", "older_than": 60}, "do": {"gone": 404}},
        {"when": {"route": "result", "older_than": 600}, "do": {"gone": 410}},
        clock=clock,
    )
    async with opened(host, "in process") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        image = (await client.result(submitted)).images[0]
        await client.download(image.url, tmp_path / "a", most_bytes=10**6)
        clock.now += 60
        with pytest.raises(DownloadFailed) as gone:
            await client.download(image.url, tmp_path / "a", most_bytes=10**6)
        assert gone.value.gone
        await client.result(submitted)
        clock.now += 540
        with pytest.raises(RequestFailed) as expired:
            await client.result(submitted)
    assert expired.value.failure.kind is Kind.NOT_FOUND


async def test_a_cancel_may_lose_the_race() -> None:
    clock = Clock()
    host = liar(rule("cancel", race=True), service_seconds=30.0, clock=clock)
    async with opened(host, "in process") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        assert await client.cancel(submitted) is CancelAnswer.ASKED
        assert len((await client.result(submitted)).images) == 3
    assert host.queue.billed_nano == 3 * CENTS


async def test_foreign_urls_keep_the_key_at_home(tmp_path: Path) -> None:
    host = liar(
        rule("submit", urls="https://elsewhere.example"),
        rule("result", urls="http://elsewhere.example"),
        rule("upload", urls="https://elsewhere.example"),
    )
    async with opened(host, "in process") as client:
        with pytest.raises(ForeignUrl) as caught:
            await client.submit(V3, BODY, TAGS)
        (request_id,) = host.queue.asked
        assert caught.value.__notes__ == [request_id]
        result = await client.result(client.rebuilt(V3, request_id))
        with pytest.raises(DownloadFailed, match="no https"):
            await client.download(result.images[0].url, tmp_path / "a", most_bytes=10)


async def test_lists_that_lag_page_small_and_leave_out() -> None:
    clock = Clock()
    everywhere = {"route": "listing"}
    host = liar(
        {"when": everywhere | {"call": 1}, "do": {"lag": 60}},
        {"when": everywhere, "do": {"page_size": 2}},
        {"when": everywhere | {"call": [7, 8, 9]}, "do": {"no_payloads": True, "omit": "sc010/sh010*"}},
        clock=clock,
    )
    async with opened(host, "in process") as client:
        ids = [(await client.submit(V3, BODY, TAGS | {"shot": f"sh0{n}0"})).request_id for n in range(1, 6)]
        assert len(await client.requests(V3)) == 3  # the second and third page lag no more
        whole = await client.requests(V3, payloads=True)
        assert sorted(item["request_id"] for item in whole) == sorted(ids)
        assert all(item["json_input"] == BODY for item in whole)
        short = await client.requests(V3, payloads=True)
    assert sorted(item["request_id"] for item in short) == sorted(ids[1:])
    assert not any("json_input" in item for item in short)


@pytest.mark.parametrize("lie", [{"status": ""}, {"status": "PONDERING"}, {"empty": "json"}, {"gateway": 502},
                                 {"status": "IN_QUEUE"}, {"early": 400}], ids=str)  # fmt: skip
async def test_a_status_that_never_comes_ends_at_the_deadline_at_an_easy_pace(lie: dict[str, Any]) -> None:
    host = liar({"when": {"route": "result" if "early" in lie else "status"}, "do": lie})
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = Pace()
    for _ in range(20):
        pace.learn(V3, 0.01)
    async with opened(host, "in process") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        with pytest.raises(TimeoutError):
            await await_result(client, V3, submitted, pace, elapsed=lambda: now, deadline=120.0, sleep=sleep)
    assert len(host.queue.log) <= 150
    assert now >= 120.0


async def test_going_back_into_the_queue_and_a_status_without_logs_are_waited_out() -> None:
    host = liar(
        {"when": {"route": "status", "call": 1}, "do": {"status": "IN_PROGRESS"}},
        {"when": {"route": "status", "call": 2}, "do": {"status": "IN_QUEUE", "without": ["logs", "queue_position"]}},
        {"when": {"route": "result", "call": 1}, "do": {"early": 202}},
    )
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async with opened(host, "in process") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        result = await await_result(client, V3, submitted, Pace(), elapsed=lambda: now, deadline=60.0, sleep=sleep)
    assert len(result.images) == 3
    assert len(host.queue.log) == 3


async def test_early_is_not_failed() -> None:
    async with opened(liar(rule("result", early=202)), "socket") as client:
        submitted = await client.submit(V3, BODY, TAGS)
        with pytest.raises(NotReady):
            await client.result(submitted)
