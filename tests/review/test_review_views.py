"""Every view of the review page, wide and narrow: no serious fault of accessibility, and nothing cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.review.screening_show import Review, fill, reviewing, write_show

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


EXTRA = """\
      sh090: {subject: a held boat, hold: true}
      sh095: {subject: a cut boat, omit: true}
      sh099:
        series: {lead: A page, panels: [A pier, A boat]}
        stages: {iterate: {model: kling-o3, takes: 2}, final: skip}
"""
PICKS = """\
picks: 1
sc010/sh010@iterate: {take: 1, by: Ann, at: 2026-11-22T18:30:00Z, why: the eyes, alternates: [2], rejects: [3]}
sc010/sh020@iterate:
  stars: {1: 4, 2: 2}
  notes: [{take: 1, text: Soft hands, by: Ann, x: 0.3, y: 0.4}]
  more: 2
"""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """Eight shots in every state: picked, alternate, rejected, starred, noted and pinned, held, omitted, asked for."""
    path = write_show(tmp_path_factory.mktemp("show"), 8, extra=EXTRA)
    fill(path)
    path.with_suffix(".picks.yaml").write_text(PICKS)
    with reviewing(path) as running:
        yield running


def _do(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


VIEWS: dict[str, Callable[[Page], None]] = {
    "grid": lambda page: None,
    "all stages": lambda page: page.locator("#stages button").first.click(),
    "nothing found": lambda page: page.select_option("select[name=show]", "new", force=True),
    "loupe": lambda page: _do(page, "ArrowDown", "ArrowUp", "Enter"),
    "series": lambda page: _do(page, "End", "Enter", "."),
    "compare two": lambda page: _do(page, "c"),
    "compare four": lambda page: _do(page, "c", "c"),
    "wipe": lambda page: _do(page, "w"),
    "100 %": lambda page: _do(page, "Enter", "z"),
    "keys": lambda page: _do(page, "?"),
    "note": lambda page: _do(page, "n"),
    "a decision that was not saved": lambda page: _unsaved(page),
}


def _unsaved(page: Page) -> None:
    page.route("**/api/choose**", lambda route: route.fulfill(status=409, json={"error": "No space left on device"}))
    _do(page, "x")
    expect(page.locator(".notice.standing")).to_be_visible()


@pytest.fixture(scope="module")
def pages(browser: Browser, review: Review) -> Iterator[Callable[[int], Page]]:
    """A page of a width, opened anew; it must not fetch anything from elsewhere."""
    elsewhere: list[str] = []

    def opened(width: int) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 844 if width < 600 else 900})
        page.on(
            "request", lambda one: None if one.url.startswith((review.origin, "blob:")) else elsewhere.append(one.url)
        )
        page.goto(review.url)
        page.wait_for_selector("body.ready")
        return page

    yield opened
    assert elsewhere == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_fault_of_accessibility(pages: Callable[[int], Page], view: str) -> None:
    page = pages(1440)
    VIEWS[view](page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        found = Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        told = [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}" for one in grave]
        assert not told, f"at {width}: " + "; ".join(told)
    page.close()


WIDE = """width => [...document.querySelectorAll('button, .frame, .pane, select, input, .info, .notice')]
  .filter((one) => one.checkVisibility() && !one.closest('.strip') && one.getBoundingClientRect().right > width + 1)
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("view", ["grid", "all stages", "loupe", "compare four", "wipe", "series"])
def test_nothing_is_wider_than_the_screen(pages: Callable[[int], Page], view: str) -> None:
    page = pages(1440)
    VIEWS[view](page)
    for width in (320, 390, 700, 1024, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDE, width) == [], f"at {width}"
    page.close()


def test_filters_fold_away_on_a_phone(pages: Callable[[int], Page]) -> None:
    page = pages(390)
    expect(page.locator("select[name=show]")).to_be_hidden()
    page.click("#more-tools")
    expect(page.locator("#more-tools")).to_have_attribute("aria-expanded", "true")
    page.select_option("select[name=show]", "undecided")
    expect(page.locator(".shot")).to_have_count(8)
    page.close()


def test_states_are_told(pages: Callable[[int], Page]) -> None:
    page = pages(1440)
    first, second = page.locator(".shot").nth(0), page.locator(".shot").nth(1)
    expect(first.locator(".pick .no")).to_have_text("1")
    expect(first.locator(".alternate .no")).to_have_text("2")
    expect(first.locator(".reject .no")).to_have_text("3")
    expect(second.locator(".asked")).to_contain_text("2 more takes asked for, next render $0.056")
    expect(second.locator(".has-note")).to_have_text("Soft hands")
    expect(page.locator("[data-shot='sc010/sh090'] .state").first).to_contain_text("held")
    expect(page.locator("[data-shot='sc010/sh095']")).to_contain_text("Omitted")
    first.locator(".frame").first.click()
    expect(page.locator(".info .decision")).to_contain_text("Picked by Ann, 22 Nov")
    expect(page.locator(".info .decision")).to_contain_text("the eyes")
    page.close()
