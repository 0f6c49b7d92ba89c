"""What the linter said is remembered with each shot, wherever the shot moves, and never told of another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.shotlist.notes import NOWHERE, Standing, around_line, is_outside, note_line, read_notes
from shotpilot_pipeline.values.lint import Linted
from tests.lint.linting import checked

SHOTS = "".join(f"sh0{n}0: {{subject: the same key, action: lies on step {n}}}\n" for n in range(1, 5))


def test_a_line_holds_all_of_a_problem_and_moves_with_its_shot() -> None:
    here, look, scene = Place("list.yaml", 10, 3), Place("looks.yaml", 4, 2), Place("list.yaml", 6, 5)
    fix = Fix("mend", (Edit(here, Place("list.yaml", 10, 9), "new"), Edit(look, look, "x")), automatic=False)
    chain = (Step(look, "the look"), Step(scene, "the scene"))
    problem = Problem("r", here, "m", "h", Severity.INFO, "a/b", Place("list.yaml", 11, 1), chain, fix)
    said = Linted((problem,), {"motion": True}, {"aspect": here})
    line = note_line(said, Standing("list.yaml", 8, 12, 5, 8), str)
    around = around_line(Linted(), {"a": 5}, "digest", str)
    (shot,) = read_notes([around, line], [("a/b", Place("list.yaml", 8))], str).shots
    assert shot.linted == said
    around = around_line(Linted(), {"a": 15}, "digest", str)
    (moved,) = read_notes([around, line], [("a/b", Place("list.yaml", 28))], str).shots
    (found,) = moved.linted.problems
    assert (found.place.line, found.end and found.end.line) == (30, 31)
    assert [step.place for step in found.chain] == [look, Place("list.yaml", 16, 5)]
    assert found.fix is not None
    assert [edit.start.line for edit in found.fix.edits] == [30, 4]
    assert is_outside(line)


def test_a_quiet_shot_takes_an_empty_line() -> None:
    assert note_line(Linted(), NOWHERE, str) == ""


def test_a_line_says_whether_it_holds_only_while_nothing_around_moves() -> None:
    at = Standing("list.yaml", 8, 12, 5, 8)
    assert not is_outside(note_line(Linted((), {}, {"aspect": Place("list.yaml", 12, 1)}), at, str))
    assert not is_outside(note_line(Linted((), {}, {"aspect": Place("list.yaml", 7, 1)}), at, str))
    assert is_outside(note_line(Linted((), {}, {"aspect": Place("list.yaml", 4, 1)}), at, str))
    assert is_outside(note_line(Linted((), {}, {"aspect": Place("list.yaml", 13, 1)}), at, str))


@pytest.mark.parametrize("edit", ["none", "above", "one", "scene"])
def test_a_memo_says_what_a_first_look_says(tmp_path: Path, edit: str) -> None:
    second = "  sc020:\n    mood: the same mood\n    shots:\n      sh010: {subject: a key, action: lies there}\n"
    text = whole_list(SHOTS) + second
    checked(tmp_path, text)
    text = {
        "none": text,
        "above": text.replace("scenes:", "# a line\n# another\nscenes:"),
        "scene": text.replace("lies on step 4}", "lies on step 4}\n      sh050: {omit: true}"),
        "one": text.replace("lies on step 3", "lies on\n        the third step"),
    }[edit]
    again = checked(tmp_path, text)
    for memo in (tmp_path / ".shotpilot").rglob("*"):
        if memo.is_file():
            memo.unlink()
    assert checked(tmp_path, text) == again
    assert [problem.rule for problem in again] == ["memory-words"] * 5


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
