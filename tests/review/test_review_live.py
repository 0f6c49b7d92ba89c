"""A page that is open while takes come in, what is new since last time, and what changed in the words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.store.store import Store
from tests.cli.shows import COMMAND, run
from tests.review.screening_show import fill, keep, reviewing, write_show

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)


def opened(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(url)
    page.wait_for_selector("body.ready")
    return page


def test_a_rehearsal_streams_its_takes_into_the_open_page(browser: Browser, tmp_path: Path) -> None:
    path = write_show(tmp_path, 3, takes=2)
    with reviewing(path, "--rehearsal") as review:
        page = opened(browser, review.url)
        expect(page.locator(".shot")).to_have_count(3)
        expect(page.locator(".take")).to_have_count(0)
        expect(page.locator("#next")).to_contain_text(
            "Next rehearsal: $0.168 if it were bought, 6 pictures, $0.252 at most"
        )
        page.evaluate("window.stayed = true")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "SHOTPILOT_"))}
        done = subprocess.run([*COMMAND, "rehearse", str(path), "--quiet"], env=environment, check=False, timeout=120)
        assert done.returncode == 0
        page.click("#stages >> text=All")
        expect(page.locator(".take")).to_have_count(9)
        expect(page.locator("#next")).to_contain_text("nothing to draw")
        assert page.evaluate("window.stayed")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("p")
        expect(page.locator("#next")).to_contain_text("if it were bought, 1 picture")  # the final rests on the pick
        assert (path.parent / ".shotpilot/rehearsal/pier.picks.yaml").exists()
        assert not path.with_suffix(".picks.yaml").exists()
        page.close()


def test_what_is_on_its_way_and_what_failed_is_told(browser: Browser, tmp_path: Path) -> None:
    """From the diary of a run that holds the show (this process stands for it)."""
    import json
    import socket

    path = write_show(tmp_path, 2)
    fill(path)
    text = path.read_text().replace("waits at post 1", "runs past post 1")
    path.write_text(text)
    own = tmp_path / ".shotpilot"
    (own / "runs/2026-11-25_120000").mkdir(parents=True)
    diary = own / "runs/2026-11-25_120000/events.jsonl"
    events = [
        {"event": "run-started", "tasks": 4, "takes": 3, "cost_at_most": "0.084"},
        {"event": "roll-sent", "address": "sc010/sh020@iterate", "takes": [1, 2, 3], "request_id": "r1"},
    ]
    diary.write_text("".join(json.dumps(event) + "\n" for event in events))
    held = {"pid": os.getpid(), "host": socket.gethostname(), "since": "now", "doing": "render pier.yaml"}
    (own / "writer.lock").write_text(json.dumps(held))
    with reviewing(path) as review:
        page = opened(browser, review.url)
        expect(page.locator(".coming")).to_have_count(3)
        expect(page.locator("#run")).to_have_text("render pier.yaml: 0 of 3 takes came")
        with diary.open("a") as more:
            more.write(
                json.dumps(
                    {
                        "event": "task-ended",
                        "address": "sc010/sh020@iterate",
                        "outcome": "failed",
                        "reason": "no answer",
                    }
                )
                + "\n"
            )
        (own / "writer.lock").write_text("")
        expect(page.locator(".coming")).to_have_count(0)
        expect(page.locator("#run")).to_be_hidden()
        page.select_option("select[name=show]", "failed")
        expect(page.locator(".shot")).to_have_count(1)
        expect(page.locator(".state.failed")).to_contain_text("no answer")
        page.close()


def test_new_since_i_last_looked_and_what_changed_in_the_words(browser: Browser, tmp_path: Path) -> None:
    path = write_show(tmp_path, 2)
    fill(path)
    with reviewing(path) as review:
        page = opened(browser, review.url)
        expect(page.locator(".new")).to_have_count(0)  # the first time nothing is new
        page.close()
    path.write_text(path.read_text().replace("waits at post 1", "runs past post 1"))
    reading = read_list(path, None, rehearsal=False)
    key = next(task.keys[0] for task in reading.compiled.tasks if task.address == "sc010/sh020@iterate")
    store = Store(reading.places.store, durable=False)
    keep(store, key, 1, "a new take")
    store.close()
    with reviewing(path) as review:
        page = opened(browser, review.url)
        expect(page.locator(".new")).to_have_count(1)
        page.select_option("select[name=show]", "new")
        expect(page.locator(".shot")).to_have_count(1)
        page.keyboard.press("Escape")
        page.locator(".frame:has(.new)").click()
        expect(page.locator(".info .words h3")).to_have_text("Prompt, and what changed since v1")
        expect(page.locator(".info ins")).not_to_have_count(0)
        expect(page.locator(".info del")).not_to_have_count(0)
        page.close()


def test_a_selection_shows_and_prices_only_what_was_selected(browser: Browser, tmp_path: Path) -> None:
    path = write_show(tmp_path, 12)
    fill(path)
    with reviewing(path, "scene:sc010", "tag:hero") as review:
        page = opened(browser, review.url)
        expect(page.locator(".shot")).to_have_count(10)
        page.close()
    with reviewing(path, "scene:sc010,tag:hero") as review:
        page = opened(browser, review.url)
        expect(page.locator(".shot")).to_have_count(4)
        expect(page.locator("#next")).to_contain_text("$0.112 at most")
        page.close()


def test_the_same_comes_out_as_from_the_command_line(browser: Browser, tmp_path: Path) -> None:
    """Decision for decision the same picks file, but for the times."""
    page_show = write_show(tmp_path / "page", 3)
    fill(page_show)
    typed_show = Path(shutil.copytree(page_show.parent, tmp_path / "typed")) / page_show.name
    with reviewing(page_show) as review:
        page = opened(browser, review.url)
        for key in ("p", "ArrowRight", "p", "ArrowRight", "x", "4", "m", "m", "ArrowDown", "r"):
            page.keyboard.press(key)
        page.keyboard.press("n")
        page.keyboard.type("Too dark")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".has-note")).to_have_text("Too dark")
        expect(page.locator("body")).to_have_attribute("data-pending", "0")
        page.close()
    first, second = "sc010/sh010@iterate", "sc010/sh020@iterate"
    for said in (
        (first, "1"), (first, "2"), (first, "3", "--reject"), (first, "3", "--stars", "4"), (first, "--more", "1"),
        (first, "--more", "1"), (second, "--redo"), (f"{second}#3", "--note", "Too dark"),
    ):  # fmt: skip
        done = run("pick", typed_show, *said, "--by", "Ann")
        assert done.returncode == 0, done.stderr
    by_page, typed = (
        re.sub(r"20\d\d-\d\d-\d\dT[\d:]+Z", "then", show.with_suffix(".picks.yaml").read_text())
        for show in (page_show, typed_show)
    )
    assert by_page == typed
