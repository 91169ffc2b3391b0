"""A backtest on a page: the verdict, the track record in pictures, and each forecaster's scores."""

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
from funnelsim.report.words.quantities import count, share
from funnelsim.report.words.track_record import Amounts, about, missed, notes, what
from funnelsim.report.words.verdict import periods, verdict_of


def backtest_sections(document: BacktestDocument, raw: Mapping[str, Any]) -> Iterator[Section]:
    said = list(verdict_of(document))
    first, last = document.origins[0].period, document.origins[-1].period
    yield Section(
        title=f"Was it right before? {what(document)}, {first} to {last}",
        subtitle=about(document),
        sentences=[*said, *(f"{plain(note)}." for note in notes(document))],
        key_figures=_key_figures(document),
        pictures=[
            Picture(figure=backtest_figure(raw), words=" ".join(said[:2])),
            Picture(figure=calibration_figure(raw), words=f"Reliability and PIT histogram. {said[0]}"),
        ],
        grids=list(_grids(document)),
    )


def _key_figures(document: BacktestDocument) -> list[tuple[str, str, str]]:
    n = document.summary.told[OURS]
    low, high = consistency_band(n, 0.8)
    inside = periods(held(document, "80"), n, document.every)
    found = [("80 % range held", inside, f"right ranges: {low} to {high}")]
    found.append(("Error", score(document.summary.relative_crps[OURS]), "CRPS / mean actual"))
    for name in others(document)[:1]:
        skill = document.summary.skill[name]
        closer = periods(skill.closer, skill.of, document.every)
        found.append(("Closer than the strongest other", closer, forecaster_name(name)))
    return found


def _grids(document: BacktestDocument) -> Iterator[Grid]:
    yield forecaster_grid(document)
    amounts = Amounts.of(document)
    yield Grid(
        title="Period by period",
        columns=columns(f"period{amounts.in_unit}", "#actual", "#median", "#80 % range", "missed", "#CRPS"),
        rows=[_origin(origin, amounts) for origin in document.origins],
        note="Missed: on which side of the 80 % range the actual lay.",
    )
    if document.skipped:
        rows = [(plain(period), plain(why)) for period, why in document.skipped.items()]
        yield Grid(title="Left out", columns=columns("period", "why"), rows=rows)


def forecaster_grid(document: BacktestDocument) -> Grid:
    """Each forecaster's score, bias and coverage, and how funnelsim did against it."""
    n = document.summary.told[OURS]
    right = ", ".join(f"{_ends(*consistency_band(n, int(r) / 100))} ({r} %)" for r in ("50", "80", "90"))
    return Grid(
        title="Who came how close",
        columns=columns(
            "forecaster",
            "#told",
            "#CRPS / mean actual",
            "#funnelsim there",
            "#bias",
            "#50 % held",
            "#80 % held",
            "#90 % held",
            "#funnelsim closer",
        ),
        rows=[_forecaster(document, name) for name in document.forecasters],
        note=(
            f"Of {n} independent origins right ranges hold, 9 times in 10: {right}. "
            "Told: at how many origins it had enough to go by; funnelsim there: our score at these. "
            "Where ten blocks of origins allow it, shares and skill have a 90 % interval."
        ),
    )


def _forecaster(document: BacktestDocument, name: str) -> tuple[str, ...]:
    summary = document.summary
    bias = summary.bias[name]
    told = (
        forecaster_name(name),
        count(summary.told[name]),
        score(summary.relative_crps[name]),
        "" if name == OURS else score(ours_beside(document, name)),
        MISSING if bias is None else f"{bias:+.0%}".replace("%", " %"),
    )
    return (*told, *(_coverage(document, name, r) for r in ("50", "80", "90")), _closer(document, name))


def _coverage(document: BacktestDocument, name: str, range_: str) -> str:
    told = document.summary.coverage_intervals[name][range_]
    inside = f"{held(document, range_, name)} of {document.summary.told[name]}"
    return f"{inside}, {_interval(told)}" if told.is_known else inside


def _interval(told: BacktestInterval) -> str:
    return f"{share(told.value)} ({share(told.low)} to {share(told.high)})"


def _closer(document: BacktestDocument, name: str) -> str:
    if name == OURS:
        return ""
    skill = document.summary.skill[name]
    told = f"{skill.closer} of {skill.of}"
    if not skill.is_known:
        return told
    return f"{told}, skill {skill.value:+.2f} ({skill.low:+.2f} to {skill.high:+.2f})"


def _origin(origin: BacktestOrigin, amounts: Amounts) -> tuple[str, ...]:
    low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
    told = (amounts.text(origin.actual), amounts.text(middle), amounts.span(low, high))
    return (plain(origin.period), *told, missed(origin), amounts.score(origin.crps))


def _ends(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def score(value: float | None) -> str:
    """A CRPS over the mean actual: ``0.151``."""
    return MISSING if value is None else f"{value:.3f}"
