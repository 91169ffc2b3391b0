"""What a backtest says, in plain words; no more is claimed than its origins can tell."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.backtest import OURS, BacktestDocument, BacktestSkill
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.words.forecasters import closer_than_ours, forecaster_name, held, is_ours, others

#: With fewer origins than this a band holds all but gross errors.
FEW_ORIGINS = 30


def verdict_of(document: BacktestDocument) -> Iterator[str]:
    """Whether ranges held, whether the middle was right, and who was closer, a sentence each."""
    yield range_sentence(document)
    yield from _other_ranges(document)
    yield bias_sentence(document)
    for name in others(document):
        yield skill_sentence(name, document.summary.skill[name])
    for name in document.forecasters:
        if is_ours(name) and name != OURS:
            yield _variant_sentence(document, name)


def range_sentence(document: BacktestDocument, name: str = OURS) -> str:
    """``The 80 % range held what then happened in 6 of 7 months; right ranges hold 4 to 7, ...``"""
    n, inside = document.summary.told[name], held(document, "80", name)
    low, high = (int(end) for end in consistency_band(n, 0.8))
    said = f"The 80 % range held what then happened in {periods(inside, n, document.every)}; "
    if inside < low:
        return (
            f"{said}right ranges would have held {low} or more: these were too narrow, or beside the truth."
        )
    if inside > high:
        return f"{said}right ranges would have held {high} or fewer: these were too wide."
    expected = f"{low} to {high}" if low < high else f"{low}"
    few = f", but so few {document.every}s show only gross errors" if n < FEW_ORIGINS else ""
    return f"{said}that agrees with 80 % (right ranges hold {expected} of {n}, 9 times in 10){few}."


def _other_ranges(document: BacktestDocument) -> Iterator[str]:
    """The 50 % and the 90 % range, where one of them is clearly wrong."""
    n = document.summary.told[OURS]
    for range_ in ("50", "90"):
        inside = held(document, range_)
        low, high = (int(end) for end in consistency_band(n, int(range_) / 100))
        if not low <= inside <= high:
            wrong = f"narrow (right: {low} or more)" if inside < low else f"wide (right: {high} or fewer)"
            yield f"The {range_} % range held {inside} of {n}: too {wrong}."


def bias_sentence(document: BacktestDocument, name: str = OURS) -> str:
    """``On average its forecasts were 4 % above what came.``"""
    bias = document.summary.bias[name]
    if bias is None:
        return "Nothing came in any period, so no error can be put in per cent."
    if abs(bias) < 0.005:
        return "On average its forecasts were within half a per cent of what came."
    side = "above" if bias > 0 else "below"
    return f"On average its forecasts were {abs(bias) * 100:.0f} % {side} what came."


def skill_sentence(name: str, skill: BacktestSkill) -> str:
    """Closer or not than one of the others; without numbers where origins are too few for an interval."""
    other = forecaster_name(name)
    told = f"{skill.closer} of {skill.of}"
    if skill.value is None or skill.low is None or skill.high is None:
        return f"Against the {other}: closer in {told}{_on_average(skill.value)}."
    interval = f"skill {skill.value:+.2f}, 90 % interval {skill.low:+.2f} to {skill.high:+.2f}"
    if skill.low > 0:
        return f"Better than the {other}: {interval}; closer in {told}."
    if skill.high < 0:
        return f"Worse than the {other}: {interval}; closer in {told}."
    return f"Not to be told from the {other}: {interval}; closer in {told}."


def _on_average(skill: float | None) -> str:
    if skill is None:
        return ""
    if abs(skill) < 0.005:
        return ", as close on average"
    return f", {'closer' if skill > 0 else 'further off'} on average"


def _variant_sentence(document: BacktestDocument, name: str) -> str:
    """What the varied forecast did beside the plain one."""
    n, skill = document.summary.told[name], document.summary.skill[name]
    variant = name.partition(", ")[2] or name
    inside = periods(held(document, "80", name), n, document.every)
    closer = f"closer in {closer_than_ours(document, name)} of {skill.of}"
    # The skill is that of the plain forecast over the variant.
    average = _on_average(None if skill.value is None else -skill.value)
    return f"The row {variant}: its 80 % range held in {inside}; against the plain row, {closer}{average}."


def periods(k: int, n: int, every: str) -> str:
    """``6 of 7 months``, ``1 of 1 month``"""
    return f"{k} of {n} {every if n == 1 else every + 's'}"
