"""The review page in a real browser, from the keyboard: the decisions, the views, the filters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from shotpilot_pipeline.pipeline.choosing import decisions_of
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.store.store import Store
from tests.review.screening_show import Review, fill, reviewing, write_show

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is no fault of the page


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """Sixty shots with three takes each, bought; one server for the whole file."""
    path = write_show(tmp_path_factory.mktemp("show"), 60)
    assert fill(path) == 180
    with reviewing(path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, review: Review) -> Iterator[Page]:
    """The page with nothing decided yet; afterwards there must have been no fault in it."""
    review.forget()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    trouble: list[str] = []
    page.on("console", lambda message: None if "409 (Conflict)" in message.text else trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(review.origin) else trouble.append(request.url))
    page.goto(review.url)
    page.wait_for_selector("body.ready")
    expect(page.locator("#progress")).to_contain_text("0 of 60")
    yield page
    expect(page.locator("body:not([data-pending]), body[data-pending='0']")).to_have_count(1)
    page.close()
    assert trouble == []


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page) -> None:
    """Wait until nothing is on its way to the server any more."""
    expect(page.locator("body")).to_have_attribute("data-pending", "0")


def here(page: Page) -> str:
    """The take the page stands on, as `scene/shot number`."""
    return str(
        page.evaluate("""() => {
      const take = document.querySelector('.take.here');
      return take.dataset.address.split('@')[0] + ' ' + take.dataset.id.split('.')[1];
    }""")
    )


def code(page: Page) -> str:
    return page.text_content(".viewer-top h2") or ""


def decided(page: Page, text: str) -> None:
    expect(page.locator("#progress")).to_contain_text(text)


def test_sixty_shots_are_picked_from_the_keyboard_alone(page: Page, review: Review, tmp_path: Path) -> None:
    """The same comes out as from a picks file written by hand."""
    by_hand = ["picks: 1\n"]
    for number in range(60):
        shot = f"sc{(number // 10 + 1) * 10:03}/sh{(number % 10 + 1) * 10:03}"
        assert here(page).startswith(shot)
        press(page, *["ArrowRight"] * (number % 3), "Shift+P")
        by_hand.append(f"{shot}@iterate: {number % 3 + 1}\n")
    decided(page, "60 of 60")
    expect(page.locator(".take.pick")).to_have_count(60)
    expect(page.locator("#next")).to_contain_text("60 pictures")  # told by the server: all are saved
    by_page = review.picked()
    review.picks.write_text("".join(by_hand))
    assert review.picked() == by_page
    decided(page, "60 of 60")


def test_what_is_decided_holds_the_bytes_and_says_who(page: Page, review: Review) -> None:
    press(page, "ArrowRight", "p", "ArrowRight", "x", "4")
    decided(page, "1 of 60")
    expect(page.locator(".take.reject .stars")).to_have_text("★★★★")
    saved(page)
    reading = read_list(review.path, None, rehearsal=False)
    decision = decisions_of(reading)["sc010/sh010@iterate"]
    assert decision.pick is not None
    takes = Store(reading.places.store).takes_of(decision.pick.key)
    assert decision.pick.sha256 == takes[1].pictures[0].sha256
    assert (decision.pick.take, decision.pick.by) == (2, "Ann")
    assert [mark.take for mark in decision.rejects] == [3]
    assert [(mark.take, stars) for mark, stars in decision.stars] == [(3, 4)]


def test_picking_again_makes_the_earlier_pick_an_alternate_and_a_hero_stands_alone(page: Page) -> None:
    press(page, "p", "ArrowRight", "p")
    expect(page.locator(".take.alternate .no")).to_have_text("1")
    expect(page.locator(".take.pick .no")).to_have_text("2")
    press(page, "ArrowRight", "h")
    expect(page.locator(".take.pick .no")).to_have_text("3")
    expect(page.locator(".take.alternate")).to_have_count(0)
    press(page, "u")
    expect(page.locator(".take.pick")).to_have_count(0)
    decided(page, "0 of 60")


def test_undo_takes_back_one_decision_after_the_other(page: Page) -> None:
    expect(page.locator("#undo")).to_be_disabled()
    press(page, "p", "ArrowRight", "x", "Control+z")
    expect(page.locator(".notice").last).to_have_text("Taken back: reject of sc010/sh010@iterate")
    expect(page.locator(".take.reject")).to_have_count(0)
    expect(page.locator(".take.pick")).to_have_count(1)
    page.click("#undo")
    expect(page.locator(".take.pick")).to_have_count(0)
    expect(page.locator("#undo")).to_be_disabled()
    press(page, "Control+z")
    expect(page.locator(".notice").last).to_contain_text("nothing that Ann said is left")


def test_the_price_of_the_next_render_follows_each_pick(page: Page) -> None:
    """Nothing can be bought before a pick; each picked shot adds its final, $0.028 at 2K."""
    expect(page.locator("#next")).to_have_text("Next render: $0.00, 0 pictures, $1.68 at most")
    press(page, "Shift+P")
    expect(page.locator("#next")).to_have_text("Next render: $0.028, 1 picture, $1.68 at most")
    press(page, "Shift+P")
    expect(page.locator("#next")).to_have_text("Next render: $0.056, 2 pictures, $1.68 at most")


def test_more_is_asked_for_and_a_redo_rejects_all(page: Page, review: Review) -> None:
    press(page, "m", "m")
    expect(page.locator(".asked").first).to_contain_text("2 more takes asked for")
    expect(page.locator("#next")).to_contain_text("2 pictures")
    press(page, "ArrowDown", "r")
    expect(page.locator(".take.reject")).to_have_count(3)
    expect(page.locator("#next")).to_contain_text("5 pictures")
    saved(page)
    decided(page, "1 of 60")  # all are out and more are asked for: nothing is left to decide there now
    decision = decisions_of(read_list(review.path, None, rehearsal=False))["sc010/sh020@iterate"]
    assert (len(decision.rejects), decision.more) == (3, 3)


def test_auto_advance_goes_on_after_each_mark(page: Page) -> None:
    press(page, "a", "x")
    assert here(page) == "sc010/sh010 2"
    press(page, "p")
    assert here(page) == "sc010/sh020 1"
    press(page, "3", "2")
    assert here(page) == "sc010/sh020 3"
    assert page.is_checked("input[name=auto]")
    press(page, "a", "p")
    assert here(page) == "sc010/sh020 3"


def test_the_loupe_shows_the_picture_its_words_and_its_neighbours(page: Page) -> None:
    press(page, "Shift+P", "Enter")
    assert code(page) == "sc010/sh020@iterate#1"
    page.wait_for_selector(".sharp .full")
    assert page.evaluate("document.querySelector('.full').naturalWidth") == 320
    info = page.locator(".info")
    expect(info).to_contain_text("@Element1 Sam Doyle waits at post 1")
    expect(info).to_contain_text("$0.028")
    expect(info).to_contain_text("$0.084 for 3 takes in one request")
    expect(info.locator(".faces img")).to_have_count(1)
    expect(page.locator(".neighbour").first).to_contain_text("‹ sh010, picked")
    expect(page.locator(".neighbour").last).to_contain_text("sh030, undecided ›")
    press(page, "ArrowRight", "ArrowRight", "x")
    expect(page.locator(".viewer .mark")).to_have_text("Rejected")
    press(page, "ArrowDown")
    assert code(page) == "sc010/sh030@iterate#1"
    press(page, "Escape")
    assert page.is_hidden("#viewer")
    assert here(page) == "sc010/sh030 1"
    assert page.evaluate("document.activeElement.dataset.address") == "sc010/sh030@iterate"


_BOX = "one => (({x, y, width, height}) => ({x, y, width, height}))(one.getBoundingClientRect())"


def box(page: Page, layer: int = 0) -> dict[str, float]:
    found: dict[str, float] = page.locator(".layer .picture").nth(layer).evaluate(_BOX)
    return found


def test_compare_zooms_and_pans_all_panes_together(page: Page) -> None:
    press(page, "c")
    expect(page.locator(".pane")).to_have_count(2)
    press(page, "z")
    assert box(page, 0)["width"] == box(page, 1)["width"] > page.evaluate("document.querySelector('.pane').clientWidth")
    pane = page.locator(".pane").first.bounding_box()
    assert pane
    page.mouse.move(pane["x"] + 200, pane["y"] + 200)
    page.mouse.down()
    page.mouse.move(pane["x"] + 120, pane["y"] + 200, steps=4)
    page.mouse.up()
    left, right = box(page, 0), box(page, 1)
    assert round(right["x"] - left["x"]) == round(pane["width"] + 2)  # the same part of both, one pane further
    press(page, "z", "c")
    expect(page.locator(".pane")).to_have_count(3)
    press(page, "Tab", "p")
    expect(page.locator(".pane.pick")).to_have_count(1)
    press(page, "g")
    expect(page.locator(".take.pick .no")).to_have_text("2")


def test_one_pixel_is_one_pixel_at_100_percent(browser: Browser, review: Review) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 700}, device_scale_factor=2)
    page.goto(review.url)
    page.wait_for_selector("body.ready")
    press(page, "Enter")
    page.wait_for_selector(".sharp .full")
    fitted = box(page)["width"]
    press(page, "z")
    assert box(page)["width"] in (160, pytest.approx(fitted * 2))  # 320 pixels are 160 points of this screen
    page.close()


def test_a_wipe_lays_one_take_over_the_other(page: Page) -> None:
    press(page, "F6")
    edge = "document.querySelectorAll('.layer')[1].style.clipPath"
    assert page.evaluate("document.querySelectorAll('.wiped .layer').length") == 2
    before = page.evaluate(edge)
    press(page, ".")
    assert page.evaluate(edge) != before
    pane = page.locator(".pane").bounding_box()
    assert pane
    page.mouse.move(pane["x"] + pane["width"] * 0.5, pane["y"] + 100)
    page.mouse.down()
    page.mouse.move(pane["x"] + pane["width"] * 0.25, pane["y"] + 100, steps=5)
    page.mouse.up()
    assert page.evaluate("parseFloat(document.querySelector('.wipe-line').style.left)") == pytest.approx(25, abs=1)
    label = page.text_content(".pane-label")
    press(page, "Tab")
    assert page.text_content(".pane-label") != label
    assert page.is_visible("#viewer")


def test_flip_shows_the_other_take_at_the_same_zoom(page: Page) -> None:
    press(page, "Enter", "ArrowRight", "z")
    place = box(page)
    assert code(page).endswith("#2")
    press(page, "Tab")
    assert code(page).endswith("#1")
    assert box(page) == place
    press(page, "(")
    assert code(page).endswith("#2")


def test_filters_narrow_and_the_shot_that_was_just_decided_stays_in_sight(page: Page) -> None:
    shots = page.locator(".shot")
    page.select_option("select[name=show]", "undecided")
    page.select_option("select[name=scene]", "sc020")
    expect(shots).to_have_count(10)
    page.select_option("select[name=cast]", "vera")
    expect(page.locator("#found")).to_have_text("3 of 60 shots")
    page.locator(".frame").first.focus()
    press(page, "Shift+P")
    expect(page.locator(".take.pick")).to_have_count(1)
    expect(shots).to_have_count(3)
    page.select_option("select[name=tag]", "hero")
    expect(shots).to_have_count(2)
    page.click("#clear")
    expect(shots).to_have_count(60)
    press(page, "/")
    page.keyboard.type("post 33")
    expect(shots).to_have_count(1)
    press(page, "Enter", "p")
    expect(page.locator(".take.pick")).to_have_count(1)
    press(page, "/")
    page.keyboard.type(" nowhere")
    expect(page.locator(".nothing")).to_contain_text("None of 60 shots fits")
    press(page, "Escape")
    expect(shots).to_have_count(60)


def test_notes_are_written_pinned_moved_and_taken_away(page: Page, review: Review) -> None:
    def notes() -> list[tuple[int, str, float | None, float | None]]:
        said = decisions_of(read_list(review.path, None, rehearsal=False)).get("sc010/sh010@iterate")
        return [(note.take, note.text, note.x, note.y) for note in said.notes] if said else []

    press(page, "n")
    page.keyboard.type("Watch the hands: 'soft'")
    press(page, "Control+Enter")
    expect(page.locator(".has-note")).to_have_text("Watch the hands: 'soft'")
    saved(page)
    assert notes() == [(1, "Watch the hands: 'soft'", None, None)]
    press(page, "n")
    page.click("text=Pin to the picture")
    page.wait_for_selector(".panes.placing")
    picture = box(page)
    page.mouse.click(picture["x"] + picture["width"] / 4, picture["y"] + picture["height"] / 2)
    page.click("#note button.main")
    expect(page.locator(".pin")).to_have_count(1)
    expect(page.locator(".said-notes .who")).to_contain_text("Ann")  # told by the server: it is saved
    ((take, text, x, y),) = notes()
    assert (take, text, x, y) == (
        1,
        "Watch the hands: 'soft'",
        pytest.approx(0.25, abs=0.01),
        pytest.approx(0.5, abs=0.01),
    )
    press(page, "n", "Control+a", "Delete", "Control+Enter")
    expect(page.locator(".pin")).to_have_count(0)
    expect(page.locator(".said-notes")).to_have_count(0)
    saved(page)
    assert notes() == []


def test_the_same_shot_is_seen_across_its_stages(browser: Browser, tmp_path: Path) -> None:
    path = write_show(tmp_path, 2)
    fill(path)
    path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: 2\n")
    fill(path, ("iterate", "final"), size=(640, 360))
    with reviewing(path) as running:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(running.url)
        page.wait_for_selector("body.ready")
        press(page, "ArrowUp", "ArrowRight", "Enter", "c", "]")
        assert code(page) == "sc010/sh010@final#1"
        expect(page.locator(".sharp")).to_have_count(2)
        pixels = [page.evaluate("n => document.querySelectorAll('.full')[n].naturalWidth", n) for n in (0, 1)]
        assert sorted(pixels) == [320, 640]
        assert box(page, 0)["width"] == box(page, 1)["width"]  # normalised: 1K and 2K fit the same frame
        press(page, "[")
        assert code(page) == "sc010/sh010@iterate#2"
        press(page, "g", "[")
        assert page.text_content("#stages [aria-pressed=true]") == "All"
        expect(page.locator(".shot").first.locator(".take")).to_have_count(4)
        page.close()


def test_keys_are_explained_and_typing_is_no_command(page: Page) -> None:
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 500})
    press(page, "?")
    expect(page.locator("#keys-title")).to_be_in_viewport()  # a small screen shows their beginning
    for key in ("P", "X", "U", "H", "Z", "M", "R", "F6"):
        expect(page.locator("#keys kbd", has_text=key).first).to_be_visible()
    press(page, "p", "Escape")
    press(page, "n")
    page.keyboard.type("pxu123")
    assert page.input_value("textarea") == "pxu123"
    press(page, "Escape")
    expect(page.locator(".take:is(.pick, .reject)")).to_have_count(0)


def test_mouse_and_touch_do_the_same(browser: Browser, page: Page, review: Review) -> None:
    page.locator(".take").nth(1).locator(".no").click()
    expect(page.locator(".take.pick .no")).to_have_text("2")
    page.locator(".take").nth(2).hover()
    page.locator(".take").nth(2).locator(".out").click()
    expect(page.locator(".take.reject .no")).to_have_text("3")
    page.locator(".frame").first.click()
    page.click(".acts [data-stars='3']")
    expect(page.locator(".viewer .mark .stars")).to_have_text("★★★")
    page.locator(".strip .row button").nth(2).click()
    page.click(".acts [data-command=clear]")
    page.click(".viewer-top [data-command=grid]")
    expect(page.locator(".take.reject")).to_have_count(0)
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    touched = phone.new_page()
    touched.goto(review.url)
    touched.wait_for_selector("body.ready")
    touched.locator(".frame").first.tap()
    touched.locator(".acts [data-command=reject]").tap()
    expect(touched.locator(".viewer .mark")).to_contain_text("Rejected")
    phone.close()
