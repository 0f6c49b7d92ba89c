"""Scalars typed by the schema, and every fault against it as a sentence at the right place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.shapes import inlined, shape_of
from shotpilot_pipeline.shotlist.typed import settle
from shotpilot_pipeline.shotlist.yamltext import parse
from tests.shotlist.reading import HEAD, read, shot

#: The example on which the language was designed: every feature once.
EXAMPLE = """\
# yaml-language-server: $schema=../schemas/shotlist-1.schema.json
shotlist: 1                                   # version of the language; required
show: midnight-syndicate
title: Midnight Syndicate
vars:
  city: Port Vale                             # vars are always text
cast:
  vera:
    name: Vera Kane
    frontal: refs/vera_front.jpg              # or an https URL
    references: [refs/vera_left.jpg]          # up to 3 further angles
    wardrobe: black evening gown, pearl earrings
    rights: {kind: real, consent: releases/vera.pdf, until: 2027-06-30}
  joe: refs/joe.jpg
images:
  grade: {file: refs/teal_orange.jpg, role: palette}
looks:
  noir: black and white, hard shadows, Ilford HP5 grain
stages:                                       # ordered: each feeds the next
  iterate: {model: kling-v3, resolution: 1K, takes: 4, pick: human}
  refine:  {model: [kling-v3, kling-o3], resolution: 2K, takes: 2, carry: image, pick: human}
  final:   {model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}
defaults:                                     # the same keys as a shot; the nearest wins
  aspect_ratio: 21:9                          # a string, never 1269
  output_format: png
  look: noir
scenes:
  sc010:
    place: rain-slick alley behind the club in {{ vars.city }}
    int_ext: EXT
    time: NIGHT
    shots:
      sh010:
        size: WS                              # words or abbreviations
        lens: 35mm, f/2
        subject: "@vera in @vera.wardrobe"
        action: steps out of the doorway, collar up
        light: single sodium lamp, wet reflections
        mood: tense
        motion: slow push-in as she looks back  # for the video hand-off
        duration: 4
        tags: [hero]
      sh020:
        size: CU
        subject: "@vera"
        action: reading a letter
        vary:
          axes:
            light: {dusk: last blue light, neon: red neon spill}   # names are ids, values are text
            lens: {l50: 50mm, l85: 85mm}
          combine: light * lens               # '*' crosses, '(a, b)' zips
          skip: [{light: dusk, lens: l85}]
          variants: choose                    # a pick among the variants goes on
        stages:
          iterate: {takes: 6}
          final: skip
      sh030:
        model: kling-o3                       # two images: V3 takes one
        images:
          plate: {pick: sc010/sh010@iterate}  # another shot's picked take
        prompt: |
          Keep the composition of @plate, graded like @grade.
      sh040:
        model: kling-o3
        series:
          lead: Cinematic storyboard, 35mm look.
          panels:
            - Wide shot, empty courtroom, morning light.
            - "@vera stands at the defense table."
            - Close-up, the judge's gavel mid-strike.
        stages:
          final: {panels: each}
      sh050: {omit: true}                     # keeps its number, is not rendered
budget: {show: 250.00, run: 40.00, shot: 4.00, stages: {final: 60.00}}   # USD
moved: [{from: sc010/sh015, to: sc010/sh020}]
"""


def test_the_example_of_the_language_is_read_as_written(tmp_path: Path) -> None:
    found = read(tmp_path, EXAMPLE)
    assert found.problems == []
    assert found.source
    head = found.source.head.plain()
    assert head["shotlist"] == 1
    assert head["defaults"]["aspect_ratio"] == "21:9"
    assert head["cast"]["vera"]["rights"]["until"] == "2027-06-30"
    assert head["stages"]["refine"] == {
        "model": ["kling-v3", "kling-o3"], "resolution": "2K", "takes": 2, "carry": "image", "pick": "human",
    }  # fmt: skip
    assert list(head["stages"]) == ["iterate", "refine", "final"]
    assert head["budget"] == {"show": 250.0, "run": 40.0, "shot": 4.0, "stages": {"final": 60.0}}
    assert "scenes" not in head
    assert found.source.scenes[0].node.plain() == {
        "place": "rain-slick alley behind the club in {{ vars.city }}", "int_ext": "EXT", "time": "NIGHT",
    }  # fmt: skip
    assert list(found.shots) == [f"sc010/sh0{n}0" for n in range(1, 6)]
    assert found.shots["sc010/sh010"]["duration"] == 4
    assert found.shots["sc010/sh020"]["stages"] == {"iterate": {"takes": 6}, "final": "skip"}
    assert found.shots["sc010/sh050"] == {"omit": True}


def test_scalars_are_typed_by_the_schema_and_not_by_their_look(tmp_path: Path) -> None:
    words = ["21:9", "010", "NO", "1e5", "2026-11-22", "true", "0x1F", "12:30", "4.0", "=", ".inf", "1_000", "Null"]
    found = read(tmp_path, shot("vary:", "  axes:", "    a:", *[f"      n{n}: {word}" for n, word in enumerate(words)]))
    assert list(found.shots["sc/sh"]["vary"]["axes"]["a"].values()) == words


def test_ids_are_text(tmp_path: Path) -> None:
    ids = ["010", "NO", "1e5", "2026-11-22", "null", "1", "true"]
    shots = "".join(f"      {name}: {{title: {name}}}\n" for name in ids if name != "null")
    found = read(tmp_path, f"{HEAD}scenes:\n  010:\n    shots:\n{shots}      null: {{title: 'null'}}\n")
    assert found.problems == []
    assert found.shots == {f"010/{name}": {"title": name} for name in [*ids[:4], *ids[5:], "null"]}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("4", 4), ("'4'", 4), ("04", 4), ("+4", 4), ("null", None), ("~", None)],
)
def test_whole_numbers(tmp_path: Path, written: str, read_as: int | None) -> None:
    assert read(tmp_path, shot(f"takes: {written}")).shots["sc/sh"] == {"takes": read_as}


@pytest.mark.parametrize(("written", "read_as"), [("4.50", 4.5), (".5", 0.5), ("1e1", 10.0), ("3", 3)])
def test_numbers(tmp_path: Path, written: str, read_as: float) -> None:
    assert read(tmp_path, shot(f"duration: {written}")).shots["sc/sh"] == {"duration": read_as}


@pytest.mark.parametrize("word", ["true", "True", "YES", "on"])
def test_true_and_its_opposite(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, shot(f"omit: {word}", "hold: off")).shots["sc/sh"] == {"omit": True, "hold": False}


def test_null_unsets_where_it_is_plain_and_is_text_in_quotes(tmp_path: Path) -> None:
    lines = ["size: null", "look: ~", "mood: 'null'", "stages: null", "images: {a: null}", "tags: null", "model: null"]
    assert read(tmp_path, shot(*lines)).shots["sc/sh"] == {
        "size": None, "look": None, "mood": "null", "stages": None, "images": {"a": None}, "tags": None, "model": None,
    }  # fmt: skip
    settings = schema("shotlist-1")["$defs"]["settings"]["properties"]
    everything = read(tmp_path, shot(*[f"{key}: null" for key in settings]))
    assert everything.problems == []
    assert set(everything.shots["sc/sh"]) == set(settings)


def test_keys_of_ones_own_may_hold_anything(tmp_path: Path) -> None:
    found = read(tmp_path, shot("x-mine: {a: [1, NO, null, {b: ~}]}"))
    assert found.shots["sc/sh"] == {"x-mine": {"a": ["1", "NO", None, {"b": None}]}}


SENTENCES = [
    ("takes: four", 16, "`takes` wants a whole number, not 'four'", "write a number such as 4, without a unit"),
    ("takes: 4.5", 16, "`takes` wants a whole number, not '4.5'", "write a number such as 4, without a unit"),
    ("takes: 0", 16, "`takes` cannot be 0", "write 1 to 1000"),
    ("takes: 1000000000", 16, "`takes` cannot be 1000000000", "write 1 to 1000"),
    ("num_images: 3", 9, "'num_images' is not a key of a shot", "write `takes: 3`"),
    ("num_images: many", 9, "'num_images' is not a key of a shot", "write `takes: 4`"),
    ("duration: 4s", 19, "`duration` wants a number, not '4s'", "write a number such as 4, without a unit"),
    ("duration: 1e999", 19, "`duration` wants a number, not '1e999'", "write a number such as 4, without a unit"),
    ("duration: 21:9", 19, "`duration` wants a number, not '21:9'", "write a number such as 4, without a unit"),
    ("duration: 0", 19, "`duration` cannot be 0", "write a number above 0"),
    ("tags: hero", 15, "`tags` wants a list, not 'hero'", "write [hero]"),
    ("tags: [big hero]", 16, "item 1 of `tags` cannot be 'big hero'", "one word, without spaces or commas"),
    ("omit: maybe", 15, "`omit` wants true or false, not 'maybe'", "write true or false"),
    ("carry: imag", 16, "`carry` cannot be 'imag'", 'did you mean "image"? It takes prompt or image'),
    ("int_ext: ext.", 18, "`int_ext` cannot be 'ext.'", 'did you mean "EXT"? It takes INT, EXT or INT/EXT'),
    ("resolution: 8K", 21, "`resolution` cannot be '8K'", "write 1K, 2K or 4K"),
    ("output_format: gif", 24, "`output_format` cannot be 'gif'", "write png, jpeg or webp"),
    ("size: {a: b}", 15, "`size` is read as a key and a value, because of the colon after 'a'",
     "put the text in quotes"),
    ("title: null", 16, "`title` wants text, not null", 'write a text, or "null" in quotes if that is the text'),
    ("stages: {a: no}", 21, "`a` cannot be 'no'", "write skip"),
    ("stages: {a: [x]}", 21, "`a` wants the word skip or a map of settings, not a list", ""),
    ("stages: {a: {takes: x}}", 29, "`takes` wants a whole number, not 'x'", None),
    ("images: {a: {}}", 18, "`a` has none of file, url, pick", "write exactly one of file, url or pick"),
    ("images: {a: {file: x, url: y}}", 18, "`a` has file and url", "write exactly one of file, url or pick"),
    ("images: {a b: x}", 18, "'a b' cannot be a name here",
     "write letters, digits, - and _, beginning with a letter or a digit"),
    ("series: {panels: []}", 18, "`panels` is empty", "write at least one entry, or remove the key"),
    ("vary: {combine: a}", 9, "`vary` needs `axes`", "write `axes: …`"),
    ("promt: a", 9, "'promt' is not a key of a shot", 'did you mean "prompt"?'),
    ("Size: a", 9, "'Size' is not a key of a shot", 'did you mean "size"?'),
    ("num_images: 4", 9, "'num_images' is not a key of a shot", "write `takes: 4`"),
    ("stages: {a: {stages: {}}}", 22, "'stages' is not a key of `a`", None),
    ("elements: [{imag: a}]", 21, "'imag' is not a key of item 1 of `elements`", 'did you mean "image"?'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "message", "hint"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_faults_of_a_shot(tmp_path: Path, line: str, column: int, message: str, hint: str | None) -> None:
    problem = read(tmp_path, shot(line)).only
    assert (problem.place.line, problem.place.column, problem.address) == (7, column, "sc/sh")
    assert problem.message == message
    if hint is not None:
        assert problem.hint == hint


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("shotlist: 1\ntitle: x\n", 1, 1, "the file needs `show`"),
        ("show: x\n", 1, 1, "the file needs `shotlist`"),
        ("shotlist: 2\nshow: x\n", 1, 11, "`shotlist` is '2', and version 1 is the one this program reads"),
        ("shotlist: 1\nshow: a b\n", 2, 7, "`show` cannot be 'a b'"),
        (HEAD + "scene: {}\n", 3, 1, "'scene' is not a key of a shot list"),
        (HEAD + "scenes: []\n", 3, 9, "`scenes` wants a map (`key: value` lines), not a list"),
        (HEAD + "scenes: {a: x}\n", 3, 13, "`a` wants a map (`key: value` lines), not 'x'"),
        (HEAD + "scenes: {a: {shots: [x]}}\n", 3, 21, "`shots` wants a map (`key: value` lines), not a list"),
        (HEAD + "scenes: {a: {shots: {b: x}}}\n", 3, 25, "the shot wants a map (`key: value` lines), not 'x'"),
        (HEAD + "scenes: {a: {shots: {b c: {}}}}\n", 3, 22, "'b c' cannot be a name here"),
        (HEAD + "scenes: {a: {shots: {b: {promt: x}}}}\n", 3, 26, "'promt' is not a key of a shot"),
        (HEAD + "cast: {a: {references: [a, b, c, d]}}\n", 3, 12, "`references` holds 4, and takes at most 3"),
        (HEAD + "cast: {a: [x]}\n", 3, 11,
         "`a` wants a path or an https URL or a map with frontal, references, wardrobe and so on, not a list"),
        (HEAD + "vars: {a: ~}\n", 3, 11, "`a` wants text, not null"),
        (HEAD + "budget: {run: -1}\n", 3, 15, "`run` cannot be -1"),
        (HEAD + "moved: [{from: a}]\n", 3, 9, "item 1 of `moved` needs `to`"),
        (HEAD + "include: cast.yaml\n", 3, 10, "`include` wants a list, not 'cast.yaml'"),
        (HEAD + "stages: {}\n", 3, 1, "`stages` is empty"),
    ],
)  # fmt: skip
def test_faults_of_the_head(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    found = read(tmp_path, text)
    assert found.source is None
    problem = next(problem for problem in found.problems if problem.message == message)
    assert (problem.place.line, problem.place.column) == (line, column)
    assert all("schema" not in problem.message for problem in found.problems)


def walk(part: Any) -> list[dict[str, Any]]:
    found = [part] if isinstance(part, dict) else []
    below = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return [*found, *(inner for value in below for inner in walk(value))]


@pytest.mark.parametrize("name", ["shotlist-1", "picks-1"])
def test_every_key_has_words_an_editor_can_show(name: str) -> None:
    root = schema(name)
    Draft202012Validator.check_schema(root)
    for part in walk(root):
        for key, value in part.get("properties", {}).items() if isinstance(part.get("properties"), dict) else ():
            about = root["$defs"][value["$ref"].removeprefix("#/$defs/")] if "$ref" in value else value
            assert value.get("title") or about.get("title"), key
            assert value.get("description") or about.get("description"), key


def test_every_map_with_known_keys_is_closed_but_for_the_users_own() -> None:
    for part in walk(schema("shotlist-1")):
        if isinstance(part.get("properties"), dict) and "type" in part and part["type"] != "string":
            assert part["additionalProperties"] is False
            assert part["patternProperties"] == {"^x-": {}}


SOME_KEYS = ["size", "takes", "duration", "omit", "tags", "stages", "images", "vary", "series", "look", "model",
             "elements", "resolution", "carry", "add_images", "prompt", "x-a", "promt", "a b", "axes", "light",
             "panels", "file", "url", "pick", "skip", "amount"]  # fmt: skip
SOME_SCALARS = [
    "1",
    "0",
    "-1",
    "4.5",
    "null",
    "true",
    "1K",
    "8K",
    "prompt",
    "image",
    "skip",
    "cast",
    "a b",
    "'null'",
    "",
]


def trees() -> st.SearchStrategy[Any]:
    scalars = st.sampled_from(SOME_SCALARS)
    return st.recursive(
        scalars,
        lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(SOME_KEYS), below, max_size=4),
        max_leaves=12,
    )


def flow(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    return tree or '""'


def as_node(text: str) -> Node:
    node = parse(text, "x").node
    assert node is not None
    return node


@given(st.dictionaries(st.sampled_from(SOME_KEYS), trees(), max_size=4))
def test_what_is_surely_right_is_right_for_the_schema_library(tree: dict[str, Any]) -> None:
    node = as_node(flow(tree))
    sure = settle(node, shape_of("shotlist-1", "shot"), [])
    root = schema("shotlist-1")
    valid = Draft202012Validator({"$ref": "#/$defs/shot", "$defs": root["$defs"]}).is_valid(node.plain())
    assert sure == valid
    assert Draft202012Validator(inlined("shotlist-1", "shot")).is_valid(node.plain()) == valid


def test_an_empty_reason_and_lists_for_maps_get_a_cure(tmp_path: Path) -> None:
    empty = read(tmp_path, shot('ignore: {slot-lens: ""}')).only
    assert (empty.rule, empty.hint) == ("schema-range", "write why this is right here")
    assert "write it like {slot-lens: " in read(tmp_path, shot("ignore: [slot-lens]")).only.hint
    listed = read(tmp_path, HEAD + "scenes:\n  - id: sc010\n    shots: {}\n").problems[0]
    assert "write `sc010:` in place of `- id: sc010`" in listed.hint
    words = read(tmp_path, HEAD + "scenes: {a: {shots: {b: a street at night}}}\n").only
    assert "`prompt: |`" in words.hint
    assert "without dashes" in read(tmp_path, shot("prompt:", "  - a", "  - b")).only.hint
