"""What happened to each lead, in one form for a history and for a simulated run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import InputError, Problem
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import credit_factors
from funnelsim.model.flows.ways_on import goes_on
from funnelsim.model.parts import Model, Stage
from funnelsim.results.convert import micros, visits_of
from funnelsim.results.run import Run

_EPOCH = dt.datetime(1970, 1, 1)
#: Columns that few histories have.
_SELDOM = ("team", "product")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Leads, visits and credits; all times in whole microseconds since 1970, so that sums are exact.

    A history keeps times to the microsecond and a run in days: in whole microseconds both are the same.

    Attributes
    ----------
    model : Model
        The order of stages, where wins are booked, quotas.
    leads : DataFrame
        ``created closed outcome won_at recognised_from responded value source segment owner team
        product reached_sales``, one row per lead. `won_at` is the first entry to the place that books,
        `recognised_from` to that where revenue begins; `value` the amount, null if unknown.
    visits : DataFrame
        ``lead stage entered left forward``; `lead` is the row in `leads`, `left` is null while it lasts.
    credits : DataFrame
        ``lead at bookings quota expansion``, one row per entry that books or counts towards quota.
    until : int
        The as-of time: nothing is known from here on.
    observed_from : int or None
        Exits are recorded only from here on.
    losses_recorded, has_work : bool
        Whether losses, and the work of reps, are recorded at all.
    """

    model: Model
    leads: pl.DataFrame
    visits: pl.DataFrame
    credits: pl.DataFrame
    until: int
    observed_from: int | None = None
    losses_recorded: bool = True
    has_work: bool = False


def records_of_history(history: History, model: Model | None = None) -> Records:
    """The records of a history; without a model, wins are booked at ``won`` with their whole amount."""
    meta, rules = history.meta, model or plain_model(history)
    responses = history.work.group_by("deal").agg(responded=pl.col("started").min())
    deals = (
        history.deals.with_columns(value=pl.coalesce("amount", "listed_amount"))
        .join(responses, on="deal", how="left", maintain_order="left")
        .with_columns(pl.col("created", "closed", "responded").cast(pl.Int64))
    )
    visits = history.visits.select("deal", "stage", pl.col("entered", "left").cast(pl.Int64), to="exit").join(
        deals.select("deal", amount="value"), on="deal", how="left", maintain_order="left"
    )
    return _assembled(
        rules,
        deals,
        visits,
        until=epoch_micros(meta.as_of),
        observed_from=None if meta.observed_from is None else epoch_micros(meta.observed_from),
        losses_recorded=meta.losses_recorded,
        has_work=history.work.height > 0,
    )


def records_of_run(run: Run, model: Model, *, replication: int, until_day: float | None = None) -> Records:
    """The records of one replication of a run that started empty and has visits.

    Raises
    ------
    InputError
        If it has leads from before its start: when these were created is not in the visits.
    """
    if run.visits is not None and bool((run.visits["entered"] < 0).any()):
        message = "the run has leads from before its start, whose creation its visits do not tell"
        hint = "simulate it without open deals and without a warm-up"
        raise InputError("run", [Problem(path="", message=message, hint=hint)])
    end = run.windows[0].end_day if until_day is None else until_day
    start = epoch_micros(dt.datetime.combine(model.start, dt.time(0)))
    times = ("entered", "started", "left")
    lived = visits_of(run, model, replication=replication, until_day=end).with_columns(
        pl.col(name) + start for name in times
    )
    ended = pl.col("to").is_in(list(model.all_outcomes))
    deals = lived.group_by("deal", maintain_order=True).agg(
        created=pl.col("entered").min(),
        outcome=pl.col("to").filter(ended).last(),
        closed=pl.col("left").filter(ended).last(),
        responded=pl.col("started").min(),
        value=pl.col("amount").last(),
        source=pl.col("source").first(),
        segment=pl.col("segment").first(),
        owner=pl.col("rep").drop_nulls().last(),
    )
    return _assembled(
        model,
        deals,
        lived,
        until=start + micros(end),
        has_work=bool(model.roles),
    )


def plain_model(history: History) -> Model:
    """The stages of a history in their order, and the usual rules."""
    meta = history.meta
    return Model(
        name=meta.name,
        noun=meta.noun,
        currency=meta.currency,
        amount_is=meta.amount_is,
        start=meta.as_of.date(),
        outcomes=meta.outcomes,
        stages={key: Stage(name=name) for key, name in meta.stages.items()},
    )


def sales_stage(model: Model) -> str:
    """The first stage of the sales department; the first of all where no department is called sales."""
    of_sales = [key for key, stage in model.stages.items() if "sales" in stage.department.casefold()]
    return next(iter(of_sales or model.stages), "")


def epoch_micros(instant: dt.datetime) -> int:
    """Microseconds since 1970."""
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _assembled(
    model: Model,
    deals: pl.DataFrame,
    visits: pl.DataFrame,
    *,
    until: int,
    observed_from: int | None = None,
    losses_recorded: bool = True,
    has_work: bool = False,
) -> Records:
    deals = deals.with_row_index("lead")
    visits = visits.join(deals.select("deal", "lead"), on="deal", how="inner", maintain_order="left")
    entries = _entries(deals, visits)
    rule = model.goal.recognise
    won = _first(entries, model.goal.books_at, "won_at")
    begun = _first(entries, "" if rule is None else rule.start, "recognised_from")
    later = list(model.stages)
    later = later[later.index(sales_stage(model)) :] if later else []
    reached = (
        visits.filter(pl.col("stage").is_in(later)).select("lead").unique().with_columns(reached_sales=True)
    )
    credits = _credits(model, entries)
    leads = deals.with_columns(
        pl.lit(None, pl.String).alias(name) for name in _SELDOM if name not in deals.columns
    )
    for more in (won, reached, begun):
        leads = leads.join(more, on="lead", how="left", maintain_order="left")
    forward = goes_on(model.stages, model.goal.books_at, to="to")
    forward = pl.when(pl.col("left").is_not_null()).then(forward)
    columns = (
        "created closed outcome won_at recognised_from responded value source segment owner team product "
        "reached_sales"
    )
    return Records(
        model=model,
        leads=leads.with_columns(pl.col("reached_sales").fill_null(False)).select(columns.split()),
        visits=visits.select("lead", "stage", "entered", "left", forward=forward),
        credits=credits,
        until=until,
        observed_from=observed_from,
        losses_recorded=losses_recorded,
        has_work=has_work,
    )


def _first(entries: pl.DataFrame, target: str, name: str) -> pl.DataFrame:
    """When each lead first entered a stage or outcome."""
    return entries.filter(pl.col("target") == target).group_by("lead").agg(pl.col("at").min().alias(name))


def _entries(deals: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Entries to stages and outcomes: ``lead target at amount``, in the order of each lead."""
    stages = visits.select("lead", "amount", target="stage", at="entered", ends=pl.lit(False))
    outcomes = deals.filter(pl.col("outcome").is_not_null()).select(
        "lead", amount="value", target="outcome", at="closed", ends=pl.lit(True)
    )
    return pl.concat([stages, outcomes], how="diagonal").sort("lead", "at", "ends", maintain_order=True)


def _credits(model: Model, entries: pl.DataFrame) -> pl.DataFrame:
    """Bookings and quota credit of each entry; what a lead books after its first booking is expansion."""
    amount = pl.col("amount").fill_null(0.0)
    books = pl.col("bookings") > 0
    return (
        entries.join(credit_factors(model), on="target", how="inner", maintain_order="left")
        .with_columns(nth=books.cum_sum().over("lead"))
        .with_columns(first=books & (pl.col("nth") == 1), expansion=books & (pl.col("nth") > 1))
        .select("lead", "at", "target", "first", "expansion", pl.col("amount").is_not_null().alias("known"),
                bookings=amount * pl.col("bookings"), quota=amount * pl.col("quota"))
    )  # fmt: skip
