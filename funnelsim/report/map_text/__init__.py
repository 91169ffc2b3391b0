"""A process map as text for other tools: Mermaid, Graphviz, BPMN."""

from funnelsim.report.map_text.bpmn import bpmn
from funnelsim.report.map_text.dot import dot
from funnelsim.report.map_text.mermaid import mermaid

__all__ = ["bpmn", "dot", "mermaid"]
