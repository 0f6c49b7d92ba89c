"""The rule on faces of real people: whose they are, who allowed it, until when. The date is given, never looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from shotpilot_pipeline.errors import Place, Problem, Severity

RULE = "person-without-consent"
_SOON = 14  # days before the end of a consent


def rights_problems(
    around: Mapping[str, Any],
    places: Mapping[str, Place],
    today: date,
    there: Callable[[str], bool],
    used: Sequence[str] | None = None,
) -> tuple[Problem, ...]:
    """What stands against using the cast's faces on `today`.

    `around` and `places` are the facts of what is around the shots. `there` says whether a file is there, by its path
    from the root of the show. `used`: only these members; None: all of them.
    """
    found: list[Problem] = []
    for who, told in around.get("cast", {}).items():
        if told.get("rights") and (used is None or who in used):
            place = places.get(f"rights:{who}", Place(""))
            found += (
                Problem(RULE, place, message, hint, severity)
                for severity, message, hint in _faults(today, there, told["name"], *told["rights"])
            )
    return tuple(found)


def _faults(
    today: date, there: Callable[[str], bool], name: str, kind: str, consent: str, until: str, paper: str
) -> Iterator[tuple[Severity, str, str]]:
    if kind == "real" and not consent:
        yield (
            Severity.ERROR,
            f"{name} is a real person, and no consent is named",
            "write consent: the path of the release",
        )
    if paper and not there(paper):
        yield (
            Severity.WARNING,
            f"{name}: the consent {consent} is not there",
            "correct the path; it counts from this file",
        )
    if not until:
        return
    try:
        last = date.fromisoformat(until)
    except ValueError:
        yield Severity.ERROR, f"{name}: {until} is no day of any calendar", "write until: as year-month-day"
        return
    if last < today:
        yield Severity.ERROR, f"{name}: the consent ended on {until}", "renew it, or take the face out"
    elif (last - today).days <= _SOON:
        yield Severity.WARNING, f"{name}: the consent ends on {until}", "finish before, or renew it"
