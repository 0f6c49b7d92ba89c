"""A storyboard of any text becomes a shot list that says exactly that text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.values.request import input_of
from tests.tools.vimax import main, prompt_list, show_id, storyboard_list

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shots_of(text: str, scene: str = "sc010") -> dict[str, dict[str, object]]:
    shots: dict[str, dict[str, object]] = yaml.safe_load(text)["scenes"][scene]["shots"]
    return shots


@given(st.text(max_size=60))
def test_any_text_fills_as_itself(text: str) -> None:
    shot = shots_of(prompt_list([text], "any"))["sh0010"]
    wanted = " ".join(_UNPRINTABLE.sub(" ", text).split())
    if not wanted:
        assert shot == {"omit": True}
        return
    filled = Environment(autoescape=False).from_string(str(shot["prompt"])).render()
    assert filled.replace("@@", "@") == wanted.replace("@@", "@")


@given(
    st.lists(
        st.text(alphabet=st.one_of(st.characters(), st.sampled_from("@@{{}}%#|: \n.-_a")), max_size=40), min_size=1
    )
)
def test_any_text_reaches_the_model_as_itself(texts: list[str]) -> None:
    wanted = [" ".join(_UNPRINTABLE.sub(" ", text).split()) for text in texts]
    with TemporaryDirectory() as folder:
        path = Path(folder, "list.yaml")
        path.write_text(prompt_list(texts, "any"), encoding="utf-8")
        source, problems = read_source(path, Path(folder))
        assert source is not None, problems
        compiled, problems = compile_source(source, load_catalog())
    assert compiled is not None, problems
    sent = [input_of(task.forms[0])["prompt"] if task.forms else "" for task in compiled.tasks]
    assert sent == wanted


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("ask @vera", "ask @@vera"),
        ("mail me@home now", "mail me@home now"),
        ("lunch @ noon", "lunch @ noon"),
        ("@@vera", "@@@@vera"),
        ("x@@vera", "x@@@@vera"),
        ("(@vera)", "(@@vera)"),
        ("a {{ b }} {% c %}", "a {{ '{' }}{{ '{' }} b }} {{ '{' }}% c %}"),
        ("# Panel 1: a - b", "# Panel 1: a - b"),
    ],
)
def test_what_means_something_is_written_as_a_literal(said: str, written: str) -> None:
    assert shots_of(prompt_list([said], "any"))["sh0010"]["prompt"] == written


def test_scenes_and_shots_count_in_tens() -> None:
    board = {
        "story_overview": "Two: scenes",
        "scenes": [
            {"shots": [{"first_frame": "a", "video_prompt": "b"}, {"first_frame": "c"}]},
            {"shots": [{"first_frame": "d"}]},
        ],
    }
    text = storyboard_list(board, "two scenes!")
    assert yaml.safe_load(text)["show"] == "two-scenes-"
    assert shots_of(text) == {"sh0010": {"prompt": "a", "motion": "b"}, "sh0020": {"prompt": "c"}}
    assert shots_of(text, "sc020") == {"sh0010": {"prompt": "d"}}


def test_a_name_without_letters_is_still_an_id() -> None:
    assert show_id("_-") == "show"


def test_the_command_writes_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = tmp_path / "board.json"
    board.write_text(json.dumps({"scenes": [{"shots": [{"first_frame": "a tram"}]}]}), encoding="utf-8")
    assert main([str(board)]) == 0
    assert "a tram" in capsys.readouterr().out
