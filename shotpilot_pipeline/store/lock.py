"""The lock: NAME.lock, a text in git that says what was bought, one line a picture. Knows no store and no picture.

    sc010/sh010@iterate v001 t02 - <render key> <sha256> 812345
    address, version, take, panel (p01, or - for a single picture), render key, sha256, bytes

The n-th distinct render key of an address is its version n; a key that returns has its old version back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, Place, Problem, UsageError
from shotpilot_pipeline.store.files import write_atomic
from shotpilot_pipeline.store.moving import destination, routes_of
from shotpilot_pipeline.values.address import ID
from shotpilot_pipeline.values.rulings import swapped
from shotpilot_pipeline.values.take import Take

HEADER = "# shotpilot lock 1: what was bought. Written by shotpilot; keep it in git. A line is a picture:\n"
COLUMNS = "# address version take panel render-key sha256 bytes\n"
_FIRST = re.compile(r"# shotpilot lock (\d+)\b")
_ADDRESS = rf"{ID}+/{ID}+(?:\.{ID}+)*+@{ID}+"  # possessive: an id never gives a letter back
_LINE = re.compile(
    rf"^({_ADDRESS}) v(?!0+ )(\d{{3,9}}+) t(?!0+ )(\d{{2,9}}+) (?:p(?!0+ )(\d{{2,9}}+)|-)"
    r" ([0-9a-f]{64}) ([0-9a-f]{64}) (\d{1,15}+)$",
    re.MULTILINE,
)
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_ORDER = str.maketrans("/@.", "\1\1\2")  # a shot's own tasks before those of its variants, shots before longer ids
_DIGITS = re.compile(r"(\d+)")

#: From the text of a line to its parts: "" where a panel is not.
_Row = tuple[str, str, str, str, str, str, str]


class LockLine(NamedTuple):
    """One picture that was bought."""

    address: str  # of the task, with a stage
    version: int
    take: int
    panel: int  # 0 for a single picture
    key: str
    sha256: str
    bytes: int


class Lock:
    """What a lock says. Never changes: `with_take` gives another. Lines are parsed when their address is asked for."""

    def __init__(self, by_address: Mapping[str, tuple[LockLine, ...] | tuple[_Row, ...]] | None = None) -> None:
        self._by_address = dict(by_address or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lock) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Lock({len(self._by_address)} addresses)"

    def at(self, address: str) -> tuple[LockLine, ...]:
        """The lines of one address, by version, take and panel."""
        return tuple(_line(row) for row in self._by_address.get(address, ()))

    def addresses(self) -> tuple[str, ...]:
        """Every address with a line, in the order a person counts."""
        return tuple(sorted(self._by_address, key=natural))

    @cached_property
    def lines(self) -> tuple[LockLine, ...]:
        """Every line, in the order of the file."""
        return tuple(line for address in self.addresses() for line in self.at(address))

    def keys(self, address: str) -> Mapping[int, str]:
        """The render key of each version of an address, from the oldest."""
        return MappingProxyType(_versions(self.at(address)))

    def version(self, address: str, key: str) -> int:
        """The version that `key` is at `address`; 0 if it was never bought there."""
        return next((line.version for line in self.at(address) if line.key == key), 0)

    def next_version(self, address: str, key: str) -> int:
        """The version that a take of `key` has at `address`: its old one, or the next free one."""
        newest = max((line.version for line in self.at(address)), default=0)
        return self.version(address, key) or newest + 1

    def with_take(self, address: str, take: Take) -> Lock:
        """The lock with one more take. One that it has already changes nothing."""
        return self.with_takes([(address, take)])

    def with_takes(self, takes: Iterable[tuple[str, Take]]) -> Lock:
        """The lock with more takes, each with its address; a new render key becomes the address's next version.

        Raises UsageError where a take of that number stands there with other bytes: nothing bought is overwritten.
        """
        grown, changed = Lock(self._by_address), False
        for address, take in takes:
            before = grown.at(address)
            new = _lines_of(address, take, grown.next_version(address, take.key))
            if old := [line for line in before if (line.key, line.take) == (take.key, take.number)]:
                if old != new:
                    raise UsageError(
                        f"{address}#v{old[0].version}.{take.number}: the lock has this take with other bytes; "
                        "give the new one the next free number"
                    )
                continue
            grown._by_address[address] = tuple(sorted((*before, *new)))
            changed = True
        return grown if changed else self

    def without(self, address: str, key: str, take: int) -> Lock:
        """The lock without one take of one address; the same lock where it has none of it."""
        kept = tuple(line for line in self.at(address) if (line.key, line.take) != (key, take))
        others = {at: rows for at, rows in self._by_address.items() if at != address}
        return Lock({**others, address: kept} if kept else others) if kept != self.at(address) else self

    def text(self) -> str:
        """The file's text."""
        rows = [
            f"{line.address} v{line.version:03} t{line.take:02} {f'p{line.panel:02}' if line.panel else '-'} "
            f"{line.key} {line.sha256} {line.bytes}\n"
            for line in self.lines
        ]
        return HEADER + COLUMNS + "".join(rows)


def read_lock(path: Path) -> Lock:
    """The lock at `path`; an empty one when there is no such file. Raises BadFiles with every problem in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Lock()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadFiles([_problem(path, line, "this line is not UTF-8 text", _RESTORE)]) from None
    except OSError as error:
        raise BadFiles([_problem(path, 0, f"cannot be read ({error.strerror})", "give yourself the right")]) from error
    return parse_lock(text, path)


def parse_lock(text: str, path: Path) -> Lock:
    """The lock written in `text`; `path` is for messages. Raises BadFiles with every problem in it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    rows: list[_Row] = _LINE.findall(text)
    others = text.count("\n") + (not text.endswith("\n")) - len(rows)
    # The header's two lines are the only others in a file that the tool wrote; then nothing needs a second look.
    if not text.startswith(HEADER + COLUMNS) or others != 2:
        _require_lines(text, path)
    return Lock(_as_written(rows) or _settled(rows, text, path))


def write_lock(path: Path, lock: Lock, *, durable: bool = True) -> bool:
    """Write the lock in one step; a file that says the same is left alone. Returns whether it was written.

    Raises StoreUnwritable.
    """
    data = lock.text().encode()
    try:
        same = path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        same = False
    if not same and (lock.lines or path.exists()):
        write_atomic(path, data, durable=durable)
        return True
    return False


def merge_locks(ours: Lock, theirs: Lock) -> Lock:
    """Both locks as one: versions and takes of ours stay, those that only theirs has get the next free numbers.

    The same bytes under the same key are one take, whatever their number.
    """
    merged = ours
    for line in _takes_in(theirs):
        have = [known for known in _takes_in_order(merged.at(line[0].address)) if known[0].key == line[0].key]
        if any([part.sha256 for part in known] == [part.sha256 for part in line] for known in have):
            continue
        taken = {known[0].take for known in have}
        number = line[0].take if line[0].take not in taken else max(taken) + 1
        merged = _with_lines(merged, [part._replace(take=number) for part in line])
    return merged


def moved_lock(lock: Lock, moved: Sequence[tuple[str, str]]) -> Lock:
    """The lock with every line under its new address; `moved` are (from, to) as in the shot list.

    `from` names a shot (all its variants and stages move), one variant, or one stage. Moves are followed to their
    end, so a list of moves can stay in the shot list for ever. Where both addresses were bought, the versions of the
    new one stay and those of the old one come after. Raises UsageError for a loop.
    """
    routes = routes_of(moved)
    result = lock
    for address in lock.addresses():
        target = destination(address, routes)
        if target == address:
            continue
        kept = {known: rows for known, rows in result._by_address.items() if known != address}
        fresh = target not in kept
        result = Lock(kept)
        for take in _takes_in_order(lock.at(address)):
            lines = [line._replace(address=target) for line in take]
            result = _with_lines(result, lines, keep_version=fresh)
    return result


def swapped_lock(lock: Lock, one: str, other: str) -> Lock:
    """The lock with two shots exchanged, each with all its variants, stages and versions."""
    exchange = swapped(one, other)
    lines: dict[str, tuple[LockLine, ...]] = {}
    for address in lock.addresses():
        target = exchange(address)
        lines[target] = tuple(line._replace(address=target) for line in lock.at(address))
    return Lock(lines)


def natural(address: str) -> tuple[list[str | int], str]:
    """A key that sorts addresses as a person counts: sh2 before sh10."""
    parts: list[str | int] = list(_DIGITS.split(address.translate(_ORDER)))
    parts[1::2] = map(int, parts[1::2])
    return parts, address


# Reading --------------------------------------------------------------------------------------------------------------

_RESTORE = "bring the file back from git"
_RULE = "lock"


def _line(row: LockLine | _Row) -> LockLine:
    if isinstance(row, LockLine):
        return row
    address, version, take, panel, key, sha256, size = row
    return LockLine(address, int(version), int(take), int(panel or 0), key, sha256, int(size))


def _require_lines(text: str, path: Path) -> None:
    """Raise BadFiles unless every line is a picture, a remark or blank, below a header of this format."""
    problems = []
    first = _FIRST.match(text)
    if text.strip() and (not first or first[1] != "1"):
        what = f"a lock of format {first[1]}, which this shotpilot does not know" if first else "no lock of shotpilot"
        problems.append(_problem(path, 1, f"this is {what}", f"the first line must be: {HEADER.strip()}"))
    for number, line in enumerate(text.split("\n"), 1):
        if _CONFLICT.match(line):
            cure = "keep the lines of both sides and delete the lines of < = | and >"
            problems.append(_problem(path, number, "a merge conflict was left here", cure))
        elif line.strip() and not line.startswith("#") and not _LINE.fullmatch(line):
            problems.append(
                _problem(path, number, f"this line is not a picture: {_short(line)}", f"{_FORM}; {_RESTORE}")
            )
    if problems:
        raise BadFiles(problems)


_FORM = "a line is: address v001 t01 p01-or-- render-key sha256 bytes"


def _as_written(rows: Sequence[_Row]) -> dict[str, tuple[_Row, ...]] | None:
    """The rows by address, when they stand as the tool writes them: each address once, its lines rising.

    None as soon as one does not (after a merge, say). One quick pass: a lock can have 70,000 lines.
    """
    by_address: dict[str, tuple[_Row, ...]] = {}
    start, keys = 0, set[str]()
    before: _Row = ("", "", "", "", "", "", "")
    for at, row in enumerate(rows):
        address, version, take, panel, key, _, _ = row
        if address != before[0]:
            by_address[before[0]] = tuple(rows[start:at])
            if address in by_address:
                return None
            start, keys = at, {key}
        elif version == before[1]:
            if key != before[4] or (int(take), panel) <= (int(before[2]), before[3]):
                return None
        elif key in keys or int(version) < int(before[1]):
            return None
        else:
            keys.add(key)
        before = row
    by_address[before[0]] = tuple(rows[start:])
    del by_address[""]
    return by_address


def _settled(rows: Sequence[_Row], text: str, path: Path) -> dict[str, tuple[LockLine, ...]]:
    """The rows by address, in order, each once. Raises BadFiles where two of them contradict each other."""
    by_address: dict[str, set[LockLine]] = {}
    for row in rows:
        by_address.setdefault(row[0], set()).add(_line(row))
    sound = {address: tuple(sorted(lines)) for address, lines in by_address.items()}
    problems = [
        _problem(path, _number(text, line), wrong, cure)
        for lines in sound.values()
        for line, wrong, cure in _contradictions(lines)
    ]
    if problems:
        raise BadFiles(sorted(problems, key=lambda problem: problem.place))
    return sound


def _contradictions(lines: Sequence[LockLine]) -> Iterable[tuple[LockLine, str, str]]:
    """The lines of one address that cannot be true beside an earlier one: line, fault and cure."""
    keys: dict[int, str] = {}
    versions: dict[str, int] = {}
    places: set[tuple[int, int, int]] = set()
    for line in lines:
        if keys.setdefault(line.version, line.key) != line.key:
            free = max(known.version for known in lines) + 1
            cure = f"write v{free:03} in the lines of the render key that was bought later"
            yield line, f"two render keys are version {line.version} of {line.address}", cure
        elif (first := versions.setdefault(line.key, line.version)) != line.version:
            wrong = f"one render key is version {first} and version {line.version} of {line.address}"
            yield line, wrong, f"write v{first:03} in both lines"
        elif (place := (line.version, line.take, line.panel)) in places:
            free = max(known.take for known in lines if known.key == line.key) + 1
            wrong = f"two pictures are {line.address}#v{line.version}.{line.take}"
            yield line, wrong, f"write t{free:02} in the line of the one that was bought later"
        else:
            places.add(place)


def _number(text: str, line: LockLine) -> int:
    """The number of the line that names this address, key and picture last."""
    at = max(found.start() for found in re.finditer(f"^{re.escape(line.address)} .*{line.sha256}", text, re.MULTILINE))
    return text.count("\n", 0, at) + 1


def _problem(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem(_RULE, Place(str(path), line, 1 if line else 0), message, hint)


def _short(line: str) -> str:
    return repr(line if len(line) <= 60 else f"{line[:57]}...")


# Joining --------------------------------------------------------------------------------------------------------------


def _versions(lines: Iterable[LockLine]) -> dict[int, str]:
    return {line.version: line.key for line in sorted(lines)}


def _lines_of(address: str, take: Take, version: int) -> list[LockLine]:
    single = len(take.pictures) == 1
    return [
        LockLine(address, version, take.number, 0 if single else panel, take.key, picture.sha256, picture.bytes)
        for panel, picture in enumerate(take.pictures, 1)
    ]


def _takes_in(lock: Lock) -> Iterable[list[LockLine]]:
    for address in lock.addresses():
        yield from _takes_in_order(lock.at(address))


def _takes_in_order(lines: Iterable[LockLine]) -> list[list[LockLine]]:
    """Lines gathered into takes."""
    takes: dict[tuple[int, int], list[LockLine]] = {}
    for line in lines:
        takes.setdefault((line.version, line.take), []).append(line)
    return list(takes.values())


def _with_lines(lock: Lock, lines: Sequence[LockLine], *, keep_version: bool = False) -> Lock:
    """The lock with the lines of one take; its version is found by its key, unless it is to be kept."""
    address = lines[0].address
    before = lock.at(address)
    version = lines[0].version if keep_version else lock.next_version(address, lines[0].key)
    new = {line._replace(version=version) for line in lines}
    return Lock({**lock._by_address, address: tuple(sorted({*before, *new}))})
