"""The screen of a comparison: what each change is worth, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.compare import CompareDocument, ScenarioResult
from funnelsim.documents.shared import PeriodSpan
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import MISSING, Scale, quota_money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, points
from funnelsim.report.words.sentences import best_change, both_ends, scope, worth_words

#: Metrics beside bookings, each with the width that the screen must have.
_BESIDE = (("cycle_days", 80), ("deals_won", 100), ("win_rate", 112))


def print_compare(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print a comparison: the change worth most first, then a row for each scenario.

    Parameters
    ----------
    document : mapping
        A compare document, as ``funnelsim compare --json`` writes it.
    console : rich.console.Console
        Where to; a wider one shows more metrics.
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a comparison.
    """
    typed = read_as(CompareDocument, document, "compare")
    changes = [scenario.metrics.get(typed.worth) for scenario in typed.scenarios]
    scale = table_scale([c.difference.mean for c in changes if c], typed.currency)
    span = typed.span
    layout.title(console, "COMPARE", _span(span) or "scenarios with the base")
    layout.paragraph(console, _context(typed, scale), style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, best_change(typed), style=layout.STRONG)
    layout.blank(console)
    layout.show(console, layout.table(*_columns_and_rows(typed, scale, console.width)))
    ends = both_ends(typed)
    if ends:
        layout.blank(console)
    for sentence in ends:
        layout.paragraph(console, sentence)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, invocation.keep("compare"))


def _span(span: PeriodSpan) -> str:
    dates = span_words(span.start, span.end) if span.start and span.end else ""
    return f"{span.period} ({dates})" if span.period and dates else span.period or dates


def _context(document: CompareDocument, scale: Scale) -> str:
    base = document.base.get(document.worth)
    figures = []
    if base is not None and document.without_money:
        figures.append(f"{count(base.mean)} {worth_words(document)} (mean)")
    elif base is not None:
        base_scale = table_scale([base.mean], document.currency)
        figures.append(f"bookings {base_scale.words(base.mean)} (mean)")
    if document.span.quota is not None:
        figures.append(f"quota {quota_money(document.span.quota, document.currency)}")
    chances = [s.attainment_probability.base for s in document.scenarios if s.attainment_probability]
    if chances and chances[0] is not None:
        figures.append(f"chance of quota {chance(chances[0])}")
    parts = [plain(document.name), f"Base: {', '.join(figures)}" if figures else ""]
    if not document.without_money:
        scoped = scope(document.base.get("expansion"))
        parts.append(f"Differences: {layout.unit_words(document, scale)}, {scoped}")
    return ". ".join(part for part in parts if part) + "."


def _columns_and_rows(
    document: CompareDocument, scale: Scale, width: int
) -> tuple[list[tuple[str, str]], list[list[str]]]:
    level = _level(document)
    known = {name for scenario in document.scenarios for name in scenario.metrics} - {document.worth}
    beside = [name for name, needed in _BESIDE if width >= needed and name in known]
    heads = [("change", "left"), (f"{worth_words(document)}\n[{level}]", "right")]
    with_quota = any(scenario.attainment_probability for scenario in document.scenarios)
    if with_quota:
        heads.append(("chance\nof quota", "right"))
    heads += [(measure(name, noun=document.noun).label.replace(", ", "\n"), "right") for name in beside]
    heads.append(("better\nthan base", "right"))
    rows = []
    for scenario in document.scenarios:
        row = [plain(scenario.name), _worth(scenario, document.worth, scale)]
        if with_quota:
            change = scenario.attainment_probability
            row.append(points(change.difference) if change else MISSING)
        row += [_beside(document, scenario, name, scale) for name in beside]
        row.append(_better(scenario, document.worth))
        rows.append(row)
    return heads, rows


def _level(document: CompareDocument) -> str:
    levels = [c.difference.level for s in document.scenarios if (c := s.metrics.get(document.worth))]
    return f"{levels[0] * 100:.0f} % interval" if levels and levels[0] is not None else "interval"


def _worth(scenario: ScenarioResult, metric: str, scale: Scale) -> str:
    change, words = scenario.metrics.get(metric), measure(metric)
    if change is None:
        return MISSING
    ends = change.difference
    mean, low, high = (words.difference(end, scale) for end in (ends.mean, ends.low, ends.high))
    if ends.is_nothing or ends.low is None or ends.high is None:
        return mean
    return f"{mean} [{low}, {high}]"


def _beside(document: CompareDocument, scenario: ScenarioResult, name: str, scale: Scale) -> str:
    change = scenario.metrics.get(name)
    if change is None:
        return MISSING
    return measure(name).difference(change.difference.mean, scale, document.base.get(name))


def _better(scenario: ScenarioResult, metric: str) -> str:
    change = scenario.metrics.get(metric)
    if change is None:
        return MISSING
    return "no change" if change.difference.is_nothing else chance(change.probability_better)
