"""Only whole pictures pass, and what they carry is seen."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shotpilot_pipeline.errors import ExitCode, TakesFailed
from shotpilot_pipeline.store.marks import find_marks
from shotpilot_pipeline.store.pictures import MAX_PIXELS, BadPicture, check_picture
from shotpilot_pipeline.values.digest import sha256_bytes
from tests.store.stock import png, png_chunk


def encoded(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    held = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(held, kind)
    return held.getvalue()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_whole_picture_is_known_by_its_content_not_by_its_name(tmp_path: Path, kind: str) -> None:
    data = encoded(kind)
    path = tmp_path / "download.bin"
    path.write_bytes(data)
    picture = check_picture(path)
    assert picture == (sha256_bytes(data), len(data), 64, 48, kind)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_cut_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    data = encoded(kind)
    path = tmp_path / "cut"
    for length in [*range(1, 40), *range(40, len(data) - 40, 97), *range(len(data) - 40, len(data))]:
        path.write_bytes(data[:length])
        with pytest.raises(BadPicture):
            check_picture(path)


def test_a_cut_picture_is_named_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(encoded("png")[:-4])
    with pytest.raises(TakesFailed, match=r"cut\.png: the PNG file stops before its end; fetch it again") as caught:
        check_picture(path)
    assert caught.value.exit_code is ExitCode.TAKES_FAILED


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"<html>502 Bad Gateway</html>", "not a PNG, JPEG or WebP"),
        (b"GIF89a" + bytes(40), "not a PNG, JPEG or WebP"),
        (b'{"detail": "expired"}', "not a PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n", "stops before its end"),
        (b"RIFF\x04\0\0\0WEBP", "damaged"),
        (b"\xff\xd8\xff\xd9", "damaged"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(BadPicture, match=says):
        check_picture(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(BadPicture, match="cannot be read"):
            check_picture(path)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadPicture, match=r"60000 x 60000 is larger than any picture .* 64 million"):
            check_picture(path)


def test_the_limit_is_in_pixels_and_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(png(width=10, height=10))
    assert check_picture(path, max_pixels=100).width == 10
    with pytest.raises(BadPicture):
        check_picture(path, max_pixels=99)
    assert MAX_PIXELS > 6272 * 2688


def test_a_palette_picture_of_4k_passes(tmp_path: Path) -> None:
    path = tmp_path / "slate.png"
    Image.new("P", (5440, 3072)).save(path, compress_level=1)
    assert check_picture(path)[2:] == (5440, 3072, "png")


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_of_a_png_never_passes_unseen(
    tmp_path_factory: pytest.TempPathFactory, at: int, by: int
) -> None:
    """Every chunk has a checksum, so the file is refused or its hash is another."""
    data = bytearray(png("a picture of some length" * 3))
    at %= len(data)
    path = tmp_path_factory.getbasetemp() / "changed.png"
    path.write_bytes(data)
    before = check_picture(path)
    data[at] ^= by
    path.write_bytes(data)
    try:
        after = check_picture(path)
    except BadPicture:
        return
    assert after.sha256 != before.sha256


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x30\0\0\0WEBP"]))
def test_no_bytes_whatever_bring_anything_but_bad_picture(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + data)
    with pytest.raises(BadPicture):
        check_picture(path)


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><Iptc4xmpExt:DigitalSourceType>'
    b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType></x:xmpmeta>"
)


def test_marks_of_a_png_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "marked.png"
    packet = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    path.write_bytes(png(extra=packet + png_chunk(b"caBX", b"jumb") + png_chunk(b"sRGB", b"\0")))
    check_picture(path)
    marks = find_marks(path, "png")
    assert (marks.c2pa, marks.xmp, marks.srgb, marks.icc_profile, marks.text) == (True, True, True, False, ("words",))
    assert marks.digital_source_type.endswith("/trainedAlgorithmicMedia")


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_marks_that_pillow_writes_are_seen_in_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    exif = Image.Exif()
    exif[0x9286] = "AIGC label"
    Image.new("RGB", (8, 8)).save(path, kind, exif=exif, icc_profile=b"profile" * 20, xmp=XMP)
    marks = find_marks(path, kind)
    assert (marks.exif, marks.icc_profile, marks.aigc) == (True, True, True)
    assert marks.xmp == (kind != "png")  # Pillow writes no XMP into a PNG
    assert not marks.c2pa


def test_real_signed_pictures_are_seen_to_be_signed(realdata: Path) -> None:
    found = {name: find_marks(realdata / "provenance" / f"{name}.jpg", "jpeg").c2pa for name in ("A", "C", "XCA")}
    assert found == {"A": False, "C": True, "XCA": True}


def test_real_pictures_pass(realdata: Path) -> None:
    for path in sorted((realdata / "provenance").glob("*.jpg")):
        assert check_picture(path).format == "jpeg"
