"""The open deals one by one: chance to win in a period and ever, when, and what looks wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.engines.build import PlanBuilder, Span
from funnelsim.engines.run import simulate
from funnelsim.forecasting.dealamounts import with_mean_amounts
from funnelsim.history.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.metrics.document import day_at
from funnelsim.model.changes import Change
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

#: How far ahead "ever" looks.
EVER_DAYS = 5 * 365.25
#: Enough for an error of a chance below one point, and for an array of futures by deals that fits.
MOST_REPLICATIONS = 4000
#: Fewer wins than this tell no median.
LEAST_WINS = 20

BOOKED = "booked already"
NO_AMOUNT = "no amount"
OLDER_THAN_WINS = "older than any win"
NEVER_WON_HERE = "no win has passed this stage"
OLDER_THAN_MODEL = "older than the model explains"


def deal_table(
    funnel: Funnel,
    window: Window,
    history: History | None = None,
    *,
    replications: range,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    allow_large: bool = False,
    changes: Sequence[Change] = (),
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """A row per open deal, the largest expected amount first, then the likeliest.

    The futures are those of the forecast (same seed, same luck, at most 4,000 of them), followed for five
    years and without new leads, which do not touch the open deals.

    Parameters
    ----------
    funnel : Funnel
        With an open pipeline.
    window : Window
        The period asked about.
    history : History, optional
        For the flags about age, and for owner and segment where the pipeline tells none.

    Returns
    -------
    DataFrame
        ``lead name owner source segment stage age_days amount p_in_period p_ever expected_in_period
        median_close flags``; `amount` as listed, `expected_in_period` = chance times amount if won (of a
        deal without a listed amount the mean of its law, times what the way makes of it), `median_close`
        among the futures in which the deal is won, null where these are few; the chances are null for a
        deal that has booked already.
    """
    pipeline = funnel.pipeline
    assert pipeline is not None
    until = max(EVER_DAYS, window.end_day)
    run = simulate(
        with_mean_amounts(without_new_leads(funnel), changes),
        days=until,
        windows=(Window(label="all", start_day=0.0, end_day=until),),
        replications=deal_replications(replications),
        seed=seed,
        engine=engine,
        workers=workers,
        allow_large=allow_large,
        changes=changes,
        pipeline_wins=True,
        progress=progress,
    )
    chances = _chances(run, window, funnel.model.start)
    columns = ("lead", "name", "owner", "source", "segment", "stage", "age_days", "amount", "won_before")
    known = _filled_in(pipeline.select(columns), history)
    table = pl.concat([known, chances], how="horizontal").with_columns(
        pl.when("won_before").then(None).otherwise(column).alias(column) for column in chances.columns
    )
    flags = _flags(funnel, history, until)
    return (
        table.with_columns(pl.Series("flags", flags, dtype=pl.List(pl.String)))
        .drop("won_before")
        .sort(
            "expected_in_period",
            "p_in_period",
            "lead",
            descending=[True, True, False],
            nulls_last=True,
        )
    )


def _filled_in(deals: pl.DataFrame, history: History | None) -> pl.DataFrame:
    """Owners of the history where the pipeline names none; its segments only where the model has no own."""
    if history is None:
        return deals
    no_segments = deals["segment"].null_count() == deals.height
    missing = ["owner", "segment"] if no_segments else ["owner"]
    told = history.deals.select(pl.col("deal").alias("lead"), *missing)
    joined = deals.join(told, on="lead", how="left", maintain_order="left", suffix="_told")
    return joined.select(
        pl.coalesce(name, f"{name}_told").alias(name) if name in missing else name for name in deals.columns
    )


def deal_replications(replications: range) -> range:
    """The futures of a forecast in which its deals are followed one by one."""
    return replications[:MOST_REPLICATIONS]


def without_new_leads(funnel: Funnel) -> Funnel:
    """The funnel with its sources shut: only the open pipeline moves on."""
    shut = {key: source.model_copy(update={"rate": 0.0}) for key, source in funnel.model.sources.items()}
    draws = funnel.draws
    if draws is not None:
        rates = [f"sources.{key}.rate" for key in shut]
        draws = draws.with_columns(pl.lit(0.0).alias(rate) for rate in rates if rate in draws.columns)
    return dataclasses.replace(funnel, model=funnel.model.model_copy(update={"sources": shut}), draws=draws)


def _chances(run: Run, window: Window, start: dt.date) -> pl.DataFrame:
    days, amounts = run.pipeline_wins, run.pipeline_amounts
    assert days is not None
    assert amounts is not None
    won = ~np.isnan(days)
    # A comparison with NaN is false: a deal that is not won is not won in the period.
    inside = (days >= window.start_day) & (days < window.end_day)
    return pl.DataFrame(
        {
            "p_in_period": inside.mean(axis=0),
            "p_ever": won.mean(axis=0),
            "expected_in_period": np.where(inside, amounts, 0.0).mean(axis=0),
            "median_close": pl.Series(_median_dates(days, won, start), dtype=pl.Date),
        }
    )


def _median_dates(days: NDArray[np.float64], won: NDArray[np.bool_], start: dt.date) -> list[dt.date | None]:
    return [
        day_at(start, float(np.median(days[won[:, deal], deal]))) if count >= LEAST_WINS else None
        for deal, count in enumerate(won.sum(axis=0))
    ]


def _flags(funnel: Funnel, history: History | None, until: float) -> list[list[str]]:
    assert funnel.pipeline is not None
    too_old = set(_beyond_model(funnel, until))
    longest = {} if history is None else longest_winning_stays(history, funnel.model)
    found = []
    for deal in funnel.pipeline.iter_rows(named=True):
        to_win = history is not None and not deal["won_before"]
        tests = {
            BOOKED: deal["won_before"],
            NO_AMOUNT: deal["amount"] is None,
            OLDER_THAN_WINS: to_win and deal["age_days"] > longest.get(deal["stage"], np.inf),
            NEVER_WON_HERE: to_win and deal["stage"] not in longest,
            OLDER_THAN_MODEL: deal["lead"] in too_old,
        }
        found.append([flag for flag, holds in tests.items() if holds])
    return found


def longest_winning_stays(history: History, model: Model) -> dict[str, float]:
    """Longest stay in each stage, in days, of a deal that was won later; stages without one are absent."""
    wins = first_wins(history, model).rename({"at": "won_at"})
    stays = history.visits.join(wins, on="deal", how="inner").filter(
        pl.col("left").is_not_null() & (pl.col("left") <= pl.col("won_at"))
    )
    days = (pl.col("left") - pl.col("entered")).dt.total_seconds(fractional=True) / 86400
    return dict(stays.group_by("stage").agg(days.max()).sort("stage").iter_rows())


def _beyond_model(funnel: Funnel, until: float) -> tuple[str, ...]:
    builder = PlanBuilder(without_new_leads(funnel), Span(warmup_days=0, end_day=until, windows=()))
    builder.build()
    return builder.too_old
