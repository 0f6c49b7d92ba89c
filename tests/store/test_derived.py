"""The copy that is sent where a bought picture does not fit: as good as it can be, and the original untouched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from shotpilot_pipeline.errors import TakesFailed
from shotpilot_pipeline.store.derived import derive
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.values.fits import Recipe


def noise(path: Path, width: int, height: int, mode: str = "RGB", **how: object) -> Path:
    bands = len(mode)
    Image.frombytes(mode, (width, height), os.urandom(width * height * bands)).save(path, **how)
    return path


@pytest.mark.parametrize("most", [400_000, 150_000, 60_000])
def test_it_fits_and_is_as_large_as_can_be(tmp_path: Path, most: int) -> None:
    path = noise(tmp_path / "a.png", 640, 640)
    before = path.read_bytes()
    derive(path, Recipe("jpeg", most), tmp_path / "out.jpg")
    assert path.read_bytes() == before
    assert (tmp_path / "out.jpg").stat().st_size <= most
    with Image.open(tmp_path / "out.jpg") as made:
        made.load()
        assert made.format == "JPEG"
        assert (made.size == (640, 640)) is (most >= 400_000)
        assert made.width == made.height >= 300


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    path = noise(tmp_path / "a.png", 400, 400)
    for name in ("1.jpg", "2.jpg"):
        derive(path, Recipe("jpeg", 200_000), tmp_path / name)
    assert (tmp_path / "1.jpg").read_bytes() == (tmp_path / "2.jpg").read_bytes()


def test_what_is_clear_becomes_white_and_the_profile_stays(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", (320, 320), (255, 0, 0, 0)).save(tmp_path / "a.webp", icc_profile=profile, lossless=True)
    derive(tmp_path / "a.webp", Recipe("jpeg", 100_000), tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as made:
        assert made.getpixel((10, 10)) == (255, 255, 255)
        assert made.info["icc_profile"] == profile


def test_what_cannot_fit_and_what_cannot_be_written_are_sentences(tmp_path: Path) -> None:
    path = noise(tmp_path / "a.png", 400, 400)
    with pytest.raises(TakesFailed, match="cannot be made to fit into 1,000 bytes; nothing was sent"):
        derive(path, Recipe("jpeg", 1000), tmp_path / "out.jpg")
    with pytest.raises(StoreUnwritable):
        derive(path, Recipe("jpeg", 10**6), tmp_path / "nowhere" / "out.jpg")
