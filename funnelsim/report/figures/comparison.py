"""What each change is worth: the expected difference from the base with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.documents.compare import CompareDocument, MeanDifference, MetricChange, ScenarioResult
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import sentences, span_subtitle
from funnelsim.report.style.text_layout import Heading, fold, place_ticks, text_width, typographic
from funnelsim.report.style.theme import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    PALE,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.measures import Measure, measure
from funnelsim.report.words.money import Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, points
from funnelsim.report.words.ranking import interval_ends, ranked

_WIDTH, _ROW, _HEAD_LINE, _AXIS = 8.0, 0.5, 0.21, 0.75  # inches
_NAMES, _GAP = 2.1, 0.18


@themed
def comparison_figure(document: Mapping[str, Any], metric: str = "") -> Figure:
    """A row for each scenario: difference from the base with its interval, and the chance that it is better.

    Several scenarios are ordered, the best first; their intervals hold for all at once, and the chance is the
    one to be the best of all.

    Parameters
    ----------
    document : mapping
        A compare document, as ``funnelsim compare --json`` writes it.
    metric : str, optional
        Any metric of the document; default bookings, or wins where nothing has an amount.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a comparison, or a scenario lacks the metric.
    """
    typed = read_as(CompareDocument, document, "compare")
    metric = metric or typed.worth
    order = [scenario for scenario, _ in ranked(typed)]
    differences = [_difference(scenario, metric) for scenario in order]
    words = measure(metric, typed.stage_names, typed.role_names, typed.noun)
    scale = table_scale([d for each in differences for d in (each.low, each.high)], typed.currency)
    what = f"Expected difference in {words.label}"
    head = Heading.of(
        _title(order, differences, metric, words, typed.currency),
        sentences(what, span_subtitle(typed, typed.span)),
        _WIDTH,
    )
    rows = _ROW * len(differences)
    columns = _text_columns(typed, differences, metric, words, scale)
    top = head.height + _HEAD_LINE * max(column.head.count("\n") + 1 for column in columns)
    figure = new_figure(_WIDTH, top + rows + _AXIS)
    head.draw(figure)
    widths = [max(text_width(figure, line, size=SMALL, weight="bold") for line in c.lines) for c in columns]
    left, right = MARGIN + _NAMES + _GAP, _WIDTH - MARGIN - sum(widths) - _GAP * len(widths)
    axes = axes_at(figure, left, top, right - left, rows)
    _draw_intervals(
        axes,
        differences,
        [_colour(each, scenario.metrics[metric]) for each, scenario in zip(differences, order, strict=True)],
    )
    if words.unit == "money":
        place_ticks(axes, scale.divisor)
        unit = axis_unit(scale, typed.amount_is)
    else:
        place_ticks(axes, 0.01 if words.unit == "share" else 1.0)
        unit = words.difference_unit(scale)
    axes.set_xlabel(f"difference from the base\n{unit}", size=SMALL)
    names = ["\n".join(fold(figure, s.name, _NAMES, size=SMALL, lines=3)) for s in order]
    _write_column(figure, MARGIN, top, _TextColumn("change", names))
    place = right + _GAP
    for column, width in zip(columns, widths, strict=True):
        _write_column(figure, place, top, column)
        place += width + _GAP
    note = "blue: better\norange: worse\ngrey: no clear effect"
    write_lines(figure, note, MARGIN, bottom=top + rows + 0.55, color=GREY)
    return figure


def _title(
    order: Sequence[ScenarioResult],
    differences: Sequence[MeanDifference],
    metric: str,
    words: Measure,
    currency: str,
) -> str:
    """The change with the largest clear gain; else that there is none, or a clear loss."""
    clear = [
        (each.mean, scenario)
        for each, scenario in zip(differences, order, strict=True)
        if each.mean is not None and _colour(each, scenario.metrics[metric]) != GREY
    ]
    better = [one for one in clear if (one[1].metrics[metric].probability_better or 0.0) >= 0.5]
    if not clear:
        return f"No change has a clear effect on {words.label}"
    value, scenario = max(better or clear, key=lambda pair: abs(pair[0]))
    scale = table_scale([value], currency)
    unit = f" {scale.unit}" if words.unit == "money" and scale.unit else ""
    said = f"{plain(scenario.name)}: {words.label} {words.difference(value, scale)}{unit}"
    return said if better else f"No change is clearly better; {said}"


@dataclass(frozen=True, slots=True)
class _TextColumn:
    head: str
    texts: Sequence[str]

    @property
    def lines(self) -> list[str]:
        return [line for text in (self.head, *self.texts) for line in text.split("\n")]


def _difference(scenario: ScenarioResult, metric: str) -> MeanDifference:
    """The difference, with the interval to draw: the one for all scenarios at once, if there are several."""
    if metric in scenario.metrics:
        change = scenario.metrics[metric]
        low, high = interval_ends(change)
        return change.difference.model_copy(update={"low": low, "high": high})
    known = list(scenario.metrics)
    message = f'has no metric "{metric}"; choose from {", ".join(known)}'
    problem = Problem(path=f'scenario "{scenario.name}"', message=message, hint=did_you_mean(metric, known))
    raise DocumentError("compare", [problem])


def _text_columns(
    document: CompareDocument,
    differences: Sequence[MeanDifference],
    metric: str,
    words: Measure,
    scale: Scale,
) -> list[_TextColumn]:
    """The columns right of the intervals."""
    level = next((each.level for each in differences if each.level is not None), None)
    interval = f"{level * 100:.0f} % interval" if level is not None else "interval"
    interval += ",\nall at once" if document.simultaneous else ""
    worth = [_worth(each, words, scale) for each in differences]
    columns = [_TextColumn(f"{words.difference_unit(scale)}\n({interval})".lstrip("\n"), worth)]
    order = ranked(document)
    changes = [scenario.attainment_probability for scenario, _ in order]
    if any(change is not None for change in changes):
        texts = [points(change.difference) if change else "" for change in changes]
        columns.append(_TextColumn("chance of\nquota", texts))
    if document.priced and metric == document.worth:
        gains = [words.bare_difference(s.metrics[document.aim].difference.mean, scale) for s, _ in order]
        columns.append(_TextColumn("gain\n- cost", gains))
    if document.ranking is not None and metric in (document.worth, document.aim):
        best = [chance(place.probability_best) if place else "" for _, place in order]
        return [*columns, _TextColumn("chance it\nis best", best)]
    better = [
        "no change" if each.is_nothing else chance(scenario.metrics[metric].probability_better)
        for each, (scenario, _) in zip(differences, order, strict=True)
    ]
    return [*columns, _TextColumn("better\nthan base", better)]


def _worth(difference: MeanDifference, words: Measure, scale: Scale) -> str:
    mean = words.bare_difference(difference.mean, scale)
    if difference.is_nothing or difference.low is None or difference.high is None:
        return mean
    low, high = (words.bare_difference(end, scale) for end in (difference.low, difference.high))
    return f"{mean}\n{low} to {high}"


def _write_column(figure: Figure, left: float, top: float, column: _TextColumn) -> None:
    write_lines(figure, column.head, left, bottom=top - 0.06, weight="bold")
    for place, text in enumerate(column.texts):
        write_lines(figure, typographic(text), left, middle=top + _ROW * (place + 0.5))


def _colour(difference: MeanDifference, change: MetricChange) -> str:
    """Grey where the interval includes zero, else by whether the change is an improvement."""
    low, high = difference.low, difference.high
    if low is None or high is None or low <= 0 <= high:
        return GREY
    return BLUE if (change.probability_better or 0.0) >= 0.5 else VERMILION


def _draw_intervals(axes: Axes, differences: Sequence[MeanDifference], colours: Sequence[str]) -> None:
    ends = [end for each in differences for end in (each.low, each.high, each.mean) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.08 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(len(differences) - 0.5, -0.5)
    axes.set_yticks([])
    for place in range(1, len(differences)):
        axes.axhline(place - 0.5, color=PALE, lw=0.5)
    axes.axvline(0, color=INK, lw=1.0)
    for place, (each, colour) in enumerate(zip(differences, colours, strict=True)):
        if each.mean is None:
            continue
        axes.barh([place], [each.mean], height=0.5, color=colour, alpha=0.35, lw=0)
        if each.low is not None and each.high is not None:
            error = [[max(each.mean - each.low, 0)], [max(each.high - each.mean, 0)]]
            axes.errorbar(
                [each.mean],
                [place],
                xerr=error,
                fmt="o",
                color=colour,
                ms=3.5,
                lw=1.8,
                capsize=4,
                capthick=1.4,
            )
