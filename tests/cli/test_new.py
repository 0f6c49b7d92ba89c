"""`shotpilot new`: what it makes passes, rehearses and reports; what is in the way is left alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema, schema_path
from shotpilot_pipeline.cli.main import main
from shotpilot_pipeline.pipeline.scaffold import show_id, show_title
from shotpilot_pipeline.values.address import ID_PATTERN


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert isinstance(left.value.code, int)
    return left.value.code


@pytest.fixture
def club(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "night_at_the-Club"
    assert run("new", str(folder)) == 0
    capsys.readouterr()
    return folder


def test_it_says_what_it_made_and_what_to_type_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my club"
    assert run("new", str(folder)) == 0
    said = capsys.readouterr()
    assert sorted(said.out.split("\n")) == sorted([*map(str, files(folder)), ""])
    assert f"cd '{folder}'" in said.err
    assert "shotpilot rehearse shotlists/show.yaml" in said.err


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", str(tmp_path / "club"), "--json", "--quiet") == 0
    said = capsys.readouterr()
    made = json.loads(said.out)
    assert (made["show"], said.err) == ("club", "")
    assert all((tmp_path / "club" / name).is_file() for name in made["files"])


def test_a_new_show_passes_without_a_warning(club: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = sorted(map(str, (club / "shotlists").glob("*.yaml")))
    assert run("check", "--strict", *lists) == 0, capsys.readouterr().out
    assert "show: night_at_the-club\n" in (club / "shotlists/show.yaml").read_text()
    assert "title: Night at the club\n" in (club / "shotlists/show.yaml").read_text()


def test_a_new_show_rehearses_to_the_end_and_then_has_nothing_to_do(
    club: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = str(club / "shotlists/show.yaml")
    assert run("rehearse", show, "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert first["cost_usd"] == "0.00"
    assert first["outcomes"]["rendered"] == 16
    assert sum(first["outcomes"][word] for word in ("failed", "refused", "unknown", "blocked", "waiting")) == 0
    assert run("rehearse", show, "--json") == 0
    assert json.loads(capsys.readouterr().out)["takes_new"] == 0
    assert run("report", show, "--rehearsal") == 0


def test_the_modeline_finds_the_schema_beside_the_show(club: Path) -> None:
    for name in ("show.yaml", "cast.yaml"):
        first = (club / "shotlists" / name).read_text().partition("\n")[0]
        path, _, part = first.removeprefix("# yaml-language-server: $schema=").partition("#")
        found = club / "shotlists" / path
        assert found.read_bytes() == schema_path("shotlist-1").read_bytes()
        assert part in ("", "/$defs/fragment")


def test_every_setting_that_is_commented_out_is_one(club: Path) -> None:
    text = (club / "shotpilot.toml").read_text()
    assert tomllib.loads(text) == {}
    awake = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
    settings = tomllib.loads(awake)
    assert set(settings) == {"fal", "pace", "budget", "store"}
    assert not list(Draft202012Validator(schema("settings-1")).iter_errors(settings))


def test_make_lists_its_targets_and_calls_the_commands(club: Path) -> None:
    make = shutil.which("make")
    assert make, "make is needed for this test"
    bare = subprocess.run([make, "-C", str(club), "-s"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"make (\w+)", bare) == ["help", "check", "plan", "rehearse", "report"]
    dry = subprocess.run([make, "-C", str(club), "-sn", "plan"], capture_output=True, text=True, check=True).stdout
    assert dry.strip() == "shotpilot plan shotlists/show.yaml"


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text("mine")
    assert run("new", str(tmp_path)) == 2
    assert f"is not empty ({name})" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_folder_and_a_fresh_git_repository_are_welcome(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert run("new", str(tmp_path)) == 0
    assert (tmp_path / ".gitignore").is_file()


def test_a_file_or_a_closed_folder_in_the_way_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "club").write_text("a file")
    assert run("new", str(tmp_path / "club")) == 2
    assert "is a file" in capsys.readouterr().err
    assert run("new", str(tmp_path / "club" / "below")) == 2
    assert "Traceback" not in capsys.readouterr().err


@given(st.text())
def test_any_folder_name_gives_an_id_and_a_title(name: str) -> None:
    show = show_id(name)
    assert ID_PATTERN.match(show)
    assert show_title(show).strip()


@pytest.mark.parametrize(
    ("name", "show", "title"),
    [
        ("Nächte im Club", "nachte-im-club", "Nachte im club"),
        ("007", "007", "007"),
        ("映画", "show", "Show"),
        ("_x_", "x", "X"),
    ],
)
def test_ids_are_made_of_folder_names(name: str, show: str, title: str) -> None:
    assert (show_id(name), show_title(show)) == (show, title)
