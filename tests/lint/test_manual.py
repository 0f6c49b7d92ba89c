"""The manual keeps its word: every rule has a page, each bad example breaks that rule alone, each good one none."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.known import ERRORS, KNOWN, OWN, WARNINGS
from shotpilot_pipeline.lint.manual import Page, near_rules, page_of, pages, whole_list
from shotpilot_pipeline.values.mending import mended
from tests.lint.linting import checked
from tests.tools.rule_ids import rule_ids

PAGES = list(pages().values())
SHOWN = [page for page in PAGES if page.bad]
#: Rules that no shot list alone can break. Where each is shown instead:
ELSEWHERE = {
    **dict.fromkeys(("settings", "baseline"), "tests/lint/test_settings.py"),
    **dict.fromkeys(("motion-older-than-pick", "no-hero", "ref-photo-poor", "start-frame-unusable"), "tests/lint/"),
    **dict.fromkeys(("model-card", "request-invalid", "model-unable"), "tests/catalog/test_cards.py, tests/shotlist/"),
    **dict.fromkeys(("element-too-many-refs",), "tests/shotlist/test_compile_references.py"),
    **dict.fromkeys(("folder", "file", "outside", "twin-list"), "tests/pipeline/, tests/cli/"),
    **dict.fromkeys(
        ("include-cycle", "include-twice", "name-file", "name-long"), "tests/shotlist/test_read_include.py"
    ),
    **dict.fromkeys(("pick-stale", "lock", "faults", "renders", "run-files"), "tests/store/, tests/pipeline/"),
    **dict.fromkeys(("store-picture", "store-record", "store-foreign", "store-index", "store-orphan"), "tests/store/"),
    **dict.fromkeys(
        (
            "yaml-syntax",
            "yaml-sign",
            "yaml-merge",
            "yaml-key",
            "yaml-nesting",
            "yaml-size",
            "yaml-alias",
            "yaml-anchor",
        ),
        "tests/shotlist/test_read_yaml.py",
    ),
    **dict.fromkeys(("picks-show", "picks-conflict", "choices", "choices-show"), "tests/pipeline/, tests/shotlist/"),
    **dict.fromkeys(("rulings", "again"), "tests/store/, tests/pipeline/"),
    **dict.fromkeys(("empty", "layout"), "tests/shotlist/"),
    **dict.fromkeys(("yaml-character", "schema-name", "schema-size"), "tests/shotlist/test_read_schema.py"),
}
#: What a cure cannot but uncover: an ignore spelled rightly catches nothing where nothing is wrong.
UNCOVERED = {"ignore-unknown": ("ignore-idle",)}


def test_every_rule_that_any_problem_can_carry_has_a_page() -> None:
    found = rule_ids()
    assert len(found) > 140
    assert {id: where for id, where in found.items() if id not in pages()} == {}


def test_the_lists_of_rules_and_the_pages_are_the_same() -> None:
    assert set(pages()) == set(KNOWN)
    assert not set(OWN) & ERRORS
    assert not set(OWN) & set(WARNINGS)
    for id in ERRORS:
        assert pages()[id].severity is Severity.ERROR
    for id, severity in WARNINGS.items():
        assert pages()[id].severity is severity


def test_every_rule_is_shown_here_or_somewhere() -> None:
    assert {page.id for page in PAGES if not page.bad} == set(ELSEWHERE)


@pytest.mark.parametrize("page", SHOWN, ids=[page.id for page in SHOWN])
def test_the_bad_example_breaks_this_rule_alone(page: Page, tmp_path: Path) -> None:
    found = checked(tmp_path, whole_list(page.bad))
    assert {problem.rule for problem in found} == {page.id}, "\n".join(map(str, found))
    worst = {problem.severity for problem in found}
    assert page.severity in worst or page.id in ("elements-too-many", "element-legacy-shape")
    assert all(problem.place.line and problem.message for problem in found)


@pytest.mark.parametrize("page", SHOWN, ids=[page.id for page in SHOWN])
def test_the_good_example_breaks_no_rule(page: Page, tmp_path: Path) -> None:
    assert page.good
    assert [str(problem) for problem in checked(tmp_path, whole_list(page.good))] == []


@pytest.mark.parametrize("page", SHOWN, ids=[page.id for page in SHOWN])
def test_a_fix_is_given_where_the_page_says_so(page: Page, tmp_path: Path) -> None:
    fixes = [problem.fix for problem in checked(tmp_path, whole_list(page.bad))]
    kinds = {"" if fix is None else "automatic" if fix.automatic else "proposed" for fix in fixes}
    assert kinds == {page.fix}


@pytest.mark.parametrize("page", [page for page in SHOWN if page.fix], ids=lambda page: page.id)
def test_the_fix_mends_it_and_nothing_else(page: Page, tmp_path: Path) -> None:
    text = whole_list(page.bad)
    found = checked(tmp_path, text)
    for problem in found:
        assert problem.fix is not None
        text = mended(text, problem.fix.edits)
    left = [problem for problem in checked(tmp_path, text) if problem.rule not in UNCOVERED.get(page.id, ())]
    assert [str(problem) for problem in left] == [], text


def test_an_id_of_the_reference_leads_to_the_rule_that_covers_it() -> None:
    page = page_of("unknown-field")
    assert page is not None
    assert page.id == "schema-unknown-key"
    assert page_of("nothing-at-all") is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rights", ["person-without-consent"]),
        ("rigths", ["person-without-consent"]),
        ("consents", ["person-without-consent"]),
        ("weights", ["weights-or-flags"]),
        ("lens", ["slot-lens", "lens-conflict"]),
        ("lense", ["slot-lens", "lens-conflict"]),
        ("slot_lens", ["slot-lens"]),
        ("Slot-Lense", ["slot-lens"]),
        ("xyzzy", []),
        ("", []),
    ],
)
def test_a_rule_that_is_not_there_is_near_to_those_that_can_be_meant(name: str, meant: list[str]) -> None:
    assert near_rules(name) == meant


def test_a_word_of_an_id_offers_the_rules_that_have_it() -> None:
    assert all("pick" in id for id in near_rules("pick"))
    assert all("series" in id for id in near_rules("series"))
