"""Rules on cast, elements, references and rights."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from shotpilot_pipeline.errors import Place, Severity
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.lint.rights import rights_problems
from shotpilot_pipeline.pipeline.checking import check_files
from tests.lint.linting import TODAY, checked, rules, the

CAST = "cast: {rose: {name: Rose Doyle, frontal: https://example.com/r.jpg, wardrobe: a coat}, car: https://example.com/c.jpg}\n"


def shot(subject: str, more: str = "") -> str:
    return CAST + f"scenes: {{sc010: {{shots: {{sh010: {{subject: {subject!r}, action: waits{more}}}}}}}}}\n"


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Rose Doyle in a red coat", True),
        ("Rose in a red coat", True),
        ("Doyle in a red coat", True),
        ("a red rose", False),
        ("a car in the rain", False),
        ("a sign that says ROSE", False),
        ('a poster that says "Rose Doyle"', False),
        ("@rose in @rose.wardrobe, the Doyle crest behind her", False),
        ("Rosemary in a red coat", False),
    ],
)
def test_names_without_faces(tmp_path: Path, subject: str, told: bool) -> None:
    assert ("cast-not-bound" in rules(tmp_path, shot(subject))) is told


def test_titles_are_no_names(tmp_path: Path) -> None:
    cast = "cast: {doyle: {name: Inspector Doyle, frontal: https://example.com/d.jpg}}\n"
    shots = "scenes: {sc010: {shots: {sh010: {subject: An Inspector in a coat, action: waits}}}}\n"
    assert rules(tmp_path, cast + shots) == []


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ('subject: "@sam"', True),
        ('subject: "@sam in a grey suit"', False),
        ('subject: "@sam"\nsize: CU', False),
        ('subject: "@sam"\nx-wardrobe: grey suit', False),
        ('subject: "@sam, a detective,"', False),
        ('prompt: "Close-up, 85mm. @sam looks up."', False),
    ],
)
def test_faces_without_clothes(tmp_path: Path, slots: str, told: bool) -> None:
    action = "" if "prompt" in slots else "\naction: waits"
    assert ("element-body-undescribed" in rules(tmp_path, slots + action + "\n")) is told


def test_two_faces_and_one_of_them(tmp_path: Path) -> None:
    pair = '"@vera in @vera.wardrobe and @sam in a suit"'
    assert rules(tmp_path, f"subject: {pair}\naction: they both laugh\n") == ["multi-cast-attribution"]
    for fine in ("face each other, a letter lying between them", "@vera holds the letter in both hands"):
        assert rules(tmp_path, f'subject: {pair}\naction: "{fine}"\n') == []


def test_colours_of_other_scenes_and_other_people_do_not_clash(tmp_path: Path) -> None:
    text = """\
scenes:
  sc010: {shots: {sh010: {subject: "@vera in a red dress", action: waits}}}
  sc020:
    shots:
      sh010: {subject: "@vera in a blue dress", action: waits}
      sh020: {subject: "@sam in a grey suit", action: waits}
"""
    assert rules(tmp_path, text) == []


def test_a_thing_that_changes_its_colour(tmp_path: Path) -> None:
    shots = "sh010: {subject: the red door, action: stands open}\nsh020: {subject: the maroon door, action: shuts}\n"
    assert the(tmp_path, "cast-text-drift", shots).message == "the door is maroon here, and red in sc010/sh010"


def test_a_face_that_changes_between_two_lists_of_a_show(tmp_path: Path) -> None:
    (tmp_path / "shotpilot.toml").write_text("")
    files = []
    for name, face in (("a", "one"), ("b", "two")):
        path = tmp_path / f"{name}.yaml"
        cast = f"cast: {{vera: {{name: Vera, frontal: https://example.com/{face}.jpg, wardrobe: a gown}}}}\n"
        path.write_text(whole_list(cast).replace("show: example", f"show: {name}"))
        files.append(path)
    first, second = check_files(files, None, TODAY)
    assert first.problems == ()
    assert [problem.rule for problem in second.problems] == ["cast-ref-drift"]
    assert "a.yaml" in second.problems[0].message


def test_poor_photos(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    Image.new("RGB", (512, 512), (8, 8, 8)).save(tmp_path / "refs/dark.png")
    Image.effect_noise((512, 512), 60).filter(ImageFilter.GaussianBlur(30)).save(tmp_path / "refs/blurred.png")
    Image.effect_noise((512, 512), 60).save(tmp_path / "refs/good.png")
    text = "cast:\n" + "".join(f"  {n}: {{name: {n}, frontal: pics/{n}.png}}\n" for n in ("dark", "blurred", "good"))
    (tmp_path / "refs").rename(tmp_path / "pics")
    shots = "scenes: {sc010: {shots: {sh010: {subject: a key, action: lies there}}}}\n"
    found = checked(tmp_path, whole_list(text + shots))
    assert [problem.rule for problem in found] == ["ref-photo-poor", "ref-photo-poor"]
    assert found[0].place.line + 1 == found[1].place.line
    assert "very dark" in found[0].message
    assert "blurred" in found[1].message


def faults(kind: str = "real", consent: str = "r.pdf", until: str = "", there: bool = True) -> list[Severity]:
    around = {"cast": {"vera": {"name": "Vera", "rights": [kind, consent, until, consent]}}}
    found = rights_problems(around, {"rights:vera": Place("l", 1)}, date(2026, 11, 25), lambda _: there)
    return [problem.severity for problem in found]


def test_consent_is_held_against_the_day_that_is_given() -> None:
    assert faults() == []
    assert faults(consent="") == [Severity.ERROR]
    assert faults(kind="fictional", consent="") == []
    assert faults(until="2026-11-24") == [Severity.ERROR]
    assert faults(until="2026-11-25") == [Severity.WARNING]
    assert faults(until="2027-06-30") == []
    assert faults(until="2026-02-30") == [Severity.ERROR]
    assert faults(there=False) == [Severity.WARNING]


def test_another_day_needs_no_new_compiling(tmp_path: Path) -> None:
    text = whole_list(
        "cast: {vera: {name: Vera, frontal: https://example.com/v.jpg, wardrobe: a gown, "
        "rights: {kind: real, consent: release 12, until: 2027-01-31}}}\n"
    )
    assert checked(tmp_path, text, date(2027, 1, 1)) == ()
    assert [problem.severity for problem in checked(tmp_path, text, date(2027, 2, 1))] == [Severity.ERROR]


def test_a_release_that_is_not_there(tmp_path: Path) -> None:
    text = whole_list(
        "cast: {vera: {name: Vera, frontal: https://example.com/v.jpg, wardrobe: a gown, "
        "rights: {kind: real, consent: releases/vera.pdf}}}\n"
    )
    assert [problem.message for problem in checked(tmp_path, text)] == [
        "Vera: the consent releases/vera.pdf is not there"
    ]
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases/vera.pdf").write_bytes(b"%PDF-1.4\n")
    assert checked(tmp_path, text) == ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Chris Foss palette", True),
        ("in the style of Edward Hopper", True),
        ("Syd Mead's design", True),
        ("an Art Deco design", False),
        ("Film Noir lighting", False),
        ("a New York look", False),
        ("nike of samothrace", False),
    ],
)
def test_names_that_somebody_owns(tmp_path: Path, words: str, told: bool) -> None:
    snippet = f"subject: a ship, {words}\naction: glows\n"
    assert ("named-person-brand-artist" in rules(tmp_path, snippet)) is told


def test_a_show_adds_names_and_words_of_its_own(tmp_path: Path) -> None:
    snippet = "subject: a bottle of Harrow Whisky beside a guillotine\naction: glows\n"
    assert rules(tmp_path, snippet) == []
    settings = '[words]\nnames = ["Harrow Whisky"]\nrefused = ["guillotine"]\n'
    assert sorted(rules(tmp_path, snippet, settings=settings)) == ["moderation-risk", "named-person-brand-artist"]
