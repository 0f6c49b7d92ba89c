"""Shows with real pictures in a real store, and the review command as a user starts it. Not a test itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.shotlist.picks import read_picks
from shotpilot_pipeline.store.lock import Lock, write_lock
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Take
from tests.cli.shows import COMMAND

HEAD = """\
shotlist: 1
show: pier
title: Night at the Pier
cast:
  vera: {name: Vera Kane, frontal: refs/vera.png, references: [refs/vera_left.png]}
  sam: {name: Sam Doyle, frontal: refs/sam.png}
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: %d, pick: human}
  final: {model: kling-v3, resolution: 2K, takes: 1, carry: image, pick: first}
defaults: {aspect_ratio: 16:9}
scenes:
"""
SIZE = (320, 180)


def write_show(folder: Path, shots: int, takes: int = 3, in_scene: int = 10, extra: str = "") -> Path:
    """A list of so many shots, `sc010/sh010` and on, with two faces; `extra` is written behind the last shot."""
    lines = [HEAD % takes]
    for number in range(shots):
        if number % in_scene == 0:
            scene = number // in_scene + 1
            lines.append(f"  sc{scene * 10:03}:\n    place: pier {scene}\n    int_ext: EXT\n    shots:\n")
        who, tag = (
            ("@vera", "hero") if number % 3 == 0 else ("@sam", "rain") if number % 3 == 1 else ("a lantern", "rain")
        )
        lines.append(
            f'      sh{(number % in_scene + 1) * 10:03}: {{size: {"WS" if number % 2 else "CU"}, subject: "{who}", '
            f"action: waits at post {number}, tags: [{tag}]}}\n"
        )
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(("vera", "vera_left", "sam")):
        Image.new("RGB", (320, 320), (90 + 40 * place, 70, 60)).save(folder / f"refs/{name}.png")
    path = folder / "pier.yaml"
    path.write_text("".join(lines) + extra, encoding="utf-8")
    return path


def fill(
    path: Path,
    stages: tuple[str, ...] = ("iterate",),
    *,
    size: tuple[int, int] = SIZE,
    queue: str = "https://queue.fal.run",
) -> int:
    """Keep every take that the stages want, as if it had been bought; gives how many. Picks made so far count."""
    reading = read_list(path, None, rehearsal=False)
    store, lock, kept = Store(reading.places.store, durable=False), Lock(), 0
    plan = plan_list(reading, Wish(), known_of(reading))
    takes: list[tuple[str, Take]] = []
    for line in plan.lines:
        if line.takes_new and line.address.rpartition("@")[2] in stages:
            for number in range(line.takes_have + 1, line.takes_have + line.takes_new + 1):
                kept += 1
                takes.append(
                    (line.address, keep(store, line.key, number, f"{line.address}#{number}", size, queue, line.panels))
                )
    write_lock(reading.places.lock, lock.with_takes(takes), durable=False)
    store.close()
    return kept


def keep(
    store: Store,
    key: str,
    number: int,
    words: str,
    size: tuple[int, int] = SIZE,
    queue: str = "https://queue.fal.run",
    panels: int = 1,
) -> Take:
    """One take with pictures of its own."""
    aside = []
    for panel in range(panels):
        file = store.staging() / f"{key[:8]}{number}.{panel}.png"
        draw_picture(f"{words} {panel or ''}", size).save(file)
        aside.append((file, check_picture(file)))
    origin = {
        "queue": queue, "request_id": f"request-{key[:6]}", "roll": [1, 2, 3], "price_usd": "0.028",
        "submitted_at": "2026-11-20T09:00:00Z", "input": {"prompt": f"Words of {words}"},
    }  # fmt: skip
    return store.keep(key, number, aside, origin)


def draw_picture(words: str, size: tuple[int, int]) -> Image.Image:
    """A picture that says what it is, in a grey of its own."""
    shade = 40 + sum(map(ord, words)) % 90
    image = Image.new("RGB", size, (shade, shade + 6, shade + 10))
    draw = ImageDraw.Draw(image)
    draw.ellipse([size[0] * 0.6, size[1] * 0.2, size[0] * 0.85, size[1] * 0.7], fill=(shade + 60, shade + 40, shade))
    draw.text((10, 10), words, fill=(240, 240, 240))
    return image


@dataclass
class Review:
    """A review that runs: its process, its address, and the list it is of."""

    path: Path
    process: subprocess.Popen[str]
    url: str
    told: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The address without the key."""
        return self.url.partition("/?")[0]

    @property
    def picks(self) -> Path:
        """The picks file."""
        return self.path.with_suffix(".picks.yaml")

    def forget(self) -> None:
        """Nothing was ever decided."""
        self.picks.unlink(missing_ok=True)
        shutil.rmtree(self.path.parent / ".shotpilot/undo", ignore_errors=True)

    def picked(self) -> dict[str, int]:
        """What is picked, by address."""
        picks, problems = read_picks(self.picks)
        assert not problems
        return {address: pick.take for address, pick in picks.items()}

    def stop(self) -> int:
        """End it as Ctrl-C does; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=20)
        self.told.append(err)
        return self.process.returncode


@contextmanager
def reviewing(path: Path, *arguments: str, **environment: str) -> Iterator[Review]:
    """`shotpilot review PATH --json ARGUMENTS` while the block runs; it must end well."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "SHOTPILOT_"))}
    process = subprocess.Popen(
        [*COMMAND, "review", str(path), "--json", "--by", "Ann", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**clean, "NO_COLOR": "1", **environment},
    )  # fmt: skip
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if line.startswith("}"):
            break
    if not said.strip().endswith("}"):
        raise AssertionError(process.communicate()[1])
    review = Review(path, process, json.loads(said)["url"])
    try:
        yield review
    finally:
        assert review.stop() == 0, review.told
