"""A backtest on screen: was the range right, was it better than what others would have said?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from funnelsim.documents.backtest import BacktestDocument, BacktestOrigin
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NOTHING, Asked
from funnelsim.report.words.forecasters import forecaster_name, held
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count
from funnelsim.report.words.track_record import Amounts, about, missed, notes, spanned
from funnelsim.report.words.verdict import verdict_of


def print_backtest(
    document: Mapping[str, Any], console: Console, *, asked: Asked = NOTHING, hints: bool = True
) -> None:
    """Print each origin, then how close and how honest each forecaster was.

    Parameters
    ----------
    document : mapping
        As ``funnelsim backtest --json`` writes it.
    console : rich.console.Console
    asked : Asked, optional
        What was typed, for what to type next.
    hints : bool
        Whether to end with what to type next.
    """
    typed = read_as(BacktestDocument, document, "backtest")
    layout.title(console, "BACKTEST", _heading(typed))
    layout.paragraph(console, about(typed), style=layout.FAINT)
    layout.blank(console)
    for sentence in verdict_of(typed):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    layout.show(console, _origins(typed))
    layout.blank(console)
    layout.show(console, _forecasters(typed))
    for period, why in typed.skipped.items():
        layout.paragraph(console, f"! {period} is left out: {plain(why)}", style=layout.WARNING)
    for note in notes(typed):
        layout.paragraph(console, f"! {plain(note)}", style=layout.WARNING)
    if hints:
        layout.blank(console)
        layout.next_lines(console, asked.keep("backtest"))


def _heading(document: BacktestDocument) -> str:
    """``Salesforce demo: 3 origins, 1 Jun to 31 Aug 2017``"""
    n = len(document.origins)
    return f"{plain(document.name)}: {n} origin{'s' if n != 1 else ''}, {spanned(document)}"


def _origins(document: BacktestDocument) -> Table:
    amounts = Amounts.of(document)
    rows = [_origin(origin, amounts) for origin in document.origins]
    heads = (
        (f"period{amounts.in_unit}", "left"),
        ("actual", "right"),
        ("median", "right"),
        ("80 % range", "right"),
        ("missed", "left"),
    )
    return layout.table(heads, rows)


def _origin(origin: BacktestOrigin, amounts: Amounts) -> tuple[str, ...]:
    low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
    told = (amounts.text(origin.actual), amounts.text(middle), amounts.span(low, high))
    return (origin.period, *told, missed(origin))


def _forecasters(document: BacktestDocument) -> Table:
    summary = document.summary
    rows = []
    for name in document.forecasters:
        score, bias = summary.relative_crps[name], summary.bias[name]
        rows.append(
            (
                forecaster_name(name),
                count(summary.told[name]),
                MISSING if score is None else f"{score:.3f}",
                MISSING if bias is None else f"{bias:+.0%}".replace("%", " %"),
                *(f"{held(document, r, name)} of {summary.told[name]}" for r in ("50", "80", "90")),
            )
        )
    heads = (
        ("forecaster", "left"),
        ("told", "right"),
        ("CRPS /\nmean actual", "right"),
        ("bias", "right"),
        ("50 % range\nheld", "right"),
        ("80 %", "right"),
        ("90 %", "right"),
    )
    return layout.table(heads, rows)
