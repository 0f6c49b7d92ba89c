"""A problem as text: the first line for editors, the marked line for eyes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, Step
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.telling.cells import clean, marked, width_of
from shotpilot_pipeline.telling.text import one_line, told

PLACE = Place("a.yaml", 2, 9)


def problem(line: int = 2, column: int = 9, end: int = 0, **more: object) -> Problem:
    last = Place("a.yaml", line, end) if end else None
    return Problem("some-rule", Place("a.yaml", line, column), "is wrong", "write it right", end=last, **more)  # type: ignore[arg-type]


def shown(line: str, column: int, end: int, width: int = 100) -> tuple[str, str]:
    """The line and the marks below it."""
    found = told(problem(1, column, end), lambda _: [line], width=width)
    return found[1].partition("| ")[2], found[2].partition("| ")[2]


def test_the_first_line_is_that_of_compilers() -> None:
    first = one_line(problem(address="sc010/sh010", severity=Severity.WARNING))
    assert first == "a.yaml:2:9: warning: is wrong; write it right (sc010/sh010) [some-rule]"


def test_below_it_stands_the_line_with_the_fault_marked() -> None:
    lines = ["shotlist: 1", "  look: noir  # grain"]
    assert told(problem(end=13), lambda _: lines)[1:] == ["  2 |   look: noir  # grain", "    |         ^^^^"]


def test_the_chain_and_the_fix_stand_below() -> None:
    steps = (Step(Place("b.yaml", 3, 1), "worn here"), Step(Place("c.yaml", 4, 2), "included here"))
    fix = Fix("rename it", (Edit(PLACE, PLACE, "x"),))
    said = told(problem(chain=steps, fix=fix), lambda _: [])
    assert [line.strip() for line in said[1:]] == [
        "= b.yaml:3:1: worn here", "= c.yaml:4:2: included here", "= a fix is known: rename it"
    ]  # fmt: skip


def test_a_long_chain_is_counted() -> None:
    steps = tuple(Step(Place("b.yaml", line), "here") for line in range(1, 31))
    said = told(problem(chain=steps), lambda _: [])
    assert len(said) == 1 + 8 + 1
    assert said[-1].strip() == "= and 22 more"


@pytest.mark.parametrize(
    ("line", "column", "end", "marks"),
    [
        ("\tlook: x", 8, 9, " " * 10 + "^"),  # a tab is four cells
        ("夜の街: x", 5, 6, " " * 7 + "^"),  # wide signs are two each
        ("e\u0301toile: x", 10, 11, " " * 8 + "^"),  # an accent takes no cell
        ("夜の街", 1, 4, "^" * 6),
        ("look: noir", 11, 0, " " * 10 + "^"),  # behind the end
        ("look: noir", 7, 99, " " * 6 + "^^^^"),
    ],
)
def test_the_marks_stand_below_their_signs(line: str, column: int, end: int, marks: str) -> None:
    assert shown(line, column, end)[1] == marks


def test_a_long_line_is_cut_around_the_fault() -> None:
    line = "a" * 300 + "FAULT" + "b" * 300
    text, marks = shown(line, 301, 306, width=60)
    assert len(text) <= 60
    assert text.startswith("…")
    assert text.endswith("…")
    assert text[marks.index("^") : marks.rindex("^") + 1] == "FAULT"


def test_a_line_that_cannot_be_the_one_that_was_meant_is_not_shown() -> None:
    for lines in ([], ["one"], ["one", ""], ["one", "short"]):
        assert len(told(problem(), lambda _, lines=lines: lines)) == 1  # type: ignore[misc]


def test_a_file_that_changed_or_vanished_since_shows_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("one\ntwo, and more of it\n")
    changed = path.stat().st_mtime_ns
    place = Place(str(path), 2, 6)
    fault = Problem("r", place, "is wrong")
    assert len(told(fault, Pages(until_ns=changed).lines)) == 3
    assert len(told(fault, Pages(until_ns=changed - 1).lines)) == 1
    path.unlink()
    assert len(told(fault, Pages().lines)) == 1
    path.mkdir()
    assert len(told(fault, Pages().lines)) == 1


def test_nothing_in_a_file_or_its_name_moves_the_cursor() -> None:
    evil = "a\x1b[31m\u202egnp.\r\nb"
    said = "\n".join(told(Problem("r", Place(evil, 1, 3), evil, evil, address=evil), lambda _: [evil]))
    assert not set(said) & set("\x1b\r\u202e")
    assert said.count("\n") == 2


@given(st.text(max_size=200), st.integers(0, 220), st.integers(0, 220), st.integers(20, 120))
def test_any_line_is_shown_within_its_width(line: str, start: int, length: int, width: int) -> None:
    line = clean(line) if "\n" in line else line
    start = min(start, len(line))
    cut = marked(line, start, start + length, width)
    assert sum(map(width_of, cut.shown)) <= width
    assert 0 <= cut.start < cut.end <= width + 1
    assert not any(unicodedata.category(sign) == "Cc" for sign in cut.shown)


@pytest.mark.parametrize("first", ["\t", "\ta", "夜", "a\t", "\t夜"])
@pytest.mark.parametrize("gap", range(12))
def test_the_mark_stands_right_where_the_cut_begins_with_a_wide_sign(first: str, gap: int) -> None:
    line = f"{first}aa夜\t{'a' * gap}X{'a' * 40}"
    cut = marked(line, line.index("X"), line.index("X") + 1, 40)
    assert sum(map(width_of, cut.shown.partition("X")[0])) == cut.start


@given(st.lists(st.sampled_from("ab夜e\u0301\t 👩\u200d"), max_size=120).map("".join), st.data())
def test_the_first_mark_stands_below_the_first_sign_of_the_fault(line: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(line)))
    line = line[:at] + "X" + line[at:]
    cut = marked(line, at, at + 1, 40)
    before, cell = cut.shown.partition("X")[0], cut.start
    assert sum(map(width_of, before)) == cell


@given(st.text("ab ", max_size=60), st.integers(0, 60), st.integers(0, 30), st.integers(1, 40))
def test_a_plain_line_is_cut_as_one_with_accents_is(line: str, start: int, more: int, width: int) -> None:
    start = min(start, len(line))
    accented = marked(line.replace("a", "\u00e4"), start, start + more, width)
    assert marked(line, start, start + more, width) == accented._replace(shown=accented.shown.replace("\u00e4", "a"))
