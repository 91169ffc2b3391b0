"""Names of metrics, and how their values and differences are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.shared import Summary
from funnelsim.metrics.names import MetricError, Unit, metric
from funnelsim.report.words.money import MISSING, Scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import (
    count,
    count_span,
    days,
    points,
    share,
    shares,
    signed_count,
    signed_days,
    time_unit,
)

_LABELS = {
    "leads_created": "leads created",
    "deals_won": "deals won",
    "deals_lost": "deals lost",
    "bookings": "bookings",
    "quota_credit": "quota credit",
    "revenue": "revenue",
    "cycle_days": "cycle, lead to win",
    "win_rate": "win rate",
    "first_response_days": "time to first response",
    "abandoned": "leads that gave up waiting",
    "churned": "clients lost",
    "retention": "retention",
    "expansion": "expansion",
    "cost": "cost",
    "profit": "bookings less cost",
}
#: Metrics of comparisons alone, not of a run.
_MONEY = ("cost", "profit")
_LABELS_BY_NOUN = {
    "leads_created": "{} created",
    "deals_won": "{} won",
    "deals_lost": "{} lost",
    "abandoned": "{} that gave up waiting",
}
_LABELS_BY_STAGE = {
    "entered": "entered {}",
    "conversion": "conversion of {}",
    "dwell_days": "time in {}",
    "wait_days": "wait in {}",
    "wip": "number in {}",
    "utilisation": "busy share of {}",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric as a person reads it."""

    label: str
    unit: Unit

    def value(self, value: float | None, scale: Scale) -> str:
        """A value, money in the table's unit: ``1,068``, ``62 %``, ``29.7 days``."""
        match self.unit:
            case "money":
                return scale.number(value)
            case "share":
                return share(value)
            case "days":
                return days(value)
            case _:
                return count(value)

    def row(self, summary: Summary, scale: Scale) -> tuple[str, str, str]:
        """Median, 80 % range and mean of a summary; times of a row in one unit."""
        if self.unit == "days":
            unit = time_unit([summary.p90, summary.mean])
            span = unit.span(summary.p10, summary.p90)
            return unit.words(summary.p50), span, unit.words(summary.mean)
        values = (summary.p50, summary.p10, summary.p90, summary.mean)
        if self.unit == "share":
            middle, low, high, mean = shares(values)
        else:
            middle, low, high, mean = (self.value(one, scale) for one in values)
        if self.unit == "count" and summary.p10 is not None:
            return middle, count_span(summary.p10, summary.p90), mean
        return middle, f"{low} to {high}", mean

    def difference(self, value: float | None, scale: Scale, base: Summary | None = None) -> str:
        """A difference with its sign: ``+97``, ``+5 pp``, ``-11.2 days``; times in the unit of `base`."""
        match self.unit:
            case "money":
                return scale.signed(value)
            case "share":
                return points(value)
            case "days":
                return signed_days(value) if base is None else time_unit([base.mean]).signed(value)
            case _:
                return signed_count(value)

    def difference_unit(self, scale: Scale) -> str:
        """What stands above a column of bare differences."""
        return {"money": scale.unit, "share": "percentage points", "days": "days"}.get(self.unit, "number")

    def bare_difference(self, value: float | None, scale: Scale) -> str:
        """A difference without its unit, for a column: ``+97``, ``-11.2``."""
        if self.unit not in ("days", "share"):
            return self.difference(value, scale)
        if value is None:
            return MISSING
        text = f"{value * (100 if self.unit == 'share' else 1):+.1f}"
        return text if text.strip("+-0.") else "0"


def measure(
    name: str,
    stage_names: Mapping[str, str] | None = None,
    role_names: Mapping[str, str] | None = None,
    noun: str = "",
) -> Measure:
    """The words for a metric: ``bookings``, ``conversion.demo``; unknown ones keep their name.

    Parameters
    ----------
    name : str
        As documents name it.
    stage_names, role_names : mapping, optional
        Key to name, where the document gives them.
    noun : str, optional
        What the model calls a lead.
    """
    whole, _, part = name.partition(".")
    unit = _unit(name)
    if part and whole in _LABELS_BY_STAGE:
        names = (role_names if whole == "utilisation" else stage_names) or {}
        words = plain(names.get(part, "") or part.replace("_", " "))
        return Measure(_LABELS_BY_STAGE[whole].format(words), unit)
    if noun and whole in _LABELS_BY_NOUN:
        return Measure(_LABELS_BY_NOUN[whole].format(plural_noun(noun)), unit)
    return Measure(_LABELS.get(name, name.replace("_", " ")), unit)


def _unit(name: str) -> Unit:
    if name in _MONEY:
        return "money"
    try:
        return metric(name).unit
    except MetricError:
        return "count"
