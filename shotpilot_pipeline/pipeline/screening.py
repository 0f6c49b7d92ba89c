"""What the review page shows: shots, takes and decisions, put together from list, store, plan and picks.

Looks at nothing but values and records. How it looks is the review room's; when it is looked at, `reviewing.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import endpoint_card
from shotpilot_pipeline.pipeline.following import Running
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import shot_of
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import Choices, Chosen, picked
from shotpilot_pipeline.review.room import RoomCast, RoomNext, RoomNote, RoomPicture, RoomShot, RoomTake, RoomTask
from shotpilot_pipeline.values.decision import Decision, Mark, TakeNote
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Action, Plan, PlanLine
from shotpilot_pipeline.values.request import input_of, marks_of
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import NO_PRICE, ShotInfo, Task

_STATES = {
    Action.WAITING: "waiting", Action.STALE_PICK: "stale", Action.HELD: "held", Action.UNKNOWN: "unknown",
    Action.FAILED: "failed", Action.REFUSED: "refused", Action.BLOCKED: "blocked", Action.BEHIND: "behind",
}  # fmt: skip
_AWAITED = frozenset({Action.WAITING, Action.STALE_PICK})
_SHOT_STATES = {"omit": "omitted", "hold": "held", "": ""}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page is put together from.

    `recorded`: every take of a key, with or without its pictures. `prompt_of`: the words a key was bought with.
    `seen`: ids of the takes that were there last time; None: nothing is new.
    """

    reading: Reading
    known: Known
    lines: Mapping[str, PlanLine]
    decisions: Mapping[str, Decision]
    running: Running
    recorded: Callable[[str], Sequence[Take]]
    prompt_of: Callable[[str], str]
    lost: frozenset[str] = frozenset()
    seen: frozenset[str] | None = None
    me: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Choices | None = None


def groups_of(tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """For each task the tasks among which one pick goes on: itself, or the variants that are chosen among."""
    found: dict[str, tuple[str, ...]] = {task.address: (task.address,) for task in tasks}
    found |= {gate: task.gates for task in tasks if len(task.gates) > 1 for gate in task.gates}
    return found


def choices_of(tasks: Sequence[Task], known: Known, lines: Mapping[str, PlanLine], *, rehearsal: bool) -> Choices:
    """The rules of picks over the keys that a plan settled."""
    choices = Choices(Index(tasks), known, first_where_unpicked=rehearsal)
    choices.keys.update({address: line.key for address, line in lines.items() if line.key})
    return choices


def take_id(take: Take) -> str:
    """A take as it is remembered from one review to the next."""
    return f"{take.key[:16]}.{take.number}"


def rests_on(info: ShotInfo, tasks: Sequence[Task], facts: Facts) -> tuple[object, ...]:
    """All that what is shown of a shot is made from: while it is the same, so is the shot."""
    found: list[object] = [info, tuple(tasks), facts.lost, facts.me]
    for task in tasks:
        line, running = facts.lines[task.address], facts.running
        versions = tuple(facts.known.versions(task.address))
        takes = tuple(facts.recorded(key) for key in dict.fromkeys((*versions, line.key)) if key)
        chosen = facts.choices.choose(facts.groups[task.address]) if facts.choices and line.key else None
        broken = not running.live and running.broken.get(task.address)
        coming = running.coming.get(task.address)
        found.append((line, facts.decisions.get(task.address), versions, takes, chosen, broken, coming))
    return tuple(found)


def shot_of_room(scene: str, info: ShotInfo, tasks: Sequence[Task], facts: Facts) -> RoomShot:
    """One shot with its tasks, those that are omitted left out."""
    said = [repr(facts.decisions.get(task.address)) for task in tasks]
    return RoomShot(
        address=f"{scene}/{info.id}",
        tasks=tuple(_task(task, facts) for task in tasks if task.state != "omit"),
        words=info.words,
        tags=tuple(dict.fromkeys(tag for task in tasks for tag in task.tags)),
        cast=tuple(dict.fromkeys(member for task in tasks for member in task.cast)),
        state=_SHOT_STATES[info.state],
        revision=sha256_text("\n".join(said))[:16],
    )


def _task(task: Task, facts: Facts) -> RoomTask:
    line, decision = facts.lines[task.address], facts.decisions.get(task.address, Decision(task.address))
    versions = list(facts.known.versions(task.address))
    if line.key and line.key not in versions:
        versions.append(line.key)
    now = versions.index(line.key) + 1 if line.key else 0
    takes = _takes(task, decision, versions, line.key, facts)
    words = _words(line.form or task.forms[0])
    card, _ = endpoint_card(facts.reading.catalog, task.endpoint)
    state, reason = _state(task, line, facts)
    have = len(facts.known.takes_of(line.key)) if line.key else 0
    more = max(0, decision.wanted(task.takes, line.key) - max(have, 0)) if decision.more else 0
    return RoomTask(
        address=task.address,
        stage=task.stage,
        variant=task.address.partition("@")[0].partition(".")[2],
        group=_group_name(facts.groups[task.address]),
        chooser=task.pick,
        version=now,
        model=f"{card.family}, {task.endpoint.rpartition('/')[2]}",
        resolution=words.resolution,
        aspect_ratio=words.aspect_ratio,
        panels=task.panels,
        wanted=task.takes,
        picture_price=None if task.picture_price == NO_PRICE else Money(task.picture_price),
        prompts=_prompts(takes, versions, now, words.prompt, facts),
        elements=tuple(facts.reading.compiled.cast.get(member, member) for member in task.cast),
        images=tuple(_image(mark, facts) for mark in words.images),
        takes=takes,
        coming=facts.running.coming.get(task.address, ()),
        state=state,
        reason=reason,
        more=more,
        why=decision.pick.why if decision.pick else "",
        new_cost=line.cost,
    )


def _group_name(group: tuple[str, ...]) -> str:
    if len(group) == 1:
        return group[0]
    return f"{shot_of(group[0])}@{group[0].rpartition('@')[2]}"


def _state(task: Task, line: PlanLine, facts: Facts) -> tuple[str, str]:
    """One word and one sentence for what keeps a task from having its takes."""
    if line.action in _STATES:
        return _STATES[line.action], line.reason
    broken = facts.running.broken.get(task.address)
    if broken and line.takes_new and not facts.running.live:
        return broken
    return "", ""


def _prompts(takes: Sequence[RoomTake], versions: Sequence[str], now: int, prompt: str, facts: Facts) -> dict[int, str]:
    """The wording of every version that has a take, and of the current one."""
    found = {version: facts.prompt_of(versions[version - 1]) for version in {take.version for take in takes} - {now}}
    if now or not found:
        found[now] = prompt
    return {version: found[version] for version in sorted(found) if found[version]}


def _takes(task: Task, decision: Decision, versions: Sequence[str], current: str, facts: Facts) -> tuple[RoomTake, ...]:
    """Every take of every version, the newest version first."""
    marks = _Marks.of(task, decision, current, facts)
    found: list[RoomTake] = []
    for number in range(len(versions), 0, -1):
        key = versions[number - 1]
        for take in facts.recorded(key):
            found.append(_take(task, take, number, marks, facts))
    return tuple(found)


class _Marks(NamedTuple):
    """What was said of the takes of a task, and which one a rule lets go on."""

    decision: Decision
    current: str
    picked: str  # sha256 of the first picture of the valid pick
    rule: tuple[str, int] | None

    @classmethod
    def of(cls, task: Task, decision: Decision, current: str, facts: Facts) -> _Marks:
        takes = facts.known.takes_of(current) if current else ()
        pick = picked(decision.pick, takes) if decision.pick else None
        rule = None
        if pick is None and takes and facts.choices is not None:
            group = facts.groups[task.address]
            chosen = facts.choices.choose(group)
            if isinstance(chosen, Chosen) and chosen.address == task.address:
                rule = (chosen.take.key, chosen.take.number)
        return cls(decision, current, pick.pictures[0].sha256 if pick else "", rule)

    def means(self, mark: Mark | TakeNote, take: Take, version: int) -> bool:
        """Whether a mark is on `take`, which may be of an older version."""
        if mark.sha256:
            return mark.sha256 == take.pictures[0].sha256
        return mark.take == take.number and (mark.version == version if mark.version else take.key == self.current)

    def word(self, take: Take, version: int) -> tuple[str, str, str]:
        """The mark of `take`, by whom and when."""
        decision, first = self.decision, take.pictures[0].sha256
        pick = decision.pick
        if pick is not None and take.key == self.current and first == self.picked:
            return "pick", pick.by, pick.at
        for name, marks in (("reject", decision.rejects), ("alternate", decision.alternates)):
            for mark in marks:
                if self.means(mark, take, version):
                    return name, mark.by, mark.at
        return "", "", ""

    def stale(self, take: Take, version: int) -> bool:
        """Whether `take` is the picked one, but of an older version: shown, not followed."""
        pick = self.decision.pick
        if pick is None or self.picked or take.key == self.current:
            return False
        if pick.sha256:
            return pick.sha256 == take.pictures[0].sha256
        return pick.version == version and pick.take == take.number

    def stars(self, take: Take, version: int) -> int:
        """The stars of `take`."""
        return next((stars for mark, stars in self.decision.stars if self.means(mark, take, version)), 0)


def _take(task: Task, take: Take, version: int, marks: _Marks, facts: Facts) -> RoomTake:
    mark, by, at = marks.word(take, version)
    short = len(take.pictures) < task.panels
    price = None if task.picture_price == NO_PRICE else Money(task.picture_price) * len(take.pictures)
    return RoomTake(
        key=take.key,
        number=take.number,
        version=version,
        pictures=tuple(
            RoomPicture(picture.sha256, picture.width, picture.height, picture.sha256 not in facts.lost)
            for picture in take.pictures
        ),
        current=take.key == marks.current,
        price=price,
        mark=mark,
        stars=marks.stars(take, version),
        notes=tuple(
            _note(note, facts.me) for note in marks.decision.notes if note.take and marks.means(note, take, version)
        ),
        by=by,
        at=at,
        rule=task.pick if marks.rule == (take.key, take.number) and task.pick != "human" else _first(marks, take),
        stale=marks.stale(take, version),
        new=facts.seen is not None and take_id(take) not in facts.seen,
        short=f"{len(take.pictures)} of {task.panels} panels" if short else "",
    )


def _first(marks: _Marks, take: Take) -> str:
    """In a rehearsal the rule `first` stands in for the person who has not picked."""
    return "first" if marks.rule == (take.key, take.number) else ""


def _note(note: TakeNote, me: str) -> RoomNote:
    pin = (note.x, note.y) if note.x is not None and note.y is not None else None
    return RoomNote(note.text, note.by, note.at, pin, mine=note.by == me)


class _Words(NamedTuple):
    """What the page says of a request."""

    prompt: str
    resolution: str
    aspect_ratio: str
    images: tuple[str, ...]  # marks


@lru_cache(maxsize=50_000)
def _words(form: str) -> _Words:
    wire: dict[str, Any] = input_of(form)
    sent = [wire["image_url"]] if "image_url" in wire else wire.get("image_urls", [])
    return _Words(
        str(wire.get("prompt", "")),
        str(wire.get("resolution", "")),
        str(wire.get("aspect_ratio", "")),
        tuple(sent if marks_of(form) else ()),
    )


@lru_cache(maxsize=50_000)
def faces_in(form: str) -> tuple[tuple[str, ...], ...]:
    """The sha256 of each element's reference pictures, the frontal one first; those known only by a URL left out."""
    found = []
    for element in input_of(form).get("elements", []):
        marks = [element.get("frontal_image_url", ""), *element.get("reference_image_urls", [])]
        found.append(tuple(mark.removeprefix("sha256:") for mark in marks if mark.startswith("sha256:")))
    return tuple(found)


def _image(mark: str, facts: Facts) -> str:
    """What `@Image1` and so on stand for, in words: a file's name, an address, a URL."""
    kind, _, rest = mark.lstrip("\0").partition(":")
    return rest if kind != "sha256" else facts.reading.compiled.sources.get(rest, "a picked take")


def next_of(plan: Plan) -> RoomNext:
    """What a plan comes to, for the head of the page."""
    totals = plan.totals
    waiting = sum(line.action in _AWAITED for line in plan.lines)
    return RoomNext(totals.images_new, totals.rolls, totals.cost, totals.cost_at_most, totals.unpriced, waiting)


def cast_of(tasks: Sequence[Task], names: Mapping[str, str]) -> tuple[RoomCast, ...]:
    """Every cast member with the reference pictures that are sent of them."""
    return tuple(RoomCast(member, name, faces) for (member, name), faces in _faces(tuple(tasks), tuple(names.items())))


@lru_cache(maxsize=4)
def _faces(
    tasks: tuple[Task, ...], names: tuple[tuple[str, str], ...]
) -> tuple[tuple[tuple[str, str], tuple[str, ...]], ...]:
    found: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        if task.forms and not found.keys() >= set(task.cast):
            for member, faces in zip(task.cast, faces_in(task.forms[0]), strict=False):
                found.setdefault(member, faces)
    return tuple((name, found.get(name[0], ())) for name in names)
