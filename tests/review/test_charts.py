"""Charts as text for other programs: Graphviz reads any of them, whatever stands in a name."""

from __future__ import annotations

import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.review.charts import COLOURS, Link, Node, dot, mermaid
from shotpilot_pipeline.values.plan import Action

NASTY = 'A "quoted" \\ title <with> & #marks; {and} [more] | --> end'
NODES = [
    Node("a/b@c", "sc010", ("b@c", "new"), "new"),
    Node("a/d@c", "sc010", ("d@c", "cached"), "cached"),
    Node("end/x@c", "sc020", ("x@c", "stale-pick"), "stale-pick"),
]
LINKS = [Link("a/b@c", "a/d@c"), Link("a/d@c", "end/x@c", "12", dashed=True)]
needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not on this machine")


def test_every_action_has_its_colours() -> None:
    assert set(COLOURS) == {action.value for action in Action}


def test_mermaid_names_nodes_itself_so_that_no_id_is_a_word_of_its_language() -> None:
    text = mermaid(NASTY, NODES, LINKS)
    assert 'n2["x@c<br/>stale-pick"]:::stale_pick' in text
    assert 'n1 -.->|"12"| n2' in text
    assert "n0 --> n1" in text
    assert "classDef stale_pick fill:" in text
    assert text.splitlines()[1] == 'title: "A \\"quoted\\" \\\\ title <with> & #marks; {and} [more] | --> end"'


@needs_graphviz
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_graphviz_reads_any_title(title: str) -> None:
    done = subprocess.run(["dot", "-Tsvg"], input=dot(title, NODES, LINKS), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(ElementTree.fromstring(done.stdout).findall(".//{http://www.w3.org/2000/svg}polygon")) >= 5


@needs_graphviz
def test_scenes_stand_in_list_order() -> None:
    nodes = [Node(f"s{place}", f"sc{place:02}", (f"s{place}",), "new") for place in range(6)]
    text = dot("order", nodes, [Link("s0", "s3", dashed=True)])
    svg = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    heights = {}
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        words = [label.text for label in group.findall("{http://www.w3.org/2000/svg}text")]
        polygon = group.find("{http://www.w3.org/2000/svg}polygon")
        if group.get("class") == "cluster" and polygon is not None:
            heights[words[0]] = float(polygon.get("points", "").split()[0].partition(",")[2])
    assert sorted(heights, key=lambda name: heights[name]) == [f"sc{place:02}" for place in range(6)]
