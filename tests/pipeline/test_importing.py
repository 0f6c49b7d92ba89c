"""What a client chose, held against what was said here: nothing is resolved silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.pipeline.choosing import Facts, choose, decisions_of
from shotpilot_pipeline.values.decision import Change, Verb
from tests.cli.shows import run
from tests.pipeline.choosing import FINAL, A, B, copied, reading_of, rehearsed


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rehearsed(tmp_path_factory.mktemp("show"))


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path)


def choice(path: Path, address: str, take: int, **said: Any) -> dict[str, Any]:
    picture = Facts(reading_of(path)).subject(address).takes[take - 1].pictures[0]
    return {"address": address, "take": take, "sha256": picture.sha256, **said}


def file_of(path: Path, *takes: dict[str, Any], **head: Any) -> Path:
    said = {"choices": 1, "show": "night", "by": "Client", "at": "2026-11-24T10:00:00Z", "takes": list(takes), **head}
    validate(said, schema("choices-1"))
    file = path.parent / "picked.json"
    file.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return file


def imported(path: Path, file: Path, *arguments: str, code: int = 0) -> str:
    done = run("picks", "import", path, file, "--rehearsal", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_proposal_first_then_what_is_new_under_the_clients_name(path: Path) -> None:
    file = file_of(
        path, choice(path, A, 2, decision="pick", stars=5, note="the eyes"), choice(path, B, 1, decision="reject")
    )
    said = imported(path, file)
    assert f"+ {A}#2: Client says pick, 5 stars, note “the eyes”" in said
    assert "Nothing was changed" in said
    assert not reading_of(path).places.picks.exists()
    imported(path, file, "--yes")
    found = decisions_of(reading_of(path))
    pick = found[A].pick
    assert pick is not None
    assert (pick.take, pick.by, pick.at) == (2, "Client", "2026-11-24T10:00:00Z")
    assert [mark.take for mark in found[B].rejects] == [1]
    assert "2 same" in imported(path, file, "--yes")  # again, it is said already
    run("pick", path, "--rehearsal", "--undo", "--by", "Client")
    assert decisions_of(reading_of(path)) == {}


def test_a_conflict_names_both_sides_and_waits_for_a_word(path: Path) -> None:
    choose(reading_of(path), [Change(A, Verb.PICK, 3), Change(B, Verb.PICK, 1)], "Vera")
    file = file_of(path, choice(path, A, 2, decision="pick"), choice(path, B, 2, decision="alternate"))
    before = reading_of(path).places.picks.read_text()
    said = imported(path, file, "--yes", code=2)
    assert f"! {A}#2: Client says pick; Vera picked take 3" in said
    assert "1 conflict undecided, so nothing was changed: say --theirs or --ours" in said
    assert reading_of(path).places.picks.read_text() == before
    imported(path, file, "--yes", "--ours")
    found = decisions_of(reading_of(path))
    assert (found[A].pick and found[A].pick.take, [mark.take for mark in found[B].alternates]) == (3, [2])
    imported(path, file, "--yes", "--theirs")
    one = decisions_of(reading_of(path))[A]
    assert (one.pick and one.pick.take, [mark.take for mark in one.alternates]) == (2, [3])


def test_a_picture_that_is_another_by_now_is_reported_and_left_alone(path: Path) -> None:
    old = choice(path, A, 2, decision="pick")
    path.write_text(path.read_text().replace("coils a rope", "mends a net"))
    unknown = {"address": B, "take": 1, "sha256": "0" * 64, "decision": "pick"}
    gone = {"address": "sc010/sh099@iterate", "take": 1, "sha256": "0" * 64, "decision": "pick"}
    said = imported(path, file_of(path, old, unknown, gone), "--yes")
    assert f"~ {A}#2: Client says pick; it is take 2 of version 1, and the shot list says something else now" in said
    assert f"x {B}#1: Client says pick; this picture is not in the store" in said
    assert "x sc010/sh099@iterate#1: Client says pick; it is not in the shot list" in said
    assert "Nothing was changed: there is no choice here that could be taken over." in said
    assert decisions_of(reading_of(path)) == {}


def test_two_picks_of_one_shot_are_a_conflict_in_the_file_itself(path: Path) -> None:
    file = file_of(path, choice(path, A, 1, decision="pick"), choice(path, A, 2, decision="pick"))
    assert f"both {A}#1 and {A}#2 are picked in this file" in imported(path, file, "--yes", code=2)


def test_select_narrows_it(path: Path) -> None:
    file = file_of(path, choice(path, A, 1, decision="pick"), choice(path, B, 2, decision="pick"))
    imported(path, file, B, "--yes")
    assert set(decisions_of(reading_of(path))) == {B}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"choices": 1, "show": "night", "takes": [', "is no JSON, or is cut short"),
        ('{"choices": 1, "show": "noon", "takes": []}', "these choices are of noon, and the shot list is of night"),
        ('{"choices": 1, "show": "night", "takes": [{"address": "a"}]}', "needs `take`"),
        ('{"choices": 2, "show": "night", "takes": []}', "version 1 is the one this program reads"),
        ("", "is empty"),
        ("{}", "\n3 errors; nothing was sent or rendered."),
    ],
)
def test_a_damaged_file_says_what_is_wrong(path: Path, text: str, says: str) -> None:
    file = path.parent / "picked.json"
    file.write_text(text)
    assert says in imported(path, file, "--yes", code=2)


def test_a_file_without_choices_is_not_said_to_be_said_already(path: Path) -> None:
    for arguments in ((), ("--yes",)):
        said = imported(path, file_of(path), *arguments)
        assert "No choices in this file." in said
        assert "said already" not in said


def test_somebody_who_chooses_meanwhile_is_not_overruled(path: Path) -> None:
    from shotpilot_pipeline.errors import UsageError
    from shotpilot_pipeline.pipeline.importing import propose, read_choices, take_over

    reading = reading_of(path)
    facts = Facts(reading)
    proposal = propose(reading, read_choices(file_of(path, choice(path, A, 2, decision="pick")), "night"), facts)
    choose(reading, [Change(A, Verb.PICK, 3)], "Vera")
    with pytest.raises(UsageError, match="somebody chose at sc010/sh010@iterate meanwhile"):
        take_over(reading, proposal, facts, theirs=True)
    assert FINAL not in decisions_of(reading)
