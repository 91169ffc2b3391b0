"""How well each rep, team, segment, source or product was forecast: rows of a table, and a note."""

from __future__ import annotations

from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.report.words.forecasters import held
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import error_share, plural
from funnelsim.report.words.track_record import Amounts, average_error

MOST_GROUPS = 12
HEADS = ("mean\nactual", "mean\nforecast", "off by", "bias", "inside the\n80 % range")


def group_score_rows(document: BacktestDocument) -> list[tuple[str, ...]]:
    """A row for each of the largest groups, and the total."""
    amounts = Amounts.of(document)
    rows: list[tuple[str, ...]] = [
        (
            plain(one.name),
            amounts.text(one.mean_actual),
            amounts.text(one.mean_forecast),
            error_share(_off_by(document, one.name)),
            signed_share(one.bias),
            f"{one.held.get('80', 0)} of {one.forecasts}",
        )
        for one in document.groups[:MOST_GROUPS]
    ]
    summary, forecasts = document.summary, [origin.mean for origin in document.origins]
    total = (
        "total",
        amounts.text(summary.mean_actual or 0.0),
        amounts.text(sum(forecasts) / len(forecasts)),
        error_share(average_error(document)),
        signed_share(summary.bias[OURS]),
        f"{held(document, '80', OURS)} of {summary.told[OURS]}",
    )
    return [*rows, total]


def _off_by(document: BacktestDocument, name: str) -> float | None:
    """Mean distance of the medians of a group from what came, over the mean of what came."""
    found = [one for origin in document.origins for one in origin.groups if one.name == name]
    actual = sum(one.actual for one in found)
    return sum(abs(one.p50 - one.actual) for one in found) / actual if actual > 0 else None


def group_score_note(document: BacktestDocument) -> str:
    more = len(document.groups) - MOST_GROUPS
    left_out = f" {plural(more, 'smaller group')} in the JSON document." if more > 0 else ""
    return (
        "Means of the groups add up to the total; their errors offset each other, so the total is usually "
        f"off by less.{left_out}"
    )


def signed_share(value: float | None) -> str:
    """``+12 %``."""
    return MISSING if value is None else f"{value:+.0%}".replace("%", " %")
