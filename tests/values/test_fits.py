"""A bought picture as it stands in a request: itself, or a recipe for a copy that the model takes."""

from __future__ import annotations

import json

import pytest

from shotpilot_pipeline.values.fits import Recipe, as_sent, derivative_note, fits_text, split_sent
from shotpilot_pipeline.values.request import file_mark, request_form
from shotpilot_pipeline.values.take import Picture

SHA = "ab" * 32
FITS = fits_text(10_000_000, ("jpeg", "png"))


@pytest.mark.parametrize(
    ("size", "kind", "fits", "sent"),
    [
        (10_000_000, "png", FITS, SHA),
        (10_000_001, "png", FITS, f"{SHA};as=jpeg;bytes=10000000"),
        (5, "webp", FITS, f"{SHA};as=jpeg;bytes=10000000"),
        (50_000_000, "webp", "", SHA),  # nothing is known of what the model takes
    ],
)
def test_only_what_is_not_taken_gets_a_recipe(size: int, kind: str, fits: str, sent: str) -> None:
    assert as_sent(Picture(SHA, size, 6272, 2688, kind), fits) == sent


def test_the_recipe_is_read_back() -> None:
    assert split_sent(f"{SHA};as=jpeg;bytes=10000000") == (SHA, Recipe("jpeg", 10_000_000))
    assert split_sent(SHA) == (SHA, None)
    assert split_sent(f"{SHA};as=tiff;bytes=1") == (f"{SHA};as=tiff;bytes=1", None)  # of a newer version: no such file


def test_the_plan_names_a_derivative_and_is_not_fooled_by_a_prompt() -> None:
    value = as_sent(Picture(SHA, 12_000_000, 1, 1, "png"), FITS)
    form = request_form("m", {"prompt": "x", "image_urls": [file_mark(value)]})
    assert derivative_note(form) == (
        "the model does not take the carried picture as it is: it goes out as a JPEG of at most 10 MB"
    )
    assert json.loads(form)["input"]["image_urls"] == [f"sha256:{SHA};as=jpeg;bytes=10000000"]
    assert derivative_note(request_form("m", {"prompt": f'"sha256:{value}"'})) == ""
    assert derivative_note(request_form("m", {"prompt": "x", "image_urls": [file_mark(SHA)]})) == ""
