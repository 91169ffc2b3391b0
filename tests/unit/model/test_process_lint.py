"""The rules for process maps: each objects to what it is for, and to nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.model.lint.process.grouped import by_rule
from funnelsim.model.lint.process.ignores import read_ignores
from funnelsim.model.lint.process.lint import RULES, process_findings
from funnelsim.model.parts import Model
from funnelsim.processmap.playbook.contradictions import contradictions

from .made_up_map import STAGE, spoilt

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "lint.md"
LOST = {"lost": {"p": 1.0}}


def ends(number: int) -> dict[str, Any]:
    """Exits to so many different places, all with a chance."""
    return {"offer": {"p": 0.1}, "lost": {"p": 0.1}} | {f"x{n}": {"p": 0.1} for n in range(number - 2)}


#: Rule, what spoils the map, and what is close to it but fine.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no-entry", {"stages.demo.entry": " "}, {"stages.demo.entry": "x"}),
    ("no-checklist", {"stages.demo.checklist": []}, {"stages.demo.checklist": ["x"]}),
    ("no-activities", {"stages.demo.activities": ""}, {"stages.demo.activities": "Call"}),
    ("no-buyer-needs", {"stages.demo.buyer_needs": ""}, {"stages.demo.buyer_needs": "x"}),
    (
        "vague-words",
        {"stages.demo.checklist": ["Lead is qualified"]},
        {"stages.demo.checklist": ["Qualified: a budget over 10,000 and a date"]},
    ),
    ("vague-words", {"stages.demo.activities": "Call, send 3 mails, etc."}, {}),
    (
        "vague-words",
        {"stages.demo.activities": "Follow up as needed. Call within 3 days"},
        {"stages.demo.entry": "Marketing-qualified, in Etching; the Warmington site"},
    ),
    ("no-verb", {"stages.demo.activities": "Demo for the team"}, {"stages.demo.activities": "Planned demos"}),
    (
        "no-owner",
        {"stages.demo.department": ""},
        {"stages.demo.department": "", "stages.demo.owner": "Head of sales"},
    ),
    ("no-map-owner", {"process.owner": ""}, {}),
    (
        "too-many-steps",
        {"stages.demo.checklist": [f"item {n}" for n in range(8)]},
        {"stages.demo.checklist": [f"item {n}" for n in range(7)]},
    ),
    (
        "too-many-steps",
        {"stages.demo.activities": "Call. " * 8},
        {"stages.demo.activities": "Call. " * 7},
    ),
    ("too-many-outcomes", {"stages.demo.exits": ends(7)}, {"stages.demo.exits": ends(6)}),
    (
        "too-many-outcomes",
        {"stages.demo.exits": ends(7)},
        {"stages.demo.exits": {"offer": {"p": 0.5}, **{f"l{n}": {"to": "lost", "p": 0.1} for n in range(7)}}},
    ),
    ("unused-step", {"stages.demo.exits.won": {"p": 0.0}}, {}),
    ("unused-step", {"stages.attic": {**STAGE, "exits": LOST}}, {"stages.offer.exits.lost": {"p": 5 / 12}}),
    (
        "no-way-for-no",
        {"stages.demo.exits": {"offer": {"p": 1.0}}},
        {"stages.demo.exits": {"offer": {"p": 0.9}, "never": {"p": 0.1}}},
    ),
    (
        "no-way-for-no",
        {"stages.offer.exits": {"won": {"p": 1.0}}},
        {"stages.offer.exits": {"won": {"p": 1.0}}, "goal.books_at": "offer"},
    ),
    (
        "circle-of-parents",
        {"stages.demo.parent": "offer", "stages.offer.parent": "demo"},
        {"stages.demo.parent": "sales", "stages.offer.parent": "demo"},
    ),
    ("no-target", {"stages.demo.targets": {}}, {"stages.demo.targets": {"dwell": "7d"}}),
    ("no-phase", {"stages.demo.phase": ""}, {"stages.demo.phase": "Decision"}),
    (
        "unknown-phase",
        {"stages.demo.phase": "consideratoin"},
        {"process.phases": ["looking", "consideration"], "stages.demo.phase": "Looking"},
    ),
]


def rules(model: Model, text: str = "") -> list[str]:
    return sorted({found.rule.id for found in process_findings(model, read_ignores(text))})


def test_the_map_without_mistakes_has_no_findings() -> None:
    assert process_findings(spoilt()) == []


@pytest.mark.parametrize(("rule", "bad", "good"), CASES)
def test_each_rule_objects_to_the_mistake_alone(rule: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    """Mutants: a rule that never objects, one that always does, and each limit off by one."""
    assert rules(spoilt(bad)) == [rule]
    assert rules(spoilt(good)) == []


def test_every_rule_has_a_case_and_stands_in_the_docs() -> None:
    documented = re.findall(r"^### (.+)$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(documented) == sorted(RULES)
    elsewhere = {
        "stage-not-in-data",
        "exit-not-in-data",
        "move-not-in-map",
        "unknown-ignore",
        "unused-ignore",
    }
    assert {rule for rule, _, _ in CASES} | elsewhere == set(RULES)
    for section in DOCS.read_text(encoding="utf-8").split("\n### ")[1:]:
        assert "Bad: " in section, section
        assert "Good: " in section, section


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# lint: ignore[no-entry]\nformat = 1", []),
        ("format = 1\n[stages.demo] # lint: ignore[no-entry]", []),
        (
            "format = 1\n# why: it is obvious\n# lint: ignore[no-target, no-entry]\n\n[stages.demo]",
            ["unused-ignore"],
        ),
        ("format = 1\n[stages.offer] # lint: ignore[no-entry]", ["no-entry", "unused-ignore"]),
        ("format = 1\n[stages]\ndemo.name = 'a' # lint: ignore[no-entry]", ["no-entry", "unused-ignore"]),
        ("format = 1\n[stages.demo] # lint: ignore[no-entri]", ["no-entry", "unknown-ignore"]),
        ("format = 1\n[stages.demo] # lint: ignore", ["no-entry", "unknown-ignore"]),
        ('format = 1\n[stages.demo]\nname = "# lint: ignore[no-entry]"', ["no-entry"]),
        ('format = 1\n[stages.demo]\nname = """\n# lint: ignore[no-entry]\n"""', ["no-entry"]),
        ("format = 1\n[stages.demo] # lint: ignore[exit-not-in-data]", ["no-entry"]),
    ],
)
def test_comments_switch_rules_off_for_the_place_that_they_stand_at(text: str, left: list[str]) -> None:
    """Mutants: comments in strings, a key's comment for its table, unused ones unreported."""
    assert rules(spoilt({"stages.demo.entry": ""}), text) == left


def test_a_comment_inside_a_list_speaks_for_its_key() -> None:
    text = 'format = 1\n[stages.demo]\nchecklist = [\n  "a = b",  # lint: ignore[too-many-steps]\n]'
    (found,) = read_ignores(text)
    assert (found.path, found.line) == ("stages.demo.checklist", 4)
    assert rules(spoilt({"stages.demo.checklist": ["item"] * 8}), text) == []


def test_findings_of_a_rule_are_one_line() -> None:
    model = spoilt({"stages.demo.entry": "", "stages.offer.entry": "", "stages.offer.buyer_needs": ""})
    lines = [group.words(2) for group in by_rule(process_findings(model))]
    assert lines == [
        "All 2 stages have no entry rule [no-entry]",
        "Offer has nothing in it for the customer [no-buyer-needs]",
    ]
    assert by_rule(process_findings(model))[0].words(9, 1) == (
        "2 stages have no entry rule: Demo and 1 more [no-entry]"
    )


def test_a_map_in_another_language_is_not_searched_for_english_verbs() -> None:
    texts = {"entry": "Budget genannt", "activities": "Vorstellung", "buyer_needs": "Klarheit"}
    changes = {f"stages.{key}.{name}": text for key in ("demo", "offer") for name, text in texts.items()}
    assert rules(spoilt(changes)) == []


def _visits(*moves: tuple[str, str | None, int]) -> pl.DataFrame:
    rows = [(stage, to) for stage, to, n in moves for _ in range(n)]
    return pl.DataFrame(rows, schema={"stage": pl.String, "exit": pl.String}, orient="row")


USUAL = (("demo", "offer", 60), ("demo", "lost", 40), ("offer", "won", 30), ("offer", "lost", 25))


@pytest.mark.parametrize(
    ("moves", "found"),
    [
        # 55 visits without the step back of chance 1/12: (11/12)^55 = 0.8 %
        (USUAL, [("exit-not-in-data", "stages.offer.exits.demo")]),
        # 52 visits: 1.08 %, which may be chance
        ((*USUAL[:2], ("offer", "won", 30), ("offer", "lost", 22)), []),
        ((*USUAL, ("offer", "demo", 1), ("demo", "won", 4)), []),
        ((*USUAL, ("offer", "demo", 1), ("demo", "won", 5)), [("move-not-in-map", "stages.demo.exits")]),
        ((*USUAL, ("offer", "demo", 1), ("demo", "lost", 300), ("demo", "won", 5)), []),
        (USUAL[:2], [("stage-not-in-data", "stages.offer")]),
        ((("demo", None, 9), ("offer", None, 1)), []),
        ((), []),
    ],
)
def test_the_data_contradict_the_map(
    moves: tuple[tuple[str, str | None, int], ...], found: list[tuple[str, str]]
) -> None:
    """Hand-counted; mutants: open visits counted as moves, a limit of 4 visits, exits judged on few."""
    assert [(f.rule.id, f.path) for f in contradictions(spoilt(), _visits(*moves))] == found
