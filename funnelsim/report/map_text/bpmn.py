"""A process map as BPMN 2.0 with a diagram: stages are tasks, choices gateways, outcomes end events."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from funnelsim.core.harmless import harmless
from funnelsim.documents.process_map import START, MapDocument, MapStage
from funnelsim.report.map_layout import lay_out
from funnelsim.report.map_text.bpmn_shapes import Diagram, Flow, diagram_of
from funnelsim.report.words.map_words import finding, place_name
from funnelsim.report.words.names import plain

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES = {"bpmn": _BPMN, "bpmndi": _DI, "dc": _DC, "di": _DD}


def bpmn(document: MapDocument) -> str:
    """The map as BPMN 2.0 XML.

    Departments are lanes, each stage is a task, a stage with several exits is followed by an exclusive
    gateway, the win is an end event, and so is each other outcome at each stage it is reached from. Groups of
    sub-stages are groups. The diagram is that of the map, in one row.
    """
    for prefix, address in _PREFIXES.items():
        ET.register_namespace(prefix, address)
    diagram = diagram_of(document, lay_out(document, page=None))
    root = ET.Element(
        f"{{{_BPMN}}}definitions",
        id="map",
        targetNamespace="https://funnelsim.invalid/map",
        name=_name(finding(document)),
    )
    _groups(root, diagram)
    pool = ET.SubElement(root, f"{{{_BPMN}}}collaboration", id="collaboration")
    ET.SubElement(
        pool,
        f"{{{_BPMN}}}participant",
        id="pool",
        name=_name(document.name) or "Sales process",
        processRef="process",
    )
    for k, _ in enumerate(diagram.groups, start=1):
        ET.SubElement(pool, f"{{{_BPMN}}}group", id=f"group{k}", categoryValueRef=f"category{k}")
    process = ET.SubElement(root, f"{{{_BPMN}}}process", id="process", isExecutable="false")
    _lanes(process, diagram)
    _nodes(process, diagram, {stage.stage: stage for stage in document.stages}, document)
    for flow in diagram.flows:
        _flow(process, flow)
    _draw(root, diagram)
    ET.indent(root)
    return harmless(ET.tostring(root, encoding="unicode", xml_declaration=False)).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _name(text: str) -> str:
    return harmless(plain(text))


def _groups(root: ET.Element, diagram: Diagram) -> None:
    for k, group in enumerate(diagram.groups, start=1):
        category = ET.SubElement(root, f"{{{_BPMN}}}category", id=f"categories{k}")
        ET.SubElement(category, f"{{{_BPMN}}}categoryValue", id=f"category{k}", value=_name(group.name))


def _lanes(process: ET.Element, diagram: Diagram) -> None:
    if not diagram.lanes:
        return
    lane_set = ET.SubElement(process, f"{{{_BPMN}}}laneSet", id="lanes")
    for k, lane in enumerate(diagram.lanes, start=1):
        element = ET.SubElement(lane_set, f"{{{_BPMN}}}lane", id=f"lane{k}", name=_name(lane.name))
        for node in diagram.nodes:
            if node.lane == lane.name:
                ET.SubElement(element, f"{{{_BPMN}}}flowNodeRef").text = node.id


def _nodes(process: ET.Element, diagram: Diagram, stages: dict[str, MapStage], document: MapDocument) -> None:
    for node in diagram.nodes:
        name = "" if node.key == "" else place_name(document, node.key)
        element = ET.SubElement(process, f"{{{_BPMN}}}{node.element}", id=node.id)
        if name:
            element.set("name", _name("New" if node.key == START else name))
        notes = _notes(stages[node.key]) if node.element == "task" else ""
        if notes:
            ET.SubElement(element, f"{{{_BPMN}}}documentation").text = harmless(notes)
        for direction, ends in (("incoming", "to"), ("outgoing", "origin")):
            for flow in diagram.flows:
                if getattr(flow, ends) == node.id:
                    ET.SubElement(element, f"{{{_BPMN}}}{direction}").text = flow.id


def _notes(stage: MapStage) -> str:
    parts = (
        ("Entry", stage.entry),
        ("What happens", stage.activities),
        ("Checklist", "; ".join(stage.checklist)),
        ("The buyer needs", stage.buyer_needs),
        ("Owner", stage.owner),
    )
    return "\n".join(f"{name}: {plain(text)}" for name, text in parts if text)


def _flow(process: ET.Element, flow: Flow) -> None:
    element = ET.SubElement(
        process, f"{{{_BPMN}}}sequenceFlow", id=flow.id, sourceRef=flow.origin, targetRef=flow.to
    )
    if flow.label:
        element.set("name", _name(flow.label))


def _draw(root: ET.Element, diagram: Diagram) -> None:
    drawing = ET.SubElement(root, f"{{{_DI}}}BPMNDiagram", id="diagram")
    plane = ET.SubElement(drawing, f"{{{_DI}}}BPMNPlane", id="plane", bpmnElement="collaboration")
    _shape(plane, "pool", diagram.pool, isHorizontal="true")
    for k, lane in enumerate(diagram.lanes, start=1):
        _shape(plane, f"lane{k}", lane.bounds, isHorizontal="true")
    for k, group in enumerate(diagram.groups, start=1):
        _shape(plane, f"group{k}", group.bounds)
    for node in diagram.nodes:
        gateway = {"isMarkerVisible": "true"} if node.element == "exclusiveGateway" else {}
        shape = _shape(plane, node.id, node.bounds, **gateway)
        if node.label:
            _bounds(ET.SubElement(shape, f"{{{_DI}}}BPMNLabel"), node.label)
    for flow in diagram.flows:
        edge = ET.SubElement(plane, f"{{{_DI}}}BPMNEdge", id=f"{flow.id}_line", bpmnElement=flow.id)
        for x, y in flow.points:
            ET.SubElement(edge, f"{{{_DD}}}waypoint", x=f"{x:.1f}", y=f"{y:.1f}")
        if flow.label_at:
            _bounds(ET.SubElement(edge, f"{{{_DI}}}BPMNLabel"), flow.label_at)


def _shape(
    plane: ET.Element, element: str, bounds: tuple[float, float, float, float], **more: str
) -> ET.Element:
    look = {"id": f"{element}_shape", "bpmnElement": element} | more
    shape = ET.SubElement(plane, f"{{{_DI}}}BPMNShape", look)
    _bounds(shape, bounds)
    return shape


def _bounds(parent: ET.Element, bounds: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = bounds
    place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    ET.SubElement(parent, f"{{{_DC}}}Bounds", {key: f"{value:.1f}" for key, value in place.items()})
