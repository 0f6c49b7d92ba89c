"""A queue on a real socket that counts what it accepts, and the command that buys there. Not a test itself."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
from jsonschema import validate
from PIL import Image

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.faults.plan import plan_faults, read_plan
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.server import serve
from shotpilot_pipeline.queue.slates.copy import Copy
from tests.starting import COMMAND, ROOT, start

#: Two shots, two stages, the picture carried on: four rolls, one upload each for the second two.
LIST = """\
shotlist: 1
show: night
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 2, pick: first}
  final: {model: kling-v3, resolution: 1K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    place: a pier
    shots:
      sh010: {subject: a fisherman, action: coils a rope}
      sh020: {subject: an old lantern}
"""
ROLLS, TAKES, PICTURE = 4, 6, 28_000_000  # of LIST; nano-USD a picture
CHILD = Path(__file__).with_name("render_child.py")


def grey_picture(copy: Copy) -> tuple[bytes, ...]:
    """Pictures of full size that are quick to make: a grey of its own for each request and number."""
    pictures = []
    for number in range(copy.count):
        kept = BytesIO()
        shade = zlib.crc32(f"{copy}{number}".encode()) % 251
        Image.new("L", (copy.width, copy.height), shade).save(kept, copy.output_format)
        pictures.append(kept.getvalue())
    return tuple(pictures)


@dataclass
class Service:
    """A queue in a thread of this process, behind a socket."""

    queue: RehearsalQueue
    origin: str = ""
    stop: Any = None
    ready: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        """What points the command here."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "SHOTPILOT_"))}
        return clean | {
            "SHOTPILOT_FAL_QUEUE_URL": self.origin,
            "SHOTPILOT_FAL_REST_URL": self.origin,
            "SHOTPILOT_FAL_API_URL": f"{self.origin}/v1",
            "FAL_KEY": "any:key",
            "NO_COLOR": "1",
        }


@contextmanager
def service(*rules: dict[str, Any], **queue: Any) -> Iterator[Service]:
    """A rehearsal queue that serves while the block runs, behind a fault plan of `rules`."""
    data = {"faults": 1, "seed": 0, "rules": list(rules)}
    if rules:
        validate(data, schema("faults-1"))
    assert not list(plan_faults(data))
    host = Service(RehearsalQueue(models_of(load_catalog(None)), grey_picture, **queue))
    behind = Liar(host.queue, read_plan(data))

    async def main() -> None:
        host.stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            host.origin = await tasks.start(
                lambda task_status: serve(host.queue, behind=behind, stop=host.stop, task_status=task_status)
            )
            token = anyio.lowlevel.current_token()
            host.stop_from_outside = lambda: anyio.from_thread.run_sync(host.stop.set, token=token)  # type: ignore[attr-defined]
            host.ready.set()
            await host.stop.wait()

    thread = threading.Thread(target=anyio.run, args=(main,), daemon=True)
    thread.start()
    assert host.ready.wait(10)
    try:
        yield host
    finally:
        host.stop_from_outside()  # type: ignore[attr-defined]
        thread.join(15)


def show(folder: Path, text: str = LIST) -> Path:
    """A show with the list above in `folder`."""
    path = folder / "night.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def command(host: Service, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """`shotpilot ARGUMENTS`, which buys at `host`."""
    return start(*arguments, environment=host.environment | more)


def render(host: Service, path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`shotpilot render PATH --yes --json`."""
    return command(host, "render", path, "--yes", "--json", *arguments, **more)


def bought(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The summary of a render that came to its end."""
    assert done.stdout, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def killed_at(host: Service, path: Path, boundary: str, *arguments: str) -> int:
    """A render that kills itself (SIGKILL) at a boundary such as `submitted:before:2`. Returns its exit code."""
    environment = host.environment | {"KILL_AT": boundary}
    return start("render", path, "--yes", *arguments, environment=environment, cwd=ROOT, script=CHILD).returncode


def killed_after(host: Service, path: Path, seconds: float) -> int:
    """A render that is killed from outside after so long, wherever it is. Returns its exit code."""
    with subprocess.Popen(
        [*COMMAND, "render", str(path), "--yes"], env=host.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
        return child.wait(30)


def states(path: Path) -> dict[str, int]:
    """How many rolls the ledger has in each state."""
    ledger = path.parent / ".shotpilot/ledger.db"
    if not ledger.exists():
        return {}
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(ledger)) as db:
        return dict(db.execute("SELECT state, count(*) FROM rolls GROUP BY state"))
    return {}  # it is just being made


def committed(path: Path) -> int:
    """Nano-USD that the ledger holds as charged or reserved."""
    ledger = path.parent / ".shotpilot/ledger.db"
    if not ledger.exists():
        return 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(ledger)) as db:
        return int(db.execute("SELECT total(reserved) + total(charged) FROM rolls").fetchone()[0])
    return 0  # it was just being made, so nothing had been sent


def takes(path: Path) -> int:
    """How many takes the store holds; each record names pictures that are there, and no request is kept twice."""
    store, seen = path.parent / ".shotpilot/store", set()
    records = [json.loads(record.read_text()) for record in (store / "takes").rglob("*.json")]
    for record in records:
        for picture in record["pictures"]:
            assert list((store / "objects").rglob(f"{picture['sha256']}.*")), "a record names a picture that is lost"
        seen.add((record["origin"]["request_id"], record["origin"]["place"]))
    assert len(seen) == len(records)
    return len(records)


def audit(host: Service, path: Path, most_rolls: int = ROLLS) -> None:
    """What must hold at every instant."""
    assert host.queue.accepted <= most_rolls
    assert committed(path) >= host.queue.billed_nano
    assert host.queue.leaked_keys == 0


def audit_end(host: Service, path: Path, rolls: int = ROLLS, kept: int = TAKES) -> None:
    """What must hold at the end, with every unknown decided."""
    assert host.queue.accepted == rolls
    assert takes(path) == kept
    assert committed(path) == host.queue.billed_nano
    assert not set(states(path)) & {"intended", "sending", "submitted", "unknown"}
