"""What can go wrong, and how a program is told: problems with a place, errors with an exit code.

Knows nothing of shot lists, pictures or money. The tree:

    ShotpilotError
    ├── UsageError          2   the command line asks for something that cannot be
    │   └── BadFiles        2   files that do not pass; carries every Problem at once
    ├── TakesFailed         4   the queue failed or refused
    ├── BudgetReached       5
    ├── KeyOrBalance        6
    ├── ShowLocked          7
    ├── Interrupted       130   a person or the system asked the run to stop
    └── StoreDamaged       70   bytes or records that are not what they were when written
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class ExitCode(IntEnum):
    """The exit codes of DESIGN section 4."""

    DONE = 0
    WORK_TO_BUY = 1
    USAGE = 2
    PICK_AWAITED = 3
    TAKES_FAILED = 4
    BUDGET = 5
    KEY_OR_BALANCE = 6
    LOCKED = 7
    DEADLINE = 8
    UNKNOWN_OUTCOME = 9
    OUR_BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


#: The gravest of several wins. 130 and 143 never come together; done, and work that is there to buy, are no faults.
_GRAVITY = (70, 130, 143, 7, 6, 9, 5, 4, 8, 3, 2, 1, 0)


def gravest(codes: Iterable[int]) -> ExitCode:
    """The exit code that stands for all of `codes`; DONE for none."""
    return ExitCode(min(codes, key=_GRAVITY.index, default=ExitCode.DONE))


class Severity(StrEnum):
    """How bad a problem is: an error stops everything, a warning stops only `--strict`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Place(NamedTuple):
    """A point in a file: its path as the user would type it, line and column counted from 1 (0: unknown)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, without the parts that are not known."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a file, from `start` up to and without `end`, and the text that should stand there instead."""

    start: Place
    end: Place
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A cure that a program can carry out. `automatic`: it cannot be wrong; otherwise it is a proposal."""

    title: str
    edits: tuple[Edit, ...]
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain that led to a fault: where, and what happened there (`the look`, `included from here`)."""

    place: Place
    words: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where, what is wrong, and what to write instead.

    `end` is where the faulty text stops (None: not known). `chain` leads from the fault outwards: the slot, default or
    include that brought it. `fix` is a cure that `shotpilot fix` can carry out.
    """

    rule: str
    place: Place
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    address: str = ""
    end: Place | None = None
    chain: tuple[Step, ...] = ()
    fix: Fix | None = None

    @property
    def link(self) -> str:
        """The page of the docs that explains the rule, from the root of the docs' repository."""
        return f"docs/rules.md#{self.rule}"

    def __str__(self) -> str:
        """`file:line:column: what is wrong; what to write instead`."""
        cure = f"; {self.hint}" if self.hint else ""
        return f"{self.place}: {self.message}{cure}"


class ShotpilotError(Exception):
    """The root of all errors that a person can do something about."""

    exit_code: ExitCode = ExitCode.OUR_BUG
    in_short: str = "the run was stopped first"  # why what was not begun was not: the sentence itself is said once


class UsageError(ShotpilotError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class BadFiles(UsageError):
    """Files that do not pass. Carries every problem found, in order of place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class TakesFailed(ShotpilotError):
    """The queue failed or refused; `permanent` says whether the same request may be tried again."""

    exit_code = ExitCode.TAKES_FAILED

    def __init__(self, message: str, *, kind: str = "failed", permanent: bool = True) -> None:
        super().__init__(message)
        self.kind = kind
        self.permanent = permanent


class BudgetReached(ShotpilotError):
    """The next roll would not fit under a cap, so it was not sent."""

    exit_code = ExitCode.BUDGET
    in_short = "the budget has no room for it"


class KeyOrBalance(ShotpilotError):
    """No key, a wrong key, or a locked account."""

    exit_code = ExitCode.KEY_OR_BALANCE
    in_short = "the account did not allow it"


class ShowLocked(ShotpilotError):
    """Another run holds the show."""

    exit_code = ExitCode.LOCKED


class Interrupted(ShotpilotError):
    """A person, or the system, asked the run to stop. Nothing failed by it."""

    in_short = "the run was asked to stop"

    def __init__(self, exit_code: ExitCode = ExitCode.INTERRUPTED) -> None:
        super().__init__("the run was asked to stop; the same command goes on")
        self.exit_code = exit_code


class StoreDamaged(ShotpilotError):
    """Bytes or records that are not what they were when written."""

    exit_code = ExitCode.OUR_BUG
