"""Jinja2 with everything taken away that a prompt does not need: bounded, without clock, random, files or range.

Does not know what the visible names mean: it is given objects that answer `see`. Imported only when a text holds more
than plain `{{ a.b }}` look-ups, because importing Jinja2 takes some 50 ms.

A template comes from a file that anybody may have written, so no template may take long or grow large:
only `if`, `for` and `set` stand in it, loops share one allowance, each string it makes has a longest length, and
nothing can be called but a few methods of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Protocol

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.exceptions import UndefinedError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from shotpilot_pipeline.shotlist.fill import LONGEST
from shotpilot_pipeline.shotlist.near import near

#: The names a template may begin with (and `prompt` in a wrap or a template of the whole).
VISIBLE = ("show", "vars", "scene", "shot", "cast", "images", "looks", "axis", "stage")
MOST_TURNS = 1_000  # of all loops of one fill together
LARGEST = 10**15  # of a number that a product may give

_TEXT_METHODS = frozenset(
    {*("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip"), *("startswith", "endswith")}
)
_LOOP_FIELDS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth"})
_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower"),
    *("round", "sort", "string", "title", "trim", "truncate", "unique", "upper", "wordcount"),
)
FILTER_NAMES = (*_FILTERS, "join", "replace")
_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword, nodes.CondExpr),
    *(nodes.BinExpr, nodes.UnaryExpr, nodes.Compare, nodes.Operand, nodes.Concat, nodes.List, nodes.Tuple),
)


class NotAllowed(Exception):
    """The template asks for something a prompt may not do; says what, in words for its writer."""


class View(Protocol):
    """What a visible name stands for: a group of values."""

    def see(self, name: str) -> object:
        """The value called `name`. Raises KeyError, whose message says what is there instead."""
        ...


class Missing(StrictUndefined):
    """A name that is not there. Says so as soon as it is used."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        super().__init__(hint or f"there is no {name!r}; {_visible(str(name))}", obj, name, exc)  # type: ignore[arg-type]


class _Careful(CodeGenerator):
    """Makes `~` go through the environment, so that a text cannot be doubled without end."""

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write a bounded join of the parts."""
        self.write("environment.join_parts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """The one environment prompts are filled in."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})
    code_generator_class = _Careful

    def __init__(self) -> None:
        super().__init__(undefined=Missing, finalize=_printable, cache_size=0)
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in _FILTERS}
        self.filters |= {"join": _join, "replace": _replace, _EACH: self._each}
        self._turns = 0

    def parsed(self, text: str) -> Template:
        """The template of `text`. Raises TemplateSyntaxError or NotAllowed."""
        if len(text) > LONGEST:
            raise NotAllowed(f"the template is {len(text)} characters long, {LONGEST} at most")
        tree = self.parse(text)
        for node in list(_all(tree)):
            self._allow(node)
        code = self.compile(tree)
        return Template.from_code(self, code, {})

    def filled(self, template: Template, names: Mapping[str, object]) -> str:
        """`template` with `names` visible. Raises whatever its expressions raise."""
        self._turns = 0
        made, length = [], 0
        for piece in template.root_render_func(template.new_context(dict(names))):
            length += len(piece)
            if length > LONGEST:
                raise NotAllowed(f"the filled text is longer than {LONGEST} characters")
            made.append(piece)
        return "".join(made)

    def _allow(self, node: nodes.Node) -> None:
        if not isinstance(node, _NODES) or (isinstance(node, nodes.For) and node.recursive):
            kind = type(node).__name__.lower()
            raise TemplateSyntaxError(f"{kind} is not allowed in a prompt: only if, for and set are", node.lineno)
        listed = isinstance(node, nodes.List | nodes.Tuple) and getattr(node, "ctx", "load") == "load"
        if listed and not all(isinstance(item, nodes.Const) for item in node.iter_child_nodes()):
            # A list of lists of names doubles with each line; a list of plain words is all a prompt needs.
            raise TemplateSyntaxError("a list in a prompt holds plain words or numbers only", node.lineno)
        if isinstance(node, nodes.For):
            node.iter = nodes.Filter(node.iter, _EACH, [], [], None, None, lineno=node.lineno)

    def _each(self, items: Iterable[object]) -> Iterator[object]:
        """Every loop runs through here, so that all loops of one fill share an allowance."""
        for item in items:
            self._turns += 1
            if self._turns > MOST_TURNS:
                raise NotAllowed(f"the template loops more than {MOST_TURNS} times")
            yield item

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: a value of a group, a safe method of text, or a field of `loop`; nothing else."""
        see = getattr(obj, "see", None)
        if see is not None:
            try:
                return see(attribute)
            except KeyError as absent:
                return Missing(str(absent.args[0]), name=attribute)
        if isinstance(obj, Undefined):
            return getattr(obj, attribute)  # raises what the undefined has to say
        if (isinstance(obj, str) and attribute in _TEXT_METHODS) or (
            isinstance(obj, LoopContext) and attribute in _LOOP_FIELDS
        ):
            return getattr(obj, attribute)
        return Missing(f"{attribute!r} cannot be asked of {_kind(obj)}", name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: the same, or one item or a slice of a text or list."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return Missing(f"there is no item {argument!r} in {_kind(obj)}", name=str(argument))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Only the methods of text that `getattr` hands out can be called."""
        owner = getattr(__obj, "__self__", None)
        if isinstance(__obj, Undefined):
            __obj()  # raises what the undefined has to say
        if not isinstance(owner, str) or getattr(__obj, "__name__", "") not in _TEXT_METHODS:
            raise NotAllowed("nothing can be called in a prompt but upper(), lower(), title(), strip() and the like")
        return __obj(*args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`*`, `**`, `%` and `+`, where a short template could make a huge value."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _short(left, right)
        if not numbers or operator == "**":
            raise NotAllowed(f"'{operator}' does not work on {_kind(left)} and {_kind(right)} in a prompt")
        made = super().call_binop(context, operator, left, right)
        if abs(made) > LARGEST:
            raise NotAllowed(f"'{operator}' gives a number beyond {LARGEST}")
        return made

    def join_parts(self, parts: Iterable[object]) -> str:
        """What `~` means: the parts as text, one after the other."""
        return _short(*(_text(part) for part in parts))


_EACH = "each"
_ELSEWHERE = frozenset({"range", "dict", "lipsum", "cycler", "joiner", "namespace", "now", "random", "env"})


def _visible(name: str) -> str:
    """What to say of a first name that is not visible."""
    if name in _ELSEWHERE:
        return "a prompt calls nothing: write its words out"
    return near(name, VISIBLE) or f"a template sees {', '.join(VISIBLE)}"


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)


def _printable(value: object) -> str:
    return _text(value)


def _text(value: object) -> str:
    """What a value prints as. Lists and groups do not print: their text would be Python's, not a filmmaker's."""
    if isinstance(value, str):
        return value
    if isinstance(value, Undefined):
        return str(value)  # raises
    if isinstance(value, int | float):
        return str(value)
    said = getattr(value, "said", "")
    if said:
        return str(said)
    raise NotAllowed(f"{_kind(value)} cannot be printed; name one thing of it, or join it: {{{{ list | join(', ') }}}}")


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool | int | float):
        return "a number"
    if isinstance(value, tuple | list):
        return "a list"
    return str(getattr(value, "label", "this"))


def _short(*parts: str) -> str:
    if sum(map(len, parts)) > LONGEST:
        _too_long()
    return "".join(parts)


def _join(values: Iterable[object], by: str = "") -> str:
    """The filter `join`, with a longest result."""
    parts = [_text(value) for value in values]
    if sum(map(len, parts)) + len(str(by)) * len(parts) > LONGEST:
        _too_long()
    return str(by).join(parts)


def _replace(text: object, old: str, new: str, count: int = -1) -> str:
    """The filter `replace`, with a longest result."""
    whole = _text(text)
    times = whole.count(old) if count < 0 else min(count, whole.count(old))
    if len(whole) + times * max(0, len(new) - len(old)) > LONGEST:
        _too_long()
    return whole.replace(old, new, count)


def _too_long() -> NoReturn:
    raise NotAllowed(f"the template makes a text longer than {LONGEST} characters")
