"""The rules, by what they look at: one text, one shot, what is around the shots, or the whole list.

A rule is one small function under its id. It gives findings; where they stand and how they are mended in a file is
worked out here, in one place. What a rule means to a reader stands in `pages/`, and is loaded only for readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Fix, Place, Problem, Severity
from shotpilot_pipeline.values.lint import Change, LintFilm, LintShot, Mender, ShotNotes, Text


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: words for a person, and where. Without text or place it stands at the shot."""

    message: str
    hint: str = ""
    text: Text | None = None
    piece: str = ""  # of the text, at fault
    nth: int = 0
    place: Place | None = None
    changes: tuple[Change, ...] = ()  # in `text`
    title: str = ""  # of the fix that makes the changes
    automatic: bool = True
    edits: tuple[tuple[Place, str, str], ...] = ()  # outside of texts: where, what stands there, what should
    entries: tuple[tuple[Place, str], ...] = ()  # new `key: value` entries, each before a key


class Lists(NamedTuple):
    """Word lists that the user adds to the house's own."""

    names: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Whole(NamedTuple):
    """A whole list, as rules see it that compare shots."""

    around: Mapping[str, Any]  # facts of what is around the shots
    places: Mapping[str, Place]
    shots: Sequence[ShotNotes]
    lacking: Sequence[ShotNotes]  # those that leave a slot empty
    prices: Mapping[str, int]  # task address -> nano-USD of all takes wanted
    requests: Mapping[str, Sequence[str]]  # render key (or open form) -> addresses of the tasks that send it


TextRule = Callable[[Text, Lists], Iterator[Finding]]
ShotRule = Callable[[LintShot, Lists], Iterator[Finding]]
AroundRule = Callable[[LintFilm], Iterator[Finding]]
WholeRule = Callable[[Whole], Iterator[tuple[str, Finding]]]  # with the shot's address


class Rule(NamedTuple):
    """A rule that the linter runs. `words`: it is run only on texts that hold one of them (none: on all)."""

    id: str
    severity: Severity
    look: Callable[..., Iterator[Any]]
    words: frozenset[str] = frozenset()
    signs: frozenset[str] = frozenset()
    in_series: bool = True


TEXTS: list[Rule] = []
SHOTS: list[Rule] = []
AROUND: list[Rule] = []
WHOLE: list[Rule] = []


def on_text(
    id: str, severity: Severity, *, words: frozenset[str] = frozenset(), signs: str = "", in_series: bool = True
) -> Callable[[TextRule], TextRule]:
    """Register a rule on single texts; it is asked only where a word of `words` or a sign of `signs` occurs."""

    def register(look: TextRule) -> TextRule:
        TEXTS.append(Rule(id, severity, look, words, frozenset(signs), in_series))
        return look

    return register


def on_shot(id: str, severity: Severity) -> Callable[[ShotRule], ShotRule]:
    """Register a rule on single shots."""

    def register(look: ShotRule) -> ShotRule:
        SHOTS.append(Rule(id, severity, look))
        return look

    return register


def on_film(id: str, severity: Severity) -> Callable[[AroundRule], AroundRule]:
    """Register a rule on what is around the shots: cast, stages, budget."""

    def register(look: AroundRule) -> AroundRule:
        AROUND.append(Rule(id, severity, look))
        return look

    return register


def on_list(id: str, severity: Severity) -> Callable[[WholeRule], WholeRule]:
    """Register a rule on the whole list."""

    def register(look: WholeRule) -> WholeRule:
        WHOLE.append(Rule(id, severity, look))
        return look

    return register


def at(text: Text, found: re.Match[str], group: int | str = 0) -> dict[str, Any]:
    """Where a match stands in a text, as Finding wants it."""
    piece = found.group(group)
    return {"text": text, "piece": piece, "nth": text.text.count(piece, 0, found.start(group))}


def change(text: Text, found: re.Match[str], new: str) -> Change:
    """What should stand in place of a match."""
    piece = found.group(0)
    return piece, text.text.count(piece, 0, found.start()), new


def problem_of(rule: Rule, finding: Finding, address: str, place: Place, mender: Mender | None) -> Problem:
    """The problem of a finding. `place` is where it stands when nothing closer is known."""
    text, end = finding.text, None
    start = finding.place or (text.place if text else place)
    span = mender.span(text, finding.piece, finding.nth) if mender and text and finding.piece else None
    if span:
        start, end = span
    return Problem(
        rule.id, start, finding.message, finding.hint, rule.severity, address, end,
        fix=_fix(finding, mender) if mender else None,
    )  # fmt: skip


def _fix(finding: Finding, mender: Mender) -> Fix | None:
    edits = [mender.replace(*edit) for edit in finding.edits]
    edits += [mender.before(*entry) for entry in finding.entries]
    if finding.text is not None and finding.changes:
        edits += mender.edits(finding.text, finding.changes) or (None,)
    made = tuple(edit for edit in edits if edit is not None)
    return Fix(finding.title, made, finding.automatic) if made and len(made) == len(edits) else None
