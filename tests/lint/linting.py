"""What the tests of the rules share: a list as text, checked as `shotpilot check` does, in a folder of its own."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from PIL import Image

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.pipeline.checking import check_file

TODAY = date(2026, 11, 25)
_PICTURE = re.compile(r"refs/[\w-]+\.(?:png|jpe?g)\b")


def checked(folder: Path, text: str, today: date = TODAY, settings: str = "") -> tuple[Problem, ...]:
    """Every problem of a list. Pictures under refs/ that it names are drawn, except `nobody`."""
    draw_pictures(folder, text)
    if settings:
        (folder / "shotpilot.toml").write_text(settings, encoding="utf-8")
    path = folder / "list.yaml"
    path.write_text(text, encoding="utf-8")
    return check_file(path, None, today=today).problems


def draw_pictures(folder: Path, text: str) -> None:
    """The pictures under refs/ that a list names, except `nobody`."""
    for name in set(_PICTURE.findall(text)) - {"refs/nobody.jpg"}:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((512, 512), 60).save(path)


def rules(folder: Path, snippet: str, **more: str) -> list[str]:
    """The ids of what is wrong with a snippet, as the manual understands snippets."""
    return [problem.rule for problem in checked(folder, whole_list(snippet), **more)]  # type: ignore[arg-type]


def the(folder: Path, rule: str, snippet: str) -> Problem:
    """The one problem of that rule."""
    found = [problem for problem in checked(folder, whole_list(snippet)) if problem.rule == rule]
    assert len(found) == 1, found
    return found[0]
