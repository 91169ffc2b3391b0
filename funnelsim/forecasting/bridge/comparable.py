"""Refuse two forecasts between which a difference means nothing."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.errors import Problem
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.record import DocumentError

Named = tuple[str, ForecastDocument]


def check_comparable(before: Named, after: Named) -> None:
    """Refuse two forecasts of different companies, periods, units or currencies, or in the wrong order.

    Parameters
    ----------
    before, after : tuple of str and ForecastDocument
        Each with its name for messages: its file or id.

    Raises
    ------
    DocumentError
        Lists all reasons.
    """
    problems = [*_differing(before, after), *_order(before, after)]
    problems += [problem for one in (before, after) for problem in _lacking(*one)]
    if problems:
        raise DocumentError("bridge", problems)


def _differing(before: Named, after: Named) -> Iterator[Problem]:
    first, second = before[1], after[1]
    texts = {
        "company": (first.name, second.name),
        "currency": (first.currency, second.currency),
        "kind of amount": (first.amount_is, second.amount_is),
        "noun": (first.noun, second.noun),
        "unit": tuple("deals won" if one.periods[0].without_money else "bookings" for one in (first, second)),
    }
    for what, (old, new) in texts.items():
        if " ".join(old.split()).casefold() != " ".join(new.split()).casefold():
            message = f'{before[0]} has "{old}", {after[0]} has "{new}"; both must be the same'
            yield Problem(path=what, message=message)
    old_period, new_period = first.periods[0], second.periods[0]
    if (old_period.start, old_period.end) != (new_period.start, new_period.end):
        message = (
            f"{before[0]} is of {old_period.period}, {after[0]} of {new_period.period}: "
            "their difference is not what changed in between"
        )
        hint = f"forecast both with --period {old_period.period}"
        yield Problem(path="period", message=message, hint=hint)


def _order(before: Named, after: Named) -> Iterator[Problem]:
    old, new = before[1].as_of, after[1].as_of
    if old is not None and new is not None and new < old:
        message = f"{after[0]} is as of {new}, before {before[0]} ({old})"
        yield Problem(path="as_of", message=message, hint="give the earlier forecast first")


def _lacking(name: str, document: ForecastDocument) -> Iterator[Problem]:
    counts = document.periods[0].counts
    again = "forecast again with --store or --deals"
    if document.as_of is None:
        yield Problem(path=name, message="has no as-of date", hint=again)
    if counts.open_deals and not document.deals:
        yield Problem(path=name, message="was made without its open deals", hint=again)
    if counts.booked_deals and not document.booked_deals:
        message = "does not list the deals that are booked"
        yield Problem(path=name, message=message, hint=again)
