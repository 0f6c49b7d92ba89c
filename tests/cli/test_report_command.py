"""`shotpilot report`: a page, or a sentence that says why there is none."""

from __future__ import annotations

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
