"""docs/rules.md out of the registry: `python -m tests.tools.rules_page` writes it, `--check` compares it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from shotpilot_pipeline.lint.known import hard
from shotpilot_pipeline.lint.manual import Page, pages

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
INTRO = Path(__file__).with_name("rules_intro.md")

#: Each Common Mistake, Limitation and line of the framework of the model guide, and the rules that speak of it.
COVERAGE = (
    ("Common mistake", "Using negative_prompt", ("negative-prompt-used", "negation-in-prompt")),
    ("Common mistake", "O3 I2I with single image", ("o3-i2i-single-image",)),
    (
        "Common mistake",
        "Vague series prompts",
        ("series-no-panels", "series-panel-thin", "series-panel-twins", "series-panel-mismatch"),
    ),
    ("Common mistake", "4K for iteration", ("4k-while-iterating", "stage-not-rising", "many-at-final")),
    ("Common mistake", "JPEG for compositing work", ("jpeg-for-comp",)),
    (
        "Common mistake",
        "Inconsistent character across shots",
        ("cast-ref-drift", "cast-not-bound", "cast-text-drift", "memory-words"),
    ),
    (
        "Limitation",
        "No ControlNet/spatial guidance (pose, depth maps)",
        ("unsupported-control",),
    ),
    ("Limitation", "No inpainting or regional editing", ("unsupported-control",)),
    ("Limitation", "Elements: face-only, not full body/clothing control", ("element-body-undescribed",)),
    ("Limitation", "Series consistency may drift beyond 4 panels", ("series-over-4",)),
    ("Limitation", "No upscaling endpoint (use external tools)", ("upscale-asked", "reroll-not-enlarge")),
    (
        "Limitation",
        "V3 lacks series, multi-ref, and 4K",
        ("series-unsupported", "image-count", "resolution-unsupported", "model-unable"),
    ),
    (
        "Framework",
        "`[SHOT TYPE & LENS] + [SUBJECT] + [ACTION/POSE] + [ENVIRONMENT] + [LIGHTING & MOOD]`",
        ("slot-shot-size", "slot-lens", "slot-subject", "slot-action", "slot-place", "slot-light", "slot-order"),
    ),
    (
        "Framework",
        'Use cinematographic terms: "Medium shot, 50mm, f/1.4"',
        ("slot-shot-size", "slot-lens", "size-conflict", "lens-conflict", "prestige-words"),
    ),
    (
        "Framework",
        "Embed negatives in positive prompt (not negative_prompt)",
        ("negative-prompt-used", "negation-in-prompt"),
    ),
    (
        "Framework",
        'For O3 series: "Panel 1: ... Panel 2: ... Panel 3: ..."',
        ("series-no-panels", "series-panel-order", "series-panel-mismatch", "panels-without-series"),
    ),
    (
        "Framework",
        'For O3 multi-ref: "Combine @Image1 composition with @Image2 style"',
        ("image-role-missing", "image-unused", "image-undeclared"),
    ),
    (
        "Elements",
        "Use frontal, well-lit reference photos",
        ("element-no-frontal", "ref-photo-poor", "ref-file-unusable"),
    ),
    (
        "Elements",
        "Reference as `@Element1`, `@Element2`, etc.",
        ("element-undeclared", "element-unused", "native-ref-syntax"),
    ),
    (
        "Elements",
        "Works for face insertion — body/clothing from prompt",
        ("element-body-undescribed", "element-face-redescribed"),
    ),
    ("Elements", "Keep same reference images across project for consistency", ("cast-ref-drift",)),
)


def rules_page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    head, tail = INTRO.read_text(encoding="utf-8").split("<!-- coverage -->\n")
    yield head.rstrip("\n")
    yield ""
    yield "| of the guide | line | rules |"
    yield "|---|---|---|"
    for part, line, rules in COVERAGE:
        yield f"| {part} | {line} | {', '.join(f'[{rule}](#{rule})' for rule in rules)} |"
    yield ""
    yield tail.rstrip("\n")
    part = ""
    for page in pages().values():
        if page.part != part:
            part = page.part
            yield f"\n## {part}"
        yield from _rule(page)


def _rule(page: Page) -> Iterator[str]:
    yield f"\n### {page.id}\n"
    told = [f"**{page.severity.value}**"]
    told += ["cannot be ignored"] if hard(page.id) else []
    told += [{"automatic": "mends itself", "proposed": "a cure is proposed"}[page.fix]] if page.fix else []
    told += [f"also called {', '.join(page.other_ids)}"] if page.other_ids else []
    yield f"{page.says} ({'; '.join(told)})\n"
    yield page.why
    for word, text in (("Breaks it:", page.bad), ("Does not:", page.good)):
        if text:
            yield f"\n{word}\n"
            yield f"```yml\n{text.rstrip()}\n```"


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with `--check` say whether it is the one that would be written."""
    wanted = rules_page()
    if "--check" in (sys.argv[1:] if arguments is None else arguments):
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted
        print("rules: docs/rules.md is current" if current else "docs/rules.md is not current: make rules")
        return 0 if current else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
