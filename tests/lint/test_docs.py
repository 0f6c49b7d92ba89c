"""docs/rules.md is what the registry says, and the guide is covered line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shotpilot_pipeline.lint.manual import page_of, pages
from tests.tools.rules_page import COVERAGE, PAGE, main, rules_page

#: The ids of the usual catalogue of faults of these models. Each is a rule here, another name of one, or not needed.
CATALOGUE = """
prompt-empty prompt-too-long template-unresolved negative-prompt-used negation-in-prompt weights-or-flags
native-ref-syntax smart-chars duplicate-request unknown-field element-undeclared element-unused element-legacy-shape
element-no-frontal element-too-many-refs elements-too-many element-body-undescribed element-face-redescribed
cast-not-bound cast-ref-drift cast-text-drift multi-cast-attribution ref-file-unusable ref-photo-poor image-undeclared
image-unused image-count o3-i2i-single-image image-role-missing person-without-consent named-person-brand-artist
series-unsupported series-amount-range series-amount-missing series-panel-mismatch series-no-panels series-panel-order
series-panel-thin series-panel-twins series-over-4 panels-without-series resolution-unsupported 4k-while-iterating
stage-not-rising final-without-pick reroll-not-enlarge num-images-range many-at-final aspect-unsupported aspect-mixed
aspect-words jpeg-for-comp webp-handoff upscale-asked budget-over slot-shot-size slot-lens slot-subject slot-action
slot-place slot-light slot-order size-conflict lens-conflict tod-intext-conflict prestige-words camera-move-in-still
memory-words unsupported-control text-unquoted text-on-v3 text-long too-many-words moderation-risk motion-missing
motion-redescribes-still duration-range multi-shot-limits multi-part-long vidu-prompt-long start-frame-unusable
end-frame-ratio end-frame-missing motion-older-than-pick no-hero
"""
NOT_NEEDED = ("series-num-images", "image-outside-i2i")


def test_the_page_is_current() -> None:
    assert rules_page() == PAGE.read_text(encoding="utf-8"), "make rules"
    assert main(["--check"]) == 0


def test_every_rule_of_the_catalogue_is_here() -> None:
    assert [id for id in CATALOGUE.split() if page_of(id) is None] == []
    assert all(f"`{id}`" in PAGE.read_text(encoding="utf-8") for id in NOT_NEEDED)


def test_the_table_names_rules_that_there_are() -> None:
    assert [rule for _, _, rules in COVERAGE for rule in rules if rule not in pages()] == []


@pytest.mark.parametrize(
    ("heading", "pattern"),
    [
        ("## Common Mistakes", r"^\| (?!Mistake|-)([^|]+?) \|"),
        ("## Limitations", r"^- (.+)$"),
        ("## Prompt Framework", r"^(?:- |\*\*Structure:\*\* )(.+)$"),
        ("## Elements (Face Control)", r"^- (.+)$"),
    ],
)
def test_every_line_of_the_guide_is_covered(root: Path, heading: str, pattern: str) -> None:
    guide = (root / "tests/guide/model-guide.md").read_text(encoding="utf-8")
    section = guide.split(f"\n{heading}\n")[1].split("\n## ")[0].split("\n---")[0]
    lines = [line for line in re.findall(pattern, section, re.M) if set(line) - set("-| ")]
    assert len(lines) > 3
    covered = {line for _, line, _ in COVERAGE}
    assert [line for line in lines if line not in covered] == []
