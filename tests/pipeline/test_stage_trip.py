"""From stage to stage: what was picked reaches the wire, another pick is priced, and nothing is bought unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image

from shotpilot_pipeline.pipeline import rehearsal
from shotpilot_pipeline.pipeline.choosing import choose
from shotpilot_pipeline.pipeline.keeping import RunEnd
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.decision import Change, Verb
from shotpilot_pipeline.values.digest import sha256_bytes
from tests.cli.shows import run_json, write_list
from tests.pipeline.buying import grey_picture

LIST = """\
shotlist: 1
show: night
cast: {vera: vera.png}
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 3, pick: human}
  refine: {model: %s, resolution: 2K, takes: 2, carry: image, pick: best-stars%s}
  final: {model: kling-o3, resolution: 2K, takes: 1, carry: image, pick: first}
defaults: {aspect_ratio: 16:9}
scenes:
  sc010:
    place: a pier
    shots:
      sh010: {subject: "@vera", action: coils a rope}
"""
ITERATE, REFINE, FINAL = "sc010/sh010@iterate", "sc010/sh010@refine", "sc010/sh010@final"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Every request that reaches the queue: its endpoint, its body, and the sha256 of each image sent along."""
    seen: list[tuple[str, dict[str, Any], list[str]]] = []

    class Watched(RehearsalQueue):
        def accept(self, endpoint: str, body: Any, tags: Any) -> Any:
            urls = [body["image_url"]] if "image_url" in body else body.get("image_urls", [])
            seen.append((endpoint, dict(body), [sha256_bytes(self.fetch(url) or b"") for url in urls]))
            return super().accept(endpoint, body, tags)

    monkeypatch.setattr(rehearsal, "RehearsalQueue", Watched)
    monkeypatch.setattr(rehearsal, "draw_roll", grey_picture)
    return seen


def show(folder: Path, text: str) -> Path:
    Image.new("RGB", (512, 512), "salmon").save(folder / "vera.png")
    return write_list(folder, text)


def go(path: Path, until: str) -> RunEnd:
    reading = read_list(path, None, rehearsal=True)
    return anyio.run(lambda: rehearsal.rehearse(reading, Wish(until=until), lambda _: None))


def say(path: Path, *changes: Change) -> None:
    choose(read_list(path, None, rehearsal=True), changes, "Vera")


def sha_of(path: Path, address: str, take: int) -> str:
    reading = read_list(path, None, rehearsal=True)
    key = next(one["render_key"] for one in tasks(path) if one["address"] == address)
    return Store(reading.places.store).takes_of(key)[take - 1].pictures[0].sha256


def tasks(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_json("plan", path, "--rehearsal")["tasks"]
    return found


@pytest.mark.parametrize(
    ("model", "more", "field"), [("kling-v3", "", "image_url"), ("kling-o3", ", add_images: [cast]", "image_urls")]
)
def test_what_is_picked_reaches_the_wire_and_another_pick_is_priced(
    tmp_path: Path, wire: list[tuple[str, dict[str, Any], list[str]]], model: str, more: str, field: str
) -> None:
    path = show(tmp_path, LIST % (model, more))
    go(path, "iterate")
    say(path, Change(ITERATE, Verb.PICK, 3))
    wire.clear()
    assert go(path, "refine").takes_new == 2
    ((endpoint, body, images),) = wire
    assert field in body
    assert endpoint.endswith("image-to-image")
    assert images[0] == sha_of(path, ITERATE, 3)
    if more:
        assert images[1] == sha256_bytes((tmp_path / "vera.png").read_bytes())  # O3 gets two references
    say(path, Change(REFINE, Verb.STARS, 2, value="4"))
    wire.clear()
    go(path, "final")
    assert wire[0][2][0] == sha_of(path, REFINE, 2)
    run = max((tmp_path / ".shotpilot/rehearsal/runs").iterdir())
    chosen = json.loads((run / "choices.json").read_text())
    assert {address: (one["take"], one["by"]) for address, one in chosen.items()} == {
        ITERATE: (3, "Vera"), REFINE: (2, "rule: best-stars"), FINAL: (1, "rule: first"),
    }  # fmt: skip
    say(path, Change(ITERATE, Verb.PICK, 1))
    now = {one["address"]: one for one in tasks(path)}
    assert now[REFINE]["action"] == "changed"
    assert now[REFINE]["cost_usd"] != "0.00"
    assert now[REFINE]["takes_new"] == 2
    wire.clear()
    go(path, "refine")
    assert wire[0][2][0] == sha_of(path, ITERATE, 1)
    say(path, Change(ITERATE, Verb.PICK, 3))  # and back: what was made from it is there for nothing
    assert all(one["action"] == "cached" for one in tasks(path))


def test_more_and_redo_bring_as_many_as_were_asked_for_and_no_more(
    tmp_path: Path, wire: list[tuple[str, dict[str, Any], list[str]]]
) -> None:
    path = show(tmp_path, LIST % ("kling-v3", ""))
    go(path, "iterate")
    say(path, Change(ITERATE, Verb.PICK, 2), Change(ITERATE, Verb.MORE, value="4"))
    assert go(path, "iterate").takes_new == 4
    assert go(path, "iterate").takes_new == 0  # spent
    say(path, Change(ITERATE, Verb.REDO))
    assert go(path, "iterate").takes_new == 3
    say(path, Change(ITERATE, Verb.PICK, 8))
    assert go(path, "iterate").takes_new == 0
    assert (tmp_path / ".shotpilot/rehearsal/night.picks.yaml").read_text().count("take: 8") == 1


def test_a_rejected_take_is_passed_over_by_the_rule_of_a_rehearsal(
    tmp_path: Path, wire: list[tuple[str, dict[str, Any], list[str]]]
) -> None:
    path = show(tmp_path, LIST % ("kling-v3", ""))
    go(path, "iterate")
    say(path, Change(ITERATE, Verb.REJECT, 1))
    wire.clear()
    go(path, "refine")
    assert wire[0][2] == [sha_of(path, ITERATE, 2)]


SERIES = """\
shotlist: 1
show: night
stages:
  iterate: {model: kling-o3, resolution: 1K, takes: 2, pick: human}
  final: {model: kling-o3, resolution: 1K, takes: 1, carry: image, pick: first%s}
scenes:
  sc010:
    shots:
      sh010: {series: {lead: a court, panels: [one, two, three]}}
"""


@pytest.mark.parametrize("apart", [False, True])
def test_a_series_is_carried_whole_or_panel_by_panel(
    tmp_path: Path, wire: list[tuple[str, dict[str, Any], list[str]]], apart: bool
) -> None:
    path = write_list(tmp_path, SERIES % (", panels: each" if apart else ""))
    go(path, "iterate")
    say(path, Change(ITERATE, Verb.PICK, 2))
    reading = read_list(path, None, rehearsal=True)
    key = next(one["render_key"] for one in tasks(path) if one["address"] == ITERATE)
    panels = [picture.sha256 for picture in Store(reading.places.store).takes_of(key)[1].pictures]
    wire.clear()
    go(path, "final")
    if not apart:
        assert [images for _, _, images in wire] == [panels]
        return
    of_panel = {body["prompt"].split()[-1]: images for _, body, images in wire}  # three requests, in any order
    assert (len(wire), of_panel) == (3, dict(zip(("one", "two", "three"), ([one] for one in panels), strict=True)))
