"""A carried picture that the next model does not take: a copy is sent, the key holds the original and the recipe."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

from PIL import Image

from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.values.request import file_mark
from tests.pipeline.buying import audit_end, bought, command, render, service, show

CARD = Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards"
MOST = 400_000  # bytes: a picture of noise has more than a million


def noisy(copy: Copy) -> tuple[bytes, ...]:
    """Pictures that no PNG makes small."""
    pictures = []
    for _ in range(copy.count):
        kept = io.BytesIO()
        size = copy.width, copy.height
        Image.frombytes("L", size, os.urandom(copy.width * copy.height)).save(kept, copy.output_format)
        pictures.append(kept.getvalue())
    return tuple(pictures)


def narrow_card(folder: Path) -> None:
    """A card of the show's own: the same model, which takes smaller files."""
    (card,) = [card for card in CARD.glob("*.json") if json.loads(card.read_text())["family"] == "kling-v3"]
    data = json.loads(card.read_text())
    data["limits"]["file"]["bytes"] = MOST
    (folder / "models").mkdir()
    (folder / "models/kling-v3.json").write_text(json.dumps(data))


def test_a_copy_that_fits_is_sent_and_the_original_is_named(tmp_path: Path) -> None:
    path = show(tmp_path)
    narrow_card(tmp_path)
    with service() as host:
        host.queue.draw = noisy
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        assert bought(done)["takes_new"] == 6
        finals = [asked for asked in host.queue.asked.values() if "image_url" in asked.body]
        assert len(finals) == 2
        for asked in finals:
            data = host.queue.fetch(asked.body["image_url"])
            assert data is not None
            assert len(data) <= MOST
            assert data[:3] == b"\xff\xd8\xff"
        audit_end(host, path)
        again = render(host, path)
        assert bought(again)["takes_new"] == 0
        expanded = json.loads(command(host, "expand", path, "--json").stdout)
    final = next(task for task in expanded if task["address"] == "sc010/sh010@final")
    assert final["input"]["image_url"].endswith(".png")  # the picture that was bought, by its place in the store
    for sidecar in (tmp_path / "renders/night").rglob("*_final_*.json"):
        told = json.loads(sidecar.read_text())
        (reference,) = told["references"]
        assert reference["sent_as"] == f"a jpeg of at most {MOST} bytes"
        assert told["carried_from"] == reference["sha256"]
        assert told["request"]["input"]["image_url"] == file_mark(f"{reference['sha256']};as=jpeg;bytes={MOST}")


def test_the_plan_says_so_before_it_is_bought(tmp_path: Path) -> None:
    path = show(tmp_path)
    narrow_card(tmp_path)
    with service() as host:
        host.queue.draw = noisy
        assert command(host, "render", path, "stage:iterate", "--yes").returncode == 0
        planned = command(host, "plan", path)
    assert " ".join(planned.stdout.split()).count("it goes out as a JPEG of at most 0.4 MB") == 2


def test_what_fits_is_sent_as_it_is_under_the_key_it_always_had(tmp_path: Path) -> None:
    keys = []
    for name, narrow in (("wide", False), ("narrow", True)):
        folder = tmp_path / name
        folder.mkdir()
        path = show(folder)
        if narrow:
            narrow_card(folder)
        with service() as host:  # grey pictures: some kilobytes
            assert render(host, path).returncode == 0
            for asked in host.queue.asked.values():
                if "image_url" in asked.body:
                    data = host.queue.fetch(asked.body["image_url"])
                    assert data is not None
                    assert data[:4] == b"\x89PNG"
            expanded = json.loads(command(host, "expand", path, "--json").stdout)
            keys.append([task["render_key"] for task in expanded])
    assert keys[0] == keys[1]
    assert all(keys[0])
