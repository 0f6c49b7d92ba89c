"""Whatever a file holds, reading it gives problems and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.shotlist import reader, yamltext
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.picks import read_picks
from shotpilot_pipeline.shotlist.source import kind_of, read_fragment
from shotpilot_pipeline.shotlist.yamlpure import PureParser
from tests.examples import at_most
from tests.shotlist.reading import HEAD, load, shot
from tests.shotlist.test_read_schema import EXAMPLE

PIECES = [
    "shotlist: 1\n", "show: x\n", "scenes:\n", "  a:\n", "    shots:\n", "      b:\n", "        prompt: ",
    "- ", "{", "}", "[", "]", "\"", "'", ": ", ":", "\n", " #", "#", "&a ", "*a ", "!t ", "|", ">", "\n  ",
    "\n        ", "<<: ", "@v", "{{ x }}", "\t", "?", ",", "%", "`", "---\n", "...\n", "null", "é", "\u2028",
    "\\", "include: [a]\n", "takes: 1", "stages: ", "vary: {axes: ", "images: ", "x", "010", "|+\n",
    "cast:\n", "vars: ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60)


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    found = load(path, path.parent)
    assert found.source is not None or found.problems
    for problem in (*found.problems, *read_fragment(path, path.parent), *read_picks(path)[1]):
        assert problem.message
        assert "\n" not in str(problem)
        assert "given schemas" not in problem.message
        assert not problem.place.line or 1 <= problem.place.line <= data.count(b"\n") + data.count(b"\r") + 2
    assert kind_of(path) in ("shotlist", "picks", "fragment", "unknown")


@settings(max_examples=at_most(400))
@given(TEXTS, st.booleans())
@example("? ", False)
@example("a: *a", False)
@example("{{{{", True)
def test_any_text(folder: Path, text: str, in_a_shot: bool) -> None:
    text = shot(*text.split("\n")) if in_a_shot else text
    check(folder / "any.yaml", text.encode("utf-8", "replace"))


@given(st.binary(max_size=200))
def test_any_bytes(folder: Path, data: bytes) -> None:
    check(folder / "any.yaml", data)


@settings(max_examples=at_most(300))
@given(st.integers(0, len(EXAMPLE)), st.integers(0, 30), st.sampled_from(["", *PIECES]))
def test_any_damage_to_a_good_list(folder: Path, start: int, gone: int, put: str) -> None:
    check(folder / "any.yaml", (EXAMPLE[:start] + put + EXAMPLE[start + gone :]).encode())


@settings(max_examples=at_most(100))
@given(TEXTS)
def test_the_parser_in_python_gives_the_same_nodes(text: str) -> None:
    fast = yamltext.parse(text, "x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamltext, "_Parser", PureParser)
        slow = yamltext.parse(text, "x")
    if not fast.problems and not slow.problems:
        assert fast.node is not None
        assert slow.node is not None
        assert fast.node.plain() == slow.node.plain()


def test_without_the_c_parser_a_list_reads_the_same(folder: Path) -> None:
    path = folder / "pure.yaml"
    path.write_text(EXAMPLE)
    fast = load(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamltext, "_Parser", PureParser)
        slow = load(path, folder)
    assert slow.shots == fast.shots
    assert slow.source
    assert fast.source
    assert slow.source.head.plain() == fast.source.head.plain()


def test_the_collector_runs_again_afterwards(folder: Path) -> None:
    import gc

    path = folder / "gc.yaml"
    path.write_text(HEAD)
    assert gc.isenabled()
    reader.read_source(path, folder, Pages(), {})
    assert gc.isenabled()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")
