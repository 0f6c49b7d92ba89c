"""A fault in a filled prompt is told at the very words that brought it, with the way they came."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import read_source
from tests.shotlist.compiling import catalog

BAD = "@nobody"
FAULTY = {
    "a slot": ("subject: a man with @nobody", "", []),
    "a slot of the scene": ("subject: a man", "place: the bar of @nobody", ["the shot"]),
    "a default": ("subject: a man", "style: in the manner of @nobody", ["the shot"]),
    "a full prompt": ("prompt: |\n  A man\n  with @nobody.", "", []),
    "a folded prompt": ("prompt: >-\n  A man with\n  @nobody.", "", []),
    "a panel": ("series:\n  panels:\n    - a man\n    - a dog with @nobody\nmodel: kling-o3", "", []),
    "a lead": ("series:\n  lead: For @nobody.\n  panels: [a man, a dog]\nmodel: kling-o3", "", []),
    "an axis": ("subject: a man\nvary: {axes: {light: {dusk: dim, neon: like @nobody}}}", "", []),
    "an axis in a template": ('subject: "{{ axis.coat }}"\nvary: {axes: {coat: {a: x, b: like @nobody}}}', "",
                              ["axis.coat"]),
    "a look": ("subject: a man\nlook: bad", "", ["the look bad"]),
    "one of several looks": ("subject: a man\nlook: [noir, bad]", "", ["the look bad"]),
    "a wardrobe": ('subject: "@vera in @vera.wardrobe"', "", ["@vera.wardrobe"]),
    "a wardrobe in a template": ('subject: "{{ cast.vera.wardrobe | lower }}"', "", ["cast.vera.wardrobe"]),
    "a variable": ('subject: "{{ vars.who }}"', "", ["vars.who"]),
    "a variable of a variable": ('subject: "{{ shot.mood }}"\nmood: "{{ vars.who }}"', "", ["vars.who", "shot.mood"]),
    "a variable in brackets": ("subject: '{{ vars[\"who\"] }}'", "", ['vars["who"]']),
    "a loop": ('subject: "{% if vars.who %}{{ vars.who }}{% endif %}"', "", ["vars.who"]),
    "a wrap": ('subject: a man\nprompt_wrap: "{{ prompt }} With @nobody."', "", []),
    "a template of the whole": ('subject: a man\nprompt_template: "{{ prompt }} With @nobody."', "", []),
}  # fmt: skip


def told(folder: Path, shot: str, scene: str) -> tuple[Problem, str]:
    """The only problem of a list with this shot, and the text that it marks."""
    body = "\n".join(f"        {line}" for line in shot.split("\n"))
    around = f"defaults: {{{scene}}}\n" if scene.startswith("style") else ""
    place = f"    {scene}\n" if scene.startswith("place") else ""
    text = f"shotlist: 1\nshow: x\ninclude: [more.yaml]\n{around}scenes:\n  a:\n{place}    shots:\n      b:\n{body}\n"
    (folder / "list.yaml").write_text(text)
    more = "looks: {noir: black, bad: as @nobody saw it}\nvars: {who: a friend of @nobody}\n"
    more += "cast: {vera: {frontal: https://x/a.jpg, wardrobe: the coat of @nobody}}\n"
    (folder / "more.yaml").write_text(more)
    source, problems = read_source(folder / "list.yaml", folder)
    assert source is not None, problems
    problem = compile_source(source, catalog())[1][0]
    lines = Path(problem.place.file).read_text().split("\n")
    assert problem.end is not None
    return problem, lines[problem.place.line - 1][problem.place.column - 1 : problem.end.column - 1]


@pytest.mark.parametrize("name", FAULTY)
def test_a_mention_of_nobody_is_marked_where_it_was_written(tmp_path: Path, name: str) -> None:
    shot, scene, steps = FAULTY[name]
    problem, marked = told(tmp_path, shot, scene)
    assert marked == BAD
    assert problem.address == "a/b"
    said = [step.words for step in problem.chain if step.words != "included here"]
    assert len(said) == len(steps), said
    for step, words in zip(said, steps, strict=True):
        assert step.startswith(words) or words == "the shot", said
    assert (problem.chain[-1].words == "included here") == problem.place.file.endswith("more.yaml") if steps else True


def test_what_is_undefined_in_a_wardrobe_is_told_with_who_wears_it(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text(
        "shotlist: 1\nshow: x\n"
        "cast: {vera: {frontal: https://x/a.jpg, wardrobe: 'a {{ vars.coat }}'}}\n"
        "scenes: {a: {shots: {b: {subject: '@vera in @vera.wardrobe'}}}}\n"
    )
    source, _ = read_source(tmp_path / "list.yaml", tmp_path)
    assert source is not None
    (problem,) = compile_source(source, catalog())[1]
    assert problem.place == Place(str(tmp_path / "list.yaml"), 3, 54)
    assert [(step.place.line, step.words) for step in problem.chain] == [
        (4, "cast.vera.wardrobe is used by subject here")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shot", "part", "line"),
    [
        ("size: WS\nsubject: {long}\nmood: calm", "subject alone has", 10),
        ("subject: a man\nlook: long", "the look long alone has", 3),
        ('subject: "{{{{ vars.long }}}} man"', "vars.long alone has", 4),
        ("model: kling-o3\nseries: {{panels: [a man, {long}]}}", "panel 2 alone has", 10),
        ("prompt: {long}", "", 9),
    ],
)
def test_a_prompt_too_long_is_told_at_what_makes_it_long(tmp_path: Path, shot: str, part: str, line: int) -> None:
    long = "word " * 500 + "end"
    body = "\n".join(f"        {row}" for row in shot.format(long=long).split("\n"))
    head = f"shotlist: 1\nshow: x\nlooks: {{long: {long}}}\nvars: {{long: {long}}}\n"
    (tmp_path / "list.yaml").write_text(f"{head}scenes:\n  a:\n    shots: {{}}\n".replace(" {}", "\n      b:\n" + body))
    source, problems = read_source(tmp_path / "list.yaml", tmp_path)
    assert source is not None, problems
    (problem,) = compile_source(source, catalog())[1]
    assert problem.rule == "prompt-too-long"
    assert problem.place.line == line
    assert part in problem.hint
