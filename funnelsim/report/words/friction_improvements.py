"""Improvements of a funnel in words: steps and gaps of the data, in one list by what they are worth."""

from __future__ import annotations

from funnelsim.documents.friction import Driver, Effect, Effects, FrictionDocument, Lever
from funnelsim.metrics.names import metric as metric_of
from funnelsim.report.words.driver_words import subject_words
from funnelsim.report.words.measures import Measure, measure
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural, points

STEP, GAP = "step", "gap"
#: Below a list that has gaps.
KINDS = (
    "step: one small change; gap: a difference between groups in your data, and what closing it would be "
    "worth; not a cause by itself."
)


def measured_by(document: FrictionDocument) -> Measure:
    """What improvements are sorted by."""
    return measure(document.metric, noun=document.noun)


def lever_scale(document: FrictionDocument) -> Scale:
    """One unit for all improvements that are shown."""
    ends = [
        end
        for effects in (*document.levers, *document.drivers)
        if effects.clear
        for effect in [effects.metrics.get(document.metric)]
        if effect is not None
        for end in (effect.mean, effect.low, effect.high)
    ]
    return table_scale(ends, document.currency)


def clear_improvements(document: FrictionDocument) -> list[Lever]:
    """All steps and gaps with a clear effect, most worth first."""
    clear = [one for one in (*document.levers, *document.drivers) if _shows(document, one)]
    sign = -1.0 if better_up(document) else 1.0
    return sorted(clear, key=lambda one: sign * (_effect(document, one).mean or 0.0))


def shown_improvements(document: FrictionDocument) -> list[Lever]:
    """As many of them as are shown."""
    return clear_improvements(document)[: document.top]


def _shows(document: FrictionDocument, effects: Effects) -> bool:
    """Whether an effect is clear, and large enough not to read ``0 [0, 0]``."""
    if not effects.clear:
        return False
    cell = effect_words(_effect(document, effects), measured_by(document), lever_scale(document))
    return any(digit in cell for digit in "123456789")


def _effect(document: FrictionDocument, effects: Effects) -> Effect:
    return effects.metrics.get(document.metric, Effect())


def kind_words(improvement: Lever) -> str:
    """``step`` or ``gap``."""
    return GAP if isinstance(improvement, Driver) else STEP


def has_gaps(document: FrictionDocument) -> bool:
    """Whether a list needs the kind of its rows: some with a clear effect are gaps."""
    return any(isinstance(one, Driver) for one in clear_improvements(document))


def improvement_name(document: FrictionDocument, improvement: Lever) -> str:
    """A step by its name. A gap and who would change: ``Deals from Referral: Demo to Proposal 1.40 times as
    often; if all others did``."""
    if not isinstance(improvement, Driver):
        return plain(improvement.name)
    ratio = MISSING if improvement.ratio is None else f"{improvement.ratio:.2f}"
    closed = "if all others did" if improvement.raised == "others" else "if as often as the others"
    return f"{short_name(document, improvement)} {ratio} times as often; {closed}"


def short_name(document: FrictionDocument, improvement: Lever) -> str:
    """A step by its name; a gap by its group and move: ``Deals from Referral: Demo to Proposal``."""
    if not isinstance(improvement, Driver):
        return plain(improvement.name)
    stage, to = (document.stage_name(key) for key in (improvement.stage, improvement.to))
    return f"{subject_words(document, improvement.covariate, improvement.level)}: {plain(f'{stage} to {to}')}"


def worth_words(document: FrictionDocument, improvement: Lever) -> str:
    """``Demo: 10 % faster, which would add USD 160 thousand of bookings (90 % interval 116 to 204)``"""
    words, scale = measured_by(document), lever_scale(document)
    effect = improvement.metrics[document.metric]
    if words.unit == "money" and None not in (effect.mean, effect.low) and (effect.mean or 0.0) > 0:
        subject = "it" if isinstance(improvement, Driver) else "which"
        ends = f"{scale.number(effect.low)} to {scale.number(effect.high)}"
        return (
            f"{improvement_name(document, improvement)}, {subject} would add {scale.words(effect.mean)} of "
            f"{words.label} ({document.level * 100:.0f} % interval {ends})"
        )
    change = effect_words(effect, words, scale)
    unit = {"money": f" {scale.unit}" if scale.unit else "", "days": " days"}.get(words.unit, "")
    return f"{improvement_name(document, improvement)}, {words.label} {change}{unit}"


def best_title(document: FrictionDocument) -> str:
    """``Proposal to Negotiation: 1 point more changes bookings most``; or that nothing is clear."""
    clear, label = clear_improvements(document), measured_by(document).label
    if not clear:
        return f"No single improvement has a clear effect on {label}"
    return f"{improvement_name(document, clear[0])} changes {label} most"


def difference(value: float | None, words: Measure, scale: Scale) -> str:
    """A difference without its unit; of a time shorter than a day with two decimals."""
    if words.unit == "days" and value is not None and 0.005 <= abs(value) < 0.95:
        return f"{value:+.2f}"
    return words.bare_difference(value, scale)


def effect_words(effect: Effect, words: Measure, scale: Scale) -> str:
    """``+15 [+4, +26]``"""
    mean, low, high = (difference(end, words, scale) for end in (effect.mean, effect.low, effect.high))
    return mean if effect.low is None or effect.high is None else f"{mean} [{low}, {high}]"


def effect_cells(document: FrictionDocument, effects: Effects, scale: Scale) -> list[str]:
    """The effect on the metric with its interval, and on the chance of quota where there is one."""
    effect = effects.metrics.get(document.metric, Effect())
    cells = [effect_words(effect, measured_by(document), scale)]
    if document.attainment_probability is not None:
        known = effects.attainment_probability
        cells.append(MISSING if known is None else points(known.mean))
    return cells


def unclear_words(document: FrictionDocument) -> str:
    """The improvements without a clear effect, in one sentence; empty where there is none.

    Gaps are counted only: their names are long.
    """
    names = [plain(lever.name) for lever in document.levers if not _shows(document, lever)]
    shown = names[: document.top]
    if len(names) > len(shown):
        shown[-1] += f" and {count(len(names) - len(shown))} more"
    gaps = sum(not _shows(document, driver) for driver in document.drivers)
    if gaps:
        shown.append(f"{plural(gaps, 'gap')} between groups in your data")
    return f"No clear effect on {measured_by(document).label}: {'; '.join(shown)}." if shown else ""


def more_words(document: FrictionDocument) -> str:
    """How many clear improvements are not shown; empty where all are."""
    hidden = len(clear_improvements(document)) - len(shown_improvements(document))
    return (
        f"{count(hidden)} more with a clear but smaller effect: --top {document.top + hidden}."
        if hidden
        else ""
    )


def no_gaps_words(document: FrictionDocument) -> str:
    """Why no gap between groups is known; empty where some are."""
    why = document.unknown_drivers
    return f"No gap between groups is known: {why}." if why else ""


def better_up(document: FrictionDocument) -> bool:
    """Whether more of the metric is better."""
    return metric_of(document.metric).more_is_better
