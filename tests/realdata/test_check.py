"""`check` over everything that other people wrote and drew: it never breaks, and says why in a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from shotpilot_pipeline.errors import Severity
from tests.fuzz.whole import check_whole
from tests.realdata.test_storyboards import real_prompts
from tests.tools.vimax import storyboard_list

HEAD = "shotlist: 1\nshow: real\nscenes:\n  sc010:\n    shots:\n"


def test_no_file_breaks_check_as_a_list_a_fragment_or_a_picture(realdata: Path, tmp_path: Path) -> None:
    files = [path for path in sorted(realdata.rglob("*")) if path.is_file()]
    assert len(files) > 50
    for number, path in enumerate(files):
        copy = tmp_path / f"{number}{path.suffix}"
        shutil.copyfile(path, copy)
        assert check_whole(copy, tmp_path), path
        name = copy.name.replace("'", "''")
        text = f"shotlist: 1\nshow: real\ninclude: ['{name}']\ncast: {{vera: '{name}'}}\nscenes: {{}}\n"
        (tmp_path / "list.yaml").write_text(text, "utf-8")
        assert check_whole(tmp_path / "list.yaml", tmp_path), path


def test_no_storyboard_breaks_check(storyboard: Path, tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    board = json.loads(storyboard.read_text("utf-8"))
    path.write_text(storyboard_list(board, storyboard.stem), "utf-8")
    assert not [problem for problem in check_whole(path, tmp_path) if problem.severity is Severity.ERROR]


def test_prompts_pasted_without_quotes_are_taken_or_refused_each_at_its_line(realdata: Path, tmp_path: Path) -> None:
    """What somebody does who pastes a prompt behind `prompt:` and knows nothing of YAML."""
    path = tmp_path / "list.yaml"
    refused = 0
    for prompt in real_prompts(realdata):
        path.write_text(f"{HEAD}      sh010:\n        prompt: {prompt}\n", "utf-8")
        errors = [problem for problem in check_whole(path, tmp_path) if problem.severity is Severity.ERROR]
        assert all(problem.place.line >= 7 and problem.hint for problem in errors), errors
        refused += bool(errors)
    assert 0 < refused < 200
