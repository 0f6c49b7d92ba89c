"""What the tests of saved plans share: a plan saved, carried out, refused, and a run of it that kills itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from tests.pipeline.buying import CHILD, Service, command
from tests.starting import ROOT, start


def save(host: Service, path: Path, *words: str, name: str = "p.json") -> Path:
    """The plan of `path`, saved beside it."""
    plan = path.parent / name
    done = command(host, "plan", path, "-o", plan, *words)
    assert done.returncode == 0, done.stderr
    return plan


def apply(host: Service, plan: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return command(host, "render", "--plan", plan, "--json", *words)


def refused(host: Service, done: subprocess.CompletedProcess[str], *said: str) -> None:
    """Nothing was sent, the exit code is 2, and this stands in the message and in the JSON."""
    assert done.returncode == 2, done.stdout + done.stderr
    for words in said:
        assert words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    if "render" in done.args:
        told = json.loads(done.stdout)
        assert (told["takes_new"], f"shotpilot: {told['message']}\n") == (0, done.stderr)
        assert all(f"  {one['what']}: {one['how']}\n" in done.stderr for one in told["moved"])


def totals_of(plan: Path) -> dict[str, int]:
    said = json.loads(plan.read_text())
    Draft202012Validator(schema("plan-1")).validate(said)
    found: dict[str, int] = said["totals"]
    return found


def one_at_a_time(folder: Path) -> Path:
    """A kill then leaves one request at most of which the ledger does not say whether it left, and that one did."""
    (folder / "shotpilot.toml").write_text("[pace]\nunfinished = 1\n")
    return folder


def killed(host: Service, plan: Path, boundary: str) -> int:
    """`render --plan` that kills itself at a boundary."""
    environment = host.environment | {"KILL_AT": boundary}
    return start("render", "--plan", plan, environment=environment, cwd=ROOT, script=CHILD).returncode


def edit_prompt(path: Path) -> None:
    path.write_text(path.read_text().replace("an old lantern", "an old lamp"))


def pick(path: Path) -> None:
    path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: 2\n")
