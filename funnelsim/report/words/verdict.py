"""The verdict of a backtest in sentences; none claims more than its number of forecasts can show."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.backtest import OURS, BacktestDocument, BacktestSkill
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.words.forecasters import closer_than_ours, forecaster_name, held, is_ours, others

#: With fewer forecasts than this only large errors leave the band of chance.
FEW_ORIGINS = 30


def verdict_of(document: BacktestDocument) -> Iterator[str]:
    """Coverage of the ranges, bias, and accuracy against other methods, a sentence each."""
    yield range_sentence(document)
    yield from _other_ranges(document)
    yield bias_sentence(document)
    for name in others(document):
        yield skill_sentence(name, document.summary.skill[name], document.every)
    for name in document.forecasters:
        if is_ours(name) and name != OURS:
            yield _variant_sentence(document, name)


def range_sentence(document: BacktestDocument, name: str = OURS) -> str:
    """``The actual result was inside the 80 % range in 6 of 7 months, ...``"""
    n, inside = document.summary.told[name], held(document, "80", name)
    low, high = (int(end) for end in consistency_band(n, 0.8))
    text = f"The actual result was inside the 80 % range in {periods(inside, n, document.every)}"
    if inside < low:
        return f"{text}. Correct ranges would contain {low} or more: these were too narrow or off target."
    if inside > high:
        return f"{text}. Correct ranges would contain {high} or fewer: these were too wide."
    expected = f"{low} to {high}" if low < high else f"{low}"
    few = f" So few {document.every}s show only large errors." if n < FEW_ORIGINS else ""
    return f"{text}, as expected (correct ranges contain {expected} of {n}, 9 times in 10).{few}"


def _other_ranges(document: BacktestDocument) -> Iterator[str]:
    """The 50 % and the 90 % range, where one of them is clearly wrong."""
    n = document.summary.told[OURS]
    for range_ in ("50", "90"):
        inside = held(document, range_)
        low, high = (int(end) for end in consistency_band(n, int(range_) / 100))
        if not low <= inside <= high:
            wrong = f"narrow (correct: {low} or more)" if inside < low else f"wide (correct: {high} or fewer)"
            yield f"The {range_} % range contained {inside} of {n}: too {wrong}."


def bias_sentence(document: BacktestDocument, name: str = OURS) -> str:
    """``On average the forecasts were 4 % above the actual results.``"""
    bias = document.summary.bias[name]
    if bias is None:
        return "All actual results were 0, so no error in per cent can be given."
    if abs(bias) < 0.005:
        return "On average the forecasts were within 0.5 % of the actual results."
    side = "above" if bias > 0 else "below"
    return f"On average the forecasts were {abs(bias) * 100:.0f} % {side} the actual results."


def skill_sentence(name: str, skill: BacktestSkill, every: str) -> str:
    """Accuracy against another method; without numbers where forecasts are too few for an interval."""
    other = forecaster_name(name)
    closer = f"closer in {periods(skill.closer, skill.of, every)}"
    if skill.value is None or skill.low is None or skill.high is None:
        return f"Compared with {other}, funnelsim was {closer}{_on_average(skill.value)}."
    interval = f"{_error_change(skill.high)} to {_error_change(skill.low)}"
    error = f"error {_error_change(skill.value)} (90 % interval {interval})"
    if skill.low > 0:
        return f"Better than {other}: {error}; {closer}."
    if skill.high < 0:
        return f"Worse than {other}: {error}; {closer}."
    return f"No clear difference from {other}: {error}; {closer}."


def _error_change(skill: float) -> str:
    """Skill as the change of the error against the other method: ``-20 %`` for a skill of 0.2."""
    return f"{-100 * skill + 0.0:+.0f} %"


def _on_average(skill: float | None) -> str:
    if skill is None:
        return ""
    if abs(skill) < 0.005:
        return " and as accurate on average"
    return f" and {'more' if skill > 0 else 'less'} accurate on average"


def _variant_sentence(document: BacktestDocument, name: str) -> str:
    """Coverage of a variant of funnelsim, and its accuracy against the plain forecast."""
    n, skill = document.summary.told[name], document.summary.skill[name]
    variant = name.partition(", ")[2] or name
    inside = periods(held(document, "80", name), n, document.every)
    closer = f"closer in {closer_than_ours(document, name)} of {skill.of}"
    # The skill is that of the plain forecast over the variant.
    average = _on_average(None if skill.value is None else -skill.value)
    return (
        f"Variant {variant}: inside its 80 % range in {inside}. Compared with plain funnelsim, it was "
        f"{closer}{average}."
    )


def periods(k: int, n: int, every: str) -> str:
    """``6 of 7 months``, ``1 of 1 month``"""
    return f"{k} of {n} {every if n == 1 else every + 's'}"
