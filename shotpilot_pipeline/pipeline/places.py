"""Where things lie: one value with every folder and file of a shot list, real or rehearsed.

Decides paths only; makes nothing and reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.values.origin import is_loopback


@dataclass(frozen=True, slots=True)
class Places:
    """The files beside one shot list. In a rehearsal all but the memo and the thumbnails live apart."""

    root: Path
    shot_list: Path
    rehearsal: bool
    store: Path
    lock: Path  # what was bought: NAME.lock
    picks: Path  # what people chose: NAME.picks.yaml
    rulings: Path  # what people ruled about bought takes: NAME.rulings
    renders: Path
    runs: Path
    held: Path  # the lock of the one writer
    ledger: Path  # every paid request
    prices: Path  # as the service named them last
    drill: Path  # what the queue of a fire drill remembers
    picking: Path  # the lock of whoever changes the picks file
    undo: Path  # what was said of this list before each change of its picks
    seen: Path  # which takes were there when the list was last reviewed
    memo: Path
    thumbnails: Path
    local: bool | None = None  # which takes of the store count: of a queue on this machine, of a real one, or all


def places_of(shot_list: Path, root: Path, *, rehearsal: bool, store: Path | None = None, queue: str = "") -> Places:
    """The places of `shot_list` under `root`. `store` replaces the store of bought bytes, never the rehearsal's.

    `queue` is the base URL that rolls go to: takes from a queue on this machine count only for one on this machine.
    """
    own = root / ".shotpilot"
    inside = shot_list.resolve().relative_to(root.resolve())
    base = own / "rehearsal" if rehearsal else root
    apart = base if rehearsal else own
    beside = (base / inside) if rehearsal else shot_list
    return Places(
        root=root,
        shot_list=shot_list,
        rehearsal=rehearsal,
        store=apart / "store" if rehearsal or store is None else store,
        lock=beside.with_suffix(".lock"),
        picks=beside.with_suffix(".picks.yaml"),
        rulings=beside.with_suffix(".rulings"),
        renders=base / "renders",
        runs=apart / "runs",
        held=apart / "writer.lock",
        ledger=apart / "ledger.db",
        prices=apart / "prices.json",
        drill=own / "rehearsal" / "drill",
        picking=apart / "picks.lock",
        undo=apart / "undo" / inside.with_name(f"{inside.name}.jsonl"),
        seen=apart / "review" / inside.with_name(f"{inside.name}.seen"),
        memo=own / "memo" / inside.with_name(f"{inside.name}.memo"),
        thumbnails=own / "thumbnails",
        local=None if rehearsal else is_loopback(queue),
    )
