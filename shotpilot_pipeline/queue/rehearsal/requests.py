"""One request in the rehearsal queue: where it stands at a moment, and what it came to. Does not draw or answer.

    IN_QUEUE ──starts──▶ IN_PROGRESS ──ends──▶ COMPLETED
        └────────── cancel before the end ──────────┘ (with an error)

Times are seconds of the queue's clock. When a request is accepted, it is known when it will start and end: as many
run at once as the account may, first come first served.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shotpilot_pipeline.queue.protocol import Word


@dataclass(slots=True)
class Asked:
    """One accepted POST. `verdict` and `sizes` are filled in once, when it has run."""

    id: str
    endpoint: str
    body: Mapping[str, Any]
    tags: Mapping[str, str]
    sent: float
    starts: float
    ends: float
    cancelled: float | None = None  # when
    verdict: Verdict | None = None
    forced: Verdict | None = None  # what a fault plan makes of it, instead of the model
    brings: int | None = None  # pictures, where a fault plan says so; else as many as were asked for
    billed: int | None = None  # units it is truly billed for, where a fault plan says so
    sizes: tuple[int, ...] = ()  # bytes of each drawn picture

    def word(self, now: float) -> Word:
        """Where it stands."""
        if self.cancelled is not None or now >= self.ends:
            return Word.COMPLETED
        return Word.IN_PROGRESS if now >= self.starts else Word.IN_QUEUE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a request came to: pictures, or an error body with its code."""

    code: int
    units: int
    names: tuple[str, ...] = ()  # paths of the pictures on the media host
    detail: object = None
    error_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


CANCELLED = Verdict(499, 0, detail="The request was cancelled.", error_type="client_cancelled")


def output(asked: Asked, verdict: Verdict, origin: str) -> dict[str, Any]:
    """The model's output, or its error body."""
    if verdict.code != 200:
        return {"detail": verdict.detail} | ({"error_type": verdict.error_type} if verdict.error_type else {})
    sizes: tuple[int | None, ...] = asked.sizes or (None,) * len(verdict.names)
    kind = str(asked.body.get("output_format") or "png")
    return {
        "images": [
            {
                "url": f"{origin}{name}",
                "content_type": f"image/{kind}",
                "file_name": name.rpartition("_")[2],
                "file_size": size,
            }
            for name, size in zip(verdict.names, sizes, strict=True)
        ]
    }


@dataclass(slots=True)
class Slots:
    """The places in which requests run, each with the time it is free again."""

    most: int
    _free: list[float] = field(default_factory=list)

    def take(self, now: float, seconds: float) -> tuple[float, float]:
        """Start and end of a request of `seconds` that comes in now."""
        while self._free and self._free[0] <= now:
            heapq.heappop(self._free)
        starts = now if len(self._free) < self.most else heapq.heappop(self._free)
        heapq.heappush(self._free, starts + seconds)
        return starts, starts + seconds
