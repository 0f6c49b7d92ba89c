"""Model choice and the request as sent: endpoints, parameters, limits, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shotpilot_pipeline.catalog.cards import IMAGE_TO_IMAGE, TEXT_TO_IMAGE, Card, Catalog, load_catalog
from shotpilot_pipeline.shotlist.compile import compile_source
from tests.shotlist.compiling import CAST, STAGES, Result, catalog, read, show

BOTH = "model: [kling-v3, kling-o3]"


@pytest.mark.parametrize(
    ("shot", "endpoint", "note"),
    [
        ("prompt: a", "v3/text-to-image", "kling-v3, the first of the models named"),
        ("prompt: a, resolution: 2k", "v3/text-to-image", "kling-v3, the first of the models named"),
        (
            "prompt: a, resolution: 4k",
            "o3/text-to-image",
            "kling-o3, because kling-v3 renders at 1K or 2K, not at 4K",
        ),
        ("series: {panels: [a, b]}", "o3/text-to-image", "kling-o3, because kling-v3 has no series"),
        ('prompt: "@plate"', "v3/image-to-image", "kling-v3, the first of the models named"),
        (
            'prompt: "@plate @grade"',
            "o3/image-to-image",
            "kling-o3, because kling-v3 takes one image, and 2 are sent",
        ),
        (
            'prompt: "@plate", aspect_ratio: auto',
            "o3/image-to-image",
            "kling-o3, because kling-v3 has no aspect_ratio auto",
        ),
    ],
)
def test_the_first_model_that_can_is_taken_and_the_plan_says_why(
    shot: str, endpoint: str, note: str, tmp_path: Path
) -> None:
    task = show(tmp_path, f"sh010: {{{shot}, {BOTH}}}", head=CAST).list.tasks[0]
    assert (task.endpoint, task.notes) == (f"fal-ai/kling-image/{endpoint}", (note,))


def test_one_model_needs_no_explanation(tmp_path: Path) -> None:
    assert show(tmp_path, "sh010: {prompt: a, model: kling-o3}").list.tasks[0].notes == ()


@pytest.mark.parametrize(
    ("shot", "says", "hint"),
    [
        ("prompt: a, resolution: 4K, model: kling-v3", "kling-v3 renders at 1K or 2K, not at 4K", "kling-o3 can"),
        ("series: {panels: [a, b]}, model: kling-v3", "kling-v3 has no series", "kling-o3 can"),
        ('prompt: "@plate @grade", model: kling-v3', "kling-v3 takes one image, and 2 are sent", "kling-o3 can"),
        ("prompt: a, model: kling-v4", "there is no model 'kling-v4'", 'did you mean "kling-v3"?'),
        ("prompt: a, model: [kling-v3, klingo3]", "there is no model 'klingo3'", 'did you mean "kling-o3"?'),
    ],
)
def test_a_model_that_cannot_is_an_error_with_a_cure(shot: str, says: str, hint: str, tmp_path: Path) -> None:
    head = CAST + "stages: {still: {model: kling-v3}}"
    if "klingo3" in shot:
        shot += ", resolution: 4K"
    problem = show(tmp_path, f"sh010: {{{shot}}}", head=head).only_error()
    assert (problem.message, problem.hint) == (says, hint)


@pytest.mark.parametrize(
    ("aspect", "hint"),
    [
        ("1.85", "the nearest is 16:9; crop afterwards"),
        ("2.39:1", "the nearest is 21:9; crop afterwards"),
        ("4:5", "the nearest is 3:4; crop afterwards"),
        ("wide", "choose 16:9, 9:16, 1:1, 4:3, 3:4, 3:2, 2:3, 21:9"),
        ("auto", "auto is the ratio of the picture that is sent, and none is; name one"),
    ],
)
def test_an_aspect_ratio_that_is_not_taken_names_the_nearest(aspect: str, hint: str, tmp_path: Path) -> None:
    problem = show(tmp_path, f'sh010: {{prompt: a, aspect_ratio: "{aspect}", model: kling-o3}}').only_error()
    assert (problem.rule, problem.hint) == ("aspect-unsupported", hint)
    line = (tmp_path / "list.yaml").read_text().splitlines()[problem.place.line - 1]
    assert line[problem.place.column - 1 :].startswith(f'"{aspect}')


def test_every_field_is_explicit_and_nothing_empty_is_sent(tmp_path: Path) -> None:
    head = CAST + STAGES
    result = show(tmp_path, 'sh010: {prompt: "@vera"}\nsh020: {model: kling-o3, series: {panels: [a, b]}}', head=head)
    common = {"aspect_ratio", "output_format", "prompt", "resolution"}
    assert set(result.wire("sc010/sh010@iterate")) == common | {"elements"}
    assert set(result.wire("sc010/sh010@refine")) == common | {"elements", "image_url"}
    assert set(result.wire("sc010/sh010@final")) == common | {"elements", "image_urls", "result_type"}
    assert set(result.wire("sc010/sh020@iterate")) == common | {"result_type", "series_amount"}


def test_a_negative_prompt_goes_only_where_it_exists_and_always_warns(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a, negative_prompt: no  hats}", head=STAGES)
    first, last = result.task("sc010/sh010@iterate"), result.task("sc010/sh010@final")
    assert result.wire(first.address)["negative_prompt"] == "no hats"
    assert "negative_prompt" not in result.wire(last.address)
    assert last.notes == ("negative_prompt dropped: kling-o3 image-to-image has none",)
    assert {problem.rule for problem in result.warnings} == {"negative-prompt-used"}
    assert result.errors == []


def test_too_many_images_and_elements_are_refused(tmp_path: Path) -> None:
    images = ", ".join(f'i{number}: "https://e.com/{number}.jpg"' for number in range(11))
    mentions = " ".join(f"@i{number}" for number in range(11))
    shot = f'sh010: {{model: kling-o3, images: {{{images}}}, prompt: "{mentions}"}}'
    rules = [problem.rule for problem in show(tmp_path, shot).errors]
    assert rules[0] == "image-count"
    nine = shot.replace(" @i9 @i10", " @vera @sam")
    problem = show(tmp_path, nine, head=CAST).only_error()
    assert problem.message == "2 elements and 9 images are sent; 10 together are taken"


def test_a_card_of_the_users_own_is_a_model_like_any_other(tmp_path: Path) -> None:
    """And a field that a card gained later stays out of the request while at its default."""
    card = json.loads((Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards/kling-v3.json").read_text("utf-8"))
    card["family"] = "paper"
    for end in card["endpoints"].values():
        end["id"] = end["id"].replace("kling-image/v3", "paper")
        end["input"]["properties"]["grain"] = {"enum": ["fine", "coarse"], "default": "fine"}
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "paper.json"
    path.write_text(json.dumps(card), "utf-8")
    text = "shotlist: 1\nshow: a\nscenes: {sc010: {shots: {sh010: {prompt: a, model: paper}}}}\n"
    before = Result(*compile_source(read(tmp_path, text), load_catalog(tmp_path / "models")))
    assert before.list.tasks[0].endpoint == "fal-ai/paper/text-to-image"
    assert before.wire("sc010/sh010@still")["grain"] == "fine"
    for end in card["endpoints"].values():
        end["input"]["properties"]["glow"] = {"type": "integer", "default": 0, "added_later": True}
        end["input"]["properties"]["output_format"]["added_later"] = True
    path.write_text(json.dumps(card), "utf-8")
    later = Result(*compile_source(read(tmp_path, text), load_catalog(tmp_path / "models")))
    assert "glow" not in later.wire("sc010/sh010@still")
    assert "output_format" not in later.wire("sc010/sh010@still")


def test_a_request_outside_the_cards_schema_is_refused(tmp_path: Path) -> None:
    """The schema is the last word: here the card takes nothing but jpeg."""
    folder = tmp_path / "models"
    folder.mkdir()
    card = json.loads((Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards/kling-v3.json").read_text("utf-8"))
    card["endpoints"]["text-to-image"]["input"]["properties"]["output_format"] = {"enum": ["jpeg"]}
    (folder / "kling-v3.json").write_text(json.dumps(card), "utf-8")
    text = "shotlist: 1\nshow: a\nscenes: {sc010: {shots: {sh010: {prompt: a, model: kling-v3}}}}\n"
    problem = Result(*compile_source(read(tmp_path, text), load_catalog(folder))).only_error()
    assert problem.rule == "request-invalid"
    assert 'output_format cannot be "png"; it wants "jpeg"' in problem.message


@pytest.mark.parametrize("first", ["kling-o3", "small"])
def test_two_cards_of_one_endpoint_keep_their_own_limits_and_schemas(tmp_path: Path, first: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    card = json.loads((Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards/kling-o3.json").read_text("utf-8"))
    card["family"] = "small"
    card["limits"]["series"] = [2, 3]
    card["endpoints"]["text-to-image"]["input"]["properties"]["output_format"] = {"enum": ["jpeg", "png"]}
    (folder / "small.json").write_text(json.dumps(card), "utf-8")
    models = [first, *({"kling-o3", "small"} - {first})]
    shots = [f"{{series: {{panels: [one, two, three, four, five]}}, model: {model}}}" for model in models]
    shots += [f"{{prompt: a, output_format: webp, model: {model}}}" for model in models]
    text = "shotlist: 1\nshow: a\nscenes:\n  sc010:\n    shots:\n" + "".join(
        f"      sh{number}: {shot}\n" for number, shot in enumerate(shots)
    )
    found = Result(*compile_source(read(tmp_path, text), load_catalog(folder))).errors
    small = models.index("small")
    assert [(one.address, one.rule) for one in found] == [
        (f"sc010/sh{small}", "series-amount-range"),
        (f"sc010/sh{small + 2}", "request-invalid"),
    ]


def test_a_model_without_elements_cannot_show_a_face(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    card = json.loads((Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards/kling-v3.json").read_text("utf-8"))
    card["family"] = "paper"
    for end in card["endpoints"].values():
        end["id"] = end["id"].replace("kling-image/v3", "paper")
        del end["input"]["properties"]["elements"]
    (folder / "paper.json").write_text(json.dumps(card), "utf-8")
    text = f"shotlist: 1\nshow: a\n{CAST}\nscenes: {{sc010: {{shots: {{sh010: {{prompt: '@vera', model: paper}}}}}}}}\n"
    problem = Result(*compile_source(read(tmp_path, text), load_catalog(folder))).only_error()
    assert problem.message == "paper takes no elements, so nobody's face can be sent"
    text = text.replace("model: paper", "model: [paper, kling-o3]")
    task = Result(*compile_source(read(tmp_path, text), load_catalog(folder))).list.tasks[0]
    assert task.notes[0].startswith("kling-o3, because paper takes no elements")


def test_four_endpoints_are_known(tmp_path: Path) -> None:
    known: Catalog = catalog()
    assert sorted(known.by_endpoint) == sorted(
        f"fal-ai/kling-image/{model}/{kind}" for model in ("v3", "o3") for kind in (TEXT_TO_IMAGE, IMAGE_TO_IMAGE)
    )
    assert all(isinstance(card, Card) for card in known.cards.values())
