"""The rulings file: what is written is read, branches merge line by line, and each fault has its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import BadFiles
from shotpilot_pipeline.store.rulings import moved_rulings, one_line, parse_rulings, rulings_text
from shotpilot_pipeline.values.rulings import NO_KEY, Attempt, Kind, Ruling, Rulings, swapped

PATH = Path("night.rulings")
KEYS = st.sampled_from([digit * 64 for digit in "abc"])
NAMES = st.sampled_from(["s/a@it", "s/a.dusk@it", "s/b@final", "s10/b@it", "s2/b@it"])
WORDS = st.text(st.sampled_from("ab: é#\n-"), max_size=12)


@st.composite
def rulings(draw: st.DrawFn) -> Ruling:
    kind = draw(st.sampled_from(Kind))
    what = {
        Kind.ACCEPT: draw(KEYS),
        Kind.AGAIN: str(Attempt(draw(st.integers(2, 30)), draw(st.integers(0, 99)))),
        Kind.ADOPT: f"t{draw(st.integers(1, 120)):02}.{draw(KEYS)}",
        Kind.SWAP: "s/b",
    }[kind]
    address = "s/a" if kind is Kind.SWAP else draw(NAMES)
    key = NO_KEY if kind is Kind.SWAP else draw(KEYS)
    by = one_line(draw(WORDS)).replace(":", " ").strip() or "somebody"
    return Ruling(address, kind, key, what, "2026-11-25T18:30:00Z", one_line(by), one_line(draw(WORDS)))


def sound(found: list[Ruling]) -> list[Ruling]:
    """Without accepts that contradict an earlier one."""
    seen: dict[tuple[str, str], str] = {}
    return [
        one for one in dict.fromkeys(found)
        if one.kind is not Kind.ACCEPT or seen.setdefault((one.address, one.key), one.what) == one.what
    ]  # fmt: skip


@given(st.lists(rulings(), max_size=6))
def test_what_is_written_is_read(found: list[Ruling]) -> None:
    kept = sound(found)
    text = rulings_text(kept)
    assert sorted(parse_rulings(text, PATH)) == sorted(kept)
    assert rulings_text(parse_rulings(text, PATH)) == text


@given(st.lists(rulings(), max_size=6), st.lists(rulings(), max_size=6))
def test_lines_of_two_branches_are_the_rulings_of_both(ours: list[Ruling], theirs: list[Ruling]) -> None:
    both = sound([*ours, *theirs])
    lines = [line for one in both for line in rulings_text([one]).splitlines()[2:]]
    merged = "\n".join([*rulings_text([]).splitlines(), *lines, *lines]) + "\n"  # git's union leaves some lines twice
    assert sorted(parse_rulings(merged, PATH)) == sorted(both)


def test_a_chain_of_accepts_is_followed_to_the_takes_and_a_circle_ends() -> None:
    a, b, c = (digit * 64 for digit in "abc")
    accept = [Ruling("s/a@it", Kind.ACCEPT, a, b, "t", "x"), Ruling("s/a@it", Kind.ACCEPT, b, c, "t", "x")]
    assert Rulings.of(accept).standing("s/a@it", a) == c
    assert Rulings.of(accept).standing("s/b@it", a) == a
    circle = [*accept, Ruling("s/a@it", Kind.ACCEPT, c, a, "t", "x")]
    assert Rulings.of(circle).standing("s/a@it", a) in (a, b, c)


def test_the_last_attempt_counts_under_its_key_alone() -> None:
    a, b = "a" * 64, "b" * 64
    asked = [Ruling("s/a@it", Kind.AGAIN, a, str(Attempt(number, 4 * (number - 1))), "t", "x") for number in (3, 2)]
    found = Rulings.of(asked)
    assert found.attempt("s/a@it", a) == Attempt(3, 8)
    assert (found.again("s/a@it", a, 4), found.again("s/a@it", b, 4), found.again("s/a@it", "", 4)) == (12, 0, 12)


def test_rulings_follow_a_shot_that_moved() -> None:
    found = [
        Ruling("s/a@it", Kind.ACCEPT, "a" * 64, "b" * 64, "t", "x"),
        Ruling("s/a", Kind.SWAP, NO_KEY, "s/b", "t", "x"),
    ]
    assert [one.address for one in moved_rulings(found, [("s/a", "s/c"), ("s/c", "s/d")])] == ["s/d@it", "s/a"]


def test_two_shots_change_places_with_all_that_hangs_on_their_names() -> None:
    exchange = swapped("s/a", "s/ab")
    names = ["s/a", "s/a.dusk@it", "s/ab@it#2", "s/abc@it", "t/a@it"]
    assert [exchange(name) for name in names] == ["s/ab", "s/ab.dusk@it", "s/a@it#2", "s/abc@it", "t/a@it"]


@pytest.mark.parametrize(
    "line",
    [
        f"s/a accept {'a' * 64} {'b' * 64} 2026-11-25T18:30:00Z Ann",
        f"s/a@it again {'a' * 64} a00+1 2026-11-25T18:30:00Z Ann",
        f"s/a@it adopt {'a' * 64} t00.{'b' * 64} 2026-11-25T18:30:00Z Ann",
        f"s/a@it swap {'a' * 64} s/b 2026-11-25T18:30:00Z Ann",
        f"s/a@it accept {'a' * 64} {'b' * 64} yesterday Ann",
    ],
)
def test_a_line_that_says_nothing_sound_is_told(line: str) -> None:
    with pytest.raises(BadFiles, match=r"night\.rulings:3:1: this line is no ruling"):
        parse_rulings(f"{rulings_text([])}{line}\n", PATH)
