"""The form is hashed, explained and sent; what reaches the model moves the key, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.values import request

WIRE: dict[str, Any] = {
    "prompt": "@Element1 waits. Keep @Image1.",
    "image_urls": [request.pick_mark("sc010/sh010@iterate"), request.url_mark("https://example.com/a.png")],
    "elements": [
        {"frontal_image_url": request.file_mark("a" * 64), "reference_image_urls": [request.file_mark("b" * 64)]}
    ],
    "resolution": "2K",
    "num_images": 3,
}


def test_the_number_of_takes_is_not_in_the_key() -> None:
    assert request.request_form("m", WIRE) == request.request_form("m", WIRE | {"num_images": 9})


def test_a_form_that_waits_has_no_key_and_names_what_it_waits_for() -> None:
    form = request.request_form("m", WIRE)
    assert request.open_picks(form) == ("sc010/sh010@iterate",)
    with pytest.raises(ValueError, match="waits for a pick"):
        request.render_key(form)


def test_a_settled_form_holds_the_bytes_that_were_picked() -> None:
    settled = request.settle(request.request_form("m", WIRE), {"sc010/sh010@iterate": "c" * 64}.__getitem__)
    assert request.open_picks(settled) == ()
    assert request.input_of(settled)["image_urls"][0] == f"sha256:{'c' * 64}"
    other = request.settle(request.request_form("m", WIRE), lambda _: "d" * 64)
    assert request.render_key(settled) != request.render_key(other)


def test_a_panel_of_a_pick_is_a_need_of_its_own() -> None:
    mark = request.pick_mark("a/b@iterate", 2)
    form = request.request_form("m", {"prompt": "x", "image_url": mark})
    assert request.open_picks(form) == ("a/b@iterate/p02",)
    assert request.split_pick("a/b@iterate/p02") == ("a/b@iterate", 2)
    assert request.split_pick("a/p02@iterate") == ("a/p02@iterate", 0)


def test_a_prompt_that_looks_like_a_pick_is_only_a_prompt() -> None:
    form = request.request_form("m", {"prompt": "pick:a/b@iterate", "resolution": '"\\u0000pick:a/b"'})
    assert request.open_picks(form) == ()
    assert request.settle(form, lambda need: pytest.fail(f"asked for {need}")) == form


def test_the_body_stands_where_the_marks_were() -> None:
    form = request.settle(request.request_form("m", WIRE), lambda _: "c" * 64)
    body = request.wire_body(form, 2, lambda mark: {f"sha256:{x * 64}": f"refs/{x}.jpg" for x in "abc"}.get(mark, mark))
    assert body["num_images"] == 2
    assert body["elements"] == [{"frontal_image_url": "refs/a.jpg", "reference_image_urls": ["refs/b.jpg"]}]
    assert request.marks_of(form)[0] == f"sha256:{'c' * 64}"


def test_a_series_says_its_number_itself() -> None:
    form = request.request_form("m", {"prompt": "x", "result_type": "series", "series_amount": 4})
    assert "num_images" not in request.wire_body(form, 4, str)


texts = st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))


@given(st.dictionaries(st.sampled_from(["prompt", "resolution", "aspect_ratio", "output_format"]), texts, min_size=1))
def test_each_field_moves_the_key_and_order_does_not(wire: dict[str, str]) -> None:
    key = request.render_key(request.request_form("m", wire))
    assert key == request.render_key(request.request_form("m", dict(reversed(list(wire.items())))))
    assert key != request.render_key(request.request_form("other", wire))
    for field in wire:
        assert key != request.render_key(request.request_form("m", wire | {field: wire[field] + "x"}))
    assert json.loads(request.request_form("m", wire))["input"] == wire


@given(st.sampled_from(sorted(WIRE)), st.text(max_size=20))
def test_what_moves_the_key_is_told_as_a_part_and_nothing_else_is(field: str, value: str) -> None:
    before = request.request_form("m", WIRE)
    after = request.request_form("m", WIRE | {field: value})
    changes = request.part_changes(before, after)
    assert bool(changes) == (before != after)
    assert {change.name.partition(" ")[0] for change in changes} <= {field}


def test_every_part_of_a_form_is_told_by_name() -> None:
    names = [part.name for part in request.parts_of(request.request_form("m", WIRE))]
    assert names == [
        "elements 1 frontal_image_url", "elements 1 reference_image_urls 1", "image_urls 1", "image_urls 2", "prompt",
        "resolution", "endpoint", "key",
    ]  # fmt: skip
