"""Storyboards that other people wrote: laid out they ask for the same pictures, mended they are no worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.fixing import checker, mend
from shotpilot_pipeline.shotlist.layout import formatted
from shotpilot_pipeline.shotlist.pages import Pages
from tests.realdata.test_storyboards import write_board
from tests.shotlist.test_layout import keys, plain


def test_laid_out_it_asks_for_the_same(storyboard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, _ = write_board(storyboard)
    text = Path(name).read_text("utf-8")
    made = formatted(text, name)
    assert plain(made) == plain(text)
    assert formatted(made, name) == made
    assert keys(tmp_path, made) == keys(tmp_path, text)


def test_mended_it_is_no_worse(storyboard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals and all: never a file that no longer passes, and nothing left for a second run."""
    monkeypatch.chdir(tmp_path)
    path = Path(write_board(storyboard)[0])
    made = mend([path], lambda problem: problem.fix is not None, checker(None))
    pages = Pages({file: after for file, (_, after) in made.files.items()})
    assert not [one for one in check_file(path, None, pages).problems if one.severity is Severity.ERROR]
    for file, (_, after) in made.files.items():
        file.write_text(after, "utf-8")
    assert mend([path], lambda problem: problem.fix is not None, checker(None)).files == {}
