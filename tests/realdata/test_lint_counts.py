"""How loud the linter is on what other people wrote, and on our own: the figures of docs/rules.md."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.pipeline.checking import check_files
from shotpilot_pipeline.pipeline.scaffold import new_show
from tests.realdata.test_storyboards import real_prompts
from tests.tools.rules_page import PAGE
from tests.tools.vimax import prompt_list, storyboard_list

TODAY = date(2026, 11, 25)
Counts = Callable[[list[Path]], tuple[Counter[str], Counter[Severity]]]


def counts(files: list[Path]) -> tuple[Counter[str], Counter[Severity]]:
    """How often each rule speaks, and how often at which grade."""
    problems = [problem for checked in check_files(files, None, TODAY) for problem in checked.problems]
    return Counter(problem.rule for problem in problems), Counter(problem.severity for problem in problems)


def said(material: str) -> tuple[int, int, int]:
    """Shots, warnings and infos that docs/rules.md gives for a material."""
    row = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {material}"))
    shots, warnings, infos = (int(cell.strip().replace(",", "")) for cell in row.strip("|").split("|")[1:])
    return shots, warnings, infos


def test_our_own_lists_pass_without_a_word(root: Path, tmp_path: Path) -> None:
    new_show(tmp_path / "made")
    files = [root / "shotlists/midnight_syndicate.yaml", *sorted((root / "shotlists/guide").glob("*.yaml"))]
    copies = []
    for file in [*files, tmp_path / "made/shotlists/show.yaml"]:
        (found,) = check_files([file], None, TODAY)
        assert [str(problem) for problem in found.problems] == []
        copies.append(found.shots)
    assert (sum(copies), 0, 0) == said("the show pieces")


def test_storyboards_do_not_drown_in_warnings(realdata: Path, tmp_path: Path) -> None:
    files, shots = [], 0
    for board in sorted((realdata / "storyboards/vimax").glob("*.json")):
        told = json.loads(board.read_text(encoding="utf-8"))
        shots += sum(len(scene["shots"]) for scene in told["scenes"])
        files.append(tmp_path / f"{board.stem}.yaml")
        files[-1].write_text(storyboard_list(told, board.stem), encoding="utf-8")
    rules, grades = counts(files)
    assert (shots, grades[Severity.WARNING], grades[Severity.INFO]) == said("24 storyboards")
    assert grades[Severity.ERROR] == 0
    assert rules["memory-words"] <= 0.35 * shots
    assert grades[Severity.WARNING] - rules["memory-words"] - rules["final-without-pick"] <= 0.02 * shots


@pytest.mark.slow
def test_prompts_of_public_collections(realdata: Path, tmp_path: Path) -> None:
    prompts = real_prompts(realdata)
    path = tmp_path / "prompts.yaml"
    path.write_text(prompt_list(prompts, "prompts"), encoding="utf-8")
    _, grades = counts([path])
    assert (len(prompts), grades[Severity.WARNING], grades[Severity.INFO]) == said("2,632 prompts")
    assert grades[Severity.ERROR] == 0
