"""When deals close, by week of the quarter: actual and expected by the model, a row for each outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from funnelsim.core.errors import Problem
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.fit import FitCloses, FitDocument
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.style.text_layout import Heading, fold
from funnelsim.report.style.theme import (
    BLUE,
    GREY,
    MARGIN,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import plural, share

_WIDTH, _PLOT, _LABEL, _AXIS, _GAP = 8.0, 1.9, 0.34, 0.5, 0.35  # inches
_NAMES = 2.0


@themed
def closes_figure(document: Mapping[str, Any]) -> Figure:
    """Deals closed per week of the calendar quarter: actual, and expected with a 90 % band.

    Parameters
    ----------
    document : mapping
        A fit document, as ``funnelsim fit --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is no fit, or holds no closes.
    """
    typed = read_as(FitDocument, document, "fit")
    if not typed.closes:
        message = "has no closes: the fit assumes a steady past, or an older version wrote it"
        raise DocumentError("fit", [Problem(path="closes", message=message)])
    noun = plural_noun(typed.noun)
    head = Heading.of(_title(typed), _subtitle(typed), _WIDTH)
    row = _LABEL + _PLOT + _AXIS
    figure = new_figure(_WIDTH, head.height + row * len(typed.closes) + 0.1)
    head.draw(figure)
    for place, closes in enumerate(typed.closes):
        top = head.height + row * place
        title = f"{plain(typed.stage_name(closes.to))}: {noun} a week"
        write_lines(figure, title, MARGIN, bottom=top + _LABEL - 0.1, weight="bold")
        left = MARGIN + 0.4
        axes = axes_at(figure, left, top + _LABEL, _WIDTH - left - MARGIN - _NAMES - _GAP, _PLOT)
        _draw(axes, closes)
        _explain(figure, axes, closes, top + _LABEL)
        if place == len(typed.closes) - 1:
            axes.set_xlabel("week of the calendar quarter", fontsize=SMALL)
    return figure


def _title(document: FitDocument) -> str:
    """In how many weeks the wins, or the first outcome without any, are not what the model expects."""
    closes = next((one for one in document.closes if one.to == "won"), document.closes[0])
    weeks = sum(seen is not None for seen in closes.seen)
    what = f"{plural_noun(document.noun)} closed as {plain(document.stage_name(closes.to)).lower()}"
    if not weeks or closes.outside is None:
        return f"{what[:1].upper()}{what[1:]}, by week of the quarter"
    outside = round(closes.outside * weeks)
    if not outside:
        return f"In all {plural(weeks, 'week')} of the quarter, {what} are as many as the model expects"
    return (
        f"In {outside} of {plural(weeks, 'week')} of the quarter, {what} are not as many as the model expects"
    )


def _subtitle(document: FitDocument) -> str:
    as_of = f", as of {date_words(document.as_of)}" if document.as_of else ""
    return (
        f"{plain(document.name)}{as_of}. Model: expected closes of the {plural_noun(document.noun)} then "
        "open, without drift and without those that close at once."
    )


def _draw(axes: Axes, closes: FitCloses) -> None:
    weeks = np.arange(1, len(closes.seen) + 1)
    edges = np.arange(len(weeks) + 1) + 0.5
    low, high, expected = (_to_its_end(v) for v in (closes.low, closes.high, closes.expected))
    axes.fill_between(edges, low, high, color=BLUE, alpha=0.18, linewidth=0, step="post")
    axes.step(edges, expected, where="post", color=BLUE, linewidth=1.6)
    for quarter in closes.quarters:
        axes.plot(weeks, _known(quarter.seen), ".", color=GREY, markersize=3.5)
    axes.plot(weeks, _known(closes.seen), "o", color=VERMILION, markersize=4.5)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0.5, len(weeks) + 0.5)
    axes.set_xticks(weeks)
    axes.yaxis.get_major_locator().set_params(nbins=4)  # type: ignore[call-arg]
    axes.tick_params(labelsize=SMALL)


def _explain(figure: Figure, axes: Axes, closes: FitCloses, top: float) -> None:
    left = axes.get_position().x1 * figure.get_size_inches()[0] + _GAP / 2
    weeks = sum(seen is not None for seen in closes.seen)
    texts = (
        ("actual, mean of the quarters", VERMILION),
        ("actual, single quarters", GREY),
        ("model, with the 90 % band of chance", BLUE),
        (f"{share(closes.outside)} of {plural(weeks, 'week')} lie outside", BLUE),
    )
    middle = top + 0.1
    for text, colour in texts:
        lines = fold(figure, text, _NAMES, size=SMALL)
        write_lines(figure, "\n".join(lines), left, middle=middle + 0.085 * (len(lines) - 1), color=colour)
        middle += 0.17 * len(lines) + 0.06


def _to_its_end(values: Sequence[float | None]) -> NDArray[np.float64]:
    """The last value twice, for steps from edge to edge."""
    return _known([*values, *values[-1:]])


def _known(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values])
