"""A picks file changed by the program: only the lines that must, everything else byte for byte."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.errors import BadFiles
from shotpilot_pipeline.shotlist.picks import decisions_in
from shotpilot_pipeline.shotlist.picksedit import block_text, edited, with_block
from shotpilot_pipeline.shotlist.picksentry import comments_in
from shotpilot_pipeline.values.decision import Decision, Mark, TakeNote
from shotpilot_pipeline.values.take import Pick

SHA, KEY = "ab" * 32, "cd" * 32
LIST = [
    f"sc{scene:03}/sh{shot:03}@{stage}"
    for scene in (10, 20)
    for shot in (10, 20, 30)
    for stage in ("iterate", "refine")
]
ORDER = {address: place for place, address in enumerate(LIST)}
BY_HAND = """\
# chosen on Tuesday, with Ana
picks: 1
show: night

sc010/sh010@iterate:   3      # the eyes
# the one below is Vera's
sc010/sh020@iterate: {take: 2, by: 'vera',   why: "two: colons"}   # keep

sc020/sh010@iterate:
    take: 1          # first
    # an own line
    rejects: [2, 3]  # too dark
    stars: {1: 5}    # Ana's
    notes: all of them are fine
    x-mine: {anything: goes}
x-other: 1
"""


def picked(address: str, take: int) -> Decision:
    return Decision(address, Pick(address, take, SHA, KEY, "Vera Kane", "2026-11-25T18:30:00Z", "the eyes"))


def said(text: str) -> dict[str, Decision]:
    found, problems = decisions_in(text, "f")
    assert not problems
    return found.decisions


def block(text: str, address: str) -> str:
    return block_text(text, decisions_in(text, "f")[0], address)


def change(text: str, *after: Decision) -> str:
    return edited(text, "f", {one.address: one for one in after}, ORDER, "night")[0]


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("---", "+++")]


def test_a_new_file_says_what_it_is() -> None:
    text = change("", picked(LIST[0], 3))
    assert text.startswith("# What people chose of each shot at each stage.")
    assert "picks: 1\nshow: night\n" in text
    assert said(text) == {LIST[0]: picked(LIST[0], 3)}


def test_a_number_by_hand_becomes_a_map_and_keeps_its_comment() -> None:
    text = change(BY_HAND, picked(LIST[0], 4))
    assert "# the eyes" in text
    assert said(text)[LIST[0]] == picked(LIST[0], 4)
    rest = text.replace(block(text, LIST[0]), block(BY_HAND, LIST[0]))
    assert rest == BY_HAND


def test_only_the_lines_of_what_changed_change() -> None:
    address = "sc020/sh010@iterate"
    before = said(BY_HAND)[address]
    text = change(BY_HAND, before._replace(rejects=(*before.rejects, Mark(4, SHA))))
    assert changed_lines(BY_HAND, text) == [
        "-    rejects: [2, 3]  # too dark",
        f"+    rejects: [2, 3, {{take: 4, sha256: {SHA}}}] # too dark",
    ]


def test_forms_by_hand_become_lists_where_they_must() -> None:
    address = "sc020/sh010@iterate"
    before = said(BY_HAND)[address]
    after = before._replace(
        stars=(*before.stars, (Mark(2, SHA), 3)),
        notes=(*before.notes, TakeNote(2, "look: here #1\nand there", "Ana", x=0.5, y=0.0)),
    )
    text = change(BY_HAND, after)
    assert said(text)[address] == after
    assert sorted(comments_in(text)) == sorted(comments_in(BY_HAND))
    assert "x-mine: {anything: goes}" in text


def test_a_new_entry_stands_in_list_order() -> None:
    text = change(
        BY_HAND, picked("sc010/sh030@iterate", 1), picked("sc020/sh030@iterate", 1), picked("sc010/sh010@refine", 2)
    )
    keys = [line.partition(":")[0] for line in text.splitlines() if line.startswith("sc")]
    assert keys == ["sc010/sh010@iterate", "sc010/sh010@refine", "sc010/sh020@iterate", "sc010/sh030@iterate",
                    "sc020/sh010@iterate", "sc020/sh030@iterate"]  # fmt: skip
    assert not [line for line in changed_lines(BY_HAND, text) if line.startswith("-")]


def test_an_entry_goes_away_when_nothing_is_left_of_it_but_never_a_comment() -> None:
    one = change("", picked(LIST[0], 1))
    two = change(one, picked(LIST[2], 1))
    assert change(two, Decision(LIST[2])) == one
    assert "# the eyes" in change(BY_HAND, Decision(LIST[0]))


def test_a_block_is_put_back_byte_for_byte() -> None:
    for address in (LIST[0], LIST[2], "sc020/sh010@iterate", "sc010/sh030@iterate"):
        text = change(BY_HAND, picked(address, 7))
        assert with_block(text, "f", address, block(BY_HAND, address), ORDER) == BY_HAND


def test_a_file_on_one_line_can_be_changed_too() -> None:
    text = change("{picks: 1, show: night, sc010/sh010@iterate: 3}\n", picked(LIST[2], 1))
    assert set(said(text)) == {LIST[0], LIST[2]}


def test_texts_that_yaml_would_read_otherwise_come_back_as_they_were() -> None:
    for text in (
        "null",
        "~",
        "yes",
        "010",
        "a: b",
        "# no comment",
        "- a",
        "@vera",
        "{x}",
        "“quoted”",
        "two\nlines",
        "'",
        '"',
        "é 🎬",
    ):
        after = picked(LIST[0], 1)._replace(notes=(TakeNote(1, text, text),))
        assert said(change("", after))[LIST[0]].notes == (TakeNote(1, text, text),)


CONFLICT = """\
picks: 1
sc010/sh010@iterate: 1
<<<<<<< HEAD
sc010/sh020@iterate: 3
=======
sc010/sh020@iterate: 2
>>>>>>> ana
"""


def test_a_conflict_of_git_is_told_with_its_place_and_both_sides() -> None:
    _, (problem,) = decisions_in(CONFLICT, "f")
    assert str(problem.place) == "f:3:1"
    assert "one side says sc010/sh020@iterate: 3, the other says sc010/sh020@iterate: 2" in problem.message
    with pytest.raises(BadFiles, match="git could not merge lines 3-7"):
        change(CONFLICT, picked(LIST[0], 1))


def test_half_a_conflict_and_one_with_its_base_are_told_too() -> None:
    base = CONFLICT.replace("=======", "||||||| 12ab\nsc010/sh020@iterate: 9\n=======")
    assert "iterate: 3, the other says sc010/sh020@iterate: 2" in decisions_in(base, "f")[1][0].message
    assert (
        "half of a conflict"
        in decisions_in(CONFLICT.replace("=======\n", "").replace(">>>>>>> ana\n", ""), "f")[1][0].message
    )


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    asking = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
    return subprocess.run(asking, cwd=folder, capture_output=True, text=True, check=False)


def merged(folder: Path, ours: str, theirs: str, base: str) -> tuple[int, str]:
    path = folder / "night.picks.yaml"
    assert git(folder, "init", "-q", "-b", "main").returncode == 0
    for branch, text in (("main", base), ("ana", theirs)):
        if branch != "main":
            git(folder, "checkout", "-q", "-b", branch)
        path.write_text(text)
        git(folder, "add", ".")
        assert git(folder, "commit", "-q", "-m", branch).returncode == 0
    git(folder, "checkout", "-q", "main")
    path.write_text(ours)
    assert git(folder, "commit", "-q", "-a", "-m", "ours").returncode == 0
    return git(folder, "merge", "-q", "ana").returncode, path.read_text()


def test_two_people_choosing_at_different_shots_merge_cleanly(tmp_path: Path) -> None:
    base = change("", *(picked(address, 1) for address in LIST[::2]))
    ours = change(base, picked(LIST[0], 2), picked(LIST[4], 3), picked(LIST[1], 1))
    theirs = change(base, picked(LIST[2], 2), picked(LIST[8], 3), picked(LIST[7], 1))
    code, text = merged(tmp_path, ours, theirs, base)
    assert code == 0
    found = said(text)
    assert [found[LIST[place]].pick.take for place in (0, 2, 4, 8)] == [2, 2, 3, 3]  # type: ignore[union-attr]
    assert set(found) == {*LIST[::2], LIST[1], LIST[7]}


def test_two_people_choosing_at_the_same_shot_get_a_conflict_that_is_reported(tmp_path: Path) -> None:
    base = change("", picked(LIST[0], 1))
    code, text = merged(tmp_path, change(base, picked(LIST[0], 2)), change(base, picked(LIST[0], 3)), base)
    assert code == 1
    assert "one side says take: 2, the other says take: 3" in decisions_in(text, "f")[1][0].message


words = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
marks = st.tuples(st.integers(1, 9), st.sampled_from([SHA, KEY, ""]), st.one_of(st.just(""), words)).map(
    lambda drawn: Mark(*drawn)
)
notes = st.tuples(st.integers(0, 9), words).map(lambda drawn: TakeNote(*drawn))


@st.composite
def decisions(draw: st.DrawFn, address: str) -> Decision:
    pick = draw(
        st.none() | st.builds(lambda take, why: picked(address, take).pick._replace(why=why), st.integers(1, 9), words)
    )  # type: ignore[union-attr]
    return Decision(
        address,
        pick,
        tuple(draw(st.lists(marks, max_size=2, unique=True))),
        tuple(draw(st.lists(marks, max_size=3, unique=True))),
        tuple(draw(st.lists(st.tuples(marks, st.integers(0, 5)), max_size=2, unique=True))),
        tuple(draw(st.lists(notes, max_size=2, unique=True))),
        *draw(st.sampled_from([(0, 0, ""), (4, 0, ""), (4, 3, KEY)])),
    )


comments = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8).map(
    lambda text: f"# {text}"
)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_comments_and_everything_else_survive_any_change(data: st.DataObject) -> None:
    """Comments put anywhere stay, whatever is said afterwards; what is read is what was said."""
    text = change(
        "", *(data.draw(decisions(address)) for address in data.draw(st.sets(st.sampled_from(LIST), max_size=4)))
    )
    rows = text.split("\n")
    for number, row in enumerate(rows):
        if row and data.draw(st.booleans()) and not row.rstrip().endswith(("|", ">")):
            rows[number] = f"{row}  {data.draw(comments)}"
        if row.startswith("  ") and data.draw(st.booleans()):
            indent = " " * (len(row) - len(row.lstrip()))
            rows[number] = f"{indent}{data.draw(comments)}\n{rows[number]}"
    text = "\n".join(rows)
    before = said(text)
    after = {
        address: data.draw(decisions(address))
        for address in data.draw(st.lists(st.sampled_from(LIST), min_size=1, max_size=3, unique=True))
    }
    new, _ = edited(text, "f", after, ORDER, "night")
    wanted = {**before, **after}
    assert {one: two for one, two in said(new).items() if not two.says_nothing} == {
        one: two for one, two in wanted.items() if not two.says_nothing
    }
    assert not set(comments_in(text)) - set(comments_in(new))
    for address in set(before) - set(after):
        assert block(new, address) == block(text, address)
