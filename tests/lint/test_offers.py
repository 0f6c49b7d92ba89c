"""What a problem's own words offer: the cure is proposed, mends the fault, and touches nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.lint.offers import offered
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.fixing import mend
from shotpilot_pipeline.shotlist.pages import Pages
from tests.lint.linting import TODAY, checked, the

LIST = "shotlist: 1\nshow: s\nscenes:\n  sc010:\n    shots:\n      sh010:\n"
WORDS = "subject: a key\naction: lies there\n"


def after(folder: Path, snippet: str, rule: str) -> str:
    """The list as `fix --proposed --rule RULE` leaves it."""
    checked(folder, whole_list(snippet))
    file = folder / "list.yaml"

    def wanted(problem: Problem) -> bool:
        return problem.rule == rule

    made = mend([file], wanted, lambda path, pages: check_file(path, None, pages, TODAY).problems)
    assert made.files, made.lists
    text = made.files[file][1]
    left = check_file(file, None, Pages({file: text}), TODAY).problems
    assert [str(one) for one in left if one.rule == rule] == []
    assert [str(one) for one in left if one.severity is Severity.ERROR] == []
    return text


@pytest.mark.parametrize(
    ("snippet", "rule", "then"),
    [
        (WORDS + "lense: 35mm\n", "schema-unknown-key", "lens: 35mm\n"),
        (WORDS + "lighting: dusk\n", "schema-unknown-key", "light: dusk\n"),
        (WORDS + "num_images: 3\n", "schema-unknown-key", "takes: 3\n"),
        (WORDS + 'output_format: "jpg"   # small\n', "schema-choice", 'output_format: "jpeg"   # small\n'),
        (WORDS + "takes: 0\n", "schema-range", "takes: 1\n"),
        (WORDS + "tags: hero\n", "schema-type", "tags: [hero]\n"),
        (WORDS + "model: kling-v4\n", "unknown-model", "model: kling-v3\n"),
        (WORDS + "resolution: 4K\nmodel: kling-v3\n", "resolution-unsupported", "model: kling-o3\n"),
        (WORDS + "resolution: 4K\nmodel: [kling-v3]\n", "resolution-unsupported", "model: [kling-v3, kling-o3]\n"),
        (WORDS + "aspect_ratio: 2.39:1\n", "aspect-unsupported", "aspect_ratio: 21:9\n"),
        (WORDS + "aspect_ratio: 16x9\n", "aspect-unsupported", "aspect_ratio: 16:9\n"),
        ("subject: a bar in {{ vars.clup }}\n", "template", "subject: a bar in {{ vars.club }}\n"),
        ("subject: \"{{ vars.club | uppr }}\"\n", "template", "subject: \"{{ vars.club | upper }}\"\n"),
        (WORDS + "look: nior\n", "unknown-look", "look: noir\n"),
        ('subject: "@verra\'s hand"\n', "mention", 'subject: "@vera\'s hand"\n'),
        (WORDS + "model: kling-o3\nseries: {panels: [a long street, a far door], amount: 3}\n",
         "series-panel-mismatch", "amount: 2}\n"),
    ],
)  # fmt: skip
def test_the_word_at_fault_is_replaced(tmp_path: Path, snippet: str, rule: str, then: str) -> None:
    text = after(tmp_path, snippet, rule)
    assert then in text
    before = whole_list(snippet).splitlines()
    assert sum(one != other for one, other in zip(before, text.splitlines(), strict=True)) == 1


def test_a_key_that_nobody_knows_is_taken_out_with_its_line(tmp_path: Path) -> None:
    assert after(tmp_path, WORDS + "seed: 7\n", "schema-unknown-key") == whole_list(WORDS)
    found = the(tmp_path, "schema-unknown-key", WORDS + "seed:\n  of: 7\n")
    assert found.fix is None


@pytest.mark.parametrize(
    ("prompt", "then"),
    [
        (
            "prompt: |\n  A wide, empty street.\n  Rain.\n",
            "prompt: |\n  A wide, empty street.\n  Rain.\n  Avoid: people.\n",
        ),
        ("prompt: A street in the rain\n", 'prompt: "A street in the rain. Avoid: people."\n'),
        ("prompt: 'A street: rain.'\n", "prompt: 'A street: rain. Avoid: people.'\n"),
        (WORDS, WORDS + 'style: "Avoid: people"\n'),
    ],
)
@pytest.mark.parametrize("value", ["people", '"people"', "people."])
def test_a_negative_prompt_becomes_a_sentence_of_the_prompt(tmp_path: Path, prompt: str, then: str, value: str) -> None:
    assert after(tmp_path, prompt + f"negative_prompt: {value}\n", "negative-prompt-used") == whole_list(then)


@pytest.mark.parametrize(
    "snippet",
    [
        "prompt: A street  # remark\nnegative_prompt: people\n",
        "prompt: A street\n  in the rain\nnegative_prompt: people\n",
        "prompt: 'A street'\nnegative_prompt: the man's hat\n",
        "prompt: A street\nnegative_prompt: |\n  people\n",
        WORDS + "style: drawn\nnegative_prompt: people\n",
        "sh010: {prompt: A street, negative_prompt: people}\n",
    ],
)
def test_where_it_is_not_plain_how_nothing_is_offered(tmp_path: Path, snippet: str) -> None:
    assert the(tmp_path, "negative-prompt-used", snippet).fix is None


@pytest.mark.parametrize(
    ("message", "line", "start", "end"),
    [
        ("'ab' is not a key", "  abc: 1", 3, 6),  # only a part of the word
        ("'ab' is not a key", "  ab ab: 1", 3, 8),  # twice
        ("'ab' is not a key", "  cd: 1", 3, 5),  # not there
    ],
)
def test_a_word_that_does_not_stand_there_alone_is_left(message: str, line: str, start: int, end: int) -> None:
    problem = Problem("x", Place("f", 1, start), message, 'did you mean "ac"?', end=Place("f", 1, end))
    assert offered(problem, [line]) is None


def test_problems_outside_of_the_text_are_left(tmp_path: Path) -> None:
    for place in (Place("f"), Place("f", 3, 1), Place("f", 1, 0)):
        assert offered(Problem("x", place, "'ab' is no key", 'did you mean "ac"?'), ["ab"]) is None


def test_proposals_wait_until_they_are_asked_for(tmp_path: Path) -> None:
    found = checked(tmp_path, whole_list(WORDS + "lense: 35mm\ntakes: 0\n"))
    assert {problem.fix.automatic for problem in found if problem.fix} == {False}


@pytest.mark.parametrize(
    ("snippet", "rule", "then"),
    [
        (
            "stages:\n  iterate: {model: kling-o3, resolution: 4K, takes: 1}\n"
            "  final: {model: kling-o3, resolution: 4K, carry: image}\n",
            "4k-while-iterating", "iterate: {model: kling-o3, resolution: 1K, takes: 1}\n",
        ),
        (
            "stages:\n  iterate: {model: kling-o3, takes: 1}\n  final:\n    model: kling-o3\n    resolution: 4K\n",
            "reroll-not-enlarge", "  final:\n    carry: image\n    model: kling-o3\n",
        ),
        ("subject: a key\naction: lies there, slow zoom in on its teeth\n", "camera-move-in-still",
         "        motion: slow zoom in on its teeth\n        action: lies there\n"),
        ('subject: "@vera with long blonde hair in @vera.wardrobe, waits"\n', "", ""),
        ('subject: "@vera in @vera.wardrobe, with long blonde hair"\n', "element-face-redescribed",
         'subject: "@vera in @vera.wardrobe"\n'),
        ("subject: a shop with a sign that says CLOSED TODAY in the rain\nmodel: kling-o3\n", "text-unquoted",
         "a sign that says 'CLOSED TODAY' in the rain\n"),
        ("prompt: Rain on the long and empty street behind the old club, a man waits there alone, wide shot, 35mm\n",
         "slot-order",
         "prompt: Wide shot. Rain on the long and empty street behind the old club, a man waits there alone, 35mm\n"),
    ],
)  # fmt: skip
def test_the_rules_of_the_house_offer_cures(tmp_path: Path, snippet: str, rule: str, then: str) -> None:
    if rule:
        assert then in after(tmp_path, snippet, rule)
    else:
        assert the(tmp_path, "element-face-redescribed", snippet).fix is None


MARKED = 'model: kling-o3\nprompt: "Panel 1: a long street at dawn. Panel 2: a far door, ajar."\n'
TWO = "Wide shot, an empty courtroom at dawn. Close-up, the gavel on the desk."


@pytest.mark.parametrize(
    ("snippet", "rule", "then"),
    [
        ("subject: a street, no people\naction: shines\n", "negation-in-prompt", 'subject: "a street, deserted"\n'),
        ("subject: a man without a hat, waiting\n", "negation-in-prompt", 'subject: "a man, bareheaded, waiting"\n'),
        ('subject: "a sky with no clouds."\n', "negation-in-prompt", 'subject: "a sky, a clear sky."\n'),
        ("subject: the key, enhanced to 4K, on a step\n", "upscale-asked", "subject: the key, on a step\n"),
        ('subject: a key\naction: lies there, upscaled 4x\n', "upscale-asked", "action: lies there\n"),
        ('subject: She turns\naction: "the door opens for @vera in @vera.wardrobe"\n', "memory-words",
         'subject: "@vera turns"\n'),
        ('subject: "@vera at the bar, in the same coat"\n', "memory-words",
         'subject: "@vera at the bar, in @vera.wardrobe"\n'),
        ("subject: a bridge in the style of Ada Quill, huge\n", "named-person-brand-artist",
         "subject: a bridge, huge\n"),
        ("subject: a bridge, Ada Quill's palette\naction: sways\n", "named-person-brand-artist",
         "subject: a bridge\n"),
        (MARKED + "series: {}\n", "series-amount-missing", "series: {amount: 2}\n"),
        (MARKED + "series: { lead: Storyboard. }\n", "series-amount-missing",
         "series: {amount: 2,  lead: Storyboard. }"),
        (MARKED + "series:\n  lead: Storyboard.\n", "series-amount-missing",
         "          amount: 2\n          lead: Storyboard.\n"),
        (f"model: kling-o3\nprompt: {TWO}\nseries: {{amount: 2}}\n", "series-no-panels",
         "Panel 1: Wide shot, an empty courtroom at dawn. Panel 2: Close-up, the gavel on the desk."),
    ],
)  # fmt: skip
def test_cures_that_a_list_of_words_or_a_count_can_give(tmp_path: Path, snippet: str, rule: str, then: str) -> None:
    assert then in after(tmp_path, snippet, rule)


@pytest.mark.parametrize(
    ("snippet", "rule"),
    [
        ("subject: a street with no people in it\n", "negation-in-prompt"),  # what is in the way is part of the words
        ("subject: a man who does not smile\n", "negation-in-prompt"),
        ("subject: an upscaled alley\n", "upscale-asked"),
        ('subject: "She hands @vera in @vera.wardrobe a letter"\n', "memory-words"),
        ("subject: He waits\n", "memory-words"),  # nobody is sent
        ('subject: "the same woman beside @vera in @vera.wardrobe"\n', "memory-words"),
        (MARKED.replace("Panel 2", "Panel 3") + "series: {}\n", "series-amount-missing"),
        (f"model: kling-o3\nprompt: {TWO}\nseries: {{amount: 3}}\n", "series-no-panels"),
    ],
)  # fmt: skip
def test_where_anything_is_open_no_cure_is_offered(tmp_path: Path, snippet: str, rule: str) -> None:
    assert the(tmp_path, rule, snippet).fix is None


def test_4k_that_holds_for_every_stage_is_no_matter_of_a_word(tmp_path: Path) -> None:
    stages = "stages:\n  iterate: {model: kling-o3, takes: 1}\n  final: {model: kling-o3, carry: image}\n"
    found = checked(
        tmp_path, whole_list(stages + "defaults: {size: MS, lens: 50mm, place: a bar, light: lamp, resolution: 4K}\n")
    )
    four = [problem for problem in found if problem.rule == "4k-while-iterating"]
    assert four
    assert four[0].fix is None


def test_a_list_gone_wrong_at_its_head_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("Shotlist: 1\nshow:\nscenes: {}\n")
    found = check_file(tmp_path / "list.yaml", None, None, TODAY).problems
    assert [problem.rule for problem in found] == ["schema-unknown-key", "yaml-empty"]


def test_a_format_that_no_model_has_is_not_told_as_one_more_format(tmp_path: Path) -> None:
    shots = "".join(f"sh0{n}: {{subject: a key {n}, action: lies, aspect_ratio: {ratio}}}\n"
                    for n, ratio in enumerate(("16:9", "2.39:1", "1:1")))  # fmt: skip
    found = checked(tmp_path, whole_list(shots))
    assert [(one.rule, one.address) for one in found] == [
        ("aspect-unsupported", "sc010/sh01"), ("aspect-mixed", "sc010/sh02"),
    ]  # fmt: skip
