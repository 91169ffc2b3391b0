"""A history: what really happened to each deal, cleaned, cut at its as-of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

#: One row per stay. `left` and `exit` are null if the deal is still there at the as-of time.
#: `exit` is the next stage or an outcome. `visit` counts the visits of this deal in this stage from 1.
VISIT_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "stage": pl.String(),
    "visit": pl.Int32(),
    "entered": pl.Datetime("us"),
    "left": pl.Datetime("us"),
    "exit": pl.String(),
}

#: One row per deal. `amount` is what it was won (or last known) at, `listed_amount` what it was listed at
#: before that; null if unknown. `outcome` and `closed` are null while the deal is open.
DEAL_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "created": pl.Datetime("us"),
    "outcome": pl.String(),
    "closed": pl.Datetime("us"),
    "amount": pl.Float64(),
    "listed_amount": pl.Float64(),
    "source": pl.String(),
    "segment": pl.String(),
    "owner": pl.String(),
    "account": pl.String(),
    "name": pl.String(),
}

#: Columns of deals that few exports have: stored where the mapping names them.
MORE_DEAL_COLUMNS: dict[str, pl.DataType] = {"product": pl.String()}

#: One row per change of what was expected of a deal; it holds from `at` on, null if the export does not
#: tell since when.
PLAN_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "at": pl.Datetime("us"),
    "planned_close": pl.Datetime("us"),
    "probability": pl.Float64(),
    "forecast_category": pl.String(),
}

#: One row per task that somebody did on a deal in a stage: `finished` is null while it lasts, `rep` and
#: `role` where the export does not tell who it was.
WORK_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "stage": pl.String(),
    "started": pl.Datetime("us"),
    "finished": pl.Datetime("us"),
    "rep": pl.String(),
    "role": pl.String(),
}

#: One row per deal and what is wrong with it in the CRM, the most money first; not stored with a history.
MEND_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "name": pl.String(),
    "account": pl.String(),
    "owner": pl.String(),
    "stage": pl.String(),
    "amount": pl.Float64(),
    "fault": pl.String(),
    "wrong": pl.String(),
    "todo": pl.String(),
}

#: One row per user of the CRM; `team` is empty where the CRM has none. Not stored with a history.
PEOPLE_SCHEMA: dict[str, pl.DataType] = {"name": pl.String(), "team": pl.String()}

#: One row per outcome that did not last: it held from `closed` until the deal went on, or ended otherwise.
RETRACTED_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "outcome": pl.String(),
    "closed": pl.Datetime("us"),
    "until": pl.Datetime("us"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMeta:
    """What holds for a history as a whole.

    Attributes
    ----------
    as_of : datetime
        Everything at or after it is unknown.
    observed_from : datetime or None
        Exits are recorded only from here on: a stay that began earlier is in the data only because it
        lasted until here (left truncation), and one that ended earlier is in the data by chance: a fit
        leaves it out. None: complete from the first event.
    stages : dict of str to str
        Stage key to the name on screen, in funnel order.
    outcomes : tuple of str
        Terminal states beside won, lost and churned that occur.
    losses_recorded : bool
        False if the export never records a loss (all that is not won visits open for ever).
    resolution : {"day", "second"}
        The finest step of the recorded times.
    currency, amount_is : str
        Unit and kind of the amounts, such as USD and ACV; empty if unknown.
    listed_at_export : bool
        True if listed amounts are known for the open deals only, as they stood on the day of the export:
        `cut` forgets them.
    holidays : str
        The country whose public holidays they keep, as ISO 3166 has it; empty if unknown.
    """

    name: str
    as_of: dt.datetime
    observed_from: dt.datetime | None
    stages: dict[str, str]
    outcomes: tuple[str, ...] = ()
    losses_recorded: bool = True
    resolution: Literal["day", "second"] = "second"
    noun: str = "deal"
    currency: str = ""
    amount_is: str = ""
    listed_at_export: bool = False
    holidays: str = ""
    audit: dict[str, Any] = field(default_factory=dict)

    @property
    def last_day(self) -> dt.date:
        """The last day of which anything is known."""
        return (self.as_of - dt.timedelta(microseconds=1)).date()


def _none_of(schema: dict[str, pl.DataType]) -> Callable[[], pl.DataFrame]:
    return lambda: pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Visits and deals of one funnel up to `meta.as_of`; see `VISIT_SCHEMA` and `DEAL_SCHEMA`.

    `plans` (`PLAN_SCHEMA`) is what people expected of the deals, `retracted` (`RETRACTED_SCHEMA`) what a cut
    at an earlier time needs beside them, `work` (`WORK_SCHEMA`) who did what when; all may be empty. A fresh
    import has `to_mend` (`MEND_SCHEMA`) and the `people` of the CRM (`PEOPLE_SCHEMA`) too.

    Examples
    --------
    >>> history = fs.read_history("history")
    >>> history.deals.height, history.meta.as_of
    (60, datetime.datetime(2026, 2, 10, 0, 0))
    """

    visits: pl.DataFrame
    deals: pl.DataFrame
    meta: HistoryMeta
    plans: pl.DataFrame = field(default_factory=_none_of(PLAN_SCHEMA))
    retracted: pl.DataFrame = field(default_factory=_none_of(RETRACTED_SCHEMA))
    work: pl.DataFrame = field(default_factory=_none_of(WORK_SCHEMA))
    to_mend: pl.DataFrame = field(default_factory=_none_of(MEND_SCHEMA))
    people: pl.DataFrame = field(default_factory=_none_of(PEOPLE_SCHEMA))
