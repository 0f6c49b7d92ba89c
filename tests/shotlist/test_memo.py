"""A memo gives back what was kept, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.plan import graph
from shotpilot_pipeline.shotlist.blocks import Hole
from shotpilot_pipeline.shotlist.memo import Stamp, read_memo, read_stamp, write_memo
from shotpilot_pipeline.shotlist.problems import with_places
from shotpilot_pipeline.shotlist.scenememo import KeptScene, KeptShot, SceneText, kept_scene
from shotpilot_pipeline.values.request import pick_mark, render_key, request_form, split_pick
from shotpilot_pipeline.values.task import Compiled, SceneInfo, ShotInfo, Task

STAMP = Stamp(
    "shotlists/a.yaml",
    "cards",
    "head",
    "layout",
    {"shotlists/a.yaml": "f" * 64},
    {"refs/l.jpg": "refs/v.jpg"},
    {"refs/v.jpg": [10, 20, 30, "e" * 64]},
)
prompts = st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)


def task(address: str, prompt: str, place: str, waits: bool) -> Task:
    wire = {"prompt": prompt} | ({"image_url": pick_mark(address)} if waits else {})
    form = request_form("model/x", wire)
    forms, keys = ((form, form), ("", "")) if waits else ((form,), (render_key(form),))
    gates = (f"{address}a", f"{address}b") if waits else ()
    words = (("note",), ("hero", "wide"), ("vera",)) if waits else ((), (), ())
    return Task(address, "iterate", "", "model/x", 4, 1, 28, "human", "", gates, (), forms, keys, *words, place)


def scene(id: str, line: int, shots: list[tuple[str, bool]]) -> tuple[SceneText, tuple[Task, ...], SceneInfo]:
    """A scene of shots, each with its words, and whether it waits for a pick."""
    lines = [line + 2 + place for place in range(len(shots))]
    tasks = tuple(
        task(f"{id}/{place}@iterate", words, f"a.yaml:{lines[place]}", waits)
        for place, (words, waits) in enumerate(shots)
    )
    infos = tuple(
        ShotInfo(str(place), f"a.yaml:{lines[place]}", "", (("subject", words),))
        for place, (words, _) in enumerate(shots)
    )
    kept = [KeptShot(str(place), "d", lines[place], "", 1) for place in range(len(shots))]
    hole = Hole(id, 10, 20, 6, tuple(shot.id for shot in kept), 30)
    row = KeptScene(id, "EXT. x", "a.yaml", line, f"text of {id}", hole, True, False)
    notes = [f"note {place}" for place in range(len(shots))]
    return SceneText(*kept_scene(row, kept, infos, notes, tasks), "a.yaml"), tasks, SceneInfo(id, "EXT. x", infos)


SHOWN = Compiled("show", "Title", ("iterate",), (), (), {"a": "b"})


@given(st.lists(st.lists(st.tuples(prompts, st.booleans()), max_size=4), min_size=1, max_size=4))
def test_what_was_kept_comes_back_whole(tmp_path_factory, scenes: list[list[tuple[str, bool]]]) -> None:
    path = tmp_path_factory.mktemp("memo") / "deep" / "a.memo"
    made = [scene(f"s{place}", 10 * place, shots) for place, shots in enumerate(scenes)]
    warning = Problem("r", Place("a.yaml", 1, 2), "m", "h", Severity.WARNING, "s0/0")
    write_memo(path, STAMP, SHOWN, [one[0] for one in made], [("s0/0", warning)], "around", ["shape"])
    memo = read_memo(path, str)
    assert memo is not None
    assert memo.compiled(scenes=True) == replace(
        SHOWN, tasks=tuple(task for one in made for task in one[1]), scenes=tuple(one[2] for one in made)
    )
    assert len(memo.compiled(scenes=False).tasks) == sum(map(len, scenes))
    assert (memo.stamp, memo.problems, memo.note, memo.passed) == (STAMP, (("s0/0", warning),), "around", ["shape"])
    assert [one.shots().notes for one in memo.scenes()] == [
        [f"note {place}" for place in range(len(shots))] for shots in scenes
    ]
    assert memo.rows == tuple(one[0].row for one in made)
    assert memo.holes == {row.digest: row.hole for row in memo.rows}


@given(st.lists(st.tuples(prompts, st.booleans()), min_size=1, max_size=4), st.integers(0, 500))
def test_a_scene_that_moved_is_the_same_text_with_its_places_moved(shots: list[tuple[str, bool]], line: int) -> None:
    known, tasks, _ = scene("s", 7, shots)
    moved, there, info = scene("s", line, shots)
    assert known.at(line) == moved
    assert known.at(line).tasks().make() == there
    assert known.at(line).info(words=True) == info
    assert [task._replace(place="") for task in tasks] == [task._replace(place="") for task in there]


def test_scenes_with_other_tasks_are_told_apart(tmp_path: Path) -> None:
    plain = scene("s", 1, [("a", False), ("b", False)])[0].row
    assert plain.plan == scene("s", 9, [("a", False), ("b", False)])[0].row.plan
    for other in ([("a", False)], [("a", False), ("c", False)], [("a", False), ("b", True)]):
        assert scene("s", 1, other)[0].row.plan != plain.plan


def test_a_scene_names_the_scenes_it_needs() -> None:
    one = task("s/1@iterate", "words", "a.yaml:1", False)
    row = scene("s", 1, [("a", False)])[0].row
    needy = one._replace(gates=("s/1@a", "t/1@a"), needs=("s/2@a", "u/3@final/p02"))
    told, _ = kept_scene(row, [KeptShot("1", "d", 1, "", 1)], [ShotInfo("1", "a.yaml:1", "", ())], [], [needy])
    assert (told.needs, told.busy, told.requests) == (("t", "u"), 1, (one.keys[0][:12],))


NAMES = st.sampled_from([f"s/{number}@{stage}" for number in range(4) for stage in "ab"])


@given(
    st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=2), st.lists(NAMES, max_size=1)), unique_by=lambda one: one[0])
)
def test_what_is_called_in_order_needs_no_sorting(rows: list[tuple[str, list[str], list[str]]]) -> None:
    tasks = tuple(
        task(name, "words", "a.yaml:1", False)._replace(
            gates=tuple(gates), needs=tuple(f"{need}/p02" for need in needs)
        )
        for name, gates, needs in rows
    )
    row = scene("s", 1, [])[0].row
    told, _ = kept_scene(row, [KeptShot("1", "d", 1, "", len(tasks))], [ShotInfo("1", "a.yaml:1", "", ())], [], tasks)
    there = {one.address for one in tasks}
    wanted = {split_pick(name)[0] for one in tasks for name in (*one.gates, *one.needs)}
    assert told.widest == max((len(name) for name in there), default=0)
    assert not told.in_order or (wanted <= there and graph.in_order(tasks) == tasks)
    assert told.in_order or wanted


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_memo_is_none_at_all(tmp_path_factory, noise: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("memo") / "a.memo"
    write_memo(path, STAMP, SHOWN, [scene("s", 1, [("words", False)])[0]], [])
    whole = path.read_bytes()
    path.write_bytes(whole[: min(at, len(whole) - 1)])
    assert read_memo(path, str) is None
    path.write_bytes(noise)
    assert read_memo(path, str) is None


@given(st.integers(0), st.integers(1, 255))
def test_a_memo_with_one_byte_edited_is_none_at_all(tmp_path_factory, at: int, by: int) -> None:
    path = tmp_path_factory.mktemp("memo") / "a.memo"
    write_memo(path, STAMP, SHOWN, [scene("s", 1, [("words", False)])[0]], [])
    assert read_stamp(path) == STAMP
    edited = bytearray(path.read_bytes())
    edited[at % len(edited)] ^= by
    path.write_bytes(edited)
    assert read_memo(path, str) is None
    head = sum(len(line) for line in bytes(edited).splitlines(keepends=True)[:3])
    assert read_stamp(path) is None or at % len(edited) >= head


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    write_memo(tmp_path / "file" / "a.memo", STAMP, SHOWN, [], [])
    assert read_memo(tmp_path / "file" / "a.memo", str) is None


def test_a_problem_comes_back_with_its_end_its_chain_and_its_fix(tmp_path: Path) -> None:
    here, there = Place("lists/a.yaml", 4, 9), Place("looks.yaml", 2, 3)
    fix = Fix("rename it", (Edit(here, there, "ä\n"),), automatic=False)
    problem = Problem("r", here, "m", "h", Severity.INFO, "s/0", there, (Step(there, "worn here"),), fix)
    write_memo(tmp_path / "a.memo", STAMP, SHOWN, [], [("s/0", problem)])
    memo = read_memo(tmp_path / "a.memo", lambda kept: f"../{kept}")
    assert memo is not None
    assert memo.problems == (("s/0", with_places(problem, lambda at: at._replace(file=f"../{at.file}"))),)
