"""A plan carried out: every stage to the end, every trouble in a named outcome, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.errors import BudgetReached
from shotpilot_pipeline.queue.failures import (
    AccountLocked,
    AnswerLost,
    Billed,
    DownloadFailed,
    Failure,
    ForeignUrl,
    Kind,
    RequestFailed,
)
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.event import Note, RollSent, RunStarted, RunStopped, TakeKept, TaskEnded
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.plan import Action
from shotpilot_pipeline.values.request import file_mark, render_key, request_form
from shotpilot_pipeline.values.take import Pick
from tests.engine.counter import Counter, World, png
from tests.plan.filmset import CENTS, chain, task


def refused() -> RequestFailed:
    return RequestFailed(Failure(Kind.REFUSED, True, Billed.NO, "against the rules", "content_policy_violation"))


def broken() -> RequestFailed:
    return RequestFailed(Failure(Kind.SERVICE, False, Billed.NO, "the runner fell over", "runner_server_error"))


async def test_all_stages_go_to_the_end_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, chain("s/a", iterate={"takes": 4, "pick": "human"}, refine={"takes": 2, "pick": "human"}))
    ends = await world.run()
    assert {address: (end.outcome, end.takes_new) for address, end in ends.items()} == {
        "s/a@iterate": (Outcome.RENDERED, 4),
        "s/a@refine": (Outcome.RENDERED, 2),
        "s/a@final": (Outcome.RENDERED, 1),
    }
    assert ends["s/a@iterate"].cost is not None
    assert ends["s/a@iterate"].cost.nano == 4 * CENTS
    again = world.plan()
    assert again.totals.images_new == 0
    sent = len(world.counter.asked)
    assert {end.outcome for end in (await world.run(again)).values()} == {Outcome.CACHED}
    assert len(world.counter.asked) == sent == 3


async def test_the_picked_picture_is_uploaded_once_and_sent(tmp_path: Path) -> None:
    tasks = [task("s/a@iterate"), *(task(f"s/{shot}@still", needs=["s/a@iterate"]) for shot in "bcd")]
    world = World(tmp_path, tasks)
    await world.run()
    [first] = [take for take in world.takes().values() if world.store.record_of(*take[:2])["address"] == "s/a@iterate"]
    sha256 = first.pictures[0].sha256
    assert world.counter.uploads == [sha256]
    assert [body["image_urls"] for _, body, _ in world.counter.asked[1:]] == [[f"https://up/{sha256}"]] * 3


async def test_references_of_the_list_go_along_by_file_and_by_url(tmp_path: Path) -> None:
    face = tmp_path / "vera.png"
    face.write_bytes(png("vera"))
    sha256 = sha256_bytes(png("vera"))
    marks = [file_mark(sha256), "url:https://example.com/grade.jpg"]
    form = request_form("fal-ai/kling-image/o3/image-to-image", {"prompt": "x", "image_urls": marks})
    one = task("s/a@still")._replace(forms=(form,), keys=(render_key(form),))
    world = World(tmp_path / "store", [one], sources={sha256: face})
    await world.run()
    assert world.counter.asked[0][1]["image_urls"] == [f"https://up/{sha256}", "https://example.com/grade.jpg"]
    face.unlink()
    gone = World(tmp_path / "other", [one], sources={sha256: face})
    end = (await gone.run())["s/a@still"]
    assert end.outcome is Outcome.FAILED
    assert "vera.png" in end.reason
    assert not gone.counter.asked


async def test_tags_say_what_the_roll_is_for_and_records_where_it_came_from(tmp_path: Path) -> None:
    world = World(tmp_path, [task("sc010/sh010.dusk@iterate", takes=2)])
    await world.run()
    [(_, body, tags)] = world.counter.asked
    assert body["num_images"] == 2
    assert tags == {
        "show": "test", "scene": "sc010", "shot": "sh010", "variant": "dusk", "stage": "iterate", "take": "1",
    }  # fmt: skip
    [kept, _] = world.told(TakeKept)
    record = world.store.record_of(kept.key, 1)
    assert record == kept.record
    assert record["request_id"] == "r1"
    assert record["input"]["prompt"] == "sc010/sh010.dusk@iterate"  # type: ignore[index]
    assert record["price_usd"] == "0.028"
    assert record["queue"] == "https://queue.fal.run"


async def test_a_human_pick_is_waited_for_and_then_gone_on_from(tmp_path: Path) -> None:
    world = World(tmp_path, chain("s/a", iterate={"takes": 4, "pick": "human"}), unpicked=False)
    ends = await world.run()
    assert ends["s/a@refine"].outcome is Outcome.WAITING
    assert "waits for a pick among the 4 takes of s/a@iterate" in ends["s/a@refine"].reason
    assert ends["s/a@final"].outcome is Outcome.WAITING
    third = next(take for (_, number), take in world.takes().items() if number == 3)
    world.picks["s/a@iterate"] = Pick("s/a@iterate", 3, third.pictures[0].sha256)
    ends = await world.run()
    assert ends["s/a@final"].outcome is Outcome.RENDERED
    assert third.pictures[0].sha256 in world.counter.uploads


async def test_more_takes_wanted_buys_only_the_missing_ones(tmp_path: Path) -> None:
    world = World(tmp_path, [task("s/a@iterate", takes=4)])
    await world.run()
    world.tasks = [task("s/a@iterate", takes=6)]
    ends = await world.run()
    assert ends["s/a@iterate"].takes_new == 2
    assert world.counter.asked[1][1]["num_images"] == 2
    assert world.counter.asked[1][2]["take"] == "5"
    assert sorted(number for _, number in world.takes()) == [1, 2, 3, 4, 5, 6]


async def test_many_takes_are_as_few_rolls_as_possible_and_bounded(tmp_path: Path) -> None:
    world = World(tmp_path, [task(f"s/{shot}@iterate", takes=20) for shot in "abcd"])
    await world.run(limits=Limits(unfinished=3))
    assert sorted(body["num_images"] for _, body, _ in world.counter.asked) == [2] * 4 + [9] * 8
    assert world.counter.most_open == 3
    assert len(world.takes()) == 80


async def test_earlier_stages_go_first(tmp_path: Path) -> None:
    world = World(tmp_path, [one for shot in "abc" for one in chain(f"s/{shot}")])
    await world.run(limits=Limits(unfinished=1))
    assert [tags["stage"] for _, _, tags in world.counter.asked] == ["iterate"] * 3 + ["refine"] * 3 + ["final"] * 3


async def test_one_render_serves_two_shots_with_the_same_request(tmp_path: Path) -> None:
    tasks = [task("s/a@iterate", prompt="x", takes=2), task("s/b@iterate", prompt="x", takes=3)]
    world = World(tmp_path, tasks)
    plan = world.plan()
    assert plan.totals.images_new == 3
    ends = await world.run(plan)
    assert [body["num_images"] for _, body, _ in world.counter.asked] == [2, 1]
    assert {address: end.takes_new for address, end in ends.items()} == {"s/a@iterate": 2, "s/b@iterate": 1}


async def test_a_twin_shares_the_fate_of_a_refused_request(tmp_path: Path) -> None:
    counter = Counter(on_submit=lambda number, tags: refused())
    world = World(tmp_path, [task("s/a@iterate", prompt="x"), task("s/b@iterate", prompt="x")], counter)
    ends = await world.run()
    assert [end.outcome for end in ends.values()] == [Outcome.REFUSED, Outcome.REFUSED]
    assert len(counter.asked) == 1


async def test_one_refused_shot_blocks_what_hangs_on_it_and_nothing_else(tmp_path: Path) -> None:
    counter = Counter(on_result=lambda number: refused() if number == 1 else None)
    world = World(tmp_path, [*chain("s/a"), *chain("s/b")], counter)
    ends = await world.run(limits=Limits(unfinished=1))
    assert ends["s/a@iterate"].outcome is Outcome.REFUSED
    assert "against the rules" in ends["s/a@iterate"].reason
    assert ends["s/a@refine"].outcome is ends["s/a@final"].outcome is Outcome.BLOCKED
    assert "s/a@iterate is refused" in ends["s/a@refine"].reason
    assert ends["s/b@final"].outcome is Outcome.RENDERED


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(broken(), Outcome.FAILED), (refused(), Outcome.REFUSED), (AnswerLost("cut"), Outcome.UNKNOWN)],
)
async def test_a_fault_of_the_queue_is_an_outcome(tmp_path: Path, fault: Exception, outcome: Outcome) -> None:
    world = World(tmp_path, [task("s/a@still")], Counter(on_submit=lambda number, tags: fault))
    assert (await world.run())["s/a@still"].outcome is outcome


async def test_urls_of_another_host_are_not_used_but_the_request_is_not_lost(tmp_path: Path) -> None:
    foreign = ForeignUrl("evil.example")
    foreign.add_note("r1")
    world = World(tmp_path, [task("s/a@still")], Counter(on_submit=lambda number, tags: foreign))
    assert (await world.run())["s/a@still"].outcome is Outcome.RENDERED


async def test_fewer_pictures_are_asked_for_once_more(tmp_path: Path) -> None:
    counter = Counter(brings=lambda number, asked: asked - 1 if number == 1 else asked)
    world = World(tmp_path, [task("s/a@iterate", takes=4)], counter)
    ends = await world.run()
    assert [body["num_images"] for _, body, _ in counter.asked] == [4, 1]
    assert ends["s/a@iterate"].outcome is Outcome.RENDERED
    assert sorted(number for _, number in world.takes()) == [1, 2, 3, 4]
    assert any("fewer than asked" in note.text for note in world.told(Note))


async def test_fewer_pictures_twice_is_a_failure_that_keeps_what_came(tmp_path: Path) -> None:
    world = World(tmp_path, [task("s/a@iterate", takes=4)], Counter(brings=lambda number, asked: asked // 2))
    end = (await world.run())["s/a@iterate"]
    assert (end.outcome, end.takes_new) == (Outcome.FAILED, 3)
    assert len(world.takes()) == 3
    assert world.plan().lines[0].takes_new == 1


async def test_pictures_nobody_asked_for_are_kept_as_further_takes(tmp_path: Path) -> None:
    counter = Counter(brings=lambda number, asked: asked + 2 if number == 1 else asked)
    world = World(tmp_path, [task("s/a@iterate", takes=11)], counter)
    end = (await world.run(limits=Limits(unfinished=2)))["s/a@iterate"]
    assert (end.outcome, end.takes_new) == (Outcome.RENDERED, 13)
    assert sorted(number for _, number in world.takes()) == list(range(1, 14))


async def test_a_series_is_one_take_of_all_its_panels_in_order(tmp_path: Path) -> None:
    world = World(tmp_path, chain("s/a", panels=4, iterate={"takes": 2}))
    ends = await world.run()
    assert {end.outcome for end in ends.values()} == {Outcome.RENDERED}
    assert [len(take.pictures) for take in world.takes().values()] == [4, 4, 4, 4]
    first = next(kept for kept in world.told(TakeKept) if kept.address == "s/a@iterate" and kept.number == 1)
    assert first.record["urls"] == [f"https://m/1/{panel}/{first.record['urls'][0][-64:]}" for panel in range(4)]
    refine = next(body for _, body, tags in world.counter.asked if tags["stage"] == "refine")
    assert refine["image_urls"] == [f"https://up/{picture.sha256}" for picture in first.pictures]
    assert "num_images" not in refine


async def test_a_series_that_comes_short_is_kept_and_never_chosen_by_a_rule(tmp_path: Path) -> None:
    counter = Counter(brings=lambda number, asked: 3 if number == 1 else asked)
    world = World(tmp_path, chain("s/a", stages=("iterate", "refine"), panels=4), counter)
    ends = await world.run()
    assert ends["s/a@iterate"].outcome is Outcome.FAILED
    assert "3 of 4 panels" in ends["s/a@iterate"].reason
    assert ends["s/a@refine"].outcome is Outcome.BLOCKED
    assert len(counter.asked) == 1
    lines = world.plan().lines
    assert lines[0].action is Action.CACHED  # topped up on demand only
    assert lines[1].takes_new == 0
    ends = await world.run(world.plan(named=frozenset({"s/a@iterate"})))
    assert ends["s/a@refine"].outcome is Outcome.RENDERED


async def test_a_damaged_download_is_fetched_again(tmp_path: Path) -> None:
    cut = png("x")[:-6]
    troubles = {1: cut, 2: DownloadFailed("broke off"), 3: b"<html>"}
    world = World(tmp_path, [task("s/a@still")], Counter(on_download=lambda url, nth: troubles.get(nth)))
    assert (await world.run())["s/a@still"].outcome is Outcome.RENDERED
    assert world.slept == [0.25, 0.5, 1.0]
    assert len(world.told(Note)) == 3


async def test_a_picture_that_never_comes_whole_fails_its_task_alone(tmp_path: Path) -> None:
    counter = Counter(on_download=lambda url, nth: b"<html>" if url.startswith("https://m/2/") else None)
    world = World(tmp_path, [task("s/a@iterate", takes=3), task("s/b@iterate")], counter)
    ends = await world.run()
    assert ends["s/a@iterate"].outcome is Outcome.FAILED
    assert "not a PNG, JPEG or WebP picture" in ends["s/a@iterate"].reason
    assert [kept.number for kept in world.told(TakeKept) if kept.address == "s/a@iterate"] == [1, 3]
    assert ends["s/b@iterate"].outcome is Outcome.RENDERED


async def test_a_locked_account_stops_the_run_and_nothing_has_failed(tmp_path: Path) -> None:
    counter = Counter(on_submit=lambda number, tags: AccountLocked("User is locked") if number >= 2 else None)
    world = World(tmp_path, [one for shot in "abcd" for one in chain(f"s/{shot}", iterate={"takes": 12})], counter)
    ends = await world.run(limits=Limits(unfinished=1))
    assert {end.outcome for end in ends.values()} == {Outcome.SKIPPED}
    assert len(counter.asked) == 2
    [stopped] = world.told(RunStopped)
    assert stopped.exit_code == 6
    assert len(world.takes()) == 9
    world.counter = Counter()
    assert {end.outcome for end in (await world.run()).values()} == {Outcome.RENDERED}
    assert sum(len(kept.pictures) for kept in world.told(TakeKept)) == 4 * 14


async def test_a_book_that_refuses_keeps_the_roll_from_being_sent(tmp_path: Path) -> None:
    class Tight:
        lines: list[str] = []  # noqa: RUF012

        async def intended(self, roll, body):  # type: ignore[no-untyped-def]
            self.lines.append(f"intended {roll.address}")
            if len(self.lines) > 4:
                raise BudgetReached("the run's 40.00 are spent")

        async def sending(self, roll):  # type: ignore[no-untyped-def]
            self.lines.append("sending")

        async def submitted(self, roll, submitted):  # type: ignore[no-untyped-def]
            self.lines.append(submitted.request_id)

        async def closed(self, roll, outcome, result, fault):  # type: ignore[no-untyped-def]
            self.lines.append(f"closed {outcome}")

    world = World(tmp_path, [task("s/a@still"), task("s/b@still")], book=Tight())
    ends = await world.run(limits=Limits(unfinished=1))
    assert [end.outcome for end in ends.values()] == [Outcome.RENDERED, Outcome.SKIPPED]
    assert world.book.lines == [
        "intended s/a@still", "sending", "r1", "closed rendered", "intended s/b@still",
    ]  # fmt: skip
    assert world.told(RunStopped)[0].exit_code == 5


async def test_a_disk_that_cannot_be_written_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, [task("s/a@still"), task("s/b@still")])

    def full(*args: object) -> None:
        raise StoreUnwritable("the disk is full")

    monkeypatch.setattr(world.store, "keep", full)
    ends = await world.run(limits=Limits(unfinished=1))
    assert [end.outcome for end in ends.values()] == [Outcome.FAILED, Outcome.SKIPPED]
    assert "disk is full" in world.told(RunStopped)[0].reason


async def test_everything_is_told_in_order(tmp_path: Path) -> None:
    world = World(tmp_path, [task("s/a@still"), task("s/b@still", state="omit"), task("s/c@still", state="hold")])
    await world.run()
    kinds = [type(event) for event in world.events]
    assert kinds[0] is RunStarted
    assert kinds.index(RollSent) < kinds.index(TakeKept) < len(kinds) - 1 - kinds[::-1].index(TaskEnded)
    assert {end.address: end.outcome for end in world.told(TaskEnded)} == {
        "s/a@still": Outcome.RENDERED,
        "s/b@still": Outcome.OMITTED,
        "s/c@still": Outcome.HELD,
    }


async def test_a_number_that_another_show_took_meanwhile_is_no_missing_take(tmp_path: Path) -> None:
    """Two shows that share a store and ask for the same: each take is there, under another number, and none is bought
    again in its place."""
    one = task("s/a@iterate", takes=2)
    world = World(tmp_path / "store", [one])
    other = Store(tmp_path / "store", durable=False)

    def taken(url: str, nth: int) -> None:
        for number in (1, 2):
            aside = other.staging() / f"theirs.{number}"
            aside.write_bytes(png(f"theirs {number}"))
            other.keep(one.keys[0], number, [(aside, check_picture(aside))], {"request_id": "theirs", "place": number})

    world.counter = Counter(on_download=taken)
    [end] = (await world.run()).values()
    assert (end.outcome, end.takes_new, len(world.counter.asked)) == (Outcome.RENDERED, 2, 1)
    assert len(world.store.takes_of(one.keys[0])) == 4
    other.close()
