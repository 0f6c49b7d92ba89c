"""`shotpilot check` as a user types it: forms, counts, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shows import LIST, run, write_list

INCLUDING = LIST.replace("vars:", "include: [looks.yaml]\nvars:").replace("takes: 3", "takes: three")


@pytest.fixture
def show(tmp_path: Path) -> Path:
    write_list(tmp_path, INCLUDING)
    (tmp_path / "looks.yaml").write_text("looks:\n  noir: black\n  noir: white\n")
    return tmp_path


def test_a_problem_is_told_with_its_line_and_counted(show: Path) -> None:
    done = run("check", "night.yaml", cwd=show)
    assert done.returncode == 2
    assert done.stdout.startswith("looks.yaml:3:3: error: the key 'noir' stands here a second time; ")
    assert "\n  3 |   noir: white\n    |   ^^^^\n    = night.yaml:4:11: included here\n\n" in done.stdout
    assert "`takes` wants a whole number" in done.stdout
    assert done.stderr == "2 errors, 0 warnings.\n"


@pytest.mark.parametrize("options", [["--quiet"], ["--format", "short"]])
def test_one_line_for_each_problem(show: Path, options: list[str]) -> None:
    done = run("check", "night.yaml", *options, cwd=show)
    assert [line.partition(": error: ")[0] for line in done.stdout.splitlines()] == [
        "looks.yaml:3:3",
        "night.yaml:7:53",
    ]


def test_what_is_wrong_in_a_fragment_counts_once(show: Path) -> None:
    found = json.loads(run("check", "night.yaml", "looks.yaml", "--json", cwd=show).stdout)
    assert [problem["file"] for problem in found["problems"]] == ["looks.yaml", "night.yaml"]
    assert found["errors"] == 2


def test_no_problems_are_a_form_too(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    hushed = [word for rule in ("slot-lens", "slot-light", "slot-action") for word in ("--ignore", rule)]
    assert json.loads(run("check", path, "--format", "sarif", *hushed).stdout)["runs"][0]["results"] == []
    rules = json.loads(run("check", path, "--format", "sarif").stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert rules
    assert all("Breaks it:" in rule["help"]["text"] for rule in rules)
    assert json.loads(run("check", path, "--format", "gitlab", *hushed).stdout) == []
    assert run("check", path, "--format", "github", *hushed).stdout == ""
    assert run("check", path, "--format", "json", *hushed).returncode == 0


def test_other_commands_show_the_line_too(show: Path) -> None:
    done = run("plan", "night.yaml", cwd=show)
    assert done.returncode == 2
    assert "  3 |   noir: white\n" in done.stderr
    assert done.stderr.endswith("2 errors; nothing was sent or rendered.\n")
    assert done.stdout == ""
