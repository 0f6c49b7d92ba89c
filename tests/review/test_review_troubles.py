"""What goes wrong while the page is open: each is a sentence on it, nothing is lost, the page stays usable."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.store.store import Store
from tests.review.screening_show import Review, fill, keep, reviewing, write_show

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A show of four shots that every test has a copy of."""
    path = write_show(tmp_path_factory.mktemp("show") / "pier", 4)
    fill(path)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.parent, tmp_path / "pier")) / made.name


@pytest.fixture
def review(path: Path) -> Iterator[Review]:
    with reviewing(path) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def opened(context: BrowserContext, review: Review) -> Page:
    page = context.new_page()
    page.goto(review.url)
    page.wait_for_selector("body.ready")
    return page


@pytest.fixture
def page(context: BrowserContext, review: Review) -> Page:
    return opened(context, review)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-pending", "0")


def test_two_browsers_see_each_other_and_lose_nothing(browser: Browser, page: Page, review: Review) -> None:
    other = browser.new_page()
    other.goto(review.url)
    other.wait_for_selector("body.ready")
    press(page, "p")
    expect(other.locator(".take.pick")).to_have_count(1)
    press(other, "ArrowDown", "ArrowRight", "p")
    press(page, "ArrowDown", "ArrowDown", "3")
    expect(page.locator(".take.pick")).to_have_count(2)
    expect(other.locator(".stars")).to_have_text("★★★")
    assert review.picked() == {"sc010/sh010@iterate": 1, "sc010/sh020@iterate": 2}
    other.close()


def test_a_stale_page_says_so_and_loses_nothing(browser: Browser, page: Page, review: Review) -> None:
    other = browser.new_page()
    other.goto(review.url)
    other.wait_for_selector("body.ready")
    other.route("**/api/state", lambda route: route.fulfill(status=304))  # it does not learn what moves
    press(page, "p")
    saved(page)
    press(other, "ArrowRight", "p")
    expect(other.locator(".notice")).to_contain_text("sc010/sh010@iterate: somebody else decided here")
    expect(other.locator(".take.pick .no")).to_have_text("1")
    assert review.picked() == {"sc010/sh010@iterate": 1}
    other.click("text=Decide so anyway")
    expect(other.locator(".take.pick .no")).to_have_text("2")
    saved(other)
    assert review.picked() == {"sc010/sh010@iterate": 2}
    expect(other.locator(".notice.standing")).to_have_count(0)
    other.close()


def test_a_full_disk_while_a_pick_is_saved(page: Page, review: Review) -> None:
    press(page, "p")
    saved(page)
    before = review.picks.read_bytes()
    resource.prlimit(review.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    press(page, "ArrowDown", "p", "ArrowDown", "ArrowRight", "x")
    expect(page.locator(".notice.standing")).to_contain_text("2 decisions not saved: ")
    expect(page.locator(".take.pick")).to_have_count(1)  # shown is what is kept
    assert review.picks.read_bytes() == before
    resource.prlimit(review.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    page.click("text=Try again")
    expect(page.locator(".take.pick")).to_have_count(2)
    expect(page.locator(".take.reject .no")).to_have_text("2")
    expect(page.locator(".notice.standing")).to_have_count(0)
    saved(page)
    assert review.picked() == {"sc010/sh010@iterate": 1, "sc010/sh020@iterate": 1}


def test_a_picture_that_somebody_deleted(page: Page, review: Review, path: Path) -> None:
    lost = _picture_of(path, 0)
    _all_drawn(path)
    lost.unlink()
    shutil.rmtree(path.parent / ".shotpilot/thumbnails", ignore_errors=True)
    page.reload()
    page.wait_for_selector("body.ready")
    expect(page.locator(".take .lost")).to_have_text("This picture is not in the store any more")
    press(page, "Enter")
    expect(page.locator(".layer .lost")).to_contain_text("shotpilot store verify")
    press(page, "ArrowRight", "p", "g")
    expect(page.locator(".take.pick .no")).to_have_text("2")


def test_a_picture_that_goes_while_it_is_in_sight(page: Page, path: Path) -> None:
    expect(page.locator(".shot").first.locator("img[src]")).to_have_count(3)
    _picture_of(path, 1).unlink()
    expect(page.locator(".take .lost")).to_have_text("This picture is not in the store any more")


def test_a_picture_that_is_damaged(page: Page, review: Review, path: Path) -> None:
    damaged = _picture_of(path, 0)
    _all_drawn(path)
    os.chmod(damaged, 0o644)
    damaged.write_bytes(b"\x89PNG" + bytes(damaged.stat().st_size - 4))
    shutil.rmtree(path.parent / ".shotpilot/thumbnails", ignore_errors=True)
    fresh = page.context.browser
    assert fresh
    again = fresh.new_page()
    again.goto(review.url)
    again.wait_for_selector("body.ready")
    expect(again.locator(".take .lost")).to_have_count(1)
    press(again, "ArrowRight", "p")
    expect(again.locator(".take.pick .no")).to_have_text("2")
    again.close()


def _all_drawn(path: Path) -> None:
    """Wait until the thumbnail of every take is made, so that none is written behind our back."""
    until = time.monotonic() + 60
    while len(list((path.parent / ".shotpilot/thumbnails").rglob("*.webp"))) < 12 and time.monotonic() < until:
        time.sleep(0.05)


def _picture_of(path: Path, place: int) -> Path:
    """The file of a take's picture of the first shot."""
    reading = read_list(path, None, rehearsal=False)
    store = Store(reading.places.store)
    return store.path_of(store.takes_of(reading.compiled.tasks[0].keys[0])[place].pictures[0])


def test_a_shot_that_goes_while_it_is_looked_at(page: Page, path: Path) -> None:
    press(page, "p", "Enter")
    saved(page)
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "sh010:" not in line))
    expect(page.locator(".notice")).to_contain_text("not in the list any more")
    expect(page.locator(".shot")).to_have_count(3)
    press(page, "ArrowDown", "p")
    expect(page.locator(".take.pick")).to_have_count(1)
    path.write_text(text)
    expect(page.locator(".take.pick")).to_have_count(2)  # it is back, and so is its pick


def test_a_shot_list_that_does_not_pass_any_more(page: Page, path: Path, review: Review) -> None:
    text = path.read_text()
    path.write_text(text.replace("takes: 3", "takes: three"))
    expect(page.locator("#banner")).to_contain_text("The shot list does not pass any more, so it is shown as it was:")
    expect(page.locator("#banner")).to_contain_text("pier.yaml:8:")
    press(page, "p")
    expect(page.locator(".take.pick")).to_have_count(1)
    path.write_text(text)
    expect(page.locator("#banner")).to_be_hidden()
    assert review.picked() == {"sc010/sh010@iterate": 1}


def test_a_typo_in_the_picks_file(page: Page, review: Review) -> None:
    press(page, "p")
    saved(page)
    good = review.picks.read_text()
    review.picks.write_text(good.replace("take: 1", "take: one"))
    expect(page.locator("#banner")).to_contain_text("pier.picks.yaml:")
    press(page, "ArrowDown", "p")
    expect(page.locator(".notice.standing")).to_contain_text("1 decision not saved: ")
    expect(page.locator(".notice.standing")).to_contain_text("pier.picks.yaml:")
    assert "take: one" in review.picks.read_text()
    review.picks.write_text(good)
    expect(page.locator("#banner")).to_be_hidden()
    page.click("text=Try again")
    expect(page.locator(".take.pick")).to_have_count(2)
    saved(page)
    assert review.picked() == {"sc010/sh010@iterate": 1, "sc010/sh020@iterate": 1}


def test_the_server_is_stopped(page: Page, review: Review) -> None:
    press(page, "p", "Enter")
    saved(page)
    page.wait_for_selector(".sharp .full")
    assert review.stop() == 0
    expect(page.locator(".notice.standing").first).to_contain_text("The review was stopped")
    press(page, "g", "ArrowDown", "ArrowRight", "p")
    expect(page.locator(".notice", has_text="1 decision not saved: the review was stopped")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Copy as commands")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"shotpilot pick '{review.path}' sc010/sh020@iterate#2"
    press(page, "Enter")
    expect(page.locator("#viewer")).to_be_visible()
    assert review.picked() == {"sc010/sh010@iterate": 1}


def test_a_server_that_answers_again_is_gone_on_with(page: Page, review: Review) -> None:
    page.context.set_offline(True)
    expect(page.locator("body.cut-off")).to_have_count(1)
    expect(page.locator("body")).to_have_css("display", "block")  # the page stays as it was, and says so in a notice
    press(page, "p")
    expect(page.locator(".notice", has_text="1 decision not saved")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".take.pick")).to_have_count(1)  # sent by itself
    expect(page.locator(".notice.standing")).to_have_count(0)
    saved(page)
    assert review.picked() == {"sc010/sh010@iterate": 1}


def test_a_pick_of_an_older_version_is_shown_as_stale(browser: Browser, path: Path) -> None:
    path.with_suffix(".picks.yaml").write_text(f"picks: 1\nsc010/sh010@iterate: {{take: 2, sha256: {_sha(path)}}}\n")
    path.write_text(path.read_text().replace("waits at post 0", "runs past post 0"))
    reading = read_list(path, None, rehearsal=False)
    store = Store(reading.places.store, durable=False)
    keep(store, reading.compiled.tasks[0].keys[0], 1, "the new version")
    store.close()
    with reviewing(path) as review:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(review.url)
        page.wait_for_selector("body.ready")
        first = page.locator(".shot").first
        expect(first.locator(".take")).to_have_count(4)
        expect(first.locator(".take").first.locator(".no")).to_have_text("1")  # the newest version first
        expect(first.locator(".was-picked .stale")).to_have_text("stale pick")
        expect(first.locator(".open")).to_have_text("undecided")
        page.select_option("select[name=show]", "stale")
        expect(page.locator(".shot")).to_have_count(1)
        press(page, "Escape", "Enter")
        expect(page.locator(".info .words h3")).to_have_text("Prompt, and what changed since v1")
        page.locator(".strip .row button").nth(2).click()
        expect(page.locator(".info")).to_contain_text("This pick is of an older version")
        page.close()


def _sha(path: Path) -> str:
    return _picture_of(path, 1).name.partition(".")[0]
