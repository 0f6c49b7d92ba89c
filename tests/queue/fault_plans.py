"""Random fault plans for property tests: every quick knob, at every route at which it means something."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shotpilot_pipeline.queue.rehearsal.faults.plan import KNOBS, ROUTES

_PLACES = st.integers(-40, 700)
#: What each knob may be. Those that take time (delay, hang, drip, down) are left to tests that can wait.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "drop": st.sampled_from(["before", "accepted"]),
    "cut": _PLACES,
    "reset": _PLACES,
    "gateway": st.sampled_from([502, 503, 504]),
    "too_many": st.just(True),
    "answer": st.fixed_dictionaries(
        {"code": st.sampled_from([200, 202, 301, 400, 404, 409, 422, 500])},
        optional={"text": st.sampled_from(["", "{}", "[]", "null", "<html>", '{"images": 3}', '{"status": 7}'])},
    ),
    "empty": st.sampled_from(["json", "body"]),
    "early": st.sampled_from([400, 202]),
    "gone": st.sampled_from([403, 404, 410]),
    "status": st.sampled_from(["", "IN_QUEUE", "IN_PROGRESS", "COMPLETED", "CANCELLED", "PONDERING"]),
    "without": st.lists(
        st.sampled_from(["logs", "status", "request_id", "status_url", "images", "metrics"]), min_size=1, max_size=3
    ),
    "null_sizes": st.just(True),
    "units": st.sampled_from(["", "{}.0", "7", "x"]),
    "urls": st.just("https://elsewhere.example"),
    "echo": st.just(True),
    "fail": st.sampled_from(
        ["policy", "no-media", "invalid", "words", "path", "server", "timeout", "downstream", "runner", "scheduling"]
    ),
    "billed": st.integers(0, 9),
    "images": st.integers(0, 9),
    "race": st.just(True),
    "content_type": st.sampled_from(["text/html", ""]),
    "truncate": _PLACES,
    "blank": _PLACES,
    "change": _PLACES,
    "page": st.just(True),
    "bomb": st.just(True),
    "lag": st.integers(0, 100),
    "page_size": st.integers(1, 3),
    "no_payloads": st.just(True),
    "omit": st.sampled_from(["*", "sc010/sh010*"]),
}  # fmt: skip
_ENDS = ("drop", "cut", "reset")


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """One rule that is right by the schema and by `plan_faults`."""
    route = draw(st.sampled_from(ROUTES))
    knobs = [knob for knob in VALUES if route in KNOBS[knob]]
    chosen = draw(st.lists(st.sampled_from(knobs), min_size=1, max_size=2, unique=True))
    if sum(knob in _ENDS for knob in chosen) > 1:
        chosen = chosen[:1]
    when: dict[str, Any] = {"route": route}
    when |= draw(st.sampled_from([{}, {"nth": 1}, {"nth": [2, 3]}, {"every": 2}, {"chance": 0.5}, {"call": 1}]))
    return {"when": when, "do": {knob: draw(VALUES[knob]) for knob in chosen}}


def fault_plans() -> st.SearchStrategy[dict[str, Any]]:
    """A whole plan as plain data."""
    return st.fixed_dictionaries(
        {"faults": st.just(1), "seed": st.integers(0, 9), "rules": st.lists(rules(), min_size=1, max_size=5)}
    )
