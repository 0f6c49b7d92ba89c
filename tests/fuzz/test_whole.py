"""Whatever stands in a show's files, `check` says something sensible about it, in every form, and never breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.cases.play import HARD, check
from tests.fuzz.whole import check_whole
from tests.shotlist.reading import shot
from tests.shotlist.test_compile_any import LISTS
from tests.shotlist.test_read_any import TEXTS
from tests.shotlist.test_read_schema import EXAMPLE

WHOLE = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
#: JSON of any kind, for places where something else is expected.
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.text(max_size=8)
    | st.sampled_from(["21:9", "@vera", "{{"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3),
    max_leaves=6,
)
CASES = sorted(path for path in HARD.glob("*.yaml") if path.stat().st_size)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole")


def whole(folder: Path, data: bytes, name: str = "list.yaml") -> None:
    (folder / name).write_bytes(data)
    check_whole(folder / "list.yaml", folder)


@WHOLE
@given(st.binary(max_size=200))
def test_any_bytes(folder: Path, data: bytes) -> None:
    whole(folder, data)


@WHOLE
@given(TEXTS, st.booleans())
@example("takes: 1\u2028", True)
@example("prompt: \x85", True)
def test_any_text(folder: Path, text: str, in_a_shot: bool) -> None:
    text = shot(*text.split("\n")) if in_a_shot else text
    whole(folder, text.encode("utf-8", "replace"))


@WHOLE
@given(LISTS)
def test_any_list(folder: Path, written: dict[str, Any]) -> None:
    whole(folder, json.dumps(written).encode())


def _put(tree: Any, path: list[int], value: object) -> Any:
    """`tree` with the value at one of its places replaced; `path` chooses among keys and items on the way down."""
    if not path or not isinstance(tree, dict | list) or not tree:
        return value
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    key = keys[path[0] % len(keys)]
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[key] = _put(tree[key], path[1:], value)
    return copy


@WHOLE
@given(LISTS, st.lists(st.integers(0, 50), min_size=1, max_size=7), ANYTHING)
def test_any_list_with_something_else_at_one_place(folder: Path, written: Any, path: list[int], value: object) -> None:
    whole(folder, json.dumps(_put(written, path, value)).encode())


@WHOLE
@given(st.sampled_from(CASES), st.integers(0, 3_000), st.integers(0, 40), st.text(max_size=6))
def test_any_damage_to_a_case(folder: Path, case: Path, start: int, gone: int, put: str) -> None:
    text = case.read_text("utf-8")
    start = min(start, len(text))
    whole(folder, (text[:start] + put + text[start + gone :]).encode("utf-8", "replace"))


PICKS = {"picks": 1, "sc010/sh010@iterate": 2, "sc010/sh020@final": {"take": 1, "by": "ann", "why": "the eyes"}}
FAULTS = {"faults": 1, "seed": 7, "rules": [{"when": {"call": "submit"}, "do": {"answer": 500}}]}
TREES = st.sampled_from([PICKS, FAULTS, {"include": ["list.yaml"], "looks": {"noir": "x"}, "scenes": {}}])


@WHOLE
@given(TREES, st.lists(st.integers(0, 9), min_size=1, max_size=5), ANYTHING)
def test_any_picks_fault_plan_or_fragment(folder: Path, tree: Any, path: list[int], value: object) -> None:
    whole(folder, json.dumps(_put(tree, path, value)).encode())


@WHOLE
@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), ANYTHING, st.text(max_size=20))
def test_any_settings_and_model_card(
    tmp_path_factory: pytest.TempPathFactory, path: list[int], value: object, noise: str
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "models").mkdir()
    card = json.loads((Path(__file__).parents[2] / "shotpilot_pipeline/catalog/cards/kling-o3.json").read_text("utf-8"))
    (folder / "models/paper.json").write_text(json.dumps(_put(card, path, value)))
    (folder / "shotpilot.toml").write_text(f"[pace]\nunfinished = {json.dumps(value)}\n{noise}", "utf-8", "replace")
    whole(folder, EXAMPLE.encode())


@pytest.mark.parametrize("form", ["text", "short", "json", "sarif", "github", "gitlab"])
@pytest.mark.parametrize("name", ["duplicate-keys", "unknown-keys", "ratio-everywhere"])
def test_each_form_as_the_command_writes_it(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / "list.yaml").write_text((HARD / f"{name}.yaml").read_text("utf-8"), "utf-8")
    said = check(tmp_path, "list.yaml", "--format", form)
    assert said.endswith("exit 0\n" if name == "ratio-everywhere" else "exit 2\n")
    if form in ("json", "sarif", "gitlab"):
        json.JSONDecoder().raw_decode(said)
