"""A memo gives back what was kept, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.shotlist.memo import Before, KeptShot, Stamp, read_memo, read_stamp, write_memo
from shotpilot_pipeline.shotlist.problems import with_places
from shotpilot_pipeline.values.request import pick_mark, render_key, request_form
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


@given(st.lists(st.tuples(prompts, st.booleans()), min_size=1, max_size=6))
def test_what_was_kept_comes_back_whole(tmp_path_factory, shots: list[tuple[str, bool]]) -> None:
    path = tmp_path_factory.mktemp("memo") / "deep" / "a.memo"
    tasks = tuple(task(f"s/{n}@iterate", prompt, f"a.yaml:{n}", waits) for n, (prompt, waits) in enumerate(shots))
    infos = tuple(ShotInfo(str(n), f"a.yaml:{n}", "", (("subject", p),)) for n, (p, _) in enumerate(shots))
    compiled = Compiled("show", "Title", ("iterate",), tasks, (SceneInfo("s", "EXT. x", infos),), {"a": "b"})
    kept = [KeptShot("s", info.id, "d", info.place, "", 1) for info in infos]
    warning = Problem("r", Place("a.yaml", 1, 2), "m", "h", Severity.WARNING, "s/0")
    write_memo(path, STAMP, compiled, kept, [(0, warning)])
    memo = read_memo(path, str)
    assert memo is not None
    assert memo.compiled.tasks == compiled.tasks
    assert memo.scenes() == compiled.scenes
    assert (memo.stamp, memo.problems, memo.shots) == (STAMP, ((0, warning),), tuple(kept))


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_memo_is_none_at_all(tmp_path_factory, noise: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("memo") / "a.memo"
    one = task("s/1@iterate", "words", "a.yaml:1", False)
    infos = (ShotInfo("1", "a.yaml:1", "", ()),)
    compiled = Compiled("show", "", ("iterate",), (one,), (SceneInfo("s", "", infos),), {})
    write_memo(path, STAMP, compiled, [KeptShot("s", "1", "d", "a.yaml:1", "", 1)], [])
    whole = path.read_bytes()
    path.write_bytes(whole[: min(at, len(whole) - 1)])
    assert read_memo(path, str) is None
    path.write_bytes(noise)
    assert read_memo(path, str) is None


@given(st.integers(0), st.integers(1, 255))
def test_a_memo_with_one_byte_edited_is_none_at_all(tmp_path_factory, at: int, by: int) -> None:
    path = tmp_path_factory.mktemp("memo") / "a.memo"
    one = task("s/1@iterate", "words", "a.yaml:1", False)
    infos = (ShotInfo("1", "a.yaml:1", "", ()),)
    compiled = Compiled("show", "", ("iterate",), (one,), (SceneInfo("s", "", infos),), {})
    write_memo(path, STAMP, compiled, [KeptShot("s", "1", "d", "a.yaml:1", "", 1)], [])
    assert read_stamp(path) == STAMP
    edited = bytearray(path.read_bytes())
    edited[at % len(edited)] ^= by
    path.write_bytes(edited)
    assert read_memo(path, str) is None
    head = sum(len(line) for line in bytes(edited).splitlines(keepends=True)[:3])
    assert read_stamp(path) is None or at % len(edited) >= head


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    write_memo(tmp_path / "file" / "a.memo", STAMP, Compiled("s", "", (), (), (), {}), [], [])
    assert read_memo(tmp_path / "file" / "a.memo", str) is None


def test_a_problem_comes_back_with_its_end_its_chain_and_its_fix(tmp_path: Path) -> None:
    here, there = Place("lists/a.yaml", 4, 9), Place("looks.yaml", 2, 3)
    fix = Fix("rename it", (Edit(here, there, "ä\n"),), automatic=False)
    problem = Problem("r", here, "m", "h", Severity.INFO, "s/0", there, (Step(there, "worn here"),), fix)
    write_memo(tmp_path / "a.memo", STAMP, Compiled("s", "", (), (), (), {}), [], [(-1, problem)])
    memo = read_memo(tmp_path / "a.memo", lambda kept: f"../{kept}")
    assert memo is not None
    assert memo.problems == ((-1, with_places(problem, lambda at: replace(at, file=f"../{at.file}"))),)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), prompts), min_size=1, max_size=8), st.randoms())
def test_what_is_built_on_an_earlier_memo_is_as_if_written_anew(tmp_path_factory, shots, random) -> None:
    """Each shot stays, is edited or is new; some are gone and the rest may stand in another order."""
    folder = tmp_path_factory.mktemp("memo")

    def listed(rows: list[tuple[str, int, str]]) -> tuple[Compiled, list[KeptShot]]:
        kept = [KeptShot("s", name, "d", f"a.yaml:{at}", "", count) for at, (name, count, _) in enumerate(rows)]
        tasks = tuple(
            task(f"s/{name}.v{n}@iterate", words, f"a.yaml:{at}", bool(n))
            for at, (name, count, words) in enumerate(rows)
            for n in range(count)
        )
        infos = tuple(
            ShotInfo(one.id, one.place, "", (("subject", row[2]),)) for one, row in zip(kept, rows, strict=True)
        )
        return Compiled("show", "T", ("iterate",), tasks, (SceneInfo("s", "", infos),), {}), kept

    old = [(f"sh{n}", count, words) for n, (_, count, words) in enumerate(shots)]
    compiled, kept = listed(old)
    write_memo(folder / "a.memo", STAMP, compiled, kept, [])
    earlier = read_memo(folder / "a.memo", str)
    assert earlier is not None
    stays = {name for (same, _, _), (name, _, _) in zip(shots, old, strict=True) if same}
    new = [row if row[0] in stays else (row[0], 2 - row[1], f"{row[2]} edited") for row in old]
    new = random.sample(new, random.randint(1, len(new)))
    firsts = [sum(one.tasks for one in kept[:n]) for n in range(len(kept))]
    again = {("s", one.id): (n, firsts[n]) for n, one in enumerate(kept) if one.id in stays}
    compiled, kept = listed(new)
    write_memo(folder / "whole.memo", STAMP, compiled, kept, [])
    write_memo(folder / "built.memo", STAMP, compiled, kept, [], before=Before(earlier, again))
    whole, built = read_memo(folder / "whole.memo", str), read_memo(folder / "built.memo", str)
    assert whole is not None
    assert built is not None
    assert (built.compiled, built.shots, built.scenes()) == (whole.compiled, whole.shots, whole.scenes())
