"""`shotpilot fmt` as a user types it: what is written, `--check`, `--diff`, JSON, files that are left alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline import laying
from tests.cli.shows import LIST, run

ODD = LIST.replace("title:", "title:   ").replace("scenes:\n", "\n\n\nscenes: # all of them\n")
NEAT = LIST.replace("scenes:\n", "\nscenes:  # all of them\n")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("night.yaml")
    path.write_text(ODD)
    return path


def typed(*words: str) -> Result:
    return CliRunner().invoke(shotpilot, ["fmt", *words], standalone_mode=False)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_laid_out_and_keeps_its_line_ends(file: Path, bom: str, end: str) -> None:
    file.write_bytes((bom + ODD.rstrip("\n").replace("\n", end)).encode())
    assert typed("night.yaml").stderr == "night.yaml: laid out\n"
    assert file.read_bytes() == (bom + NEAT.replace("\n", end)).encode()
    stamp = file.stat().st_mtime_ns
    assert typed("night.yaml").stderr == "1 file laid out already.\n"
    assert file.stat().st_mtime_ns == stamp


def test_check_changes_nothing(file: Path) -> None:
    result = typed("night.yaml", "--check")
    assert (result.return_value, result.stderr) == (1, "night.yaml: is not laid out\n")
    assert file.read_text() == ODD
    typed("night.yaml")
    assert typed("night.yaml", "--check").return_value == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["\n", ""])
def test_patch_reads_the_diff(file: Path, end: str, last: str) -> None:
    before = (ODD.rstrip("\n") + last).replace("\n", end).encode()
    file.write_bytes(before)
    result = typed("night.yaml", "--diff")
    assert file.read_bytes() == before
    subprocess.run(["patch", "-p1", "--binary"], input=result.stdout_bytes, check=True, capture_output=True)
    assert file.read_bytes() == NEAT.replace("\n", end).encode()


def test_the_json_keeps_its_schema(file: Path) -> None:
    for words, written in [(["--check"], False), ([], True)]:
        found = json.loads(typed("night.yaml", "--json", *words).stdout)
        Draft202012Validator(schema("laid-1")).validate(found)
        assert found == {"written": written, "changed": ["night.yaml"]}


def test_nothing_is_written_when_one_file_cannot_be_read(file: Path) -> None:
    Path("bad.yaml").write_text("shotlist: 1\nshow: [x\n")
    Path("cp1252.yaml").write_bytes(b"title: caf\xe9\n")
    done = run("fmt", "night.yaml", "bad.yaml", "cp1252.yaml", "nowhere.yaml", ".", cwd=Path.cwd())
    assert done.returncode == 2
    assert "bad.yaml:" in done.stderr
    assert "cp1252.yaml:1:11: error: byte 0xE9 is not UTF-8 (in Windows-1252 it would be é)" in done.stderr
    assert "nowhere.yaml: error: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == ODD


def test_a_file_that_is_too_long_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laying, "MOST", 100)
    result = typed("night.yaml")
    assert "night.yaml: holds more than 100 characters, too many to lay out at once; divide it" in str(result.exception)


def test_a_file_that_was_changed_meanwhile_is_left_alone(file: Path) -> None:
    laid = laying.lay_out(file)
    file.write_text("title: mine\n")
    with pytest.raises(UsageError, match="was changed meanwhile, so nothing was written"):
        laying.write_laid([laid])
    assert file.read_text() == "title: mine\n"


def test_a_new_show_is_laid_out(tmp_path: Path) -> None:
    assert run("new", "club", cwd=tmp_path).returncode == 0
    lists = sorted(str(path) for path in (tmp_path / "club/shotlists").glob("*.yaml"))
    assert run("fmt", "--check", *lists).returncode == 0
