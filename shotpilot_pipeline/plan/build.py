"""Builds the plan: one line per task, what would be done with it, why, and for how much.

Pure: it is told what exists (`Known`) and looks nothing up. Does not know how anything is carried out or shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shotpilot_pipeline.plan.behind import Behind
from shotpilot_pipeline.plan.graph import Index, in_order
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.lines import (
    Verdict,
    cached_line,
    price_of,
    priced,
    takes_in_words,
    who_asked,
    why_nothing_comes,
)
from shotpilot_pipeline.plan.resolve import (
    Choices,
    Chosen,
    Settled,
    Settlement,
    StalePick,
    Waiting,
    picked,
    settle_task,
)
from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.plan import ACCEPTED, BUYS, Action, Plan, PlanLine
from shotpilot_pipeline.values.task import HUMAN, Task

_NOT_KNOWN = ("",)  # the keys of a task with one request that still waits
_COMING = BUYS | {Action.WAITING, Action.STALE_PICK}
_LOST = "its bytes are not in this store; bring them here from where they are, or take that back (accept --undo)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command asked for.

    `selected`: the addresses to plan, None for all. `named`: addresses written out in full, which are topped up even
    where a take is picked, and bought even where they are behind or lost. `behind`: buy stages that fell behind.
    `redraw_lost`: what the lock names and the store has lost is made again, as in a rehearsal.
    """

    selected: frozenset[str] | None = None
    named: frozenset[str] = frozenset()
    first_where_unpicked: bool = False
    behind: bool = False
    redraw_lost: bool = False


def build_plan(
    tasks: Sequence[Task],
    known: Known,
    *,
    selected: frozenset[str] | None = None,
    named: frozenset[str] = frozenset(),
    first_where_unpicked: bool = False,
    behind: bool = False,
    redraw_lost: bool = False,
) -> Plan:
    """The plan for `tasks`, a line for each selected one in list order. See `Asked` for the options.

    Raises BadFiles when tasks need each other in a circle.
    """
    planner = _Planner(tasks, known, Asked(selected, named, first_where_unpicked, behind, redraw_lost))
    lines = planner.lines()
    return Plan(lines, add_up(lines))


class _Planner:
    """Walks the tasks once, each after what it needs, and keeps what later ones must know of earlier ones."""

    def __init__(self, tasks: Sequence[Task], known: Known, asked: Asked) -> None:
        self.tasks = tuple(tasks)
        self.known = known
        self.asked = asked
        self.index = Index(tasks)
        self.coming: set[str] = set()
        self.sure: set[str] = set()  # get takes in this very run, whatever people do
        self.choices = Choices(self.index, known, first_where_unpicked=asked.first_where_unpicked, coming=self.coming)
        self.behind = Behind(self.index, known)
        self.behind_now: set[str] = set()
        self.blocked: dict[str, str] = {}  # address -> why nothing comes of it
        self.promised: dict[str, tuple[str, int]] = {}  # key -> who renders it in this plan, takes there then
        self.siblings = _siblings(tasks)
        self.more = {address: said for address, said in known.decisions.items() if said.more}
        self.special = self.known.rulings.addresses.union(
            self.more
        )  # to be looked at even where takes enough are there
        self.whole: dict[int, str] = {}

    def lines(self) -> tuple[PlanLine, ...]:
        """Every selected task's line, in list order."""
        order = in_order(self.tasks, self.index)
        selected, named, special = self.asked.selected, self.asked.named, self.special
        counts, keys, choices, ruled = self.known.counts, self.choices.keys, self.choices, self.known.rulings.addresses
        found: dict[str, PlanLine] = {}
        for task in order:
            address, settled, form, key = task.address, None, "", ""
            if task.forms:
                if len(task.keys) == 1 and task.keys[0] and address not in ruled:  # nothing open: the usual first stage
                    form, key = task.forms[0], task.keys[0]
                else:
                    settled = settle_task(task, choices)
                    if isinstance(settled, Settled):
                        form, key = settled.form, settled.key
            have = counts.get(key, 0)
            if have >= task.takes and have and not task.state and address not in named and address not in special:
                keys[address] = key
                line = cached_line(task, self._whole(task.takes), have, form, key)
            else:
                line = self._line(task, settled)
            if selected is None or address in selected:
                found[address] = line
        self._show_stale_picks(found)
        if order is self.tasks:
            return tuple(found.values())
        return tuple(found[task.address] for task in self.tasks if task.address in found)

    def _show_stale_picks(self, lines: dict[str, PlanLine]) -> None:
        """A pick that is not followed is shown on the line of its task, whatever becomes of that task."""
        for address, pick in self.known.picks.items():
            line = lines.get(address)
            if line is not None and line.key and picked(pick, self.known.takes_of(line.key)) is None:
                note = f"take {pick.take} was picked, but it is not a take of the current version"
                lines[address] = line._replace(notes=(*line.notes, note))

    def _line(self, task: Task, settled: Settlement | None) -> PlanLine:
        """The line of a task that is not simply there already."""
        verdict = self._verdict(task, settled)
        chosen = self.asked.selected is None or task.address in self.asked.selected
        if verdict.key:
            self.choices.keys[task.address] = verdict.key
        if verdict.action in _COMING and chosen:
            self.coming.add(task.address)
            if verdict.new or verdict.follows:
                self.sure.add(task.address)
            if verdict.new:
                self.promised[verdict.key] = (task.address, verdict.have + verdict.new)
        else:
            self.blocked[task.address] = why_nothing_comes(verdict.action)
        return priced(task, verdict)

    def _verdict(self, task: Task, settled: Settlement | None) -> Verdict:
        if task.state == "omit" or not task.forms:
            return Verdict(Action.OMITTED, "omitted: it keeps its number and is not rendered")
        settled = settled or settle_task(task, self.choices)
        if task.state == "hold":
            return self._held(task, settled)
        if isinstance(settled, Settled):
            return self._settled(task, settled)
        return self._open(task, settled)

    def _held(self, task: Task, settled: Settlement) -> Verdict:
        form, key = (settled.form, settled.key) if isinstance(settled, Settled) else self.behind.standing(task)
        have = self.known.counts.get(key, 0)
        keeps = f"keeps {takes_in_words(have)}" if have else "has no take"
        return Verdict(Action.HELD, f"held: it {keeps} and buys nothing", have, form=form, key=key)

    def _settled(self, task: Task, settled: Settled) -> Verdict:
        """The request is known: what is missing of it, and whether that is to be bought."""
        form, key = settled.form, settled.key
        if settled.own is not None:
            if not self.known.counts.get(key) and (self.asked.redraw_lost or task.address in self.asked.named):
                return self._settled(task, settled._replace(form=settled.own[0], key=settled.own[1], own=None))
            return self._accepted(task, settled, settled.own[0])
        have = self._have(task, key)
        wanted, pick, asked = self._wanted(task, key, have)
        missing = max(0, wanted - have)
        if not missing:
            why = (
                f"{pick} is picked, so no more than {takes_in_words(have)} are wanted" if pick else self._whole(wanted)
            )
            return Verdict(Action.CACHED, why, have, form=form, key=key, wanted=0 if pick else wanted)
        if not have and self._is_behind(task, key):
            return self._behind(task, missing, form, key)
        if key in self.known.undecided:
            return Verdict(Action.UNKNOWN, f"unknown: {self.known.undecided[key]}", have, form=form, key=key)
        if key in self.known.refused and task.address not in self.asked.named:
            return Verdict(Action.REFUSED, f"refused: {self.known.refused[key]}", have, form=form, key=key)
        if not have and self._is_lost(task, key):
            return Verdict(Action.BLOCKED, self._why_lost(task, key), form=form, key=key)
        why, shared = self._why(task, key, have, wanted, asked), self.promised.get(key)
        if shared is not None:
            missing = max(0, wanted - max(have, shared[1]))
            why = f"the same picture as {shared[0]}: one render serves both"
            why += f", {takes_in_words(missing)} more for this one" if missing else ""
        return Verdict(self._kind(task, key, have), why, have, missing, form=form, key=key, wanted=wanted)

    def _wanted(self, task: Task, key: str, have: int) -> tuple[int, str, Decision | None]:
        """Takes wanted under `key`; the pick that is enough, if one is; and the wish for more, if it is one.

        What has a valid pick is not topped up, but for what was asked for expressly.
        """
        said = self.more.get(task.address)
        wanted = said.wanted(task.takes, key) if said else task.takes
        asked_for = (said.wanted(0, key) if said.more_key else wanted) if said else 0
        asked = said if asked_for > have else None
        pick = ""
        if wanted > have > 0 and task.address not in self.asked.named:
            pick = self._pick_that_is_enough(task, key)
        again = self.known.rulings.again(task.address, key, task.takes)
        if pick and asked:
            return max(again, asked_for), "", asked
        return (have, pick, None) if pick and again <= have else (max(again, 0 if pick else wanted), "", asked)

    def _accepted(self, task: Task, settled: Settled, own_form: str) -> Verdict:
        """An older request stands for the words of today, as a person ruled."""
        verdict = self._settled(task, settled._replace(own=None))
        versions = list(self.known.versions(task.address))
        stands = f"v{versions.index(settled.key) + 1:03}" if settled.key in versions else f"key {settled.key[:12]}"
        reason = f"{ACCEPTED} stands for {stands}; {verdict.reason}"
        if not verdict.have and verdict.action in BUYS:  # neither here nor in the lock: never bought by a ruling
            return Verdict(Action.BLOCKED, f"blocked: it is accepted that {stands} stands for these words, but {_LOST}")
        if verdict.new and not settled.form:
            why = f"{reason}, but its request is not known here; accept --undo buys the words of today"
            return Verdict(Action.BLOCKED, f"blocked: {why}", verdict.have, key=settled.key)
        return verdict._replace(reason=reason, form=verdict.form or own_form)

    def _is_lost(self, task: Task, key: str) -> bool:
        """Whether the lock says this very request was bought, though the store has nothing of it."""
        if self.asked.redraw_lost or task.address in self.asked.named:
            return False
        return key in self.known.versions(task.address) and not self.known.of_another_queue(key)

    def _why_lost(self, task: Task, key: str) -> str:
        version = list(self.known.versions(task.address)).index(key) + 1
        return (
            f"blocked: bought before (v{version:03}), but its bytes are not in this store; bring them here from where "
            f"they are, or name {task.address} to buy it again"
        )

    def _open(self, task: Task, settled: Waiting | StalePick) -> Verdict:
        """A pick, or something that is to be picked, is not there yet."""
        if any(address in self.behind_now for address in settled.on):
            return self._rests_on_behind(task, settled)
        if isinstance(settled, StalePick):
            later, wanted = self._once_settled(task)
            return Verdict(Action.STALE_PICK, settled.reason, later=later, wanted=wanted)
        if settled.person or any(address in self.coming for address in settled.on):
            later, wanted = self._once_settled(task)
            follows = not settled.person and self._follows(task, settled)
            return Verdict(Action.WAITING, settled.reason, later=later, wanted=wanted, follows=follows)
        return Verdict(Action.BLOCKED, self._why_blocked(settled.on))

    def _follows(self, task: Task, settled: Waiting) -> bool:
        """Whether all that `task` waits for comes in this run and is chosen by a rule, so that nobody is asked."""
        if task.gates and not task.needs:
            return self._is_sure(task.gates, settled if settled.on == task.gates else None)
        needs = [(need,) for need in self.index.needs_of(task) if need not in task.gates]
        return all(map(self._is_sure, [task.gates, *needs] if task.gates else needs))

    def _is_sure(self, members: tuple[str, ...], settled: Waiting | None = None) -> bool:
        """`settled`: the choice among `members`, where it is known already."""
        choice = settled or self.choices.choose(members)
        if isinstance(choice, Chosen):
            return True
        if isinstance(choice, StalePick) or choice.person:
            return False
        first, picks = self.index.tasks[members[0]], self.known.picks
        by_rule = self.asked.first_where_unpicked or first.pick != HUMAN
        return any(member in self.sure and (by_rule or member in picks) for member in members)

    def _rests_on_behind(self, task: Task, settled: Waiting | StalePick) -> Verdict:
        form, key = self.behind.standing(task)
        if not key:
            return self._behind(task, task.takes, "", "")
        have = self.known.counts[key]
        on = next(address for address in settled.on if address in self.behind_now)
        return Verdict(
            Action.CACHED, f"{takes_in_words(have)} made from an earlier version of {on}", have, form=form, key=key
        )

    def _behind(self, task: Task, missing: int, form: str, key: str) -> Verdict:
        self.behind_now.add(task.address)
        price = price_of(task, missing)
        cost = f" for ${price}" if price is not None else ""
        reason = (
            f"behind: a later stage is bought already, so {takes_in_words(missing)}{cost} only on demand (--behind)"
        )
        return Verdict(Action.BEHIND, reason, form=form, key=key)

    def _is_behind(self, task: Task, key: str) -> bool:
        """Whether the task became stale (it was bought before) after a later stage of its shot was bought."""
        if self.asked.behind or task.address in self.asked.named:
            return False
        was_bought = task.address in self.known.picks or self._version_before(task, key) is not None
        return was_bought and self.behind.later_is_bought(task.address)

    def _have(self, task: Task, key: str) -> int:
        """Takes there. Where a series is named by address, one that came short does not count: it is wanted again."""
        if task.panels > 1 and task.address in self.asked.named:
            return sum(len(take.pictures) >= task.panels for take in self.known.takes_of(key))
        return self.known.counts.get(key, 0)

    def _pick_that_is_enough(self, task: Task, key: str) -> str:
        """The valid pick that ends the wish for more takes: of the task, or of a variant chosen instead of it."""
        picks = self.known.picks
        for address in self.siblings.get(task.address, (task.address,)) if picks else ():
            pick = picks.get(address)
            if pick is None:
                continue
            of_key = key if address == task.address else self.choices.keys.get(address) or self._first_key(address)
            take = picked(pick, self.known.takes_of(of_key)) if of_key else None
            if take is not None:
                return f"take {take.number}" if address == task.address else f"{address}#{take.number}"
        return ""

    def _first_key(self, address: str) -> str:
        """The key of a variant that stands later in the list, as far as it is known without a pick."""
        keys = self.index.tasks[address].keys
        return self.known.rulings.standing(address, keys[0]) if keys else ""

    def _kind(self, task: Task, key: str, have: int) -> Action:
        if have:
            return Action.TOP_UP
        return Action.CHANGED if self._version_before(task, key) else Action.NEW

    def _why(self, task: Task, key: str, have: int, wanted: int, asked: Decision | None) -> str:
        more = who_asked(asked, wanted - have) if asked else ""
        if have:
            missing = wanted - have
            again = self.known.rulings.again(task.address, key, task.takes)
            if again == wanted and (attempt := self.known.rulings.attempt(task.address, key)):
                return f"attempt {attempt.number}: {takes_in_words(missing)} beyond the {have} that are there"
            return more or f"{missing} of {wanted} takes {'is' if missing == 1 else 'are'} missing"
        if key in self.known.failed:
            return f"the last request failed ({self.known.failed[key]}), so it is asked again"
        if more and not self._version_before(task, key):
            return f"new: {more}"
        version = self._version_before(task, key)
        if not version:
            return "new: nothing rendered yet"
        number, takes = version
        return f"the request changed since v{number:03} ({takes_in_words(takes)})"

    def _version_before(self, task: Task, key: str) -> tuple[int, int] | None:
        """The last other version of the task and how many takes of it there are; None when it never had one."""
        versions = self.known.versions(task.address)
        for number in range(len(versions), 0, -1):
            if versions[number - 1] != key:
                return number, self.known.counts.get(versions[number - 1], 0)
        return None

    def _once_settled(self, task: Task) -> tuple[int, int]:
        """Takes that may be bought once the task is settled (all, or what is missing where the key is known); and takes
        wanted then, whichever request it will be."""
        if task.keys == _NOT_KNOWN and task.address not in self.special:
            return task.takes, task.takes
        counts, standing, at = self.known.counts, self.known.rulings.standing, task.address
        most = [(self._most_wanted(task, key), counts.get(standing(at, key), 0)) for key in task.keys]
        return max(max(0, wanted - have) for wanted, have in most), max(wanted for wanted, _ in most)

    def _most_wanted(self, task: Task, key: str) -> int:
        """Takes wanted under `key`; where it is not known yet, under whichever it will be."""
        said = self.more.get(task.address)
        more = said.wanted(task.takes, key or said.more_key) if said else task.takes
        return max(more, self.known.rulings.again(task.address, key, task.takes))

    def _why_blocked(self, on: Sequence[str]) -> str:
        names = [f"{address}, which {self.blocked.get(address, 'is not in the shot list')}" for address in on]
        selected = self.asked.selected
        for place, address in enumerate(on):
            if selected is not None and address not in selected and address in self.index.tasks:
                names[place] = f"{address}, which is not rendered and not selected"
        return f"needs {'; '.join(names)}"

    def _whole(self, takes: int) -> str:
        """`its take is there`, `all 4 takes are there`: one text for each number, not for each task."""
        return self.whole.setdefault(takes, "its take is there" if takes == 1 else f"all {takes} takes are there")


def _siblings(tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """For each variant that is chosen among: all of them."""
    return {gate: task.gates for task in tasks if len(task.gates) > 1 for gate in task.gates}
