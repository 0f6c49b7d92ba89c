"""The word diff: it reads as a person would mark a page, and nothing of either text is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.values.worddiff import Change, marked, word_diff, words_of

TEXT = st.text(st.sampled_from("ab ,.\n-'é雨"), max_size=40)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_from_the_pieces(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.NEW) == old
    assert "".join(piece.text for piece in pieces if piece.change is not Change.GONE) == new
    assert all(piece.text for piece in pieces)


@given(TEXT)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert all(piece.change is Change.SAME for piece in word_diff(text, text))
    assert "".join(words_of(text)) == text


def test_one_word_is_told_as_one_word() -> None:
    pieces = word_diff("a fisherman coils a rope.", "a fisherman mends a rope.")
    assert marked(pieces) == "a fisherman [-coils-]{+mends+} a rope."


def test_a_phrase_said_anew_is_one_change() -> None:
    pieces = word_diff("an old lantern, warm lamplight", "an old lantern, cold blue moonlight")
    assert marked(pieces) == "an old lantern, [-warm lamplight-]{+cold blue moonlight+}"


def test_a_very_long_text_is_told_by_its_ends() -> None:
    old, new = f"{'rain ' * 3000}one end", f"{'rain ' * 3000}other end"
    assert marked(word_diff(old, new)[1:]) == "[-one-]{+other+} end"
