"""The house's linter: runs every rule over what it is shown, and remembers what the whole-list rules will ask.

Does not decide what is told: ignored problems are among those it gives (settling.py takes them out).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.lint.facts import film_facts, shot_facts
from shotpilot_pipeline.lint.known import OWN
from shotpilot_pipeline.lint.reading import words_of
from shotpilot_pipeline.lint.registry import AROUND, SHOTS, TEXTS, Finding, Lists, Rule, problem_of
from shotpilot_pipeline.values.digest import digest_of
from shotpilot_pipeline.values.lint import Linted, LintFilm, LintShot, Mender, Text

_MOST_KEPT = 50_000  # texts that are known to be faultless: lenses, moods and places come again and again


@dataclass(slots=True)
class HouseLinter:
    """Every rule of the house. `lists`: the user's own words for two of them."""

    lists: Lists = field(default_factory=Lists)
    _faultless: set[tuple[str, str]] = field(init=False, default_factory=set, repr=False)  # slot and text

    @property
    def digest(self) -> str:
        """Moves when the linter may say something else of the same shot (its own code is the build's digest)."""
        return digest_of({"lists": self.lists._asdict(), "rules": dict(OWN)})

    def around(self, film: LintFilm, mender: Mender) -> Linted:
        """What is wrong with cast, looks and stages."""
        found = [(rule, finding) for text in film.texts for rule, finding in self._in_text(text)]
        found += [(rule, finding) for rule in AROUND for finding in rule.look(film)]
        problems = tuple(problem_of(rule, finding, "", Place(""), mender) for rule, finding in found)
        return Linted(problems, *film_facts(film))

    def shot(self, shot: LintShot, mender: Mender) -> Linted:
        """What is wrong with one shot."""
        problems = [
            problem_of(rule, finding, shot.address, shot.place, mender) for rule, finding in self._in_shot(shot)
        ]
        return Linted(tuple(dict.fromkeys(problems)) if len(problems) > 1 else tuple(problems), *shot_facts(shot))

    def _in_shot(self, shot: LintShot) -> Iterator[tuple[Rule, Finding]]:
        for text in shot.texts:
            for rule, finding in self._in_text(text):
                if rule.in_series or not shot.series:
                    yield rule, finding
        for rule in SHOTS:
            for finding in rule.look(shot, self.lists):
                yield rule, finding

    def _in_text(self, text: Text) -> list[tuple[Rule, Finding]]:
        key = (text.slot, text.text)
        if key in self._faultless:
            return []
        found = list(self._look(text))
        if not found:
            if len(self._faultless) >= _MOST_KEPT:
                self._faultless.clear()
            self._faultless.add(key)
        return found

    def _look(self, text: Text) -> Iterator[tuple[Rule, Finding]]:
        words, signs = words_of(text.text), frozenset(text.text)
        for rule in TEXTS:
            asked = rule.words or rule.signs
            if asked and rule.words.isdisjoint(words) and rule.signs.isdisjoint(signs):
                continue
            for finding in rule.look(text, self.lists):
                yield rule, finding
