"""The process map as Mermaid, Graphviz and BPMN."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from funnelsim.documents.process_map import START, MapDocument
from funnelsim.report.map_text import bpmn, dot, mermaid

from .made_up_maps import DOCUMENTS, long_map, random_map, six_stages, three_stages, with_unknown_moves

NASTY = 'end "quoted" [x] {y} <b>&amp; \\n #1; `z`\n次の class'
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
MAPS = {**DOCUMENTS, **{f"random {seed}": random_map(seed) for seed in range(8)}}


def nasty() -> MapDocument:
    """Keywords of Mermaid and DOT as keys, and a name with all signs that some form has a meaning for."""
    keys = {"lead": "end", "demo": "class", "offer": "graph"}
    document = three_stages()
    stages = tuple(
        one.model_copy(update={"stage": keys[one.stage], "department": NASTY}) for one in document.stages
    )
    moves = tuple(
        one.model_copy(update={"origin": keys.get(one.origin, one.origin), "to": keys.get(one.to, one.to)})
        for one in document.moves
    )
    return document.model_copy(
        update={"stages": stages, "moves": moves, "stage_names": {"end": NASTY, "graph": "subgraph"}}
    )


@cache
def schema() -> etree.XMLSchema:
    """The schemas of the OMG, as SpiffWorkflow bundles them."""
    import SpiffWorkflow

    folder = Path(SpiffWorkflow.__file__).parent / "bpmn" / "parser" / "schema"
    return etree.XMLSchema(etree.parse(str(folder / "BPMN20.xsd")))


def parsed(document: MapDocument) -> Any:
    root = etree.fromstring(bpmn(document).encode())
    schema().assertValid(root)
    return root


@pytest.mark.parametrize("name", MAPS)
def test_bpmn_is_valid_by_the_schemas_of_the_omg(name: str) -> None:
    """Ids are unique, references lead somewhere (xsd:ID, xsd:IDREF), and everything is drawn once."""
    root = parsed(MAPS[name])
    nodes = [
        e.get("id")
        for e in root.iter(*(BPMN + tag for tag in ("task", "startEvent", "endEvent", "exclusiveGateway")))
    ]
    flows = list(root.iter(BPMN + "sequenceFlow"))
    shapes = [e.get("bpmnElement") for e in root.iter(DI + "BPMNShape")]
    edges = [e.get("bpmnElement") for e in root.iter(DI + "BPMNEdge")]
    assert set(nodes) <= set(shapes)
    assert len(shapes) == len(set(shapes))
    assert edges == [flow.get("id") for flow in flows]
    assert {flow.get(end) for flow in flows for end in ("sourceRef", "targetRef")} <= set(nodes)


def test_bpmn_has_lanes_gateways_and_end_events() -> None:
    root = parsed(six_stages())
    lanes = [lane.get("name") for lane in root.iter(BPMN + "lane")]
    assert lanes == ["Sales development", "Account executives", "Legal"]
    assert len(list(root.iter(BPMN + "task"))) == 6
    # All six stages have several exits, and so has the start.
    assert len(list(root.iter(BPMN + "exclusiveGateway"))) == 7
    ends = [end.get("name") for end in root.iter(BPMN + "endEvent")]
    assert sorted(ends) == ["Later"] + ["Lost"] * 6 + ["Won"]
    in_lanes = [ref.text for ref in root.iter(BPMN + "flowNodeRef")]
    assert len(in_lanes) == len(set(in_lanes)) == 6 + 7 + 8 + 1


def test_every_move_is_a_way_through_the_bpmn_process() -> None:
    """Read the flows back, walk through gateways, and find the moves of the map again, and no others."""
    document = six_stages()
    root = parsed(document)
    key = {e.get("id"): e.get("name") for e in root.iter() if e.get("id")}
    after: dict[str, list[str]] = {}
    for flow in root.iter(BPMN + "sequenceFlow"):
        after.setdefault(flow.get("sourceRef"), []).append(flow.get("targetRef"))
    found = set()
    for task in [e.get("id") for e in root.iter(BPMN + "task", BPMN + "startEvent")]:
        ends = [end for one in after[task] for end in (after[one] if one.startswith("choice") else [one])]
        found |= {(key[task], key[end]) for end in ends}
    names = document.stage_names | {START: "New", "won": "Won", "lost": "Lost", "nurture": "Later"}
    assert found == {(names[one.origin], names[one.to]) for one in document.moves}


def test_bpmn_groups_sub_stages() -> None:
    root = parsed(long_map())
    assert len(list(root.iter(BPMN + "group"))) == 8


def test_names_with_signs_survive_in_bpmn() -> None:
    root = parsed(nasty())
    wanted = " ".join(NASTY.split())
    assert wanted in {task.get("name") for task in root.iter(BPMN + "task")}
    assert [lane.get("name") for lane in root.iter(BPMN + "lane")] == [wanted]


def test_mermaid_has_all_stages_and_moves() -> None:
    text = mermaid(with_unknown_moves())
    assert text.startswith('---\ntitle: "15 % of the moves drawn are not in the model')
    assert "flowchart LR" in text
    assert len(re.findall(r"^  \w+ -[-.]*->", text, re.MULTILINE)) == len(six_stages().moves)
    assert 'stage1["Inbox<br/>1,204 in<br/>19.2 hours' in text
    assert text.count("subgraph") == text.count("\n  end") == 3
    # The styles of lines count from 0 in the order of the lines.
    assert f"linkStyle {len(six_stages().moves) - 1} stroke" in text


def test_mermaid_escapes_what_has_a_meaning_and_keeps_keywords_out_of_ids() -> None:
    text = mermaid(nasty())
    quoted = re.findall(r'\["(.*?)"\]', text)
    name = quoted[1].split("<br/>")[0]
    read = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), name)
    assert read == " ".join(NASTY.split())
    assert not re.search(r'["<>&`]', name)
    ids = set(re.findall(r"^\s+(\w+)[\[(]", text, re.MULTILINE))
    assert ids == {"start", "stage1", "stage2", "stage3", "outcome1", "outcome2"}


def test_dot_quotes_what_has_a_meaning() -> None:
    """Outside quoted texts there is only DOT's own language, so that every sign of a name is inside one."""
    text = dot(nasty())
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "Q", text)
    assert re.fullmatch(r"[\w\s{}\[\];=,.>-]*", bare)
    labels = re.findall(r'label="((?:\\.|[^"\\])*)"', text)
    read = [label.replace("\\n", "\0").replace('\\"', '"').replace("\\\\", "\\") for label in labels]
    read = [label.replace("&amp;", "&") for label in read]
    escaped = " ".join(NASTY.split()).replace("\\n", "\\\0")
    assert any(label.startswith(escaped.split("\\")[0]) for label in read)
    assert bare.count("{") == bare.count("}")
    assert bare.count("->") == len(three_stages().moves)


@pytest.mark.parametrize("name", MAPS)
def test_any_map_can_be_written(name: str) -> None:
    assert mermaid(MAPS[name]).endswith("\n")
    assert dot(MAPS[name]).rstrip().endswith("}")


def test_the_title_of_a_mermaid_map_holds_no_tag() -> None:
    """A stage that loses most is named in the title. Catches a name that a page would read as HTML."""
    document = six_stages()
    names = dict.fromkeys(document.stage_names, "</script><img src=x onerror=alert(1)>")
    text = mermaid(document.model_copy(update={"stage_names": names}))
    assert "onerror" in text.split("---")[1]
    assert "<img" not in text
    assert "</script" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1. Lead", "1#46; Lead"),  # Mermaid draws "Unsupported markdown: list"
        ("- item", "#45; item"),
        ("*bold* _it_ a_b", "#42;bold#42; #95;it#95; a_b"),
        ("%%{init}%%", "#37;#37;{init}#37;#37;"),  # a directive, even within quotes
        ("$$x$$", "#36;#36;x#36;#36;"),
        ("[a](b)", "[a#93;(b)"),
        ("70 % [x] 1.5", "70 % [x] 1.5"),
    ],
)
def test_mermaid_draws_names_that_look_like_markdown_as_they_are(name: str, text: str) -> None:
    document = six_stages()
    key = document.stages[0].stage
    drawn = mermaid(document.model_copy(update={"stage_names": document.stage_names | {key: name}}))
    assert f'stage1["{text}<br/>' in drawn


def test_dot_shows_entities_as_they_are_typed() -> None:
    """Graphviz reads ``&amp;`` within quotes too; mutant: only quotes escaped."""
    document = six_stages()
    key = document.stages[0].stage
    drawn = dot(document.model_copy(update={"stage_names": document.stage_names | {key: "R&D &lt;"}}))
    assert 'label="R&amp;D &amp;lt;\\n' in drawn
