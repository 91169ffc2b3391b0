"""Read a CRM's report of closed-won deals: id, amount, close date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from funnelsim.core.errors import InputError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.forecasting.closed_won.won_rows import won_rows
from funnelsim.history.columns.ids import id_text
from funnelsim.history.presets.names import find_column
from funnelsim.history.readers.source import read_source
from funnelsim.history.readers.table import ROW
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.currency_names import currency_named
from funnelsim.history.values.dates import read_dates

#: Field -> plain names of its column, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "deal": (
        *("dealid", "opportunityid", "opportunityid18", "oppid", "recordid", "hsobjectid", "deal", "id"),
        *("opportunity", "opportunityname", "dealname", "name"),
    ),
    "amount": (
        *("closedamount", "closedwonamount", "amount", "amountincompanycurrency", "dealamount", "acv", "arr"),
        *("tcv", "closevalue", "value", "dealvalue", "bookings", "revenue"),
    ),
    "closed": ("closedate", "closed", "closedat", "closeddate", "dateclosed", "closingdate", "wonat", "date"),
    "currency": ("currency", "currencyisocode", "amountcurrency", "dealcurrencycode", "currencycode"),
}
REPORT_SCHEMA = {"deal": pl.String, "amount": pl.Float64, "closed": pl.Date, "currency": pl.String}


class ClosedWonReport(NamedTuple):
    """``deal amount closed currency rows``, a row for each deal, and which rows were taken if not all."""

    deals: pl.DataFrame
    taken: str = ""


def read_closed_won(path: Path | str) -> ClosedWonReport:
    """The deals of a closed-won report, or the won deals of an export of all.

    Other columns are left out. Several rows of one deal, such as its products, are added up.

    Raises
    ------
    InputError
        If a column is missing, or amounts or dates cannot be read.
    """
    table = read_source(Path(path))[0]
    file = table.name
    frame, taken = won_rows(table)
    columns = {field: find_column(table.columns, names) for field, names in NAMES.items()}
    problems = [
        Problem(
            path="header",
            message=f"there is no column for the {field}; call it {NAMES[field][0]}",
        )
        for field in ("deal", "amount", "closed")
        if columns[field] is None
    ]
    problems += [
        Problem(path=f"row {row}", message="has more cells than the header") for row in table.malformed
    ]
    if problems:
        raise InputError(file, problems)
    at: Callable[[int], str] = lambda position: f"row {frame[ROW][position]}"  # noqa: E731
    amounts = read_amounts(frame[columns["amount"]], file=file, at=at)  # type: ignore[index]
    dates = read_dates(frame[columns["closed"]], file=file, at=at)  # type: ignore[index]
    currency = amounts.currency
    if columns["currency"] is not None:
        currency = frame[columns["currency"]].cast(pl.String).str.strip_chars()
    rows = pl.DataFrame(
        {
            "deal": id_text(frame[columns["deal"]]),  # type: ignore[index]
            "amount": amounts.values,
            "closed": dates.values.dt.date(),
            "currency": [currency_named(name) or name if name else None for name in currency],
        },
        schema=REPORT_SCHEMA,
    )
    undated = rows.filter(pl.col("closed").is_null() & pl.col("deal").is_not_null())
    if undated.height:
        shown = ", ".join(undated["deal"].head(3))
        count = undated.height
        message = f"{counted(count, 'closed-won deal')} {verb(count, 'have')} no close date, such as {shown}"
        raise InputError(file, [Problem(path=f"column {columns['closed']}", message=message)])
    deals = (
        rows.drop_nulls("deal")
        .group_by("deal", maintain_order=True)
        .agg(
            pl.when(pl.col("amount").count() > 0).then(pl.col("amount").sum()).alias("amount"),
            pl.col("closed").max(),
            pl.col("currency").drop_nulls().first(),
            pl.len().alias("rows"),
        )
    )
    return ClosedWonReport(deals, taken)
