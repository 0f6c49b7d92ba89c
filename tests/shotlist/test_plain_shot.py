"""A shot read the plain way is what YAML reads, to the last column; whatever is odd is left to YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.shotlist import plainshot, reader
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.plainshot import read_plain
from shotpilot_pipeline.shotlist.source import ShotText, kind_of, read_source
from tests.bench.generate import write_show

SHOWS = [path for path in sorted(Path(__file__).parents[2].glob("shotlists/**/*.yaml")) if kind_of(path) == "shotlist"]


def shot(text: str, id: str = "sh010") -> ShotText:
    return ShotText("sc010", id, "a.yaml", 7, 5, "", text, None)


def told(node: Node) -> object:
    """The node with its places and types, as a value that compares."""
    value = node.value
    places = (node.file, node.line, node.column, node.key_line, node.key_column)
    if isinstance(value, dict):
        return places, [(key, told(below)) for key, below in value.items()]
    if isinstance(value, list):
        return places, [told(below) for below in value]
    return places, type(value), value


def by_yaml(shot: ShotText) -> object:
    parsed = parse_all(shot.text, shot.file, shot.line - 1)
    assert not parsed.problems
    assert parsed.node is not None
    assert isinstance(parsed.node.value, dict)
    assert list(parsed.node.value) == [shot.id]
    return told(parsed.node.value[shot.id])


PLAIN = """\
    sh010:
      size: WS
      lens: 24mm, f/4
      subject: "@vera in @vera.wardrobe: collar up # and more"
      action: 'a "quoted" walk'
      light:   one lamp {{ vars.weather }} & a [half] moon, 100% - no more!
      empty: ""
      tags: [hero, DUSK, a-b.c,d]
      duration: 9
      x-null: null
      notes: |
        Keep: the suitcase # on the right
          more
        "ends"
      title: Über den Dächern
"""


def test_the_plain_way_is_read_as_yaml_reads_it() -> None:
    read = read_plain(shot(PLAIN))
    assert read is not None
    assert told(read) == by_yaml(shot(PLAIN))


ODD = [
    "",
    "    sh010:\n",
    "    sh010: {size: WS}\n",
    "    sh020:\n      size: WS\n",
    "    sh010:\n    size: WS\n",
    "    sh010:\n      size: WS",
    "    sh010:\r\n      size: WS\r\n",
    "    sh010:\n      size: WS\n       lens: 24mm\n",
    "    sh010:\n      size: WS\n     lens: 24mm\n",
    "    sh010:\n      size: WS\n        and more\n",
    "    sh010:\n      size: WS\n      size: CU\n",
    "    sh010:\n      size: WS \n",
    "    sh010:\n      size: WS # a remark\n",
    "    sh010:\n      # a remark\n      size: WS\n",
    "    sh010:\n      size: a: b\n",
    "    sh010:\n      size:\n",
    "    sh010:\n      size:WS\n",
    "    sh010:\n      size: @vera\n",
    "    sh010:\n      size: *vera\n",
    "    sh010:\n      size: !x y\n",
    "    sh010:\n      size: - a\n",
    '    sh010:\n      size: "a\\n"\n',
    '    sh010:\n      size: "a" b\n',
    "    sh010:\n      size: 'it''s'\n",
    "    sh010:\n      tags: [a, [b]]\n",
    "    sh010:\n      tags: [a,]\n",
    "    sh010:\n      tags: {a: b}\n",
    "    sh010:\n      series:\n        amount: 3\n",
    "    sh010:\n      notes: >\n        folded\n",
    "    sh010:\n      notes: |-\n        chomped\n",
    "    sh010:\n      notes: |\n",
    "    sh010:\n      notes: |\n      size: WS\n",
    "    sh010:\n      notes: |\n          deep\n        less\n",
    "    sh010:\n      notes: |\n        a\n\n        b\n",
    "    sh010:\n      notes: |\n        a\n       b\n",
    "    sh010:\n      size: a\tb\n",
    "    sh010:\n      size: a\u2028b\n",
    "    sh010:\n      size: a\x00b\n",
    "    sh010:\n      <<: WS\n",
    '    sh010:\n      "size": WS\n',
    "    sh010:\n      size: " + "a" * 200_000 + "\n",
]


def test_nothing_is_too_much_to_be_read_the_plain_way() -> None:
    assert plainshot.LONGEST <= 2 * reader.MOST_SHOT_VALUES  # a value takes a sign, and one between it and the next
    many = f"    sh010:\n      tags: [{','.join('a' * (reader.MOST_SHOT_VALUES + 1))}]\n"
    assert [problem.rule for problem in reader.load_shot(shot(many), Path())[1]] == ["yaml-size"]


@pytest.mark.parametrize("text", ODD)
def test_what_is_odd_is_left_to_yaml(text: str) -> None:
    assert read_plain(shot(text)) is None


signs = st.text(
    st.sampled_from("ab9 _-.,:#'\"\\[]{}|>@&*!%`?=~/\t\u00a0\u00fc\u00ad\u0085\u2028\ufeff\U0001f3ac"), max_size=12
)
words = st.sampled_from(["WS", "a b", "24mm, f/4", "a #b", "a: b", "http://x", "1e5", "NO", "null", "~", "...", "---"])
value = st.one_of(
    words,
    signs,
    signs.map(lambda text: f'"{text}"'),
    signs.map(lambda text: f"'{text}'"),
    st.lists(words | signs, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.tuples(st.sampled_from("|>"), st.lists(st.tuples(st.sampled_from([6, 7, 8, 8, 8, 9]), signs), max_size=3)).map(
        lambda block: block[0] + "".join(f"\n{' ' * blanks}{text}" for blanks, text in block[1])
    ),
)
entry = st.tuples(
    st.sampled_from([6, 6, 6, 6, 6, 5, 7]),
    st.sampled_from(["size", "lens", "x-a", "a b", "NO"]),
    st.sampled_from([": ", ":", ":  "]),
    value,
).map(lambda one: f"{' ' * one[0]}{one[1]}{one[2]}{one[3]}")
lines = st.lists(st.one_of(entry, entry, entry, st.sampled_from(["", "  ", "# remark", "      # remark"])), max_size=5)


@given(lines)
def test_whatever_is_read_the_plain_way_is_what_yaml_reads(lines: list[str]) -> None:
    one = shot("\n".join(["    sh010:", *lines, ""]))
    read = read_plain(one)
    if read is not None:
        assert told(read) == by_yaml(one)


@given(st.lists(st.sampled_from(PLAIN.splitlines(keepends=True)), max_size=20), st.integers(0, 400), signs)
def test_a_plain_shot_with_a_change_is_what_yaml_reads(lines: list[str], at: int, change: str) -> None:
    whole = PLAIN[:11] + "".join(lines)
    one = shot(whole[:at] + change + whole[at:])
    read = read_plain(one)
    if read is not None:
        assert told(read) == by_yaml(one)


@pytest.mark.parametrize("path", SHOWS, ids=[path.name for path in SHOWS])
def test_shows_are_read_as_yaml_reads_them(path: Path) -> None:
    source, _ = read_source(path, path.parent)
    assert source is not None
    for one in (one for scene in source.scenes for one in scene.shots if one.text):
        read = read_plain(one)
        assert read is None or told(read) == by_yaml(one)


def test_nearly_every_shot_of_a_long_list_is_read_the_plain_way(tmp_path: Path) -> None:
    source, _ = read_source(write_show(tmp_path, 200), tmp_path)
    assert source is not None
    shots = [one for scene in source.scenes for one in scene.shots]
    assert sum(read_plain(one) is not None for one in shots) > 0.9 * len(shots)
