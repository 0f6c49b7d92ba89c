"""Problems for programs: JSON, SARIF, GitHub and GitLab, each as those who read it want it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.telling.annotations import as_github, as_gitlab
from shotpilot_pipeline.telling.machine import as_json, with_fingerprints
from shotpilot_pipeline.telling.sarif import as_sarif

SARIF = json.loads(Path(__file__).with_name("sarif_trimmed.json").read_text("utf-8"))

places = st.builds(Place, st.sampled_from(["a.yaml", "lists/b c.yaml", "ä.yaml"]), st.integers(0, 9), st.integers(0, 9))
known = places.map(lambda place: place._replace(line=place.line + 1, column=place.column + 1))
texts = st.text(max_size=20)
fixes = st.builds(Fix, texts, st.lists(st.builds(Edit, known, known, texts), max_size=2).map(tuple), st.booleans())
problems = st.builds(
    Problem,
    rule=st.sampled_from(["prompt-too-long", "template"]),
    place=places,
    message=st.text(min_size=1, max_size=20),
    hint=texts,
    severity=st.sampled_from(Severity),
    address=st.sampled_from(["", "sc010/sh010"]),
    end=st.none() | known,
    chain=st.lists(st.builds(Step, places, texts), max_size=2).map(tuple),
    fix=st.none() | fixes,
)
LOOK = Problem(
    "unknown-look", Place("lists/a b.yaml", 4, 9), "50% of, what: \n not", "say", Severity.WARNING, "sc010/sh010",
    end=Place("lists/a b.yaml", 4, 13), chain=(Step(Place("b.yaml", 2, 1), "worn here"),),
    fix=Fix("rename it", (Edit(Place("b.yaml", 2, 1), Place("b.yaml", 2, 5), "noir"),)),
)  # fmt: skip


def faults(shape: dict[str, Any], value: object) -> list[str]:
    return [f"{list(fault.absolute_path)}: {fault.message}" for fault in Draft202012Validator(shape).iter_errors(value)]


@given(st.lists(problems, max_size=4))
def test_any_problems_give_forms_that_their_readers_take(found: list[Problem]) -> None:
    assert not faults(schema("problems-1"), json.loads(json.dumps(as_json(found))))
    assert not faults(SARIF, json.loads(json.dumps(as_sarif(found))))
    for line in as_github(found):
        assert line.count("\n") == line.count("\r") == 0
        assert line.startswith(("::error file=", "::warning file=", "::notice file="))
    entries = as_gitlab(found)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == len(found)


def test_sarif_says_rule_region_address_chain_and_fix() -> None:
    run = as_sarif([LOOK])["runs"][0]
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "unknown-look"
    assert result["level"] == "warning"
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "lists/a%20b.yaml"
    assert place["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 13}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "sc010/sh010"}]
    assert result["relatedLocations"][0]["message"]["text"] == "worn here"
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"]["text"] == "noir"
    assert change["replacements"][0]["deletedRegion"]["endColumn"] == 5


def test_github_commands_are_escaped() -> None:
    (line,) = as_github([LOOK])
    assert line == (
        "::warning file=lists/a b.yaml,line=4,col=9,endLine=4,endColumn=13,title=unknown-look"
        "::50%25 of, what: %0A not; say (sc010/sh010)"
    )
    (other,) = as_github([replace(LOOK, place=Place("a,b:c%.yaml", 0, 0), end=None)])
    assert other.startswith("::warning file=a%2Cb%3Ac%25.yaml,title=unknown-look::")


def test_gitlab_entries_have_what_gitlab_reads() -> None:
    (entry,) = as_gitlab([LOOK])
    assert (entry["check_name"], entry["severity"]) == ("unknown-look", "minor")
    assert entry["location"] == {"path": "lists/a b.yaml", "lines": {"begin": 4}}
    assert entry["description"].endswith("; say (sc010/sh010)")


def test_paths_below_the_folder_are_said_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def uri(file: Path | str) -> str:
        result = as_sarif([Problem("r", Place(str(file), 1, 1), "m")])["runs"][0]["results"][0]
        return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    assert uri(tmp_path / "x/ä.yaml") == uri("x/ä.yaml") == uri("./x/ä.yaml") == "x/%C3%A4.yaml"
    assert uri("../b.yaml") == "../b.yaml"
    assert uri(tmp_path.parent / "b.yaml") == (tmp_path.parent / "b.yaml").as_uri()


def test_a_fingerprint_stays_when_lines_are_put_in_above() -> None:
    first = Problem("yaml-duplicate", Place("a.yaml", 9, 3), "the first is on line 5, at a.yaml:5:3")
    twin = replace(first, place=Place("a.yaml", 20, 3))
    moved = replace(first, place=Place("a.yaml", 12, 3), message="the first is on line 8, at a.yaml:8:3")
    names = [name for _, name in with_fingerprints([first, twin])]
    assert [name for _, name in with_fingerprints([moved])] == names[:1]
    assert len(set(names)) == 2
