"""Variants: axes crossed, zipped, nested and skipped; what goes on from them, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.vary import PLAIN, BadVary, variants
from tests.shotlist.compiling import STAGES, show

THREE = {"light": ["dusk", "neon"], "lens": ["l50", "l85"], "coat": ["red", "blue", "grey"]}


def as_node(value: object) -> Node:
    if isinstance(value, dict):
        return Node({key: as_node(below) for key, below in value.items()}, "list.yaml", 1, 1)
    if isinstance(value, list):
        return Node([as_node(below) for below in value], "list.yaml", 1, 1)
    return Node(value, "list.yaml", 1, 1)  # type: ignore[arg-type]


def vary(axes: dict[str, list[str]], combine: str = "", skip: list[dict[str, str]] | None = None) -> Node:
    written: dict[str, object] = {
        "axes": {axis: {name: f"{name} text" for name in names} for axis, names in axes.items()}
    }
    if combine:
        written["combine"] = combine
    if skip is not None:
        written["skip"] = skip
    return as_node(written)


def ids(axes: dict[str, list[str]], combine: str = "", skip: list[dict[str, str]] | None = None) -> list[str]:
    return [variant.id for variant in variants(vary(axes, combine, skip))]


@pytest.mark.parametrize(
    ("combine", "found"),
    [
        ("", "a.1.x a.1.y a.2.x a.2.y b.1.x b.1.y b.2.x b.2.y"),
        ("p * q * r", "a.1.x a.1.y a.2.x a.2.y b.1.x b.1.y b.2.x b.2.y"),
        ("r * q * p", "a.1.x b.1.x a.2.x b.2.x a.1.y b.1.y a.2.y b.2.y"),
        ("(p, q, r)", "a.1.x b.2.y"),
        ("(p, q) * r", "a.1.x a.1.y b.2.x b.2.y"),
        ("r * (p, q)", "a.1.x b.2.x a.1.y b.2.y"),
        ("(p) * ((q * r))", "a.1.x a.1.y a.2.x a.2.y b.1.x b.1.y b.2.x b.2.y"),
        ("((p, q), r)", "a.1.x b.2.y"),
    ],
)
def test_stars_cross_commas_zip_and_ids_follow_axis_order(combine: str, found: str) -> None:
    assert ids({"p": ["a", "b"], "q": ["1", "2"], "r": ["x", "y"]}, combine) == found.split()


def test_a_product_can_be_zipped_with_an_axis_as_long() -> None:
    axes = {"p": ["a", "b"], "q": ["1", "2"], "r": ["w", "x", "y", "z"]}
    assert ids(axes, "(p * q, r)") == ["a.1.w", "a.2.x", "b.1.y", "b.2.z"]


@pytest.mark.parametrize(
    ("combine", "says"),
    [
        ("light * lens", "combine does not use axis 'coat'"),
        ("light * lens * coat * coat", "uses axis 'coat' twice"),
        ("light * lens * cot", "vary has no axis 'cot'"),
        ("(light, lens, coat)", "a zip needs equal lengths; these are 2 (light) and 2 (lens) and 3 (coat)"),
        ("light *", "it ends too early"),
        ("(light, lens * coat", "a ')' is missing"),
        ("light lens coat", "'lens' is not expected here"),
        ("light + lens", "'+' is not expected here"),
        ("* light", "an axis name is missing before '*'"),
        ("()", "an axis name is missing before ')'"),
        ("(" * 50 + "light" + ")" * 50, "too many parentheses"),
    ],
)
def test_a_combine_that_cannot_be_is_refused(combine: str, says: str) -> None:
    with pytest.raises(BadVary) as fault:
        ids(THREE, combine)
    assert says in fault.value.problem.message


@pytest.mark.parametrize(
    ("skip", "says"),
    [
        ([{"light": "dusk", "lens": "l100"}], "axis lens has no value 'l100'"),
        ([{"lights": "dusk"}], "vary has no axis 'lights'"),
        ([{"light": "dusk"}, {"light": "neon"}], "every variant is skipped"),
    ],
)
def test_a_skip_that_cannot_be_is_refused(skip: list[dict[str, str]], says: str) -> None:
    with pytest.raises(BadVary) as fault:
        ids(THREE, skip=skip)
    assert fault.value.problem.message == says


def test_a_skip_that_matches_nothing_is_refused() -> None:
    with pytest.raises(BadVary) as fault:
        ids({"p": ["a", "b"], "q": ["1", "2"]}, "(p, q)", [{"p": "a", "q": "2"}])
    assert fault.value.problem.message == "this skip matches no variant"


def test_too_many_variants_are_refused_before_they_are_made() -> None:
    many = {f"a{axis}": [str(value) for value in range(50)] for axis in range(5)}
    for combine in ("", " * ".join(many)):
        with pytest.raises(BadVary) as fault:
            ids(many, combine)
        assert "1000 at most" in fault.value.problem.message


def test_values_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(BadVary):
        ids({"light": ["Dusk", "dusk"]})


def test_without_vary_there_is_one_cell_without_a_name() -> None:
    assert variants(None) == (PLAIN,)


AXES = st.dictionaries(
    st.sampled_from(["light", "lens", "coat", "rain"]),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4, unique=True),
    min_size=1,
    max_size=4,
)


@given(axes=AXES, data=st.data())
def test_the_count_is_the_product_less_what_is_skipped(axes: dict[str, list[str]], data: st.DataObject) -> None:
    """Every cell once, in the same order each time, none that a skip names, all that none names."""
    whole = [variant.names for variant in variants(vary(axes))]
    assert len(whole) == math.prod(map(len, axes.values()))
    rules = data.draw(
        st.lists(st.fixed_dictionaries({}, optional={axis: st.sampled_from(names) for axis, names in axes.items()}))
    )
    rules = [rule for rule in rules if rule]
    kept = [cell for cell in whole if not any(rule.items() <= cell.items() for rule in map(dict, rules))]
    if not kept:
        return
    found = variants(vary(axes, skip=rules or None))
    assert [variant.names for variant in found] == kept
    assert len({variant.id for variant in found}) == len(found)
    assert found == variants(vary(axes, skip=rules or None)) or [v.id for v in found] == [
        v.id for v in variants(vary(axes, skip=rules or None))
    ]


def test_all_variants_can_each_go_their_own_way(tmp_path: Path) -> None:
    shot = "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue, neon: red}}, variants: all}}"
    result = show(tmp_path, shot, head=STAGES)
    assert result.addresses == [
        *(f"sc010/sh010.dusk@{stage}" for stage in ("iterate", "refine", "final")),
        *(f"sc010/sh010.neon@{stage}" for stage in ("iterate", "refine", "final")),
    ]
    assert result.task("sc010/sh010.neon@final").gates == ("sc010/sh010.neon@refine",)
    assert len(result.task("sc010/sh010.neon@final").forms) == 1
    assert "red" in result.prompt("sc010/sh010.neon@final")


def test_to_choose_is_the_default_and_each_variant_has_its_takes(tmp_path: Path) -> None:
    shot = "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue, neon: red}}}}"
    result = show(tmp_path, shot, head=STAGES)
    assert result.addresses == [
        *("sc010/sh010.dusk@iterate", "sc010/sh010.neon@iterate"),
        *("sc010/sh010@refine", "sc010/sh010@final"),
    ]
    assert [task.takes for task in result.list.tasks] == [4, 4, 2, 1]


def test_a_stage_further_on_still_has_a_form_for_each_variant(tmp_path: Path) -> None:
    """Which of them counts is known once a variant is picked; they all rest on the one gate."""
    shot = "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue, neon: red}}}}"
    task = show(tmp_path, shot, head=STAGES).task("sc010/sh010@final")
    assert task.gates == ("sc010/sh010@refine",)
    assert len(task.forms) == len(task.keys) == 2
    assert ["blue" in form for form in task.forms] == [True, False]


def test_with_prompts_carried_the_keys_are_known_before_the_pick(tmp_path: Path) -> None:
    shot = "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue, neon: red}}}}"
    task = show(tmp_path, shot, head=STAGES.replace("carry: image", "carry: prompt")).task("sc010/sh010@refine")
    assert task.carry == "prompt"
    assert len(set(task.keys)) == 2
    assert all(task.keys)


def test_one_variant_keeps_its_name(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue}}}}", head=STAGES)
    assert result.addresses == ["sc010/sh010.dusk@iterate", "sc010/sh010@refine", "sc010/sh010@final"]


def test_a_bad_vary_is_a_problem_at_its_place(tmp_path: Path) -> None:
    shot = "sh010: {subject: a cat, vary: {axes: {light: {dusk: blue, neon: red}}, combine: lihgt}}"
    problem = show(tmp_path, shot).only_error()
    assert (problem.rule, problem.address) == ("vary", "sc010/sh010")
    assert problem.hint == 'did you mean "light"?'


def test_a_faulty_vary_says_nothing_of_the_axes_it_would_have_had(tmp_path: Path) -> None:
    shot = 'sh010: {prompt: "a {{ axis.p }}", vary: {axes: {p: {a: x, b: y}}, combine: q}}'
    assert show(tmp_path, shot).only_error().message == "vary has no axis 'q'"


def test_an_axis_of_takes_keeps_the_limit(tmp_path: Path) -> None:
    shot = 'sh010: {prompt: a, vary: {variants: all, axes: {takes: {few: "2", many: "1001"}}}}'
    assert show(tmp_path, shot).only_error().hint == "write 1 to 1000"
