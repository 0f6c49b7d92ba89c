"""What every test may rely on: where things are, and that nothing can leave this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("house", deadline=None, max_examples=100)
settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no proxy and no setting of the person who runs the tests reaches a test."""
    for name in os.environ:
        if name.startswith(("FAL_", "SHOTPILOT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `storyboard` runs once for each real storyboard that lies beside the repository."""
    if "storyboard" in metafunc.fixturenames:
        boards = sorted((ROOT / "../shared/realdata/storyboards/vimax").glob("*.json"))
        metafunc.parametrize("storyboard", boards, ids=[board.stem for board in boards])


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Material from real people, beside the repository; tests read it, the repository never holds it."""
    return ROOT.parent / "shared" / "realdata"
