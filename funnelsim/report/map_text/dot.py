"""A process map in the language of Graphviz."""

from __future__ import annotations

import textwrap

from funnelsim.core.harmless import harmless
from funnelsim.documents.process_map import MapDocument
from funnelsim.report.map_text.graph import GraphEdge, GraphNode, graph_of
from funnelsim.report.style.map_colours import LIGHT
from funnelsim.report.words.map_words import finding

#: Letters in a line of a box.
_WIDEST = 40
_SHAPES = {"start": "oval", "stage": "box", "won": "oval", "outcome": "oval"}


def dot(document: MapDocument) -> str:
    """The map as DOT text; departments and groups are clusters."""
    graph = graph_of(document)
    lines = [
        "digraph process {",
        f"  graph [rankdir=LR, label={_quoted(finding(document))}, labelloc=t, fontname=Helvetica];",
        f'  node [fontname=Helvetica, fontsize=10, color="{LIGHT.no_time}", fontcolor="{LIGHT.ink}"];',
        "  edge [fontname=Helvetica, fontsize=9];",
    ]
    lines += [f"  {_node(node)}" for node in graph.nodes if node.kind == "start"]
    for place, (lane, groups) in enumerate(graph.lanes.items(), start=1):
        if lane:
            lines.append(f"  subgraph cluster_lane{place} {{ label={_quoted(lane)};")
        for within, (group, nodes) in enumerate(groups.items(), start=1):
            if group:
                lines.append(f"    subgraph cluster_group{place}_{within} {{ label={_quoted(group)};")
            lines += [f"      {_node(node)}" for node in nodes]
            if group:
                lines.append("    }")
        if lane:
            lines.append("  }")
    lines += [f"  {_node(node)}" for node in graph.nodes if node.kind in ("won", "outcome")]
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    return harmless("\n".join([*lines, "}", ""]))


def _node(node: GraphNode) -> str:
    style = f', style=filled, fillcolor="{LIGHT.won}"' if node.kind == "won" else ""
    label = _quoted("\n".join((*textwrap.wrap(node.name, _WIDEST), *node.facts)))
    return f"{node.id} [shape={_SHAPES[node.kind]}, label={label}{style}];"


def _edge(edge: GraphEdge) -> str:
    look = ", style=dashed, constraint=true" if edge.unknown else ", style=dotted" if edge.quiet else ""
    label = f"label={_quoted(edge.label)}, " if edge.label else ""
    return f'{edge.origin} -> {edge.to} [{label}color="{edge.colour}", penwidth={edge.width:.1f}{look}];'


def _quoted(text: str) -> str:
    """A string of DOT: a backslash of a name stays one, ``&lt;`` too, a line feed of ours breaks the line."""
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
