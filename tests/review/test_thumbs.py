"""Thumbnails: small, kept by sha256, drawn again when the cache is damaged."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shotpilot_pipeline.review.thumbs import LARGE, SMALL, thumbnail, thumbnail_size

SHA = "ab" * 32


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize(
    ("mode", "name"),
    [("RGB", "a.png"), ("P", "a.png"), ("L", "a.png"), ("RGBA", "a.png"), ("1", "a.png"), ("RGB", "a.jpg")],
)
def test_every_kind_of_picture_becomes_a_small_webp(tmp_path: Path, mode: str, name: str) -> None:
    file = tmp_path / name
    Image.new("RGB", (2720, 1536), (200, 60, 30)).convert(mode).save(file)
    small = opened(thumbnail(file, tmp_path / "cache", SHA))
    assert (small.format, small.size, small.mode) == ("WEBP", (399, 225), "RGB")
    if mode in ("RGB", "P", "RGBA"):
        red, green, blue = small.getpixel((200, 100))
        assert (red, green, blue) == (pytest.approx(200, abs=12), pytest.approx(60, abs=12), pytest.approx(30, abs=12))


def test_what_is_transparent_is_dark(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGBA", (800, 600), (255, 255, 255, 0)).save(file)
    assert max(opened(thumbnail(file, tmp_path / "cache", SHA)).getpixel((5, 5))) < 8


def test_a_kept_thumbnail_needs_no_picture_and_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.effect_noise((1360, 768), 80).save(file)
    first = thumbnail(file, tmp_path / "cache", SHA)
    file.unlink()
    assert thumbnail(file, tmp_path / "cache", SHA) == first


@pytest.mark.parametrize("damage", [b"", b"RIFF", b"not a picture at all"])
def test_a_damaged_cache_file_is_drawn_again(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (900, 600), "teal").save(file)
    first = thumbnail(file, tmp_path / "cache", SHA)
    (kept,) = (tmp_path / "cache").rglob("*.webp")
    kept.write_bytes(damage or first[: len(first) // 2])
    assert thumbnail(file, tmp_path / "cache", SHA) == first


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_picture_that_is_none_is_an_oserror_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(content)
    with pytest.raises(OSError):
        thumbnail(file, tmp_path / "cache", SHA)
    assert not list((tmp_path / "cache").rglob("*.*"))


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_a_thumbnail_keeps_the_ratio_and_never_grows(width: int, height: int) -> None:
    small = thumbnail_size(width, height)
    assert small[0] <= max(width, 1)
    assert small[1] <= max(height, 1)
    assert small[0] * small[1] <= LARGE.area * 1.05 + 300
    if 0.3 < width / height < 3.5 and min(small) > 20:
        assert small[0] / small[1] == pytest.approx(width / height, rel=0.03)


def test_two_sizes_of_one_picture_are_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (1360, 768), "teal").save(file)
    large, small = (thumbnail(file, tmp_path / "cache", SHA, size) for size in (LARGE, SMALL))
    assert (opened(large).size, opened(small).size) == ((399, 225), (319, 180))
    assert thumbnail(file, tmp_path / "cache", SHA, LARGE) == large
