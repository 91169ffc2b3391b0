"""The answer of a forecast in one paragraph: likely result, gap to quota, chance, deals that decide."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import listed, plural_noun
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod, OpenDeal
from funnelsim.report.words.money import money, money_range, quota_money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, count_span

#: How many deals are named.
DECIDING = 5
#: From this share of the variance on, single deals decide a period; below the other, none does.
_DECISIVE, _NEGLIGIBLE = 0.25, 0.05
#: Nearer to the quota than this share of it is neither short nor above.
_ON_QUOTA = 0.005
#: Flag of open deals that are older than any that went on from their stage.
_DEAD = "older than any that went on"
_MOST_DEAD = 8
_SMALL = ("no", "one", "two", "three", "four", "five")


def answer_paragraph(document: ForecastDocument) -> list[str]:
    """The sentences of the paragraph that a page begins with, for the first period."""
    period = document.periods[0]
    if period.without_money:
        said = [_wins(document, period)]
    else:
        said = [_bookings(document, period)]
    return [*said, *deciding_words(document, period)]


def _bookings(document: ForecastDocument, period: ForecastPeriod) -> str:
    currency, booked = document.currency, period.bookings
    credit = period.bookings if period.credited_at_booking else period.quota_credit
    text = f"Likely {money(booked.p50, currency)} in {period.period}"
    if booked.p10 is not None and booked.p90 is not None:
        text += f" (8 of 10 futures: {money_range(booked.p10, booked.p90, currency)})"
    if period.quota is None:
        return f"{text}. No quota is set."
    if not period.credited_at_booking:
        text += f"; of that {money(credit.p50, currency)} counts towards quota"
    return f"{text}, {gap_words(credit.p50, period.quota, currency)}, {_odds(period)}."


def _odds(period: ForecastPeriod) -> str:
    return f"chance of reaching it {chance(period.attainment_probability)}"


def gap_words(likely_amount: float | None, quota: float, currency: str) -> str:
    """``USD 64 thousand short of the quota of USD 1.5 million``"""
    of_quota = f"the quota of {quota_money(quota, currency)}"
    gap = (likely_amount or 0.0) - quota
    if abs(gap) < _ON_QUOTA * abs(quota):
        return f"about {of_quota}"
    side = "above" if gap > 0 else "short of"
    return f"{short_money(abs(gap), currency)} {side} {of_quota}"


def short_money(amount: float, currency: str) -> str:
    """An amount in two digits, as differences deserve: ``USD 64 thousand``."""
    return money(float(f"{amount:.2g}"), currency)


def _wins(document: ForecastDocument, period: ForecastPeriod) -> str:
    wins, noun = period.wins, plural_noun(document.noun)
    assert wins is not None
    text = f"Likely {count(wins.p50)} {noun} won in {period.period}"
    if wins.p10 is not None and wins.p90 is not None:
        text += f" (8 of 10 futures: {count_span(wins.p10, wins.p90)})"
    return f"{text}. The {noun} have no amounts, so there is no chance of a quota."


def deciding_words(document: ForecastDocument, period: ForecastPeriod) -> Iterator[str]:
    """The open deals whose outcome moves the period most; says so where no few deals do."""
    deals = deciding_deals(document)
    spread = period.bookings.sd
    if not deals or not spread:
        return
    part = deciding_share(document)
    noun = document.noun if len(deals) == 1 else plural_noun(document.noun)
    if part < _NEGLIGIBLE:
        yield f"No single {document.noun} decides it: the result is the sum of many small ones."
        return
    scale = table_scale([deal.amount for deal in deals], document.currency)
    named = ", ".join(
        f"{deal_name(deal, document)} ({scale.words(deal.amount)}, chance {chance(deal.p_in_period)})"
        for deal in deals
    )
    many = f"These {_SMALL[len(deals)]} {noun}" if len(deals) > 1 else f"This {noun}"
    verb = "decides" if len(deals) == 1 else "decide"
    if part < _DECISIVE:
        yield f"{many} matter{'s' if len(deals) == 1 else ''} most: {named}."
    else:
        yield f"{many} {verb} it: {named}."


def deciding_deals(document: ForecastDocument) -> list[OpenDeal]:
    """The open deals with a listed amount that move the first period most, as many as are named."""
    moving = [deal for deal in document.deals if deal.amount is not None and swing(deal) > 0]
    return sorted(moving, key=lambda deal: (-swing(deal), deal.lead))[:DECIDING]


def deciding_share(document: ForecastDocument) -> float:
    """Share of the variance of the first period that comes from the deals that are named."""
    spread = document.periods[0].bookings.sd
    return sum(swing(deal) ** 2 for deal in deciding_deals(document)) / spread**2 if spread else 0.0


def marked_deals(document: ForecastDocument) -> list[OpenDeal]:
    """The deals that the paragraph names; none where no few deals decide."""
    return deciding_deals(document) if deciding_share(document) >= _NEGLIGIBLE else []


def swing(deal: OpenDeal) -> float:
    """Standard deviation of what a deal books in the period: it books or it does not."""
    p = min(deal.p_in_period or 0.0, 1.0)
    if p <= 0:
        return 0.0
    booked = deal.expected / p
    return abs(booked) * float((p * (1 - p)) ** 0.5)


def deal_name(deal: OpenDeal, document: ForecastDocument) -> str:
    """The account, which everybody knows, with the id where it has other open deals; else its name or id."""
    if not deal.account:
        return plain(deal.name or deal.lead)
    alone = sum(other.account == deal.account for other in document.deals) == 1
    return plain(deal.account) if alone else f"{plain(deal.account)} {plain(deal.lead)}"


def dead_deals_words(document: ForecastDocument) -> str:
    """The open deals that are older than any that went on from their stage, by name; empty without any."""
    dead = [deal for deal in document.deals if _DEAD in deal.flags]
    if not dead:
        return ""
    noun = document.noun if len(dead) == 1 else plural_noun(document.noun)
    dead.sort(key=lambda deal: -(deal.amount or 0.0))
    names = listed([deal_name(deal, document) for deal in dead], _MOST_DEAD)
    total = sum(deal.amount or 0.0 for deal in dead)
    worth = f", listed at {money(total, document.currency)}" if total > 0 else ""
    have, its, them = ("has", "its", "it") if len(dead) == 1 else ("have", "their", "them")
    return (
        f"Probably dead: {count(len(dead))} open {noun} {have} been in {its} stage longer than any "
        f"{document.noun} that ever went on from it{worth}: {names}. Close {them} "
        f"or move {them} on."
    )
