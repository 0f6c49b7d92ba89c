"""`shotpilot report`: a page, or a sentence that says why there is none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.shows import run, run_json, write_list


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsed show; tests that change it put it right again."""
    show = write_list(tmp_path_factory.mktemp("show"))
    run_json("rehearse", show, "--until", "iterate")
    return show


@pytest.mark.parametrize("place", ["/proc/nope/sheet.html", "blocked/sheet.html"])
def test_a_place_that_cannot_be_written_is_a_sentence(rehearsed: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "blocked").write_text("a file where a folder is needed")
    done = run("report", rehearsed, "-o", tmp_path / place)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(tmp_path / place) in done.stderr
    assert "choose another with -o" in done.stderr


def test_a_folder_that_is_a_file_stops_only_the_page_that_needs_it(rehearsed: Path, tmp_path: Path) -> None:
    renders = rehearsed.parent / ".shotpilot/rehearsal/renders"
    thumbnails = rehearsed.parent / ".shotpilot/thumbnails"
    renders.rename(tmp_path / "renders")
    renders.write_text("")
    if thumbnails.exists():
        thumbnails.rename(tmp_path / "thumbnails")
    thumbnails.write_text("")
    try:
        done = run("report", rehearsed)
        assert done.returncode == 2
        assert "choose another with -o" in done.stderr
        done = run("report", rehearsed, "-o", tmp_path / "sheet.html")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "sheet.html").read_text().count("data:image/webp") == 6
    finally:
        renders.unlink()
        thumbnails.unlink()
        (tmp_path / "renders").rename(renders)


def test_pictures_that_cannot_be_shown_are_named_and_not_counted(rehearsed: Path, tmp_path: Path) -> None:
    show = Path(shutil.copytree(rehearsed.parent, tmp_path / "show", symlinks=True)) / rehearsed.name
    shutil.rmtree(show.parent / ".shotpilot/thumbnails", ignore_errors=True)
    shutil.rmtree(show.parent / ".shotpilot/rehearsal/renders")
    first, second, *_ = sorted((show.parent / ".shotpilot/rehearsal/store/objects").rglob("*.png"))
    first.chmod(0o644)
    first.write_bytes(b"")  # seen only when it is read: its folder looks as before
    second.unlink()
    done = run("report", show, "-o", tmp_path / "sheet.html")
    assert done.returncode == 0, done.stderr
    assert len(re.findall(rf"{first}: the picture of sc010/sh0[12]0@iterate#\S+ cannot be shown", done.stderr)) == 1
    assert len(re.findall(rf"{second}: the picture of sc010/sh0[12]0@iterate#\S+ cannot be shown", done.stderr)) == 1
    assert "Contact sheet with 4 takes" in done.stderr
    page = (tmp_path / "sheet.html").read_text()
    assert "2 pictures could not be shown and are not counted" in page
    assert "<dt>Takes</dt><dd>4</dd>" in page


def test_one_take_is_one_take(tmp_path: Path) -> None:
    show = write_list(tmp_path)
    show.write_text(show.read_text().replace("takes: 3", "takes: 1"))
    run_json("rehearse", show, "sc010/sh010@iterate")
    done = run("report", show)
    assert re.search(r"Contact sheet with 1 take, \d+ kB\. Open", done.stderr), done.stderr
