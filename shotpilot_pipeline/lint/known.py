"""Every rule id there is, whether the linter runs it or another room tells it, without the pages about them."""

from __future__ import annotations

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint import cast, handoff, naming, request, series, size, slots, stage, words, writing  # noqa: F401
from shotpilot_pipeline.lint.reading import listed
from shotpilot_pipeline.lint.registry import AROUND, SHOTS, TEXTS, WHOLE

#: Rules of the linter, with their severity.
OWN = {rule.id: rule.severity for rule in (*TEXTS, *SHOTS, *AROUND, *WHOLE)}
#: Errors that other rooms tell: a file, a request or a record that cannot be used as it is.
ERRORS = frozenset(listed("errors"))
#: Rules that other rooms tell as a warning, or as both.
WARNINGS = {
    **dict.fromkeys(
        (
            "ignore-idle",
            "ignore-unknown",
            "ignore-hard",
            "ignore-reason",
            "negative-prompt-used",
            "overrides-every-stage",
        ),
        Severity.WARNING,
    ),
    **dict.fromkeys(
        ("motion-older-than-pick", "pick-stale", "store-foreign", "store-index", "store-orphan"), Severity.WARNING
    ),
    **dict.fromkeys(("no-hero", "again"), Severity.INFO),
}
KNOWN = frozenset({*OWN, *ERRORS, *WARNINGS})


def hard(rule: str) -> bool:
    """Whether a rule gives errors by itself: it can be neither ignored nor turned down."""
    return rule in ERRORS or OWN.get(rule) is Severity.ERROR
