"""The peer: ninja with three chained edges a shot, all up to date. Knows nothing of shotpilot."""

from __future__ import annotations

import subprocess
from pathlib import Path

STAGES = ("iterate", "refine", "final")

_RULES = """\
rule render
  command = : > $out
  description = $out
"""


def write_build(folder: Path, shots: int) -> None:
    """`build.ninja` of `shots` x 3 edges, each stage fed by the one before, the first by one list."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list.txt").write_text("the list\n")
    with (folder / "build.ninja").open("w") as out:
        out.write(_RULES)
        for shot in range(shots):
            source = "list.txt"
            for stage in STAGES:
                picture = f"out/sc{shot // 20:04}/sh{shot:05}_{stage}.png"
                out.write(f"build {picture}: render {source}\n")
                source = picture


def build_once(program: str, folder: Path) -> None:
    """Build everything, so that the next run has nothing to do."""
    subprocess.run([program, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
