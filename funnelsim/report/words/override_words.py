"""What overrides by people do to a forecast, in words."""

from __future__ import annotations

from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.report.words.money import money, sentence_scale
from funnelsim.report.words.quantities import chance, count, signed_count


def with_and_without(document: ForecastDocument, period: ForecastPeriod) -> str:
    """``With 5 overrides by people: likely USD 1.52 million, +60 thousand; without: USD 1.46 million.``"""
    alone = period.without_overrides
    if alone is None:
        return ""
    said = f"With {counted(len(document.overrides), 'override')} by people"
    if period.without_money and period.wins is not None and alone.wins is not None:
        change = (period.wins.p50 or 0.0) - (alone.wins.p50 or 0.0)
        likely = f"likely {count(period.wins.p50)} {plural_noun(document.noun)} won, {signed_count(change)}"
        return f"{said}: {likely}; without: {count(alone.wins.p50)}."
    change = (period.bookings.p50 or 0.0) - (alone.bookings.p50 or 0.0)
    scale = sentence_scale([change], document.currency)
    difference = f"{scale.signed(change)} {scale.word}".strip()
    medians = (period.bookings.p50, alone.bookings.p50)
    texts = [money(median, document.currency) for median in medians]
    if texts[0] == texts[1]:  # a small change of a large sum
        texts = [money(median, document.currency, digits=5) for median in medians]
    chances = ""
    if period.attainment_probability is not None and alone.attainment_probability is not None:
        both = chance(period.attainment_probability), chance(alone.attainment_probability)
        chances = f" Chance of quota {both[0]}, without {both[1]}."
    return f"{said}: likely {texts[0]}, {difference}; without: {texts[1]}.{chances}"
