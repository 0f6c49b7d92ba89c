"""Plays a case: puts its files into an empty folder, checks the list there, and gives all that was said.

A case is a file `NAME.yaml`, a folder `NAME/` with a `list.yaml`, or a function in `made.py` for what no text file can
hold. What is said stands in `NAME.txt` beside it. Each rule's bad example is a case too, with what is said in `rules/`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.lint.manual import pages, whole_list
from tests.cases.made import MADE
from tests.lint.linting import draw_pictures

HARD = Path(__file__).with_name("hard")
RULES = Path(__file__).with_name("rules")
LIST = "list.yaml"
#: A case is no film: it has no light and no lens, and need not be told so.
_SLOTS = ("shot-size", "lens", "subject", "action", "place", "light")
_QUIET = tuple(word for slot in _SLOTS for word in ("--ignore", f"slot-{slot}"))


def names() -> list[str]:
    """Every case."""
    written = (path.stem for path in HARD.iterdir() if (path / LIST).is_file() or path.suffix == ".yaml")
    return sorted({*written, *MADE})


def rules() -> list[str]:
    """Every rule with a bad example."""
    return sorted(id for id, page in pages().items() if page.bad)


def said_file(name: str) -> Path:
    """Where stands what is said of a case."""
    return HARD / f"{name}.txt"


def rule_file(rule: str) -> Path:
    """Where stands what is said of a rule's bad example."""
    return RULES / f"{rule}.txt"


def play_rule(rule: str, folder: Path) -> str:
    """What `shotpilot check list.yaml` says of the bad example of a rule."""
    text = whole_list(pages()[rule].bad)
    draw_pictures(folder, text)
    (folder / LIST).write_text(text, encoding="utf-8")
    return check(folder, LIST)


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
    return check(folder, LIST, *_QUIET, *options)


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


def all_rules_said(folder: Path) -> Iterator[tuple[str, str]]:
    """Every rule with what is said of its bad example."""
    for rule in rules():
        own = folder / f"show-of-{rule}"
        own.mkdir()
        yield rule, play_rule(rule, own)
