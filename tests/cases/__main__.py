"""Writes down anew what is said of every case: `python -m tests.cases`. Read the difference before you commit it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cases.play import HARD, all_said, said_file

with tempfile.TemporaryDirectory() as folder:
    kept = set()
    for name, said in all_said(Path(folder)):
        said_file(name).write_text(said, encoding="utf-8")
        kept.add(said_file(name))
for path in HARD.glob("*.txt"):
    if path not in kept:
        path.unlink()
print(f"{len(kept)} cases.")
