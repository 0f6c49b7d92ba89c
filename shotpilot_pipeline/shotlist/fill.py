"""Templates filled: the text of one value, exactly once, from the names a shot may see.

Does not know prompts, mentions or models. Text without braces is itself; plain `{{ vars.city }}` look-ups are filled
without Jinja2, where the meaning is exactly the same; everything else goes to the sandbox. Values of the shot list
(a place, a look, a wardrobe) may hold templates themselves and are filled when they are used; what came out of a
fill, and what stands in `vars`, is text and is never read as a template again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, Union

from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.series import folded
from shotpilot_pipeline.shotlist.words import in_words

if TYPE_CHECKING:
    from jinja2 import Template

    from shotpilot_pipeline.shotlist.sandbox import PromptEnvironment

Value = Union[str, int, float, Node, "Scope", tuple[str, ...]]

LONGEST = 20_000  # characters of a template or of any text it makes: eight times the longest prompt
DEEPEST = 50  # values that use each other, one inside the other
#: Names that mean something else at each stage: what was filled without them is the same at all.
BY_STAGE = frozenset({"stage", "shot"})
_LOOK_UP = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}")
_OPENS = re.compile(r"\{[{%#]")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_UNCLOSED = re.compile(r"\{\{(?!.*?\}\}).*|\{%(?!.*?%\}).*|\{#(?!.*?#\}).*")
_HYPHENED = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+)")


class Scope(NamedTuple):
    """A group of values that templates see, such as `vars`."""

    label: str  # how it is written: "vars", "cast.vera"
    values: Mapping[str, Value]
    said: str = ""  # what it prints as when named alone; "" when it cannot be
    word: Callable[[str, str], str] | None = None  # turns (slot, text) into the words it fills as
    nodes: Mapping[str, Node] = {}  # where values that are text already were written

    def absent(self, name: str) -> str:
        """What to say when `name` is not in it."""
        hint = near(name, self.values)
        return f"{self.label} has no {name!r}" + (f"; {hint}" if hint else _known(self.label, self.values))


class CannotFill(Exception):
    """A template that cannot be filled: in which value, at which expression of it, and why.

    `chain` grows on the way out: the values that use this one, each with its label, innermost first.
    """

    def __init__(self, node: Node, message: str, expression: str = "", nth: int = 0) -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.expression = expression  # as written; "" for the whole value
        self.nth = nth  # which of several equal expressions, from 0
        self.chain: list[tuple[str, Node]] = []
        self.is_circle = False


class _Plain(NamedTuple):
    """A template of text and look-ups alone."""

    texts: tuple[str, ...]  # one more than paths
    paths: tuple[tuple[str, ...], ...]
    expressions: tuple[str, ...]


class Templates:
    """Every template met so far, by its text, so that each is read once."""

    def __init__(self) -> None:
        self._known: dict[str, _Plain | None] = {}
        self._compiled: dict[str, Template] = {}
        self._environment: PromptEnvironment | None = None

    def plain(self, text: str) -> _Plain | None:
        """`text` as look-ups alone, or None when it needs Jinja2."""
        if text not in self._known:
            self._known[text] = _read_plain(text)
        return self._known[text]

    def fill(self, text: str, names: Mapping[str, object]) -> str:
        """`text` filled by Jinja2. Raises whatever the template raises."""
        # Jinja2 takes some 50 ms to import; most shot lists hold plain look-ups alone.
        from shotpilot_pipeline.shotlist.sandbox import PromptEnvironment

        self._environment = self._environment or PromptEnvironment()
        if text not in self._compiled:
            self._compiled[text] = self._environment.parsed(text)
        return self._environment.filled(self._compiled[text], names)

    def line_of(self, text: str, fault: BaseException) -> int:
        """The line of `text`, from 1, at which filling it raised `fault`; 0 when that is not known."""
        if text not in self._compiled:
            return int(getattr(fault, "lineno", 0) or 0)
        line, trace = 0, fault.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "<template>":
                line = self._compiled[text].get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return line


class Filling:
    """One shot (variant, stage) being filled: what it sees, and what has been filled for it already."""

    __slots__ = ("_done", "_names", "_open", "_seen", "_templates", "_words", "touched")

    def __init__(self, templates: Templates, seen: Callable[[], Mapping[str, Value]]) -> None:
        self._seen = seen  # the names, found when the first template asks: most stages say what the first one said
        self._names: Mapping[str, Value] | None = None
        self.touched: set[str] = set()  # first names that were looked up
        self._templates = templates
        self._done: dict[int, str] = {}  # by the identity of the node, which lives longer than this
        self._open: dict[int, tuple[str, Node]] = {}
        self._words: dict[tuple[str, int], str] = {}

    @property
    def names(self) -> Mapping[str, Value]:
        """What a template sees."""
        if self._names is None:
            self._names = self._seen()
        return self._names

    def words(self, slot: str, node: Node) -> str:
        """What a slot says: its text in the words of the trade, white space folded. Raises CannotFill."""
        known = self._words.get((slot, id(node)))
        if known is None:
            known = self._words[slot, id(node)] = folded(in_words(slot, self.text(node, slot)))
        return known

    def text(self, node: Node, label: str, **more: str) -> str:
        """The value of `node`, filled; `more` are names only it sees. Raises CannotFill."""
        raw = node.value
        if type(raw) is not str:
            return str(raw)
        if "{" not in raw or not _OPENS.search(raw):
            return raw
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            raise self._circle(node)
        if len(self._open) >= DEEPEST:
            raise CannotFill(node, f"values use each other more than {DEEPEST} deep; write the words out")
        self._open[id(node)] = (label, node)
        try:
            filled = self._fill(node, raw, {**self.names, **more} if more else self.names)
        except CannotFill as fault:
            fault.chain.append((label, node))
            raise
        finally:
            del self._open[id(node)]
        if not more:
            self._done[id(node)] = filled
        return filled

    def _circle(self, node: Node) -> CannotFill:
        """The fault of values that use each other, told alike wherever in the circle it was entered."""
        ring = list(self._open.values())[list(self._open).index(id(node)) :]
        first = min(range(len(ring)), key=lambda place: ring[place][1].place)
        ring = [*ring[first:], *ring[:first]]
        labels = [label.rpartition(".")[2] for label, _ in [*ring, ring[0]]]
        fault = CannotFill(ring[0][1], f"these values use each other in a circle: {' -> '.join(labels)}")
        fault.is_circle = True
        return fault

    def _fill(self, node: Node, raw: str, names: Mapping[str, Value]) -> str:
        if len(raw) > LONGEST:
            raise CannotFill(node, f"the template is {len(raw)} characters long, {LONGEST} at most")
        plain = self._templates.plain(raw)
        if plain is None:
            return self._fill_by_jinja(node, raw, names)
        made, length = [plain.texts[0]], 0
        for place, path in enumerate(plain.paths):
            try:
                value = self._look(path, names)
            except KeyError as absent:
                expression = plain.expressions[place]
                nth = plain.expressions[:place].count(expression)
                raise CannotFill(node, str(absent.args[0]), expression, nth) from None
            if value is None:
                return self._fill_by_jinja(node, raw, names)
            made += (value, plain.texts[place + 1])
            length += len(value)
            if length > LONGEST:  # looks that name looks twice double with each of them
                expression = plain.expressions[place]
                nth = plain.expressions[:place].count(expression)
                raise CannotFill(node, f"the filled text is longer than {LONGEST} characters", expression, nth)
        return "".join(made)

    def _look(self, path: tuple[str, ...], names: Mapping[str, Value]) -> str | None:
        """The text at `path`; None where only Jinja2 knows what is meant. Raises KeyError with what to say."""
        if path[0] not in names:
            return None
        self.touched.add(path[0])
        value: Value = names[path[0]]
        for name in path[1:]:
            if type(value) is not Scope:
                return None
            if name not in value.values:
                raise KeyError(value.absent(name))
            value = self.value(value, name)
        if type(value) is str:
            return value
        if type(value) is Scope:
            return value.said or None
        return str(value) if isinstance(value, int | float) else None

    def value(self, scope: Scope, name: str) -> Value:
        """What `scope` holds under `name`: a group, a list, a number, or text (filled now, if need be)."""
        value = scope.values[name]
        if type(value) is not Node:
            return value
        inner = value.value
        if isinstance(inner, dict):
            return Scope(f"{scope.label}.{name}", inner)
        if isinstance(inner, list):
            return tuple(self.text(item, f"{scope.label}.{name}") for item in inner)
        if isinstance(inner, int | float):
            return inner
        text = self.text(value, f"{scope.label}.{name}")
        return scope.word(name, text) if scope.word else text

    def _fill_by_jinja(self, node: Node, raw: str, names: Mapping[str, Value]) -> str:
        seen = {name: _seen(self, value) for name, value in names.items()}
        self.touched.update(name for name in ("stage", "shot", "axis") if name in raw)
        try:
            return self._templates.fill(raw, seen)
        except CannotFill:
            raise
        except Exception as fault:  # a template is the user's program: whatever it raises is about the template
            line = self._templates.line_of(raw, fault)
            expression, nth = _expression_at(raw, line)
            raise CannotFill(node, _in_words(fault, expression, names), expression, nth) from None


class _View:
    """A group as the sandbox sees it."""

    __slots__ = ("_filling", "_scope")

    def __init__(self, filling: Filling, scope: Scope) -> None:
        self._filling = filling
        self._scope = scope

    @property
    def label(self) -> str:
        return self._scope.label

    @property
    def said(self) -> str:
        return self._scope.said

    def see(self, name: str) -> object:
        if name not in self._scope.values:
            raise KeyError(self._scope.absent(name))
        return _seen(self._filling, self._filling.value(self._scope, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.values)

    def __len__(self) -> int:
        return len(self._scope.values)

    def __contains__(self, name: object) -> bool:
        return name in self._scope.values


def _seen(filling: Filling, value: Value) -> object:
    return _View(filling, value) if type(value) is Scope else value


def _read_plain(text: str) -> _Plain | None:
    texts, paths, expressions, end = [], [], [], 0
    for found in _LOOK_UP.finditer(text):
        texts.append(text[end : found.start()])
        paths.append(tuple(found.group(1).split(".")))
        expressions.append(found.group(0))
        end = found.end()
    texts.append(text[end:])
    # "{{{ a }}" opens one brace earlier than it looks: that, and every other construct, is Jinja2's to read.
    if any(_OPENS.search(piece) for piece in texts) or any(piece.endswith("{") for piece in texts[:-1]):
        return None
    return _Plain(tuple(texts), tuple(paths), tuple(expressions))


def _expression_at(text: str, line: int) -> tuple[str, int]:
    """The first expression that touches line `line` of `text`, and which of its equals it is; "" for none."""
    before: list[str] = []
    for found in _EXPRESSION.finditer(text):
        first = text.count("\n", 0, found.start()) + 1
        if first <= line <= first + found.group(0).count("\n"):
            return found.group(0), before.count(found.group(0))
        before.append(found.group(0))
    broken = _UNCLOSED.search(text)
    return (broken.group(0), 0) if broken else ("", 0)


def _in_words(fault: Exception, expression: str, names: Mapping[str, Value]) -> str:
    """What a template's own error means."""
    for first, rest in _HYPHENED.findall(expression):
        scope = names.get(first)
        if isinstance(scope, Scope) and rest in scope.values:
            return f'a name with a hyphen is written {first}["{rest}"] in a template'
    if isinstance(fault, RecursionError | MemoryError):
        return "the template is nested too deeply"
    if isinstance(fault, ZeroDivisionError):
        return "the template divides by zero"
    if not _foreign(fault):
        return str(fault)
    from shotpilot_pipeline.shotlist.sandbox import FILTER_NAMES
    from shotpilot_pipeline.shotlist.templatefault import template_fault

    return template_fault(str(getattr(fault, "message", None) or fault), FILTER_NAMES)


def _foreign(fault: Exception) -> bool:
    return type(fault).__name__ not in ("NotAllowed", "UndefinedError")


def _known(label: str, values: Mapping[str, Value]) -> str:
    names = list(values)
    if not names:
        return f"; nothing is defined in {label}"
    more = ", ..." if len(names) > 8 else ""  # a few names help, a page of them does not
    return f"; it has {', '.join(names[:8])}{more}"
