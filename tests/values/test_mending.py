"""Edits land where places point, in whatever order they come, and nothing outside of them changes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import Edit, Fix, Place
from shotpilot_pipeline.shotlist.filetext import FileText, read_text
from shotpilot_pipeline.shotlist.pages import Pages, lines_of
from shotpilot_pipeline.values.mending import apart, mended

LETTERS = st.sampled_from([*"ab :#'\"", "é", "漢", "👩‍🎤", "\u2028", "\x85", "\u00a0"])
LINES = st.lists(st.lists(LETTERS, max_size=6).map("".join), min_size=1, max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
NEW = st.sampled_from(["", "x", "two words", "漢", "é"])


def edit(line: int, start: int, end: int, text: str, end_line: int = 0) -> Edit:
    return Edit(Place("f", line, start), Place("f", end_line or line, end), text)


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text, and edits apart from each other: at most one in a line."""
    lines, end = draw(LINES), draw(ENDS)
    edits = []
    for number, line in enumerate(lines, 1):
        if draw(st.booleans()):
            start = draw(st.integers(0, len(line)))
            edits.append(edit(number, start + 1, draw(st.integers(start, len(line))) + 1, draw(NEW)))
    return end.join(lines), draw(st.permutations(edits))


@given(texts_and_edits())
def test_together_or_one_by_one_is_the_same(given: tuple[str, list[Edit]]) -> None:
    text, edits = given
    alone = text
    for one in edits:  # an edit within a line leaves the places in other lines as they are
        alone = mended(alone, [one])
    assert mended(text, edits) == alone


@given(texts_and_edits())
def test_a_line_is_what_every_other_reader_calls_a_line(given: tuple[str, list[Edit]]) -> None:
    text, edits = given
    wanted = lines_of(text.encode())
    for one in edits:
        line = wanted[one.start.line - 1]
        wanted[one.start.line - 1] = line[: one.start.column - 1] + one.text + line[one.end.column - 1 :]
    assert lines_of(mended(text, edits).encode()) == wanted


@given(texts_and_edits())
def test_what_is_between_edits_stays_to_the_byte(given: tuple[str, list[Edit]]) -> None:
    text, edits = given
    blank = [Edit(one.start, one.end, "\0") for one in edits]
    rest = mended(text, blank).split("\0")
    assert len(rest) == len(edits) + 1
    reached = 0
    for piece in rest:
        reached = text.index(piece, reached) + len(piece)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_of_the_yaml_reader_are_meant(tmp_path_factory: pytest.TempPathFactory, end: str) -> None:
    path = tmp_path_factory.mktemp("x") / "f"
    text = "\ufeff" + end.join(["# 漢 \u2028 \x85", "a: 👩‍🎤 x", "", 'b: {é: "c\u2028d", e: FAULT}', ""])
    read = read_text(path, "f", pages=Pages({path: text}))
    assert isinstance(read, FileText)
    (found,) = [
        token
        for token in yaml.scan(read.text, Loader=yaml.SafeLoader)
        if isinstance(token, yaml.ScalarToken) and token.value == "FAULT"
    ]
    start, stop = found.start_mark, found.end_mark
    one = edit(start.line + 1, start.column + 1, stop.column + 1, "cure")
    assert mended(text.removeprefix("\ufeff"), [one]) == text.removeprefix("\ufeff").replace("FAULT", "cure")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_new_line_ends_as_the_others_do(end: str) -> None:
    assert mended(f"a{end}b{end}", [edit(2, 1, 1, "x\ny\n")]) == f"a{end}x{end}y{end}b{end}"


def test_an_edit_may_reach_over_lines() -> None:
    assert mended("ab\r\ncd\r\nef", [edit(1, 2, 2, "-", end_line=3)]) == "a-f"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(1, 1, 3, "x"), edit(1, 2, 3, "y")],
        [edit(1, 3, 1, "x")],
        [edit(0, 1, 1, "x")],
        [edit(3, 1, 1, "x")],
        [edit(1, 0, 1, "x")],
        [edit(1, 1, 5, "x")],  # behind the end of the line, though not of the text
    ],
)
def test_edits_that_cannot_be_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError):
        mended("abc\nxyz", edits)


def test_of_two_fixes_that_touch_the_first_is_taken() -> None:
    first = Fix("a", (edit(1, 1, 3, "x"), edit(4, 1, 2, "x")))
    touches = Fix("b", (edit(9, 1, 2, "x"), edit(1, 3, 4, "y")))
    elsewhere = Fix("c", (Edit(Place("g", 1, 1), Place("g", 1, 3), "y"),))
    after = Fix("d", (edit(1, 4, 5, "y"), edit(9, 1, 2, "z")))
    assert apart([first, touches, elsewhere, after]) == (first, elsewhere, after)
