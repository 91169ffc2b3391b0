"""A backtest on screen: was the range right, was it better than what others would have said?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from funnelsim.report.money import Scale, table_scale
from funnelsim.report.names import plain
from funnelsim.report.quantities import count, share
from funnelsim.report.screens import layout

_NAMES = {
    "funnelsim": "funnelsim",
    "funnelsim, recalibrated": "funnelsim, recalibrated",
    "weighted_pipeline": "weighted pipeline",
    "weighted_pipeline_past_errors": "weighted pipeline, its past errors",
    "run_rate": "run-rate",
    "seasonal_naive": "same period of last season",
    "auto_ets": "exponential smoothing",
}
_OURS = "funnelsim"
#: Places of the 10 % and the 90 % quantile among 99.
_LOW, _HIGH = 9, 89


def print_backtest(document: Mapping[str, Any], console: Console) -> None:
    """Print each origin, then how close and how honest each forecaster was.

    Parameters
    ----------
    document : mapping
        As ``funnelsim backtest --json`` writes it.
    console : rich.console.Console
    """
    summary = document["summary"]
    layout.title(console, "BACKTEST", f"{plain(document['history'])}   {summary['origins']} origins")
    what = "Bookings" if document["metric"] == "bookings" else "Deals won"
    trusted = ", ".join(document["trusted"])
    used = f"; {trusted} used as exported" if trusted else "; undated amounts, owners and segments unknown"
    layout.paragraph(
        console,
        f"{what} by {document['every']}, each from what was known on its eve{used}.",
        style=layout.FAINT,
    )
    layout.blank(console)
    for sentence in verdict(document):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    layout.show(console, _origins(document))
    layout.blank(console)
    layout.show(console, _forecasters(summary))
    for period, why in document["skipped"].items():
        layout.paragraph(console, f"! {period} is left out: {why}", style=layout.WARNING)


def verdict(document: Mapping[str, Any]) -> Iterator[str]:
    """What came out, in plain words; no more is claimed than the origins can tell."""
    origins, summary = document["origins"], document["summary"]
    held = sum(row["quantiles"][_LOW] <= row["actual"] <= row["quantiles"][_HIGH] for row in origins)
    yield f"The 80 % range held what then happened in {held} of {len(origins)} {document['every']}s."
    for name, skill in summary["skill"].items():
        if name.startswith(_OURS):
            continue
        text = f"Closer than the {_NAMES.get(name, name)} in {skill['closer']} of {skill['of']}"
        if skill["low"] is not None and skill["low"] == skill["low"]:
            text += (
                f"; skill {skill['value']:+.2f} (90 % interval {skill['low']:+.2f} to {skill['high']:+.2f})"
            )
        yield text + "."


def _origins(document: Mapping[str, Any]) -> Table:
    origins = document["origins"]
    scale = _scale(document, [row["actual"] for row in origins])
    rows = []
    for row in origins:
        low, middle, high = (row["quantiles"][place] for place in (_LOW, 49, _HIGH))
        sign = "" if low <= row["actual"] <= high else ("above" if row["actual"] > high else "below")
        numbers = (scale.number(value) for value in (row["actual"], middle, low, high))
        actual, told, below, above = numbers
        rows.append((row["period"], actual, told, f"{below} to {above}", sign))
    unit = f" ({scale.unit})" if scale.unit else ""
    heads = (
        (f"period{unit}", "left"),
        ("actual", "right"),
        ("median", "right"),
        ("80 % range", "right"),
        ("missed", "left"),
    )
    return layout.table(heads, rows)


def _forecasters(summary: Mapping[str, Any]) -> Table:
    rows = []
    for name, score in summary["relative_crps"].items():
        covered = summary["coverage_intervals"][name]
        told = summary["told"][name]
        rows.append(
            (
                _NAMES.get(name, name),
                count(told),
                f"{score:.3f}",
                f"{summary['bias'][name]:+.0%}",
                *(share(covered[range_]["value"]) for range_ in ("50", "80", "90")),
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


def _scale(document: Mapping[str, Any], values: Sequence[float]) -> Scale:
    return table_scale(values, document["currency"] if document["metric"] == "bookings" else "")
