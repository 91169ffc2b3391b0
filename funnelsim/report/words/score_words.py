"""Stored forecasts against actual, in words."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.score import ForecastScore, ScoreDocument
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import Scale, table_scale
from funnelsim.report.words.quantities import count, error_share, plural

SHARED = "Forecasts of one period share its result: many of one period prove no more than a few."
SCORE = "Score: average miss of the whole range (CRPS), lower is better."


def overridden_words(document: ScoreDocument) -> str:
    """That a judgement by people is not scored as one of the model; empty without any."""
    many = sum(1 for one in document.forecasts if one.overrides)
    if not many:
        return ""
    verb = "has" if many == 1 else "have"
    return (
        f"{plural(many, 'forecast')} {verb} overrides by people (*): scored is what the model said without "
        "them. Whose overrides helped: funnelsim overrides."
    )


def answer(document: ScoreDocument) -> str:
    """How often the 80 % range held, and how far off the median was."""
    forecasts = document.forecasts
    held = sum(one.held.get("80", False) for one in forecasts)
    many = plural(len(forecasts), "stored forecast")
    text = f"The 80 % range of {many} of {plural(document.periods, 'period')} held the actual result {held}"
    text += " time." if held == 1 else " times."
    if document.error is None:
        return text
    text += f" The likely value was off by {error_share(document.error)} on average"
    if document.bias is not None and abs(document.bias) >= 0.005:
        side = "too high" if document.bias > 0 else "too low"
        text += f"; on the whole they were {error_share(abs(document.bias))} {side}"
    return f"{text}."


def scale_of(document: ScoreDocument) -> Scale:
    amounts = [x for one in document.forecasts if one.metric == "bookings" for x in (one.p90, one.actual)]
    return table_scale(amounts, document.currency)


def score_rows(document: ScoreDocument, *, detail: bool) -> Iterator[list[str]]:
    """A row for each forecast: when it was made, what it said, what came."""
    scale = scale_of(document)
    for one in document.forecasts:
        show = count if one.metric == "deals_won" else scale.number
        yield [
            one.id,
            date_words(one.as_of, short=True) if one.as_of else "",
            f"{one.period}{' *' if one.overrides else ''}",
            "" if one.days_left is None else f"{one.days_left:,.0f}",
            show(one.p50),
            f"{show(one.p10)} to {show(one.p90)}",
            show(one.actual),
            _off(one),
            "yes" if one.held.get("80") else "no",
            *([show(one.crps)] if detail else []),
        ]


def _off(one: ForecastScore) -> str:
    return "" if not one.actual else f"{(one.p50 / one.actual - 1) * 100:+.0f} %"


def unit_words(document: ScoreDocument) -> str:
    """``USD thousand, ACV``; deals where nothing has an amount."""
    if all(one.metric == "deals_won" for one in document.forecasts):
        return f"{plural_noun(document.noun)} won"
    return ", ".join(part for part in (scale_of(document).unit, document.amount_is) if part)
