"""A list cut into its shots reads exactly as the same list in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.shotlist import reader
from shotpilot_pipeline.shotlist.blocks import CutText, cut
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.source import load_shot, read_source
from tests.examples import at_most
from tests.shotlist.reading import HEAD, read, shot

WORDS = st.sampled_from(["red", "@vera", "a: b", "x #y", "é", "- z", "*a", "it's", "{{ a }}", "shots:", "# no", ""])
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@st.composite
def settings_of(draw: st.DrawFn, indent: int) -> list[str]:
    """Lines of one shot in every style in which people write text."""
    pad = " " * indent
    lines: list[str] = []
    for key in draw(st.lists(st.sampled_from(["size", "prompt", "notes", "mood", "x-a"]), min_size=1, unique=True)):
        text = draw(TEXTS)
        style = draw(st.sampled_from(["block", "folded", "keep", "double", "single", "wrapped", "deep"]))
        if style in ("block", "folded", "keep"):
            sign = {"block": "|", "folded": ">-", "keep": "|+"}[style]
            below = [f"{pad}  .{line}" for line in draw(st.lists(TEXTS, min_size=1, max_size=3))]
            lines += [f"{pad}{key}: {sign}", *below, *[""] * draw(st.integers(0, 2))]
        elif style == "wrapped":
            lines += [f"{pad}{key}: plain", f"{pad}  words go on"]
        elif style == "deep":
            lines += [f'{pad}{key}: "two', "", f'{pad}     lines"']
        else:
            quote = '"' if style == "double" else "'"
            lines.append(f"{pad}{key}: {quote}{text.replace(chr(39), '')}{quote}")
        lines += draw(st.sampled_from([[], [""], [f"{pad}# a note"], ["# a note at the edge"], ["   "]]))
    return lines


@st.composite
def lists(draw: st.DrawFn) -> str:
    """Lists in many layouts: indents, flow scenes and shots, comments, blank lines, keys before and after."""
    lines = [*HEAD.splitlines(), draw(st.sampled_from(["title: t", "# c", "", "x-a: |\n  scenes:\n    shots:"]))]
    lines.append("scenes:" + draw(st.sampled_from(["", "   ", "  # all"])))
    one, two, three = (draw(st.integers(1, 4)) for _ in range(3))
    for scene in range(draw(st.integers(1, 3))):
        pad = " " * one
        if draw(st.booleans()) and scene:
            lines.append(f"{pad}s{scene}: {{shots: {{a: {{prompt: flow}}, b: {{}}}}}}")
            continue
        inner = " " * (one + two)
        lines += [f"{pad}s{scene}:", *draw(st.sampled_from([[], [f"{inner}place: here"], ["", "# x"]]))]
        lines.append(f"{inner}shots:" + draw(st.sampled_from(["", " # shots"])))
        depth = one + two + three
        for number in range(draw(st.integers(1, 4))):
            if draw(st.integers(0, 4)) == 0:
                lines.append(f"{' ' * depth}sh{number}: {{omit: true}}")
            else:
                lines += [f"{' ' * depth}sh{number}:", *draw(settings_of(depth + draw(st.integers(1, 3))))]
        lines += draw(st.sampled_from([[], [f"{inner}time: NIGHT"], [f"{inner}notes: |", f"{inner}  shots:"]]))
    lines += draw(st.sampled_from([[], ["budget: {run: 1}"], ["# end", "", "moved: []"]]))
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n\n"]))


def flat(node: Node, path: str = "") -> Iterator[tuple[Any, ...]]:
    """Every value with its path and its places."""
    value = node.value
    shown = value if not isinstance(value, dict | list) else type(value).__name__
    yield path, shown, type(shown), node.line, node.column, node.key_line, node.key_column, node.file
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from flat(below, f"{path}/{key}")


def everything(path: Path) -> tuple[list[tuple[Any, ...]], int]:
    """All nodes of a list, and how many shots were cut out as text."""
    source, problems = read_source(path, path.parent)
    assert source is not None, problems
    seen, cut_out = list(flat(source.head)), 0
    for scene in source.scenes:
        seen += flat(scene.node, scene.id)
        for one in scene.shots:
            node, faults = load_shot(one, path.parent)
            assert node is not None, faults
            cut_out += one.node is None
            assert (one.line, one.column) == (node.key_line, node.key_column)
            seen += flat(node, f"{scene.id}/{one.id}")
    return seen, cut_out


@settings(max_examples=at_most(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=lists())
def test_a_cut_list_reads_as_the_whole(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.yaml"
    path.write_text(text)
    pieces, cut_out = everything(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "cut", lambda whole, *_: CutText(whole, (), whole))
        whole, none = everything(path)
    assert pieces == whole
    assert none == 0
    assert cut_out > 0


@settings(max_examples=at_most(300))
@given(lists(), st.integers(0), st.sampled_from(['"', "\n", "  # x\n", "\n  s9:\n", "    shots:\n", "x", "&a ", " *a"]))
def test_what_was_cut_before_is_cut_as_if_anew(text: str, at: int, piece: str) -> None:
    """Whatever was written into the list since, and wherever."""
    holes = {scene.digest: scene.hole for scene in cut(text, "list.yaml").scenes}
    assert cut(text, "list.yaml", holes) == cut(text, "list.yaml")
    edited = text[: at % len(text)] + piece + text[at % len(text) :]
    anew, again = cut(edited, "list.yaml"), cut(edited, "list.yaml", holes)
    assert again == anew
    assert [scene.blocks for scene in again.scenes] == [scene.blocks for scene in anew.scenes]


@pytest.mark.parametrize(
    "text",
    [
        "scenes: {a: {shots: {b: {}}}}\n",
        "'scenes':\n  a:\n    shots:\n      b: {}\n",
        "scenes:\n  a: &x\n    shots:\n      b: {}\n",
        "scenes:\n  a:\n    shots: &x\n      b: {}\n",
        "scenes:\n  a:\n    shots:\n      'b': {}\n",
        "scenes:\n  a:\n    shots:\n      ? b\n      : {}\n",
        "scenes:\n  a:\n    shots:\n      b: {}\n      b: {}\n",
        "scenes:\n  a:\n    shots:\n      b: &y {}\n      c: *y\n",
        "scenes:\n",
        "show: x\n",
    ],
)
def test_what_is_unusual_is_left_in_its_place(text: str) -> None:
    assert cut(HEAD + text) == CutText(HEAD + text, (), HEAD + text)


def test_a_stand_in_keeps_every_line_where_it_was() -> None:
    text = HEAD + "scenes:\n  a:\n    shots:\n      b:\n        size: WS\n      c: {}\n    time: DAY\ntitle: t\n"
    made = cut(text)
    assert made.skeleton.count("\n") == text.count("\n")
    assert made.skeleton.splitlines()[8:] == ["    time: DAY", "title: t"]
    (scene,) = made.scenes
    assert [(block.id, block.line, block.column, block.text) for block in scene.blocks] == [
        ("b", 6, 7, "      b:\n        size: WS\n"), ("c", 8, 7, "      c: {}\n"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'x-a: "\nscenes:\n  a:\n    shots:\n      b: {}\n"\n',
        'scenes:\n  a:\n    notes: "\n    shots:\n      b: {}\n"\n',
    ],
)
def test_a_list_inside_quotes_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, HEAD + text).shots == {}


def test_quotes_that_swallow_the_next_shot_are_found_where_they_open(tmp_path: Path) -> None:
    text = shot('prompt: "two', 'shots"').replace('        shots"', '      sh2: "') + "      sh3: {prompt: ok}\n"
    found = read(tmp_path, text)
    assert "opened here is never closed" in found.problems[0].message
    assert found.places[0] == (7, 17)


def test_a_digest_is_that_of_the_text_wherever_it_stands(tmp_path: Path) -> None:
    def digests(text: str) -> dict[str, str]:
        source = read(tmp_path, HEAD + text).source
        assert source
        return {f"{scene.id}/{one.id}": one.digest for scene in source.scenes for one in scene.shots}

    before = digests("scenes:\n  a:\n    shots:\n      b:\n        size: WS\n      c:\n        size: CU\n")
    after = digests(
        "title: new\nscenes:\n  z:\n    shots:\n      c:\n        size: CU\n\n\n  a:\n    time: DAY\n    shots:\n"
        "      new: {}\n\n      b:\n        size: MS\n"
    )
    assert after["z/c"] == before["a/c"]
    assert after["a/b"] != before["a/b"]


def test_the_same_text_in_another_file_is_another_shot(tmp_path: Path) -> None:
    scenes = "scenes:\n  {}:\n    shots:\n      b: {{images: {{p: refs/x.jpg}}}}\n"
    source = read(tmp_path, HEAD + "include: [one.yaml]\n" + scenes.format("a"), one=scenes.format("c")).source
    assert source
    assert source.scenes[0].shots[0].digest != source.scenes[1].shots[0].digest


def test_shots_of_a_list_in_flow_style_are_there_already(tmp_path: Path) -> None:
    source = read(tmp_path, HEAD + "scenes: {a: {shots: {b: {takes: 4}}}}\n").source
    assert source
    one = source.scenes[0].shots[0]
    assert one.node is not None
    assert one.node.plain() == {"takes": 4}
    assert (one.text, one.line, one.column, len(one.digest)) == ("", 3, 22, 64)
