"""What the linter said is remembered with each shot, wherever the shot moves, and never told of another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.shotlist.notes import note_line, read_notes
from shotpilot_pipeline.values.lint import Linted
from tests.lint.linting import checked

SHOTS = "".join(f"sh0{n}0: {{subject: the same key, action: lies on step {n}}}\n" for n in range(1, 5))


def test_a_line_holds_all_of_a_problem_and_moves_with_its_shot() -> None:
    here, there = Place("list.yaml", 10, 3), Place("looks.yaml", 4, 2)
    fix = Fix("mend", (Edit(here, Place("list.yaml", 10, 9), "new"), Edit(there, there, "x")), automatic=False)
    problem = Problem(
        "r", here, "m", "h", Severity.INFO, "a/b", Place("list.yaml", 11, 1), (Step(there, "the look"),), fix
    )
    said = Linted((problem,), {"motion": True}, {"aspect": here})
    line = note_line(said, Place("list.yaml", 8), str)
    (shot,) = read_notes(["", line], [("a/b", Place("list.yaml", 8))], str).shots
    assert shot.linted == said
    (moved,) = read_notes(["", line], [("a/b", Place("list.yaml", 28))], str).shots
    (found,) = moved.linted.problems
    assert (found.place.line, found.end and found.end.line, found.chain[0].place) == (30, 31, there)
    assert found.fix is not None
    assert [edit.start.line for edit in found.fix.edits] == [30, 4]


def test_a_quiet_shot_takes_an_empty_line() -> None:
    assert note_line(Linted(), Place("list.yaml", 8), str) == ""


@pytest.mark.parametrize("edit", ["none", "above", "one"])
def test_a_memo_says_what_a_first_look_says(tmp_path: Path, edit: str) -> None:
    text = whole_list(SHOTS)
    checked(tmp_path, text)
    text = {
        "none": text,
        "above": text.replace("scenes:", "# a line\n# another\nscenes:"),
        "one": text.replace("lies on step 3", "lies on\n        the third step"),
    }[edit]
    again = checked(tmp_path, text)
    for memo in (tmp_path / ".shotpilot").rglob("*"):
        if memo.is_file():
            memo.unlink()
    assert checked(tmp_path, text) == again
    assert [problem.rule for problem in again] == ["memory-words"] * 4


def test_what_was_looked_at_by_plan_is_not_looked_at_again_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(whole_list(SHOTS))
    runner = CliRunner()
    assert runner.invoke(shotpilot, ["plan", str(path)], standalone_mode=False).exception is None

    def never(*_: object) -> None:
        raise AssertionError("a rule was run")

    monkeypatch.setattr("shotpilot_pipeline.lint.linter.HouseLinter.shot", never)
    done = runner.invoke(shotpilot, ["check", str(path)], standalone_mode=False)
    assert done.exception is None
    assert done.output.count("leans on another picture") == 4
