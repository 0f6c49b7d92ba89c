"""The show piece: it passes without a warning, uses every word of the language, and its pictures are its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.cli.main import main
from shotpilot_pipeline.shotlist.source import read_source
from tests.tools.draw_references import pictures

LIST = "shotlists/midnight_syndicate.yaml"
# Keys the show piece leaves to others: by-hand forms (the guide's lists show them) and what would only warn.
ELSEWHERE = frozenset({"elements", "image_url", "image_urls", "negative_prompt", "url", "frontal_image_url", "image"})
ELSEWHERE |= frozenset({"reference_image_urls", "amount", "outputs", "day", "consent", "until", "scope", "holder"})
ELSEWHERE |= frozenset({"performer", "territory"})


def test_the_show_piece_passes_without_a_warning(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(root / name) for name in (LIST, "shotlists/cast.yaml", "shotlists/looks.yaml")]
    with pytest.raises(SystemExit) as left:
        main(["check", "--strict", "--json", *files])
    assert json.loads(capsys.readouterr().out)["problems"] == []
    assert left.value.code == 0


def test_it_has_twelve_shots_over_three_scenes_and_holds_together(root: Path) -> None:
    source, problems = read_source(root / LIST, root)
    assert source is not None
    assert not problems
    assert len(source.scenes) == 3
    assert sum(len(scene.shots) for scene in source.scenes) >= 12


def test_every_key_of_the_language_is_used(root: Path) -> None:
    known = {
        key for part in [schema("shotlist-1"), *schema("shotlist-1")["$defs"].values()] for key in properties_of(part)
    }
    text = "\n".join((root / "shotlists" / name).read_text() for name in (Path(LIST).name, "cast.yaml", "looks.yaml"))
    missing = {key for key in known - ELSEWHERE if f"{key}:" not in text}
    assert missing == set()


def properties_of(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for below in part.values():
            yield from properties_of(below)
    elif isinstance(part, list):
        for below in part:
            yield from properties_of(below)


@pytest.mark.parametrize(
    "words",
    [
        "skip: [{", "variants: choose", "variants: all", "combine: light * lens", "combine: (beat, light)",
        "panels: each", "carry: image", "carry: prompt", "refine: skip", "mood: null", "look: null", "omit: true",
        "hold: true", "panel: 2", "{pick: sc010/sh010@iterate", "{{ vars.", "{{ axis.", "{{ looks.", "@vera.wardrobe",
        "x-props:", "x-director:", "look: [", "model: [kling-v3, kling-o3]", "moved: [{", "# yaml-language-server",
    ],
)  # fmt: skip
def test_every_turn_of_the_language_is_shown(root: Path, words: str) -> None:
    assert words in (root / LIST).read_text()


def test_references_are_what_a_model_takes_and_small_enough_to_keep(root: Path) -> None:
    for name in pictures():
        with Image.open(root / name) as picture:
            width, height = picture.size
            assert picture.format == "JPEG"
            assert min(width, height) >= 300
            assert 0.40 <= width / height <= 2.50
        assert (root / name).stat().st_size < 150_000, name


@pytest.mark.parametrize("name", sorted(name for name in pictures() if "vera_left" in name or "teal" in name))
def test_the_references_are_drawn_by_the_project_itself(root: Path, name: str) -> None:
    drawn = pictures()[name]()
    with Image.open(root / name) as kept:
        difference = ImageStat.Stat(ImageChops.difference(drawn, kept.convert("RGB")))
    assert max(difference.mean) < 6  # what JPEG costs; another drawing differs by 20 and more
