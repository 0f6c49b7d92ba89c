"""Tab in a shell: what bash really offers, and what zsh and fish are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.cli.shows import COMMAND, LIST, run, write_list

_TRY = """
shotpilot() { PYTHON -m shotpilot_pipeline "$@"; }
env() { command env "${@:1:$#-1}" PYTHON -m shotpilot_pipeline; }
eval "$2"
COMP_LINE="$1"; COMP_POINT=${#1}; COMPREPLY=()
_shotpilot_completion shotpilot 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


@cache
def script_of(shell: str) -> str:
    """What `shotpilot completion SHELL` prints."""
    done = run("completion", shell)
    assert done.returncode == 0, done.stderr
    return done.stdout


def offered(line: str, cwd: Path) -> list[str]:
    """What bash offers for `line`, with the cursor at its end."""
    script = _TRY.replace("PYTHON", sys.executable)
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", line, script_of("bash")],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.split()


@pytest.fixture
def show(tmp_path: Path) -> Path:
    write_list(tmp_path, LIST.replace("show: night\n", "show: night\ncast: {ann: {name: Ann}}\n"))
    (tmp_path / "cast.yaml").write_text("shotlist: 1\ncast: {ann: {name: Ann}}\n", encoding="utf-8")
    return tmp_path


def test_commands_and_options(show: Path) -> None:
    assert offered("shotpilot rehe", show) == ["rehearse"]
    assert offered("shotpilot render night.yaml --max", show) == ["--max-cost"]


def test_shot_lists_are_offered_and_fragments_are_not(show: Path) -> None:
    assert offered("shotpilot plan ", show) == ["night.yaml"]


def test_addresses_come_a_piece_at_a_time_past_the_marks_that_bash_breaks_words_at(show: Path) -> None:
    line = "shotpilot plan night.yaml "
    assert offered(f"{line}sc", show) == ["sc010/", "scene:"]
    assert offered(f"{line}sc010/sh01", show) == ["sc010/sh010"]
    assert offered(f"{line}sc010/sh010@", show) == ["iterate", "final"], "what stands before the @ is a word to bash"
    assert offered(f"{line}tag:h", show) == ["hero"]
    assert offered(f"{line}sc010/sh020 tag:hero,stage:fi", show) == ["final"]
    assert offered(f"{line}--until ", show) == ["iterate", "final"]
    assert offered(f"{line}+sc010/sh02", show) == ["+sc010/sh020"]


def test_every_command_that_wants_a_list_an_address_or_a_name_of_ours_offers_it(show: Path) -> None:
    for command in ("pick", "picks import", "review", "status", "diff"):
        assert offered(f"shotpilot {command} ni", show) == ["night.yaml"], command
    for words in ("pick night.yaml", "picks import night.yaml c.json", "render night.yaml --again"):
        assert offered(f"shotpilot {words} sc010/sh01", show) == ["sc010/sh010"], words
    assert offered("shotpilot explain slot-le", show) == ["slot-lens"]
    assert offered("shotpilot models kling-v", show) == ["kling-v3"]
    assert offered("shotpilot diff night.yaml run:", show) == ["last"]


def test_a_list_that_is_missing_or_faulty_offers_nothing_and_says_nothing(show: Path) -> None:
    (show / "bad.yaml").write_text("shotlist: 1\nshow: x\nscenes: [\n", encoding="utf-8")
    assert offered("shotpilot plan bad.yaml sc", show) == []
    assert offered("shotpilot plan gone.yaml sc", show) == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_the_same(shell: str, show: Path) -> None:
    script = script_of(shell)
    assert f"_SHOTPILOT_COMPLETE={shell}_complete" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
    words = {"COMP_WORDS": "shotpilot plan night.yaml tag:", "COMP_CWORD": "3" if shell == "zsh" else "tag:"}
    told = subprocess.run(
        COMMAND,
        cwd=show,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]), "_SHOTPILOT_COMPLETE": f"{shell}_complete", **words,
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "tag:hero" in told.stdout


def test_an_unknown_shell_is_a_sentence() -> None:
    done = run("completion", "tcsh")
    assert done.returncode == 2
    assert "bash" in done.stderr
