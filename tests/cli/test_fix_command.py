"""`shotpilot fix` as a user types it: what it says, `--diff` for `patch`, JSON, exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.cli import fix
from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.pipeline.fixing import Check
from shotpilot_pipeline.shotlist.pages import Pages
from tests.cli.shows import LIST, run, write_list
from tests.pipeline.test_fixing import replacing

TEXT = LIST.replace("vars:", "include: [cast.yaml]  # the people\nvars:")
CAST = "shotlist: 1\r\ncast:\r\n  ann: https://example.com/ann.jpg   # old rope, new rope"


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list, and a fragment with other line ends and none at its end. `check` has two cures and a proposal."""
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path, TEXT)
    Path("cast.yaml").write_bytes(CAST.encode())
    sure, unsure = replacing([("rope", "line")]), replacing([("lantern", "lamp")], sure=False)

    def rules(project: Path | None) -> Check:
        def check(file: Path, pages: Pages) -> list[Problem]:
            found = [*sure(file, pages), *sure(Path("cast.yaml"), pages)] if file.name == "night.yaml" else []
            return [*found, *unsure(file, pages), *real(file, pages)]

        real = checker(project)
        return check

    checker = fix.checker
    monkeypatch.setattr(fix, "checker", rules)
    return tmp_path


def typed(*words: str) -> Result:
    return CliRunner().invoke(shotpilot, ["fix", *words], standalone_mode=False)


def test_faults_are_mended_and_told(show: Path) -> None:
    result = typed("night.yaml")
    assert result.return_value == 0
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "night.yaml:19:25: rope becomes line [no-rope]",
        "cast.yaml:3:44: rope becomes line [no-rope]",
        "cast.yaml:3:54: rope becomes line [no-rope]",
        "night.yaml: 3 cures done.",
        "1 proposal more: shotpilot fix night.yaml --proposed --diff",
    ]
    assert Path("night.yaml").read_text() == TEXT.replace("rope", "line")
    assert Path("cast.yaml").read_bytes() == CAST.replace("rope", "line").encode()
    again = typed("night.yaml")
    assert again.stderr.splitlines()[0] == "night.yaml: nothing to mend."


def test_a_diff_changes_nothing_and_patch_reads_it(show: Path) -> None:
    result = typed("night.yaml", "--diff", "--proposed")
    assert result.return_value == 0
    assert "night.yaml: 4 cures would be done.\n" in result.stderr
    assert Path("night.yaml").read_text() == TEXT
    assert Path("cast.yaml").read_bytes() == CAST.encode()
    subprocess.run(["patch", "-p1", "--binary"], input=result.stdout_bytes, check=True, capture_output=True)
    assert Path("night.yaml").read_text() == TEXT.replace("rope", "line").replace("lantern", "lamp")
    assert Path("cast.yaml").read_bytes() == CAST.replace("rope", "line").encode()


def test_only_one_rule(show: Path) -> None:
    typed("night.yaml", "--rule", "no-lantern")
    assert Path("night.yaml").read_text() == TEXT
    typed("night.yaml", "--rule", "no-lantern", "--proposed")
    assert Path("night.yaml").read_text() == TEXT.replace("lantern", "lamp")


def test_the_json_keeps_its_schema(show: Path) -> None:
    written = json.loads(typed("night.yaml", "--diff", "--json").stdout)
    problems = Resource.from_contents(schema("problems-1"))
    known: Registry[Any] = Registry().with_resource("problems-1.schema.json", problems)
    validator = Draft202012Validator(schema("fixed-1"), registry=known)
    validator.validate(written)
    assert written["changed"] == ["night.yaml", "cast.yaml"]
    assert not written["written"]
    (one,) = written["lists"]
    assert (len(one["done"]), one["proposals_left"], one["errors_left"]) == (3, 1, 0)
    assert one["done"][0]["fix"]["title"] == "rope becomes line"
    validator.validate(json.loads(typed("night.yaml", "--json").stdout))
    assert not list(validator.iter_errors({"written": True, "changed": [], "lists": []}))
    assert list(validator.iter_errors({"written": 1, "changed": [], "lists": [{}]}))


def test_what_it_cannot_mend_is_counted(tmp_path: Path) -> None:
    write_list(tmp_path, LIST.replace("takes: 3", "takes: three"))
    done = run("fix", "night.yaml", "nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "night.yaml: nothing to mend.",
        "night.yaml: 1 error left for you: shotpilot check night.yaml",
        "nowhere.yaml: nothing to mend.",
        "nowhere.yaml: 1 error left for you: shotpilot check nowhere.yaml",
    ]
    assert run("fix", cwd=tmp_path).returncode == 2
