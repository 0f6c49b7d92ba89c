"""Reference files: found, whole and within limits before anything runs, and read once."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from shotpilot_pipeline.shotlist import references
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.references import Shelf
from shotpilot_pipeline.values.digest import sha256_bytes
from tests.shotlist.compiling import Result, catalog, draw, read, show


def result_of(folder: Path, path: str) -> Result:
    """One shot that mentions a cast member whose picture is `path`."""
    return show(folder, 'sh010: {prompt: "@vera"}', head=f'cast: {{vera: "{path}"}}')


def png(size: tuple[int, int] = (400, 400)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, (1, 2, 3)).save(held, "PNG")
    return held.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def test_a_good_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = draw(tmp_path / "refs/vera.png")
    result = result_of(tmp_path, "refs/vera.png")
    sha256 = sha256_bytes(path.read_bytes())
    assert result.wire("sc010/sh010@still")["elements"] == [{"frontal_image_url": f"sha256:{sha256}"}]
    assert result.list.sources == {sha256: "refs/vera.png"}


def test_a_url_stands_for_itself(tmp_path: Path) -> None:
    result = result_of(tmp_path, "https://example.com/v.jpg")
    assert result.wire("sc010/sh010@still")["elements"] == [{"frontal_image_url": "url:https://example.com/v.jpg"}]
    assert result.list.sources == {}


@pytest.mark.parametrize(
    ("path", "says", "cure"),
    [
        ("refs/none.jpg", "there is no such file", "check the path"),
        ("refs", "is a folder", "name a picture in it"),
        ("../outside.png", "leads outside the show", "put the picture under"),
        ("link.png", "leads outside the show", "put the picture under"),
        ("/etc/hostname", "is not a relative path", "from this file on"),
        ("refs\\\\vera.png", "is not a relative path", "forward slashes"),
        ("http://example.com/v.jpg", "http: is not taken", "https URL"),
        ("data:image/png;base64,AAAA", "data: is not taken", "a path or an https URL"),
        ("file:///etc/hostname", "file: is not taken", "a path or an https URL"),
        ("https://example.com/a b.jpg", "has a blank in it", "one word"),
        ("empty.png", "the file is empty", "put the picture there"),
        ("text.png", "it is not a picture", "PNG or JPEG"),
        ("cut.png", "cut short", "export it again"),
        ("end.png", "cut short", "export it again"),
        ("cut.jpg", "cut short", "export it again"),
        ("small.png", "400 x 299 pixels", "at least 300"),
        ("tall.png", "0.33 times its height", "0.40 to 2.50"),
        ("wide.png", "3.00 times its height", "0.40 to 2.50"),
        ("fat.png", "10.2 MB, 10 MB at most", "make it smaller"),
        ("pic.webp", "it is a WEBP", "PNG or JPEG"),
        ("pic.gif", "it is a GIF", "PNG or JPEG"),
        ("bomb.png", "it unpacks to", "make it smaller"),
        ("hugebomb.png", "it unpacks to", "give the picture itself"),
    ],
)
def test_a_reference_that_cannot_be_used_says_which_why_and_what_to_do(
    path: str, says: str, cure: str, tmp_path: Path
) -> None:
    root = tmp_path / "show"
    _lay_out(root)
    problem = result_of(root, path).only_error()
    assert problem.rule == "ref-file-unusable"
    assert says in problem.message
    assert cure in problem.hint
    assert "vera" in (root / "list.yaml").read_text().splitlines()[problem.place.line - 1]


def _lay_out(root: Path) -> None:
    """Every kind of unusable file."""
    draw(root.parent / "outside.png")
    draw(root / "refs/vera.png")
    (root / "link.png").symlink_to(root.parent / "outside.png")
    whole = png()
    jpeg = io.BytesIO()
    Image.effect_noise((400, 400), 60).save(jpeg, "JPEG")
    files = {
        "empty.png": b"",
        "text.png": b"not a picture",
        "cut.png": whole[: len(whole) // 2],
        "end.png": whole[:-12],
        "cut.jpg": jpeg.getvalue()[:-2000],
        "small.png": png((400, 299)),
        "tall.png": png((300, 900)),
        "wide.png": png((900, 300)),
        "fat.png": png()[:-12] + _padding(10_200_000) + png()[-12:],
        "bomb.png": bomb(20_000, 7_000),
        "hugebomb.png": bomb(60_000, 60_000),
    }
    for name, data in files.items():
        (root / name).write_bytes(data)
    Image.new("RGB", (400, 400)).save(root / "pic.webp")
    Image.new("RGB", (400, 400)).save(root / "pic.gif")


def _padding(size: int) -> bytes:
    """A text chunk of `size` bytes that makes a PNG fat and leaves it whole."""
    data = b"Comment\0" + b"x" * size
    return struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))


def test_limits_are_inclusive(tmp_path: Path) -> None:
    for size in ((300, 300), (750, 300), (300, 750)):
        draw(tmp_path / "edge.png", size)
        assert result_of(tmp_path, "edge.png").errors == []


def test_a_bad_picture_is_found_even_where_nobody_uses_it(tmp_path: Path) -> None:
    head = "cast: {vera: none.jpg}\nimages: {plate: {file: gone.png}}"
    assert len(show(tmp_path, "sh010: {prompt: a}", head=head).errors) == 2


def test_one_bad_picture_is_one_problem_however_often_it_is_used(tmp_path: Path) -> None:
    shots = "\n".join(f'sh{number}: {{prompt: "@vera {number}"}}' for number in range(5))
    assert len(show(tmp_path, shots, head="cast: {vera: none.jpg}").errors) == 1


def test_each_file_is_read_once_and_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "RACY", -1)  # no file is too young to be told from another
    read_files: list[str] = []
    really = references._read
    monkeypatch.setattr(references, "_read", lambda path, stamp: (read_files.append(path.name), really(path, stamp))[1])
    path = draw(tmp_path / "vera.png")
    shots = '{a: {prompt: "@vera"}, b: {prompt: "@vera 2"}}'
    text = f"shotlist: 1\nshow: a\ncast: {{vera: vera.png}}\nscenes: {{s: {{shots: {shots}}}}}\n"
    source = read(tmp_path, text)
    shelf = Shelf(tmp_path)
    compile_source(source, catalog(), shelf)
    assert read_files == ["vera.png"]
    again = Shelf(tmp_path, shelf.facts)
    compile_source(source, catalog(), again)
    assert read_files == ["vera.png"]
    assert again.facts == shelf.facts
    draw(path, (500, 400))
    compile_source(source, catalog(), Shelf(tmp_path, shelf.facts))
    assert read_files == ["vera.png", "vera.png"]


def test_a_file_that_changed_a_moment_ago_is_read_again(tmp_path: Path) -> None:
    path = draw(tmp_path / "vera.png")
    text = 'shotlist: 1\nshow: a\ncast: {vera: vera.png}\nscenes: {s: {shots: {a: {prompt: "@vera"}}}}\n'
    source, shelf = read(tmp_path, text), Shelf(tmp_path)
    before, _ = compile_source(source, catalog(), shelf)
    path.write_bytes(path.read_bytes() + b"\0")
    after, _ = compile_source(source, catalog(), Shelf(tmp_path, shelf.facts))
    assert before is not None
    assert after is not None
    assert before.tasks[0].keys != after.tasks[0].keys


def test_the_same_bytes_under_two_names_are_one_reference(tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    first = result_of(tmp_path, "a.png").list.tasks[0].keys
    assert result_of(tmp_path, "b.png").list.tasks[0].keys == first


def test_a_path_counts_from_the_file_that_names_it(tmp_path: Path) -> None:
    draw(tmp_path / "cast/refs/vera.png")
    (tmp_path / "cast/cast.yaml").write_text("cast: {vera: refs/vera.png}\n")
    result = show(tmp_path, 'sh010: {prompt: "@vera"}', head="include: [cast/cast.yaml]")
    assert list(result.list.sources.values()) == ["cast/refs/vera.png"]
