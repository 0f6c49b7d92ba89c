"""Any list that passes the schema compiles to sound tasks, or is refused in words: never anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.plan.graph import in_order
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.values.request import open_picks, render_key
from shotpilot_pipeline.values.task import Task
from tests.examples import at_most
from tests.shotlist.compiling import catalog

A, B = "https://example.com/a.jpg", "https://example.com/b.jpg"
TEXTS = st.sampled_from(
    [
        *("a cat", "WS", "noir", "...", "@vera", "@plate and @grade", "@pick", "@@x", "@vera.wardrobe"),
        *("@Image1", "@Element1", "Panel 1: a Panel 2: b"),
        *("{{ vars.city }}", "{{ axis.light }}", "{{ shot.mood }}", "{{ prompt }}", "{{ shot.tags | join(',') }}"),
        *("{% if stage.id == 'a' %}x{% endif %}", "{{ looks.noir }}", "{{ cast.vera.wardrobe }}"),
    ]
)  # fmt: skip
IMAGES = st.sampled_from([A, {"url": B}, {"pick": "sc/s0@a"}, {"pick": "sc/s1@b", "panel": 2}, {"pick": "nobody"}])


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return strategy | st.none()


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        **{key: sometimes(TEXTS) for key in ("size", "subject", "action", "place", "light", "mood", "style", "prompt")},
        **{key: sometimes(TEXTS) for key in ("prompt_template", "prompt_wrap", "motion", "negative_prompt")},
        "look": sometimes(st.sampled_from(["noir", ["noir", "wet"], "none"])),
        "model": sometimes(st.sampled_from(["kling-v3", "kling-o3", ["kling-v3", "kling-o3"], "paper"])),
        "resolution": sometimes(st.sampled_from(["1K", "2k", "4K"])),
        "aspect_ratio": sometimes(st.sampled_from(["16:9", "auto", "1.85", "0:0", "1/0"])),
        "takes": sometimes(st.sampled_from([1, 4, 12])),
        "pick": sometimes(st.sampled_from(["human", "first"])),
        "carry": sometimes(st.sampled_from(["image", "prompt"])),
        "panels": sometimes(st.sampled_from(["each", "together"])),
        "add_images": sometimes(st.sampled_from(["cast", ["plate"], ["vera", "nobody"]])),
        "images": st.dictionaries(st.sampled_from(["plate", "own"]), IMAGES, max_size=2),
        "elements": sometimes(st.sampled_from([[A], [{"image_url": B}], [{"reference_image_urls": [A]}]])),
        "image_urls": sometimes(st.sampled_from([[A], [A, B]])),
        "tags": sometimes(st.sampled_from([["a", "b"], []])),
    },
)
AT_STAGES = st.dictionaries(st.sampled_from(["a", "b", "c"]), sometimes(SETTINGS | st.just("skip")), max_size=2)
AXES = st.dictionaries(
    st.sampled_from(["light", "lens", "coat", "model", "takes", "carry", "prompt", "series"]),
    st.dictionaries(
        st.sampled_from(["p", "q", "p01"]), TEXTS | st.sampled_from(["4", "image"]), min_size=1, max_size=2
    ),
    min_size=1,
    max_size=2,
)
SHOTS = st.builds(
    lambda plain, rest: plain | rest,
    SETTINGS,
    st.fixed_dictionaries(
        {},
        optional={
            "stages": AT_STAGES,
            "series": sometimes(st.sampled_from([{"panels": ["one", "two @vera"]}, {"amount": 2}, {"lead": "x"}])),
            "vary": st.fixed_dictionaries({"axes": AXES}, optional={"variants": st.sampled_from(["choose", "all"])}),
            "omit": st.booleans(),
            "hold": st.booleans(),
        },
    ),
)
LISTS = st.fixed_dictionaries(
    {
        "shotlist": st.just(1),
        "show": st.just("any"),
        "vars": st.just({"city": "{{ vars.city }}"}),
        "cast": st.fixed_dictionaries({"vera": st.fixed_dictionaries({"frontal": st.just(A), "wardrobe": TEXTS})}),
        "images": st.just({"plate": A, "grade": B}),
        "looks": st.fixed_dictionaries({"noir": TEXTS, "wet": st.just("wet streets")}),
        "stages": st.fixed_dictionaries(
            {name: SETTINGS.map(lambda found: {"model": "kling-o3"} | found) for name in ("a", "b", "c")}
        ),
        "scenes": st.fixed_dictionaries(
            {"sc": st.fixed_dictionaries({"shots": st.fixed_dictionaries({"s0": SHOTS, "s1": SHOTS})})}
        ),
    },
    optional={"defaults": SETTINGS},
)


@settings(max_examples=at_most(120), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(LISTS)
def test_any_list_compiles_to_sound_tasks_or_is_refused_in_words(tmp_path: Path, written: dict[str, Any]) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(json.dumps(written), "utf-8")
    source, problems = read_source(path, tmp_path)
    if source is None:
        assert problems
        return
    compiled, found = compile_source(source, catalog())
    assert compiled is not None or found
    for problem in found:
        assert problem.place.file.endswith("any.yaml")
        assert problem.place.line > 0
        assert problem.message
    for task in compiled.tasks if compiled is not None else ():
        _is_sound(task, {known.address for known in compiled.tasks})


def _is_sound(task: Task, known: set[str]) -> None:
    if task.state == "omit":
        assert (task.forms, task.keys, task.gates) == ((), (), ())
        return
    assert len(task.forms) == len(task.keys) >= 1
    assert set(task.gates) <= known
    assert len(task.gates) < 2 or len(task.gates) == len(task.forms)
    for form, key in zip(task.forms, task.keys, strict=True):
        assert key == ("" if open_picks(form) else render_key(form))
        assert "null" not in form
        assert "sync_mode" not in form


def test_the_planner_can_order_what_is_compiled(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    shots = {
        "s0": {"prompt": "@plate", "images": {"plate": {"pick": "sc/s1@a"}}},
        "s1": {"prompt": "a", "vary": {"axes": {"light": {"p": "x", "q": "y"}}}},
    }
    stages = {name: {"model": "kling-o3", "carry": "image"} for name in ("a", "b")}
    written = {"shotlist": 1, "show": "x", "stages": stages, "scenes": {"sc": {"shots": shots}}}
    path.write_text(json.dumps(written), "utf-8")
    source, _ = read_source(path, tmp_path)
    assert source is not None
    compiled, problems = compile_source(source, catalog())
    assert compiled is not None, problems
    order = [task.address for task in in_order(compiled.tasks)]
    assert order.index("sc/s1.p@a") < order.index("sc/s0@a") < order.index("sc/s0@b")
