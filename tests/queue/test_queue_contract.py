"""The queue's protocol through the client, the same at both doors of the rehearsal queue."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import AccountLocked, Billed, DownloadFailed, Kind, NotReady, RequestFailed
from shotpilot_pipeline.queue.protocol import CancelAnswer, Word
from shotpilot_pipeline.queue.rehearsal.queue import Manners, RehearsalQueue
from tests.queue.rehearsing import O3, O3_I2I, V3, V3_I2I, Clock, png

BODY = {"prompt": "A lamp", "num_images": 3, "resolution": "1K", "aspect_ratio": "16:9", "output_format": "png"}


async def test_a_roll_from_submit_to_bytes(client: QueueClient, rehearsal: RehearsalQueue, tmp_path: Path) -> None:
    submitted = await client.submit(V3, BODY, {"scene": "sc010", "shot": "sh010", "take": "1"})
    assert submitted.status_url.endswith(f"/fal-ai/kling-image/requests/{submitted.request_id}/status")
    status = await client.status(submitted)
    assert status.word == Word.COMPLETED
    assert status.done
    result = await client.result(submitted)
    assert len(result.images) == 3
    assert result.billable_units == Decimal(3)
    for number, image in enumerate(result.images):
        got = await client.download(image.url, tmp_path / str(number), most_bytes=10**6)
        data = (tmp_path / str(number)).read_bytes()
        assert (got.bytes, got.content_type) == (len(data), "image/png")
        assert got.sha256 == hashlib.sha256(data).hexdigest()
        assert image.file_size == len(data)
    assert (rehearsal.accepted, rehearsal.billed_units, rehearsal.leaked_keys) == (1, 3, 0)
    assert rehearsal.asked[submitted.request_id].tags == {"scene": "sc010", "shot": "sh010", "take": "1"}


async def test_states_follow_the_clock(client: QueueClient, rehearsal: RehearsalQueue, clock: Clock) -> None:
    rehearsal.service_seconds, rehearsal._slots.most = 10.0, 1
    first = await client.submit(V3, BODY, {})
    second = await client.submit(V3, BODY, {})
    assert first.request_id != second.request_id
    assert (await client.status(first)).word == Word.IN_PROGRESS
    waiting = await client.status(second)
    assert (waiting.word, waiting.queue_position, waiting.done) == (Word.IN_QUEUE, 0, False)
    with pytest.raises(NotReady):
        await client.result(first)
    clock.now += 10.0
    assert (await client.status(first)).done
    assert (await client.status(second)).word == Word.IN_PROGRESS
    clock.now += 10.0
    assert len((await client.result(second)).images) == 3


async def test_an_early_result_may_be_a_status(client: QueueClient, rehearsal: RehearsalQueue) -> None:
    rehearsal.service_seconds, rehearsal.manners = 5.0, Manners(early_code=202, first_word=Word.IN_PROGRESS)
    submitted = await client.submit(V3, BODY, {})
    with pytest.raises(NotReady):
        await client.result(submitted)


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"prompt": "x" * 2501}, "string_too_long", "prompt"),
        ({"resolution": "4K"}, "one_of", "resolution"),
        ({"num_images": 12}, "less_than_equal", "num_images"),
        ({"prompt": None}, "value_error", "prompt"),
    ],
)
async def test_a_wrong_input_is_taken_and_fails_at_the_result(
    client: QueueClient, rehearsal: RehearsalQueue, change: dict[str, object], kind: str, field: str
) -> None:
    submitted = await client.submit(V3, BODY | change, {})
    assert (await client.status(submitted)).done
    with pytest.raises(RequestFailed) as caught:
        await client.result(submitted)
    failure = caught.value.failure
    assert (failure.code, failure.type, failure.field) == (422, kind, field)
    assert (failure.kind, failure.permanent, failure.billed) == (Kind.INPUT, True, Billed.NO)
    assert rehearsal.billed_units == 0


async def test_a_missing_prompt_is_named(client: QueueClient) -> None:
    submitted = await client.submit(V3, {"num_images": 1}, {})
    with pytest.raises(RequestFailed) as caught:
        await client.result(submitted)
    assert (caught.value.failure.type, caught.value.failure.field) == ("missing", "prompt")


async def test_an_unknown_field_is_ignored_and_billed(client: QueueClient, rehearsal: RehearsalQueue) -> None:
    submitted = await client.submit(V3, BODY | {"seed": 7}, {})
    assert len((await client.result(submitted)).images) == 3
    assert rehearsal.billed_units == 3


async def test_an_unknown_model_fails_late(client: QueueClient) -> None:
    submitted = await client.submit("fal-ai/kling-image/v9/text-to-image", BODY, {})
    assert (await client.status(submitted)).done
    with pytest.raises(RequestFailed, match="not found") as caught:
        await client.result(submitted)
    assert caught.value.failure.units == 0


async def test_4k_counts_double(client: QueueClient, rehearsal: RehearsalQueue) -> None:
    series = {"prompt": "Four lamps", "resolution": "4K", "result_type": "series", "series_amount": 4}
    submitted = await client.submit(O3, series, {})
    result = await client.result(submitted)
    assert (len(result.images), result.billable_units) == (4, Decimal(8))


@pytest.mark.parametrize("form", ["{}", "{}.0", "{}.00000000", ""])
async def test_units_are_read_in_every_form(client: QueueClient, rehearsal: RehearsalQueue, form: str) -> None:
    rehearsal.manners = Manners(units=form)
    result = await client.result(await client.submit(V3, BODY, {}))
    assert result.billable_units == (Decimal(3) if form else None)


async def test_an_upload_is_a_reference(client: QueueClient, tmp_path: Path) -> None:
    face = tmp_path / "vera front.png"
    face.write_bytes(png(400, 500))
    url = await client.upload(face, "image/png")
    assert url.endswith("_vera_front.png")
    got = await client.download(url, tmp_path / "back", most_bytes=10**6)
    assert (tmp_path / "back").read_bytes() == face.read_bytes()
    assert got.content_type == "image/png"
    result = await client.result(await client.submit(V3_I2I, BODY | {"image_url": url}, {}))
    assert len(result.images) == 3


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(299, 400), "image_too_small"), (b"no picture", "image_load_error"), (None, "file_download_error")],
)
async def test_a_bad_reference_fails_the_request(
    client: QueueClient, tmp_path: Path, data: bytes | None, kind: str
) -> None:
    path = tmp_path / "plate.png"
    path.write_bytes(data or png(300, 300))
    url = await client.upload(path, "image/png")
    url = url if data else url.replace("/files/b/0", "/files/b/00")
    submitted = await client.submit(O3_I2I, BODY | {"image_urls": ["https://example.com/a.jpg", url]}, {})
    with pytest.raises(RequestFailed) as caught:
        await client.result(submitted)
    failure = caught.value.failure
    assert (failure.type, failure.kind, failure.field) == (kind, Kind.REFERENCE, "image_urls.1")


async def test_cancel(client: QueueClient, rehearsal: RehearsalQueue, clock: Clock) -> None:
    rehearsal.service_seconds = 10.0
    stopped, done = await client.submit(V3, BODY, {}), await client.submit(V3, BODY, {})
    assert await client.cancel(stopped) is CancelAnswer.ASKED
    status = await client.status(stopped)
    assert status.done
    assert status.failure is not None
    assert status.failure.kind is Kind.CANCELLED
    with pytest.raises(RequestFailed) as caught:
        await client.result(stopped)
    assert caught.value.failure.kind is Kind.CANCELLED
    clock.now += 10.0
    assert await client.cancel(done) is CancelAnswer.TOO_LATE
    assert await client.cancel(client.rebuilt(V3, "00000000-0000-7000-8000-000000000000")) is CancelAnswer.NOT_FOUND
    assert rehearsal.billed_units == 3


async def test_rebuilt_urls_lead_to_the_same_request(client: QueueClient) -> None:
    submitted = await client.submit(O3, BODY, {})
    assert client.rebuilt(O3, submitted.request_id) == submitted


async def test_a_request_nobody_knows_is_gone(client: QueueClient) -> None:
    with pytest.raises(RequestFailed) as caught:
        await client.status(client.rebuilt(V3, "00000000-0000-7000-8000-000000000000"))
    assert (caught.value.failure.code, caught.value.failure.kind) == (404, Kind.NOT_FOUND)


async def test_a_locked_account_is_no_failure_of_the_request(client: QueueClient, rehearsal: RehearsalQueue) -> None:
    old = await client.submit(V3, BODY, {})
    rehearsal.locked = True
    with pytest.raises(AccountLocked, match="locked"):
        await client.submit(V3, BODY, {})
    assert rehearsal.accepted == 1
    assert (await client.status(old)).done


async def test_listing_reads_all_pages_with_payloads(client: QueueClient, clock: Clock) -> None:
    sent = []
    for number in range(120):
        clock.now += 1
        sent.append((await client.submit(V3, BODY | {"prompt": f"Lamp {number}"}, {})).request_id)
    await client.submit(O3, BODY, {})
    found = await client.requests(V3, payloads=True)
    assert [item["request_id"] for item in found] == sent[::-1]
    assert found[-1]["json_input"] == BODY | {"prompt": "Lamp 0"}
    assert found[0]["json_output"]["images"][0]["url"].startswith(client.hosts.queue)
    assert "json_input" not in (await client.requests(O3))[0]
    assert len(await client.requests(V3, request_id=sent[5])) == 1
    assert await client.requests(V3, start="2027-01-16T00:00:00Z") == ()


async def test_listing_may_lag(client: QueueClient, rehearsal: RehearsalQueue, clock: Clock) -> None:
    rehearsal.manners = Manners(listed_after=60.0)
    await client.submit(V3, BODY, {})
    assert await client.requests(V3) == ()
    clock.now += 60.0
    assert len(await client.requests(V3)) == 1


async def test_prices_and_bill(client: QueueClient) -> None:
    prices = await client.prices([V3, O3])
    assert [(price["endpoint_id"], price["unit_price"]) for price in prices] == [(V3, 0.028), (O3, 0.028)]
    submitted = await client.submit(O3, BODY | {"resolution": "4K"}, {})
    (event,) = await client.billing(request_ids=[submitted.request_id])
    assert (event["output_units"], event["cost_estimate_nano_usd"]) == (6, 168_000_000)
    with pytest.raises(RequestFailed):
        await client.prices(["nobody/nothing"])


async def test_a_download_keeps_its_limit_and_leaves_nothing(client: QueueClient, tmp_path: Path) -> None:
    result = await client.result(await client.submit(V3, BODY, {}))
    with pytest.raises(DownloadFailed, match="bytes"):
        await client.download(result.images[0].url, tmp_path / "a", most_bytes=10)
    with pytest.raises(DownloadFailed) as caught:
        await client.download(f"{client.hosts.queue}/files/b/0/nothing.png", tmp_path / "a", most_bytes=10**6)
    assert caught.value.gone
    assert not (tmp_path / "a").exists()


async def test_an_old_picture_is_drawn_again(client: QueueClient, rehearsal: RehearsalQueue, tmp_path: Path) -> None:
    result = await client.result(await client.submit(V3, BODY, {}))
    before = await client.download(result.images[1].url, tmp_path / "a", most_bytes=10**6)
    rehearsal.media._drawn.clear()
    assert await client.download(result.images[1].url, tmp_path / "b", most_bytes=10**6) == before
