"""The names people see: a file name from a pattern, an address and the numbers of a take.

    {show}_{scene}_{shot}[.{variant}]_{stage}_v{version:03}_t{take:02}[_p{panel:02}].{ext}

What stands in square brackets falls away where its field is empty: a shot without variants, a single picture. A `/`
in a pattern makes a folder; a pattern without `{ext}` gets it at its end. Does not know which files exist.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.values.address import Address

USUAL = "{show}_{scene}_{shot}[.{variant}]_{stage}_v{version:03}_t{take:02}[_p{panel:02}].{ext}"
FIELDS = ("show", "scene", "shot", "variant", "stage", "version", "take", "panel", "ext", "title")
NUMBERS = frozenset({"version", "take", "panel"})
LONGEST = 255  # bytes of one name: the limit of ext4, APFS and NTFS alike (NTFS counts UTF-16 units)
_FIELD = re.compile(r"\{([^{}]*)\}")
_WIDTH = re.compile(r"0?[1-9]\Z")
_REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')  # by Windows; macOS refuses `:` and NUL
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\.|\Z)", re.IGNORECASE)  # devices of Windows
_SAMPLE: dict[str, str | int] = {
    "show": "show", "scene": "sc010", "shot": "sh010", "variant": "dusk", "stage": "final", "version": 1, "take": 1,
    "panel": 1, "ext": "png", "title": "Title",
}  # fmt: skip


class Part(NamedTuple):
    """A piece of a pattern: plain text, a field, or a bracket that holds pieces."""

    text: str = ""
    field: str = ""
    width: int = 0  # digits, filled up with zeros
    inside: tuple[Part, ...] = ()


def picture_name(
    show: str, address: Address, version: int, take: int, panel: int, extension: str, pattern: str = "", title: str = ""
) -> str:
    """The name of one picture, with `/` between folders where the pattern has them; `panel` 0: a single picture.

    Raises UsageError for a pattern that `pattern_faults` finds fault with, or a name no disk would take.
    """
    values: dict[str, str | int] = {
        "show": show,
        "scene": address.scene,
        "shot": address.shot,
        "variant": address.variant,
        "stage": address.stage,
        "version": version,
        "take": take,
        "panel": panel,
        "ext": extension,
        "title": tidy(title),
    }
    name = _fill(_parts(_ended(pattern)), values)
    if fault := _name_fault(name):
        raise UsageError(f"{address}: the file name {name!r} {fault}")
    return name


def pattern_faults(pattern: str) -> tuple[str, ...]:
    """Everything wrong with a pattern, each as `what is wrong; what to write instead`; empty when it will do."""
    try:
        parts = _parts(_ended(pattern))
    except UsageError as error:
        return (str(error),)
    fields = {part.field for part in _flat(parts)}
    faults = [_unknown(field) for field in sorted(fields - {"", *FIELDS})]
    faults += [
        f"the field {{{part.field}:0{part.width}}} is text and has no digits to fill up; write {{{part.field}}}"
        for part in _flat(parts)
        if part.width and part.field in FIELDS and part.field not in NUMBERS
    ]
    always = {part.field for part in parts}
    faults += [
        f"two takes would get one name without {{{field}}}; add {{{field}:{digits}}}, outside square brackets"
        for field, digits in (("version", "03"), ("take", "02"))
        if field not in always
    ]
    faults += [
        f"{{{first.field}}} and {{{second.field}}} stand side by side, so that 1 and 12 reads like 11 and 2; "
        "put a letter between them"
        for first, second in zip(_flat(parts), _flat(parts)[1:], strict=False)
        if {first.field, second.field} <= NUMBERS
    ]
    if not faults and (fault := _name_fault(_fill(parts, _SAMPLE)) or _name_fault(_fill(parts, _bare()))):
        faults.append(f"a name such as {_fill(parts, _SAMPLE)!r} {fault}")
    return tuple(faults)


def picture_path(
    show: str, address: Address, version: int, take: int, panel: int, extension: str, pattern: str = "", title: str = ""
) -> str:
    """Where a picture lies below renders/: `show/scene/name`, or `show/name` when the pattern has its own folders."""
    name = picture_name(show, address, version, take, panel, extension, pattern, title)
    return f"{show}/{name}" if "/" in pattern else f"{show}/{address.scene}/{name}"


def name_clashes(show: str, tasks: Iterable[tuple[str, int]], pattern: str = "", title: str = "") -> tuple[str, ...]:
    """What would overwrite what among `tasks`, each an address (with its stage) and the pictures in a take of it."""
    return clashes(
        (f"{address}/p{panel:02}" if panel else address, picture_path(show, place, 1, 1, panel, "png", pattern, title))
        for address, pictures in tasks
        for place in [Address.parse(address)]
        for panel in (range(1, pictures + 1) if pictures > 1 else (0,))
    )


def clashes(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What would overwrite what: `names` are (what it is, its name). Names that differ only in case clash too."""
    seen: dict[str, tuple[str, str]] = {}
    found = []
    for what, name in names:
        first = seen.setdefault(name.casefold(), (what, name))
        if first[0] != what:
            found.append(
                f"{first[0]} and {what} would both be the file {name!r}; add the field that tells them apart "
                "({scene}, {shot}, {variant}, {stage} or {panel}) to outputs.name"
            )
    return tuple(found)


def tidy(text: str) -> str:
    """Free text as a part of a file name: what a disk refuses, and every blank, becomes one hyphen."""
    return re.sub(r"[\s/.\[\]{}-]+", "-", _REFUSED.sub("-", text)).strip("-")


def _ended(pattern: str) -> str:
    return USUAL if not pattern else pattern if "{ext}" in pattern else f"{pattern}.{{ext}}"


@lru_cache(maxsize=16)
def _parts(pattern: str) -> tuple[Part, ...]:
    """The pattern in pieces. Raises UsageError for brackets and braces that do not close."""
    pieces: list[Part] = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "[":
            end = pattern.find("]", at)
            inside = pattern[at + 1 : end]
            if end < 0 or "[" in inside:
                raise UsageError("a [ is not closed by a ] of its own; brackets do not nest")
            pieces.append(Part(inside=_parts(inside)))
            at = end + 1
        elif field := _FIELD.match(pattern, at):
            pieces.append(_field(field[1]))
            at = field.end()
        elif pattern[at] in "]{}":
            raise UsageError(f"a lone {pattern[at]!r}; fields are written {{shot}}, optional parts [.{{variant}}]")
        else:
            pieces.append(Part(text=pattern[at]))
            at += 1
    return tuple(pieces)


def _field(inside: str) -> Part:
    name, colon, width = inside.partition(":")
    if not re.fullmatch(r"\w+", name) or (colon and not _WIDTH.match(width)):
        raise UsageError(f"{{{inside}}} is not a field; write {{shot}}, or {{take:02}} for two digits")
    return Part(field=name, width=int(width or 0))


def _fill(parts: Iterable[Part], values: Mapping[str, str | int]) -> str:
    filled = []
    for part in parts:
        if part.inside:
            if all(values.get(inner.field) for inner in part.inside if inner.field):
                filled.append(_fill(part.inside, values))
        elif part.field:
            if part.field not in values:
                raise UsageError(f"outputs.name: {_unknown(part.field)}")
            filled.append(str(values[part.field]).zfill(part.width))
        else:
            filled.append(part.text)
    return "".join(filled)


def _name_fault(name: str) -> str:
    """Why no disk, or not every disk, would take this name; "" when all would."""
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return "leaves its folder; write folders as {scene}/{shot}, without / at the ends and without .."
        if found := _REFUSED.search(part):
            return f"holds {found[0]!r}, which Windows or macOS refuses; use letters, digits, - and _"
        if part[-1] in " ." or part[0] == " ":
            return "has a part with a blank or a full stop at its end, which Windows drops; end it with a letter"
        if _RESERVED.match(part):
            return f"has a part that Windows keeps for a device ({part}); begin it with another word"
        if len(part.encode()) > LONGEST:
            return f"has a part of more than {LONGEST} bytes; make it shorter"
    return ""


def _unknown(field: str) -> str:
    near = difflib.get_close_matches(field, FIELDS, n=1)
    meant = f'did you mean "{near[0]}"?' if near else f"the fields are {', '.join(FIELDS)}"
    return f'there is no field "{field}"; {meant}'


def _flat(parts: Iterable[Part]) -> list[Part]:
    return [piece for part in parts for piece in (_flat(part.inside) if part.inside else [part])]


def _bare() -> dict[str, str | int]:
    return {**_SAMPLE, "variant": "", "panel": 0}
