"""The model guide, reproduced: its five examples, its sums, its workflow, and the project's own shot lists of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.catalog.cards import Catalog, endpoint_card, load_catalog
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.request import wire_body
from shotpilot_pipeline.values.task import Compiled, Task

GUIDE = Path(__file__).with_name("model-guide.md")
GOLDEN = Path(__file__).with_name("golden")
OWN = Path(__file__).resolve().parents[2] / "shotlists" / "guide"

#: The endpoint of each example (DESIGN 3.1), and the field names the guide leaves to their defaults there.
ENDPOINTS = {
    "Film Noir Still": "fal-ai/kling-image/v3/text-to-image",
    "Character Concept with Face Control": "fal-ai/kling-image/v3/text-to-image",
    "Storyboard Series (O3)": "fal-ai/kling-image/o3/text-to-image",
    "Multi-Reference Style Transfer (O3 I2I)": "fal-ai/kling-image/o3/image-to-image",
    "Movie Poster with Text": "fal-ai/kling-image/o3/text-to-image",
}
MODELS = {"v3": "kling-v3", "o3": "kling-o3"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def examples() -> dict[str, dict[str, Any]]:
    """The five JSON blocks under the guide's cinematic examples, by their headings."""
    part = GUIDE.read_text("utf-8").split("## Cinematic Examples")[1].split("\n## ")[0]
    return {
        title.strip(): json.loads(body) for title, body in re.findall(r"### (.+?)\n```json\n(.+?)```", part, re.DOTALL)
    }


def located(url: str) -> str:
    """The guide's local names stand at a web address here, so that its examples need no files."""
    return f"https://example.com/{url}"


def as_shot_list(example: dict[str, Any], model: str) -> str:
    """An example as a filmmaker writes it by hand: its own keys, each where the language has it."""
    shot: dict[str, Any] = {"prompt": example["prompt"]}
    shot |= {key: example[key] for key in ("resolution", "aspect_ratio") if key in example}
    if "num_images" in example:
        shot["takes"] = example["num_images"]
    if "elements" in example:
        shot["elements"] = [{"image_url": located(element["image_url"])} for element in example["elements"]]
    if "image_urls" in example:
        shot["image_urls"] = [located(url) for url in example["image_urls"]]
    if example.get("result_type") == "series":
        shot["series"] = {"amount": example["series_amount"]}
    written = {
        "shotlist": 1,
        "show": "guide",
        "stages": {"still": {"model": model, "pick": "first"}},
        "scenes": {"sc010": {"shots": {"sh010": shot}}},
    }
    return json.dumps(written, indent=1)  # JSON is YAML


def live_form(example: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """The guide's payload as the live service takes it: elements by their live name, every field explicit."""
    body: dict[str, Any] = {"output_format": "png", **example}
    if "/o3/" in endpoint:
        body.setdefault("result_type", "single")
    if body.get("result_type") != "series":
        body.setdefault("num_images", 1)
    if "elements" in body:
        body["elements"] = [{"frontal_image_url": located(element["image_url"])} for element in body["elements"]]
    if "image_urls" in body:
        body["image_urls"] = [located(url) for url in body["image_urls"]]
    return body


def compiled(path: Path, catalog: Catalog) -> Compiled:
    source, problems = read_source(path, path.parent)
    assert source is not None, problems
    found, faults = compile_source(source, catalog)
    assert found is not None, "\n".join(map(str, faults))
    assert not faults, "\n".join(map(str, faults))
    return found


def body_of(task: Task) -> dict[str, Any]:
    return wire_body(task.forms[0], min(task.takes, 9), lambda mark: mark.removeprefix("url:"))


def cost(task: Task) -> Money:
    return Money(task.picture_price) * (task.takes * task.panels)


@pytest.mark.parametrize("title", ENDPOINTS)
def test_each_example_of_the_guide_compiles_to_its_payload(title: str, tmp_path: Path, catalog: Catalog) -> None:
    example, endpoint = examples()[title], ENDPOINTS[title]
    path = tmp_path / "guide.yaml"
    path.write_text(as_shot_list(example, MODELS[endpoint.split("/")[2]]), "utf-8")
    task = compiled(path, catalog).tasks[0]
    assert task.endpoint == endpoint
    assert body_of(task) == live_form(example, endpoint)


def test_the_guide_has_five_examples() -> None:
    assert list(examples()) == list(ENDPOINTS)


@pytest.mark.parametrize("path", sorted(OWN.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_own_shot_lists_compile_to_their_golden_requests(path: Path, catalog: Catalog) -> None:
    """Each file's tasks as they go out; a changed request is a changed golden file, seen in review."""
    tasks = [
        {"address": task.address, "endpoint": task.endpoint, "takes": task.takes, "input": body_of(task)}
        for task in compiled(path, catalog).tasks
    ]
    golden = GOLDEN / f"{path.stem}.json"
    assert json.loads(golden.read_text("utf-8")) == tasks


def test_every_golden_file_has_its_shot_list() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {path.stem for path in OWN.glob("*.yaml")}


@pytest.mark.parametrize(
    ("name", "endpoint", "resolution", "aspect", "pictures"),
    [
        ("film-noir-still", "v3/text-to-image", "2K", "2:3", 3),
        ("space-marine", "v3/text-to-image", "2K", "21:9", 1),
        ("courtroom-series", "o3/text-to-image", "2K", "16:9", 4),
        ("style-transfer", "o3/image-to-image", "2K", "auto", 1),
        ("poster", "o3/text-to-image", "2K", "2:3", 1),
    ],
)
def test_our_own_five_are_of_the_guides_kinds(
    name: str, endpoint: str, resolution: str, aspect: str, pictures: int, catalog: Catalog
) -> None:
    task = compiled(OWN / f"{name}.yaml", catalog).tasks[0]
    body = body_of(task)
    assert task.endpoint == f"fal-ai/kling-image/{endpoint}"
    assert (body["resolution"], body["aspect_ratio"]) == (resolution, aspect)
    assert task.takes * task.panels == pictures


def test_the_workflow_iterates_on_v3_refines_at_2k_and_ends_on_o3_at_4k(catalog: Catalog) -> None:
    iterate, refine, final = compiled(OWN / "workflow.yaml", catalog).tasks
    assert (iterate.endpoint, body_of(iterate)["resolution"]) == ("fal-ai/kling-image/v3/text-to-image", "1K")
    assert str(cost(iterate)) == "0.112"
    assert body_of(refine)["resolution"] == "2K"
    assert Money.usd("0.028") <= cost(refine) <= Money.usd("0.112")
    assert (final.endpoint.split("/")[2], body_of(final)["resolution"]) == ("o3", "4K")
    assert str(cost(final)) == "0.056"


@pytest.mark.parametrize(
    ("shot", "usd"),
    [
        ({"prompt": "a", "takes": 9}, "0.252"),
        ({"model": "kling-o3", "resolution": "2K", "series": {"panels": ["a", "b", "c", "d"]}}, "0.112"),
        ({"model": "kling-o3", "resolution": "4K", "prompt": "a"}, "0.056"),
        ({"prompt": "a", "resolution": "2K"}, "0.028"),
        ({"model": "kling-o3", "series": {"panels": ["a", "b"]}, "takes": 4}, "0.224"),
    ],
)
def test_sums_are_right_to_the_cent(shot: dict[str, Any], usd: str, tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "sum.yaml"
    written = {"shotlist": 1, "show": "sum", "scenes": {"sc010": {"shots": {"sh010": shot}}}}
    path.write_text(json.dumps(written), "utf-8")
    source, _ = read_source(path, tmp_path)
    assert source is not None
    found, _ = compile_source(source, catalog)
    assert found is not None
    assert str(cost(found.tasks[0])) == usd


def test_the_cards_say_what_the_guides_tables_say(catalog: Catalog) -> None:
    v3, o3 = catalog.cards["kling-v3"], catalog.cards["kling-o3"]
    assert v3.resolutions == ("1K", "2K")
    assert o3.resolutions == ("1K", "2K", "4K")
    assert "series" not in v3.features
    assert "series" in o3.features
    assert (v3.limits.series, o3.limits.series) == ((0, 0), (2, 9))
    assert (v3.endpoints["image-to-image"].max_images, o3.endpoints["image-to-image"].max_images) == (1, 10)
    assert (v3.lettering, o3.lettering) == ("good", "excellent")
    assert {size: str(usd) for size, usd in o3.endpoints["text-to-image"].prices.items()} == {
        "1K": "0.028",
        "2K": "0.028",
        "4K": "0.056",
    }
    assert {card.limits.prompt for card in (v3, o3)} == {2500}
    assert {card.limits.pictures for card in (v3, o3)} == {(1, 9)}


@pytest.mark.parametrize("endpoint", ["v3/text-to-image", "v3/image-to-image", "o3/text-to-image", "o3/image-to-image"])
def test_parameters_and_defaults_are_those_of_the_guides_tables(endpoint: str, catalog: Catalog) -> None:
    _, end = endpoint_card(catalog, f"fal-ai/kling-image/{endpoint}")
    ratios = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
    multi = endpoint == "o3/image-to-image"
    assert end.choices("aspect_ratio") == (*ratios, "auto") if multi else ratios
    assert end.choices("output_format") == ("jpeg", "png", "webp")
    assert end.fields["resolution"]["default"] == "1K"
    assert end.fields["output_format"]["default"] == "png"
    assert (end.fields["num_images"]["minimum"], end.fields["num_images"]["maximum"]) == (1, 9)
    assert ("negative_prompt" in end.fields) == (endpoint == "v3/text-to-image")
    assert ("result_type" in end.fields) == endpoint.startswith("o3")
    assert {"seed", "sync_mode"}.isdisjoint(end.fields)
