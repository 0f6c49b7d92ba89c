"""Each command in a Python that starts for it: it imports what it needs, and says what a warm Python says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shotpilot_pipeline.cli.main import COMMANDS
from tests.pipeline.buying import Service, command, render, service, show
from tests.starting import Done, cold, start

FILE, SHOT = "night.yaml", "sc010/sh010@iterate"
#: Command -> what is typed after it and the code it exits with. `review` and `queue serve` go on until they are
#: stopped; the tests of those start them cold.
TRIED = {
    "new": (["club"], 0),
    "check": ([FILE], 0),
    "explain": (["image-unused"], 0),
    "fix": ([FILE, "--diff"], 0),
    "fmt": ([FILE, "--diff"], 0),
    "expand": ([FILE], 0),
    "graph": ([FILE], 0),
    "plan": ([FILE, "-o", "plan.json"], 0),
    "diff": (["first.json", "first.json"], 0),
    "why": ([FILE, SHOT], 0),
    "rehearse": ([FILE, "--limit", "1"], 0),
    "render": ([FILE, "--yes"], 0),
    "review": (["nowhere.yaml"], 2),
    "pick": ([FILE, SHOT, "2"], 0),
    "picks": (["merge", FILE, "nowhere.json"], 2),
    "status": ([FILE], 0),
    "reconcile": ([FILE], 0),
    "accept": ([FILE, "sc010/sh020@iterate", "--why", "a comma"], 0),
    "adopt": ([FILE, SHOT, "mine.png"], 0),
    "swap": ([FILE, "sc010/sh010", "sc010/sh020"], 0),
    "costs": ([FILE], 0),
    "report": ([FILE], 0),
    "models": ([], 0),
    "store": (["verify"], 0),
    "completion": (["bash"], 0),
    "queue": (["serve", "--faults", "nowhere.yaml"], 2),
}


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """A show that was bought but for one stage, then edited, with a plan of it and a picture beside it."""
    folder = tmp_path_factory.mktemp("show")
    with service() as host:
        path = show(folder)
        assert render(host, path, "sc010/sh010", "sc010/sh020@iterate").returncode == 0
        assert command(host, "plan", path, "-o", folder / "first.json").returncode == 0
        shutil.copy(next(folder.rglob("*sh020_iterate*.png")), folder / "mine.png")
        path.write_text(path.read_text().replace("an old lantern", "an old dented lantern"))
        yield host, folder


def test_every_command_is_tried() -> None:
    assert list(TRIED) == list(COMMANDS)


@pytest.mark.parametrize("name", TRIED)
def test_a_command_says_the_same_cold_and_warm(bought: tuple[Service, Path], tmp_path: Path, name: str) -> None:
    host, folder = bought
    words, code = TRIED[name]
    told = []
    for way in (cold, start):
        there = tmp_path / way.__name__ / "show"
        shutil.copytree(folder, there)
        told.append(said(way(name, *words, environment=host.environment, cwd=there), there))
    assert told[0][0] == code, told[0]
    assert told[0] == told[1]


def said(done: Done, folder: Path) -> tuple[int, str, str]:
    """How it ended and what it said, but for what no two runs have alike: where and when."""
    parts = (re.sub(r"\d{4}-\d\d-\d\d[_T]?[\d:]*", "THEN", part) for part in (done.stdout, done.stderr))
    output, errors = (part.replace(str(folder), "HERE") for part in parts)
    return done.returncode, output, errors
