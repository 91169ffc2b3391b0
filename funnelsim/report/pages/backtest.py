"""The page of a backtest: the verdict, the track record in pictures, and the scores of each method."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.backtest import OURS, BacktestDocument, BacktestInterval, BacktestOrigin
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.forecasters import forecaster_name, held, is_ours, others, ours_beside
from funnelsim.report.words.group_scores import HEADS, group_score_note, group_score_rows
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, error_share, share
from funnelsim.report.words.track_record import (
    Amounts,
    about,
    average_error,
    average_error_words,
    missed,
    notes,
    ours_off_beside,
    what,
)
from funnelsim.report.words.verdict import periods, verdict_of


def backtest_sections(document: BacktestDocument) -> Iterator[Section]:
    variants = sum(is_ours(name) and name != OURS for name in document.forecasters)
    said = list(verdict_of(document))
    # The strongest other method in words; all of them stand in the table.
    verdict = [*said[: len(said) - variants - len(others(document)[1:])], *said[len(said) - variants :]]
    first, last = document.origins[0].period, document.origins[-1].period
    yield Section(
        title=f"Forecasts of past periods: {what(document)}, {first} to {last}",
        subtitle=about(document),
        sentences=[
            *average_error_words(document),
            *verdict,
            *(f"{plain(note)}." for note in notes(document)),
        ],
        key_figures=_key_figures(document),
        grids=list(_grids(document)),
    )


def _key_figures(document: BacktestDocument) -> list[tuple[str, str, str]]:
    n = document.summary.told[OURS]
    low, high = consistency_band(n, 0.8)
    inside = periods(held(document, "80"), n, document.every)
    figures = [("Inside the 80 % range", inside, f"correct ranges: {low} to {high}")]
    if (error := average_error(document)) is not None:
        figures.append(("Off by, on average", error_share(error), "of the mean actual result"))
    for name in others(document)[:1]:
        skill = document.summary.skill[name]
        closer = periods(skill.closer, skill.of, document.every)
        figures.append(("Closer than the best other method", closer, forecaster_name(name)))
    return figures


def _grids(document: BacktestDocument) -> Iterator[Grid]:
    amounts = Amounts.of(document)
    yield Grid(
        title="Period by period",
        columns=columns(f"period{amounts.in_unit}", "#actual", "#likely", "#80 % range", "actual is"),
        rows=[_origin(origin, amounts) for origin in document.origins],
        chart=Chart(head="range and actual", marks=[_mark(origin) for origin in document.origins]),
        note="Bar: 80 % range; dot: likely (median); diamond: actual. Actual is: above or below the range.",
    )
    yield _errors(document)
    if document.groups:
        heads = (f"{document.by}{amounts.in_unit}", *(f"#{head}".replace("\n", " ") for head in HEADS))
        yield Grid(
            title=f"By {document.by}",
            columns=columns(*heads),
            rows=group_score_rows(document),
            totals=1,
            note=group_score_note(document),
        )
    yield forecaster_grid(document)
    if document.skipped:
        rows = [(plain(period), plain(why)) for period, why in document.skipped.items()]
        yield Grid(title="Skipped periods", columns=columns("period", "reason"), rows=rows, folded=True)


def _mark(origin: BacktestOrigin) -> Mark:
    low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
    return Mark(low=low, value=middle, high=high, actual=origin.actual)


def _errors(document: BacktestDocument) -> Grid:
    """How far each method was off, in words that need no statistics."""
    known = [(name, average_error(document, name)) for name in document.forecasters]
    rows = [
        (
            forecaster_name(name),
            count(document.summary.told[name]),
            error_share(error),
            error_share(ours_off_beside(document, name)) if name != OURS else "",
            _bias(document, name),
        )
        for name, error in known
    ]
    return Grid(
        title="How far each method was off",
        columns=columns(
            "method", "#forecasts", "#off by, on average", "#funnelsim, same periods", "#too high (+) or low"
        ),
        rows=rows,
        chart=Chart(head="off by", marks=[Mark(value=e, strong=n == OURS) for n, e in known]),
        note="Off by: mean distance of the likely result (median) from the actual one, in per cent of the "
        "mean actual result. Forecasts: periods for which the method had enough data; funnelsim, same "
        "periods: how far it was off in these.",
    )


def _bias(document: BacktestDocument, name: str) -> str:
    bias = document.summary.bias[name]
    return MISSING if bias is None else f"{bias:+.0%}".replace("%", " %")


def forecaster_grid(document: BacktestDocument) -> Grid:
    """Score, bias and coverage of each method, and how funnelsim did against it."""
    n = document.summary.told[OURS]
    correct = ", ".join(f"{_ends(*consistency_band(n, int(r) / 100))} ({r} %)" for r in ("50", "80", "90"))
    return Grid(
        title="Scores for statisticians",
        folded=True,
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
            "CRPS (continuous ranked probability score): how far a whole forecast was from the actual "
            "result, in its unit; lower is better. Skill: by how much the CRPS of funnelsim is lower; 0.2 is "
            "20 %. "
            f"Of {n} independent periods correct ranges contain, 9 times in 10: {correct}. "
            "Forecasts: periods for which the method had enough data; funnelsim, same periods: its score on "
            "these. With ten blocks of periods or more, shares and skill have a 90 % interval."
        ),
    )


def _forecaster(document: BacktestDocument, name: str) -> tuple[str, ...]:
    summary = document.summary
    cells = (
        forecaster_name(name),
        count(summary.told[name]),
        score(summary.relative_crps[name]),
        "" if name == OURS else score(ours_beside(document, name)),
        _bias(document, name),
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
    )


def _ends(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def score(value: float | None) -> str:
    """A CRPS over the mean actual: ``0.151``."""
    return MISSING if value is None else f"{value:.3f}"
