"""One queue has one spelling, however it was typed: the ledger asks by it."""

from __future__ import annotations

import pytest

from shotpilot_pipeline.values.origin import may_be_the_same, one_spelling, sayable


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("https://queue.fal.run", "https://queue.fal.run"),
        ("https://queue.fal.run/", "https://queue.fal.run"),
        ("HTTPS://Queue.FAL.run:443//", "https://queue.fal.run"),
        ("https://queue.fal.run.", "https://queue.fal.run"),
        ("http://127.0.0.1:8787/", "http://127.0.0.1:8787"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://proxy.example/Fal/", "https://proxy.example/Fal"),
        ("https://x:port", "https://x:port"),
        ("https://who@queue.fal.run/", "https://who@queue.fal.run/"),
        ("no url", "no url"),
    ],
)
def test_one_queue_is_spelled_in_one_way(typed: str, known: str) -> None:
    assert one_spelling(typed) == known
    assert one_spelling(known) == known


@pytest.mark.parametrize(
    ("queue", "other", "same"),
    [
        ("https://queue.fal.run", "https://queue.falrun.com", True),
        ("https://queue.fal.run", "http://127.0.0.1:8787", False),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8788", False),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787", True),
    ],
)
def test_two_real_queues_may_be_one_service(queue: str, other: str, same: bool) -> None:
    assert may_be_the_same(queue, other) is same


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://fal.example/x", "'ftp://fal.example/x'"),
        ("https://id:top-secret@queue.fal.run/x?y=top-secret", "'https://queue.fal.run/x'"),
        ("id:top-secret", "no URL"),
    ],
)
def test_what_is_said_of_a_url_holds_no_secret(url: str, said: str) -> None:
    assert sayable(url) == said
