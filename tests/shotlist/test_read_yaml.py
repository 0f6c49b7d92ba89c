"""YAML without its traps: each trap has a problem with place, fault and cure; several at once where that can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist.source import read_source
from tests.shotlist.reading import HEAD, read, shot

BLOCK = "write `prompt: |` and put the text on the next line, indented; or put it in quotes"


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("prompt: @vera walks", 17, "the text of `prompt` begins with @"),
        ("prompt: {{ vars.city }} at night", 17, "the text of `prompt` begins with {{, which YAML reads as a map"),
        ("prompt: {{ vars.city }}", 18, "the text of `prompt` begins with {{, which YAML reads as a map"),
        ("prompt: [Wide shot] of a room", 17, "begins with [, which YAML reads as a list"),
        ("prompt: *vera walks", 17, "begins with *, which YAML reads as an alias"),
        ("prompt: **bold** words", 17, "begins with *, which YAML reads as an alias"),
        ("prompt: %100 sure", 17, "begins with %"),
        ("prompt: `code`", 17, "begins with a backtick"),
        ("prompt: & Sons", 17, "begins with &"),
        ("prompt: > hello", 17, "has words after the >"),
        ("prompt: | hello", 17, "has words after the |"),
        ("prompt: Panel 1: Wide. Panel 2: Close.", 17, "holds a colon and a space after `Panel 1:`"),
    ],
)
def test_a_plain_prompt_that_yaml_misreads_says_what_happened_and_shows_the_block_form(
    tmp_path: Path, line: str, column: int, says: str
) -> None:
    problem = read(tmp_path, shot(line)).only
    assert (problem.place.line, problem.place.column) == (7, column)
    assert says in problem.message
    assert problem.hint == BLOCK
    assert problem.address == "sc/sh"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("prompt: [Wide shot]", "wants text, not a list"),
        ("prompt: *vera", "begins with *, which YAML reads as an alias"),
        ("prompt: !important text", "begins with !important, which YAML reads as a tag"),
        ("prompt: ! stop", "begins with !, which YAML reads as a tag"),
        ("prompt: !!str text", "begins with !!str, which YAML reads as a tag"),
        ("prompt: &Sons shop", "begins with &Sons, which YAML reads as an anchor and drops"),
        ("prompt: 'it's fine'", "goes on after its closing quote"),
        ('prompt: "He said "no" twice"', "goes on after its closing quote"),
        ('prompt: "never closed', 'the quote " opened here is never closed'),
        ('prompt: "a \\q b"', "a backslash begins an escape"),
        ('prompt: "a \\0 b"', "stands for a control character"),
        ("tags: [a, b", "the [ opened here is never closed"),
        ("stages: {iterate: {takes: 6}", "the { opened here is never closed"),
        ("stages: {iterate: {takes: 6}}}", "there is one } too many here"),
        ("tags: - a", "begins with a dash and a space, which YAML reads as a list"),
        ("prompt:", "`prompt` has no value"),
        ("prompt: #4 on the door", "everything after # is a comment"),
        ("<<: {size: WS}", "merge keys (<<) are not part of a shot list"),
        ("? [a, b]", "a key must be plain text"),
        ("stages: {: skip}", ": stands where a value should"),
        ("stages: {? : skip}", "a value stands here without a key"),
        ("prompt:text", "the shot wants a map"),
    ],
)
def test_each_other_trap_has_its_own_sentence(tmp_path: Path, line: str, says: str) -> None:
    problem = read(tmp_path, shot(line)).only
    assert problem.place.line == 7
    assert says in problem.message
    assert problem.hint


def test_a_comma_in_a_flow_map_is_explained(tmp_path: Path) -> None:
    problem = read(tmp_path, shot("vary:", "  axes:", "    light: {dusk: red, neon spill}")).only
    assert str(problem.place).endswith(":9:32")
    assert "`neon spill` stands here without a value: inside { } a comma begins the next entry" in problem.message
    assert '"…, neon spill"' in problem.hint


@pytest.mark.parametrize("line", ["Apartment #4, night", "the sign # says", "red  #2 door"])
def test_prose_cut_by_a_hash_is_an_error(tmp_path: Path, line: str) -> None:
    problem = read(tmp_path, shot(f"prompt: {line}")).only
    assert problem.rule == "yaml-cut"
    assert "is cut after" in problem.message
    assert "block: `|`" in problem.hint


def test_a_comment_that_looks_like_one_is_a_comment(tmp_path: Path) -> None:
    text = shot(
        "motion: slow push-in   # for the video", "takes: 4 # four", 'notes: "a" # b', "prompt: >  # folded", "  a #b"
    )
    assert read(tmp_path, text).shots["sc/sh"] == {
        "motion": "slow push-in", "takes": 4, "notes": "a", "prompt": "a #b\n",
    }  # fmt: skip


def test_tabs_and_indentation(tmp_path: Path) -> None:
    def only(*lines: str) -> str:
        problem = read(tmp_path, shot(*lines)).only
        return f"{problem.place.line}:{problem.place.column} {problem.message}"

    assert only("prompt: a", "\tsubject: b") == "8:9 a tab in the indentation: YAML takes spaces only"
    assert only("prompt: a", "  subject: b") == "8:11 this line is indented under `prompt`, which already has a value"
    assert only("  prompt: a", "subject: b").startswith("8:9 this line does not line up")
    assert only("prompt: a", "hello world").startswith("8:9 `hello world` is neither `key: value` nor part of a text")
    tabs = read(tmp_path, HEAD + "scenes:\n\tsc:\n\t\tshots: {}\n").only
    assert (tabs.place.line, tabs.place.column, tabs.rule) == (4, 1, "yaml-tab")


def test_all_faults_of_a_file_are_found_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, shot(
        "subject: @vera walks", "  on and on", "action: Panel 1: runs", "tags: [a, b", "takes: four", "promt: x",
        'place: "alley', "light: red # hot", "size:",
    ))  # fmt: skip
    assert [place[0] for place in found.places] == [7, 9, 10, 11, 12, 13, 14, 15]
    assert all(problem.hint for problem in found.problems)


def test_faults_of_several_shots_and_of_the_head_are_found_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, "shotlist: 1\nshw: x\nscenes:\n  a:\n    shots:\n      b:\n        prompt: @x\n"
                 "      c:\n        promt: y\n")  # fmt: skip
    assert [(problem.place.line, problem.rule) for problem in found.problems] == [
        (2, "schema-unknown-key"), (7, "yaml-text"), (9, "schema-unknown-key"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        (HEAD + "show: y\n", 3, 2),
        (HEAD + "vars: {a: 1, a: 2}\n", 3, 3),
        (HEAD + "scenes:\n  a:\n    shots: {}\n  a:\n    shots: {}\n", 6, 4),
        (HEAD + "scenes:\n  a:\n    shots:\n      b:\n        prompt: x\n      b:\n        prompt: y\n", 8, 6),
        (shot("prompt: x", "prompt: y"), 8, 7),
        (shot("stages:", "  x: skip", "  x: skip"), 9, 8),
        (shot('"prompt": x', "prompt: y"), 8, 7),
    ],
)
def test_duplicate_keys_name_the_first_at_every_level(tmp_path: Path, text: str, line: int, first: int) -> None:
    problem = read(tmp_path, text).only
    assert (problem.rule, problem.place.line) == ("yaml-duplicate", line)
    assert f"the first is on line {first}" in problem.message


def test_anchors_and_aliases_work_across_shots(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "x-warm: &warm {light: lamp}\nscenes:\n  a:\n    defaults: *warm\n    shots:\n"
                 "      b:\n        stages: {s: *warm}\n        title: &t Hello\n      c: {title: *t}\n")  # fmt: skip
    assert found.problems == []
    assert found.shots == {"a/b": {"stages": {"s": {"light": "lamp"}}, "title": "Hello"}, "a/c": {"title": "Hello"}}


def test_an_anchor_that_changes_changes_the_digest_of_the_shots_that_use_it(tmp_path: Path) -> None:
    def digests(light: str) -> list[str]:
        text = f"x-warm: &warm {{light: {light}}}\nscenes:\n  a:\n    shots:\n      b:\n        stages: {{s: *warm}}\n"
        source = read(tmp_path, HEAD + text + "      c: {title: same}\n").source
        assert source
        return [shot.digest for shot in source.scenes[0].shots]

    one, two = digests("lamp"), digests("sun")
    assert one[0] != two[0]
    assert one[1] == two[1]


def bomb() -> str:
    lines = ["x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return HEAD + "\n".join(lines) + "\n"


def tower() -> str:
    lines = ["x-a0: &a0 " + "[" * 40 + "x" + "]" * 40]
    lines += [f"x-a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 400)]
    return HEAD + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (bomb(), "aliases add up to more than 200,000 values"),
        (tower(), "aliases nest deeper than 64 levels"),
        (HEAD + "x-a: &a [*a]\n", "*a stands inside what it names"),
        (HEAD + "x-a: &a\n  b:\n    c: *a\n", "*a stands inside what it names"),
        (HEAD + "vars: " + "[" * 10_000, "nested deeper than 64 levels"),
        (HEAD + "vars: " + "{a: " * 10_000, "nested deeper than 64 levels"),
        (HEAD + "x-a:\n" + "".join(" " * n + "a:\n" for n in range(1, 2_000)), "nested deeper than 64 levels"),
        (shot("prompt: " + "- " * 10_000), "begins with a dash and a space, which YAML reads as a list"),
        (shot("tags: " + "[" * 10_000), "nested deeper than 64 levels"),
        (HEAD + "x-a: [" + "a, " * 1_100_000 + "]", "more than 1,000,000 values"),
        (shot("tags: [" + "a, " * 21_000 + "]"), "more than 20,000 values"),
        (HEAD + "scenes: {a: {shots: {b: {tags: {" + ", ".join(f"a{n}: b" for n in range(210_000)) + "}}}}}",
         "more than 200,000 values"),
    ],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_bombs_and_towers_are_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in read(tmp_path, text).only.message


def test_thousands_of_faults_end_after_the_first_thousand(tmp_path: Path) -> None:
    assert len(read(tmp_path, HEAD + "x-a:\n" + "  -\n" * 50_000).problems) == 1_000
    assert len(read(tmp_path, HEAD + "x-a: {" + "a, " * 50_000 + "}").problems) == 1_000


def test_one_document_in_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, "%YAML 1.1\n---\n" + shot("prompt: a") + "...\n").problems == []
    problem = read(tmp_path, shot("prompt: a") + "---\na: b\n").only
    assert (problem.place.line, problem.rule) == (8, "yaml-documents")


def test_a_file_that_is_no_map(tmp_path: Path) -> None:
    for text in ("hello\n", "- a\n- b: c\n", "{{ x }}\n"):
        assert read(tmp_path, text).problems


def test_a_merge_conflict_is_recognised(tmp_path: Path) -> None:
    text = HEAD + "<<<<<<< HEAD\ntitle: a\n=======\ntitle: b\n>>>>>>> other\n"
    assert "merge conflict" in read(tmp_path, text).only.message


def test_list_items_get_the_cure_of_a_list(tmp_path: Path) -> None:
    found = read(tmp_path, shot("series:", "  panels:", "    - Panel 1: wide", "    - @vera goes", "    - a: b: c"))
    assert [(problem.place.line, problem.hint.partition(" must")[0]) for problem in found.problems] == [
        (9, "leave `Panel 1:` away, it is added by itself"),
        (10, "put the text in quotes"), (11, "put the text in quotes"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "place", "says"),
    [
        (["prompt: foo # bar", "  baz"], (7, 17), "the text of `prompt` is cut at ` #`"),
        (["prompt: foo", "  bar #3 baz", "  boo"], (8, 15), "the text of `prompt` is cut at this #"),
        (["stages: {a: {prompt: a #4 b}}"], (7, 21), "never closed: everything after ` #` is a comment"),
        (["stages: {a: {prompt: @vera}}"], (7, 30), "the text here begins with @"),
        (["@a: b"], (7, 9), "the text here begins with @"),
        (["stages:", "x: skip"], (7, 9), "`stages` has no value"),
        (["prompt: |", "  foo", " bar"], (9, 10), "`bar` is neither `key: value` nor part of a text"),
        (["tags: [a, b: c, d] e"], (7, 15), "begins with [, which YAML reads as a list, and there is more after it"),
        (["stages: {a: {prompt: Panel 1: x}}"], (7, 37), "inside { } a comma is missing before this"),
    ],
)
def test_faults_that_span_lines_or_hide_in_braces(
    tmp_path: Path, lines: list[str], place: tuple[int, int], says: str
) -> None:
    first = read(tmp_path, shot(*lines)).problems[0]
    assert (first.place.line, first.place.column) == place
    assert says in first.message
    assert first.hint


@pytest.mark.parametrize(
    ("line", "column", "message", "hint"),
    [
        ("prompt: {# x #} a", 17, "begins with {#, which YAML reads as a map", "`prompt: |`"),
        ("prompt: {% if x %}a{% endif %}", 17, "begins with {%, which YAML reads as a map", "`prompt: |`"),
        ("prompt: ? what", 17, "begins with ? and a space", "`prompt: |`"),
        ("prompt: - a street", 17, "begins with a dash and a space", "put a text in quotes"),
        ('prompt: "a" street', 17, "goes on after its closing quote", "indented"),
        ("prompt: {a street}", 18, "inside { } each entry is `key: value`", "in quotes, braces and all"),
        ("prompt: {a, street}", 21, "inside { } a comma begins the next entry", '"…, street"'),
        ("ignore: {slot-lens: }", 18, "`slot-lens` has no value", "after the colon"),
        ('prompt: "\\ud83d\\ude00"', 18, "half a character", "write the character itself"),
        ("prompt: !!python/object:x y", 17, "begins with !!python/object:x", "in quotes"),
        ("prompt: [a,, b]", 20, ", stands where a value should", "take the sign out"),
    ],
)
def test_a_text_gone_wrong_is_pointed_at_where_it_begins(
    tmp_path: Path, line: str, column: int, message: str, hint: str
) -> None:
    problem = read(tmp_path, shot(line)).problems[-1]
    assert (problem.place.column, message in problem.message, hint in problem.hint) == (column, True, True), problem
    assert not problem.hint.endswith("or put it in quotes") or '"' not in line


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-16", "UTF-16"), ("utf-32", "UTF-32")],
)
def test_wide_text_is_called_by_its_name_with_a_mark_or_without(tmp_path: Path, encoding: str, name: str) -> None:
    (tmp_path / "list.yaml").write_bytes(shot("prompt: a street").encode(encoding))
    source, problems = read_source(tmp_path / "list.yaml", tmp_path)
    assert source is None
    assert [problem.message for problem in problems] == [f"is saved as {name}"]
