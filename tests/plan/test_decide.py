"""The rules of choosing, without any file."""

from __future__ import annotations

from shotpilot_pipeline.plan.decide import Subject, Words, decide
from shotpilot_pipeline.values.decision import Change, Decision, Verb
from shotpilot_pipeline.values.take import Take
from tests.plan.filmset import picture

A, B = "s/a.dusk@iterate", "s/a.neon@iterate"
VERA = Words("Vera", "2026-11-25T18:30:00Z")


def takes(count: int, key: str = "k") -> list[Take]:
    return [Take(key, number, (picture(f"{key}{number}"),)) for number in range(1, count + 1)]


def say(verb: Verb, take: int = 0, value: str = "", *, there: int = 4, wanted: int = 4,
        said: dict[str, Decision] | None = None, siblings: tuple[str, ...] = ()) -> dict[str, Decision]:  # fmt: skip
    subject = Subject(A, "k", takes(there), wanted, siblings)
    meant = subject.takes[take - 1] if take else None
    return decide(Change(A, verb, take, value=value), meant, subject, VERA, said or {})


def test_a_pick_of_one_variant_makes_that_of_its_sibling_an_alternate() -> None:
    before = say(Verb.PICK, 2)
    subject = Subject(B, "k", takes(4), 4, (A,))
    after = decide(Change(B, Verb.PICK, 1), subject.takes[0], subject, VERA, before)
    assert after[B].pick is not None
    assert (after[A].pick, [mark.take for mark in after[A].alternates]) == (None, [2])


def test_a_redo_rejects_all_and_asks_for_as_many_as_the_list_wants_once() -> None:
    once = say(Verb.REDO, said=say(Verb.PICK, 2))
    assert once[A].pick is None
    assert {mark.take for mark in once[A].rejects} == {1, 2, 3, 4}
    assert once[A].wanted(4, "k") == 8
    assert say(Verb.REDO, said=once)[A] == once[A]  # said twice, it is said once
    again = say(Verb.REDO, there=8, said=once)
    assert again[A].wanted(4, "k") == 12


def test_more_adds_up_while_it_is_not_spent() -> None:
    once = say(Verb.MORE, value="4")
    assert once[A].wanted(4, "k") == 8
    assert say(Verb.MORE, value="2", said=once)[A].wanted(4, "k") == 10
    assert say(Verb.MORE, value="2", there=8, said=once)[A].wanted(4, "k") == 10
    assert not say(Verb.MORE, value="0", said=once)[A].more


def test_more_before_anything_is_there_comes_on_top_of_what_the_list_wants() -> None:
    assert say(Verb.MORE, value="2", there=0)[A].wanted(4, "k") == 6


def test_stars_and_notes_stand_beside_a_mark() -> None:
    said = say(Verb.STARS, 1, "5", said=say(Verb.NOTE, 1, "the eyes", said=say(Verb.REJECT, 1)))
    assert (len(said[A].rejects), said[A].stars[0][1], said[A].notes[0].text) == (1, 5, "the eyes")
    cleared = say(Verb.CLEAR, 1, said=said)[A]
    assert (cleared.rejects, len(cleared.stars), len(cleared.notes)) == ((), 1, 1)
    assert say(Verb.STARS, 1, "0", said=said)[A].stars == ()
    assert say(Verb.NOTE, 1, " ", said=said)[A].notes == ()


def test_a_note_has_no_control_characters() -> None:
    assert say(Verb.NOTE, 1, "a\x07b\r\nc\u2028d")[A].notes[0].text == "ab\nc\nd"
