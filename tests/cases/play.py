"""Plays a case: puts its files into an empty folder, checks the list there, and gives all that was said.

A case is a file `NAME.yaml`, a folder `NAME/` with a `list.yaml`, or a function in `made.py` for what no text file can
hold. What is said stands in `NAME.txt` beside it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from shotpilot_pipeline.cli.main import shotpilot
from tests.cases.made import MADE

HARD = Path(__file__).with_name("hard")
LIST = "list.yaml"


def names() -> list[str]:
    """Every case."""
    written = (path.stem for path in HARD.iterdir() if (path / LIST).is_file() or path.suffix == ".yaml")
    return sorted({*written, *MADE})


def said_file(name: str) -> Path:
    """Where stands what is said of a case."""
    return HARD / f"{name}.txt"


def set_up(name: str, folder: Path) -> None:
    """Put the files of a case into an empty folder."""
    if name in MADE:
        MADE[name](folder)
    elif (HARD / name).is_dir():
        shutil.copytree(HARD / name, folder, dirs_exist_ok=True)
    else:
        shutil.copyfile(HARD / f"{name}.yaml", folder / LIST)


def play(name: str, folder: Path, *options: str) -> str:
    """What `shotpilot check list.yaml` says of a case, and its exit code. `folder` is empty; the command runs in it."""
    set_up(name, folder)
    return check(folder, LIST, *options)


def check(folder: Path, *words: str) -> str:
    """What `shotpilot check` says in `folder`, results first, and its exit code."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = CliRunner(env={"COLUMNS": "100"}).invoke(shotpilot, ["check", *words], standalone_mode=False)
    finally:
        os.chdir(before)
    if result.exception is not None:
        raise result.exception
    said = result.stdout + result.stderr
    return f"{said}exit {result.return_value}\n".replace(str(folder), "FOLDER").replace(folder.name, "FOLDER")


def all_said(folder: Path) -> Iterator[tuple[str, str]]:
    """Every case with what is said of it."""
    for name in names():
        own = folder / f"show-{name}"  # a name that nothing else is called by
        own.mkdir()
        yield name, play(name, own)
