"""What a sensitivity analysis found, in words: sentences that its screen and its page share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from funnelsim.core.calendar.time import MONTH_DAYS, YEAR_DAYS
from funnelsim.documents.sensitivity import (
    ElasticityRow,
    InformationRow,
    ParameterRow,
    SensitivityDocument,
    SobolRow,
)
from funnelsim.report.words.measures import Measure, measure
from funnelsim.report.words.money import MISSING, money, quota_money, sentence_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, days, plural, share

_RANGES = {"fit": "90 % range of the fit", "given": "given", "assumed": "assumed"}
#: Gains below this share of right calls are not shown: half a call in a thousand.
_LEAST_GAIN = 0.0005


def metric_words(document: SensitivityDocument) -> Measure:
    """The metric as a person reads it."""
    return measure(document.metric, document.stage_names, document.role_names, document.noun)


def strongest(document: SensitivityDocument) -> str:
    """``Bookings depend most on the chance of Demo to Proposal: 1 % more of it gives 0.57 % more.``"""
    what = metric_words(document).label
    clear = [row for row in document.elasticities if row.clear and row.value is not None]
    if not clear:
        return f"No parameter has a clear effect on {what}."
    row = clear[0]
    assert row.value is not None
    more = "more" if row.value > 0 else "less"
    now = f" (now {value_words(row, row.now, document)})" if row.now is not None else ""
    return (
        f"{what[:1].upper()}{what[1:]}: the strongest parameter is the {plain(row.name)}{now}. "
        f"1 % more of it gives {abs(row.value):.2f} % {more} {what}."
    )


def strongest_title(document: SensitivityDocument) -> str:
    """``The strongest parameter is the chance of Negotiation to won``; what is shown, where none is clear."""
    clear = [row for row in document.elasticities if row.clear and row.value is not None]
    if not clear:
        return "What the forecast depends on"
    return f"The strongest parameter is the {plain(clear[0].name)}"


def split(document: SensitivityDocument) -> str:
    """How much of the spread is chance, how much is not knowing the parameters, and what that means."""
    found, what = document.variance, metric_words(document)
    if found.parameters is None or found.chance_sd is None or found.parameters_sd is None:
        return "Too few futures to tell chance from not knowing the parameters."
    whole = math.hypot(found.chance_sd, found.parameters_sd)
    ends = ""
    if found.low is not None and found.high is not None:
        ends = f" ({document.level * 100:.0f} % interval {share(found.low)} to {share(found.high)})"
    unsure = "from not knowing the parameters exactly"
    if found.basis == "ranges":
        unsure = "from the parameters, if each may lie anywhere in its range"
    return (
        f"Of the variance of {what.label}, {share(found.chance)} comes from chance and "
        f"{share(found.parameters)}{ends} {unsure}. If they were known, the standard deviation would fall "
        f"from {_amount(document, whole)} to {_amount(document, found.chance_sd)}."
    )


def quota_chance(document: SensitivityDocument) -> str:
    """``Quota USD 1.2 million, chance 31 %``, and whether that is over ranges; empty without a quota."""
    decision = document.decision
    if document.quota is None or decision is None:
        return ""
    over = " over the ranges of the parameters" if decision.basis == "ranges" else ""
    quota = quota_money(document.quota, document.currency)
    return f"Quota {quota}, chance {chance(decision.probability)}{over}"


def bet(document: SensitivityDocument) -> list[str]:
    """How often a bet on the quota is right today, and what knowing more adds."""
    decision = document.decision
    if decision is None or decision.probability is None or decision.right_calls is None:
        return ["Without a quota there is no decision to inform: give one with --quota."]
    side = "is reached" if decision.probability >= 0.5 else "is missed"
    quota = quota_money(document.quota, document.currency)
    known = decision.everything
    unsure = "If each parameter may lie anywhere in its range, a" if decision.basis == "ranges" else "A"
    said = (
        f"{unsure} bet today that the quota of {quota} {side} is right with a chance of "
        f"{chance(decision.right_calls)}. Knowing all parameters would make that "
        f"{gain_words(known.value, known.error)} more."
    )
    clear = clear_gains(document)
    if not clear:
        return [said, "No single parameter is clearly worth measuring for this bet."]
    best = clear[0]
    return [
        said,
        f"Most worth measuring: {plain(best.name)}, {gain_words(best.value, best.error)} more right.",
    ]


def gain_words(value: float | None, error: float | None) -> str:
    """``2.1 points (+/- 0.8)``"""
    if value is None:
        return MISSING
    around = "" if error is None else f" (+/- {100 * error:.1f})"
    return f"{100 * value:.1f} points{around}"


def clear_gains(document: SensitivityDocument) -> list[InformationRow]:
    """The parameters whose gain is larger than its error."""
    return [row for row in document.information if (row.value or 0.0) > max(row.error or 0.0, _LEAST_GAIN)]


def without_clear_effect(document: SensitivityDocument) -> str:
    """``No clear effect: time in Demo, time in Qualified.``; empty where each is clear."""
    names = [plain(row.name) for row in document.elasticities if not row.clear]
    return f"No clear effect: {_listed(names)}." if names else ""


def without_clear_gain(document: SensitivityDocument) -> str:
    """The parameters that are not worth measuring for the bet; empty where there are none."""
    clear = {row.path for row in clear_gains(document)}
    names = [plain(row.name) for row in document.information if row.path not in clear]
    return f"No clear gain: {_listed(names)}." if names else ""


def elasticity_words(row: ElasticityRow) -> str:
    """``+0.57 [+0.56, +0.59]``"""
    if row.value is None:
        return MISSING
    if row.low is None or row.high is None:
        return _signed(row.value)
    return f"{_signed(row.value)} [{_signed(row.low)}, {_signed(row.high)}]"


def _signed(value: float) -> str:
    text = f"{value:+.2f}"
    return text if text.strip("+-0.") else "0"


def range_words(row: SobolRow, document: SensitivityDocument) -> str:
    """``8.7 to 12.7 days``"""
    if row.range.low is None or row.range.high is None:
        return MISSING
    low, high = (value_words(row, end, document) for end in (row.range.low, row.range.high))
    if row.kind == "amount":
        return sentence_scale([row.range.low, row.range.high], document.currency).span(
            row.range.low, row.range.high
        )
    number, _, unit = low.partition(" ")
    return f"{number} to {high}" if unit and high.endswith(f" {unit}") else f"{low} to {high}"


def basis_words(row: SobolRow) -> str:
    """Where a range comes from."""
    return _RANGES.get(row.range.basis, row.range.basis)


def total_words(row: SobolRow) -> str:
    """``68 % [58 %, 78 %]``; a share that is negative by chance is shown as 0."""
    ends = [share(max(end, 0.0)) for end in (row.low, row.high) if end is not None]
    interval = f" [{', '.join(ends)}]" if len(ends) == 2 else ""
    return f"{share(max(row.total or 0.0, 0.0))}{interval}"


def first_words(row: SobolRow) -> str:
    return share(max(row.first or 0.0, 0.0))


def explained(document: SensitivityDocument) -> str:
    """What the Sobol indices are shares of; empty where there are none."""
    basis = document.sobol_basis
    if not document.sobol or basis is None or basis.sd is None:
        return ""
    number = plural(len(document.sobol), "parameter")
    return (
        f"If the {number} of this table may lie anywhere in their ranges, expected "
        f"{metric_words(document).label} vary by {_amount(document, basis.sd)} (standard deviation)."
    )


def rests_on(document: SensitivityDocument) -> list[str]:
    """What each answer rests on."""
    said = [
        "1 % more of a chance: 1.01 times the chance; the other exits of the stage share the rest. Time in a "
        "stage: all its exits. Measured between 10 % less and 10 % more, on the same random draws."
    ]
    basis = document.sobol_basis
    if document.sobol and basis is not None:
        points = (basis.points or 0) * (len(document.sobol) + 2)
        how = "exact means" if basis.method == "exact" else f"means of the same {basis.futures} futures"
        said.append(
            f"Ranges: each parameter varies on its own, all values equally likely ({how} at {count(points)} "
            "points). Alone: without the others. In all: with interactions."
        )
    if document.decision is not None:
        said.append("Worth knowing: share of bets that are right, in points; +/- is one standard error.")
    return said


def value_words(row: ParameterRow, value: float | None, document: SensitivityDocument) -> str:
    """A value of a parameter: ``75.1 %``, ``2.0 per day``, ``10.4 days``, ``USD 47.2 thousand``."""
    if value is None:
        return MISSING
    match row.kind:
        case "probability":
            return f"{100 * value:.1f} %"
        case "rate":
            return _rate(value)
        case "time":
            return days(value)
        case "amount":
            return money(value, document.currency)
        case "effort":
            return f"{value * 24:.1f} hours"
        case "headcount":
            return plural(round(value), "rep")
        case _:
            return f"{value:.4g}"


def _rate(per_day: float) -> str:
    for unit, length in (("day", 1.0), ("week", 7.0), ("month", MONTH_DAYS)):
        if per_day * length >= 1:
            return f"{per_day * length:.1f} per {unit}"
    return f"{per_day * YEAR_DAYS:.1f} per year"


def _amount(document: SensitivityDocument, value: float) -> str:
    words = metric_words(document)
    if words.unit == "money":
        return money(value, document.currency)
    return words.value(value, sentence_scale([value], document.currency))


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"and {len(names) - most} more")
    return ", ".join(shown)
