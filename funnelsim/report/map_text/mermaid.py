"""A process map as a Mermaid flowchart, which GitHub, GitLab and many wikis draw."""

from __future__ import annotations

import json
import re

from funnelsim.core.harmless import harmless
from funnelsim.documents.process_map import MapDocument
from funnelsim.report.map_text.graph import Graph, GraphEdge, GraphNode, graph_of
from funnelsim.report.style.map_colours import LIGHT
from funnelsim.report.words.map_words import finding

_SHAPES = {"start": ("([", "])"), "stage": ("[", "]"), "won": ("([", "])"), "outcome": ("([", "])")}


def mermaid(document: MapDocument) -> str:
    """The map as Mermaid text; departments and groups are subgraphs."""
    graph = graph_of(document)
    lines = ["---", f"title: {_title(finding(document))}", "---", "flowchart LR"]
    lines += [f"  {_node(node)}" for node in graph.nodes if node.kind == "start"]
    lines += _subgraphs(graph)
    lines += [f"  {_node(node)}" for node in graph.nodes if node.kind in ("won", "outcome")]
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    lines += [f"  linkStyle {place} {_style(edge)}" for place, edge in enumerate(graph.edges)]
    lines += [
        f"  style {node.id} fill:{LIGHT.won},stroke:{LIGHT.won_ink},color:{LIGHT.won_ink}"
        for node in graph.nodes
        if node.kind == "won"
    ]
    return harmless("\n".join(lines) + "\n")


def _subgraphs(graph: Graph) -> list[str]:
    lines = []
    for place, (lane, groups) in enumerate(graph.lanes.items(), start=1):
        if lane:
            lines.append(f"  subgraph lane{place}[{_quoted(lane)}]")
        for within, (group, nodes) in enumerate(groups.items(), start=1):
            if group:
                lines.append(f"    subgraph group{place}x{within}[{_quoted(group)}]")
            lines += [f"      {_node(node)}" for node in nodes]
            if group:
                lines.append("    end")
        if lane:
            lines.append("  end")
    return lines


def _node(node: GraphNode) -> str:
    before, after = _SHAPES[node.kind]
    # The break is Mermaid's own; a break in a name has been replaced by a space.
    text = "<br/>".join(_escaped(line) for line in (node.name, *node.facts))
    return f'{node.id}{before}"{text}"{after}'


def _edge(edge: GraphEdge) -> str:
    line = "-.->" if edge.quiet or edge.unknown else "-->"
    return (
        f"{edge.origin} {line}|{_quoted(edge.label)}| {edge.to}"
        if edge.label
        else f"{edge.origin} {line} {edge.to}"
    )


def _style(edge: GraphEdge) -> str:
    return f"stroke:{edge.colour},stroke-width:{edge.width:.1f}px"


def _title(text: str) -> str:
    """A quoted text of YAML, without what HTML would read as a tag."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """What would end a quoted text, or be read as an entity, HTML or Markdown, is written as its number."""
    special = re.sub(
        r"""["#&<>`;\\*~$]|(?<!\w)_|_(?!\w)|%(?=%)|(?<=%)%|\](?=\()""", lambda found: _number(found[0]), text
    )
    # Mermaid draws no lists: "1. Demo" would be replaced by an error message.
    return re.sub(r"^(\s*\d*)([.)+-])(?=\s)", lambda found: found[1] + _number(found[2]), special)


def _number(sign: str) -> str:
    return f"#{ord(sign)};"
