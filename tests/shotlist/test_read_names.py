"""Names that a disk or a prompt would mistake for one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist.near import near
from tests.shotlist.reading import HEAD, read, shot


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "scenes: {ab: {}, AB: {}}\n", "scene 'AB' differs only in case from 'ab' ({0}:3:10)"),
        (HEAD + "scenes:\n  a:\n    shots:\n      sh1: {}\n      SH1: {}\n",
         "shot 'SH1' differs only in case from 'sh1' ({0}:6:7)"),
        (HEAD + "scenes: {a: {shots: {sh1: {}, SH1: {}}}}\n", "shot 'SH1' differs only in case from 'sh1' ({0}:3:22)"),
        (HEAD + "stages: {one: {}, One: {}}\n", "stage 'One' differs only in case from 'one' ({0}:3:10)"),
        (HEAD + "cast: {vera: a, Vera: b}\n", "name 'Vera' differs only in case from 'vera' ({0}:3:8)"),
        (HEAD + "images: {one: a, ONE: b}\n", "name 'ONE' differs only in case from 'one' ({0}:3:10)"),
        (HEAD + "cast: {vera: a}\nimages: {VERA: b}\n", "name 'VERA' differs only in case from 'vera' ({0}:3:8)"),
        (HEAD + "cast: {vera: a}\nimages: {vera: b}\n", "'vera' is an image here and a cast member at {0}:3:8"),
        (shot("vary: {axes: {light: {Dusk: a, dusk: b}}}"),
         "variant 'dusk' differs only in case from 'Dusk' ({0}:7:31)"),
        (shot("images: {one: a, ONE: b}"), "image 'ONE' differs only in case from 'one' ({0}:7:18)"),
        (HEAD + "scenes: {a: {shots: {b_c: {}}}, a_b: {shots: {c: {}}}}\n",
         "a_b/c would have the same file name as a/b_c ({0}:3:22): a_b_c"),
        (HEAD + "stages: {two: {}, one_two: {}}\nscenes: {a: {shots: {b: {}, b_one: {}}}}\n",
         "a/b would have the same file name as a/b_one ({0}:4:29): a_b_one_two"),
        (HEAD + "cast: {Element: a}\n", "'Element' is a reserved word: @Element already means something in a prompt"),
        (HEAD + "images: {image2: a}\n", "'image2' is a reserved word: @image2 already means something in a prompt"),
        (shot("images: {pick: a}"), "'pick' is a reserved word: @pick already means something in a prompt"),
        (shot("stages: {a: {images: {Image: a}}}"),
         "'Image' is a reserved word: @Image already means something in a prompt"),
        (HEAD + "defaults: {images: {pick: a}}\n",
         "'pick' is a reserved word: @pick already means something in a prompt"),
    ],
)  # fmt: skip
def test_names_that_clash_name_both_places(tmp_path: Path, text: str, message: str) -> None:
    problem = read(tmp_path, text).only
    assert problem.message == message.format(tmp_path / "list.yaml")
    assert problem.hint


def test_names_of_different_things_may_be_alike(tmp_path: Path) -> None:
    text = (
        HEAD
        + "cast: {vera: a}\nlooks: {vera: b}\nvars: {vera: c}\n"
        + "scenes: {vera: {shots: {vera: {}, x: {}}}, b: {shots: {x: {}}}}\n"
    )
    assert read(tmp_path, text).problems == []


def test_a_near_name_is_a_hint_and_a_far_one_is_none() -> None:
    assert near("veera", ["joe", "vera"]) == 'did you mean "vera"?'
    assert near("VERA", ["joe", "vera"]) == 'did you mean "vera"?'
    assert near("xyz", ["joe", "vera"]) == ""
    assert near("x" * 10_000, ["joe"]) == ""
    assert near("", []) == ""
