"""How fast the review page is: 300 shots with four takes each, opened and scrolled through in a real browser.

The pictures have the pixels of real ones (1360 x 768). Opened once with no thumbnail made, then again with all.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.measure import clean_environment
from tests.bench.promises import Bench
from tests.bench.table import Finding

SHOTS, TAKES, SIZE = 300, 4, (1360, 768)
OPEN_S = 2.0
LATE_PERCENT = 2.0  # frames of more than 50 ms while the whole list is scrolled through
PICK_MS = 250
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

_SCROLL = """async () => {
  const grid = document.querySelector('#grid'), times = [];
  let before = performance.now();
  for (let at = 0; at < grid.scrollHeight - grid.clientHeight; at += 60) {
    grid.scrollTop = at;
    await new Promise((go) => requestAnimationFrame(go));
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  return times;
}"""
_SEEN = """() => [...document.querySelectorAll('.frame img')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}).every((one) => one.complete && one.naturalWidth)"""


def review_is_quick(bench: Bench) -> Iterator[Finding]:
    """Opening, scrolling and picking."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not program:
        print("no Chromium on this machine: the review page is not measured", file=sys.stderr)
        return
    path = _show(bench)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, _served(path) as url:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        cold, ready, _ = _open(browser, url)
        beside = f"rows in {ready:.2f} s, then the pictures in sight are drawn and shown"
        yield Finding(f"review opens, {SHOTS} shots x {TAKES} takes, no thumbnail made", OPEN_S * 2, cold, "s", beside)
        again = sorted(_open(browser, url) for _ in range(3))[1]
        yield Finding(
            f"review opens, {SHOTS} shots x {TAKES} takes", OPEN_S, again[0], "s", f"rows in {again[1]:.2f} s"
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector("body.ready")
        page.evaluate(_SCROLL)  # pictures come and are decoded
        times = sorted(page.evaluate(_SCROLL))
        late = 100 * sum(one > 50 for one in times) / len(times)
        beside = f"{len(times)} frames, median {times[len(times) // 2]:.0f} ms, longest {times[-1]:.0f} ms"
        yield Finding("review scrolls, frames later than 50 ms", LATE_PERCENT, late, "%", beside)
        picks = sorted(_pick(page) for _ in range(9))
        yield Finding("a pick, until it is saved and priced", PICK_MS, picks[4], "ms", f"slowest {picks[-1]:.0f} ms")
        browser.close()


def _open(browser: Any, url: str) -> tuple[float, float, int]:
    """Seconds until every picture in sight is there, until the rows are, and how many rows there are."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    began = time.monotonic()
    page.goto(url)
    page.wait_for_selector("body.ready")
    ready = time.monotonic() - began
    while not page.evaluate(_SEEN):
        time.sleep(0.01)
    seen, rows = time.monotonic() - began, page.locator(".shot").count()
    page.close()
    return seen, ready, rows


def _pick(page: Any) -> float:
    """Milliseconds from the key to the saved file and the new price."""
    return float(
        page.evaluate("""async () => {
          const began = performance.now(), body = document.body;
          const press = (type) => new KeyboardEvent(type, {key: 'P', code: 'KeyP', shiftKey: true, bubbles: true});
          document.activeElement.dispatchEvent(press('keydown'));
          while (body.dataset.pending !== '0') await new Promise((go) => setTimeout(go, 2));
          return performance.now() - began;
        }""")
    )


def _show(bench: Bench) -> Path:
    from tests.review.screening_show import fill, write_show

    folder = bench.folder / "review"
    shutil.rmtree(folder, ignore_errors=True)
    path = write_show(folder, SHOTS, TAKES)
    fill(path, size=SIZE)
    return path


@contextmanager
def _served(path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "shotpilot_pipeline", "review", str(path), "--json"], stdout=subprocess.PIPE, text=True,
        env=clean_environment(),
    )  # fmt: skip
    assert process.stdout
    said = ""
    while not said.rstrip().endswith("}"):
        said += process.stdout.readline()
    try:
        yield json.loads(said)["url"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
