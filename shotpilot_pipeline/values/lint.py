"""What a linter is told of a shot list, and how it answers: frozen values, no rule and no file among them.

The room `shotlist` makes these values, the room `lint` reads them; neither knows the other. A `Text` keeps how it was
written beside what it fills as, so that a rule that finds a word can point at it and offer another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from shotpilot_pipeline.errors import Edit, Place, Problem

#: A piece of a text, which of its equals it is (from 0), and what should stand there.
Change = tuple[str, int, str]


class Text(NamedTuple):
    """One text that may reach a prompt (or a clip): filled and folded, mentions as written, and where it stands."""

    slot: str  # "size", ..., "prompt", "lead", "panel 2", "look", "wardrobe", "motion"
    text: str
    raw: str  # as the value stands in the file, unfilled
    place: Place  # of the value
    key: Place  # of its key; the value's own place for what has none


class Sent(NamedTuple):
    """One request of a shot, as compiled for one stage (and variant, and panel)."""

    address: str
    stage: str
    family: str  # of the model card
    kind: str  # text-to-image or image-to-image
    numbered: bool  # whether the model takes several images, by number
    lettering: str  # how well the model writes words: "", "poor", "good", "excellent"
    prompt: str
    resolution: str
    aspect: str
    format: str
    amount: int  # panels of a series; 0 for a single picture
    takes: int
    carried: int  # pictures of the stage before that come along
    images: int  # reference pictures, the carried among them
    images_by_hand: int
    elements: int
    elements_by_hand: int


class Mentioned(NamedTuple):
    """A reference picture that a shot mentions or defines."""

    id: str
    role: str  # "" when none is said
    place: Place  # of its definition
    used: bool  # mentioned in a text, or sent by add_images
    own: bool  # defined in the shot itself


class Part(NamedTuple):
    """One part of a clip that is cut inside itself."""

    motion: Text | None
    seconds: float  # 0: not said
    place: Place


class Clip(NamedTuple):
    """What a shot says of the clip made from its still."""

    motion: Text | None
    seconds: float  # 0: not said
    seconds_place: Place
    model: str  # "kling", "vidu" or ""
    change: str  # "small", "medium", "large" or ""
    end: tuple[int, int] | None  # pixels of the end frame; (0, 0) where they are not known; None without one
    parts: tuple[Part, ...]
    place: Place  # of the key `clip`, else of the shot
    take: int = 0  # of the last stage, that the motion was written for; 0: not said
    take_place: Place = Place("")


class Ignore(NamedTuple):
    """A rule that is not to be told here, and why."""

    rule: str
    reason: str
    place: Place


class Rights(NamedTuple):
    """What a shot list says about the use of a face. Dates are `YYYY-MM-DD`, "" where nothing is said."""

    kind: str
    consent: str
    until: str
    paper: str  # path of the consent from the root of the show; "" where it is not a path
    place: Place


@dataclass(frozen=True, slots=True)
class LintMember:
    """A cast member as a linter sees one."""

    id: str
    name: str
    frontal: str  # mark of the picture; "" without one
    angles: tuple[str, ...]
    wardrobe: Text | None
    place: Place
    rights: Rights | None = None


class LintStage(NamedTuple):
    """A stage as the show has it, before any shot says otherwise."""

    name: str
    model: str  # the first family named
    resolution: str
    takes: int
    pick: str
    carry: str  # "" where nothing is said
    place: Place
    carry_place: Place
    resolution_place: Place  # of its value; the stage's own where nothing is said
    first: Place  # of the first key in it


class LintPicture(NamedTuple):
    """What is known of a face reference's pixels; -1 where it is not."""

    path: str
    place: Place
    width: int
    height: int
    light: float  # mean brightness, 0 to 255
    detail: float  # how sharp its edges are; below 3 it is a blur


@dataclass(frozen=True, slots=True)
class LintFilm:
    """What is around the shots."""

    show: str
    cast: Mapping[str, LintMember]
    stages: tuple[LintStage, ...]
    texts: tuple[Text, ...]  # looks and wardrobes, read once for all shots
    pictures: tuple[LintPicture, ...]  # frontal pictures of the cast
    budget: Mapping[str, tuple[int, Place]]  # "show", "shot", "stage:final" -> nano-USD and where it says so


class LintShot(NamedTuple):
    """One shot, as a linter sees it."""

    address: str  # scene/shot
    place: Place
    slots: Mapping[str, Text]  # of the first stage and variant; also "prompt"
    texts: tuple[Text, ...]  # every text of the shot that may reach a prompt, over stages and variants
    panels: tuple[Text, ...]
    series: bool
    whole: bool  # a full prompt is given, and sent alone
    sent: tuple[Sent, ...]
    mentions: frozenset[str]  # cast members, by id
    wardrobes: frozenset[str]  # cast members whose wardrobe is spelled out
    images: tuple[Mentioned, ...]
    tags: frozenset[str]
    clip: Clip
    ignores: tuple[Ignore, ...]
    legacy_elements: tuple[Place, ...]  # keys `image_url` of elements by hand
    wardrobe_said: bool  # a key of the user's own says what is worn (x-wardrobe)
    where: Callable[[str, str], Place]  # the place of a setting at a stage ("": the first); else the shot's own
    film: LintFilm


class Linted(NamedTuple):
    """What a linter says of one shot (or of what is around the shots), and what it wants to remember of it.

    `problems` holds ignored ones too. `facts` are JSON values for rules that look at the whole list; `places` are
    the places that belong to them, by any name.
    """

    problems: tuple[Problem, ...] = ()
    facts: Mapping[str, Any] = {}
    places: Mapping[str, Place] = {}


class ShotNotes(NamedTuple):
    """What was said of one shot, and where the shot stands."""

    address: str  # scene/shot
    place: Place
    linted: Linted


class Notes(NamedTuple):
    """What a linter said of a whole list, shot by shot."""

    around: Linted
    shots: tuple[ShotNotes, ...]

    @classmethod
    def none(cls) -> Notes:
        """Of a list that nobody looked at."""
        return cls(Linted(), ())


class Mender(Protocol):
    """Finds a piece of a text in its file, and writes what should stand there instead."""

    def span(self, text: Text, piece: str, nth: int) -> tuple[Place, Place] | None:
        """Where the `nth` (from 0) `piece` of `text` begins and ends; None where that cannot be told for sure."""

    def edits(self, text: Text, changes: Sequence[Change]) -> tuple[Edit, ...]:
        """The edits that make all `changes` in `text`; none where that could break the file."""

    def before(self, place: Place, entry: str) -> Edit | None:
        """The edit that writes an entry `key: value` before the key at `place`; None where none can stand."""

    def replace(self, place: Place, old: str, new: str) -> Edit | None:
        """The edit that writes `new` over the word `old` at `place`; None where that word does not stand there."""


class Linter(Protocol):
    """A linter as the compiling half calls it."""

    @property
    def digest(self) -> str:
        """Moves when the linter may say something else of the same shot."""

    def around(self, film: LintFilm, mender: Mender) -> Linted:
        """What is wrong around the shots."""

    def shot(self, shot: LintShot, mender: Mender) -> Linted:
        """What is wrong with one shot."""
