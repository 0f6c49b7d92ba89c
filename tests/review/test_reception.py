"""From a page to the desk and back: what moved is told, what is stale is refused, what fails is a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shotpilot_pipeline.errors import BadFiles, Place, Problem, UsageError
from shotpilot_pipeline.review.reception import Reception
from shotpilot_pipeline.review.room import Room, RoomNext, RoomPicture, RoomScene, RoomShot, RoomTake, RoomTask
from shotpilot_pipeline.review.wanted import Wanted
from shotpilot_pipeline.values.money import Money


def shot(address: str, revision: str = "r1", mark: str = "") -> RoomShot:
    take = RoomTake("k" * 64, 1, 1, (RoomPicture("a" * 64, 16, 9),), mark=mark)
    task = RoomTask(f"{address}@iterate", "iterate", "", f"{address}@iterate", "human", 1, takes=(take,))
    return RoomShot(address, (task,), revision=revision)


class PaperDesk:
    """A desk that keeps decisions on paper; `fault` is raised where one is to be kept."""

    def __init__(self, *shots: RoomShot) -> None:
        self.shots = list(shots)
        self.fault: Exception | None = None
        self.wanted: list[Wanted] = []

    def look(self) -> Room:
        nothing = RoomNext(0, 0, Money(), Money())
        scenes = (RoomScene("sc010", "", tuple(one.address for one in self.shots)),)
        return Room(
            "pier", "Pier", "pier.yaml", ("iterate",), scenes, tuple(self.shots), nothing, {"a" * 64: Path("a")}
        )

    def choose(self, wanted: Sequence[Wanted]) -> None:
        if self.fault:
            raise self.fault
        self.wanted += wanted
        for one in wanted:
            address = one.address.partition("@")[0]
            self.shots = [
                shot(each.address, each.revision + "+", "pick") if each.address == address else each
                for each in self.shots
            ]

    def undo(self) -> str:
        if self.fault:
            raise self.fault
        self.shots = [shot(one.address) for one in self.shots]
        return "pick of sc010/a@iterate"

    def facts(self, key: str, number: int) -> Mapping[str, Any] | None:
        return {"kept_at": "now"} if number == 1 else None


def pick(address: str = "sc010/a@iterate") -> bytes:
    return json.dumps({"changes": [{"verb": "pick", "address": address, "key": "k" * 64, "number": 1}]}).encode()


def addresses(body: Mapping[str, Any] | None) -> list[str]:
    assert body is not None
    return [one["address"] for one in body["shots"]]


def test_a_page_is_told_only_what_moved() -> None:
    desk = PaperDesk(shot("sc010/a"), shot("sc010/b"))
    reception = Reception(desk)
    first = reception.state("")
    assert addresses(first.body) == ["sc010/a", "sc010/b"]
    assert first.body is not None
    assert first.body["whole"]
    assert reception.state(first.tag).body is None
    done = reception.choose(pick(), "r1", first.tag)
    assert (done.status, addresses(done.body)) == (200, ["sc010/a"])
    assert reception.state(done.tag).body is None
    assert addresses(reception.state(first.tag).body) == ["sc010/a"]  # the other browser learns it at its next look


def test_a_page_of_another_life_is_told_everything() -> None:
    reception = Reception(PaperDesk(shot("sc010/a")))
    for stranger in ("dead.7", "x", "..", "1", "ffff."):
        answer = reception.state(stranger)
        assert answer.body is not None
        assert answer.body["whole"]


def test_a_shot_that_goes_is_no_longer_in_the_head() -> None:
    desk = PaperDesk(shot("sc010/a"), shot("sc010/b"))
    reception = Reception(desk)
    before = reception.state("")
    desk.shots.pop()
    answer = reception.state(before.tag)
    assert answer.body is not None
    assert answer.body["head"]["scenes"][0]["shots"] == ["sc010/a"]
    gone = reception.choose(pick("sc010/b@iterate"), "r1", answer.tag)
    assert gone.status == 404
    assert gone.body is not None
    assert "sc010/b is not in the shot list any more" in gone.body["error"]


def test_a_stale_page_is_refused_and_told_how_things_are() -> None:
    desk = PaperDesk(shot("sc010/a"))
    reception = Reception(desk)
    before = reception.state("")
    desk.shots = [shot("sc010/a", "r2", "reject")]
    answer = reception.choose(pick(), "r1", before.tag)
    assert answer.status == 412
    assert answer.body is not None
    assert answer.body["shots"][0]["revision"] == "r2"
    assert not desk.wanted
    assert reception.choose(pick(), "", before.tag).status == 200  # anyway


def test_a_disk_or_a_file_that_refuses_is_a_sentence_and_the_next_try_works() -> None:
    desk = PaperDesk(shot("sc010/a"))
    reception = Reception(desk)
    tag = reception.state("").tag
    faults = {
        "/x/pier.picks.yaml: No space left on device": OSError(28, "No space left on device", "/x/pier.picks.yaml"),
        "pier.picks.yaml:3:1: `takes` is no key; write take": BadFiles(
            [Problem("key", Place("pier.picks.yaml", 3, 1), "`takes` is no key", "write take")]
        ),
        "take 1 is another picture by now": UsageError("take 1 is another picture by now"),
    }
    for sentence, fault in faults.items():
        desk.fault = fault
        for answer in (reception.choose(pick(), "r1", tag), reception.undo(tag)):
            assert (answer.status, answer.body and answer.body["error"]) == (409, sentence)
    desk.fault = None
    assert reception.choose(pick(), "r1", tag).status == 200


def test_undo_says_what_it_took_back_and_facts_know_only_takes_that_are_there() -> None:
    reception = Reception(PaperDesk(replace(shot("sc010/a"), revision="r9")))
    answer = reception.undo(reception.state("").tag)
    assert answer.body is not None
    assert answer.body["undone"] == "pick of sc010/a@iterate"
    assert reception.facts("k" * 64, 1).status == 200
    assert reception.facts("k" * 64, 2).status == 404
