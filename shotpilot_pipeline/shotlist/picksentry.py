"""One entry of a picks file, changed in place by ruamel.yaml: what does not change keeps its words and comments.

Does not know where in the file the entry stands.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import yaml

from shotpilot_pipeline.values.decision import Decision, Mark, TakeNote
from shotpilot_pipeline.values.take import Pick

_FAST: Any = getattr(yaml, "CLoader", yaml.Loader)
_PICK_KEYS = ("take", "version", "by", "at", "why", "sha256", "key")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_ORDER = (*_PICK_KEYS, "rule", "alternates", "rejects", "stars", "notes", "more")
_PLAIN = re.compile(r"\w(?:[\w .()+&/'-]|:(?=\w))*(?<! )")
_NULLS = ("null", "~", "")


def write_entry(text: str, before: Decision, after: Decision) -> str:
    """The text of an entry (`address: ...`), changed from what it says to what `after` says.

    `text` may be empty, or a whole file whose entries share a line.
    """
    editor = _Yaml(text)
    entry = editor.entry(after.address)
    if before.pick != after.pick:
        _set_pick(entry, after.pick)
    _set_marks(entry, "alternates", before.alternates, after.alternates)
    _set_marks(entry, "rejects", before.rejects, after.rejects)
    _set_list(entry, "stars", before.stars, after.stars, _star_item)
    _set_list(entry, "notes", before.notes, after.notes, _note_item)
    if _more(before) != _more(after):
        _set(entry, "more", _more(after))
    if not entry:
        editor.empty(after.address)
    return _with_comments(editor.text(), comments_in(text))


def comments_in(text: str) -> list[str]:
    """Every comment of a text, in order; what only looks like one inside quotes is none."""
    if "#" not in text:
        return []
    masked = list(text)
    for token in yaml.scan(text, Loader=_FAST):
        if isinstance(token, yaml.ScalarToken):
            masked[token.start_mark.index : token.end_mark.index] = "x" * (
                token.end_mark.index - token.start_mark.index
            )
    return [found.group().rstrip() for found in _COMMENT.finditer("".join(masked))]


def _with_comments(text: str, comments: Sequence[str]) -> str:
    """The text with every comment it lost put below its first line: what people wrote is never thrown away."""
    there = comments_in(text)
    lost = [comment for comment in comments if comment not in there]
    if not lost:
        return text
    head, newline, rest = text.partition("\n")
    return "".join([head, newline, *(f"  {comment}\n" for comment in lost), rest])


class _Yaml:
    """A round trip: every scalar is text, as the schema and not its look says what it is."""

    def __init__(self, text: str) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.resolver import VersionedResolver

        class TextOnly(VersionedResolver):
            versioned_resolver = property(lambda _: {})

        self._yaml = YAML(typ="rt")
        self._yaml.Resolver = TextOnly
        self._yaml.preserve_quotes = True
        self._yaml.width = 1_000_000
        self._yaml.indent(*_indents(text))
        self._root: Any = self._yaml.load(text) if text.strip() else _map()

    def entry(self, address: str) -> Any:
        """The map of an address; a bare number becomes one."""
        entry = self._root.get(address)
        if not isinstance(entry, dict):
            number = entry
            entry = self._root[address] = _map()
            if number is not None:
                entry["take"] = number
        return entry

    def empty(self, address: str) -> None:
        """Leave `address: {}`, for the comments that stood there."""
        self._root.ca.items.pop(address, None)
        self._root[address] = _flow()

    def text(self) -> str:
        """The text as it stands now."""
        out = io.StringIO()
        self._yaml.dump(self._root, out)
        return out.getvalue()


def _indents(text: str) -> tuple[int, int, int]:
    """How far this entry indents: a map, a list's item, and its dash."""
    below = re.search(r"\n( +)[^\s#-]", text)
    map_indent = len(below.group(1)) if below else 2
    dash = re.search(r"\n( *)[^\s#-][^\n]*:[ ]*(?:#[^\n]*)?\n( *)-( +)", text)
    if not dash:
        return map_indent, 4, 2
    offset = max(0, len(dash.group(2)) - len(dash.group(1)))
    return map_indent, offset + 1 + len(dash.group(3)), offset


def _map(**fields: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap

    made = CommentedMap()
    for name, value in fields.items():
        if value not in ("", None, 0) or (value is not None and name in ("stars", "x", "y", "text")):
            made[name] = _scalar(value)
    return made


def _flow(**fields: Any) -> Any:
    made = _map(**fields)
    made.fa.set_flow_style()
    return made


def _scalar(value: object) -> Any:
    """A value as YAML text: in quotes wherever somebody, or another parser, might read it otherwise."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    text = str(value)
    if "\n" in text:
        return DoubleQuotedScalarString(text)
    return text if _PLAIN.fullmatch(text) and text not in _NULLS else SingleQuotedScalarString(text)


def _set(entry: Any, name: str, value: Any) -> None:
    """Set a key, or take it away where there is nothing to say; a new one goes to its usual place."""
    if value is None or value == "":
        entry.pop(name, None)
    elif name in entry:
        entry[name] = value if isinstance(value, (dict, list)) else _scalar(value)
    else:
        behind = [_ORDER.index(key) < _ORDER.index(name) for key in entry if key in _ORDER]
        at = max((place + 1 for place, before in enumerate(behind) if before), default=0)
        entry.insert(at, name, value if isinstance(value, (dict, list)) else _scalar(value))


def _set_pick(entry: Any, pick: Pick | None) -> None:
    said = pick._asdict() if pick else {}
    for name in _PICK_KEYS:
        _set(entry, name, said.get(name) or None)
    entry.pop("rule", None)


def _set_marks(entry: Any, name: str, before: Sequence[Mark], after: Sequence[Mark]) -> None:
    _set_list(entry, name, before, after, _mark_item)


def _set_list(entry: Any, name: str, before: Sequence[Any], after: Sequence[Any], item: Callable[[Any], Any]) -> None:
    """Take out what is gone and add what is new; items that stay are not touched."""
    if before == after:
        return
    if not after:
        entry.pop(name, None)
        return
    listed = entry.get(name)
    if not isinstance(listed, list):  # by hand, as a map or a text: written anew as a list
        _replace(entry, name, [item(one) for one in after])
        return
    kept = [one for one in before if one in after]
    if kept != [one for one in after if one in before]:
        _replace(entry, name, [item(one) for one in after])
        return
    for place in reversed([place for place, one in enumerate(before) if one not in after]):
        del listed[place]
    for place, one in enumerate(after):
        if one not in before:
            listed.insert(place, item(one))


def _replace(entry: Any, name: str, items: Iterable[Any]) -> None:
    from ruamel.yaml.comments import CommentedSeq

    _set(entry, name, CommentedSeq(items))


def _mark_item(mark: Mark) -> Any:
    if mark == Mark(mark.take):
        return str(mark.take)
    return _flow(take=mark.take, version=mark.version, sha256=mark.sha256, by=mark.by, at=mark.at)


def _star_item(star: tuple[Mark, int]) -> Any:
    mark, stars = star
    return _flow(take=mark.take, version=mark.version, stars=stars, sha256=mark.sha256, by=mark.by, at=mark.at)


def _note_item(note: TakeNote) -> Any:
    return _flow(
        take=note.take, version=note.version, text=note.text, by=note.by, at=note.at, x=note.x, y=note.y,
        sha256=note.sha256,
    )  # fmt: skip


def _more(decision: Decision) -> Any:
    if not decision.more:
        return None
    if not (decision.more_over or decision.more_key or decision.more_by or decision.more_at):
        return str(decision.more)
    return _flow(
        takes=decision.more, over=decision.more_over, key=decision.more_key, by=decision.more_by, at=decision.more_at
    )
