"""What of all problems is told: without those that shots ignore with a reason, at the severities that were set.

An error that a rule gives by itself protects money or a person: it is never ignored, hushed or turned down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.lint.known import KNOWN, hard
from shotpilot_pipeline.lint.registry import WHOLE, Whole, problem_of
from shotpilot_pipeline.values.lint import Notes, ShotNotes

OFF = "off"
LEVELS = (OFF, *Severity)


def whole_problems(notes: Notes, prices: Mapping[str, int], requests: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """What only the whole list shows. `prices`: nano-USD of all takes wanted, by task address; `requests`: which tasks
    send the same request, by key."""
    lacking = [shot for shot in notes.shots if "missing" in shot.linted.facts]
    whole = Whole(notes.around.facts, notes.around.places, notes.shots, lacking, prices, requests)
    for rule in WHOLE:
        for address, finding in rule.look(whole):
            yield problem_of(rule, finding, address, Place(""), None)


def without_ignored(problems: Sequence[Problem], shots: Sequence[ShotNotes]) -> list[Problem]:
    """The problems that no shot ignores, and a warning for each ignore that is idle, unknown or not allowed."""
    ignored: dict[str, Mapping[str, str]] = {}
    caught: set[Place] = set()
    for shot in shots:
        if "ignore" in shot.linted.facts:
            ignored[shot.address] = shot.linted.facts["ignore"]
    if not ignored:
        return list(problems)
    places = {
        (shot.address, rule): shot.linted.places[f"ignore:{rule}"]
        for shot in shots
        for rule in ignored.get(shot.address, ())
    }
    kept = []
    for problem in problems:
        shot_address = problem.address.partition("@")[0].partition(".")[0]
        place = places.get((shot_address, problem.rule))
        if place is not None and not hard(problem.rule) and problem.severity is not Severity.ERROR:
            caught.add(place)
        else:
            kept.append(problem)
    caught |= _aggregated(shots, places)
    return kept + list(_idle(places, ignored, caught))


def _aggregated(shots: Sequence[ShotNotes], places: Mapping[tuple[str, str], Place]) -> set[Place]:
    """Ignores of rules that speak once for many shots, and that have left this one out already."""
    caught = set()
    for shot in shots:
        facts = shot.linted.facts
        lacks = {f"slot-{'shot-size' if slot == 'size' else slot}" for slot in facts.get("missing", ())}
        if not facts.get("motion"):
            lacks.add("motion-missing")
        caught |= {place for rule in lacks if (place := places.get((shot.address, rule)))}
    return caught


def _idle(
    places: Mapping[tuple[str, str], Place], ignored: Mapping[str, Mapping[str, str]], caught: Collection[Place]
) -> Iterator[Problem]:
    told: set[Place] = set()
    for (address, rule), place in places.items():
        if place in told:
            continue
        told.add(place)
        if rule not in KNOWN:
            near = get_close_matches(rule, KNOWN, 1)
            hint = f"did you mean {near[0]}?" if near else "shotpilot explain lists the rules"
            yield _ignore_problem("ignore-unknown", place, f"there is no rule {rule}", hint, address)
        elif hard(rule):
            hint = "an error protects money or a person: mend what it speaks of"
            yield _ignore_problem("ignore-hard", place, f"{rule} cannot be ignored", hint, address)
        elif place not in caught:
            yield _ignore_problem("ignore-idle", place, f"nothing here breaks {rule}", "take the line out", address)
        elif not ignored[address][rule]:
            yield _ignore_problem("ignore-reason", place, f"{rule} is ignored without a reason", "write why", address)


def _ignore_problem(rule: str, place: Place, message: str, hint: str, address: str) -> Problem:
    return Problem(rule, place, message, hint, Severity.WARNING, address)


def without_followers(problems: Sequence[Problem]) -> list[Problem]:
    """The problems without those that only follow from another one: a key that has no value is not missing as well,
    and a format that no model has is not one more format in its scene."""
    empty = {
        (one.place.file, one.message.split("`")[1])
        for one in problems
        if one.rule == "yaml-empty" and "`" in one.message
    }
    odd = {one.address.partition("@")[0].partition(".")[0] for one in problems if one.rule == "aspect-unsupported"}

    def follows(one: Problem) -> bool:
        if one.rule == "schema-missing-key":
            return bool(empty) and (one.place.file, one.hint.removeprefix("write `").partition(":")[0]) in empty
        return one.rule == "aspect-mixed" and any(
            shot in odd for shot in (one.address, one.message.split(" in the ")[0].rpartition(" ")[2])
        )

    return [one for one in problems if not follows(one)]


def at_levels(problems: Sequence[Problem], levels: Mapping[str, str]) -> list[Problem]:
    """The problems at the severities of `levels` (rule -> off, info, warning, error); errors stay what they are."""
    if not levels:
        return list(problems)
    kept = []
    for problem in problems:
        level = levels.get(problem.rule)
        if level is None or problem.severity is Severity.ERROR:
            kept.append(problem)
        elif level != OFF:
            kept.append(replace(problem, severity=Severity(level)))
    return kept


def chosen(problems: Sequence[Problem], select: Collection[str], ignore: Collection[str]) -> list[Problem]:
    """Only the rules of `select` (none: all) that are not in `ignore`; errors always."""
    return [
        problem
        for problem in problems
        if problem.severity is Severity.ERROR or ((not select or problem.rule in select) and problem.rule not in ignore)
    ]
