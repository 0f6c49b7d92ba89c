"""Which rules meet a call. Counts calls and keeps nothing else; the same seed and the same calls meet the same rules.

A chance is drawn from what the call is about and not from when it comes, so that it does not hang on which of many
requests was quicker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from shotpilot_pipeline.queue.rehearsal.faults.calls import Call
from shotpilot_pipeline.queue.rehearsal.faults.plan import FaultPlan, Rule, When
from shotpilot_pipeline.values.digest import sha256_text


class Met(NamedTuple):
    """What happens to a call: its knobs, and the rules they come from, in words for the log."""

    do: Mapping[str, Any]
    names: tuple[str, ...]


@dataclass(slots=True)
class Matching:
    """The counters of one plan."""

    plan: FaultPlan
    _fits: Counter[int] = field(default_factory=Counter)  # calls that fitted each rule
    _hits: Counter[int] = field(default_factory=Counter)  # calls that each rule met
    _calls: Counter[tuple[str, str]] = field(default_factory=Counter)  # calls of a route about one thing
    _attempts: dict[str, int] = field(default_factory=dict)  # request id -> which submit of its take it was

    def accepted(self, call: Call, request_id: str) -> None:
        """The submit `call` became this request."""
        self._attempts[request_id] = self._calls["submit", call.about]

    def meet(self, call: Call, now: float) -> Met:
        """The knobs for a call that comes now (seconds of the queue's clock). Counts it."""
        self._calls[call.route, call.about] += 1
        nth_call = self._calls[call.route, call.about]
        met = [rule for place, rule in enumerate(self.plan.rules) if self._meets(place, rule.when, call, nth_call, now)]
        do: dict[str, Any] = {}
        for rule in met:
            do = {**rule.do, **do}
        return Met(do, tuple(map(in_words, met)))

    def _meets(self, place: int, when: When, call: Call, nth_call: int, now: float) -> bool:
        attempt = nth_call if call.route == "submit" else self._attempts.get(call.request.id, 1) if call.request else 1
        if not fits(when, call, nth_call, attempt, now):
            return False
        self._fits[place] += 1
        count = self._fits[place]
        if (when.nth and count not in when.nth) or count <= when.after:
            return False
        if (when.every and (count - when.after) % when.every) or (when.times and self._hits[place] >= when.times):
            return False
        told = f"{call.address}#{call.take}" if call.address else f"{count}"
        if when.chance < 1 and self._drawn(f"{place} {call.route} {told} {attempt} {nth_call}") >= when.chance:
            return False
        self._hits[place] += 1
        return True

    def _drawn(self, what: str) -> float:
        """A number in [0, 1) that the seed and `what` decide."""
        return int(sha256_text(f"{self.plan.seed} {what}")[:12], 16) / (1 << 48)


def fits(when: When, call: Call, nth_call: int, attempt: int, now: float) -> bool:
    """Whether a call is of the kind a rule counts."""
    if when.route != call.route or (when.call and nth_call not in when.call):
        return False
    if (when.attempt and when.attempt != attempt) or not _like(when.address, call.address):
        return False
    if when.older_than >= 0 and (call.request is None or now - call.request.ends < when.older_than):
        return False
    return _like(when.endpoint, call.endpoint)


def _like(pattern: str, text: str) -> bool:
    return not pattern or fnmatchcase(text, pattern)


def in_words(rule: Rule) -> str:
    """A rule's name, or its knobs as written."""
    return rule.name or ", ".join(knob if value is True else f"{knob} {value}" for knob, value in rule.do.items())
