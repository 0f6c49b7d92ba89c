"""A shot that is written the plain way, read line by line instead of by a YAML parser: a fifth of the work.

Plain are `key: words`, `key: "words"`, `key: 'words'`, `key: [word, word]` and `key: |` with its lines, one key a line
at one depth. Whatever else a line holds, nothing of the shot is read here, and YAML says what it means: so nothing is
decided here that YAML would decide otherwise. Finds no fault; does not know what a key means.
"""

from __future__ import annotations

import re

from shotpilot_pipeline.shotlist.node import Node, NodeValue
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.shotlist.yamltext import Plain

# Signs that stand for themselves wherever YAML lets a sign stand at all, in ranges.
_FAR = r"\xa1-\u2027\u202a-\ud7ff"  # beyond ASCII: no blank but the plain one, no break of a line
_ANY = rf"[\x20-\x7e{_FAR}]"
_SEEN = rf"[\x21-\x7e{_FAR}]"  # no blank
_WORDS = rf"[\x20-\x22\x24-\x39\x3b-\x7e{_FAR}]"  # no colon and no hash: these may end plain words
_WORDS_END = rf"[\x21-\x22\x24-\x39\x3b-\x7e{_FAR}]"
_DOUBLE = rf"[\x20-\x21\x23-\x5b\x5d-\x7e{_FAR}]"  # no double quote, no backslash
_SINGLE = rf"[\x20-\x26\x28-\x7e{_FAR}]"  # no single quote
_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

_LONGEST = 100_000  # characters; a longer one is weighed by whoever knows how much is too much
_ID = re.compile(r"( *)([A-Za-z0-9][A-Za-z0-9_-]*):\n")
_LINE = re.compile(
    rf"( +)([A-Za-z][A-Za-z0-9_-]{{0,60}}):( +)(?:([A-Za-z0-9{_FAR}](?:{_WORDS}*{_WORDS_END})?)"
    rf"|\"({_DOUBLE}*)\"|'({_SINGLE}*)'|\[({_WORD}(?:, *{_WORD})*)\]|(\|))\n"
)
_ITEM = re.compile(_WORD)
_OF_LINES = re.compile(rf"( +)({_SEEN}{_ANY}*\n)")


def read_plain(shot: ShotText) -> Node | None:
    """The map of a shot; None where anything is not written the plain way. Scalars stay text, as in `yamltext`."""
    text, file, line = shot.text, shot.file, shot.line
    id = _ID.match(text)
    found = _LINE.match(text, id.end()) if id is not None and len(text) <= _LONGEST else None
    if id is None or found is None or id[2] != shot.id or len(found[1]) <= len(id[1]):
        return None
    indent, depth, end = found[1], len(found[1]), 0
    values: dict[str, Node] = {}
    node = Node(values, file, line + 1, depth + 1, line, len(id[1]) + 1)
    while found is not None:
        line += 1
        blanks, key, gap, plain, double, single, items, _ = found.groups()
        if blanks != indent or key in values:
            return None
        end, below = found.end(), line
        column = depth + len(key) + len(gap) + 2
        value: NodeValue = double if double is not None else single
        if plain is not None:
            value = Plain(plain)
        elif items is not None:
            value = [Node(Plain(one[0]), file, line, column + 1 + one.start()) for one in _ITEM.finditer(items)]
        elif value is None:
            lines, end = _lines(text, end, depth)
            if not lines:
                return None
            value, below = "".join(lines), line + len(lines)
        values[key] = Node(value, file, line, column, line, depth + 1)
        line = below
        found = _LINE.match(text, end)
    return node if end == len(text) else None


def _lines(text: str, end: int, depth: int) -> tuple[list[str], int]:
    """The lines of a block that begins at `end`, without their indent, and where it ends; none where it is odd."""
    lines: list[str] = []
    indent = 0
    while (found := _OF_LINES.match(text, end)) is not None:
        blanks, rest = found.groups()
        more = len(blanks) - (indent or len(blanks))
        if len(blanks) <= depth or more < 0:
            return (lines if len(blanks) == depth else []), end
        indent = indent or len(blanks)
        lines.append(" " * more + rest)
        end = found.end()
    return lines, end
