"""The page of a backtest: the verdict, the track record in pictures, and the scores of each method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.documents.backtest import OURS, BacktestDocument, BacktestInterval, BacktestOrigin
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.figures.backtest import backtest_figure
from funnelsim.report.figures.calibration import calibration_figure
from funnelsim.report.pages.section import Grid, Picture, Section, columns
from funnelsim.report.words.forecasters import forecaster_name, held, others, ours_beside
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, error_share, share
from funnelsim.report.words.track_record import Amounts, about, missed, notes, what
from funnelsim.report.words.verdict import periods, verdict_of


def backtest_sections(document: BacktestDocument, raw: Mapping[str, Any]) -> Iterator[Section]:
    verdict = list(verdict_of(document))
    first, last = document.origins[0].period, document.origins[-1].period
    yield Section(
        title=f"Forecasts of past periods: {what(document)}, {first} to {last}",
        subtitle=about(document),
        sentences=[*verdict, *(f"{plain(note)}." for note in notes(document))],
        key_figures=_key_figures(document),
        pictures=[
            Picture(figure=backtest_figure(raw), words=" ".join(verdict[:2])),
            Picture(figure=calibration_figure(raw), words=f"Reliability and PIT histogram. {verdict[0]}"),
        ],
        grids=list(_grids(document)),
    )


def _key_figures(document: BacktestDocument) -> list[tuple[str, str, str]]:
    n = document.summary.told[OURS]
    low, high = consistency_band(n, 0.8)
    inside = periods(held(document, "80"), n, document.every)
    figures = [("Inside the 80 % range", inside, f"correct ranges: {low} to {high}")]
    figures.append(
        ("Average error", error_share(document.summary.relative_crps[OURS]), "of the mean actual result")
    )
    for name in others(document)[:1]:
        skill = document.summary.skill[name]
        closer = periods(skill.closer, skill.of, document.every)
        figures.append(("Closer than the best other method", closer, forecaster_name(name)))
    return figures


def _grids(document: BacktestDocument) -> Iterator[Grid]:
    yield forecaster_grid(document)
    amounts = Amounts.of(document)
    yield Grid(
        title="Period by period",
        columns=columns(
            f"period{amounts.in_unit}", "#actual", "#median", "#80 % range", "actual is", "#CRPS"
        ),
        rows=[_origin(origin, amounts) for origin in document.origins],
        note="Actual is: above or below the 80 % range.",
    )
    if document.skipped:
        rows = [(plain(period), plain(why)) for period, why in document.skipped.items()]
        yield Grid(title="Skipped periods", columns=columns("period", "reason"), rows=rows)


def forecaster_grid(document: BacktestDocument) -> Grid:
    """Score, bias and coverage of each method, and how funnelsim did against it."""
    n = document.summary.told[OURS]
    correct = ", ".join(f"{_ends(*consistency_band(n, int(r) / 100))} ({r} %)" for r in ("50", "80", "90"))
    return Grid(
        title="Accuracy of each method",
        columns=columns(
            "method",
            "#forecasts",
            "#CRPS / mean actual",
            "#funnelsim, same periods",
            "#bias",
            "#inside 50 %",
            "#inside 80 %",
            "#inside 90 %",
            "#funnelsim closer",
        ),
        rows=[_forecaster(document, name) for name in document.forecasters],
        note=(
            f"Of {n} independent periods correct ranges contain, 9 times in 10: {correct}. "
            "Forecasts: periods for which the method had enough data; funnelsim, same periods: its score on "
            "these. With ten blocks of periods or more, shares and skill have a 90 % interval."
        ),
    )


def _forecaster(document: BacktestDocument, name: str) -> tuple[str, ...]:
    summary = document.summary
    bias = summary.bias[name]
    cells = (
        forecaster_name(name),
        count(summary.told[name]),
        score(summary.relative_crps[name]),
        "" if name == OURS else score(ours_beside(document, name)),
        MISSING if bias is None else f"{bias:+.0%}".replace("%", " %"),
    )
    return (*cells, *(_coverage(document, name, r) for r in ("50", "80", "90")), _closer(document, name))


def _coverage(document: BacktestDocument, name: str, range_: str) -> str:
    covered = document.summary.coverage_intervals[name][range_]
    inside = f"{held(document, range_, name)} of {document.summary.told[name]}"
    return f"{inside}, {_interval(covered)}" if covered.is_known else inside


def _interval(of: BacktestInterval) -> str:
    return f"{share(of.value)} ({share(of.low)} to {share(of.high)})"


def _closer(document: BacktestDocument, name: str) -> str:
    if name == OURS:
        return ""
    skill = document.summary.skill[name]
    closer = f"{skill.closer} of {skill.of}"
    if not skill.is_known:
        return closer
    return f"{closer}, skill {skill.value:+.2f} ({skill.low:+.2f} to {skill.high:+.2f})"


def _origin(origin: BacktestOrigin, amounts: Amounts) -> tuple[str, ...]:
    low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
    return (
        plain(origin.period),
        amounts.text(origin.actual),
        amounts.text(middle),
        amounts.span(low, high),
        missed(origin),
        amounts.score(origin.crps),
    )


def _ends(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def score(value: float | None) -> str:
    """A CRPS over the mean actual: ``0.151``."""
    return MISSING if value is None else f"{value:.3f}"
