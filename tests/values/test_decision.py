"""What people said, as a value: marks follow bytes, and a wish for more is spent once."""

from __future__ import annotations

import pytest

from shotpilot_pipeline.values.decision import Decision, Mark, TakeNote
from shotpilot_pipeline.values.take import Picture, Take

A, B = "a" * 64, "b" * 64


def take(number: int, sha256: str) -> Take:
    return Take("k", number, (Picture(sha256, 1, 1, 1, "png"),))


def test_a_mark_with_bytes_follows_them_and_not_the_number() -> None:
    assert Mark(3, A).means(take(1, A))
    assert not Mark(3, A).means(take(3, B))


def test_a_mark_by_hand_means_the_number_of_the_current_version() -> None:
    assert Mark(3).means(take(3, B))
    assert not Mark(3, version=1).means(take(3, B))
    assert not TakeNote(3, "x", version=1).means(take(3, B))


@pytest.mark.parametrize(
    ("decision", "wanted"),
    [
        (Decision("a"), 4),
        (Decision("a", more=4), 8),  # by hand: over what the list wants
        (Decision("a", more=4, more_over=6, more_key="k"), 10),
        (Decision("a", more=1, more_over=2, more_key="k"), 4),  # the list wants more than that anyway
        (Decision("a", more=4, more_over=4, more_key="another"), 4),  # asked for of another request: spent with it
    ],
)
def test_takes_wanted(decision: Decision, wanted: int) -> None:
    assert decision.wanted(4, "k") == wanted


def test_what_is_said_of_a_take() -> None:
    decision = Decision(
        "a",
        rejects=(Mark(1, A),),
        alternates=(Mark(2),),
        stars=((Mark(2), 5),),
        notes=(TakeNote(0, "shot"), TakeNote(2, "x")),
    )
    assert decision.rejected(take(7, A))
    assert decision.alternate(take(2, B))
    assert decision.stars_of(take(2, B)) == 5
    assert [note.text for note in decision.notes_of(take(2, B))] == ["x"]
    assert decision.notes_of(take(9, A)) == ()
