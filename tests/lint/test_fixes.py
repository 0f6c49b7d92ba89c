"""Every cure of the manual mends the bad example of its rule, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Problem, Severity
from shotpilot_pipeline.lint.manual import Page, pages, whole_list
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.fixing import Check, mend, write_mended
from shotpilot_pipeline.shotlist.pages import Pages
from tests.lint.linting import TODAY, checked

CURED = [page for page in pages().values() if page.bad and page.fix]


def checking() -> Check:
    return lambda file, known: check_file(file, None, known, TODAY).problems


@pytest.mark.parametrize("page", CURED, ids=lambda page: page.id)
def test_a_bad_example_is_mended(page: Page, tmp_path: Path) -> None:
    before = [one for one in checked(tmp_path, whole_list(page.bad)) if one.rule == page.id]
    assert before
    file = tmp_path / "list.yaml"

    def wanted(problem: Problem) -> bool:
        return problem.rule == page.id and problem.fix is not None

    made = mend([file], wanted, checking())
    assert made.files, before[0].fix
    write_mended(made)
    left = check_file(file, None, Pages(), TODAY).problems
    assert [one for one in left if one.rule == page.id] == []
    assert [one for one in left if one.severity is Severity.ERROR] == []
    assert mend([file], wanted, checking()).files == {}
