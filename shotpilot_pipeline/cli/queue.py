"""`shotpilot queue serve`: the rehearsal queue as a local HTTP server. Does not touch any show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shotpilot_pipeline.errors import UsageError

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
    from shotpilot_pipeline.queue.rehearsal.queue import Injected, RehearsalQueue


@click.group(name="queue")
def command() -> None:
    """Run the rehearsal queue as a local server that speaks fal's protocol."""


@command.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option(
    "--service-seconds",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 86400),
    help="How long a request runs before its pictures are there.",
)
@click.option(
    "--service-spread",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The part of it by which a request may run longer or shorter.",
)
@click.option(
    "--runs-at-once",
    default=40,
    show_default=True,
    type=click.IntRange(1),
    help="How many requests run at the same time; the others wait in the queue.",
)
@click.option(
    "--seed-free",
    is_flag=True,
    help="As the real models, which have no seed: the same request brings another picture each time.",
)
@click.option(
    "--models",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with further model cards.",
)
@click.option("--faults", type=click.Path(path_type=Path), help="A fault plan: how the queue misbehaves, and when.")
def serve_command(
    host: str,
    port: int,
    service_seconds: float,
    service_spread: float,
    runs_at_once: int,
    seed_free: bool,
    folder: Path | None,
    faults: Path | None,
) -> None:
    """Serve until Ctrl-C. Nothing is billed; pictures are drawn slates.

    \b
    Point shotpilot at it:
      export SHOTPILOT_FAL_QUEUE_URL=http://127.0.0.1:8787
      export SHOTPILOT_FAL_REST_URL=http://127.0.0.1:8787
      export SHOTPILOT_FAL_API_URL=http://127.0.0.1:8787/v1
      export FAL_KEY=any:key
    """
    import anyio  # heavy: kept off the path of --help

    from shotpilot_pipeline.catalog.cards import load_catalog
    from shotpilot_pipeline.queue.rehearsal.models import models_of
    from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
    from shotpilot_pipeline.queue.slates.draw import draw_roll

    queue = RehearsalQueue(
        models_of(load_catalog(folder)), draw_roll, service_seconds, service_spread, runs_at_once, seed_free=seed_free
    )
    behind = _liar(queue, faults) if faults else None
    fault = ""
    try:
        anyio.run(_serve, queue, behind, host, port)
    except* OSError as errors:
        fault = str(errors.exceptions[0])
    if fault:
        raise UsageError(f"cannot listen at {host}:{port} ({fault}); try another --host, or --port 0 for any free one")
    told = f"; faults: {len(queue.log)}" if faults else ""
    click.echo(f"Stopped. Accepted requests: {queue.accepted}; billable units: {queue.billed_units}{told}.", err=True)


def _liar(queue: RehearsalQueue, plan: Path) -> Liar:
    """The queue behind the plan; each fault is told as it happens."""
    from shotpilot_pipeline.pipeline.faults import read_faults
    from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar

    def tell(line: Injected) -> None:
        about = " ".join(filter(None, (line.address, line.request_id)))
        click.echo(f"fault: {line.route}: {line.fault}" + (f" ({about})" if about else ""), err=True)

    return Liar(queue, read_faults(plan), tell)


async def _serve(queue: RehearsalQueue, behind: Liar | None, host: str, port: int) -> None:
    """Serve until the first SIGINT or SIGTERM, then let answers under way finish."""
    import signal

    import anyio

    from shotpilot_pipeline.queue.rehearsal.server import serve

    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        origin = await tasks.start(
            lambda task_status: serve(queue, host, port, behind=behind, stop=stop, task_status=task_status)
        )
        click.echo(f"Rehearsal queue at {origin} (Ctrl-C stops it)", err=True)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                stop.set()
                break
