"""How loud a rule is: settings, ignores, the command line, a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.errors import BadFiles, Severity, UsageError
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.settings import read_settings
from tests.lint.linting import checked, rules

KEY = "subject: a key\naction: lies there with no light on it\n"


def command(*words: str | Path) -> Result:
    return CliRunner().invoke(shotpilot, [str(word) for word in words], standalone_mode=False)


def write(folder: Path, snippet: str, name: str = "list.yaml") -> Path:
    path = folder / name
    path.write_text(whole_list(snippet), encoding="utf-8")
    return path


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_a_rule_is_as_grave_as_the_settings_say(tmp_path: Path, level: str) -> None:
    found = checked(tmp_path, whole_list(KEY), settings=f'[lint]\nnegation-in-prompt = "{level}"\n')
    assert [(problem.rule, problem.severity) for problem in found] == [("negation-in-prompt", Severity(level))]


def test_a_rule_that_is_off_says_nothing(tmp_path: Path) -> None:
    assert rules(tmp_path, KEY, settings='[lint]\nnegation-in-prompt = "off"\n') == []


def test_a_rule_raised_to_an_error_stops_every_command_also_from_the_memo(tmp_path: Path) -> None:
    path = write(tmp_path, KEY)
    read_list(path, None, rehearsal=False)
    (tmp_path / "shotpilot.toml").write_text('[lint]\nnegation-in-prompt = "error"\n')
    for _ in range(2):
        with pytest.raises(BadFiles) as bad:
            read_list(path, None, rehearsal=False)
        assert [problem.rule for problem in bad.value.problems] == ["negation-in-prompt"]
    (tmp_path / "shotpilot.toml").write_text('[lint]\nnegation-in-prompt = "info"\n')
    assert read_list(path, None, rehearsal=False).compiled.tasks


def test_plan_does_not_give_its_last_answer_when_a_rule_was_raised(tmp_path: Path) -> None:
    path = write(tmp_path, KEY)
    (tmp_path / "shotpilot.toml").write_text("")
    assert command("plan", path).exception is None
    (tmp_path / "shotpilot.toml").write_text('[lint]\nnegation-in-prompt = "error"\n')
    assert isinstance(command("plan", path).exception, BadFiles)


def test_warnings_are_for_check_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "subject: the same key\naction: lies there\n")
    assert "memory-words" in command("check", path, "--json").output
    for name in ("plan", "expand"):
        assert "leans on another picture" not in command(name, path).output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[lint]\nslot-lense = "off"\n', "did you mean slot-lens?"),
        ('[lint]\nslot-lens = "loud"\n', "it may be off, info, warning or error"),
        ("[lint]\nslot-lens = 1\n", "wants text"),
        ('[lint]\nprompt-empty = "off"\n', "cannot be set"),
        ('[lint]\ntemplate-unresolved = "info"\n', "cannot be set"),
        ('[words]\nnames = "one"\n', "wants a list of texts"),
        ("[words]\nnames = [1]\n", "wants a list of texts"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "shotpilot.toml").write_text(text)
    with pytest.raises(BadFiles, match=r"shotpilot\.toml:2") as bad:
        read_settings(tmp_path, {})
    assert said in str(bad.value)


def test_an_ignore_of_the_scene_and_of_the_show_holds_for_their_shots(tmp_path: Path) -> None:
    text = """\
defaults: {size: MS, light: lamp, place: a room, ignore: {slot-lens: drawn}}
scenes:
  sc010:
    ignore: {negation-in-prompt: the scene is about it}
    shots:
      sh010: {subject: a key, action: lies there with no light on it}
      sh020: {subject: a lamp, action: burns with no flame, ignore: {negation-in-prompt: null}}
"""
    found = checked(tmp_path, whole_list(text))
    assert [(problem.rule, problem.address) for problem in found] == [("negation-in-prompt", "sc010/sh020")]


def test_an_ignore_of_the_show_is_idle_only_when_no_shot_needs_it(tmp_path: Path) -> None:
    text = "defaults: {size: MS, lens: 50mm, light: lamp, place: a room, ignore: {slot-lens: drawn}}\n"
    assert rules(tmp_path, text) == ["ignore-idle"]
    lacking = text.replace("lens: 50mm, ", "")
    assert rules(tmp_path, lacking) == []


def test_an_ignore_counts_for_rules_on_the_whole_list(tmp_path: Path) -> None:
    shots = (
        "sh010: {subject: a key, action: lies there}\nsh020: {subject: a lamp, action: burns, aspect_ratio: 1:1%s}\n"
    )
    assert rules(tmp_path, shots % "") == ["aspect-mixed"]
    assert rules(tmp_path, shots % ", ignore: {aspect-mixed: an insert}") == []


def test_an_ignore_counts_for_what_compiling_says(tmp_path: Path) -> None:
    snippet = "subject: a key\naction: lies there\nnegative_prompt: people\n"
    assert rules(tmp_path, snippet) == ["negative-prompt-used"]
    assert rules(tmp_path, snippet + "ignore: {negative-prompt-used: agreed with the client}\n") == []


def test_a_real_person_is_never_ignored(tmp_path: Path) -> None:
    text = (
        "cast: {vera: {name: Vera, frontal: https://example.com/v.jpg, wardrobe: a gown, rights: {kind: real}}}\n"
        "defaults: {size: MS, lens: 50mm, light: lamp, place: a room, ignore: {person-without-consent: she said yes}}\n"
    )
    assert sorted(rules(tmp_path, text)) == ["ignore-hard", "person-without-consent"]


def test_rules_chosen_and_hushed_on_the_command_line(tmp_path: Path) -> None:
    path = write(tmp_path, "subject: the same key\naction: lies there with no light\nlens: null\n")

    def told(*words: str) -> set[str]:
        return {row["rule"] for row in json.loads(command("check", path, "--json", *words).stdout)["problems"]}

    assert told() == {"memory-words", "negation-in-prompt", "slot-lens"}
    assert told("--select", "slot-lens") == {"slot-lens"}
    assert told("--ignore", "slot-lens", "--ignore", "memory-words") == {"negation-in-prompt"}
    assert command("check", path, "--strict").return_value == 2
    assert command("check", path, "--strict", "--ignore", "memory-words").return_value == 0
    unknown = command("check", path, "--select", "slot-lense")
    assert isinstance(unknown.exception, UsageError)
    assert "slot-lens" in str(unknown.exception)


def test_errors_are_told_whatever_was_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "subject: TODO\naction: lies there\n")
    assert command("check", path, "--select", "slot-lens").return_value == 2
    assert command("check", path, "--ignore", "template-unresolved").return_value == 2


def test_a_baseline_knows_what_moved_and_tells_what_is_new(tmp_path: Path) -> None:
    path = write(tmp_path, "subject: the same key\naction: lies there\n")
    known = tmp_path / "known.json"
    assert command("check", path, "--strict", "--write-baseline", known).return_value == 0
    assert json.loads(known.read_text())["baseline"] == 1
    path.write_text("# a new first line\n\n" + path.read_text())
    assert command("check", path, "--strict", "--baseline", known).return_value == 0
    path.write_text(path.read_text().replace("lies there", "lies there again, as before"))
    again = command("check", path, "--baseline", known, "--json")
    assert [row["rule"] for row in json.loads(again.stdout)["problems"]] == ["memory-words"]
    path.write_text(path.read_text().replace("the same key", "a key"))
    assert "1 of it are gone" in command("check", path, "--baseline", known).output


def test_two_of_a_kind_count_twice(tmp_path: Path) -> None:
    one = "sh010: {subject: the same key, action: lies there}\n"
    path = write(tmp_path, one)
    known = tmp_path / "known.json"
    command("check", path, "--write-baseline", known)
    write(tmp_path, one + "sh020: {subject: the same key, action: turns}\n")
    found = json.loads(command("check", path, "--baseline", known, "--json").stdout)["problems"]
    assert [row["address"] for row in found] == ["sc010/sh020"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"baseline": 2}', '{"baseline": 1, "problems": [1]}', "[" * 100_000])
def test_a_baseline_that_is_none(tmp_path: Path, text: str) -> None:
    path, known = write(tmp_path, KEY), tmp_path / "known.json"
    known.write_text(text)
    bad = command("check", path, "--baseline", known).exception
    assert isinstance(bad, BadFiles)
    assert [problem.rule for problem in bad.problems] == ["baseline"]
    assert isinstance(command("check", path, "--baseline", tmp_path / "nobody.json").exception, BadFiles)


def test_errors_are_never_in_a_baseline(tmp_path: Path) -> None:
    path, known = write(tmp_path, "subject: TODO\naction: lies there\n"), tmp_path / "known.json"
    assert command("check", path, "--write-baseline", known).return_value == 2
    assert json.loads(known.read_text())["problems"] == []


def test_explain(tmp_path: Path) -> None:
    every = json.loads(command("explain", "--json").stdout)
    assert {"slot-lens", "yaml-tab", "person-without-consent"} <= {row["rule"] for row in every}
    one = command("explain", "slot-lens").output
    assert "lens: null" in one
    assert "[lint]" in one
    assert "[lint]" not in command("explain", "prompt-empty").output
    assert json.loads(command("explain", "unknown-field", "--json").stdout)["rule"] == "schema-unknown-key"
    wrong = command("explain", "slot-lense").exception
    assert isinstance(wrong, UsageError)
    assert "slot-lens" in str(wrong)
