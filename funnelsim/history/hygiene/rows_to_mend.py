"""What to mend in the CRM, deal by deal, the most money first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from funnelsim.history.audit.extreme_amounts import POINTED_AT, extreme_amounts
from funnelsim.history.files.events import MEND_SCHEMA, HistoryMeta
from funnelsim.history.ledger import TO_MEND, Ledger

#: A field that fewer deals have is not kept in this CRM.
_KEPT = 0.5
#: Deals of one name, account and amount that begin within so many days may be one deal twice.
_TWICE_WITHIN = dt.timedelta(days=7)
#: A win that is dated so long after all else that was recorded has not happened yet.
_LATE = dt.timedelta(days=7)


def rows_to_mend(
    *,
    deals: pl.DataFrame,
    begun: pl.DataFrame,
    visits: pl.DataFrame,
    plans: pl.DataFrame,
    transitions: pl.DataFrame,
    table: pl.DataFrame | None,
    every: pl.DataFrame | None,
    ledgers: Sequence[Ledger],
    meta: HistoryMeta,
) -> pl.DataFrame:
    """A row for each deal and what is wrong with it (`MEND_SCHEMA`), the most money first.

    Parameters
    ----------
    deals, visits : DataFrame
        Of the history.
    plans, transitions : DataFrame
        All that the files have, those after the as-of date included: a deal is to mend by what the CRM says
        today.
    begun : DataFrame
        ``begun``, when the first stage of each of `deals` was entered, in their order.
    table : DataFrame or None
        Rows of the deals table that are used, with ``outcome_key`` and ``closed``.
    every : DataFrame or None
        All rows of the deals table, those of deals that the history does not have included.
    """
    attributes = [name for name in ("name", "account", "owner") if name in deals.columns]
    # What an earlier as-of date does not know yet is in the CRM all the same.
    known = deals.with_columns(begun["begun"]).join(
        _amounts(every), on="deal", how="left", maintain_order="left"
    )
    known = known.with_columns(pl.coalesce("amount", "listed_amount", "money").alias("money"))
    known = known.join(_stages(visits, meta), on="deal", how="left", maintain_order="left").with_columns(
        pl.coalesce(pl.when(pl.col("outcome").is_null()).then("stage"), pl.col("outcome")).alias("stage")
    )
    later = transitions.filter(pl.col("at") >= meta.as_of)
    closed = [_closed_in_table(table), later.filter("is_outcome").select("deal")]
    is_open = known.filter(pl.col("outcome").is_null()).join(
        pl.concat(closed), on="deal", how="anti", maintain_order="left"
    )
    wrong = [
        *_of_won(known.filter(outcome="won")),
        *_of_open(is_open, known, plans, meta),
        *_of_all(known),
        *_won_in_future(known, table, max(meta.as_of, _last_activity(every, transitions) + _LATE)),
        *_two_outcomes(known.join(later, on="deal", how="anti", maintain_order="left"), table),
    ]
    found = pl.concat(
        [
            rows.select("deal", fault=pl.lit(fault), wrong=words, todo=pl.lit(todo, pl.String))
            for rows, fault, words, todo in wrong
            if rows.height
        ]
        or [pl.DataFrame(schema=dict.fromkeys(("deal", "fault", "wrong", "todo"), pl.String))]
    )
    found = found.join(
        known.select("deal", *attributes, "stage", "money"), on="deal", how="left", maintain_order="left"
    )
    skipped = _skipped(every, ledgers)
    both = pl.concat([found, skipped], how="diagonal_relaxed").rename({"money": "amount"})
    ordered = both.sort("amount", "deal", descending=[True, False], nulls_last=True, maintain_order=True)
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in MEND_SCHEMA.items())


_Wrong = Iterator[tuple[pl.DataFrame, str, pl.Expr, str]]


def _of_won(won: pl.DataFrame) -> _Wrong:
    """Rows with ``deal``, the kind of fault, words for what is wrong with them, and what to do."""
    empty = won.filter(pl.col("amount").is_null() | (pl.col("amount") == 0))
    if empty.height < (1 - _KEPT) * won.height:
        fault = "won without an amount"
        yield empty, fault, pl.lit(fault), "enter the amount that was signed"


def _stages(visits: pl.DataFrame, meta: HistoryMeta) -> pl.DataFrame:
    """``deal, stage``: the names of the stages in which the open deals are."""
    current = visits.filter(pl.col("left").is_null()).select("deal", "stage").unique("deal", keep="last")
    return current.with_columns(pl.col("stage").replace(dict(meta.stages)))


def _of_open(is_open: pl.DataFrame, deals: pl.DataFrame, plans: pl.DataFrame, meta: HistoryMeta) -> _Wrong:
    """The same of deals that the CRM calls open today, whatever the as-of date."""
    priced = is_open.with_columns(pl.col("money").is_not_null().mean().over("stage").alias("share"))
    yield (
        # Leads have no amount yet: only where most deals of a stage have one, the others lack it.
        priced.filter(pl.col("money").is_null(), pl.col("share") > _KEPT),
        "open without an amount",
        pl.lit("open without an amount"),
        "enter the expected amount",
    )
    planned = plans.drop_nulls("planned_close").join(is_open.select("deal"), on="deal", how="semi")
    planned = planned.sort("at", nulls_last=True, maintain_order=True)
    planned = planned.group_by("deal", maintain_order=True).agg(pl.col("planned_close").last())
    past = pl.col("planned_close") < meta.as_of - dt.timedelta(days=1)
    yield (
        is_open.join(planned, on="deal").filter(past),
        "expected close is past",
        pl.format("open, and the expected close {} is past", pl.col("planned_close").dt.strftime("%d %b %Y")),
        "set a new close date, or close the deal as lost",
    )
    # As the audit counts them: from the day of the first stage on.
    first = pl.col("begun").dt.truncate("1d")
    longest = deals.select((pl.col("closed").dt.truncate("1d") - first).max()).item()
    if longest is not None:
        age = pl.lit(meta.last_day).cast(pl.Datetime("us")) - first
        days = age.dt.total_days()
        yield (
            is_open.filter(age > longest),
            "open for longer than any closed deal took",
            pl.format("open for {} days; no closed deal took longer than {}", days, longest.days),
            "close the deal as lost, or confirm that it lives",
        )


def _of_all(deals: pl.DataFrame) -> _Wrong:
    yield from _missing(deals)
    extreme = extreme_amounts(deals["money"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), POINTED_AT)
    far = "an amount far beyond all others"
    yield deals.filter(pl.Series(extreme)), far, pl.lit(far), "check the amount"
    yield (
        _twice(deals),
        "may be entered twice",
        pl.format("same name, account, amount and week as deal {}", "other"),
        "merge the two, or confirm both",
    )


def _missing(deals: pl.DataFrame) -> _Wrong:
    """Deals without a field that most deals have."""
    for name, todo in (
        ("owner", "assign an owner"),
        ("account", "name the account"),
        ("source", "enter the source"),
    ):
        empty = (
            pl.col(name).is_null() | (pl.col(name) == "unknown")
            if name == "source"
            else pl.col(name).is_null()
        )
        rows = deals.filter(empty)
        if 0 < rows.height < (1 - _KEPT) * deals.height:
            yield rows, f"no {name}", pl.lit(f"no {name}"), todo


def _twice(deals: pl.DataFrame) -> pl.DataFrame:
    """Deals that look like the one before of the same name and account, with its id as ``other``."""
    group = ["account", "name", "money"]
    known = deals.drop_nulls(group).filter(pl.col("money") > 0).sort("created", "deal", maintain_order=True)
    before = known.with_columns(
        pl.col("deal").shift().over(group).alias("other"), pl.col("created").diff().over(group).alias("since")
    )
    return before.filter(pl.col("other").is_not_null(), pl.col("since") <= _TWICE_WITHIN)


def _closed_in_table(table: pl.DataFrame | None) -> pl.DataFrame:
    """``deal`` of those that the deals table calls closed."""
    if table is None or "outcome_key" not in table.columns:
        return pl.DataFrame(schema={"deal": pl.String})
    return table.filter(pl.col("outcome_key").is_not_null()).select("deal")


def _last_activity(every: pl.DataFrame | None, transitions: pl.DataFrame) -> dt.datetime:
    """When the last deal was created, moved or lost: a win that is dated well after it lies in the future.

    It may be later than the as-of date, for the files may go on. What is dated after today proves nothing.
    """
    times = [transitions.filter(pl.col("key") != "won")["at"]]
    if every is not None:
        times.append(every["created"])
    known = pl.concat([one.cast(pl.Datetime("us")).rename("at") for one in times]).drop_nulls()
    newest = known.filter(known <= dt.datetime.now()).max()
    return newest if isinstance(newest, dt.datetime) else dt.datetime.min


def _both(deals: pl.DataFrame, table: pl.DataFrame | None) -> pl.DataFrame | None:
    """The outcome by the deals table, and by the history."""
    if table is None or "outcome_key" not in table.columns:
        return None
    return table.select("deal", "outcome_key", in_table="closed").join(
        deals.select("deal", "outcome", "closed"), on="deal"
    )


def _won_in_future(deals: pl.DataFrame, table: pl.DataFrame | None, future: dt.datetime) -> _Wrong:
    rows = _both(deals, table)
    if rows is not None:
        yield (
            rows.filter(pl.col("outcome_key") == "won", pl.col("in_table") >= future),
            "won in the future",
            pl.format(
                "won, and its close date {} is in the future", pl.col("in_table").dt.strftime("%d %b %Y")
            ),
            "set the close date to the day on which it was signed",
        )


def _two_outcomes(deals: pl.DataFrame, table: pl.DataFrame | None) -> _Wrong:
    """Deals of which the deals table and the history say different things."""
    rows = _both(deals, table)
    if rows is not None:
        # The outcome of an open deal is null, and null is not unequal.
        yield (
            rows.filter(pl.col("outcome_key") != pl.col("outcome")),
            "two outcomes",
            pl.format("{} in the deals table, {} in the history of stages", "outcome_key", "outcome"),
            "decide how it ended, and set stage and outcome alike",
        )


def _amounts(every: pl.DataFrame | None) -> pl.DataFrame:
    """``deal, money`` as the deals table has it."""
    if every is None:
        return pl.DataFrame(schema={"deal": pl.String, "money": pl.Float64})
    rows = every.drop_nulls("deal").unique("deal", keep="first", maintain_order=True)
    return rows.select("deal", money=pl.coalesce("amount", "listed_amount"))


def _skipped(every: pl.DataFrame | None, ledgers: Sequence[Ledger]) -> pl.DataFrame:
    """Deals whose rows are not used, with the reason."""
    pairs = [
        (deal, f"not counted: {reason}", f"not counted: {reason}", TO_MEND[reason])
        for ledger in ledgers
        for reason, several in ledger.deals.items()
        for deal in dict.fromkeys(several)
    ]
    rows = pl.DataFrame(
        pairs, schema=dict.fromkeys(("deal", "fault", "wrong", "todo"), pl.String), orient="row"
    )
    if every is None:
        return rows.with_columns(pl.lit(None, pl.Float64).alias("money"))
    known = every.drop_nulls("deal").unique("deal", keep="first", maintain_order=True)
    known = known.select(
        "deal", "name", "account", "owner", stage="stage_label", money=pl.coalesce("amount", "listed_amount")
    )
    return rows.join(known, on="deal", how="left", maintain_order="left")
