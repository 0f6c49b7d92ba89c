"""Every cap that holds for a list, and what the ledger holds against it. Light: a plan asks here, and needs no client.

Decides nothing about rolls: the ledger does, when one is about to be sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.plan.budgets import Budget, Spent, Uses, budgets_of, uses_of
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.origin import is_loopback
from shotpilot_pipeline.values.plan import Plan, PlanLine

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.ledger.rows import Caps


def caps_of(reading: Reading, max_cost: Money | None) -> Caps:
    """Every cap that holds: the list's, the machine's, and the one of the command line. The tightest run cap counts."""
    from shotpilot_pipeline.queue.ledger.rows import Caps

    caps = {name: cap.nano for name, cap in caps_by_scope(reading, max_cost).items()}
    stages = {name.partition(":")[2]: cap for name, cap in caps.items() if ":" in name}
    return Caps(caps.get("run"), caps.get("day"), caps.get("show"), caps.get("shot"), stages)


def caps_by_scope(reading: Reading, max_cost: Money | None = None) -> dict[str, Money]:
    """The same by scope: `run`, `day`, `show`, `shot`, `stage:NAME`."""
    budget: Mapping[str, int] = reading.compiled.budget
    machine = machine_caps(reading.settings)
    runs = [budget.get("run"), machine.get("run"), None if max_cost is None else max_cost.nano]
    caps = {"run": min((cap for cap in runs if cap is not None), default=None), "day": machine.get("day")}
    caps |= {name: cap for name, cap in budget.items() if name != "run"}
    return {name: Money(cap) for name, cap in caps.items() if cap is not None}


def machine_caps(settings: Settings) -> dict[str, int]:
    """The caps of `shotpilot.toml`, in nano-USD."""
    said = {name: settings.get("budget", name) for name in ("run", "day")}
    return {name: Money.usd(round(dollars, 9)).nano for name, dollars in said.items() if dollars is not None}


def today() -> str:
    """The calendar day on this machine's clock, as the ledger counts it."""
    return datetime.now().astimezone().date().isoformat()


def budgets_for(reading: Reading, plan: Plan, max_cost: Money | None = None) -> tuple[Budget, ...]:
    """What `plan` would leave of each budget; none in a rehearsal, which spends nothing. Raises LedgerDamaged."""
    caps = {} if reading.places.rehearsal else caps_by_scope(reading, max_cost)
    return budgets_for_uses(reading, uses_of(plan.lines, per_shot="shot" in caps), max_cost) if caps else ()


def uses_for(reading: Reading, lines: Sequence[PlanLine]) -> Uses:
    """What some lines would use of the budgets there are; nothing in a rehearsal, which spends nothing."""
    caps = {} if reading.places.rehearsal else caps_by_scope(reading)
    return uses_of(lines, per_shot="shot" in caps) if caps else {}


def budgets_for_uses(reading: Reading, uses: Uses, max_cost: Money | None = None) -> tuple[Budget, ...]:
    """The same from what a plan would use."""
    caps = {} if reading.places.rehearsal else caps_by_scope(reading, max_cost)
    if not caps:
        return ()
    day = today()
    committed = _committed(reading, caps, day) if reading.places.ledger.exists() else {}
    return budgets_of(uses, caps, lambda scope, name: committed.get((scope, name), Spent()), day)


def _committed(reading: Reading, caps: Mapping[str, Money], day: str) -> dict[tuple[str, str], Spent]:
    """What the ledger holds, by scope and name; a run that has not begun holds nothing."""
    from shotpilot_pipeline.queue.ledger.ledger import Ledger  # some milliseconds; only where something was bought

    show, local = reading.compiled.show, is_loopback(reading.settings.get("fal", "queue_url"))
    wanted = dict.fromkeys(name.partition(":")[0] for name in caps if name != "run")
    found: dict[tuple[str, str], Spent] = {}
    with Ledger(reading.places.ledger, reading=True) as ledger:
        for scope in wanted:
            sums = ledger.committed(scope, "" if scope == "day" else show, local=local)
            found |= {(scope, name): Spent(Money(held[0]), Money(held[1])) for name, held in sums.items()}
    return found
