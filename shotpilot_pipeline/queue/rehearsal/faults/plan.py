"""A fault plan: rules of when and what. Read from plain data; does not read files and does not inject anything.

`when` chooses calls, `do` names what happens to them. Every rule counts the calls that fit it, also those that another
rule meets as well. All rules that meet a call take effect; where two name the same knob, the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ROUTES = ("submit", "status", "result", "cancel", "upload", "media", "listing", "pricing", "billing")
_API = tuple(route for route in ROUTES if route != "media")

#: Knob -> the routes at which it means something.
KNOBS: Mapping[str, tuple[str, ...]] = {
    # the wire
    **dict.fromkeys(("drop", "delay", "cut", "reset", "hang", "drip"), ROUTES),
    "down": ROUTES,
    # another answer
    **dict.fromkeys(("gateway", "too_many", "retry_after", "answer", "empty"), ROUTES),
    **dict.fromkeys(("wrong_key", "forbidden"), _API),
    "accepted": ("submit",),
    "lock": ("submit", "upload", "status", "result"),
    "early": ("result",),
    "gone": ("status", "result", "media"),
    # the true answer, changed
    "status": ("submit", "status"),
    "without": _API,
    "null_sizes": ("result",),
    "units": ("result",),
    "urls": ("submit", "status", "result", "upload"),
    "echo": ("submit", "result"),
    # what truly becomes of the request
    **dict.fromkeys(("fail", "retry_header", "billed", "images"), ("submit",)),
    "race": ("cancel",),
    # bytes of a picture
    **dict.fromkeys(("content_type", "truncate", "blank", "change", "page", "bomb"), ("media",)),
    # the lists
    "lag": ("listing", "billing"),
    "page_size": ("listing",),
    "no_payloads": ("listing",),
    "omit": ("listing", "billing"),
}
_ALONE = ("drop", "cut", "reset", "hang")  # ways for an answer to end: one at a time
_NEEDS = {"retry_after": ("too_many",), "retry_header": ("fail",), "accepted": ("gateway", "too_many", "answer")}


class Wrong(NamedTuple):
    """One thing wrong in a plan: the path of the value, what is wrong, what to write instead."""

    path: tuple[str | int, ...]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class When:
    """Which calls of a route a rule is for. Empty: every call. Globs are of the shell's kind."""

    route: str
    nth: tuple[int, ...] = ()  # of the calls that fit, counted from 1
    every: int = 0  # each so-manieth of them
    after: int = 0  # only those after the first so many
    times: int = 0  # at most so often; 0: without end
    chance: float = 1.0
    address: str = ""
    endpoint: str = ""
    attempt: int = 0  # the n-th submit of the same address and take, and what is asked of it
    call: tuple[int, ...] = ()  # n-th call of this route about the same request or file
    older_than: float = -1.0  # seconds since the request was done


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what happens to which calls."""

    when: When
    do: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """All rules, and the seed of every chance."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    what: str = field(default="", compare=False)  # the plan's own title


def read_plan(data: Mapping[str, Any]) -> FaultPlan:
    """The plan in `data`, which schemas/faults-1 allows and `plan_faults` finds nothing wrong with."""
    rules = tuple(
        Rule(_when(rule["when"]), {knob: value for knob, value in rule["do"].items() if value is not False},
             str(rule.get("name") or ""))
        for rule in data.get("rules") or ()
    )  # fmt: skip
    return FaultPlan(rules, int(data.get("seed") or 0), str(data.get("title") or ""))


def _when(data: Mapping[str, Any]) -> When:
    said = dict(data)
    for name in ("nth", "call"):
        value = said.get(name, ())
        said[name] = (value,) if isinstance(value, int) else tuple(value)
    return When(**said)


def plan_faults(data: Mapping[str, Any]) -> Iterator[Wrong]:
    """What the schema cannot say: knobs at routes where they mean nothing, two ends of one answer, lone companions."""
    for number, rule in enumerate(data.get("rules") or ()):
        knobs = [knob for knob, value in rule["do"].items() if value is not False]
        yield from _misplaced(("rules", number, "do"), rule["when"]["route"], knobs)
        ends = [knob for knob in _ALONE if knob in knobs]
        if len(ends) > 1:
            message = f"{' and '.join(ends)} cannot both end the same answer"
            yield Wrong(("rules", number, "do", ends[1]), message, "keep one, or make two rules with different `nth`")
        for knob, wanted in _NEEDS.items():
            if knob in knobs and not any(other in knobs for other in wanted):
                hint = f"write it beside {' or '.join(wanted)}"
                yield Wrong(("rules", number, "do", knob), f"{knob} says nothing by itself", hint)
        if "lock" in knobs and not rule["do"]["lock"]:
            yield Wrong(("rules", number, "do", "lock"), "lock does not say when the account is unlocked",
                        "write `{seconds: 5}` or `{requests: 3}`")  # fmt: skip


def _misplaced(path: tuple[str | int, ...], route: str, knobs: list[str]) -> Iterator[Wrong]:
    for knob in knobs:
        if route not in KNOBS[knob]:
            fits = ", ".join(KNOBS[knob])
            yield Wrong((*path, knob), f"{knob} means nothing at the route {route}", f"it belongs to: {fits}")
