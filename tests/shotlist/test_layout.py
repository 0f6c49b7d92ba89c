"""The one layout changes no value and no comment, is its own layout, and asks for the same pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.errors import BadFiles
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.layout import PROSE, formatted
from shotpilot_pipeline.shotlist.series import folded
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.shotlist.yamltext import parse
from tests.examples import at_most
from tests.shotlist.compiling import catalog
from tests.shotlist.reading import HEAD, shot
from tests.shotlist.test_compile_any import LISTS
from tests.shotlist.test_read_any import TEXTS

SOON = (Phase.explicit, Phase.reuse, Phase.generate)  # a counter-example is not made smaller: the writer is slow
LONG = "rain on the cobbles, neon in every puddle, " * 4


def plain(text: str) -> Any:
    """The values, all as text, prose folded, keys in order."""
    node = parse(text, "x").node
    assert node is not None
    return in_order(node.plain())


def in_order(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return [(name, in_order(below, name)) for name, below in value.items()]
    if isinstance(value, list):
        return [in_order(below, key) for below in value]
    return folded(value) if isinstance(value, str) and key in PROSE else value


def keys(folder: Path, text: str) -> Any:
    """The render keys of the list, and what is said of it (without places)."""
    path = folder / "list.yaml"
    path.write_text(text, "utf-8")
    source, problems = read_source(path, folder)
    if source is None:
        return sorted(problem.rule for problem in problems)
    compiled, found = compile_source(source, catalog())
    tasks = [(task.address, task.keys, task.forms) for task in compiled.tasks] if compiled else []
    return tasks, sorted((problem.rule, problem.address) for problem in found)


def holds(text: str) -> str:
    """What must hold of every text that is laid out; gives the layout."""
    made = formatted(text, "x")
    assert plain(made) == plain(text)
    assert formatted(made, "x") == made
    assert made.endswith("\n")
    assert not made.endswith("\n\n")
    assert all(line == line.rstrip() or line in text.split("\n") for line in made.split("\n"))
    return made


COMMENTS = st.sampled_from(["# a comment", "#no blank", "# tab\tin it", "# 漢", "#", "# a: b", "# - [", "#  two"])


def spans(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each scalar and each map or list in braces."""
    opened: list[int] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            yield event.start_mark.line, event.end_mark.line
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append(event.start_mark.line if event.flow_style else -1)
        elif isinstance(event, yaml.CollectionEndEvent) and (start := opened.pop()) >= 0:
            yield start, event.end_mark.line


@st.composite
def written_lists(draw: st.DrawFn) -> str:
    """A list in one of the ways people write YAML, with comments anywhere they can stand."""
    value = draw(LISTS)
    if draw(st.booleans()):
        value["defaults"] = {**value.get("defaults", {}), "prompt": draw(st.sampled_from([LONG, f"{LONG}\n\n{LONG}"]))}
    text = yaml.safe_dump(
        value,
        allow_unicode=True,
        sort_keys=False,
        indent=draw(st.sampled_from([2, 3, 4])),
        width=draw(st.sampled_from([40, 80, 1000])),
        default_flow_style=draw(st.sampled_from([False, None])),
        default_style=draw(st.sampled_from([None, None, '"', "'"])),
    )
    text = re.sub(r"!!\w+ ", "", text)  # what the dumper puts before quotes
    inside = {number for start, end in spans(text) for number in range(start, end)}
    made = []
    for number, line in enumerate(text.split("\n")):
        free = number not in inside and number - 1 not in inside
        if free and draw(st.integers(0, 9)) == 0:
            made += [draw(st.sampled_from(["", "\n", "\n\n\n"])) + " " * draw(st.integers(0, 9)) + draw(COMMENTS)]
        opens = line.endswith(("|", ">", "|-", "|+", ">-")) or line != line.rstrip() or not line
        behind = free and not opens and draw(st.integers(0, 9)) == 0
        made.append(line + "   " + draw(COMMENTS) if behind else line)
    return "\n".join(made)


@settings(max_examples=15, phases=SOON, suppress_health_check=list(HealthCheck))
@given(written_lists())
def test_any_list_in_any_writing(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    if parse(text, "x").problems:
        return
    made = holds(text)
    folder = tmp_path_factory.mktemp("laid")
    assert keys(folder, made) == keys(folder, text)
    for one in (line.strip() for line in text.split("\n") if line.strip().startswith("#")):
        assert one in made


@settings(max_examples=at_most(80), phases=SOON)
@given(TEXTS)
def test_any_text_is_laid_out_or_refused_in_words(text: str) -> None:
    text = text.replace("\u2028", " ")  # as the reader does
    with suppress(BadFiles):  # anything else is a fault of ours
        made = formatted(text, "x")
        assert plain(made) == plain(text)
        assert formatted(made, "x") == made


@pytest.mark.parametrize("style", [{}, {"indent": 1}])
def test_json_is_yaml_too(style: dict[str, Any]) -> None:
    holds(json.dumps({"shotlist": 1, "show": "x", "scenes": {"a": {"shots": {"b": {"prompt": LONG}}}}}, **style))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:   1\nb:\n    c:   2\n", "a: 1\nb:\n  c: 2\n"),
        ("a:\n- b\n- c: 1\n  d: 2\n", "a:\n  - b\n  - c: 1\n    d: 2\n"),
        ("a: 1 # close\nb: 2      # aligned\n", "a: 1  # close\nb: 2      # aligned\n"),
        ("a: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
        ("a:\n# about b\n  b: 1\n      # about c\n  c: 2\n", "a:\n  # about b\n  b: 1\n  # about c\n  c: 2\n"),
        ("a: {b: 1,c: 2}\n", "a: {b: 1, c: 2}\n"),
        ("a: 'x'\nb: \"y\"\nc: 010\nd: 21:9\ne: NO\nf: 1e5\ng: 2026-11-22\nh: 1_000\n",) * 2,
        ("a: null\nb: ~\nc: 25.00\nd: 0x1F\ne: .5\n",) * 2,
        ("# only above\n\na: 1\n# at the end\n",) * 2,
        ("a: &x {b: 1}\nc: *x\nd: &y words\ne: *y\n",) * 2,
        ("a: |\n  # no comment\n    deeper\n\n\n  and on\nb: >-\n  folded\n  text\n",) * 2,
        ("a: 1", "a: 1\n"),
        ("x-y: [a, b] #\tc\n", "x-y: [a, b]  #\tc\n"),
        ("title: a\n  b\n", "title: a b\n"),
        ("prompt: short\nprompt_wrap: short {{ prompt }}\n",) * 2,
        ("a:\n  # about nothing yet\n\nb: 1\n", "a:\n  # about nothing yet\n\nb: 1\n"),
    ],
)
def test_the_layout(before: str, after: str) -> None:
    if parse(before, "x").node is not None and not before.startswith("a:\n  # about nothing"):
        assert holds(before) == after


def test_a_long_prompt_is_a_block() -> None:
    words = "word " * 30 + "{{ vars.city | upper }}, 1947" + " more" * 10
    made = holds(shot(f'prompt: "{words}"   '))
    lines = made[made.index("prompt:") :].splitlines()
    assert lines[0] == "prompt: |"
    assert all(len(line.strip()) <= 100 for line in lines)
    assert "{{ vars.city | upper }}, 1947" in made.replace("\n", " ")
    assert holds(made) == made


def test_a_block_its_author_broke_stays_as_it_is() -> None:
    text = shot("prompt: |", "  One line.", "  And one of a hundred and fifteen characters" + "." * 70)
    assert holds(text) == text


@pytest.mark.parametrize(
    "line",
    [
        f"prompt: {LONG}   # why",
        f"prompt: &words {LONG}\n        title: *words",
        f"stages: {{iterate: {{prompt: {LONG.replace(',', '')}}}}}",
        'prompt: "' + LONG + "{{ 'a  b' }}" + '"',
        f"title: {LONG}",
    ],
)
def test_a_long_text_that_must_not_be_a_block_is_none(line: str) -> None:
    assert "|\n" not in holds(shot(line))


@pytest.mark.parametrize("key", ["panels", "lead"])
def test_a_long_panel_is_a_block_too(key: str) -> None:
    value = [LONG, "short"] if key == "panels" else LONG
    text = HEAD + yaml.safe_dump({"scenes": {"a": {"shots": {"b": {"series": {key: value}}}}}}, width=1000)
    assert "|\n" in holds(text)


@pytest.mark.parametrize(
    "text", ["a: {b: 1,  # one\n  # two\n  c: 2}  # three\n", "a: [b,\n  # c\n  d]\n", "a:\n  - # why\n    b: 1\n"]
)
def test_comments_in_odd_places_are_kept_or_the_file_is_left_alone(text: str) -> None:
    try:
        made = formatted(text, "x")
    except BadFiles as refused:
        assert "so nothing was changed" in str(refused)  # noqa: PT017
    else:
        assert [one for one in ("# one", "# two", "# three", "# c", "# why") if one in text and one not in made] == []


@pytest.mark.parametrize("text", ["", "a: [", "a: 1\n---\nb: 2\n", "- " * 100 + "a", "a: *b\n"])
def test_what_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadFiles) as refused:
        formatted(text, "list.yaml")
    assert all(problem.place.file == "list.yaml" and problem.message for problem in refused.value.problems)


def test_our_own_lists_are_laid_out(root: Path) -> None:
    for path in sorted((root / "shotlists").rglob("*.yaml")):
        text = path.read_text("utf-8")
        assert formatted(text, str(path)) == text, path
