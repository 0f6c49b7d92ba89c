"""The key: from the environment alone, and every way to get it wrong is a sentence that never repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import KeyOrBalance
from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files

REAL, HERE = "https://queue.fal.run", "http://127.0.0.1:8787"
SECRET = "0123456789abcdef0123456789abcdef"
KEY = f"11111111-2222-3333-4444-555555555555:{SECRET}"


def test_the_whole_key_or_its_halves() -> None:
    assert find_key(REAL, {"FAL_KEY": KEY}) == KEY
    half, other = KEY.split(":")
    assert find_key(REAL, {"FAL_KEY_ID": half, "FAL_KEY_SECRET": other}) == KEY
    assert find_key(REAL, {"FAL_KEY": KEY, "FAL_KEY_ID": "other"}) == KEY
    assert find_key(HERE, {"FAL_KEY": "any:key"}) == "any:key"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "FAL_KEY is not set"),
        ({"FAL_KEY_ID": "half"}, "FAL_KEY_SECRET is not"),
        ({"FAL_KEY_SECRET": SECRET}, "FAL_KEY_ID is not"),
        ({"FAL_KEY": f'"{KEY}"'}, "quotation marks"),
        ({"FAL_KEY": f"{KEY}\n"}, "line break"),
        ({"FAL_KEY": f" {KEY}"}, "blank"),
        ({"FAL_KEY": f"{KEY}\u00a0"}, "blank"),
        ({"FAL_KEY": f"FAL_KEY={KEY}"}, "word before"),
        ({"FAL_KEY": SECRET}, "id:secret"),
        ({"FAL_KEY": "any:key"}, "id:secret"),
    ],
)
def test_anything_else_is_a_sentence(environment: dict[str, str], said: str) -> None:
    with pytest.raises(KeyOrBalance, match=said) as caught:
        find_key(REAL, environment)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("line", [f'key = "{KEY}"', "fal_key = 'x:y'", f'queue_url = "{KEY}"', "api-key = 'x'"])
def test_a_key_in_the_settings_is_found_and_not_repeated(tmp_path: Path, line: str) -> None:
    (tmp_path / "shotpilot.toml").write_text(f"[fal]\n# key = in the environment\n{line}\n")
    with pytest.raises(KeyOrBalance, match="toml:3") as caught:
        refuse_keys_in_files(tmp_path)
    assert SECRET not in str(caught.value)


def test_settings_without_a_key_pass(tmp_path: Path) -> None:
    refuse_keys_in_files(tmp_path)
    (tmp_path / "shotpilot.toml").write_text("[fal]\n# FAL_KEY is in the environment\njob_seconds = 60\n")
    refuse_keys_in_files(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "fal_key: id:top-secret-text",
        "# 9f8e7d6c-1111-2222-3333-444455556666:aaaabbbbccccddddeeee",
        "  FAL_KEY_ID: abcd",
    ],
)
def test_a_key_in_the_shot_list_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "show.yaml"
    path.write_text(f"shotlist: 1\n{line}\n")
    with pytest.raises(KeyOrBalance, match=r"show\.yaml:2: a key") as refused:
        refuse_keys_in_files(tmp_path, path)
    assert "top-secret" not in str(refused.value)
    assert "aaaabbbb" not in str(refused.value)
