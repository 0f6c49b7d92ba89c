"""A Python that has everything imported and becomes one command after another, by forks. Asked by tests/starting.py.

Runs no command itself, so each one finds it as new as a Python of its own: no cache filled, no thread, no event loop.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import NoReturn

import shotpilot_pipeline

#: What the commands import besides the package's own modules, late or by name.
BESIDES = (
    "anyio._backends._asyncio", "click._textwrap", "email.mime.text", "encodings.idna", "httpx", "jinja2.ext",
    "reportlab.pdfgen.canvas", "rich.progress", "ruamel.yaml", "uvicorn.lifespan.on", "uvicorn.protocols.http.h11_impl",
    *(f"PIL.{kind}ImagePlugin" for kind in ("Bmp", "Gif", "Jpeg", "Png", "Ppm", "WebP")),
)  # fmt: skip


@dataclass(frozen=True)
class Errand:
    """What one fork is to become: `python SCRIPT WORDS` or, without a script, `shotpilot WORDS`."""

    words: list[str]
    script: str
    folder: str
    environment: dict[str, str]


def load() -> None:
    """Import what any command may, and keep it out of the way of the garbage collector."""
    package = shotpilot_pipeline.__path__
    names = [found.name for found in pkgutil.walk_packages(package, "shotpilot_pipeline.")]
    for name in (*names, *BESIDES):
        if not name.endswith("__main__"):
            importlib.import_module(name)
    gc.freeze()


def serve(line: socket.socket) -> Errand | None:
    """Fork for each errand that comes. Returns its errand in each fork, and None where nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the minders
    while True:
        asked, ends, *_ = socket.recv_fds(line, 1, 3)
        if not asked:
            return None
        if os.fork():
            for end in ends:
                os.close(end)
            continue
        line.close()
        return minded(*ends)


def minded(answers: int, output: int, errors: int) -> Errand:
    """The errand, in a process that is minded: its id and how it ended are told to `answers`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=answers) as teller:
        with teller.makefile() as told:
            errand = Errand(**json.loads(told.read()))
        if child := os.fork():
            os.close(output)
            os.close(errors)
            teller.sendall(b"%d " % child)
            teller.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            os._exit(0)
    for end, stream in ((output, 1), (errors, 2)):
        os.dup2(end, stream)
        os.close(end)
    return errand


def become(errand: Errand) -> None:
    """Go on as a Python that was started with the errand's words."""
    os.environ.clear()
    os.environ.update(errand.environment)
    os.chdir(errand.folder)
    time.tzset()
    sys.argv = [errand.script, *errand.words]
    code = 0
    try:
        if errand.script:
            runpy.run_path(errand.script, run_name="__main__")
        else:
            runpy.run_module("shotpilot_pipeline", run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        if not isinstance(leaving.code, int):
            raise
        code = leaving.code
    leave(code)


def leave(code: int) -> NoReturn:
    """End as a Python does, but without taking down what was imported, which takes longer than most commands."""
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()  # what the command itself left, and with it what is open
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    load()
    if mine := serve(socket.socket(fileno=int(sys.argv[1]))):
        become(mine)
