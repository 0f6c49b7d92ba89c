"""Answers of the queue in every shape it is known to use, read as values."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.queue.failures import (
    MODEL_ERRORS,
    REQUEST_ERRORS,
    AccountLocked,
    AnswerLost,
    Billed,
    KeyRefused,
    Kind,
    NotReached,
    NotReady,
    RequestFailed,
    billable_units,
    read_failure,
)
from shotpilot_pipeline.queue.protocol import (
    CancelAnswer,
    Reply,
    app_of,
    read_cancel,
    read_result,
    read_status,
    read_submitted,
    rebuilt,
)

QUEUE = "https://queue.fal.run"
V3 = "fal-ai/kling-image/v3/text-to-image"
ID = "019da11f-aeb7-7301-939d-f8b9d28e9836"
BASE = f"{QUEUE}/fal-ai/kling-image/requests/{ID}"
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


def reply(code: int, body: Any = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(code, {name.replace("_", "-"): value for name, value in headers.items()}, data)


@pytest.mark.parametrize(
    ("endpoint", "app"),
    [
        (V3, "fal-ai/kling-image"),
        ("kling/v4/text-to-image", "kling/v4"),
        ("fal-ai/flux", "fal-ai/flux"),
        ("workflows/me/storyboard/run", "workflows/me/storyboard"),
        ("comfy/me/flow", "comfy/me/flow"),
    ],
)
def test_status_is_asked_at_owner_and_app(endpoint: str, app: str) -> None:
    assert app_of(endpoint) == app
    assert rebuilt(f"{QUEUE}/", endpoint, ID).cancel_url == f"{QUEUE}/{app}/requests/{ID}/cancel"


@pytest.mark.parametrize("code", [200, 201, 202])
@pytest.mark.parametrize("word", ["IN_QUEUE", "IN_PROGRESS", "", None, "SOMETHING_NEW"])
def test_any_2xx_with_an_id_is_accepted(code: int, word: str | None) -> None:
    body = {"request_id": ID, "status": word, "status_url": f"{BASE}/status", "response_url": BASE}
    submitted = read_submitted(reply(code, body), QUEUE, V3)
    assert submitted == rebuilt(QUEUE, V3, ID)


def test_an_id_in_the_header_saves_a_broken_answer() -> None:
    submitted = read_submitted(reply(200, b'{"request_', x_fal_request_id=ID), QUEUE, V3)
    assert submitted == rebuilt(QUEUE, V3, ID)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'"x"', b'{"request_id": 7}', b'{"request_id": "a/../b"}']
)
def test_accepted_without_an_id_is_a_lost_answer(body: bytes) -> None:
    with pytest.raises(AnswerLost):
        read_submitted(reply(200, body), QUEUE, V3)


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408, 520])
def test_a_submit_behind_a_gateways_trouble_is_lost_and_not_failed(code: int) -> None:
    with pytest.raises(AnswerLost) as caught:
        read_submitted(reply(code, HTML, x_fal_request_id=ID), QUEUE, V3)
    assert (caught.value.code, caught.value.request_id) == (code, ID)


@pytest.mark.parametrize(
    ("code", "body", "error", "exit_code"),
    [
        (401, {"detail": "invalid key credentials"}, KeyRefused, ExitCode.KEY_OR_BALANCE),
        (403, {"detail": "User is locked. Reason: Exhausted balance."}, AccountLocked, ExitCode.KEY_OR_BALANCE),
        (403, {"detail": "Forbidden"}, AccountLocked, ExitCode.KEY_OR_BALANCE),
        (404, {"detail": "Application not found"}, RequestFailed, ExitCode.TAKES_FAILED),
        (405, {"detail": "Method Not Allowed"}, RequestFailed, ExitCode.TAKES_FAILED),
        (429, {"detail": "too long"}, RequestFailed, ExitCode.TAKES_FAILED),
        (307, b"", RequestFailed, ExitCode.TAKES_FAILED),
    ],
)
def test_a_clear_no_to_a_submit(code: int, body: Any, error: type[Exception], exit_code: ExitCode) -> None:
    with pytest.raises(error) as caught:
        read_submitted(reply(code, body), QUEUE, V3)
    assert caught.value.exit_code is exit_code  # type: ignore[attr-defined]


def test_too_many_requests_may_be_sent_again_and_are_free() -> None:
    with pytest.raises(RequestFailed) as caught:
        read_submitted(reply(429, b"", retry_after="7"), QUEUE, V3)
    failure = caught.value.failure
    assert (failure.kind, failure.permanent, failure.billed, failure.retry_after) == (Kind.BUSY, False, Billed.NO, 7.0)


@pytest.mark.parametrize("code", [200, 202])
@pytest.mark.parametrize(
    ("body", "word", "done"),
    [
        ({"status": "IN_QUEUE", "queue_position": 4}, "IN_QUEUE", False),
        ({"status": "IN_PROGRESS"}, "IN_PROGRESS", False),
        ({"status": "COMPLETED", "logs": None, "metrics": None}, "COMPLETED", True),
        ({"status": "CANCELLATION_REQUESTED"}, "CANCELLATION_REQUESTED", False),
        ({"status": "CANCELLED"}, "CANCELLED", True),
        ({"status": "PAUSED"}, "PAUSED", False),
        ({"status": ""}, "", False),
        ({}, "", False),
        ([], "", False),
        (b"", "", False),
        (b"<html>", "", False),
    ],
)
def test_status_goes_by_its_word_and_never_by_its_code(code: int, body: Any, word: str, done: bool) -> None:
    status = read_status(reply(code, body))
    assert (status.word, status.done) == (word, done)


def test_a_completed_request_may_have_failed() -> None:
    body = {"status": "COMPLETED", "error": "Runner disconnected (503)", "error_type": "runner_disconnected"}
    failure = read_status(reply(200, body)).failure
    assert failure is not None
    assert (failure.kind, failure.permanent, failure.billed) == (Kind.SERVICE, False, Billed.NO)
    assert read_status(reply(200, {"status": "COMPLETED", "error": None})).failure is None
    assert read_status(reply(200, {"status": "COMPLETED", "metrics": {"inference_time": 2.5}})).inference_seconds == 2.5


@pytest.mark.parametrize("code", [404, 410])
def test_a_request_no_longer_kept(code: int) -> None:
    with pytest.raises(RequestFailed) as caught:
        read_status(reply(code, {"status": "NOT_FOUND"}))
    assert caught.value.failure.kind is Kind.NOT_FOUND


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_trouble_while_reading_is_asked_again(code: int) -> None:
    for read in (read_status, read_result, read_cancel):
        with pytest.raises(NotReached):
            read(reply(code, HTML, retry_after="3"))


@pytest.mark.parametrize(
    "early",
    [
        reply(202, {"status": "IN_PROGRESS"}),
        reply(202, b""),
        reply(400, {"detail": "Request is still in progress"}),
        reply(200, {"status": "IN_QUEUE", "queue_position": 0}),
    ],
)
def test_a_result_asked_for_too_early_is_no_failure(early: Reply) -> None:
    with pytest.raises(NotReady):
        read_result(early)


def test_pictures_with_half_their_facts_missing() -> None:
    items = [
        {"url": "https://v3b.fal.media/files/b/a/b.png", "width": None, "file_size": None, "file_name": None},
        {"url": "https://v3b.fal.media/files/b/a/c.png", "content_type": "image/png", "file_size": 17, "width": 10},
        {"url": ""},
        {},
        None,
        "https://v3b.fal.media/files/b/a/d.png",
    ]
    result = read_result(reply(200, {"images": items, "seed": 3}, x_fal_billable_units="4.00000000", date="x"))
    assert [image.url[-5:] for image in result.images] == ["b.png", "c.png", "d.png"]
    assert (result.images[0].width, result.images[0].file_name) == (None, "")
    assert (result.images[1].width, result.images[1].file_size) == (10, 17)
    assert result.billable_units == 4
    assert result.headers == {"x-fal-billable-units": "4.00000000"}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("4", Decimal(4)),
        ("38.8", Decimal("38.8")),
        ("8.439999999999998", Decimal("8.439999999999998")),
        ("0.02", Decimal("0.02")),
        ("", None),
        ("many", None),
        ("NaN", None),
        ("Infinity", None),
        ("-1", None),
    ],
)
def test_billable_units_are_exact(text: str, units: Decimal | None) -> None:
    assert billable_units({"x-fal-billable-units": text}) == units


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", {"images": None}, {"images": {"url": "x"}}])
def test_a_result_without_pictures_is_asked_again(body: Any) -> None:
    with pytest.raises(NotReached):
        read_result(reply(200, body))


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"detail": [{"loc": ["body", "elements", 0], "msg": "said", "type": kind, "input": "x" * 10**5, **more}]}


@pytest.mark.parametrize(("kind", "known"), MODEL_ERRORS.items())
def test_every_model_error_of_the_table(kind: str, known: Any) -> None:
    with pytest.raises(RequestFailed) as caught:
        read_result(reply(422 if known.permanent else 500, item(kind)))
    failure = caught.value.failure
    assert (failure.kind, failure.type, failure.field) == (known.kind, kind, "elements.0")
    assert failure.permanent is bool(known.permanent)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(("kind", "known"), REQUEST_ERRORS.items())
def test_every_request_error_of_the_table(kind: str, known: Any) -> None:
    by_body = read_failure(503, {}, {"detail": "said", "error_type": kind})
    by_header = read_failure(503, {"x-fal-error-type": kind}, {"detail": "said"})
    assert by_body == by_header
    assert (by_body.kind, by_body.permanent) == (known.kind, bool(known.permanent))


@pytest.mark.parametrize("header", ["x-fal-needs-retry", "x-fal-retryable"])
@pytest.mark.parametrize(("said", "permanent"), [("1", False), ("true", False), ("0", True), ("false", True)])
def test_the_retry_header_decides_where_the_table_does_not(header: str, said: str, permanent: bool) -> None:
    failure = read_failure(500, {header: said}, item("internal_server_error"))
    assert failure.permanent is permanent
    assert read_failure(422, {header: said}, item("content_policy_violation")).permanent


@pytest.mark.parametrize(
    ("code", "units", "billed"),
    [
        (422, None, Billed.UNKNOWN),
        (422, "0", Billed.NO),
        (422, "1", Billed.YES),
        (500, None, Billed.NO),
        (499, None, Billed.UNKNOWN),
        (404, None, Billed.NO),
    ],
)
def test_whether_a_failure_was_paid_for(code: int, units: str | None, billed: Billed) -> None:
    headers = {"x-fal-billable-units": units} if units is not None else {}
    assert read_failure(code, headers, {"detail": "no"}).billed is billed


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "plain"}, "plain"),
        ({"detail": [{"msg": "listed"}]}, "listed"),
        ({"error": {"type": "not_found", "message": "platform"}}, "platform"),
        ({"error": "bare"}, "bare"),
        ({"message": "other"}, "other"),
        ("<h1>503</h1> busy", "503 busy"),
        (None, ""),
        ([], ""),
        ({"detail": []}, ""),
        ({"detail": [3]}, ""),
    ],
)
def test_error_bodies_in_every_shape(body: object, message: str) -> None:
    assert read_failure(422, {}, body).message == message


def test_a_refusal_tells_what_to_do() -> None:
    with pytest.raises(RequestFailed, match="change the words") as caught:
        read_result(reply(422, item("content_policy_violation")))
    assert (caught.value.kind, caught.value.permanent) == ("refused", True)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (reply(202, {"status": "CANCELLATION_REQUESTED"}), CancelAnswer.ASKED),
        (reply(200, {"success": True}), CancelAnswer.ASKED),
        (reply(400, {"status": "ALREADY_COMPLETED"}), CancelAnswer.TOO_LATE),
        (reply(400, {"detail": "done"}), CancelAnswer.TOO_LATE),
        (reply(404, {"status": "NOT_FOUND"}), CancelAnswer.NOT_FOUND),
    ],
)
def test_cancel_answers(answer: Reply, meaning: CancelAnswer) -> None:
    assert read_cancel(answer) is meaning


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["status", "images", "url", "detail", "error", "error_type", "metrics", "inference_time", "loc",
                         "msg", "type", "request_id", "status_url", "queue_position", "width"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.integers(200, 599), json_values | st.binary(max_size=40), st.sampled_from(["", "1", "x", "-0.5"]))
def test_no_answer_whatever_ends_in_a_traceback(code: int, body: Any, units: str) -> None:
    answer = reply(code, body, x_fal_billable_units=units, retry_after=units)
    for read in (lambda it: read_submitted(it, QUEUE, V3), read_status, read_result, read_cancel):
        with suppress(AnswerLost, NotReached, NotReady, RequestFailed, AccountLocked, KeyRefused):
            read(answer)
