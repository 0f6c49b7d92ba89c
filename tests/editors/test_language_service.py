"""What an editor shows with our schemas: asked of the YAML language service that VS Code and Neovim run.

It comes from npm, by name and version, into a folder below .venv; `make test-all` only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SERVICE = "yaml-language-server@1.18.0"
HERE = Path(__file__).parent
SHOT = "shotlist: 1\nshow: x\nscenes:\n  sc010:\n    shots:\n      sh010:\n        "


@pytest.fixture(scope="session")
def modules(root: Path) -> Path:
    """The folder of the service, installed once. Skips, with the reason, where that cannot be done."""
    folder = root / ".venv" / "editors" / SERVICE
    found = folder / "node_modules"
    if (found / "yaml-language-server").is_dir():
        return found
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", SERVICE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not bring {SERVICE} within three minutes")
    if done.returncode:
        pytest.skip(f"npm does not bring {SERVICE}: {done.stderr.strip()[-300:]}")
    return found


def ask(modules: Path, schema: Path | None, *texts: str, file: Path | None = None) -> list[dict[str, Any]]:
    """What the service says where each text has a `‸`."""
    asks = []
    for text in texts:
        before = text.partition("‸")[0]
        at = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        asks.append({"text": text.replace("‸", ""), "file": str(file) if file else None, **at})
    given = json.dumps({"schema": str(schema) if schema else None, "asks": asks})
    command = ["node", str(HERE / "service.cjs"), str(modules)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def schema_of(root: Path, name: str) -> Path:
    return root / "schemas" / f"{name}.schema.json"


def test_every_key_is_offered_where_it_stands_and_explained(modules: Path, root: Path) -> None:
    schema = json.loads(schema_of(root, "shotlist-1").read_text())
    top, shot = ask(modules, schema_of(root, "shotlist-1"), "shotlist: 1\nshow: x\n‸", SHOT + "‸")
    assert set(schema["properties"]) - {"shotlist", "show"} <= set(top["offered"])
    assert {"size", "subject", "prompt", "stages", "series", "vary", "takes", "hold"} <= set(shot["offered"])
    for offered in (top["offered"], shot["offered"]):
        assert all(words for words in offered.values()), offered


def test_values_are_offered(modules: Path, root: Path) -> None:
    stage = "shotlist: 1\nshow: x\nstages:\n  iterate: {model: kling-v3}\n  final:\n    resolution: 4K\n    carry: ‸"
    (found,) = ask(modules, schema_of(root, "shotlist-1"), stage)
    assert {"image", "prompt"} <= set(found["offered"])


def test_a_key_is_explained_under_the_mouse(modules: Path, root: Path) -> None:
    schema = schema_of(root, "shotlist-1")
    found = ask(modules, schema, SHOT + "si‸ze: WS", SHOT + "ho‸ld: true", "shotlist: 1\nsh‸ow: x\n")
    assert all(len(one["hover"]) > 20 for one in found), found


def test_a_wrong_key_is_marked_and_a_right_list_is_not(modules: Path, root: Path) -> None:
    wrong, right = ask(modules, schema_of(root, "shotlist-1"), SHOT + "takes: many‸", SHOT + "takes: 4‸")
    assert wrong["wrong"]
    assert right["wrong"] == []


def test_our_lists_find_their_schema_by_their_first_line(modules: Path, root: Path) -> None:
    for path in sorted((root / "shotlists").glob("*.yaml")):
        (found,) = ask(modules, None, path.read_text() + "‸", file=path)
        assert found["wrong"] == [], path
    path = root / "shotlists" / "any.yaml"
    first = "# yaml-language-server: $schema=../schemas/shotlist-1.schema.json\n"
    (found,) = ask(modules, None, first + SHOT + "takes: many‸", file=path)
    assert found["wrong"]


def test_a_picks_file_too(modules: Path, root: Path) -> None:
    schema = json.loads(schema_of(root, "picks-1").read_text())
    (found,) = ask(modules, schema_of(root, "picks-1"), "picks: 1\n‸")
    named = set(schema.get("properties", {})) - {"picks"}
    assert named <= set(found["offered"])
