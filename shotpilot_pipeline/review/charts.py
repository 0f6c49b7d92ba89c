"""A chart of tasks as text that other programs draw: Graphviz DOT and Mermaid. Does not know what a task is.

Ids go in as they are in a label and under a short name of their own as a node: an id may be a word of either language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple


class Node(NamedTuple):
    """One box: its text (lines), the row it belongs to and how it stands."""

    id: str
    group: str  # boxes of one group stand together: a scene
    lines: tuple[str, ...]
    state: str  # a key of COLOURS


class Link(NamedTuple):
    """An arrow from `start` to `end`; `dashed` for a picture that is sent along."""

    start: str
    end: str
    label: str = ""
    dashed: bool = False


#: How each state looks: fill, border, text. Told apart without colour too: the state stands in the box as a word.
COLOURS: Mapping[str, tuple[str, str, str]] = {
    "new": ("#d9f2df", "#2e8b57", "#12351f"),
    "top-up": ("#d9f2df", "#2e8b57", "#12351f"),
    "changed": ("#fdf0c8", "#b8860b", "#3d2f05"),
    "cached": ("#eceff1", "#78909c", "#1f2a30"),
    "waiting": ("#dbeafe", "#3b6fb6", "#10284a"),
    "stale-pick": ("#fde0dc", "#c0392b", "#4a120c"),
    "held": ("#f5f5f5", "#9e9e9e", "#424242"),
    "omitted": ("#ffffff", "#bdbdbd", "#616161"),
    "unknown": ("#fde0dc", "#c0392b", "#4a120c"),
    "failed": ("#fde0dc", "#c0392b", "#4a120c"),
    "refused": ("#fde0dc", "#c0392b", "#4a120c"),
    "blocked": ("#fde0dc", "#c0392b", "#4a120c"),
    "behind": ("#fdf0c8", "#b8860b", "#3d2f05"),
}


def dot(title: str, nodes: Sequence[Node], links: Sequence[Link]) -> str:
    """The chart in Graphviz's language, left to right, a frame for each group."""
    return "\n".join(_dot_lines(title, nodes, links)) + "\n"


def _dot_lines(title: str, nodes: Sequence[Node], links: Sequence[Link]) -> Iterator[str]:
    names = _names(nodes)
    yield f"digraph {_quoted(title)} {{"
    yield f"  graph [rankdir=LR, label={_quoted(title)}, labelloc=t, fontname=Helvetica, nodesep=0.15, ranksep=0.6];"
    yield '  node [shape=box, style=filled, fontname=Helvetica, fontsize=10, margin="0.12,0.06"];'
    yield '  edge [color="#607d8b", fontname=Helvetica, fontsize=9, arrowsize=0.7];'
    for place, (group, members) in enumerate(_groups(nodes).items()):
        yield f"  subgraph cluster_{place} {{"
        yield f'    label={_quoted(group)}; color="#b0bec5"; fontsize=11; labeljust=l;'
        for node in members:
            fill, border, text = COLOURS[node.state]
            label = "\\n".join(_escaped(line) for line in node.lines)
            look = f'fillcolor="{fill}", color="{border}", fontcolor="{text}"'
            yield f'    {names[node.id]} [label="{label}", {look}];'
        yield "  }"
    yield "  root [style=invis, shape=point, width=0, ordering=out];"  # without it frames are stacked in any order
    for members in _groups(nodes).values():
        yield f"  root -> {names[members[0].id]} [style=invis];"
    groups = {node.id: node.group for node in nodes}
    for link in links:
        looks = [f"label={_quoted(link.label)}"] * bool(link.label) + ["style=dashed"] * link.dashed
        looks += ["constraint=false"] * (
            groups[link.start] != groups[link.end]
        )  # else the frames would not stand below each other
        tail = f" [{', '.join(looks)}]" if looks else ""
        yield f"  {names[link.start]} -> {names[link.end]}{tail};"
    yield "}"


def mermaid(title: str, nodes: Sequence[Node], links: Sequence[Link]) -> str:
    """The chart in Mermaid's language, as pages of many code hosts draw it."""
    return "\n".join(_mermaid_lines(title, nodes, links)) + "\n"


def _mermaid_lines(title: str, nodes: Sequence[Node], links: Sequence[Link]) -> Iterator[str]:
    names = _names(nodes)
    yield "---"
    yield f"title: {_in_title(title)}"
    yield "---"
    yield "flowchart LR"
    for place, (group, members) in enumerate(_groups(nodes).items()):
        yield f'  subgraph g{place}["{_entities(group)}"]'
        for node in members:
            label = "<br/>".join(_entities(line) for line in node.lines)
            yield f'    {names[node.id]}["{label}"]:::{_class(node.state)}'
        yield "  end"
    for link in links:
        arrow = "-.->" if link.dashed else "-->"
        label = f'|"{_entities(link.label)}"|' if link.label else ""
        yield f"  {names[link.start]} {arrow}{label} {names[link.end]}"
    for state in dict.fromkeys(node.state for node in nodes):
        fill, border, text = COLOURS[state]
        yield f"  classDef {_class(state)} fill:{fill},stroke:{border},color:{text}"


def _names(nodes: Sequence[Node]) -> dict[str, str]:
    return {node.id: f"n{place}" for place, node in enumerate(nodes)}


def _groups(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.group, []).append(node)
    return found


def _class(state: str) -> str:
    return state.replace("-", "_")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _entities(text: str) -> str:
    """Text inside a Mermaid label: every character with a meaning there as its number."""
    return "".join(c if c.isalnum() or c in " .,:$@/_-()" or ord(c) > 127 else f"#{ord(c)};" for c in text)


def _in_title(text: str) -> str:
    """A title as a YAML text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
