"""A bridge in words: the answer, the rows of its tables, and what the steps mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.bridge import BridgeDeal, BridgeDocument, BridgeStep
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural, signed_count

#: Longer names end in dots; the table of deals has the rest.
_LONGEST_NAME = 28

STEPS = {
    "won": "won",
    "lost": "lost",
    "slipped": "slipped",
    "pulled_in": "pulled in",
    "new": "new",
    "amount_up": "amounts up",
    "amount_down": "amounts down",
    "moved": "moved stage",
    "still_to_come": "leads still to come",
    "model": "model refitted",
}
PIPELINE_STEPS = STEPS | {"won": "won", "lost": "lost or gone"}
ASSUMPTION = (
    "A deal adds its bookings if it was won in the period, else its expected bookings. Slipped and pulled in: "
    "the same stage, but less or more likely to be won in time, also because days have passed. A change of a "
    "deal's amount is counted apart, at its chance of today."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """How the amounts of a bridge are shown: as money in one unit, or as deals won."""

    scale: Scale
    in_deals: bool

    @classmethod
    def of(cls, document: BridgeDocument) -> Measured:
        amounts = [document.from_.mean, document.to.mean, *(step.amount for step in document.steps)]
        return cls(table_scale(amounts, document.currency), document.without_money)

    @property
    def decimals(self) -> int:
        return 2 if self.in_deals else self.scale.decimals

    @property
    def divisor(self) -> float:
        return 1.0 if self.in_deals else self.scale.divisor

    def number(self, amount: float) -> str:
        return count(amount) if self.in_deals else self.scale.number(amount)

    def signed(self, amount: float) -> str:
        return signed_count(amount) if self.in_deals else self.scale.signed(amount)


def value_words(document: BridgeDocument, amount: float) -> str:
    """``USD 61.2 thousand``, ``1.4 deals``."""
    if document.without_money:
        return plural(round(amount, 2), document.noun)
    return money(amount, document.currency)


def answer(document: BridgeDocument) -> str:
    """Up or down by how much, from what to what, and what made most of it."""
    before, after = document.from_, document.to
    change = document.change
    what = f"{document.noun}s won" if document.without_money else "bookings"
    expected = f"Expected {what} of {document.period}"
    dates = ""
    if before.as_of and after.as_of:
        dates = f" between {date_words(before.as_of)} and {date_words(after.as_of)}"
    span = f"from {value_words(document, before.mean)} to {value_words(document, after.mean)}"
    if not round(change, 2):
        return f"{expected} did not change{dates}: {value_words(document, after.mean)}."
    verb = "rose" if change > 0 else "fell"
    text = f"{expected} {verb} by {value_words(document, abs(change))}{dates}, {span}."
    return " ".join([text, *_reasons(document, change)])


def _reasons(document: BridgeDocument, change: float) -> Iterator[str]:
    """The largest steps in the direction of the change, and the largest against it."""
    ordered = sorted(document.steps, key=lambda step: -abs(step.amount))
    along = [step for step in ordered if step.amount * change > 0]
    against = [step for step in ordered if step.amount * change < 0]
    if along:
        named = " and ".join(_step_words(document, step) for step in along[:2])
        yield f"Mostly {named}."
    if against and abs(against[0].amount) > 0.25 * abs(along[0].amount if along else 0.0):
        yield f"Against it: {_step_words(document, against[0])}."


def _step_words(document: BridgeDocument, step: BridgeStep) -> str:
    """``lost deals (-61.2 thousand: Umbrella, Hooli)``"""
    noun = plural_noun(document.noun)
    texts = {
        "won": f"won {noun}",
        "lost": f"lost {noun}",
        "slipped": f"slipped {noun}",
        "pulled_in": f"{noun} that became likelier in time",
        "new": f"new {noun}",
        "amount_up": "higher amounts",
        "amount_down": "lower amounts",
        "moved": f"{noun} that moved stage",
        "still_to_come": "leads still to come",
        "model": "the new fit of the model",
    }
    sign = "+" if step.amount > 0 else "-"
    return f"{texts[step.kind]} ({sign}{value_words(document, abs(step.amount))})"


def shown_steps(document: BridgeDocument) -> list[BridgeStep]:
    """The steps that changed anything; that of the model also where a new fit changed nothing."""
    return [
        step
        for step in document.steps
        if step.amount or step.deals or (step.kind == "model" and document.model_change == "separated")
    ]


def step_rows(document: BridgeDocument, measured: Measured) -> Iterator[tuple[str, str, str]]:
    """From the first mean to the last: name, amount and a note. The numbers as shown add up."""
    steps = shown_steps(document)
    total = document.from_.mean
    yield (_end_words("forecast", document.from_.as_of), measured.number(total), "")
    for step in steps:
        shown = _rounded(total + step.amount, measured) - _rounded(total, measured)
        total += step.amount
        yield (STEPS[step.kind], measured.signed(shown), _note(document, step, measured))
    yield (_end_words("forecast", document.to.as_of), measured.number(document.to.mean), "")


def _rounded(amount: float, measured: Measured) -> float:
    return round(amount / measured.divisor, measured.decimals) * measured.divisor


def _note(document: BridgeDocument, step: BridgeStep, measured: Measured) -> str:
    deals = plural(len(step.deals), document.noun)
    if step.kind == "won" and step.deals:
        was, now = (sum(getattr(deal, name) for deal in step.deals) for name in ("from_", "to"))
        verb = "was" if len(step.deals) == 1 else "were"
        return (
            f"{deals} {verb} worth {measured.number(was)} in the forecast, closed at {measured.number(now)}"
        )
    if not step.deals:
        return ""
    named = ", ".join(f"{_short(deal)} {measured.signed(deal.difference)}" for deal in step.deals[:2])
    return f"{deals}: {named}" if len(step.deals) < 3 else f"{deals}, such as {named}"


def pipeline_rows(document: BridgeDocument, scale: Scale) -> Iterator[tuple[str, str, str]]:
    """Listed amounts of the open deals, from the first date to the last; as shown they add up."""
    found = document.pipeline
    if found is None:
        return
    noun, total = document.noun, found.from_
    measured = Measured(scale, in_deals=False)
    yield (_end_words("open", document.from_.as_of), scale.number(total), plural(found.from_deals, noun))
    for step in found.steps:
        shown = _rounded(total + step.amount, measured) - _rounded(total, measured)
        total += step.amount
        if step.deals:
            yield (PIPELINE_STEPS[step.kind], scale.signed(shown), plural(step.deals, noun))
    yield (_end_words("open", document.to.as_of), scale.number(found.to), plural(found.to_deals, noun))


def pipeline_scale(document: BridgeDocument) -> Scale:
    found = document.pipeline
    amounts = [] if found is None else [found.from_, found.to, *(step.amount for step in found.steps)]
    return table_scale(amounts, document.currency)


def largest_changes(document: BridgeDocument, most: int) -> list[tuple[BridgeStep, BridgeDeal]]:
    """The deals that changed the forecast most, each with its step."""
    everything = [(step, deal) for step in document.steps for deal in step.deals if deal.difference]
    return sorted(everything, key=lambda one: -abs(one[1].difference))[:most]


def what_happened(document: BridgeDocument, deal: BridgeDeal) -> str:
    """``Demo to Proposal``, ``Proposal, lost``, ``new in Demo``."""
    was, now = (_stage(document, one) for one in (deal.was, deal.now))
    if not deal.was:
        return f"new, {now}" if deal.now in _ENDS else f"new in {now}"
    if deal.now in _ENDS and deal.was != deal.now:
        return f"{was}, {now}"
    return was if was == now else f"{was} to {now}"


_ENDS = ("won", "lost", "not in the CRM")


def _stage(document: BridgeDocument, key: str) -> str:
    return key if key in _ENDS else plain(document.stage_name(key))


def deal_name(deal: BridgeDeal) -> str:
    """Name and account, where the name does not say it."""
    name, account = plain(deal.name or deal.deal), plain(deal.account or "")
    return f"{name} ({account})" if account and account.casefold() not in name.casefold() else name


def _short(deal: BridgeDeal) -> str:
    name = plain(deal.name or deal.deal)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3].rstrip()}..."


def _end_words(what: str, day: object) -> str:
    import datetime as dt

    return f"{what} on {date_words(day, short=True)}" if isinstance(day, dt.date) else what


def error_words(document: BridgeDocument) -> str:
    """How much of the change simulation alone may make."""
    if not document.simulation_error:
        return ""
    error = value_words(document, document.simulation_error)
    return f"Simulation error of the change: {error} (standard error)."
