"""Open deals: probability to be won in a period and ever, expected close date, and warning flags."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.one_table import OneTable
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.run import simulate
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.metrics.dead_deals import is_dead, longest_forward_visits
from funnelsim.metrics.document import day_at
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

#: Horizon of "ever".
EVER_DAYS = 5 * 365.25
#: Futures simulated to the horizon where open deals move independently: simulation error below 1 point.
MOST_REPLICATIONS = 4000
#: The same where deals share reps with new leads, which are then simulated too: error of about 2 points.
MOST_WITH_NEW_LEADS = 500
#: Largest array of futures by deals, which bounds the memory.
_MOST_NUMBERS = 20_000_000
#: Fewest wins for a median close date.
LEAST_WINS = 20

BOOKED = "booked already"
NO_AMOUNT = "no amount"
OLDER_THAN_MOVERS = "older than any that went on"
NEVER_WON_HERE = "no win has passed this stage"
OLDER_THAN_MODEL = "older than the model explains"


def deal_table(
    funnel: Funnel,
    run: Run,
    w: int,
    history: History | None = None,
    *,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    allow_large: bool = False,
    changes: Sequence[Change] = (),
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """A row per open deal, the largest expected amount first, then the likeliest.

    Results for the period come from the futures of the forecast, so the expected amounts add up to the
    pipeline's part of its bookings. Results after the period come from some of the same futures, simulated
    for five years: without new leads, unless they share reps with the open deals.

    Parameters
    ----------
    funnel : Funnel
        With an open pipeline.
    run : Run
        The futures of the forecast, simulated with ``pipeline_sums=True``.
    w : int
        Index of the window of the period.
    history : History, optional
        For the flags about age, and for owner and segment where the pipeline has none.

    Returns
    -------
    DataFrame
        ``lead name owner source segment stage age_days amount p_in_period p_ever expected_in_period
        median_close flags``; `amount` as listed, `expected_in_period` the mean of what the deal books (of
        a deal without a listed amount by the average of all such deals of its stage, source and segment),
        `median_close` among the futures in which the deal is won, null where these are few; the chances
        are null for a deal that has booked already.
    """
    pipeline = funnel.pipeline
    assert pipeline is not None
    window = run.windows[w]
    until = max(EVER_DAYS, window.end_day)
    # With reps, open deals wait behind new leads too, so these are simulated as well.
    followed = funnel if funnel.model.roles else without_new_leads(funnel)
    later = simulate(
        followed,
        days=until,
        windows=(Window(label="all", start_day=0.0, end_day=until),),
        replications=deal_replications(funnel, run.replications),
        seed=seed,
        engine=engine,
        workers=workers,
        allow_large=allow_large,
        changes=changes,
        pipeline_wins=True,
        progress=progress,
    )
    chances = _chances(pipeline, run, w, later, funnel.model.start)
    columns = ("lead", "name", "owner", "source", "segment", "stage", "age_days", "amount", "won_before")
    known = _filled_in(pipeline.select(columns), history)
    table = pl.concat([known, chances], how="horizontal").with_columns(
        pl.when("won_before").then(None).otherwise(column).alias(column) for column in chances.columns
    )
    flags = _flags(funnel, history, until)
    return in_order(
        table.with_columns(pl.Series("flags", flags, dtype=pl.List(pl.String))).drop("won_before")
    )


def in_order(deals: pl.DataFrame) -> pl.DataFrame:
    """A deal table with the largest expected amount first, then the likeliest."""
    keys = ("expected_in_period", "p_in_period", "lead")
    return deals.sort(keys, descending=[True, True, False], nulls_last=True)


def deal_list(deals: pl.DataFrame, accounts: pl.DataFrame | None = None) -> pl.DataFrame:
    """A deal table for people: id, name and account first, and only digits that matter.

    Parameters
    ----------
    deals : DataFrame
        As `deal_table` gives it.
    accounts : DataFrame, optional
        With the columns ``deal`` and ``account``, as a history has them.

    Returns
    -------
    DataFrame
        ``deal name account`` and then the columns of `deals`; amounts in cents, chances to 3 decimals, ages
        in whole days.
    """
    named = deals.rename({"lead": "deal"})
    if accounts is None:
        named = named.with_columns(pl.lit(None, pl.String).alias("account"))
    else:
        named = named.join(accounts.select("deal", "account"), on="deal", how="left", maintain_order="left")
    return named.select("deal", "name", "account", pl.exclude("deal", "name", "account")).with_columns(
        pl.col("amount", "expected_in_period").round(2),
        pl.col("p_in_period", "p_ever").round(3),
        pl.col("age_days").round(0).cast(pl.Int64),
    )


def _filled_in(deals: pl.DataFrame, history: History | None) -> pl.DataFrame:
    """Fill in owners from the history where the pipeline has none, and segments if the model has none."""
    if history is None:
        return deals
    no_segments = deals["segment"].null_count() == deals.height
    missing = ["owner", "segment"] if no_segments else ["owner"]
    from_history = history.deals.select(pl.col("deal").alias("lead"), *missing)
    joined = deals.join(from_history, on="lead", how="left", maintain_order="left", suffix="_in_history")
    return joined.select(
        pl.coalesce(name, f"{name}_in_history").alias(name) if name in missing else name
        for name in deals.columns
    )


def deal_replications(funnel: Funnel, replications: range) -> range:
    """The futures of a forecast in which its deals are simulated to the horizon."""
    open_deals = 0 if funnel.pipeline is None else funnel.pipeline.height
    most = MOST_WITH_NEW_LEADS if funnel.model.roles else MOST_REPLICATIONS
    return replications[: max(min(most, _MOST_NUMBERS // max(open_deals, 1)), LEAST_WINS)]


def without_new_leads(funnel: Funnel) -> Funnel:
    """The funnel with all arrival rates at 0: only the open pipeline is simulated."""
    shut = {key: source.model_copy(update={"rate": 0.0}) for key, source in funnel.model.sources.items()}
    draws = funnel.draws
    if draws is not None:
        rates = [f"sources.{key}.rate" for key in shut]
        draws = draws.with_columns(pl.lit(0.0).alias(rate) for rate in rates if rate in draws.columns)
    return dataclasses.replace(funnel, model=funnel.model.model_copy(update={"sources": shut}), draws=draws)


def _chances(pipeline: pl.DataFrame, run: Run, w: int, later: Run, start: dt.date) -> pl.DataFrame:
    sums, days, window = run.pipeline_sums, later.pipeline_wins, run.windows[w]
    assert sums is not None
    assert days is not None
    won = ~np.isnan(days)
    # A comparison with NaN is false: a deal that is not won is not won in the period.
    inside = (days >= window.start_day) & (days < window.end_day)
    in_period = sums.wins[w] / run.size
    return pl.DataFrame(
        {
            "p_in_period": in_period,
            "p_ever": np.minimum(in_period + (won & ~inside).mean(axis=0), 1.0),
            "expected_in_period": _pooled(pipeline, sums.booked[w], sums.bookings[w]) / run.size,
            "median_close": pl.Series(_median_dates(days, won, start), dtype=pl.Date),
        }
    )


def _pooled(
    pipeline: pl.DataFrame, booked: NDArray[np.float64], bookings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Bookings by deal; deals of one kind without a listed amount share theirs by how often they book.

    Their amounts are drawn, so the sum of one deal would depend on which future drew a very large amount. The
    total is unchanged.
    """
    kind = ("source", "segment", "stage")
    table = pipeline.select(*kind, pl.col("amount").is_null().alias("unlisted")).with_columns(
        booked=pl.Series(booked), bookings=pl.Series(bookings)
    )
    times, total = (pl.col(name).sum().over(*kind, "unlisted") for name in ("booked", "bookings"))
    shared = total * pl.col("booked") / times
    pools = pl.col("unlisted") & (times > 0)
    result = table.select(pl.when(pools).then(shared).otherwise("bookings").alias("found"))
    return result["found"].to_numpy()


def _median_dates(days: NDArray[np.float64], won: NDArray[np.bool_], start: dt.date) -> list[dt.date | None]:
    return [
        day_at(start, float(np.median(days[won[:, deal], deal]))) if count >= LEAST_WINS else None
        for deal, count in enumerate(won.sum(axis=0))
    ]


def _flags(funnel: Funnel, history: History | None, until: float) -> list[list[str]]:
    assert funnel.pipeline is not None
    too_old = set(_beyond_model(funnel, until))
    longest = {} if history is None else longest_forward_visits(history)
    passed = set() if history is None else stages_of_winners(history, funnel.model)
    result = []
    for deal in funnel.pipeline.iter_rows(named=True):
        to_win = history is not None and not deal["won_before"]
        tests = {
            BOOKED: deal["won_before"],
            NO_AMOUNT: deal["amount"] is None,
            OLDER_THAN_MOVERS: to_win and is_dead(deal["stage"], deal["age_days"], longest),
            NEVER_WON_HERE: to_win and deal["stage"] not in passed,
            OLDER_THAN_MODEL: deal["lead"] in too_old,
        }
        result.append([flag for flag, holds in tests.items() if holds])
    return result


def stages_of_winners(history: History, model: Model) -> set[str]:
    """The stages that a deal has left on its way to a win."""
    wins = first_wins(history, model).rename({"at": "won_at"})
    passed = history.visits.join(wins, on="deal", how="inner").filter(pl.col("left") <= pl.col("won_at"))
    return set(passed["stage"])


def _beyond_model(funnel: Funnel, until: float) -> tuple[str, ...]:
    span = Span(warmup_days=0, end_day=until, windows=())
    builder = PlanBuilder(without_new_leads(funnel), span, kept=OneTable())
    return builder.build().too_old
