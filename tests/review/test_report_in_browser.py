"""The contact sheet in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from shotpilot_pipeline.review.report import write_report
from tests.review.made_up_page import Studio

pytestmark = pytest.mark.browser

CONTRAST = """
() => {
  const linear = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => { for (; node; node = node.parentElement) {
    const c = rgb(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] === 1) return c.slice(0, 3); } };
  const poor = new Set();
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest('option, script, style')) continue;
    const a = light(rgb(getComputedStyle(node).color).slice(0, 3)), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
}
"""


@pytest.fixture
def sheet(studio: Studio, tmp_path: Path) -> Path:
    into = tmp_path / "sheet.html"
    write_report(studio.page(12), into)
    return into


@pytest.fixture
def seen(browser: Browser, sheet: Path) -> Iterator[Page]:
    """The page at 1440 px; afterwards there must have been no error and nothing fetched but files."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else trouble.append(request.url)
    )
    page.goto(sheet.as_uri())
    yield page
    page.close()
    assert trouble == []


def shots(page: Page) -> int:
    return page.locator(".shot:visible").count()


def test_filters_narrow_and_escape_shows_all_again(seen: Page) -> None:
    assert shots(seen) == 12
    seen.select_option("select[name=scene]", "sc020")
    assert shots(seen) == 4
    seen.select_option("select[name=cast]", "frank")
    assert shots(seen) == 2
    assert seen.text_content(".found") == "2 of 12 shots"
    seen.fill("input[name=text]", "sh040")
    assert shots(seen) == 1
    seen.fill("input[name=text]", "no such word")
    assert shots(seen) == 0
    assert seen.is_visible(".nothing")
    seen.click(".clear")
    assert shots(seen) == 12
    seen.select_option("select[name=tag]", "hero")
    assert shots(seen) == 3
    seen.focus("#sheet")
    seen.keyboard.press("Escape")
    assert shots(seen) == 12


def test_the_stage_filter_leaves_only_that_stage(seen: Page) -> None:
    seen.select_option("select[name=stage]", "refine")
    assert seen.locator(".frame:visible").count() == 24
    assert set(seen.locator(".take:visible").evaluate_all("all => all.map(one => one.dataset.stage)")) == {"refine"}


def test_slash_goes_to_the_search_field_and_typing_is_not_a_command(seen: Page) -> None:
    seen.keyboard.press("/")
    seen.keyboard.type("g]?")
    assert seen.input_value("input[name=text]") == "g]?"
    assert seen.get_attribute("body", "data-view") == "takes"
    seen.keyboard.press("Escape")
    assert seen.input_value("input[name=text]") == ""


def code(page: Page) -> str:
    return page.text_content("#loupe .line strong") or ""


def test_the_keyboard_opens_the_loupe_and_moves_through_takes_shots_and_stages(seen: Page) -> None:
    seen.keyboard.press("ArrowRight")
    seen.keyboard.press("Enter")
    assert seen.is_visible("#loupe")
    assert code(seen) == "sc010/sh010@iterate#1"
    seen.keyboard.press("ArrowRight")
    assert code(seen) == "sc010/sh010@iterate#2"
    seen.keyboard.press("]")
    assert code(seen) == "sc010/sh010@refine#1"
    seen.keyboard.press("ArrowDown")
    assert code(seen) == "sc010/sh020@refine#1"
    seen.keyboard.press("[")
    seen.keyboard.press("ArrowLeft")
    assert code(seen) == "sc010/sh010@final#1"
    assert "Frank Doyle" in (seen.text_content("#loupe .prompt") or "")
    seen.keyboard.press("Escape")
    assert not seen.is_visible("#loupe")
    assert seen.evaluate("document.activeElement.dataset.code") == "sc010/sh010@final#1"


def test_the_loupe_shows_the_full_picture_pixel_for_pixel(seen: Page) -> None:
    seen.locator(".frame").first.click()
    seen.wait_for_function("document.querySelector('.well img').src.startsWith('file:')")
    assert seen.evaluate("document.querySelector('.well img').naturalWidth") == 388
    seen.keyboard.press("z")
    assert seen.evaluate("document.querySelector('.well img').getBoundingClientRect().width") == 388
    assert seen.get_attribute("[data-zoom]", "aria-pressed") == "true"
    seen.keyboard.press("z")
    assert seen.evaluate("document.querySelector('.well img').getBoundingClientRect().width") > 388


def test_a_mailed_page_without_its_pictures_shows_the_thumbnail(browser: Browser, sheet: Path) -> None:
    for file in (sheet.parent / "pictures").glob("*.png"):
        file.unlink()
    page = browser.new_page()
    page.goto(sheet.as_uri())
    page.locator(".frame").first.click()
    page.wait_for_function("document.querySelector('.bar .facts').textContent.includes('not beside this page')")
    assert (page.get_attribute(".well img", "src") or "").startswith("data:image/webp")
    page.close()


def test_the_board_shows_one_frame_for_each_shot_and_the_loupe_keeps_to_it(seen: Page) -> None:
    seen.keyboard.press("g")
    assert seen.locator(".frame:visible").count() == 12
    seen.keyboard.press("ArrowRight")
    seen.keyboard.press("ArrowRight")
    seen.keyboard.press("Enter")
    assert code(seen) == "sc010/sh020@final#1"


def test_the_keys_are_explained(seen: Page) -> None:
    seen.keyboard.press("?")
    assert seen.is_visible("#keys")
    seen.keyboard.press("Escape")
    assert not seen.is_visible("#keys")


@pytest.mark.parametrize("view", ["takes", "board"])
@pytest.mark.parametrize("width", [390, 700, 1024, 1440, 2560])
def test_nothing_is_wider_than_the_screen(seen: Page, width: int, view: str) -> None:
    seen.set_viewport_size({"width": width, "height": 844})
    seen.evaluate("view => { document.body.dataset.view = view }", view)
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    wide = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"
    assert seen.locator(".frame:visible").evaluate_all(wide) == 0


def test_filters_fold_away_on_a_phone(seen: Page) -> None:
    seen.set_viewport_size({"width": 390, "height": 844})
    assert not seen.is_visible("select[name=scene]")
    seen.click(".more")
    assert seen.get_attribute(".more", "aria-expanded") == "true"
    seen.select_option("select[name=scene]", "sc010")
    assert shots(seen) == 4


@pytest.mark.parametrize("media", ["screen", "print"])
def test_all_words_can_be_read(seen: Page, media: str) -> None:
    seen.emulate_media(media=media)
    assert seen.evaluate(CONTRAST) == []


def test_paper_is_white_without_controls_and_no_shot_is_cut_in_two(seen: Page) -> None:
    seen.emulate_media(media="print")
    assert seen.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not seen.is_visible(".tools")
    assert seen.is_visible(".rehearsal")
    assert seen.evaluate("getComputedStyle(document.querySelector('.shot')).breakInside") == "avoid"
    assert seen.pdf(format="A4").startswith(b"%PDF")


def test_the_page_works_without_its_script(browser: Browser, sheet: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(sheet.as_uri())
    assert shots(page) == 12
    assert (page.locator(".frame").first.get_attribute("href") or "").endswith(".png")
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_words_in_the_search_field_are_not_cut(seen: Page, width: int) -> None:
    seen.set_viewport_size({"width": width, "height": 844})
    room, words = seen.evaluate("""() => {
      const field = document.querySelector('input[type=search]'), style = getComputedStyle(field);
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = style.font;
      const inner = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return [inner, pen.measureText(field.placeholder).width];
    }""")
    assert words < room
