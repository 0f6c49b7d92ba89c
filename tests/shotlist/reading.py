"""What the reading tests share: a show in a folder, and what reading it gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.source import Source, load_shot, read_source

HEAD = "shotlist: 1\nshow: x\n"


@dataclass
class Show:
    """What came of reading a list and loading each of its shots."""

    source: Source | None
    problems: list[Problem]
    shots: dict[str, Any]  # address -> plain map

    @property
    def rules(self) -> list[str]:
        return [problem.rule for problem in self.problems]

    @property
    def places(self) -> list[tuple[int, int]]:
        return [(problem.place.line, problem.place.column) for problem in self.problems]

    @property
    def only(self) -> Problem:
        assert len(self.problems) == 1, "\n".join(map(str, self.problems))
        return self.problems[0]


def read(folder: Path, text: str | bytes, **more: str) -> Show:
    """Write `text` as list.yaml (and further files, `cast` as cast.yaml), read it, and load every shot."""
    path = folder / "list.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for name, content in more.items():
        (folder / f"{name}.yaml").write_text(content)
    return load(path, folder)


def load(path: Path, root: Path) -> Show:
    source, found = read_source(path, root)
    problems, shots = list(found), {}
    for scene in source.scenes if source else ():
        for shot in scene.shots:
            node, faults = load_shot(shot, root)
            problems += faults
            if node is not None:
                shots[f"{scene.id}/{shot.id}"] = node.plain()
    return Show(source, problems, shots)


def shot(*lines: str) -> str:
    """A list with one shot, sc/sh, whose lines stand from line 7 on, from column 9 on."""
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEAD}scenes:\n  sc:\n    shots:\n      sh:\n{body}"
