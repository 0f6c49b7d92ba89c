"""Writes down anew what is said of every case: `python -m tests.cases`. Read the difference before you commit it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cases.play import HARD, RULES, all_rules_said, all_said, rule_file, said_file

with tempfile.TemporaryDirectory() as folder:
    kept = set()
    for name, said in all_said(Path(folder)):
        said_file(name).write_text(said, encoding="utf-8")
        kept.add(said_file(name))
    RULES.mkdir(exist_ok=True)
    for rule, said in all_rules_said(Path(folder)):
        rule_file(rule).write_text(said, encoding="utf-8")
        kept.add(rule_file(rule))
for path in (*HARD.glob("*.txt"), *RULES.glob("*.txt")):
    if path not in kept:
        path.unlink()
print(f"{len(kept)} cases.")
