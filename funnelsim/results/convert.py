"""One replication of a run as a history, so that each fit can be checked on data of known origin."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, WORK_SCHEMA, History, HistoryMeta
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

DAY_MICROS = 86_400_000_000


def history_of(
    run: Run, model: Model, *, replication: int, as_of_day: float, listed_amounts: bool = False
) -> History:
    """What a CRM would have recorded of one replication up to an as-of time.

    Parameters
    ----------
    run : Run
        Simulated with ``visits=True`` from an empty funnel.
    model : Model
        The model that was run.
    replication : int
        Number of the replication, among `Run.replications`.
    as_of_day : float
        Days from the model's start; what happens from there on is unknown.
    listed_amounts : bool, default False
        Deals that are not won have their amount as listed amount; else only the amounts of won deals are
        known.

    Returns
    -------
    History
        Times to the microsecond. A lead that never leaves a stage is open. The owner is the last rep who
        worked on it; its work is a row for each visit that a rep began, from the start of the first task to
        the end of the last. A deal has one amount, the last.

    Raises
    ------
    ValueError
        If the run has no visits.
    """
    start = dt.datetime.combine(model.start, dt.time(0))
    lived = visits_of(run, model, replication=replication, until_day=as_of_day)
    ended = pl.col("to").is_in(list(model.all_outcomes))
    won = ended & (pl.col("to") == "won")
    owners = pl.col("rep").drop_nulls().last()
    listed = pl.when(~won.any()).then(pl.col("amount").last()) if listed_amounts else pl.lit(None, pl.Float64)
    deals = lived.group_by("deal", maintain_order=True).agg(
        pl.col("entered").min().alias("created"),
        pl.col("to").filter(ended).last().alias("outcome"),
        pl.col("left").filter(ended).last().alias("closed"),
        pl.col("amount").filter(won).last().alias("amount"),
        listed.alias("listed_amount"),
        pl.col("source").first(),
        pl.col("segment").first(),
        owners.alias("owner"),
    )
    seen = set(lived["stage"].unique())
    ended_as = set(deals["outcome"].drop_nulls().unique())
    visits = lived.select(
        "deal", "stage", "visit", _instant(start, "entered"), _instant(start, "left"), exit="to"
    )
    work = lived.filter(pl.col("started").is_not_null()).select(
        "deal",
        "stage",
        _instant(start, "started"),
        _instant(start, "finished"),
        "rep",
        role=pl.col("rep").str.replace(r" \d+$", ""),
    )
    return History(
        visits=_as(visits, VISIT_SCHEMA),
        deals=_as(deals.with_columns(_instant(start, "created"), _instant(start, "closed")), DEAL_SCHEMA),
        work=_as(work, WORK_SCHEMA),
        meta=HistoryMeta(
            name=model.name,
            as_of=start + dt.timedelta(microseconds=micros(as_of_day)),
            observed_from=None,
            stages={key: stage.name or key for key, stage in model.stages.items() if key in seen},
            outcomes=tuple(key for key in model.outcomes if key in ended_as),
            currency=model.currency,
            noun=model.noun,
        ),
    )


def visits_of(run: Run, model: Model, *, replication: int, until_day: float) -> pl.DataFrame:
    """The visits of one replication that began before a day, in microseconds from the model's start.

    Columns ``deal stage visit entered started finished left to amount source segment rep``; `to` is a stage
    or an outcome, and what happens from `until_day` on is null. Sorted by lead and entry.

    Raises
    ------
    ValueError
        If the run has no visits.
    """
    if run.visits is None:
        raise ValueError("the run has no visits; simulate it with visits=True")
    until = micros(until_day)
    times = ("entered", "started", "finished", "left")
    whole = [(pl.col(name) * DAY_MICROS).round().cast(pl.Int64) for name in times]
    return (
        run.visits.filter(pl.col("replication") == replication)
        .join(_targets(model), on=["stage", "exit"], how="left")
        .with_columns(whole)
        .filter(pl.col("entered") < until)
        .sort("lead", "entered", "visit", maintain_order=True)
        .with_columns(to=pl.when(pl.col("left") < until).then("to"))
        .with_columns(pl.when(pl.col(name) < until).then(pl.col(name)).alias(name) for name in times[1:])
        .with_columns(
            deal=pl.format("L{}", pl.col("lead")), rep=pl.when(pl.col("started").is_not_null()).then("rep")
        )
        .select("deal", "stage", "visit", *times, "to", "amount", "source", "segment", "rep")
    )


def micros(days: float) -> int:
    """Days as whole microseconds."""
    return round(days * DAY_MICROS)


def _targets(model: Model) -> pl.DataFrame:
    """Where each exit leads: a history names targets, a run the exits by their keys."""
    rows = [
        (key, name, way.to) for key, stage in model.stages.items() for name, way in stage.every_exit.items()
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("stage", "exit", "to"), pl.String), orient="row")


def _instant(start: dt.datetime, column: str) -> pl.Expr:
    return (pl.lit(start) + pl.duration(microseconds=pl.col(column))).cast(pl.Datetime("us")).alias(column)


def _as(table: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The columns of a schema, null where the table has none."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in table.columns]
    return table.with_columns(missing).select(list(schema)).cast(schema)  # type: ignore[arg-type]
