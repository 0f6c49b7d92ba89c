"""What people said of the takes of one address: the pick, alternates, rejects, stars, notes, and a wish for more.

Numbers are those of the version a take belongs to; a mark with a sha256 follows the bytes and not the number. Does
not know which takes exist, nor what follows from a decision.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from shotpilot_pipeline.values.take import Pick, Take

MOST_STARS = 5


class Mark(NamedTuple):
    """A take that somebody marked. `sha256` is that of its first picture, "" where only the number is known."""

    take: int
    sha256: str = ""
    by: str = ""
    at: str = ""
    version: int = 0  # of an older one, where somebody wrote it; 0: the current one, or whichever has the bytes

    def means(self, take: Take) -> bool:
        """Whether `take`, one of the current version, is the one that was marked."""
        if self.sha256:
            return take.pictures[0].sha256 == self.sha256
        return take.number == self.take and not self.version


class TakeNote(NamedTuple):
    """A note. `take` 0: on the whole shot. `x`, `y`: where it is pinned, 0 to 1 from the top left; None: nowhere."""

    take: int
    text: str
    by: str = ""
    at: str = ""
    x: float | None = None
    y: float | None = None
    sha256: str = ""
    version: int = 0

    def means(self, take: Take) -> bool:
        """Whether the note is on `take`, one of the current version."""
        return Mark(self.take, self.sha256, version=self.version).means(take)


class Decision(NamedTuple):
    """All that people said of one address.

    `more` further takes are asked for: over the `more_over` takes that were there (or wanted) of the render key
    `more_key` when somebody asked; written by hand without a key, over what the shot list wants, at any version.
    """

    address: str
    pick: Pick | None = None
    alternates: tuple[Mark, ...] = ()
    rejects: tuple[Mark, ...] = ()
    stars: tuple[tuple[Mark, int], ...] = ()
    notes: tuple[TakeNote, ...] = ()
    more: int = 0
    more_over: int = 0
    more_key: str = ""
    more_by: str = ""
    more_at: str = ""

    def wanted(self, takes: int, key: str) -> int:
        """How many takes are wanted under render key `key` where the shot list wants `takes`."""
        if not self.more:
            return takes
        if not self.more_key:
            return takes + self.more
        return max(takes, self.more_over + self.more) if key == self.more_key else takes

    def rejected(self, take: Take) -> bool:
        """Whether `take`, one of the current version, is out."""
        return any(mark.means(take) for mark in self.rejects)

    def alternate(self, take: Take) -> bool:
        """Whether `take`, one of the current version, would do as well."""
        return any(mark.means(take) for mark in self.alternates)

    def stars_of(self, take: Take) -> int:
        """The stars of `take`, one of the current version: 0 to 5."""
        return next((stars for mark, stars in self.stars if mark.means(take)), 0)

    def notes_of(self, take: Take) -> tuple[TakeNote, ...]:
        """The notes on `take`, one of the current version."""
        return tuple(note for note in self.notes if note.take and note.means(take))

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is left of what was said."""
        return self == Decision(self.address)


class Verb(StrEnum):
    """What somebody can say of a take, or of an address."""

    PICK = "pick"
    ALTERNATE = "alternate"
    REJECT = "reject"
    CLEAR = "clear"
    STARS = "stars"
    NOTE = "note"
    MORE = "more"
    REDO = "redo"


class Change(NamedTuple):
    """One thing that is said.

    `take` 0: the address itself (clear, note, more, redo). `sha256` and `key`, where given, are those of the take that
    the person saw: another take that stands under its number now is not taken for it. `value`: the number of stars,
    the text of a note, how many takes more, or the reason of a pick. `x`, `y`: where a note is pinned.
    """

    address: str
    verb: Verb
    take: int = 0
    sha256: str = ""
    key: str = ""
    value: str = ""
    x: float | None = None
    y: float | None = None
    version: int = 0  # of an older one; 0: the current version, or that of `key`


def decision_as_json(decision: Decision) -> dict[str, object]:
    """A decision for programs: every field, what is empty too. Stars stand as a list of `{"take", "stars", ...}`."""
    pick = decision.pick
    return {
        "address": decision.address,
        "pick": None if pick is None else {key: value for key, value in pick._asdict().items() if key != "address"},
        "alternates": [mark._asdict() for mark in decision.alternates],
        "rejects": [mark._asdict() for mark in decision.rejects],
        "stars": [{**mark._asdict(), "stars": stars} for mark, stars in decision.stars],
        "notes": [note._asdict() for note in decision.notes],
        "more": {"takes": decision.more, "over": decision.more_over, "key": decision.more_key}
        | {"by": decision.more_by, "at": decision.more_at},
    }
