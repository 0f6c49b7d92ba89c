"""Starts the command as a user's shell would, and tells how it ended.

Nearly all of the half second that a start takes is spent on imports. So, where every commit waits, a start is a fork of
a Python that has imported everything already (tests/warm.py): still a process of its own, with its own folder,
environment, signals and standard streams. `make test-all` starts a new Python each time, and so does `cold`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tests.examples import LONG

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "shotpilot_pipeline"]
Done = subprocess.CompletedProcess[str]

_PATIENCE = 120.0  # seconds
_AT_THE_START = ("PYTHON", "LC_", "LANG")  # variables that a Python looks at only while it starts


def start(
    *words: str | Path, environment: Mapping[str, str], cwd: str | Path | None = None, script: Path | None = None
) -> Done:
    """`shotpilot WORDS`, or `python SCRIPT WORDS`, with exactly that environment."""
    if LONG or sys.platform != "linux" or _early(environment) != _early(os.environ):
        return cold(*words, environment=environment, cwd=cwd, script=script)
    return _warm(*words, environment=environment, cwd=cwd, script=script)


def cold(
    *words: str | Path, environment: Mapping[str, str], cwd: str | Path | None = None, script: Path | None = None
) -> Done:
    """The same in a Python that starts for it."""
    return subprocess.run(
        [*_program(script), *map(str, words)], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=_PATIENCE, check=False,
    )  # fmt: skip


def _program(script: Path | None) -> list[str]:
    return [sys.executable, str(script)] if script else COMMAND


def _warm(*words: str | Path, environment: Mapping[str, str], cwd: str | Path | None, script: Path | None) -> Done:
    asked = {
        "words": [*map(str, words)],
        "script": str(script or ""),
        "folder": os.path.abspath(cwd or "."),
        "environment": dict(environment),
    }
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        code = _ended(asked, [output, errors])
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess([*_program(script), *asked["words"]], code, output.read(), errors.read())


def _ended(asked: Mapping[str, Any], streams: Sequence[IO[str]]) -> int:
    """The exit code of one errand of the warm Python, that writes to these streams."""
    near, far = socket.socketpair()
    with near:
        with far:
            _, line = _python()
            socket.send_fds(line, [b"1"], [far.fileno(), *(stream.fileno() for stream in streams)])
        near.sendall(json.dumps(asked).encode())
        near.shutdown(socket.SHUT_WR)
        near.settimeout(_PATIENCE)
        told = b""
        try:
            while more := near.recv(100):
                told += more
        except TimeoutError:
            os.kill(int(told.split()[0]), signal.SIGKILL)
            raise subprocess.TimeoutExpired(asked["words"], _PATIENCE) from None
    _, code = told.split()
    return int(code)


@cache
def _python() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The warm Python of this process, and where it is asked; it ends when that socket does."""
    near, far = socket.socketpair()
    with far:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(far.fileno())], pass_fds=[far.fileno()], cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return process, near


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_THE_START)}
