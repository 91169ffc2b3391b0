"""A bridge in words: the answer, the rows of its tables, and what the steps mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.bridge import BridgeDeal, BridgeDocument, BridgeEnd, BridgeGroup, BridgeStep
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural, signed_count

#: Longer names end in dots; the table of deals has the rest.
_LONGEST_NAME = 28
_MOST_GROUPS = 12

STEPS = {
    "won": "won",
    "lost": "lost",
    "slipped": "slipped",
    "pulled_in": "pulled in",
    "new": "new",
    "amount_up": "amounts up",
    "amount_down": "amounts down",
    "moved": "moved stage",
    "overrides": "overrides by people",
    "still_to_come": "leads still to come",
    "model": "model refitted",
}
#: Most of that may be days that have passed, so nobody need have slipped.
STEP_ROWS = STEPS | {"slipped": "slipped or less likely in time", "pulled_in": "pulled in or more likely"}
PIPELINE_STEPS = STEPS | {"won": "won", "lost": "lost or gone"}


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


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of a waterfall. The numbers as they are shown add up.

    Attributes
    ----------
    text : str
        The amount in the unit of the table, with its sign unless it is a total.
    begins, ends : float
        Of the bar; a total begins at 0.
    """

    name: str
    text: str
    begins: float
    ends: float
    note: str = ""
    is_end: bool = False


def value_words(document: BridgeDocument, amount: float) -> str:
    """``USD 61 thousand``, ``1.4 deals``: in the unit of the table, so that both say the same."""
    measured = Measured.of(document)
    return plural(round(amount, 2), document.noun) if measured.in_deals else measured.scale.words(amount)


def answer(document: BridgeDocument) -> str:
    """Up or down by how much, from what to what, and what made most of it."""
    before, after = document.from_, document.to
    dates = ""
    if before.as_of and after.as_of:
        dates = f" from {date_words(before.as_of)} to {date_words(after.as_of)}"
    measured = Measured.of(document)
    change = _rounded(after.mean, measured) - _rounded(before.mean, measured)
    if not change:
        return f"{_expected(document)} did not change{dates}: {value_words(document, after.mean)}."
    verb = "rose" if change > 0 else "fell"
    span = f"{value_words(document, before.mean)} to {value_words(document, after.mean)}"
    text = f"{_expected(document)} {verb} by {value_words(document, abs(change))}{dates}: {span}."
    return " ".join([text, *_reasons(document, change)])


def title(document: BridgeDocument) -> str:
    """``2026Q1: the forecast fell by USD 70 thousand in 7 days``"""
    measured, before, after = Measured.of(document), document.from_.as_of, document.to.as_of
    change = _rounded(document.to.mean, measured) - _rounded(document.from_.mean, measured)
    days = (after - before).days if before and after else 0
    span = f" in {plural(days, 'day')}" if days else ""
    if not change:
        return f"{document.period}: the forecast did not change{span}"
    verb = "rose" if change > 0 else "fell"
    return f"{document.period}: the forecast {verb} by {value_words(document, abs(change))}{span}"


def _expected(document: BridgeDocument) -> str:
    what = f"{plural_noun(document.noun)} won" if document.without_money else "bookings"
    return f"Expected {what} of {document.period}"


def _reasons(document: BridgeDocument, change: float) -> Iterator[str]:
    """The largest steps in the direction of the change, and the largest against it."""
    shown = [row for row in _rows(document) if not row[1].is_end]
    shown.sort(key=lambda one: -abs(one[1].ends - one[1].begins))
    along = [one for one in shown if (one[1].ends - one[1].begins) * change > 0]
    against = [one for one in shown if (one[1].ends - one[1].begins) * change < 0]
    if along:
        yield f"Mostly {' and '.join(_step_words(document, *one) for one in along[:2])}."
    if against:
        yield f"Against it: {_step_words(document, *against[0])}."


def _step_words(document: BridgeDocument, kind: str, row: StepRow) -> str:
    """``lost deals (-60)``, in the unit of the table."""
    noun = plural_noun(document.noun)
    texts = {
        "won": f"won {noun}",
        "lost": f"lost {noun}",
        "slipped": f"{noun} that slipped or are less likely in time",
        "pulled_in": f"{noun} pulled in",
        "new": f"new {noun}",
        "amount_up": "higher amounts",
        "amount_down": "lower amounts",
        "moved": f"{noun} that moved stage",
        "overrides": "overrides by people",
        "still_to_come": "leads still to come",
        "model": "the new fit of the model",
    }
    return f"{texts[kind]} ({row.text})"


def step_rows(document: BridgeDocument) -> list[StepRow]:
    """From the first mean to the last, through the steps that changed anything."""
    return [row for _, row in _rows(document)]


def _rows(document: BridgeDocument) -> list[tuple[str, StepRow]]:
    measured, total = Measured.of(document), document.from_.mean
    result = [("", _end(document.from_, measured))]
    for step in document.steps:
        # A step of the model is shown even if the new fit changed nothing.
        if step.amount or step.deals or (step.kind == "model" and document.model_change == "separated"):
            begins, total = total, total + step.amount
            note = _note(document, step, measured)
            result.append((step.kind, StepRow(STEP_ROWS[step.kind], "", begins, total, note)))
    rows = _with_texts([*(row for _, row in result), _end(document.to, measured)], measured)
    return list(zip([*(kind for kind, _ in result), ""], rows, strict=True))


def _end(end: BridgeEnd, measured: Measured) -> StepRow:
    name = f"forecast on {date_words(end.as_of, short=True)}" if end.as_of else "forecast"
    return StepRow(name, measured.number(end.mean), 0.0, end.mean, is_end=True)


def _with_texts(rows: Sequence[StepRow], measured: Measured) -> list[StepRow]:
    """Each step rounded; where these do not add up, those nearest to a half are rounded the other way."""
    first, *steps, last = rows
    unit = measured.divisor / 10**measured.decimals
    exact = [(row.ends - row.begins) / unit for row in steps]
    shown = [round(one) for one in exact]
    missing = round(last.ends / unit) - round(first.ends / unit) - sum(shown)
    side = 1 if missing > 0 else -1
    nearest = sorted(range(len(steps)), key=lambda k: side * (shown[k] - exact[k]))
    for k in nearest[: abs(missing)]:
        shown[k] += side
    texts = [measured.signed(one * unit) for one in shown]
    return [first, *(replace(row, text=text) for row, text in zip(steps, texts, strict=True)), last]


def _rounded(amount: float, measured: Measured) -> float:
    return round(amount / measured.divisor, measured.decimals) * measured.divisor


def _note(document: BridgeDocument, step: BridgeStep, measured: Measured) -> str:
    deals = plural(len(step.deals), document.noun)
    if step.kind == "won" and step.deals:
        now = sum(deal.to for deal in step.deals)
        was = now - step.amount
        by_people = {deal.deal for deal in document.step("overrides").deals}
        where = " without overrides" if by_people & {deal.deal for deal in step.deals} else ""
        verb = "was" if len(step.deals) == 1 else "were"
        return (
            f"{deals} {verb} worth {measured.number(was)} in the forecast{where}, "
            f"closed at {measured.number(now)}"
        )
    if not step.deals:
        return ""
    if step.kind == "new" and (won := [deal for deal in step.deals if deal.now == "won"]):
        deals += f", {len(won)} of them won ({measured.number(sum(deal.difference for deal in won))})"
    named = ", ".join(_short(deal) for deal in step.deals[:2])
    return f"{deals}: {named}" if len(step.deals) < 3 else f"{deals}, such as {named}"


GROUP_HEADS = ("from", "won and lost", "new", "open deals", "still to come", "to")
_CLOSED = ("won", "lost")
GROUP_NOTE = (
    "Won and lost: against what the deals were expected to bring. Open deals: slipped, pulled in, amounts, "
    "moved stage, overrides by people, given to another, and what a new fit says of them. Still to come: "
    "with what a new fit says of new leads."
)


def group_rows(document: BridgeDocument) -> list[list[str]]:
    """A row for each group, those that changed most first; the last ones in one row."""
    measured = Measured.of(document)
    ordered = sorted(document.groups, key=lambda one: (-abs(one.to - one.from_), -one.to, one.name))
    shown = ordered if len(ordered) <= _MOST_GROUPS + 1 else ordered[:_MOST_GROUPS]
    rows = [_group_row(plain(one.name), _columns(one), measured) for one in shown]
    if rest := ordered[len(shown) :]:
        sums = [sum(values) for values in zip(*map(_columns, rest), strict=True)]
        rows.append(_group_row(f"{len(rest)} others", sums, measured))
    return rows


def _columns(group: BridgeGroup) -> list[float]:
    closed = sum(group.steps.get(kind, 0.0) for kind in _CLOSED)
    new, coming = (group.steps.get(kind, 0.0) for kind in ("new", "still_to_come"))
    still_open = sum(group.steps.values()) - closed - new - coming
    return [group.from_, closed, new, still_open, coming, group.to]


def _group_row(name: str, values: Sequence[float], measured: Measured) -> list[str]:
    first, *changes, last = values
    return [name, measured.number(first), *map(measured.signed, changes), measured.number(last)]


def pipeline_rows(document: BridgeDocument) -> list[StepRow]:
    """Listed amounts of the open deals, from the first date to the last; none where nothing is listed."""
    found = document.pipeline
    if found is None or not (found.from_ or found.to):
        return []
    measured, noun = Measured(pipeline_scale(document), in_deals=False), document.noun
    rows, total = [], found.from_
    for step in found.steps:
        if step.deals:
            begins, total = total, total + step.amount
            note = plural(step.deals, noun)
            rows.append(StepRow(PIPELINE_STEPS[step.kind], "", begins, total, note))
    ends = ((document.from_, found.from_, found.from_deals), (document.to, found.to, found.to_deals))
    first, last = (
        StepRow(
            f"open on {date_words(end.as_of, short=True)}" if end.as_of else "open",
            measured.number(amount),
            0.0,
            amount,
            plural(deals, noun),
            is_end=True,
        )
        for end, amount, deals in ends
    )
    return _with_texts([first, *rows, last], measured)


def pipeline_scale(document: BridgeDocument) -> Scale:
    found = document.pipeline
    amounts = [] if found is None else [found.from_, found.to, *(step.amount for step in found.steps)]
    return table_scale(amounts, document.currency)


def largest_changes(document: BridgeDocument, most: int) -> list[tuple[BridgeStep, BridgeDeal]]:
    """The deals that changed the forecast most, each with its step."""
    everything = [(step, deal) for step in document.steps for deal in step.deals if deal.difference]
    return sorted(everything, key=lambda one: -abs(one[1].difference))[:most]


def measured_by_deal(document: BridgeDocument, shown: Sequence[tuple[BridgeStep, BridgeDeal]]) -> Measured:
    """The unit for a list of deals, which are much smaller than the totals."""
    amounts = [amount for _, deal in shown for amount in (deal.from_, deal.to, deal.difference)]
    return Measured(table_scale(amounts, document.currency), document.without_money)


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


def owner(deal: BridgeDeal) -> str:
    return plain(deal.owner or "")


def _short(deal: BridgeDeal) -> str:
    name = plain(deal.name or deal.deal)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3].rstrip()}..."


def assumption_words(document: BridgeDocument) -> str:
    """What the steps mean, and how much of the change simulation alone may make."""
    text = (
        f"Each {document.noun} adds its bookings if it was won in the period, else its expected bookings. "
        "Slipped, pulled in: same stage, but less or more likely to be won in time, also because days have "
        "passed. A change of its amount is counted separately, at its chance of today."
    )
    if document.step("overrides").deals:
        text += (
            " What people have overridden is counted separately too: the other steps are by the model alone."
        )
    return " ".join(filter(None, [text, error_words(document)]))


def error_words(document: BridgeDocument) -> str:
    """How much of the change simulation alone may make."""
    if not document.simulation_error:
        return ""
    if document.without_money:
        error = plural(round(document.simulation_error, 2), document.noun)
    else:
        error = money(document.simulation_error, document.currency)
    return f"Simulation error of the change: {error} (standard error)."
