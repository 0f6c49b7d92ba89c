"""What only the whole list can tell: other shots' picks, file names, moves and budgets; and all problems at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shotlist.compiling import CAST, STAGES, compiled, show

O3 = STAGES.replace("kling-v3", "kling-o3")
SHOTS = """
sh010: {prompt: a}
sh020: {omit: true}
sh030: {series: {panels: [a, b]}, stages: {final: {panels: each}}}
sh040: {prompt: c, vary: {axes: {light: {dusk: blue, neon: red}}}}
sh050: {prompt: "c {{ axis.light }}", vary: {axes: {light: {dusk: blue, neon: red}}, variants: all}}
"""


def asks(folder: Path, image: str) -> list[tuple[str, str]]:
    shot = f'sh090: {{prompt: "@plate", images: {{plate: {image}}}, stages: {{refine: skip, final: skip}}}}'
    return [(error.message, error.hint) for error in show(folder, SHOTS + shot, head=O3).errors]


@pytest.mark.parametrize(
    "image",
    [
        "{pick: sc010/sh010@iterate}",
        "{pick: sc010/sh010@final}",
        "{pick: sc010/sh030@iterate, panel: 2}",
        "{pick: sc010/sh030@final, panel: 2}",
        "{pick: sc010/sh030.p02@final}",
        "{pick: sc010/sh040@iterate}",
        "{pick: sc010/sh040.dusk@iterate}",
        "{pick: sc010/sh050.dusk@refine}",
    ],
)
def test_another_tasks_pick_can_be_asked_for(image: str, tmp_path: Path) -> None:
    assert asks(tmp_path, image) == []


@pytest.mark.parametrize(
    ("image", "says", "hint"),
    [
        ("{pick: sc010/sh011@iterate}", "there is no task sc010/sh011@iterate", "sc010/sh010@iterate"),
        ("{pick: sc010/sh010@itrate}", "sc010/sh010 is not rendered at stage 'itrate'", "iterate"),
        ("{pick: sc010/sh010}", "sc010/sh010 does not say at which stage", "write sc010/sh010@STAGE"),
        ("{pick: sc010/sh090}", "sc010/sh090 does not say at which stage", "name another shot"),
        ("{pick: sc010/sh011}", "sc010/sh011 does not say at which stage", "write sc010/sh011@STAGE"),
        ("{pick: sc010/sh010@iterate#2}", "sc010/sh010@iterate#2 names a take", "write sc010/sh010@iterate"),
        ("{pick: sc010/sh010#2}", "sc010/sh010#2 names a take", "write sc010/sh010@STAGE and pick take 2"),
        ("{pick: sh010@iterate}", "is not an address", "a pick is {pick: scene/shot@stage}"),
        ("{pick: sc010/sh020@iterate}", "sc010/sh020@iterate is omitted", "take the omit away"),
        ("{pick: sc010/sh030@iterate}", "sc010/sh030@iterate is a series of 2 panels", "panel: 1"),
        ("{pick: sc010/sh030@iterate, panel: 3}", "has 2 panels, not 3", "correct panel"),
        ("{pick: sc010/sh030@final, panel: 3}", "has no panel 3", "correct panel"),
        ("{pick: sc010/sh010@iterate, panel: 2}", "has 1 panel, not 2", "correct panel"),
        ("{pick: sc010/sh050@iterate}", "stands for 2 tasks", "name one: sc010/sh050.dusk@iterate"),
        ("{pick: sc010/sh030@final}", "stands for 2 tasks", "sc010/sh030.p01@final"),
    ],
)
def test_a_pick_of_nothing_or_of_several_is_an_error(image: str, says: str, hint: str, tmp_path: Path) -> None:
    found = asks(tmp_path, image)
    assert len(found) == 1
    assert says in found[0][0]
    assert hint in found[0][1]


PLATE = "images: {plate: {pick: %s}}"
KEEPS = "prompt: keep @plate"


@pytest.mark.parametrize(
    ("shots", "hint"),
    [
        (f"sh010: {{{KEEPS}, {PLATE % 'sc010/sh010'}}}", "name another shot, as scene/shot@stage"),
        (f"sh010: {{{KEEPS}, {PLATE % 'sc010/sh099@iterate'}}}", "name another shot, as scene/shot@stage"),
        (f"sh010: {{{KEEPS}, {PLATE % 'sc010/sh010@iterat'}}}", "name another shot, as scene/shot@stage"),
        (
            f"sh010: {{{KEEPS}, {PLATE % 'sc010/sh010@iterate'}, "
            "vary: {variants: all, axes: {light: {dusk: blue, neon: red}}}}",
            "name another shot, as scene/shot@stage",
        ),
        (
            f"sh010: {{{KEEPS}, {PLATE % 'sc010/sh02@final'}}}\nsh020: {{{KEEPS}, {PLATE % 'sc010/sh010@iterate'}}}",
            "name another shot, as scene/shot@stage",
        ),
        (
            f"sh010: {{prompt: a, stages: {{final: {{{KEEPS}, {PLATE % 'sc010/sh01@final'}}}}}}}",
            'did you mean "sc010/sh010@refine"?',
        ),
        (
            f"sh010: {{prompt: a, stages: {{refine: {{{KEEPS}, {PLATE % 'sc010/sh010'}}}, final: skip}}}}",
            "write sc010/sh010@iterate",
        ),
    ],
)
def test_no_pick_is_offered_that_rests_on_the_shot_that_asks(shots: str, hint: str, tmp_path: Path) -> None:
    assert show(tmp_path, shots, head=O3).only_error().hint == hint


def test_a_shot_that_does_not_pass_is_not_blamed_on_those_who_ask_for_it(tmp_path: Path) -> None:
    shots = 'sh010: {prompt: "@nobody"}\nsh020: {prompt: "@plate", images: {plate: {pick: sc010/sh010@still}}}'
    assert [error.address for error in show(tmp_path, shots).errors] == ["sc010/sh010"]


def test_shots_whose_files_would_have_one_name_are_an_error(tmp_path: Path) -> None:
    text = "shotlist: 1\nshow: a\nscenes: {a_b: {shots: {c: {prompt: a}}}, a: {shots: {b_c: {prompt: b}}}}\n"
    path = tmp_path / "list.yaml"
    path.write_text(text)
    from shotpilot_pipeline.shotlist.source import read_source

    source, problems = read_source(path, tmp_path)
    if source is not None:
        problems = compiled(tmp_path, text).problems
    assert any("same file name" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("move", "says"),
    [
        ("{from: sc010/sh005, to: sc010/sh011}", "which is not in the list"),
        ("{from: sc010/sh010, to: sc010/sh020}", "it is still in the list"),
    ],
)
def test_a_move_goes_from_a_free_place_to_a_shot(move: str, says: str, tmp_path: Path) -> None:
    problem = show(tmp_path, "sh010: {prompt: a}\nsh020: {prompt: b}", head=f"moved: [{move}]").only_error()
    assert says in problem.message


def test_budgets_are_exact(tmp_path: Path) -> None:
    head = STAGES + "budget: {show: 0.112, day: 40, stages: {final: 0.1}}"
    found = show(tmp_path, "sh010: {prompt: a}", head=head).list.budget
    assert found == {"show": 112_000_000, "day": 40 * 10**9, "stage:final": 100_000_000}


def test_a_budget_of_an_unknown_stage_is_an_error(tmp_path: Path) -> None:
    problem = show(tmp_path, "sh010: {prompt: a}", head=STAGES + "budget: {stages: {finall: 1}}").only_error()
    assert "final" in problem.hint


def test_the_name_pattern_and_the_format_are_handed_on(tmp_path: Path) -> None:
    head = 'outputs: {name: "{show}-{shot}"}\ndefaults: {output_format: jpeg}'
    found = show(tmp_path, "sh010: {prompt: a}", head=head).list
    assert (found.name_pattern, found.format) == ("{show}-{shot}", "jpeg")


def test_every_problem_is_told_at_once_in_order_of_place(tmp_path: Path) -> None:
    shots = """
    sh010: {prompt: "@nobody", aspect_ratio: 4:5}
    sh020: {prompt: "{{ vars.none }}"}
    sh030: {subject: a, look: none}
    sh040: {prompt: a, aspect_ratio: 4:5}
    """
    errors = show(tmp_path, shots, head=CAST).errors
    assert [error.address[-5:] for error in errors] == ["sh010", "sh020", "sh030", "sh040"]
    assert [error.place for error in errors] == sorted(error.place for error in errors)


def test_a_name_shared_by_cast_and_images_is_an_error(tmp_path: Path) -> None:
    head = "cast: {vera: https://e.com/v.jpg}\nimages: {vera: https://e.com/i.jpg}"
    path = tmp_path / "list.yaml"
    from shotpilot_pipeline.shotlist.source import read_source

    path.write_text(f"shotlist: 1\nshow: a\n{head}\nscenes: {{}}\n")
    source, problems = read_source(path, tmp_path)
    if source is not None:
        problems = compiled(tmp_path, path.read_text()).problems
    assert any("vera" in problem.message for problem in problems)
