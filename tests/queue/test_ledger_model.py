"""The ledger against a plain model of it, over any sequence of steps, bills, reopenings and clocks."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from shotpilot_pipeline.queue.ledger.rows import CapReached, Caps, LedgerConflict, TakeUndecided
from shotpilot_pipeline.values.money import Money
from tests.examples import at_most
from tests.queue.ledgering import NOON, QUEUE, accepted, opened, roll, utc_day

ADDRESSES = ("a/1@iterate", "a/1.dusk@final", "a/2@final", "b/1@iterate")
OPEN = {"intended", "sending", "submitted", "unknown"}
amounts = st.integers(0, 12)
clocks = st.integers(-200_000, 200_000)  # seconds around noon: days before and after, in any order
limits = st.none() | st.integers(0, 60)


@dataclass(frozen=True)
class Line:
    """What the model remembers of a roll."""

    address: str
    run: str
    show: str
    take: int
    price: int
    state: str
    day: str
    day_cap: int | None
    charged: int = 0

    @property
    def committed(self) -> int:
        return self.price if self.state in OPEN else self.charged


def shot_of(address: str) -> str:
    return address.partition("@")[0].partition(".")[0]


def stage_of(address: str) -> str:
    return address.partition("@")[2]


class LedgerMachine(RuleBasedStateMachine):
    """Charges stay at or below the estimate here, so that no cap may ever be passed."""

    ids = Bundle("ids")

    @initialize(run=limits, day=limits, show=limits, shot=limits, final=limits)
    def open(self, run: int | None, day: int | None, show: int | None, shot: int | None, final: int | None) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = opened(self.folder / "ledger.db")
        self.caps = Caps(run, day, show, shot, {} if final is None else {"final": final})
        self.lines: dict[int, Line] = {}
        self.billed: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    def total(self, **how: object) -> int:
        def fits(line: Line) -> bool:
            seen = {"run": line.run, "day": line.day, "show": line.show, "shot": (line.show, shot_of(line.address)),
                    "stage": (line.show, stage_of(line.address))}  # fmt: skip
            return all(seen[name] == value for name, value in how.items())

        return sum(line.committed for line in self.lines.values() if fits(line))

    def rooms(self, one: Line) -> dict[str, int]:
        """What is left under each cap for a roll like this one."""
        scopes = {
            "run": (self.caps.run, {"run": one.run}),
            "day": (self.caps.day, {"day": one.day}),
            "show": (self.caps.show, {"show": one.show}),
            "shot": (self.caps.shot, {"shot": (one.show, shot_of(one.address))}),
            f"stages.{stage_of(one.address)}": (
                self.caps.stages.get(stage_of(one.address)), {"stage": (one.show, stage_of(one.address))},
            ),
        }  # fmt: skip
        return {name: cap - self.total(**how) for name, (cap, how) in scopes.items() if cap is not None}

    @rule(
        target=ids, address=st.sampled_from(ADDRESSES), take=st.integers(1, 4), price=amounts, clock=clocks,
        run=st.sampled_from(("r1", "r2")), show=st.sampled_from(("noir", "blanc")),
    )  # fmt: skip
    def intend(self, address: str, take: int, price: int, clock: int, run: str, show: str) -> int:
        now = NOON + timedelta(seconds=clock)
        line = Line(address, run, show, take, price, "intended", utc_day(now), self.caps.day)
        rooms = self.rooms(line)
        try:
            id = self.ledger.intend(
                roll(address, (take,)), {"take": take}, run=run, show=show, queue=QUEUE, price=Money(price),
                caps=self.caps, now=now,
            )  # fmt: skip
        except TakeUndecided:
            assert any(
                (other.address, other.take) == (address, take) and other.state in OPEN for other in self.lines.values()
            )
            return 0
        except CapReached as stopped:
            tightest = min(rooms.values())
            assert tightest < price
            assert (rooms[stopped.cap], stopped.missing) == (tightest, price - tightest)  # noqa: PT017
            return 0
        assert all(room >= price for room in rooms.values())
        assert id not in self.lines
        self.lines[id] = line
        return id

    def step(self, id: int, froms: set[str], to: Line | None, do: object) -> None:
        """Do a step: it goes through from the states of the model, and conflicts from every other."""
        try:
            do()  # type: ignore[operator]
        except LedgerConflict:
            assert id not in self.lines or self.lines[id].state not in froms
        else:
            assert self.lines[id].state in froms
            assert to is not None
            self.lines[id] = to

    def now_is(self, id: int, **how: object) -> Line | None:
        return replace(self.lines[id], **how) if id in self.lines else None  # type: ignore[arg-type]

    @rule(id=ids, clock=clocks)
    def sending(self, id: int, clock: int) -> None:
        now = NOON + timedelta(seconds=clock)
        line, day = self.lines.get(id), utc_day(now)
        moves = line is not None and line.state == "intended" and day != line.day
        if line is not None and moves and line.day_cap is not None and self.total(day=day) + line.price > line.day_cap:
            with pytest.raises(CapReached, match="budget of the day"):
                self.ledger.sending(id, now)
            return
        self.step(id, {"intended"}, self.now_is(id, state="sending", day=day), lambda: self.ledger.sending(id, now))

    @rule(id=ids)
    def submitted(self, id: int) -> None:
        do = lambda: self.ledger.submitted(id, accepted(f"q{id}"), NOON)  # noqa: E731
        self.step(id, {"sending"}, self.now_is(id, state="submitted"), do)

    @rule(id=ids)
    def unknown(self, id: int) -> None:
        do = lambda: self.ledger.unknown(id, "lost", NOON)  # noqa: E731
        self.step(id, {"sending"}, self.now_is(id, state="unknown"), do)

    @rule(id=ids)
    def adopt(self, id: int) -> None:
        do = lambda: self.ledger.adopt(id, accepted(f"q{id}"), NOON)  # noqa: E731
        self.step(id, {"unknown"}, self.now_is(id, state="submitted"), do)

    @rule(id=ids)
    def released(self, id: int) -> None:
        do = lambda: self.ledger.released(id, "no", NOON)  # noqa: E731
        self.step(id, {"intended", "sending", "unknown"}, self.now_is(id, state="released", charged=0), do)

    @rule(id=ids)
    def sent_again(self, id: int) -> None:
        price = self.lines[id].price if id in self.lines else 0
        do = lambda: self.ledger.released(id, "again", NOON, proved=False)  # noqa: E731
        self.step(id, {"unknown"}, self.now_is(id, state="released", charged=price), do)

    @rule(id=ids)
    def written_off(self, id: int) -> None:
        price = self.lines[id].price if id in self.lines else 0
        do = lambda: self.ledger.written_off(id, "vera", "lost", NOON)  # noqa: E731
        self.step(id, {"unknown"}, self.now_is(id, state="written-off", charged=price), do)

    @rule(id=ids, part=st.integers(0, 100))
    def closed(self, id: int, part: int) -> None:
        charged = self.lines[id].price * part // 100 if id in self.lines else 0
        do = lambda: self.ledger.closed(  # noqa: E731
            id, "rendered", charged=Money(charged), verified=True, units="1", answer="{}", now=NOON
        )
        froms = {"submitted"} | ({"sending"} if not charged else set())
        self.step(id, froms, self.now_is(id, state="closed", charged=charged), do)

    @rule(id=ids, part=st.integers(0, 100))
    def billed_for(self, id: int, part: int) -> None:
        line = self.lines.get(id)
        nano = line.price * part // 100 if line else 5
        came = self.ledger.apply_billing([{"request_id": f"q{id}", "cost_estimate_nano_usd": nano}])
        known = self.ledger.roll(id) if line else None
        if known is not None and known.request_id and known.state == "closed":
            assert line is not None
            assert (len(came.corrected), came.confirmed) == ((1, 0) if nano != line.charged else (0, 1))
            self.lines[id] = replace(line, charged=nano)
        elif known is not None and known.request_id:
            assert came.early == (f"q{id}",)
        else:
            assert came.foreign == (f"q{id}",)

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = opened(self.folder / "ledger.db")

    @invariant()
    def no_cap_is_passed(self) -> None:
        for line in getattr(self, "lines", {}).values():
            assert all(room >= 0 for room in self.rooms(line).values())

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for id, line in self.lines.items():
            there = self.ledger.roll(id)
            assert there is not None
            assert (there.state, there.day, there.address) == (line.state, line.day, line.address)
            assert there.reserved + (there.charged or 0) == line.committed
        open_now = {id for id, line in self.lines.items() if line.state in OPEN}
        assert {one.id for one in (*self.ledger.unfinished(), *self.ledger.unknowns())} == open_now
        for group, name in (("run", "run"), ("day", "day"), ("show", "show")):
            sums = self.ledger.spent_by(group)
            assert {key: value.committed for key, value in sums.items()} == {
                value: self.total(**{name: value}) for value in {getattr(line, name) for line in self.lines.values()}
            }
        assert self.ledger.spent().committed == self.total()
        assert self.ledger.spent().rolls == len(self.lines)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=at_most(60), stateful_step_count=40, deadline=None)
