"""shotpilot.toml: defaults from the schema, faults with their place and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import BadFiles, UsageError
from shotpilot_pipeline.pipeline.settings import read_settings


def test_without_a_file_the_defaults_of_the_schema_hold(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, {})
    assert settings.get("pace", "unfinished") == 4
    assert settings.get("fal", "queue_url") == "https://queue.fal.run"
    assert settings.get("budget", "day") is None


def test_the_file_and_then_the_environment_win(tmp_path: Path) -> None:
    (tmp_path / "shotpilot.toml").write_text('[pace]\nunfinished = 40\n[fal]\nqueue_url = "https://a.example"\n')
    settings = read_settings(tmp_path, {"SHOTPILOT_FAL_QUEUE_URL": "http://127.0.0.1:8080"})
    assert settings.get("pace", "unfinished") == 40
    assert settings.get("fal", "queue_url") == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[pace]\nunfinished = 0\n", ":2:1: pace.unfinished is 0; it may be 1 to 200"),
        ("[pace]\n\nunfinished = '4'\n", ":3:1: pace.unfinished wants a whole number"),
        ("[pace]\nunfinished = true\n", ":2:1: pace.unfinished wants a whole number"),
        ("[pace]\nspeed = 1\n", ":2:1: pace.speed is not a setting; the keys of [pace] are unfinished"),
        ("[paces]\n", ":1:1: paces is not a section; the sections are [fal], [pace]"),
        ("pace = 3\n", ":1:1: pace is not a section"),
        ("[pace\n", ":1:6: is not TOML"),
    ],
)
def test_each_fault_has_a_place_and_a_cure(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "shotpilot.toml").write_text(text)
    with pytest.raises(BadFiles) as raised:
        read_settings(tmp_path, {})
    assert fault in str(raised.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "shotpilot.toml").write_text("[pace]\nunfinished = 0\n[budget]\nday = -1\nnight = 3\n")
    with pytest.raises(BadFiles) as raised:
        read_settings(tmp_path, {})
    assert [problem.place.line for problem in raised.value.problems] == [2, 4, 5]


def test_bytes_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "shotpilot.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadFiles, match="not UTF-8"):
        read_settings(tmp_path, {})


@pytest.mark.parametrize(
    "url", ["http://fal.example", "http://127.0.0.1.evil.example/", "ftp://x", "http://localhostile/"]
)
def test_plain_http_is_for_this_machine_only(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="https"):
        read_settings(tmp_path, {"SHOTPILOT_FAL_API_URL": url})
