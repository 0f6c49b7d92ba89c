"""The picks file: written by hand or by the tool, read into picks."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist.picks import read_picks
from shotpilot_pipeline.values.take import Pick

SHA = "ab" * 32


def picks(folder: Path, text: str) -> tuple[dict[str, Pick], list[str]]:
    path = folder / "x.picks.yaml"
    path.write_text(text)
    found, problems = read_picks(path)
    return found, [str(problem).removeprefix(f"{path}:") for problem in problems]


def test_a_missing_file_holds_no_picks(tmp_path: Path) -> None:
    assert read_picks(tmp_path / "none.yaml") == ({}, ())


def test_picks_in_short_and_in_full(tmp_path: Path) -> None:
    text = f"""\
# comments are welcome
picks: 1
show: midnight-syndicate
sc010/sh010@iterate: 3
010/020.dusk.l50@refine:
  take: 2
  by: vera
  at: 2026-11-22T18:30:00Z
  why: the eyes
  sha256: {SHA}
  key: {SHA}
  alternates: [1]
  stars: {{1: 4, 2: 5}}
sc010/sh030@iterate: {{rejects: [1, 2], more: 4, notes: too dark}}
x-mine: anything
"""
    found, problems = picks(tmp_path, text)
    assert problems == []
    assert found == {
        "sc010/sh010@iterate": Pick("sc010/sh010@iterate", 3),
        "010/020.dusk.l50@refine": Pick(
            "010/020.dusk.l50@refine", 2, SHA, SHA, "vera", "2026-11-22T18:30:00Z", "the eyes"
        ),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sc/sh@a: 1\n", "1:1: the file needs `picks`; write `picks: 1`"),
        ("picks: 2\n", "1:8: `picks` is '2', and version 1 is the one this program reads; write `picks: 1`"),
        ("picks: 1\nsc/sh: 1\n", "2:1: 'sc/sh' is not a key of picks; write an address such as sc010/sh010@iterate"),
        ("picks: 1\nsc/sh@a: one\n",
         "2:10: `sc/sh@a` wants a whole number, not 'one'; write a number such as 4, without a unit"),
        ("picks: 1\nsc/sh@a: 0\n", "2:10: `sc/sh@a` cannot be 0; write 1 or more"),
        ("picks: 1\nsc/sh@a: {tak: 1}\n", "2:11: 'tak' is not a key of `sc/sh@a`; did you mean \"take\"?"),
        ("picks: 1\nsc/sh@a: {stars: {x: 1}}\n", "2:19: 'x' cannot be a name here; write the number of a take"),
        ("picks: 1\nsc/sh@a: {stars: {1: 9}}\n", "2:22: `1` cannot be 9; write 0 to 5"),
        ("picks: 1\nsc/sh@a: 1\nsc/sh@a: 2\n",
         "3:1: the key 'sc/sh@a' stands here a second time; the first is on line 2; keep one of them"),
        ("", " is empty; begin it with `picks: 1`"),
        ("- a\n", "1:1: the file wants a map (`key: value` lines), not a list; its keys are picks, show"),
    ],
)  # fmt: skip
def test_a_picks_file_with_a_fault_says_which(tmp_path: Path, text: str, says: str) -> None:
    found, problems = picks(tmp_path, text)
    assert found == {}
    assert says in problems
