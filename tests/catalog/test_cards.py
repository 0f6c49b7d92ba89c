"""Model cards: the packaged ones, one of the user's own, and everything that can be wrong with a card."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.cards import FEATURES, can, endpoint_card, expected_pixels, load_catalog
from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import BadFiles

PACKAGED = files("shotpilot_pipeline.catalog") / "cards"


def packaged(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PACKAGED / f"{name}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["kling-v3", "kling-o3"])
def test_packaged_cards_keep_to_the_schema_of_cards(name: str) -> None:
    Draft202012Validator(schema("model-1")).validate(packaged(name))
    for end in packaged(name)["endpoints"].values():
        Draft202012Validator.check_schema(end["input"])


@pytest.mark.parametrize("name", ["kling-v3", "kling-o3"])
def test_every_resolution_has_a_price_and_every_ratio_its_pixels(name: str) -> None:
    card = load_catalog().cards[name]
    ratios = card.endpoints["text-to-image"].choices("aspect_ratio")
    assert set(card.endpoints["text-to-image"].prices) == set(card.resolutions)
    assert set(card.pixels) == {(size, ratio) for size in card.resolutions for ratio in ratios}
    assert card.sources
    assert card.price_source
    assert card.price_date <= "2026-11-23"


@pytest.mark.parametrize(
    ("resolution", "aspect", "pixels"),
    [
        ("1K", "16:9", (1360, 768)),
        ("2K", "21:9", (3104, 1312)),
        ("4K", "4:3", (4736, 3520)),
        ("4K", "21:9", (6272, 2688)),
        ("4K", "auto", None),
    ],
)
def test_expected_pixels(resolution: str, aspect: str, pixels: tuple[int, int] | None) -> None:
    assert expected_pixels(load_catalog(), "fal-ai/kling-image/o3/image-to-image", resolution, aspect) == pixels


def test_twice_the_size_at_2k_and_a_ratio_that_holds() -> None:
    for card in load_catalog().cards.values():
        for (resolution, aspect), (width, height) in card.pixels.items():
            one = card.pixels["1K", aspect]
            if resolution == "2K":
                assert (width, height) == (2 * one[0], 2 * one[1])
            across, down = map(int, aspect.split(":"))
            assert abs(width / height * down / across - 1) < 0.03


def test_what_a_model_can() -> None:
    cards = load_catalog().cards
    assert can(cards["kling-o3"], FEATURES) == ()
    assert can(cards["kling-v3"], FEATURES) == FEATURES


def test_an_endpoint_is_found_by_its_full_id() -> None:
    card, end = endpoint_card(load_catalog(), "fal-ai/kling-image/v3/image-to-image")
    assert (card.family, end.image_field, end.max_images, end.max_elements) == ("kling-v3", "image_url", 1, 10)
    with pytest.raises(KeyError):
        endpoint_card(load_catalog(), "fal-ai/nothing")


def own(folder: Path, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "paper.json").write_text(json.dumps(packaged("kling-v3") | {"family": "paper"} | changes), "utf-8")
    return folder


def test_a_card_is_added_by_a_file(tmp_path: Path) -> None:
    found = load_catalog(own(tmp_path / "models"))
    assert sorted(found.cards) == ["kling-o3", "kling-v3", "paper"]
    assert found.digest != load_catalog().digest
    assert load_catalog(tmp_path / "none").digest == load_catalog().digest


def test_a_card_of_the_same_family_takes_the_packaged_ones_place(tmp_path: Path) -> None:
    found = load_catalog(own(tmp_path / "models", family="kling-v3", title="Mine"))
    assert found.cards["kling-v3"].title == "Mine"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": 2}, "model cannot be 2; it wants 1;"),
        ({"colour": "red"}, "the card has 'colour', which no card has there; it takes $schema, model"),
        (
            {"prices": {"unit": "picture", "usd": {"1K": 0.028}, "source": "x", "date": "2026-01-01"}},
            "prices.usd.1K cannot be 0.028; it wants a text in quotes",
        ),
        ({"features": {"sound": True}}, "features has 'sound'"),
        ({"endpoints": {}}, "endpoints holds 0, and needs at least 1"),
        ({"endpoints": {"text-to-image": {"id": "a b", "input": {}}}}, "endpoints.text-to-image"),
        (
            {
                "endpoints": {
                    "text-to-image": {
                        "id": "a/b",
                        "input": {"type": "object", "required": ["prompt"], "properties": {"prompt": {"type": 7}}},
                    }
                }
            },
            "is not a JSON Schema",
        ),
    ],
)
def test_a_bad_card_is_named_with_what_is_wrong(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadFiles) as bad:
        load_catalog(own(tmp_path / "models", **changes))
    assert says in str(bad.value)
    assert "paper.json" in str(bad.value)


@pytest.mark.parametrize("text", [b"{", b"[]", b'"x"', b"\xff\xfe", b"", b"[" * 100_000, b"null", b"NaN"])
def test_bytes_that_are_no_card_are_refused(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(text)
    with pytest.raises(BadFiles, match=r"bad\.json"):
        load_catalog(tmp_path)


def test_two_cards_of_one_family_are_refused_and_all_faults_are_told(tmp_path: Path) -> None:
    folder = own(tmp_path / "models")
    (folder / "twin.json").write_text((folder / "paper.json").read_text("utf-8"), "utf-8")
    (folder / "bad.json").write_text("{")
    with pytest.raises(BadFiles) as bad:
        load_catalog(folder)
    assert len(bad.value.problems) == 2


def test_a_folder_called_like_a_card_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(BadFiles):
        load_catalog(tmp_path)
