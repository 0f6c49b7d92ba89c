"""Settles a task: which take goes on, which form is sent, and under which render key.

The one place that knows the rules of picks; the planner and the engine both ask here, so a plan and a run agree.
Does not know what anything costs, nor whether anything will be bought.

1. A pick that a person made goes before every rule. It follows the sha256 of the take's first picture.
2. A pick whose bytes are no take of the task's current key is stale: shown, never followed, never dropped. One that is
   of the current key and whose bytes are gone is lost: what rests on it waits for them, or for another pick.
3. Of variants that are chosen among, at most one pick goes on; two are a conflict for a person to decide.
4. Where nobody picked, `human` waits and a rule of `plan/rules.py` chooses. A rule never takes a series that came
   short, nor a take that somebody rejected.
5. A gate must have its pick even where `carry: prompt` leaves its bytes out of the key.
6. Where a person accepted that older takes stand for the request as it is now, their form and key are the task's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.rules import RULES, Offer, Rule
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.fits import as_sent
from shotpilot_pipeline.values.plan import PlanLine
from shotpilot_pipeline.values.request import is_open, settle, settle_one, split_pick
from shotpilot_pipeline.values.take import Pick, Take
from shotpilot_pipeline.values.task import FIRST, HUMAN, Task


class Chosen(NamedTuple):
    """The take that goes on, and the task it is of."""

    address: str
    take: Take
    rule: str = ""  # the rule that chose it; "" where a person did


class Settled(NamedTuple):
    """All is known: this form goes out, under this key. `used`: the takes it rests on, the gate's first.

    `own`: form and key of the list's own words, where an accepted older request stands for them; `form` is then ""
    if that request is not known on this machine.
    """

    form: str
    key: str
    gate: str  # the gate that was chosen; "" at a first stage
    take: int  # of the gate
    used: tuple[Chosen, ...]
    own: tuple[str, str] | None = None


class Waiting(NamedTuple):
    """Something is not there yet: a choice that a person makes, or takes that are still to come."""

    reason: str
    on: tuple[str, ...]  # the tasks waited for
    person: bool  # True: takes are there, somebody must choose


class StalePick(NamedTuple):
    """Somebody picked, but the picked bytes are not among the current takes."""

    reason: str
    on: tuple[str, ...]
    pick: Pick


Choice = Chosen | Waiting | StalePick
Settlement = Settled | Waiting | StalePick


class Choices:
    """What is known while tasks are settled one after another, each after what it needs.

    The caller keeps two things up to date: `keys`, the current render key of each settled address, and `coming`, the
    addresses that may still get takes.
    """

    __slots__ = ("coming", "first_where_unpicked", "index", "keys", "known")

    def __init__(
        self, index: Index, known: Known, *, first_where_unpicked: bool = False, coming: Collection[str] = ()
    ) -> None:
        self.index = index
        self.known = known
        self.first_where_unpicked = first_where_unpicked
        self.keys: dict[str, str] = {}
        self.coming = coming

    def takes(self, address: str) -> Sequence[Take]:
        """The takes of an address under its current key; none while the key is not known."""
        key = self.keys.get(address, "")
        return self.known.takes_of(key) if key else ()

    def choose(self, candidates: tuple[str, ...]) -> Choice:
        """The one take of `candidates` (a task, or the variants that are chosen among) that goes on."""
        picks = self.known.picks
        stale: Pick | None = None
        if picks:
            valid = []
            for address in candidates:
                pick = picks.get(address)
                if pick is not None:
                    take = picked(pick, self.takes(address))
                    if take is not None:
                        valid.append(Chosen(address, take))
                    else:
                        stale = stale or pick
            if len(valid) == 1:
                return valid[0]
            if valid:
                return _conflict(valid)
        if stale is not None and not self.first_where_unpicked:
            return self._stale(stale, candidates)
        return self._by_rule(candidates)

    def obvious(self, gate: str) -> Take | None:
        """The take of `gate` that the rule `first` leaves no doubt about, where nobody picked; None: ask `choose`.

        The same answer as `choose`, without its general questions: a plan of a long list asks 20,000 times.
        """
        key = self.keys.get(gate)
        if not key or self.known.picks or self.known.decisions:
            return None
        takes, task = self.known.takes_of(key), self.index.tasks[gate]
        if not takes or not (self.first_where_unpicked or task.pick == FIRST):
            return None
        take = takes[0]
        short = len(take.pictures) < task.panels
        return None if short or (take.number > 1 and gate in self.coming) else take

    def _by_rule(self, candidates: tuple[str, ...]) -> Choice:
        """Nobody picked: a rule chooses, or a person has to."""
        chooser = self.index.tasks[candidates[0]].pick
        if chooser == HUMAN and not self.first_where_unpicked:
            return self._await_person(candidates)
        rule = RULES.get(chooser if chooser != HUMAN else FIRST)
        if rule is None:
            return Waiting(f"no rule is called {chooser!r}, so a person must pick", candidates, True)
        if not any(map(self.takes, candidates)):
            return Waiting(f"waits for the takes of {self._name(candidates)}", candidates, False)
        chosen = rule.choose(self._offered(candidates))
        if chosen is None and self.first_where_unpicked and chooser != FIRST:
            chooser, rule = FIRST, RULES[FIRST]  # in a rehearsal nobody is waited for
            chosen = rule.choose(self._offered(candidates))
        if chosen is None:
            return self._await_rule(rule, candidates)
        if rule.lower_wins and self.coming and self._better_may_come(chosen, candidates):
            return self._await_takes(candidates)
        return Chosen(chosen.address, chosen.take, chooser if chooser != HUMAN else FIRST)

    def _offered(self, candidates: tuple[str, ...]) -> Iterator[Offer]:
        for address in candidates:
            panels = self.index.tasks[address].panels
            said = self.known.decisions.get(address)
            for take in self.takes(address):
                if len(take.pictures) >= panels and not (said and said.rejected(take)):
                    yield Offer(address, take, said.stars_of(take) if said else 0)

    def _better_may_come(self, chosen: Offer, candidates: tuple[str, ...]) -> bool:
        """Whether a take that goes before `chosen` may still come: then a plan must not promise `chosen`."""
        for address in candidates:
            if address == chosen.address:
                return chosen.take.number > 1 and address in self.coming
            if address in self.coming:
                return True
        return False

    def _await_person(self, candidates: tuple[str, ...]) -> Waiting:
        count = sum(len(self.takes(address)) for address in candidates)
        if not count:
            return self._await_takes(candidates)
        if self._all_rejected(candidates):
            return self._await_more(candidates)
        among = "the one take" if count == 1 else f"the {count} takes"
        return Waiting(f"waits for a pick among {among} of {self._name(candidates)}", candidates, True)

    def _await_rule(self, rule: Rule, candidates: tuple[str, ...]) -> Waiting:
        """A rule found nothing to choose: all is rejected, or it wants what nobody gave yet, or nothing is there."""
        if self._all_rejected(candidates):
            return self._await_more(candidates)
        if any(True for _ in self._offered(candidates)):
            return Waiting(f"waits for {rule.waits_for} on a take of {self._name(candidates)}", candidates, True)
        return self._await_takes(candidates)

    def _all_rejected(self, candidates: tuple[str, ...]) -> bool:
        """Whether there are takes, somebody rejected each of them, and no more are to come."""
        decisions = self.known.decisions
        if not decisions or any(address in self.coming for address in candidates):
            return False
        takes = [(address, take) for address in candidates for take in self.takes(address)]
        return bool(takes) and all(
            (said := decisions.get(address)) is not None and said.rejected(take) for address, take in takes
        )

    def _await_more(self, candidates: tuple[str, ...]) -> Waiting:
        count = sum(len(self.takes(address)) for address in candidates)
        name = self._name(candidates)
        all_of = f"the one take of {name} is" if count == 1 else f"all {count} takes of {name} are"
        return Waiting(f"{all_of} rejected; pick one, or ask for more", candidates, True)

    def _await_takes(self, candidates: tuple[str, ...]) -> Waiting:
        short = any(
            len(take.pictures) < self.index.tasks[address].panels
            for address in candidates
            for take in self.takes(address)
        )
        what = "a whole series" if short else "the takes"
        return Waiting(f"waits for {what} of {self._name(candidates)}", candidates, False)

    def _stale(self, pick: Pick, candidates: tuple[str, ...]) -> StalePick | Waiting:
        count = len(self.takes(pick.address))
        if not count and not pick.sha256 and pick.address in self.coming:
            return self._await_takes(candidates)  # picked by number before anything was rendered
        among = f"pick among its {count} takes" if count > 1 else "pick again" if count else "pick when it is rendered"
        was = f"take {pick.take} of {pick.address} was picked, but"
        if self._is_lost(pick, count):
            elsewhere = "bring them here from where they are"
            if not count and pick.address not in self.coming:
                among = f"name {pick.address} to buy it again"
            return Waiting(f"{was} its bytes are not in this store; {elsewhere}, or {among}", candidates, True)
        return StalePick(f"{was} it is not a take of the current version; {among}", candidates, pick)

    def _is_lost(self, pick: Pick, count: int) -> bool:
        """Whether the take that was picked is one of the current version, known by its key or by its number alone."""
        key = self.keys.get(pick.address, "")
        if pick.key or pick.sha256 or pick.version or count:
            return bool(key) and pick.key == key
        return key in self.known.versions(pick.address)

    def _name(self, candidates: tuple[str, ...]) -> str:
        """One task by its address, several variants by what they share."""
        if len(candidates) == 1:
            return candidates[0]
        shot, _, stage = candidates[0].partition("@")
        return f"{shot.partition('.')[0]}@{stage}"


def settle_task(task: Task, choices: Choices) -> Settlement:
    """What `task` sends, as far as picks and takes decide it. `task` must have a form: it is not omitted."""
    settled = _settle(task, choices)
    known = choices.known
    if known.rulings.accepted and isinstance(settled, Settled):
        key = known.rulings.standing(task.address, settled.key)
        if key != settled.key:
            return settled._replace(form=known.form_of(key), key=key, own=(settled.form, settled.key))
    return settled


def _settle(task: Task, choices: Choices) -> Settlement:
    gates = task.gates
    if not gates:
        return _settled(task.forms[0], task.keys[0], task, choices, ())
    take = choices.obvious(gates[0]) if len(gates) == len(task.forms) == 1 else None
    chosen = choices.choose(gates) if take is None else Chosen(gates[0], take, FIRST)
    if not isinstance(chosen, Chosen):
        return chosen
    cell = 0 if len(task.forms) == 1 else _cell(task, chosen, choices)
    if not isinstance(cell, int):
        return cell
    form, key = task.forms[cell], task.keys[cell]
    if not key:
        filled = settle_one(form, chosen.address, as_sent(chosen.take.pictures[0], task.fits))
        if not is_open(filled):  # the usual case: the carried pick is all there was to fill
            return Settled(filled, sha256_text(filled), chosen.address, chosen.take.number, (chosen,))
    return _settled(form, key, task, choices, (chosen,))


def _cell(task: Task, chosen: Chosen, choices: Choices) -> int | Waiting | StalePick:
    """Which variant's form counts: that of the variant picked where the variants stand, some stages before or just."""
    above = task
    while len(above.gates) == 1:
        above = choices.index.tasks[above.gates[0]]
    variant = chosen if above is task else choices.choose(above.gates)
    return above.gates.index(variant.address) if isinstance(variant, Chosen) else variant


def _settled(form: str, key: str, task: Task, choices: Choices, used: tuple[Chosen, ...]) -> Settlement:
    if not key:
        whole = _fill(form, task, choices, used)
        if isinstance(whole, (Waiting, StalePick)):
            return whole
        form, used = whole
        key = sha256_text(form)
    if not task.gates:
        return Settled(form, key, "", 0, used)
    return Settled(form, key, used[0].address, used[0].take.number, used)


def picked(pick: Pick, takes: Sequence[Take]) -> Take | None:
    """The take a pick means: that with the picked bytes whatever its number, else, without a sha256, by number."""
    if pick.version and not pick.sha256:
        return None  # of an older version, by its number alone
    for take in takes:
        if take.pictures[0].sha256 == pick.sha256 if pick.sha256 else take.number == pick.take:
            return take
    return None


def lost_pick(pick: Pick, line: PlanLine) -> bool:
    """Whether the picked take, which is no take that is there, is one of the current version all the same."""
    return bool(pick.key) and pick.key == line.key


def panel_as_sent(take: Take, panel: int, fits: str) -> str:
    """The take's picture `panel` (0 and 1: the first) as it stands in a form; "" when the series came short of it."""
    place = max(panel, 1)
    return as_sent(take.pictures[place - 1], fits) if place <= len(take.pictures) else ""


class _Open(Exception):
    """A pick in the form is not made yet."""

    def __init__(self, why: Waiting | StalePick) -> None:
        super().__init__(why.reason)
        self.why = why


def _fill(
    form: str, task: Task, choices: Choices, used: tuple[Chosen, ...]
) -> tuple[str, tuple[Chosen, ...]] | Waiting | StalePick:
    """The form with each open pick replaced by bytes, and every take it rests on; or what it still waits for."""
    rests = list(used)

    def sha256_of(need: str) -> str:
        name, panel = split_pick(need)
        chosen, panel = _needed(name, panel, task, choices, used)
        if not isinstance(chosen, Chosen):
            raise _Open(chosen)
        if chosen not in rests:
            rests.append(chosen)
        sent = panel_as_sent(chosen.take, panel, task.fits)
        if not sent:
            raise _Open(_too_short(chosen, panel))
        return sent

    try:
        return settle(form, sha256_of), tuple(rests)
    except _Open as still:
        return still.why


def _needed(name: str, panel: int, task: Task, choices: Choices, used: tuple[Chosen, ...]) -> tuple[Choice, int]:
    """The take that stands behind a name in a form, and which of its pictures."""
    if used and name == used[0].address:
        return used[0], panel
    members, panel = choices.index.picture(name, panel)
    if not members:
        return Waiting(f"waits for {name}, which is not in the shot list", (name,), False), panel
    return (used[0] if used and members == task.gates else choices.choose(members)), panel


def _too_short(chosen: Chosen, panel: int) -> Waiting:
    there = len(chosen.take.pictures)
    return Waiting(
        f"take {chosen.take.number} of {chosen.address} came short: it has {there} panels and panel {panel} is needed",
        (chosen.address,),
        True,
    )


def _conflict(valid: Sequence[Chosen]) -> Waiting:
    names = " and ".join(f"{chosen.address}#{chosen.take.number}" for chosen in valid)
    return Waiting(
        f"{names} are both picked, but one variant goes on; keep one of these picks",
        tuple(chosen.address for chosen in valid),
        True,
    )
