"""The client copy in a real browser, opened from disk: marked, saved, nothing on it but what is meant for a client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from jsonschema import Draft202012Validator
from playwright.sync_api import Browser, Page

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.review.client import client_page, write_client
from tests.review.made_up_page import PROMPT, Studio


@pytest.fixture
def copy(studio: Studio, tmp_path: Path) -> Path:
    into = tmp_path / "client-copy.html"
    write_client(client_page(studio.page(6), every_stage=True), into)
    return into


@pytest.fixture
def seen(browser: Browser, copy: Path) -> Iterator[Page]:
    """The page at 1440 px; afterwards there must have been no error and nothing fetched but the file itself."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else trouble.append(request.url),
    )
    page.goto(copy.as_uri())
    yield page
    page.close()
    assert trouble == []


def test_nothing_confidential_is_in_the_file(studio: Studio, copy: Path) -> None:
    text = copy.read_text(encoding="utf-8")
    page = studio.page(6)
    secrets = {PROMPT, "@Element1", "$0.", "kling", str(studio.folder), "renders/"}
    secrets |= {word for scene in page.scenes for shot in scene.shots for _, word in shot.words if len(word) > 12}
    assert [secret for secret in secrets if secret in text] == []


def test_of_a_shot_the_furthest_stage_is_asked_about_and_what_we_rejected_is_left_out(studio: Studio) -> None:
    page = studio.page(6)
    full = next(
        shot for scene in page.scenes for shot in scene.shots if {s.stage for s in shot.stages if s.takes} > {"iterate"}
    )
    reached = [stage.stage for stage in full.stages if stage.takes][-1]
    asked = {shot.id: shot for scene in client_page(page).scenes for shot in scene.shots}[full.id]
    assert {stage.stage for stage in asked.stages} == {reached}

    first = next(stage for stage in full.stages if stage.takes)
    out = first.takes[0].pictures[0].sha256
    left = client_page(page, {out}, every_stage=True)
    shown = [take for scene in left.scenes for shot in scene.shots for stage in shot.stages for take in stage.takes]
    assert out not in {take.pictures[0].sha256 for take in shown}


def test_marks_are_saved_as_a_file_by_its_schema(seen: Page, tmp_path: Path) -> None:
    seen.locator("input[name=by]").fill("Ann Client")
    shot = seen.locator(".shot").first
    shot.locator("[data-decision=pick]").nth(1).click()
    shot.locator("[data-decision=reject]").nth(0).click()
    shot.locator("[data-stars='4']").nth(1).click()
    shot.locator("[data-note]").nth(1).click()
    shot.locator("textarea").nth(1).fill("her eyes <b>are</b> open")
    assert "take 2 chosen" in shot.inner_text()
    assert "1 of" in seen.locator(".progress").inner_text()
    with seen.expect_download() as coming:
        seen.locator(".save").click()
    saved = tmp_path / coming.value.suggested_filename
    coming.value.save_as(saved)
    assert saved.name.startswith("choices_")
    assert "Ann-Client" in saved.name
    said = json.loads(saved.read_text(encoding="utf-8"))
    Draft202012Validator(schema("choices-1")).validate(said)
    assert said["by"] == "Ann Client"
    by_take = {row["take"]: row for row in said["takes"]}
    assert by_take[2]["decision"] == "pick"
    assert (by_take[2]["stars"], by_take[2]["note"]) == (4, "her eyes <b>are</b> open")
    assert by_take[1]["decision"] == "reject"
    assert seen.locator("#sent .text").input_value() == saved.read_text(encoding="utf-8"), (
        "the text to mail is the file"
    )


def test_without_a_name_or_a_mark_a_sentence_says_what_is_missing(seen: Page) -> None:
    seen.locator(".save").click()
    assert "Write your name first" in seen.locator(".told").inner_text()
    seen.locator("input[name=by]").fill("Ann")
    seen.locator(".save").click()
    assert "Nothing is marked yet" in seen.locator(".told").inner_text()


def test_by_keys_alone_and_remembered_when_the_page_is_opened_again(seen: Page) -> None:
    seen.locator(".take").first.focus()
    seen.keyboard.press("ArrowRight")
    seen.keyboard.press("p")
    seen.keyboard.press("3")
    seen.keyboard.press("ArrowLeft")
    seen.keyboard.press("p")
    first = seen.locator(".shot").first
    assert "take 1 chosen" in first.inner_text()
    assert first.locator(".take").nth(1).get_attribute("data-decision") == "alternate", (
        "the one chosen before may still do"
    )
    seen.keyboard.press("Shift+x")
    assert seen.evaluate("document.activeElement.closest('.shot') === document.querySelectorAll('.shot')[1]")
    seen.keyboard.press("ArrowUp")
    seen.keyboard.press("Enter")
    assert seen.locator("#loupe").is_visible()
    seen.keyboard.press("p")
    seen.keyboard.press("Escape")
    seen.reload()
    assert "take 1 chosen" in seen.locator(".shot").first.inner_text()


def test_only_what_is_undecided(seen: Page) -> None:
    every = seen.locator(".shot").count()
    seen.locator("[data-decision=pick]").first.click()
    seen.locator("[data-only=open]").click()
    assert seen.locator(".shot:visible").count() == every - 1


def test_no_serious_fault_for_those_who_see_or_move_otherwise(seen: Page) -> None:
    def faults() -> list[str]:
        found = Axe().run(seen).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
        ]

    assert faults() == []
    seen.locator("[data-decision=pick]").first.click()
    seen.locator("[data-note]").first.click()
    assert faults() == []
    seen.locator("[data-large]").first.click()
    assert faults() == []
    seen.keyboard.press("Escape")
    seen.locator("button.keys").click()
    assert faults() == []


def test_a_phone_sees_it_without_scrolling_sideways(browser: Browser, copy: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(copy.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_a_picture_that_cannot_be_read_is_said_and_the_rest_is_shown(studio: Studio, tmp_path: Path) -> None:
    page = client_page(studio.page(2), every_stage=True)
    stage = page.scenes[0].shots[0].stages[0]
    bad = replace(stage.takes[0].pictures[0], file=tmp_path / "gone.png", sha256="0" * 64)
    takes = (replace(stage.takes[0], pictures=(bad,)), *stage.takes[1:])
    shots = (replace(page.scenes[0].shots[0], stages=(replace(stage, takes=takes),)),)
    unshown = write_client(replace(page, scenes=(replace(page.scenes[0], shots=shots),)), tmp_path / "copy.html")
    assert [one.file for one in unshown] == [tmp_path / "gone.png"]
    assert "this picture cannot be read" in (tmp_path / "copy.html").read_text(encoding="utf-8")


pytestmark = pytest.mark.browser
