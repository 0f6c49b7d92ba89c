"""Templates: filled exactly once, from what is visible, sandboxed, bounded, and clear about what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.shotlist.fill import CannotFill, Filling, Scope, Templates
from shotpilot_pipeline.shotlist.node import Node
from tests.shotlist.compiling import CAST, prompt_of, show

HEAD = (
    CAST
    + """
title: Noir
vars: {city: Port Vale, cold-war: "1961", n: "3"}
looks: {noir: "grain of {{ vars.city }}"}
"""
)


def node(text: str) -> Node:
    return Node(text, "list.yaml", 1, 1)


def fill(text: str, **names: Scope | str) -> str:
    """One text filled, with `vars` of a city and a year unless told otherwise."""
    seen: dict[str, Scope | str] = {"vars": Scope("vars", {"city": "Port Vale", "year": "1947", "odd": "{{ 7 * 7 }}"})}
    return Filling(Templates(), lambda: {**seen, **names}).text(node(text), "prompt")


def refusal(text: str) -> str:
    with pytest.raises(CannotFill) as fault:
        fill(text)
    return fault.value.message


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("no braces", "no braces"),
        ("{one} [two] }} %}", "{one} [two] }} %}"),
        ("in {{ vars.city }}, {{vars.year}}", "in Port Vale, 1947"),
        ("{{ vars.city | upper }}", "PORT VALE"),
        ("{{ vars['city'] }}", "Port Vale"),
        ("{{ vars.city[:4] }}", "Port"),
        ("{{ vars.city ~ '/' ~ vars.year }}", "Port Vale/1947"),
        ("{% if vars.year == '1947' %}old{% else %}new{% endif %}", "old"),
        ("{% for word in ['a', 'b'] %}{{ loop.index }}{{ word }} {% endfor %}", "1a 2b "),
        ("{% set town = vars.city %}{{ town }}", "Port Vale"),
        ("{{ vars.missing | default('fog') }}", "fog"),
        ("{{ vars.year | int + 1 }}", "1948"),
        ("{{ 3 * 4 }}", "12"),
        ("a {# a remark #}b", "a b"),
        ("{{ '{' }}x", "{x"),
        ("{{ vars.city.upper() }}", "PORT VALE"),
        ("{{ vars.odd }}", "{{ 7 * 7 }}"),
        ("{% for name in vars %}{{ name }},{% endfor %}", "city,year,odd,"),
    ],
)
def test_what_a_template_fills_as(text: str, filled: str) -> None:
    assert fill(text) == filled


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ vars.cty }}", "vars has no 'cty'; did you mean \"city\"?"),
        ("{{ vars.cty | upper }}", "vars has no 'cty'; did you mean \"city\"?"),
        ("{{ var.city }}", "there is no 'var'; did you mean \"vars\"?"),
        ("{{ vars }}", "vars cannot be printed"),
        ("{{ vars.city.real }}", "'real' cannot be asked of a text"),
        ("{{ 1 / 0 }}", "the template divides by zero"),
        ("{{ vars.city", "the {{ opened here is never closed"),
        ("{% if %}", "something is missing between the braces"),
        ("{{ ('a', 'b') }}", "a list cannot be printed"),
        ("{{ vars.city | shout }}", "shout"),
    ],
)
def test_what_cannot_be_filled_says_why(text: str, says: str) -> None:
    assert says in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ range(10) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a'.center(1000000000) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ 'a' | indent(1000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ (1).to_bytes(1000000000) }}",
        "{{ 'a' | replace('a', 'aa' * 100) }}",
        "{{ 'a'" + " | replace('a', 'aaaaaaaaaa')" * 12 + " }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a ~ a ~ a %}" * 20 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
        "{% for a in vars.city %}" * 6 + "x" + "{% endfor %}" * 6,
        "{% for a in 'x' recursive %}{{ loop('x') }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% set a %}x{% endset %}",
        "{% raw %}" * 3,
        "{{ ''.__class__.__mro__ }}",
        "{{ vars.__class__ }}",
        "{{ vars._scope }}",
        "{{ vars.see }}",
        "{{ vars.city.__class__ }}",
        "{{ vars.city.format.__globals__ }}",
        "{{ self }}",
        "{{ self.__init__ }}",
        "{{ loop }}",
        "{{ cycler }}",
        "{{ namespace(a=1) }}",
        "{{ lipsum() }}",
        "{{ dict(a=1) }}",
        "{{ joiner() }}",
        "{{ vars.city() }}",
        "{{ 'x'.upper.__self__ }}",
        "{{ (" + "(" * 500 + "1" + ")" * 500 + ") }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "{{ " + "-" * 5000 + "1 }}",
        "{{ 'x' }}" + "y" * 30_000,
        "{{ 999999999999 * 999999999999 }}",
        "{{ 'a' | list | join('b' * 10) }}",
        "{{ caller() }}",
        "{{ vars | attr('values') }}",
        "{{ vars | map('upper') }}",
        "{{ vars | pprint }}",
        "{% do vars %}",
        "{% call(x) vars.city() %}{% endcall %}",
        "{% autoescape true %}a{% endautoescape %}",
        "{% trans %}a{% endtrans %}",
        "{% with a = 1 %}{{ a }}{% endwith %}",
        "{{ debug }}",
    ],
)
def test_nothing_hostile_gets_through_or_takes_long(text: str) -> None:
    assert refusal(text)


def test_the_shortcut_and_the_sandbox_fill_alike() -> None:
    """A trailing comment sends the same template through Jinja2."""
    for text in ("{{ vars.city }}", "a {{ vars.year }} b {{vars.odd}}", "{ {{ vars.city }} }", "}}{{ vars.city }}"):
        assert fill(text) == fill(text + "{# #}")


PLACES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(city=PLACES, before=PLACES.filter(lambda text: "{" not in text), via=st.booleans())
def test_what_a_value_holds_is_never_filled_again(city: str, before: str, via: bool) -> None:
    text = f"{before}{{{{ vars.city }}}}" + ("{# #}" if via else "")
    names = {"vars": Scope("vars", {"city": city})}
    filled = Filling(Templates(), lambda: names).text(node(text), "prompt")
    assert filled.endswith(city)
    assert "".join(filled.split()) == "".join((before + city).split())


@given(st.text(alphabet="{}%#| .'\"ab()[]", max_size=40))
def test_any_text_is_filled_or_refused_in_words(text: str) -> None:
    try:
        fill(text)
    except CannotFill as fault:
        message = fault.message
    else:
        message = "filled"
    assert message
    assert "Traceback" not in message


def test_values_of_the_list_are_filled_when_used_and_only_once(tmp_path: Path) -> None:
    result = show(
        tmp_path,
        'sh010: {subject: "a man of {{ scene.place }}", look: noir}',
        head=HEAD,
        scene="place: the docks of {{ vars.city }}",
    )
    assert result.prompt() == "a man of the docks of Port Vale. the docks of Port Vale. grain of Port Vale."


def test_everything_visible_can_be_named(tmp_path: Path) -> None:
    shot = """
    sh010:
      size: CU
      subject: a man
      tags: [a, b]
      duration: 4
      prompt: >-
        {{ show }} {{ show.title }} {{ vars.city }} {{ scene }} {{ scene.time }} {{ shot }} {{ shot.size }}
        {{ shot.tags | join('+') }} {{ shot.duration }} {{ cast.vera }} {{ cast.vera.name }} {{ cast.sam.id }}
        {{ images.grade.role }} {{ looks.noir }} {{ axis.light }} {{ stage }} {{ stage.resolution }}
        {{ vars["cold-war"] }}
      vary: {axes: {light: {dusk: blue of {{ vars.city }}}}}
    """.replace("blue of {{ vars.city }}", "blue hour")
    result = show(tmp_path, shot, head=HEAD, scene="time: NIGHT\ndefaults: {resolution: 2K}")
    assert result.prompt("sc010/sh010.dusk@still") == (
        "noir Noir Port Vale sc010 night sh010 Close-up a+b 4 Vera Kane Vera Kane sam palette grain of Port Vale "
        "blue hour still 2K 1961"
    )


def test_scene_vars_go_before_those_of_the_show(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {prompt: "{{ vars.city }} {{ vars.n }}"}', head=HEAD, scene="vars: {city: Bay}")
    assert result.prompt() == "Bay 3"


def test_a_missing_name_points_at_the_expression_and_tells_who_used_it(tmp_path: Path) -> None:
    shot = """
    sh010:
      subject: |
        a man who knows
        the {{ vars.city }} of {{ vars.cty }}
      prompt_template: "{{ shot.subject }}!"
    """
    problem = show(tmp_path, shot, head=HEAD).only_error()
    lines = (tmp_path / "list.yaml").read_text().splitlines()
    assert lines[problem.place.line - 1][problem.place.column - 1 :].startswith("{{ vars.cty }}")
    assert problem.message == "vars has no 'cty'"
    assert problem.hint == 'did you mean "city"?'
    chained = show(tmp_path, 'sh010: {prompt: "{{ scene.place }}!"}', head=HEAD, scene="place: a {{ vars.cty }}")
    assert any("(in scene.place, used by prompt)" in error.message for error in chained.errors)


@pytest.mark.parametrize("expression", ["{{ vars.cty }}", "{{ vars.cty | upper }}", "{% if vars.cty %}x{% endif %}"])
def test_the_place_is_right_in_every_kind_of_scalar(expression: str, tmp_path: Path) -> None:
    for written in (
        f'"one {expression}"',
        f"'one {expression}'",
        f"one {expression}",
        f"|\n    one\n    two {expression}",
    ):
        problem = show(tmp_path, f"sh010:\n  prompt: {written}", head=HEAD).only_error()
        line = (tmp_path / "list.yaml").read_text().splitlines()[problem.place.line - 1]
        assert line[problem.place.column - 1 :].startswith(expression[:10])


def test_values_that_use_each_other_are_an_error(tmp_path: Path) -> None:
    shot = 'sh010: {subject: "{{ shot.action }}", action: "{{ shot.subject }}"}'
    problem = show(tmp_path, shot).only_error()
    assert "in a circle: subject -> action -> subject" in problem.message


def test_a_name_with_a_hyphen_says_how_to_write_it(tmp_path: Path) -> None:
    problem = prompt_of(tmp_path, "{{ vars.cold-war }}", head=HEAD).only_error()
    assert 'vars["cold-war"]' in problem.message


def test_paths_and_ids_are_never_filled(tmp_path: Path) -> None:
    problem = prompt_of(tmp_path, "@v", head='cast: {v: "{{ vars.city }}.jpg"}').errors[0]
    assert "braces in it mean nothing" in problem.message


@pytest.mark.parametrize(
    "template",
    [
        "{{ vars.city - 1 }}", "{{ vars.city < 3 }}", "{{ 'a' | round }}", "{{ 'a' | abs }}", "{{ 3 | length }}",
        "{% for x in 3 %}a{% endfor %}", "{{ vars.city | truncate('x') }}", "{{ 'a' in 3 }}",
        "{{ vars.city | replace(1, 2) }}", "{{ vars.city | replace('a') }}", "{{ not }}", "{{ a. }}", "{%",
        "{% endif %}", "{% if vars.city == %}a{% endif %}", "{{ vars.city.upper(1) }}", "{{ 'a }}",
        "{{{ vars.city }}}", "{{ 1/0 }}",
        "{{ vars.city[1:2:0] }}", "{{ 'a' * 3 }}", "{{ vars.city.x }}", "{{ vars.city() }}",
    ],
)  # fmt: skip
def test_what_a_template_cannot_do_is_said_in_plain_words_with_a_cure(tmp_path: Path, template: str) -> None:
    text = f"vars: {{city: Port Vale}}\nscenes: {{a: {{shots: {{b: {{prompt: {json.dumps(template)}}}}}}}}}\n"
    (tmp_path / "list.yaml").write_text(f"shotlist: 1\nshow: s\n{text}")
    problems = check_file(tmp_path / "list.yaml", None).problems
    assert [problem.rule for problem in problems] == ["template"]
    assert problems[0].hint
    assert not re.search(r"'(?:str|int|_View)'|object|argument|operand|statement|token|print", problems[0].message)


@pytest.mark.parametrize(
    "words",
    [
        "{{ shot.resolution }} boat",
        "{{ shot.resolution | lower }} boat",
        "{% if stage.resolution == '1K' %}small{% else %}large{% endif %} boat",
        "{% if shot.resolution == '1K' %}small{% else %}large{% endif %} boat",
        "{% set it = shot %}{{ it.resolution }} boat",
        "boat {{ looks.sized }}",
        "boat of @vera in @vera.wardrobe",
    ],
)
def test_words_that_hang_on_the_stage_are_those_of_each_stage(tmp_path: Path, words: str) -> None:
    sized = "{% if shot.resolution == '1K' %}small{% else %}large{% endif %}"
    head = f"""
        cast: {{vera: {{frontal: https://example.com/vera.jpg, wardrobe: "a {sized} hat"}}}}
        looks: {{sized: "{sized}"}}
        stages:
          iterate: {{model: kling-o3, resolution: 1K, takes: 1, pick: first}}
          final: {{model: kling-o3, resolution: 2K, takes: 1, pick: first}}
          blown: {{model: kling-o3, resolution: 2K, takes: 1, pick: first}}
    """
    said = prompt_of(tmp_path, words, head=head)
    first, second, third = (said.prompt(f"sc010/sh010@{stage}") for stage in ("iterate", "final", "blown"))
    assert first != second == third
