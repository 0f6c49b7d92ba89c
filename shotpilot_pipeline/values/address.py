"""Addresses: the one way to name a shot, a task or a take, everywhere.

`scene/shot`, `scene/shot.variant`, `scene/shot@stage`, `scene/shot.variant@stage#take`. A variant is axis value
names joined by dots; one panel of a series is the variant `p02`. Does not know whether what it names exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

ID = r"[A-Za-z0-9][A-Za-z0-9_-]*"
ID_PATTERN = re.compile(rf"{ID}\Z")
_ADDRESS = re.compile(
    rf"(?P<scene>{ID})/(?P<shot>{ID})"
    rf"(?:\.(?P<variant>{ID}(?:\.{ID})*))?"
    rf"(?:@(?P<stage>{ID}))?"
    r"(?:\#(?:v(?P<version>[1-9]\d*)\.)?(?P<take>[1-9]\d*))?\Z"
)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A shot, a variant of it, a task (with a stage) or a take (with a number, and a version if an older one)."""

    scene: str
    shot: str
    variant: str = ""
    stage: str = ""
    take: int = 0
    version: int = 0

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address as printed. Raises ValueError, saying what an address looks like."""
        found = _ADDRESS.match(text)
        if not found:
            raise ValueError(
                f"{text!r} is not an address; write scene/shot, scene/shot@stage or scene/shot.variant@stage#take"
            )
        part = found.groupdict()
        return cls(
            part["scene"],
            part["shot"],
            part["variant"] or "",
            part["stage"] or "",
            int(part["take"] or 0),
            int(part["version"] or 0),
        )

    def __str__(self) -> str:
        variant = f".{self.variant}" if self.variant else ""
        stage = f"@{self.stage}" if self.stage else ""
        version = f"v{self.version}." if self.version else ""
        take = f"#{version}{self.take}" if self.take else ""
        return f"{self.scene}/{self.shot}{variant}{stage}{take}"

    def at(self, stage: str) -> Address:
        """The same shot and variant at another stage."""
        return replace(self, stage=stage, take=0, version=0)
