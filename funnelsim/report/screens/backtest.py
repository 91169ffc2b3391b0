"""The screen of a backtest: verdict, forecasts and actual results, accuracy of each method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from funnelsim.documents.backtest import BacktestDocument, BacktestOrigin
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation
from funnelsim.report.words.forecasters import forecaster_name, held
from funnelsim.report.words.group_scores import HEADS, group_score_note, group_score_rows, signed_share
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, error_share, plural
from funnelsim.report.words.track_record import Amounts, about, average_error, missed, notes, spanned
from funnelsim.report.words.verdict import verdict_of


def print_backtest(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print the verdict, a row for each forecast, then accuracy and coverage of each method.

    Parameters
    ----------
    document : mapping
        As ``funnelsim backtest --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool
        Whether to end with the next steps.
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
    if typed.groups:
        _print_groups(typed, console)
    for period, why in typed.skipped.items():
        layout.paragraph(console, f"! {period} is skipped: {plain(why)}", style=layout.WARNING)
    for note in notes(typed):
        layout.paragraph(console, f"! {plain(note)}", style=layout.WARNING)
    if hints:
        layout.blank(console)
        layout.next_lines(console, invocation.keep("backtest"))


def _heading(document: BacktestDocument) -> str:
    """``Salesforce demo: 3 forecasts, 1 Jun to 31 Aug 2017``"""
    return f"{plain(document.name)}: {plural(len(document.origins), 'forecast')}, {spanned(document)}"


def _origins(document: BacktestDocument) -> Table:
    amounts = Amounts.of(document)
    rows = [_origin(origin, amounts) for origin in document.origins]
    heads = (
        (f"period{amounts.in_unit}", "left"),
        ("actual", "right"),
        ("median", "right"),
        ("80 % range", "right"),
        ("actual is", "left"),
    )
    return layout.table(heads, rows)


def _origin(origin: BacktestOrigin, amounts: Amounts) -> tuple[str, ...]:
    low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
    return (
        origin.period,
        amounts.text(origin.actual),
        amounts.text(middle),
        amounts.span(low, high),
        missed(origin),
    )


def _print_groups(document: BacktestDocument, console: Console) -> None:
    """The accuracy of each of the largest groups, with that of the whole."""
    first = f"by {document.by}{Amounts.of(document).in_unit}"
    layout.blank(console)
    heads = [(first, "left"), *((head, "right") for head in HEADS)]
    layout.show(console, layout.table(heads, group_score_rows(document)))
    layout.paragraph(console, group_score_note(document), style=layout.FAINT)


def _forecasters(document: BacktestDocument) -> Table:
    summary = document.summary
    rows = []
    for name in document.forecasters:
        score, bias = summary.relative_crps[name], summary.bias[name]
        off_by = average_error(document, name)
        rows.append(
            (
                forecaster_name(name),
                count(summary.told[name]),
                error_share(off_by),
                error_share(score),
                signed_share(bias),
                *(f"{held(document, r, name)} of {summary.told[name]}" for r in ("50", "80", "90")),
            )
        )
    heads = (
        ("method", "left"),
        ("forecasts", "right"),
        ("off by", "right"),
        ("score\n(CRPS)", "right"),
        ("bias", "right"),
        ("inside the\n50 % range", "right"),
        ("80 %\nrange", "right"),
        ("90 %\nrange", "right"),
    )
    return layout.table(heads, rows)
