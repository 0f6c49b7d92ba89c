"""What the review page shows, as frozen values: shots, their tasks, their takes, and what people said of them.

Does not know where pictures lie, how decisions are kept, or how anything looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shotpilot_pipeline.values.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class RoomPicture:
    """One file of pixels, known to the page by its sha256 alone. `there`: its bytes can be shown."""

    sha256: str
    width: int
    height: int
    there: bool = True


@dataclass(frozen=True, slots=True)
class RoomNote:
    """A note on a take. `pin`: where on the picture, from 0,0 (left, top) to 1,1. `mine`: it may be written over."""

    text: str
    by: str = ""
    at: str = ""
    pin: tuple[float, float] | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class RoomTake:
    """One take: a picture, or a series of panels in order.

    `mark` is "", "pick", "alternate" or "reject"; `by` and `at` say who set it and when. `rule`: a rule lets it go on
    because nobody picked. `stale`: it was picked, but it is of an older version. `new`: it came since the page was
    last looked at.
    """

    key: str
    number: int
    version: int
    pictures: tuple[RoomPicture, ...]
    current: bool = True
    price: Money | None = None
    mark: str = ""
    stars: int = 0
    notes: tuple[RoomNote, ...] = ()
    by: str = ""
    at: str = ""
    rule: str = ""
    stale: bool = False
    new: bool = False
    short: str = ""  # "3 of 4 panels", where a series came short


@dataclass(frozen=True, slots=True)
class RoomTask:
    """A shot (or variant, or panel) at one stage. Takes: the newest version first, then by number.

    `chooser` is who picks: "human" or a rule's name. `group` names the tasks among which one pick goes on (variants);
    it is the task's own address where it stands alone. `state` is "" or one word: waiting, held, omitted, failed,
    refused, unknown, blocked, stale; `reason` says why in a sentence. `prompts`: the wording of each version.
    """

    address: str
    stage: str
    variant: str
    group: str
    chooser: str
    version: int
    model: str = ""
    resolution: str = ""
    aspect_ratio: str = ""
    panels: int = 1
    wanted: int = 0
    picture_price: Money | None = None
    prompts: Mapping[int, str] = field(default_factory=dict)
    elements: tuple[str, ...] = ()  # names of what @Element1 ... stand for
    images: tuple[str, ...] = ()  # the same for @Image1 ...
    takes: tuple[RoomTake, ...] = ()
    coming: tuple[int, ...] = ()  # numbers of takes that a running render asked for
    state: str = ""
    reason: str = ""
    more: int = 0  # further takes asked for
    why: str = ""  # the reason given with the pick
    new_cost: Money | None = ZERO  # what the next render would spend on it


@dataclass(frozen=True, slots=True)
class RoomShot:
    """One shot with its tasks, stages in order. `words`: its slots with their text, in the guide's order."""

    address: str  # scene/shot
    tasks: tuple[RoomTask, ...]
    words: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    state: str = ""  # "", "omitted" or "held"
    revision: str = ""  # changes with every decision about the shot


@dataclass(frozen=True, slots=True)
class RoomScene:
    """A scene: its heading, and its shots by address in list order."""

    id: str
    heading: str
    shots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoomCast:
    """A cast member and the reference pictures that are sent of them, the frontal one first, by sha256."""

    id: str
    name: str
    faces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomNext:
    """What the next render would do: pictures, requests and money now, and at most once all picks are made."""

    images: int
    rolls: int
    cost: Money
    at_most: Money
    unpriced: int = 0
    waiting: int = 0  # tasks that wait for a person


@dataclass(frozen=True, slots=True)
class RoomRun:
    """The run that goes on just now, or the one before: what it does, and how many takes it brought."""

    doing: str
    live: bool
    takes: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """Everything on the page. `files`: where the bytes of each sha256 lie; only these can be asked for."""

    show: str
    title: str
    file: str  # the shot list's name
    stages: tuple[str, ...]
    scenes: tuple[RoomScene, ...]
    shots: tuple[RoomShot, ...]
    next: RoomNext
    files: Mapping[str, Path]
    cast: tuple[RoomCast, ...] = ()
    rehearsal: bool = False
    note: str = ""  # why the rehearsal is shown, and the like
    problems: tuple[str, ...] = ()  # sentences
    me: str = ""  # in whose name decisions are made
    undo: str = ""  # what undo would take back; "" for nothing
    run: RoomRun | None = None
