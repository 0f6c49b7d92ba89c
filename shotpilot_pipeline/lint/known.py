"""Every rule id there is, whether the linter runs it or another room tells it, without the pages about them."""

from __future__ import annotations

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint import cast, handoff, naming, request, series, size, slots, stage, words, writing  # noqa: F401
from shotpilot_pipeline.lint.registry import AROUND, SHOTS, TEXTS, WHOLE

#: Rules of the linter, with their severity.
OWN = {rule.id: rule.severity for rule in (*TEXTS, *SHOTS, *AROUND, *WHOLE)}
#: Errors that other rooms tell: a file, a request or a record that cannot be used as it is.
ERRORS = frozenset(
    """
    add-images aspect-unsupported baseline budget element-no-frontal element-too-many-refs element-undeclared
    elements-too-many faults file folder image-count image-undeclared include include-cycle include-twice mention model-card
    model-unable moved name-case name-file name-long name-reserved name-shared outputs-name outside pick-address
    person-without-consent prompt-empty prompt-too-long ref-file-unusable renders request-invalid resolution-unsupported
    run-files schema-choice schema-missing-key schema-name schema-one-of schema-pattern schema-range
    schema-size schema-type schema-unknown-key schema-version series-amount-missing series-amount-range series-panel-mismatch
    series-unsupported settings store-picture store-record lock loop template twin-list unknown-look unknown-model unknown-pick
    unknown-stage vary yaml-alias yaml-anchor yaml-bracket yaml-character yaml-conflict yaml-cut yaml-documents
    yaml-duplicate yaml-empty yaml-indent yaml-key yaml-line yaml-merge yaml-nesting yaml-quote yaml-sign yaml-size
    yaml-syntax yaml-tab yaml-tag yaml-text
    """.split()
)
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
    **dict.fromkeys(("pick-stale", "store-foreign", "store-index", "store-orphan"), Severity.WARNING),
    "no-hero": Severity.INFO,
}
KNOWN = frozenset({*OWN, *ERRORS, *WARNINGS})


def hard(rule: str) -> bool:
    """Whether a rule gives errors by itself: it can be neither ignored nor turned down."""
    return rule in ERRORS or OWN.get(rule) is Severity.ERROR
