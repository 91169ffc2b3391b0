"""Key figures in words: what has changed, the rows of their table, and how noise is told from change."""

from __future__ import annotations

import math
from collections.abc import Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiPeriod
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import TimeUnit, count, plural, share, time_unit

_LABELS = {
    "leads_created": "{nouns} created",
    "referrals": "referrals",
    "first_response_days": "time to first response",
    "win_rate": "win rate, all {nouns}",
    "sales_win_rate": "win rate in sales",
    "deals_won": "{nouns} won",
    "deal_size": "deal size",
    "cycle_days": "mean cycle, created to won",
    "velocity": "sales velocity",
    "bookings": "bookings",
    "attainment": "quota attainment",
    "open_pipeline": "open pipeline at start",
    "coverage": "pipeline coverage of quota",
    "revenue": "revenue",
    "expansion": "expansion (upsell)",
    "retention": "clients kept",
    "churned": "clients lost",
    "utilisation": "utilisation of reps",
    "conversion": "conversion by stage",
}
_CHARTS = {
    "p": "p chart: shares of independent cases, with more room where the earlier periods vary more (Laney)",
    "u": "u chart: events a day, with more room where the earlier periods vary more (Laney)",
    "X": "individuals chart: spread between the earlier periods, weighted by their size",
}
#: Sentences of what has changed; more are counted.
_MOST_SENTENCES = 3
#: From fewer earlier periods Student's t makes the limits much wider than they will be.
_FEW_PERIODS = 12


def label(document: KpiDocument, figure: KpiFigure) -> str:
    """``win rate, all deals``, ``conversion of Demo``."""
    kind, _, part = figure.name.partition(".")
    if kind == "conversion":
        return f"conversion of {plain(document.stage_name(part))}"
    if kind == "utilisation":
        return f"busy share of {plain(document.role_name(part))}"
    if kind == "delivered":
        return f"entered {plain(document.stage_name(document.sales_stage))}"
    return _LABELS.get(kind, kind).format(noun=document.noun, nouns=plural_noun(document.noun))


def label_with_unit(document: KpiDocument, figure: KpiFigure, scale: Scale) -> str:
    """The label, with the unit of the numbers in its row."""
    text = label(document, figure)
    if figure.unit == "money" and scale.unit:
        text += f", {scale.unit}"
    if figure.unit == "days":
        text += f", {_time(figure).many}"
    return text + ("/day" if figure.name == "velocity" else "")


def scale_of(document: KpiDocument, figure: KpiFigure, shown: Sequence[KpiPeriod]) -> Scale:
    """One unit for a row of amounts."""
    values = [one.value for one in shown] if figure.unit == "money" else []
    return table_scale(values, document.currency)


def number(figure: KpiFigure, value: float | None, scale: Scale) -> str:
    """A value without its unit."""
    if value is None:
        return MISSING
    match figure.unit:
        case "money":
            return scale.number(value)
        case "share":
            return share(value)
        case "days":
            return _time(figure).number(value)
        case "ratio":
            return f"{value:.1f}x"
        case _:
            return count(value)


def span(figure: KpiFigure, low: float | None, high: float | None, scale: Scale) -> str:
    """``24 to 33 %``"""
    if low is None or high is None:
        return ""
    if figure.unit == "count":
        low, high = math.floor(low), math.ceil(high)
    ends = [number(figure, end, scale) for end in (low, high)]
    return f"{ends[0].removesuffix(' %')} to {ends[1]}"


def shown_figures(figures: Sequence[KpiFigure], only: Sequence[str]) -> list[KpiFigure]:
    """Those asked for, else all but those that repeat another."""
    if only:
        return [one for one in figures if one.name in only]
    shown = [one for one in figures if not one.same_as]
    conversions = [one for one in shown if one.name.startswith("conversion.")]
    if len(conversions) == 1 and any(one.name == "win_rate" for one in shown):
        # One stage: its conversion is the win rate, and all that are created enter it.
        return [one for one in shown if one not in conversions and one.name != "delivered"]
    return shown


def shown_periods(document: KpiDocument, most: int) -> list[str]:
    """The last complete periods, and the one that is not over yet."""
    periods = document.kpis[0].periods if document.kpis else ()
    if document.simulated:
        return [one.period for one in periods]
    whole = [one.period for one in periods if one.complete]
    running = [one.period for one in periods[-1:] if not one.complete]
    return [*whole[-most:], *running]


def answer(document: KpiDocument, only: Sequence[str] = ()) -> list[str]:
    """What has changed beyond noise, in sentences; that nothing has, or why that is unknown."""
    if document.simulated:
        return ["Expected in the coming periods: simulated from the model, not counted."]
    changed = [one for one in document.changed if not only or one.name in only]
    said = [change_words(document, one) for one in changed[:_MOST_SENTENCES]]
    if len(changed) > _MOST_SENTENCES:
        said.append(f"{len(changed) - _MOST_SENTENCES} more figures have changed.")
    elsewhere = [
        (g, one)
        for g in document.groups
        for one in g.kpis
        if one.beyond_noise and (one.name in only if only else not one.same_as)
    ]
    said += [f"{plain(g.name)}: {change_words(document, one)}" for g, one in elsewhere[:_MOST_SENTENCES]]
    return said or [_unchanged(document, only)]


def _unchanged(document: KpiDocument, only: Sequence[str]) -> str:
    asked = [one for one in document.kpis if not only or one.name in only]
    tested = [one for one in asked if one.beyond_noise is not None]
    if tested:
        period = tested[0].current
        which = "these" if only else "all"
        return f"Nothing has changed beyond noise in {period}: {which} figures vary as they did before."
    whys = [one.untested for one in asked if one.untested and (only or not one.same_as)]
    return f"Whether anything has changed is unknown: {whys[0] if whys else 'nothing is recorded'}."


def change_words(document: KpiDocument, figure: KpiFigure) -> str:
    """``Win rate fell to 21 % in 2026Q1, below the 24 to 33 % it has been moving in.``"""
    now = figure.now
    assert now is not None
    scale = table_scale([now.value, now.limit_low, now.limit_high], document.currency)
    verb, side = ("rose", "above") if figure.direction == "up" else ("fell", "below")
    value, usual = (
        number(figure, now.value, scale),
        span(figure, now.limit_low, now.limit_high, scale),
    )
    unit = {"money": f" {scale.unit}" if scale.unit else "", "days": f" {_time(figure).many}"}.get(
        figure.unit, ""
    )
    name = label(document, figure)
    per = " a day" if figure.name == "velocity" else ""
    return (
        f"{name[:1].upper()}{name[1:]} {verb} to {value}{unit}{per} in {figure.current}, {side} the {usual} "
        "it has been moving in."
    )


def arrow(figure: KpiFigure) -> str:
    """Up or down, only where a change is beyond noise."""
    if not figure.beyond_noise:
        return ""
    return ("up" if figure.direction == "up" else "down") + (", better" if figure.better else ", worse")


def verdict(figure: KpiFigure) -> str:
    """Whether a change beyond noise is for the better; empty for others."""
    return "" if not figure.beyond_noise else "better" if figure.better else "worse"


def target_words(figure: KpiFigure, scale: Scale) -> str:
    if figure.target is None:
        return ""
    return (">= " if figure.target_is == "at_least" else "<= ") + number(figure, figure.target, scale)


def usual(figure: KpiFigure, scale: Scale) -> str:
    """The control limits of the current period; of a simulated figure, its range in the first."""
    if not figure.current:
        first = figure.periods[0]
        return span(figure, first.low, first.high, scale)
    now = figure.now
    return "" if now is None else span(figure, now.limit_low, now.limit_high, scale)


def noise_words(document: KpiDocument) -> str:
    """What "beyond noise" means here, and how often it is wrong."""
    figure = next((one for one in document.kpis if one.beyond_noise is not None), None)
    if figure is None or document.simulated:
        return ""
    earlier = sum(one.baseline for one in figure.periods)
    alarms, tests = f"{document.false_alarms * 100:.0f} %", count(document.tests)
    more = f"; of the {count(document.group_tests)} of the groups as many" if document.groups else ""
    text = (
        f"Usual: where {figure.current} would lie if nothing had changed since the "
        f"{plural(earlier, document.by)} before. If nothing has changed, at most {alarms} of such reports "
        f"flag something ({tests} comparisons{more})."
    )
    if earlier < _FEW_PERIODS:
        text += f" With {earlier} earlier {plural_noun(document.by)} only large changes stand out from noise."
    return text


def detail_words(document: KpiDocument) -> list[str]:
    """How noise is told from change, figure by figure."""
    charts = dict.fromkeys(one.chart for one in document.kpis if one.beyond_noise is not None)
    level = f"{document.level:.0%}".replace("%", " %")
    return [
        f"Intervals ({level}): Wilson for shares, exact Poisson for counts, Student's t for means.",
        *(f"{_CHARTS[chart]}." for chart in charts),
        f"Each comparison has a false alarm rate of {document.false_alarms:g} / {document.tests or 1}.",
    ]


def age_words(document: KpiDocument) -> str:
    """Which days the figures come from, and from when on periods are compared."""
    if document.simulated or document.as_of is None or document.records_from is None:
        return ""
    text = f"Records {date_words(document.records_from)} to {date_words(document.as_of)}."
    if document.baseline_from and document.baseline_from > document.records_from:
        text += (
            f" Periods that start before {date_words(document.baseline_from)} are not compared: only the "
            f"quick {plural_noun(document.noun)} could have ended by then."
        )
    return text


def missing_words(document: KpiDocument) -> list[tuple[str, str]]:
    """Figures that are not available, and why."""
    by_reason: dict[str, list[str]] = {}
    nouns = plural_noun(document.noun)
    for name, why in document.missing.items():
        text = _LABELS.get(name, name).format(noun=document.noun, nouns=nouns)
        by_reason.setdefault(why, []).append(text)
    return [(", ".join(names), plain(why)) for why, names in by_reason.items()]


def not_available(document: KpiDocument) -> str:
    """The figures that are not available, in one line; the reasons are a detail."""
    nouns = plural_noun(document.noun)
    names = [_LABELS.get(name, name).format(noun=document.noun, nouns=nouns) for name in document.missing]
    return f"Not available: {', '.join(names)}; --detail says why." if names else ""


def adds_up(figure: KpiFigure) -> bool:
    """Whether the figure grows with the length of its period, so that a part of one says little."""
    return figure.unit == "count" or figure.name in ("bookings", "expansion", "revenue", "attainment")


def tick(figure: KpiFigure, value: float, scale: Scale) -> str:
    """A value on an axis."""
    match figure.unit:
        case "money":
            return f"{value / scale.divisor:,g}"
        case "share":
            return f"{100 * value:g} %"
        case "days":
            return f"{value * _time(figure).a_day:,g}"
        case _:
            return f"{value:,g}"


def _time(figure: KpiFigure) -> TimeUnit:
    return time_unit([one.value for one in figure.periods if one.complete])
