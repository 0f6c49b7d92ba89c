"""Each fault through both doors: the client ends in the same kind of answer or error, and the bill is the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.failures import AnswerLost, DownloadFailed, NotSent
from shotpilot_pipeline.queue.rehearsal.faults.plan import KNOBS, ROUTES
from shotpilot_pipeline.store.pictures import BadPicture, check_picture
from tests.queue.faulty import BODY, DOORS, TAGS, ending, liar, opened, rule
from tests.queue.rehearsing import V3

HEAD = 60  # a byte inside the head of any answer

#: Route, knobs, how the step ends, how many requests were accepted.
STEPS: list[tuple[str, dict[str, Any], str, str, int]] = [
    ("submit", {"drop": "before"}, "AnswerLost", "answer-lost", 0),
    ("submit", {"drop": "accepted"}, "AnswerLost", "answer-lost", 1),
    ("submit", {"cut": 0}, "AnswerLost", "answer-lost", 1),
    ("submit", {"cut": HEAD}, "AnswerLost", "answer-lost", 1),
    ("submit", {"cut": -1}, "AnswerLost", "answer-lost", 1),
    ("submit", {"cut": 100_000}, "Submitted", "", 1),
    ("submit", {"reset": 0}, "AnswerLost", "answer-lost", 1),
    ("submit", {"reset": HEAD}, "AnswerLost", "answer-lost", 1),
    ("submit", {"reset": -1}, "AnswerLost", "answer-lost", 1),
    ("submit", {"hang": 0}, "AnswerLost", "answer-lost", 1),
    ("submit", {"hang": HEAD}, "AnswerLost", "answer-lost", 1),
    ("submit", {"hang": 300}, "AnswerLost", "answer-lost", 1),
    ("submit", {"delay": 0.05}, "Submitted", "", 1),
    ("submit", {"delay": 0.9}, "AnswerLost", "answer-lost", 1),
    ("submit", {"drip": 100}, "AnswerLost", "answer-lost", 1),
    ("submit", {"gateway": 502}, "AnswerLost", "answer-lost", 0),
    ("submit", {"gateway": 504, "accepted": True}, "AnswerLost", "answer-lost", 1),
    ("submit", {"too_many": True}, "RequestFailed", "busy", 0),
    ("submit", {"too_many": True, "retry_after": 7}, "RequestFailed", "busy", 0),
    ("submit", {"wrong_key": True}, "KeyRefused", "", 0),
    ("submit", {"forbidden": True}, "KeyRefused", "", 0),
    ("submit", {"lock": {"requests": 1}}, "AccountLocked", "", 0),
    ("submit", {"answer": {"code": 200, "text": "<html>"}, "accepted": True}, "AnswerLost", "answer-lost", 1),
    ("submit", {"answer": {"code": 307}}, "RequestFailed", "other", 0),
    ("submit", {"empty": "json"}, "Submitted", "", 1),
    ("submit", {"empty": "body"}, "Submitted", "", 1),
    ("submit", {"status": "IN_PROGRESS"}, "Submitted", "", 1),
    ("submit", {"without": ["request_id", "status_url"]}, "Submitted", "", 1),
    ("submit", {"urls": "https://elsewhere.example"}, "ForeignUrl", "foreign-url", 1),
    ("submit", {"echo": True}, "Submitted", "", 1),
    ("status", {"gateway": 503}, "NotReached", "not-reached", 1),
    ("status", {"cut": -1}, "NotReached", "not-reached", 1),
    ("status", {"reset": HEAD}, "NotReached", "not-reached", 1),
    ("status", {"drip": 100}, "NotReached", "not-reached", 1),
    ("status", {"hang": 0}, "NotReached", "not-reached", 1),
    ("status", {"status": "PONDERING"}, "Status", "", 1),
    ("status", {"empty": "json"}, "Status", "", 1),
    ("status", {"empty": "body"}, "Status", "", 1),
    ("status", {"without": ["logs", "metrics", "status"]}, "Status", "", 1),
    ("status", {"gone": 404}, "RequestFailed", "not-found", 1),
    ("status", {"wrong_key": True}, "KeyRefused", "", 1),
    ("result", {"gateway": 502}, "NotReached", "not-reached", 1),
    ("result", {"early": 400}, "NotReady", "not-ready", 1),
    ("result", {"early": 202}, "NotReady", "not-ready", 1),
    ("result", {"empty": "json"}, "NotReached", "not-reached", 1),
    ("result", {"empty": "body"}, "NotReached", "not-reached", 1),
    ("result", {"gone": 404}, "RequestFailed", "not-found", 1),
    ("result", {"gone": 410}, "RequestFailed", "not-found", 1),
    ("result", {"answer": {"text": "<html>", "content_type": "text/html"}}, "NotReached", "not-reached", 1),
    ("result", {"cut": 250}, "NotReached", "not-reached", 1),
    ("result", {"null_sizes": True}, "Result", "", 1),
    ("cancel", {"drop": "accepted"}, "NotReached", "not-reached", 1),
    ("listing", {"gateway": 502}, "NotReached", "not-reached", 1),
    ("listing", {"forbidden": True}, "KeyRefused", "", 1),
    ("pricing", {"reset": 0}, "NotReached", "not-reached", 1),
    ("billing", {"cut": -1}, "NotReached", "not-reached", 1),
    ("upload", {"gateway": 502}, "NotReached", "not-reached", 0),
    ("upload", {"wrong_key": True}, "KeyRefused", "", 0),
    ("media", {"cut": HEAD}, "DownloadFailed", "download", 1),
    ("media", {"cut": -1}, "DownloadFailed", "download", 1),
    ("media", {"reset": -1}, "DownloadFailed", "download", 1),
    ("media", {"hang": 200}, "DownloadFailed", "download", 1),
    ("media", {"drip": 60}, "DownloadFailed", "download", 1),
    ("media", {"gateway": 503}, "DownloadFailed", "download", 1),
    ("media", {"gone": 404}, "DownloadFailed", "download", 1),
    ("media", {"content_type": "application/octet-stream"}, "Downloaded", "", 1),
]  # fmt: skip


async def reached(route: str, client: QueueClient, folder: Path) -> tuple[str, str]:
    """Take the trip up to `route`, and say how that step ends."""
    if route == "upload":
        (folder / "face.png").write_bytes(b"bytes")
        return await ending(lambda: client.upload(folder / "face.png", "image/png"))
    if route == "submit":
        return await ending(lambda: client.submit(V3, BODY, TAGS))
    submitted = await client.submit(V3, BODY, TAGS)
    steps = {
        "status": lambda: client.status(submitted),
        "result": lambda: client.result(submitted),
        "cancel": lambda: client.cancel(submitted),
        "listing": lambda: client.requests(V3),
        "pricing": lambda: client.prices([V3]),
        "billing": client.billing,
    }
    if route in steps:
        return await ending(steps[route])
    image = (await client.result(submitted)).images[0]
    return await ending(lambda: client.download(image.url, folder / "aside", most_bytes=10**6))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("route", "do", "end", "kind", "accepted"), STEPS, ids=lambda value: str(value)[:40])
async def test_a_fault_ends_the_same_at_both_doors(
    door: str, route: str, do: dict[str, Any], end: str, kind: str, accepted: int, tmp_path: Path
) -> None:
    host = liar(rule(route, **do))
    async with opened(host, door) as client:
        assert await reached(route, client, tmp_path) == (end, kind)
    queue = host.queue
    assert queue.accepted == accepted
    assert queue.billed_nano == accepted * 3 * 28_000_000
    assert [line.route for line in queue.log] == [route]
    if route not in ("listing", "pricing", "billing", "upload", "submit"):
        assert queue.log[0].request_id in queue.asked
    if route == "submit":
        assert queue.log[0].request_id == next(iter(queue.asked), "")
        assert queue.log[0].address == "sc010/sh010@iterate"
    assert not (tmp_path / "aside").exists() or end == "Downloaded"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "do",
    [{"truncate": -1}, {"truncate": 40}, {"truncate": 0}, {"blank": 60}, {"blank": -20}, {"change": 45}, {"page": True},
     {"bomb": True}],
    ids=str,
)  # fmt: skip
async def test_a_picture_that_is_none_is_seen_through(door: str, do: dict[str, Any], tmp_path: Path) -> None:
    host = liar(rule("media", **do))
    async with opened(host, door) as client:
        image = (await client.result(await client.submit(V3, BODY, TAGS))).images[0]
        await client.download(image.url, tmp_path / "a", most_bytes=10**6)
        with pytest.raises(BadPicture):
            check_picture(tmp_path / "a")
        await client.download(image.url, tmp_path / "a", most_bytes=10**6)
        assert check_picture(tmp_path / "a").format == "png"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("place", range(0, 500, 31))
@pytest.mark.parametrize("knob", ["cut", "reset"])
async def test_a_submit_may_be_cut_at_any_byte(door: str, knob: str, place: int) -> None:
    host = liar(rule("submit", **{knob: place}))
    async with opened(host, door) as client:
        end, _ = await ending(lambda: client.submit(V3, BODY, TAGS))
        again, _ = await ending(lambda: client.submit(V3, BODY, TAGS))
    assert (end, again) == ("AnswerLost", "Submitted")
    assert host.queue.accepted == 2


@pytest.mark.parametrize("door", DOORS)
async def test_nobody_listens_for_a_while(door: str) -> None:
    host = liar(rule("submit", down=0.3))
    async with opened(host, door) as client:
        with pytest.raises(AnswerLost):
            await client.submit(V3, BODY, TAGS)
        with pytest.raises(NotSent):
            await client.submit(V3, BODY, TAGS)
        host.down_until = 0.0
        if door == "in process":
            await client.submit(V3, BODY, TAGS)
    assert host.queue.accepted == (door == "in process")


@pytest.mark.parametrize("door", DOORS)
async def test_a_download_that_outlives_its_time_leaves_nothing(door: str, tmp_path: Path) -> None:
    host = liar(rule("media", drip=200))
    async with opened(host, door) as client:
        image = (await client.result(await client.submit(V3, BODY, TAGS))).images[2]
        with pytest.raises(DownloadFailed, match="broke off: the wait for an answer timed out"):
            await client.download(image.url, tmp_path / "a", most_bytes=10**6)
    assert not (tmp_path / "a").exists()


def test_every_knob_is_tried_at_both_doors() -> None:
    elsewhere = {"fail", "retry_header", "billed", "images", "race", "units", "lag", "page_size", "no_payloads", "omit"}
    alone = {"down", "truncate", "blank", "change", "page", "bomb"}
    tried = {knob for _, do, *_ in STEPS for knob in do}
    assert tried | elsewhere | alone == set(KNOBS)
    assert {route for route, *_ in STEPS} == set(ROUTES)
