"""YAML text to nodes, without YAML's traps. Does not know the shot list: scalars stay text until `typed` reads them.

PyYAML supplies events (its C parser where there is one); the tree is built here, because only so are duplicate keys,
merge keys, tags, empty values and alias bombs seen, and because it takes half the time of its loader.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.yamlfault import Fault, Lines, empty_value, in_template, odd_key, syntax_fault
from shotpilot_pipeline.shotlist.yamlpure import PureParser

_Parser: Any = PureParser
try:
    from yaml._yaml import CParser

    _Parser = CParser
except ImportError:  # a PyYAML built without libyaml: the same events, fifty times slower
    pass

DEEPEST = 64  # levels of nesting; the deepest shot list that makes sense has about 10
MOST_COPIED = 200_000  # nodes that aliases may add to one file
MOST_VALUES = 1_000_000  # values of one file; a list of 10,000 shots has 200,000
MOST_PROBLEMS = 1_000  # problems of one file, after which the rest is not read
_COMMENT = re.compile(r"([ \t]+)#([^\n]*)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Plain(str):
    """A scalar written without quotes: its type is still open, and `null` may mean null."""

    __slots__ = ()


class Cut(Plain):
    """A plain scalar that ends because ` #` begins a comment which does not look like one."""

    __slots__ = ()


_YAML_TAG = "tag:yaml.org,2002:"


class Parsed(NamedTuple):
    """What a text gave: a node (None when there is nothing to work with), the problems, and where it broke off."""

    node: Node | None
    problems: tuple[Problem, ...]
    fault: Fault | None = None  # the syntax fault at which parsing stopped; also among the problems
    open_alias: bool = False  # an alias names an anchor that is not in this text


def parse(text: str, file: str, lines_before: int = 0, most: int = MOST_VALUES) -> Parsed:
    """Build the tree of one document with at most `most` values.

    `lines_before` is added to every line: the text may be part of a file.

    Never raises for what the text holds. Parsing stops at the first syntax fault; everything else is collected.
    """
    return _Builder(text, file, lines_before + 1, most).run()


class _Open:
    """A map or list that is still being read."""

    __slots__ = ("anchor", "flow", "key", "key_column", "key_line", "node")

    def __init__(self, node: Node, flow: bool, anchor: str | None) -> None:
        self.node = node
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None  # the key whose value comes next
        self.key_line = 0
        self.key_column = 0


class _Stop(Exception):
    """The rest of the text is not worth reading."""


class _Builder:
    def __init__(self, text: str, file: str, first_line: int, most: int) -> None:
        self.text = text
        self.file = file
        self.first = first_line
        self.most = most
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.anchors: dict[str, Node] = {}
        self.unused: dict[str, Node] = {}
        self.unknown: set[str] = set()  # aliases of anchors that are not there
        self.copied = 0
        self.values = 0
        self.open_alias = False
        self.may_be_cut = " #" in text or "\t#" in text

    def run(self) -> Parsed:
        fault = None
        try:
            self._read()
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            fault = syntax_fault(self.text, error)
            place = Place(self.file, fault.line + self.first, fault.column + 1)
            self.problems.append(Problem(fault.rule, place, fault.message, fault.hint))
        except yaml.YAMLError as error:
            self._problem("yaml-syntax", self.first, 1, f"this is not YAML: {error}", "save it as UTF-8 text")
        if self.root is None and not self.problems:
            self._problem(
                "yaml-empty", self.first, 1, "the file holds nothing but comments", "write `key: value` lines"
            )
        with suppress(_Stop):
            for name, node in self.unused.items():
                what = f"the value begins with &{name}, which YAML reads as an anchor and drops"
                self._problem("yaml-anchor", node.line, node.column, what, "put the text in quotes")
        return Parsed(self.root, tuple(self.problems), fault, self.open_alias)

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    def _problem(self, rule: str, line: int, column: int, message: str, hint: str) -> None:
        self.problems.append(Problem(rule, Place(self.file, line, column), message, hint))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Stop

    def _read(self) -> None:
        parser: Any = _Parser(self.text)
        documents = 0
        get = parser.get_event
        while (event := get()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._begin(event, {} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    line, column = event.start_mark.line + self.first, event.start_mark.column + 1
                    self._problem("yaml-documents", line, column, "a second document begins here",
                                  "keep one document in a file; delete the line `---`")  # fmt: skip
                    raise _Stop

    def _scalar(self, event: Any) -> None:
        start = event.start_mark
        line, column = start.line + self.first, start.column + 1
        value: str = event.value
        if event.tag is not None:
            self._tag(event, line, column)
        elif not event.style:
            holder = self.open[-1] if self.open else None
            if holder is not None and holder.key is None and type(holder.node.value) is dict:
                return self._key(holder, value, line, column, plain=True)
            if not value:
                return self._empty(event, line, column)
            value = self._plain(value, event.end_mark.index) if self.may_be_cut else Plain(value)
        elif event.style == '"' and _UNPRINTABLE.search(value):
            self._problem("yaml-character", line, column, "an escape in this text stands for a control character",
                          "delete it")  # fmt: skip
            value = _UNPRINTABLE.sub("", value)
        node = Node(value, self.file, line, column)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
            if not event.style:
                self.unused[event.anchor] = node
        self._place(node)
        return None

    def _plain(self, value: str, end: int) -> str:
        found = _COMMENT.match(self.text, end)
        if found is None:
            return Plain(value)
        gap, rest = found.groups()
        is_comment = (len(gap) > 1 or gap == "\t") and rest[:1] in ("", " ", "\t", "#", "-", "=", "!")
        return Plain(value) if is_comment else Cut(value)

    def _tag(self, event: Any, line: int, column: int) -> None:
        tag = event.tag
        shown = "!!" + tag.removeprefix(_YAML_TAG) if tag.startswith(_YAML_TAG) else tag
        self._problem("yaml-tag", line, column, f"the value begins with {shown}, which YAML reads as a tag, not text",
                      "put the text in quotes, or write a block: `|` and the text on the next line")  # fmt: skip

    def _empty(self, event: Any, line: int, column: int) -> None:
        holder = self.open[-1] if self.open else None
        if holder is None:
            self._problem("yaml-empty", line, column, "the file holds no keys", "begin it with `shotlist: 1`")
            raise _Stop
        refused = holder.key is not None and not holder.key_line
        if refused or (holder.flow and in_template(self.text, event.start_mark.index)):
            holder.key = None
            return  # the key, or the braces around it, were found fault with already
        fault = empty_value(self.text, event.start_mark.index, holder.key, holder.flow)
        if holder.key is not None and holder.key_line:
            line, column = holder.key_line, holder.key_column
        self._problem("yaml-empty", line, column, fault.message, fault.hint)
        holder.key = None

    def _key(self, holder: _Open, key: str, line: int, column: int, plain: bool) -> None:
        holder.key, holder.key_line, holder.key_column = key, line, column
        if not plain:
            if _UNPRINTABLE.search(key):
                self._problem("yaml-character", line, column, "a key holds a control character", "write plain letters")
                holder.key_line = 0
            return
        if key == "<<":
            self._problem("yaml-merge", line, column, "merge keys (<<) are not part of a shot list",
                          "write the keys out, or put them under `defaults`")  # fmt: skip
            holder.key_line = 0
        elif not key:
            self._problem("yaml-key", line, column, "a value stands here without a key", "write `key: value`")
            holder.key_line = 0

    def _begin(self, event: Any, value: dict[str, Node] | list[Node]) -> None:
        start = event.start_mark
        line, column = start.line + self.first, start.column + 1
        if len(self.open) >= DEEPEST:
            self._problem("yaml-nesting", line, column, f"nested deeper than {DEEPEST} levels", "flatten it")
            raise _Stop
        if event.tag is not None:
            self._tag(event, line, column)
        node = Node(value, self.file, line, column)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.open.append(_Open(node, bool(event.flow_style), event.anchor))

    def _end(self) -> None:
        done = self.open.pop()
        self._place(done.node)

    def _place(self, node: Node) -> None:
        """Put a finished node where it belongs: under its key, into its list, or at the root."""
        self.values += 1
        if self.values > self.most:
            what = f"there are more than {self.most:,} values here"
            self._problem("yaml-size", node.line, node.column, what, "divide them among files or shots")  # fmt: skip
            raise _Stop
        if not self.open:
            self.root = node
            return
        holder = self.open[-1]
        inside = holder.node.value
        if type(inside) is list:
            inside.append(node)
            return
        if holder.key is None:
            self._node_as_key(holder, node)
            return
        assert type(inside) is dict
        key, holder.key = holder.key, None
        if not holder.key_line:
            return  # a key that was refused takes its value along
        node.key_line, node.key_column = holder.key_line, holder.key_column
        first = inside.setdefault(key, node)
        if first is not node:
            self._problem("yaml-duplicate", node.key_line, node.key_column,
                          f"the key {key!r} stands here a second time; the first is on line {first.key_line}",
                          "keep one of them")  # fmt: skip

    def _node_as_key(self, holder: _Open, node: Node) -> None:
        if isinstance(node.value, str):
            self._key(holder, str(node.value), node.line, node.column, plain=False)
            return
        fault = odd_key(self.lines, node.line - self.first, node.column - 1)
        self._problem("yaml-key", node.line, node.column, fault.message, fault.hint)
        holder.key, holder.key_line = "", 0

    def _alias(self, event: Any) -> None:
        line, column = event.start_mark.line + self.first, event.start_mark.column + 1
        name = event.anchor
        self.unused.pop(name, None)
        node = self.anchors.get(name)
        copy: Node | None = None
        if node is None:
            self.open_alias = True
            if name not in self.unknown:  # told once: a text in asterisks comes in dozens
                self.unknown.add(name)
                self._problem("yaml-alias", line, column,
                          f"the value begins with *, which YAML reads as an alias, and no &{name} stands before it",
                          "put the text in quotes, or write a block: `|` and the text on the next line")  # fmt: skip
        elif any(holder.node is node for holder in self.open):
            self._problem("yaml-alias", line, column, f"*{name} stands inside what it names", "write the value out")
        else:
            copy = self._copy(node, len(self.open), line, column)
        self._place(copy or Node("", self.file, line, column))

    def _copy(self, node: Node, depth: int, line: int, column: int) -> Node:
        """A copy for an alias, so that each place can be typed on its own. Places stay those of the anchor."""
        self.copied += 1
        if self.copied > MOST_COPIED:
            self._problem("yaml-alias", line, column, f"aliases add up to more than {MOST_COPIED:,} values",
                          "write the values out")  # fmt: skip
            raise _Stop
        if depth >= DEEPEST:
            self._problem("yaml-nesting", line, column, f"aliases nest deeper than {DEEPEST} levels", "flatten them")
            raise _Stop
        value = node.value
        copy = Node(value, node.file, node.line, node.column, node.key_line, node.key_column)
        if isinstance(value, dict):
            copy.value = {key: self._copy(below, depth + 1, line, column) for key, below in value.items()}
        elif isinstance(value, list):
            copy.value = [self._copy(below, depth + 1, line, column) for below in value]
        return copy
