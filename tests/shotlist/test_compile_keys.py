"""The render key of compiled tasks: each thing that reaches the model moves it, and nothing else does."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.values.task import Task
from tests.shotlist.compiling import Result, compiled, draw

BASE: dict[str, Any] = {
    "shotlist": 1,
    "show": "noir",
    "vars": {"city": "Port Vale"},
    "cast": {"vera": {"frontal": "refs/vera.png", "references": ["refs/left.png"], "wardrobe": "a coat"}},
    "images": {"plate": "refs/plate.png", "grade": "refs/grade.png"},
    "stages": {"still": {"model": "kling-o3", "resolution": "1K", "takes": 2, "pick": "first"}},
    "defaults": {"aspect_ratio": "16:9", "output_format": "png"},
    "scenes": {
        "sc010": {
            "shots": {
                "sh010": {"prompt": "@vera in {{ vars.city }} like @plate"},
                "sh020": {"prompt": "another"},
            }
        }
    },
}


def key_of(folder: Path, written: dict[str, Any], place: int = 0) -> str:
    return task_of(folder, written, place).keys[0]


def task_of(folder: Path, written: dict[str, Any], place: int = 0) -> Task:
    return result_of(folder, written).list.tasks[place]


def result_of(folder: Path, written: dict[str, Any]) -> Result:
    for name, colour in (("vera", 10), ("left", 20), ("plate", 30), ("grade", 40), ("other", 50)):
        if not (folder / f"refs/{name}.png").exists():
            draw(folder / f"refs/{name}.png", colour=(colour, 0, 0))
    return compiled(folder, json.dumps(written))


def changed(*path: str, to: object) -> dict[str, Any]:
    """BASE with one value put in, or taken out when `to` is None."""
    written = deepcopy(BASE)
    at: Any = written
    for step in path[:-1]:
        at = at.setdefault(step, {})
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return written


SHOT = ("scenes", "sc010", "shots", "sh010")

MOVES = {
    "prompt": changed(*SHOT, "prompt", to="@vera in {{ vars.city }} like @plate, wet"),
    "a variable that is used": changed("vars", "city", to="Bay"),
    "endpoint by model": changed("stages", "still", "model", to="kling-v3"),
    "endpoint by images": changed(*SHOT, "prompt", to="@vera in {{ vars.city }}"),
    "resolution": changed("stages", "still", "resolution", to="2K"),
    "aspect_ratio": changed("defaults", "aspect_ratio", to="21:9"),
    "aspect_ratio auto": changed(*SHOT, "aspect_ratio", to="auto"),
    "output_format": changed("defaults", "output_format", to="jpeg"),
    "a frontal picture": changed("cast", "vera", "frontal", to="refs/other.png"),
    "a further angle": changed("cast", "vera", "references", to=["refs/other.png"]),
    "no further angle": changed("cast", "vera", "references", to=None),
    "an image": changed("images", "plate", to="refs/other.png"),
    "another image": changed(*SHOT, "add_images", to=["grade"]),
    "a URL in place of bytes": changed("images", "plate", to="https://example.com/plate.png"),
    "result_type and series_amount": changed(*SHOT, "series", to={"amount": 2}),
}
STAYS = {
    "takes": changed("stages", "still", "takes", to=9),
    "pick": changed("stages", "still", "pick", to="human"),
    "show": changed("show", to="other"),
    "title": changed("title", to="Other"),
    "tags": changed(*SHOT, "tags", to=["hero"]),
    "motion": changed(*SHOT, "motion", to="pan"),
    "notes": changed(*SHOT, "notes", to="mind the step"),
    "a slot that the full prompt leaves out": changed(*SHOT, "mood", to="tense"),
    "a variable that is not used": changed("vars", "town", to="Bay"),
    "wardrobe that is not mentioned": changed("cast", "vera", "wardrobe", to="a hat"),
    "the name of a member": changed("cast", "vera", "name", to="Vera"),
    "a role": changed("images", "plate", to={"file": "refs/plate.png", "role": "composition"}),
    "budget": changed("budget", to={"show": 1}),
    "hold": changed(*SHOT, "hold", to=True),
    "white space": changed(*SHOT, "prompt", to="@vera  in {{ vars.city }}\n like @plate"),
    "resolution in small letters": changed("stages", "still", "resolution", to="1k"),
    "what is the default anyway": changed("defaults", "aspect_ratio", to=None),
    "a key of the user's own": changed("x-mine", to=1),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_reaches_the_model_moves_the_key(name: str, tmp_path: Path) -> None:
    written = MOVES[name]
    assert key_of(tmp_path, written) != key_of(tmp_path, BASE)


@pytest.mark.parametrize("name", STAYS)
def test_nothing_else_moves_the_key(name: str, tmp_path: Path) -> None:
    assert key_of(tmp_path, STAYS[name]) == key_of(tmp_path, BASE)


def test_a_negative_prompt_is_in_the_key_only_where_it_is_sent(tmp_path: Path) -> None:
    def keys(model: str, prompt: str) -> set[str]:
        written = changed("stages", "still", "model", to=model)
        written["scenes"]["sc010"]["shots"]["sh010"] = {"prompt": prompt}
        plain = key_of(tmp_path, written)
        written["scenes"]["sc010"]["shots"]["sh010"]["negative_prompt"] = "hats"
        return {plain, key_of(tmp_path, written)}

    assert len(keys("kling-v3", "a cat")) == 2
    assert len(keys("kling-v3", "a cat like @plate")) == 1
    assert len(keys("kling-o3", "a cat")) == 1


def test_paths_do_not_count_but_bytes_do(tmp_path: Path) -> None:
    before = key_of(tmp_path, BASE)
    shutil.copy(tmp_path / "refs/vera.png", tmp_path / "refs/renamed.png")
    assert key_of(tmp_path, changed("cast", "vera", "frontal", to="refs/renamed.png")) == before
    draw(tmp_path / "refs/vera.png", colour=(99, 0, 0))
    assert key_of(tmp_path, BASE) != before


IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,6}", fullmatch=True).filter(
    lambda name: (
        name.rstrip("0123456789").lower() not in ("element", "image", "pick", "cast") and not name.startswith("x-")
    )  # keys of the user's own, in every map: no id can begin so
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(IDS, min_size=6, max_size=6, unique_by=str.lower), swap=st.booleans(), where=st.booleans())
def test_ids_order_and_stage_names_never_move_a_key(names: list[str], swap: bool, where: bool, tmp_path: Path) -> None:
    scene, shot, other, stage, member, image = names
    said = {"prompt": f"@{member} in {{{{ vars.city }}}} like @{image}"}
    shots = [(shot, said), (other, {"prompt": "another"})]
    written = {
        **BASE,
        "cast": {member: BASE["cast"]["vera"]},
        "images": {image: BASE["images"]["plate"], "other0": BASE["images"]["grade"]},
        "stages": {stage: BASE["stages"]["still"]},
        "scenes": {scene: {"shots": dict(reversed(shots) if swap else shots)}},
    }
    if where:
        written["scenes"][scene]["defaults"] = written.pop("defaults")
    assert key_of(tmp_path, written, int(swap)) == key_of(tmp_path, BASE)


def test_compiling_twice_gives_the_same(tmp_path: Path) -> None:
    assert result_of(tmp_path, BASE).list.tasks == result_of(tmp_path, BASE).list.tasks
