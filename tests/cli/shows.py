"""Small shows that tests of the command line are played on, and the command itself as a user types it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.starting import COMMAND, start

LIST = """\
shotlist: 1
show: night
title: Night at the Pier
vars: {city: Port Vale}
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 3, pick: human}
  final: {model: kling-v3, resolution: 2K, takes: 1, carry: image, pick: first}
defaults: {aspect_ratio: 16:9}
scenes:
  sc010:
    place: pier in {{ vars.city }}
    int_ext: EXT
    time: NIGHT
    shots:
      sh010:
        size: WS
        subject: a fisherman
        action: coils a rope
        tags: [hero]
      sh020:
        size: CU
        subject: an old lantern
        light: warm lamplight
"""


def write_list(folder: Path, text: str = LIST) -> Path:
    """A show of two shots and two stages in `folder`."""
    path = folder / "night.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """`shotpilot ARGUMENTS` in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "SHOTPILOT_"))}
    return start(*arguments, environment={**clean, "NO_COLOR": "1", "COLUMNS": "120", **environment}, cwd=cwd)


def on_a_terminal(arguments: Sequence[str | Path], environment: Mapping[str, str], columns: int) -> str:
    """What `shotpilot ARGUMENTS` draws on a terminal of its own that many columns wide, with its colours."""
    eyes = {name: value for name, value in environment.items() if name != "NO_COLOR"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)], env=eyes | {"TERM": "xterm", "COLUMNS": str(columns)},
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as child:  # fmt: skip
        os.close(theirs)
        drawn = b""
        with suppress(OSError):  # the other side has closed
            while more := os.read(ours, 65536):
                drawn += more
        os.close(ours)
        assert child.wait(60) == 0, drawn
    return drawn.decode().replace("\r\n", "\n")


def run_json(*arguments: str | Path) -> Any:
    """What `shotpilot ARGUMENTS --json` writes; it must succeed."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
