"""A reader that leaves early: whoever starts `shotpilot ... | head -1` is told that not all was said or done."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.shows import COMMAND, LIST, run_json, write_list

MANY = LIST + "".join(f"      sh{number:04}: {{subject: wave {number}}}\n" for number in range(100, 2100))


def test_a_reader_that_leaves_ends_it_without_a_traceback(tmp_path: Path) -> None:
    path = write_list(tmp_path, MANY)
    with subprocess.Popen(
        [*COMMAND, "expand", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read()
    assert child.returncode == 130
    assert "Traceback" not in said


def test_status_of_a_part_names_commands_for_that_part(tmp_path: Path) -> None:
    found = run_json("status", write_list(tmp_path), "sc010/sh010", "--until", "iterate")
    assert [one["command"] for one in found["next"]] == [
        f"shotpilot render {tmp_path / 'night.yaml'} sc010/sh010 --until iterate"
    ]
