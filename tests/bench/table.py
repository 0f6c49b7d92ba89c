"""Promises and what was measured, as one table or as JSON. Does not know how anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise: at most `limit` `unit`; `measured` is judged, `beside` is said with it."""

    promise: str
    limit: float
    measured: float
    unit: str  # "s", "ms", "MiB", "x"
    beside: str = ""

    @property
    def ratio(self) -> float:
        """Measured as a part of what was promised: above 1 it is broken."""
        return self.measured / self.limit

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.measured <= self.limit


def as_table(findings: Sequence[Finding]) -> str:
    """Promise, limit, measured, ratio, verdict, and what else is worth knowing."""
    rows = [("promise", "at most", "measured", "ratio", "verdict", "")]
    rows += [
        (
            found.promise,
            _amount(found.limit, found.unit),
            _amount(found.measured, found.unit),
            f"{found.ratio:.2f}",
            "kept" if found.kept else "BROKEN",
            found.beside,
        )
        for found in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths[:5]))
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The same for programs."""
    return [asdict(found) | {"ratio": round(found.ratio, 3), "kept": found.kept} for found in findings]


def _amount(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value:.3f} s"
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.2f} {unit}"
