"""What the tests of the compiling half share: a shot list as text, compiled in a folder of its own."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from shotpilot_pipeline.catalog.cards import Catalog, load_catalog
from shotpilot_pipeline.errors import Problem, Severity
from shotpilot_pipeline.shotlist.compile import compile_source
from shotpilot_pipeline.shotlist.source import Source, read_source
from shotpilot_pipeline.values.request import input_of
from shotpilot_pipeline.values.task import Compiled, Task

STAGES = """
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 4, pick: human}
  refine:  {model: [kling-v3, kling-o3], resolution: 2K, takes: 2, carry: image, pick: human}
  final:   {model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}
"""
CAST = """
cast:
  vera:
    name: Vera Kane
    frontal: https://example.com/vera.jpg
    references: [https://example.com/vera_left.jpg]
    wardrobe: black evening gown, pearl earrings
  sam: https://example.com/sam.jpg
images:
  grade: {url: https://example.com/grade.jpg, role: palette}
  plate: https://example.com/plate.jpg
"""


@cache
def catalog() -> Catalog:
    return load_catalog()


@dataclass(frozen=True)
class Result:
    """A compiled list, or why there is none."""

    compiled: Compiled | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.WARNING]

    @property
    def list(self) -> Compiled:
        assert self.compiled is not None, "\n".join(map(str, self.problems))
        return self.compiled

    @property
    def addresses(self) -> list[str]:
        return [task.address for task in self.list.tasks]

    def task(self, address: str) -> Task:
        return next(task for task in self.list.tasks if task.address == address)

    def wire(self, address: str, form: int = 0) -> dict[str, Any]:
        return input_of(self.task(address).forms[form])

    def prompt(self, address: str = "sc010/sh010@still", form: int = 0) -> str:
        return str(self.wire(address, form)["prompt"])

    def only_error(self) -> Problem:
        assert len(self.errors) == 1, "\n".join(map(str, self.problems))
        return self.errors[0]


def read(folder: Path, text: str, name: str = "list.yaml") -> Source:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    source, problems = read_source(path, folder)
    assert source is not None, "\n".join(map(str, problems))
    return source


def compiled(folder: Path, text: str, name: str = "list.yaml") -> Result:
    """`text` compiled as it stands."""
    return Result(*compile_source(read(folder, text, name), catalog()))


def show(folder: Path, shot: str, *, head: str = "", scene: str = "", name: str = "list.yaml") -> Result:
    """One scene `sc010` whose shots are `shot` (as under `shots:`); `head` and `scene` add to what is around."""
    text = "\n".join(
        [
            "shotlist: 1",
            "show: noir",
            textwrap.dedent(head).strip("\n"),
            "scenes:",
            "  sc010:",
            textwrap.indent(textwrap.dedent(scene).strip("\n"), "    "),
            "    shots:",
            textwrap.indent(textwrap.dedent(shot).strip("\n"), "      "),
            "",
        ]
    )
    return compiled(folder, text, name)


def prompt_of(folder: Path, prompt: str, **around: str) -> Result:
    """One shot with a full prompt, written as a JSON string."""
    return show(folder, f"sh010:\n  prompt: {json.dumps(prompt)}", **around)


def draw(path: Path, size: tuple[int, int] = (400, 400), colour: tuple[int, int, int] = (90, 40, 40)) -> Path:
    """A plain picture, so that a reference has bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path
