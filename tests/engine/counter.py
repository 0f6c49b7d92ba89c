"""A queue in memory with the client's interface, and a small world around it. Not a test itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
from PIL import Image as PillowImage

from shotpilot_pipeline.engine.local import carry_out
from shotpilot_pipeline.engine.shop import Limits, NoBook, Shop
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.client import Downloaded
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.protocol import Image, Result, Status, Submitted, rebuilt
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.digest import canonical_json, sha256_bytes, sha256_text
from shotpilot_pipeline.values.event import Event
from shotpilot_pipeline.values.outcome import TaskEnd
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.take import Pick, Take
from shotpilot_pipeline.values.task import Task


def png(text: str, side: int = 1) -> bytes:
    """A small picture of its own for each text, `4 * side` by `2 * side` pixels."""
    digest = bytes.fromhex(sha256_text(text))
    out = io.BytesIO()
    PillowImage.frombytes("RGB", (4, 2), digest[:24]).resize((4 * side, 2 * side)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Counter:
    """The queue over whose counter requests go. A `trouble` may raise, or change what a request brings.

    `brings(number, asked)`: how many pictures the n-th request (from 1) brings when `asked` are wanted.
    """

    brings: Callable[[int, int], int] = lambda number, asked: asked
    on_submit: Callable[[int, Mapping[str, str]], Exception | None] = lambda number, tags: None
    on_result: Callable[[int], Exception | None] = lambda number: None
    on_download: Callable[[str, int], bytes | Exception | None] = lambda url, nth: None
    hosts: Hosts = field(default_factory=Hosts)
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    _fetched: dict[str, int] = field(default_factory=dict)

    async def submit(self, endpoint: str, body: Mapping[str, Any], tags: Mapping[str, str]) -> Submitted:
        number = len(self.asked) + 1
        self.asked.append((endpoint, dict(body), dict(tags)))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await anyio.lowlevel.checkpoint()
        if trouble := self.on_submit(number, tags):
            self.open -= 1
            raise trouble
        return rebuilt("https://queue.fal.run", endpoint, f"r{number}")

    def rebuilt(self, endpoint: str, request_id: str) -> Submitted:
        return rebuilt("https://queue.fal.run", endpoint, request_id)

    async def status(self, submitted: Submitted) -> Status:
        await anyio.lowlevel.checkpoint()
        return Status("COMPLETED")

    async def result(self, submitted: Submitted) -> Result:
        await anyio.lowlevel.checkpoint()
        number = int(submitted.request_id[1:])
        self.open -= 1
        if trouble := self.on_result(number):
            raise trouble
        _, body, tags = self.asked[number - 1]
        asked = body["series_amount"] if body.get("result_type") == "series" else body["num_images"]
        first = int(tags["take"])
        drawn = canonical_json({name: value for name, value in body.items() if name != "num_images"})
        series = body.get("result_type") == "series"
        urls = [f"https://m/{first if series else first + place}/{place if series else 0}/{sha256_text(drawn)}"
                for place in range(self.brings(number, asked))]  # fmt: skip
        return Result(tuple(map(Image, urls)), None)

    async def upload(self, path: Path, content_type: str, *, sha256: str = "") -> str:
        await anyio.lowlevel.checkpoint()
        sha256 = sha256_bytes(await anyio.Path(path).read_bytes())
        self.uploads.append(sha256)
        return f"https://up/{sha256}"

    async def download(self, url: str, into: Path, *, most_bytes: int) -> Downloaded:
        await anyio.lowlevel.checkpoint()
        self._fetched[url] = nth = self._fetched.get(url, 0) + 1
        sent = self.on_download(url, nth)
        if isinstance(sent, Exception):
            raise sent
        data = sent if sent is not None else png(url)
        await anyio.Path(into).write_bytes(data)
        return Downloaded(len(data), sha256_bytes(data), "image/png")


@dataclass
class World:
    """A list of tasks, a store, a queue, picks; and everything that was told."""

    folder: Path
    tasks: Sequence[Task]
    counter: Counter = field(default_factory=Counter)
    picks: dict[str, Pick] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)
    unpicked: bool = True  # as in a rehearsal: where nobody picked, the first take goes on
    book: Any = field(default_factory=NoBook)
    events: list[Event] = field(default_factory=list)
    versions: dict[str, list[str]] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    wall_clock: Callable[[], str] = lambda: "2026-01-01T00:00:00Z"

    def __post_init__(self) -> None:
        self.store = Store(self.folder, durable=False)

    def plan(self, **how: Any) -> Plan:
        known = Known(self.store.counts(), self.store.takes_of, self.picks, lambda one: self.versions.get(one, ()))
        return build_plan(self.tasks, known, first_where_unpicked=self.unpicked, **how)

    async def no_sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    async def run(self, plan: Plan | None = None, limits: Limits | None = None) -> dict[str, TaskEnd]:
        shop = Shop(
            show="test",
            client=self.counter,  # type: ignore[arg-type]
            store=self.store,
            stages=("iterate", "refine", "final"),
            book=self.book,
            sources=self.sources,
            picks=self.picks,
            first_where_unpicked=self.unpicked,
            now=self.wall_clock,
            sleep=self.no_sleep,
        )
        ends = await carry_out(plan or self.plan(), self.tasks, shop, self.events.append, limits)
        return {end.address: end for end in ends}

    def takes(self) -> dict[tuple[str, int], Take]:
        """Everything in the store, by render key and number."""
        return {(key, take.number): take for key, takes in self.store.takes().items() for take in takes}

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
