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
from funnelsim.report.words.ranking import (
    BASE,
    base_alternative,
    costs_explained,
    futures_explained,
    headline,
    interval_ends,
    intervals_explained,
    ranked,
    variance_explained,
)
from funnelsim.report.words.sentences import both_ends, scope, worth_words

#: Width that a column of several scenarios, or of cost, takes from those beside bookings.
_NEW_COLUMN = 11
#: Width from which cost, chance of being best, and chance of being better all fit.
_WITH_BETTER = 100
#: Metrics beside bookings, each with the width that the screen must have.
_BESIDE = (("cycle_days", 80), ("deals_won", 100), ("win_rate", 112))


def print_compare(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
    detail: bool = False,
) -> None:
    """Print a comparison: the change worth most first, then a row for each scenario, the best first.

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
    detail : bool, default False
        Say how the intervals and the ranking come about.

    Raises
    ------
    DocumentError
        If the document is not a comparison.
    """
    typed = read_as(CompareDocument, document, "compare")
    shown = (typed.worth, *(["cost", "profit"] if typed.priced else []))
    changes = [scenario.metrics.get(name) for scenario in typed.scenarios for name in shown]
    scale = table_scale([c.difference.mean for c in changes if c], typed.currency)
    span = typed.span
    layout.title(console, "COMPARE", _span(span) or "scenarios with the base")
    layout.paragraph(console, _context(typed, scale), style=layout.FAINT)
    layout.blank(console)
    best, *certain = headline(typed)
    layout.paragraph(console, best, style=layout.STRONG)
    for sentence in certain:
        layout.paragraph(console, sentence)
    layout.blank(console)
    layout.show(console, layout.table(*_columns_and_rows(typed, scale, console.width)))
    for sentence in filter(None, [intervals_explained(typed), costs_explained(typed)]):
        layout.paragraph(console, sentence, style=layout.FAINT)
    said = both_ends(typed)
    if detail:
        said += filter(None, [futures_explained(typed), variance_explained(typed), _procedure(typed)])
    if said:
        layout.blank(console)
    for sentence in said:
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
    columns = [("change", "left"), (f"{worth_words(document)}\n[{_level(document)}]", "right")]
    several = document.ranking is not None
    with_quota = any(scenario.attainment_probability for scenario in document.scenarios)
    if with_quota:
        columns.append(("chance\nof quota", "right"))
    if document.priced:
        columns += [("cost", "right"), ("gain\n- cost", "right")]
    taken = _NEW_COLUMN * (several + 2 * document.priced)
    beside = _names_beside(document, width - taken)
    columns += [(measure(n, noun=document.noun).label.replace(", ", "\n"), "right") for n in beside]
    # On a narrow screen the chance of being best says more.
    with_better = not (several and document.priced) or width >= _WITH_BETTER
    if with_better:
        columns.append((f"better\n{'after cost' if document.priced else 'than base'}", "right"))
    if several:
        columns.append(("chance it\nis best", "right"))
    rows = []
    for scenario, place in ranked(document):
        row = [plain(scenario.name), _worth(scenario, document.worth, scale)]
        if with_quota:
            change = scenario.attainment_probability
            row.append(points(change.difference) if change else MISSING)
        if document.priced:
            row += [_beside(document, scenario, name, scale) for name in ("cost", "profit")]
        row += [_beside(document, scenario, name, scale) for name in beside]
        if with_better:
            row.append(_better(scenario, document.aim))
        if several:
            row.append(chance(place.probability_best) if place else "")
        rows.append(row)
    base = base_alternative(document)
    if base is not None:
        rows.append([BASE, *[""] * (len(columns) - 2), chance(base.probability_best)])
    return columns, rows


def _names_beside(document: CompareDocument, width: int) -> list[str]:
    known = {name for scenario in document.scenarios for name in scenario.metrics} - {document.worth}
    return [name for name, needed in _BESIDE if width >= needed and name in known]


def _level(document: CompareDocument) -> str:
    levels = [c.difference.level for s in document.scenarios if (c := s.metrics.get(document.worth))]
    interval = f"{levels[0] * 100:.0f} % interval" if levels and levels[0] is not None else "interval"
    return interval if document.simultaneous is None else f"{interval}, all at once"


def _worth(scenario: ScenarioResult, metric: str, scale: Scale) -> str:
    change, words = scenario.metrics.get(metric), measure(metric)
    if change is None:
        return MISSING
    ends = change.difference
    mean, (low, high) = words.difference(ends.mean, scale), interval_ends(change)
    if ends.is_nothing or low is None or high is None:
        return mean
    mark = "*" if change.simultaneous is not None and not low <= 0 <= high else ""
    return f"{mark}{mean} [{words.difference(low, scale)}, {words.difference(high, scale)}]"


def _procedure(document: CompareDocument) -> str:
    """How the best was selected; empty where nothing was."""
    found = document.ranking.selection if document.ranking else None
    if found is None or not found.batch or not found.replications:
        return ""
    return (
        f"Selection: procedure {found.method} (Kim and Nelson 2001) on means of {count(found.batch)} "
        f"futures; it looked at {count(found.replications)} futures."
    )


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
