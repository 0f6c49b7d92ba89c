"""Storyboards and prompts that other people wrote go through the whole trip."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shotpilot_pipeline.cli.main import shotpilot
from tests.tools.vimax import prompt_list, storyboard_list

Command = Callable[..., Any]
PICTURES_OF_A_SHOT = 2 + 1 + 1  # takes at iterate, refine and final in the lists made here


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run one command in an empty show; gives its JSON, and fails with what it said when it ends with a fault."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Any:
        result: Result = CliRunner().invoke(shotpilot, [*words, "--json"], standalone_mode=False)
        assert result.exception is None, f"{' '.join(words)}: {result.exception}\n{result.output}"
        assert not result.return_value, result.output
        return json.loads(result.stdout)

    return run


def write_board(storyboard: Path) -> tuple[str, int]:
    """The storyboard as a shot list in the current folder: its name and its number of shots."""
    board = json.loads(storyboard.read_text(encoding="utf-8"))
    name = f"{storyboard.stem}.yaml"
    Path(name).write_text(storyboard_list(board, storyboard.stem), encoding="utf-8")
    return name, sum(len(scene["shots"]) for scene in board["scenes"])


def test_a_storyboard_passes_and_is_planned(command: Command, storyboard: Path) -> None:
    name, shots = write_board(storyboard)
    assert command("check", name)["errors"] == 0
    plan = command("plan", name)
    assert len(plan["tasks"]) == 3 * shots
    assert plan["totals"]["images_new"] == 2 * shots
    assert float(plan["totals"]["cost_usd_at_most"]) == pytest.approx(shots * (3 * 0.028 + 0.056))


def test_a_sample_of_a_storyboard_is_rehearsed(command: Command, storyboard: Path) -> None:
    name, _ = write_board(storyboard)
    summary = command("rehearse", name, "--limit", "1")
    assert summary["takes_new"] == PICTURES_OF_A_SHOT
    assert summary["outcomes"]["rendered"] == 3
    assert summary["cost_usd"] == "0.00"
    again = command("rehearse", name, "--limit", "1")
    assert (again["takes_new"], again["outcomes"]["cached"]) == (0, 3)


@pytest.mark.slow
def test_every_shot_of_a_storyboard_is_rehearsed(command: Command, storyboard: Path) -> None:
    name, shots = write_board(storyboard)
    summary = command("rehearse", name)
    assert summary["takes_new"] == PICTURES_OF_A_SHOT * shots
    assert summary["outcomes"]["rendered"] == 3 * shots
    assert sum(1 for _, _, files in os.walk(".shotpilot/rehearsal/renders") for file in files if file.endswith(".png"))
    assert command("plan", name, "--rehearsal")["totals"]["images_new"] == 0


def real_prompts(realdata: Path) -> list[str]:
    """The 1,632 PartiPrompts and 1,000 prompts of T2I-CompBench."""
    rows = (realdata / "prompts/PartiPrompts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    complex_ones = (realdata / "prompts/t2i_compbench_complex.txt").read_text(encoding="utf-8").splitlines()
    return [row.split("\t")[0] for row in rows] + complex_ones


def test_every_prompt_reaches_the_model_as_it_was_written(command: Command, realdata: Path) -> None:
    prompts = real_prompts(realdata)
    assert len(prompts) > 2_600
    Path("prompts.yaml").write_text(prompt_list(prompts, "prompts"), encoding="utf-8")
    assert command("check", "prompts.yaml")["errors"] == 0
    plan = command("plan", "prompts.yaml")
    assert len(plan["tasks"]) == len(prompts)
    sent = [request["input"]["prompt"] for request in command("expand", "prompts.yaml")]
    assert sent == [" ".join(prompt.split()) for prompt in prompts]
