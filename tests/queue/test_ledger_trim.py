"""What of an answer lies on the disk: nothing secret, nothing signed, nothing echoed, nothing long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.queue.ledger.schema import MOST_ANSWER
from shotpilot_pipeline.queue.ledger.trim import clean_text, trim_answer

KEY = "0f9b1c2d-3e4f-5a6b-7c8d-9e0f1a2b3c4d:0123456789abcdef0123456789abcdef"


def test_a_refusal_keeps_what_matters() -> None:
    answer = {
        "detail": [
            {
                "loc": ["body", "prompt"],
                "msg": "the prompt was refused",
                "type": "content_policy_violation",
                "url": "https://docs.fal.ai/errors/#content_policy_violation",
                "input": {"prompt": "SECRET WORDS", "image_url": "data:image/png;base64,AAAA"},
            }
        ]
    }
    kept = trim_answer(json.dumps(answer))
    assert "SECRET WORDS" not in kept
    assert json.loads(kept)["detail"][0]["type"] == "content_policy_violation"
    assert json.loads(kept)["detail"][0]["loc"] == ["body", "prompt"]


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Key {KEY}", f"bad key {KEY}.", "Bearer abcdefghijklmnop123456",
        "https://v3b.fal.media/files/b/x.png?signature=abcdefghijklmnop123456 is gone",
        "see https://me:abcdefghijklmnop123456@host/x", "data:image/png;base64,abcdefghijklmnop123456",
    ],
)  # fmt: skip
def test_no_secret_stays(text: str) -> None:
    for kept in (trim_answer(text), trim_answer(json.dumps({"detail": text})), clean_text(text)):
        assert "abcdefghijklmnop" not in kept
        assert "0123456789abcdef" not in kept
        assert "(cut)" in kept or "//host/x" in kept


@pytest.mark.parametrize(
    "name", ["Authorization", "fal_key", "api-key", "upload_token", "client_secret", "x-signature"]
)
def test_no_field_with_the_name_of_a_secret_stays(name: str) -> None:
    assert json.loads(trim_answer(json.dumps({name: "hush", "ok": 1}))) == {name: "(cut)", "ok": 1}


def test_the_address_of_a_picture_stays() -> None:
    answer = {"images": [{"url": "https://v3b.fal.media/files/b/0a8d069f/8k_1.png", "width": None}]}
    assert json.loads(trim_answer(json.dumps(answer))) == answer


@pytest.mark.parametrize("answer", ["", "  \n", b""])
def test_nothing_stays_nothing(answer: str | bytes) -> None:
    assert trim_answer(answer) == ""


def test_a_page_of_html_and_bytes_that_are_no_text() -> None:
    assert trim_answer("<html>502 Bad Gateway</html>") == "<html>502 Bad Gateway</html>"
    assert trim_answer(b"\xff\xfe\x00ok").endswith("ok")
    assert len(trim_answer("é" * 100_000).encode()) <= MOST_ANSWER


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3000) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=80) | st.dictionaries(st.text(max_size=90), inner, max_size=80),
    max_leaves=60,
)


@given(values)
def test_any_answer_is_short_and_can_be_written(answer: Any) -> None:
    kept = trim_answer(json.dumps(answer))
    assert len(kept.encode()) <= MOST_ANSWER
    assert kept == "" or json.loads(kept) is not None or answer is None


def test_an_answer_without_end() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep, {"input": deep if isinstance(deep, str) else 1}]
    for answer in (json.dumps(deep), "[" * 100_000, json.dumps(list(range(10**5))), json.dumps({"n": 10**4000})):
        assert len(trim_answer(answer).encode()) <= MOST_ANSWER
