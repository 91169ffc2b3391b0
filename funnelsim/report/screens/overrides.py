"""The part of the forecast's screen about overrides: what each of them does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.console import Console

from funnelsim.core.nouns import counted
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.judgement import OverriddenDeal, OverrideChange
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance

MOST_SHOWN = 10
ASSUMPTION = (
    "A probability is the chance to win on the day given as close, or ever if no day is given. Other deals, "
    "the work of reps and referrals stay as the model has them."
)


def print_overrides(document: ForecastDocument, console: Console) -> None:
    """Print what each override does to the first period, the largest effect first."""
    shown = document.overrides[:MOST_SHOWN]
    period = document.periods[0]
    without_money = period.without_money
    amounts = [value for one in shown for value in (one.expected_with, one.expected_without)]
    scale = table_scale(amounts, document.currency)
    unit = f", {scale.unit}" if scale.unit and not without_money else ""
    heads = [(f"Overrides{unit}", "left"), ("what is said", "left"), ("by", "left")]
    heads += [(f"chance in\n{period.period}", "right"), ("expected\nwithout", "right"), ("with", "right")]
    heads += [("effect\non mean", "right")]
    layout.blank(console)
    layout.show(console, layout.table(heads, _rows(document, shown, scale, without_money=without_money)))
    if (more := len(document.overrides) - len(shown)) > 0:
        rest = f"{counted(more, 'more override')} with a smaller effect: --out forecast.csv has all."
        layout.paragraph(console, rest, style=layout.FAINT)
    layout.paragraph(console, ASSUMPTION, style=layout.FAINT)


def _rows(
    document: ForecastDocument, shown: tuple[OverriddenDeal, ...], scale: Scale, *, without_money: bool
) -> Iterator[tuple[str, ...]]:
    for one in shown:
        without, with_, difference = one.expected_without, one.expected_with, one.difference
        cells = (scale.number(without), scale.number(with_), scale.signed(difference))
        if without_money:
            cells = (f"{one.p_without:.2f}", f"{one.p_with:.2f}", f"{one.p_with - one.p_without:+.2f}")
        said = "; ".join(_said(change, document.currency) for change in one.changes)
        in_period = chance(one.p_with) if one.p_with else "0 %"  # stated, so not "under 1 %"
        yield (plain(one.name or one.deal), said, plain(one.who), in_period, *cells)


def _said(change: OverrideChange, currency: str) -> str:
    if change.what == "exclude":
        return "not won"
    before = "" if change.before is None else f" (was {_value(change, change.before, currency)})"
    after = _value(change, change.after, currency)
    if change.what == "probability" and isinstance(change.after, float):
        after = f"{100 * change.after:.3g} %"  # as stated: 0 and 100 % are meant
    return f"{change.what} {after}{before}"


def _value(change: OverrideChange, value: float | dt.date | None, currency: str) -> str:
    if isinstance(value, dt.date):
        return date_words(value)
    return money(value, currency) if change.what == "amount" else chance(value)
