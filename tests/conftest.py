"""What every test may rely on: where things are, and that nothing can leave this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
REALDATA = ROOT.parent / "shared" / "realdata"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

#: Where every commit waits, the same examples each time: what only luck finds must not stop a change that has nothing
#: to do with it. `make test-all` draws others each time, and more of them.
settings.register_profile("house", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


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
        boards = sorted((REALDATA / "storyboards/vimax").glob("*.json"))
        metafunc.parametrize("storyboard", boards, ids=[board.stem for board in boards])


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Material from real people, beside the repository; tests read it, the repository never holds it."""
    return REALDATA


def lacking() -> dict[str, str]:
    """What this machine has nothing for: marker or fixture of the tests that need it -> what they need."""
    found = {}
    if not any(map(shutil.which, BROWSERS)):
        found["browser"] = "a Chromium (Debian: chromium), to look at pages"
    if not REALDATA.is_dir():
        found["realdata"] = "the material of real people, beside the repository"
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine has nothing for; `pytest_terminal_summary` says so."""
    needs = lacking()
    gone = [
        item
        for item in items
        if any(item.get_closest_marker(name) or name in getattr(item, "fixturenames", ()) for name in needs)
    ]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out and why, so that a green run does not look like more than it is."""
    for what in lacking().values():
        terminalreporter.write_line(f"Left out: the tests that need {what}.")
