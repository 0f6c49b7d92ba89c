"""The hooks name commands that run, and find the files they should; the schemas explain every key."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from shotpilot_pipeline.cli.main import shotpilot
from tests.cli.shows import LIST
from tests.tools.check_schemas import faults_of

HOOKS = {
    hook["id"]: hook for hook in yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
}


def run(hook: dict[str, Any], *arguments: str) -> int:
    """The entry as pre-commit runs it, with the names of files behind it."""
    program, *words = shlex.split(hook["entry"])
    assert program == "shotpilot"
    result = CliRunner().invoke(shotpilot, [*words, *arguments], standalone_mode=False)
    return int(result.return_value or 0) if result.exception is None else 2


def test_there_are_two_hooks_as_pre_commit_wants_them() -> None:
    assert set(HOOKS) == {"shotpilot-check", "shotpilot-fmt"}
    for hook in HOOKS.values():
        assert {"id", "name", "description", "entry", "language", "files"} <= set(hook)
        assert hook["language"] == "python"  # pre-commit installs this repository: the script must be there
        for name, taken in [("shotlists/a.yaml", True), ("film/shotlists/x/a.yml", True), ("ci.yaml", False)]:
            assert bool(re.search(hook["files"], name)) is taken
    assert re.search(HOOKS["shotpilot-fmt"]["exclude"], "shotlists/a.picks.yaml")


def test_the_hooks_do_their_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good, bad = Path("good.yaml"), Path("bad.yaml")
    good.write_text(LIST)
    bad.write_text(LIST.replace("takes: 3", "takes: three"))
    assert run(HOOKS["shotpilot-check"], "good.yaml") == 0
    assert run(HOOKS["shotpilot-check"], "good.yaml", "bad.yaml") == 2
    good.write_text(LIST.replace("title:", "title:   "))
    assert run(HOOKS["shotpilot-fmt"], "good.yaml") == 0  # pre-commit sees by itself that the file changed
    assert good.read_text() == LIST


def test_the_page_names_hooks_that_exist(root: Path) -> None:
    page = (root / "docs/editors.md").read_text()
    snippets = re.findall(r"```yml\n(.*?)```", page, re.DOTALL)
    assert len(snippets) == 4
    read = [yaml.safe_load(snippet) for snippet in snippets]
    assert [hook["id"] for hook in read[0]["repos"][0]["hooks"]] == ["shotpilot-fmt", "shotpilot-check"]
    for line in re.findall(r"shotpilot (?:check|fmt)[^\n`|]*", page):
        words = shlex.split(line.partition(" > ")[0].replace("\\ ", " "))
        named = shotpilot.get_command(None, words[1])  # type: ignore[arg-type]
        assert named is not None
        known = {name for parameter in named.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def properties(schema: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema, but those of conditions, which explain nothing."""
    if isinstance(schema, list):
        for place, below in enumerate(schema):
            yield from properties(below, f"{path}/{place}")
    elif isinstance(schema, dict):
        named = schema.get("properties", {})
        yield from ((f"{path}/{name}", below) for name, below in named.items() if isinstance(below, dict))
        for word, below in schema.items():
            if word not in ("if", "then", "else", "not", "examples", "default", "const", "enum"):
                yield from properties(below, f"{path}/{word}")


@pytest.mark.parametrize("name", ["shotlist-1", "picks-1"])
def test_an_editor_can_explain_every_key(root: Path, name: str) -> None:
    schema = json.loads((root / f"schemas/{name}.schema.json").read_text())
    assert list(faults_of(name, schema)) == []  # descriptions there, examples and defaults valid
    found = list(properties(schema))
    assert len(found) > 5
    for path, below in found:
        target: Any = below
        while "$ref" in target and not target.get("title"):
            target = schema
            for step in below["$ref"][2:].split("/"):
                target = target[step]
            below = target
        assert target.get("title"), path
        assert target.get("description"), path
