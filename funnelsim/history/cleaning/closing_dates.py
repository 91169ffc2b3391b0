"""Closing dates of deals that are not won: of closings, or expected ones, by what else the export shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.extract import DATE_PREFIX
from funnelsim.history.files.as_of_dates import date_text, end_of_day
from funnelsim.history.labels.evidence import NEARLY_ALL

#: A run of closings without a win that is rarer than this is none: the dates are those of open deals.
_RARE = 0.01
#: Local days and instants in UTC may differ by one.
_DAY = dt.timedelta(days=1)
_BEGIN = "a column says which deals are won, none which are closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Deals that are not won, by their closing dates.

    Attributes
    ----------
    until : datetime
        End of the newest day that the export shows.
    dated, past : int
        Deals with a closing date, and those among them whose date is not an expected one for sure: it lies
        before `until`, and the row was not left unchanged since before it.
    undated : int
        Deals without a closing date (or with one at or after the as-of time).
    """

    until: dt.datetime
    dated: int
    past: int
    undated: int

    @property
    def later(self) -> int:
        return self.dated - self.past

    @property
    def if_actual(self) -> str:
        return f"{self.dated:,} lost, {self.undated:,} open"

    @property
    def if_expected(self) -> str:
        return f"{self.past:,} lost, {self.later + self.undated:,} open"


def closed_by_dates(
    deals: pl.DataFrame,
    events: pl.DataFrame | None,
    closing_dates: str | None,
    known_until: dt.datetime | None,
    file: str,
) -> tuple[pl.Series, list[Attention]]:
    """Which deals have a date on which they closed.

    `deals` have ``changed`` and ``copied``, the times of their rows; `closing_dates` is what a mapping says.

    Raises
    ------
    HistoryError
        If closing dates lie after all that the export shows, and nothing tells whether they are expected.
    """
    dated = deals["closed"].is_not_null()
    if known_until is not None:
        dated &= (deals["closed"] < known_until).fill_null(False)
    if closing_dates == "actual":
        return dated, []
    until = known_until or _newest(deals, events)
    past = dated & _is_past(deals, until)
    if closing_dates == "expected":
        return past, []
    others = ~deals["is_won"].fill_null(True)
    later = deals["closed"].filter(others & dated & ~past)
    split = Split(
        until=until,
        dated=int((others & dated).sum()),
        past=int((others & past).sum()),
        undated=int((others & ~dated).sum()),
    )
    if not split.later or known_until is not None or _surely_expected(deals, later):
        return past, [_past_lost(split)]
    if _later_ones_closed(deals, later, split):
        return dated, [_all_dated_lost(split)]
    raise _question(split, file)


def _is_past(deals: pl.DataFrame, until: dt.datetime) -> pl.Series:
    past = pl.col("closed") < until
    if _changes_show_closings(deals):
        past &= (pl.col("closed") < pl.col("changed").dt.truncate("1d") + 2 * _DAY).fill_null(True)
    return deals.select(past.fill_null(False)).to_series()


def _newest(deals: pl.DataFrame, events: pl.DataFrame | None) -> dt.datetime:
    """End of the newest day on which something happened, as far as the export shows."""
    stages = [name for name in deals.columns if name.startswith(DATE_PREFIX)]
    columns = [deals[name] for name in ("created", "changed", "copied", *stages)]
    columns += [deals.filter("is_won")["closed"], *([] if events is None else [events["at"]])]
    now = dt.datetime.now()  # what lies ahead has not happened
    times: Iterable[object] = (column.filter(column <= now).max() for column in columns)
    return end_of_day(max((when for when in times if isinstance(when, dt.datetime)), default=now))


def _changes_show_closings(deals: pl.DataFrame) -> bool:
    """True where rows of won deals were changed when the deal closed: then so were those of lost ones."""
    known = deals.filter("is_won").select("closed", "changed").drop_nulls()
    after = known.filter(pl.col("closed") < pl.col("changed").dt.truncate("1d") + 2 * _DAY)
    return known.height > 0 and after.height >= NEARLY_ALL * known.height


def _surely_expected(deals: pl.DataFrame, later: pl.Series) -> bool:
    """True where closing dates after the newest day cannot be those of closings.

    Closings change a row, and rows are copied after they were changed.
    """
    if _changes_show_closings(deals) and deals["changed"].null_count() < deals.height * (1 - NEARLY_ALL):
        return True
    wins = deals.filter("is_won").select("closed", "copied").drop_nulls()
    copied_after = wins.height > 0 and bool((wins["closed"] < wins["copied"] + _DAY).all())
    return copied_after or bool((later > dt.datetime.now()).all())


def _later_ones_closed(deals: pl.DataFrame, later: pl.Series, split: Split) -> bool:
    """True where open deals have no closing date, and so many others without a win are no surprise."""
    blank = deals["is_won"].null_count()
    wins = int(deals["is_won"].sum())
    rate = wins / (wins + split.past + 1)
    ahead = bool((later > dt.datetime.now()).any())
    return split.undated + blank > 0 and not ahead and (1 - rate) ** len(later) >= _RARE


def _question(split: Split, file: str) -> HistoryError:
    message = (
        f"{_BEGIN}. Of those not won, {split.later:,} {verb(split.later, 'have')} a closing date after "
        f"{date_text(split.until - _DAY)}, the newest other date of the export: nothing says whether they "
        f"were lost on that day, or are open and expected to close on it. {counted(split.past, 'other')} "
        f"with an earlier date {verb(split.past, 'are')} read as lost"
    )
    hint = "\n".join(
        (
            "name the column that says it in a mapping ([deals] outcome or stage), or write in it",
            f'    closing_dates = "actual"   # {split.if_actual}',
            f'    # closing_dates = "expected"   # {split.if_expected}',
        )
    )
    return HistoryError(file, [Problem(path="closed", message=message, hint=hint)])


def _past_lost(split: Split) -> Attention:
    """The attention where deals with a later closing date are read as open."""
    lost = f"{counted(split.past, 'other')} with a past closing date {verb(split.past, 'are')} read as lost"
    text = f"{_BEGIN}: {lost}"
    if not split.later:
        text += (
            f", those without ({split.undated:,}) as open. If another column says more, name it in a "
            "mapping as outcome"
        )
        return Attention(check="closed_by_date", text=text, count=split.past)
    text += (
        f" (those that are only overdue too), {split.later:,} with an expected one as open: it lies after "
        f"{date_text(split.until - _DAY)}, the newest other date of the export, or the row was not changed "
        f"since. Those without one ({split.undated:,}) are open. If all dates are those of closings "
        f"({split.if_actual}):"
    )
    lines = ('closing_dates = "actual"',)
    return Attention(check="closed_by_date", text=text, mapping=lines, count=split.dated)


def _all_dated_lost(split: Split) -> Attention:
    """The attention where deals with a later closing date are read as lost."""
    text = (
        f"{_BEGIN}: {counted(split.dated, 'other')} with a closing date {verb(split.dated, 'are')} read as "
        f"lost, those without one ({split.undated:,}) as open. {split.later:,} of the dates "
        f"{verb(split.later, 'lie')} after {date_text(split.until - _DAY)}, the newest other date of the "
        f"export. If they are expected ones ({split.if_expected}):"
    )
    lines = ('closing_dates = "expected"',)
    return Attention(check="closed_by_date", text=text, mapping=lines, count=split.dated)
