"""One replication of a run as a history, so that each fit can be checked on data of known origin."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta
from funnelsim.model.parts import Model
from funnelsim.results.run import Run


def history_of(run: Run, model: Model, *, replication: int, as_of_day: float) -> History:
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

    Returns
    -------
    History
        Times to the microsecond; amounts of won deals only. A lead that never leaves a stage is open.

    Raises
    ------
    ValueError
        If the run has no visits.
    """
    if run.visits is None:
        raise ValueError("the run has no visits; simulate it with visits=True")
    start = dt.datetime.combine(model.start, dt.time(0))
    outcomes = model.all_outcomes
    lived = (
        run.visits.filter((pl.col("replication") == replication) & (pl.col("entered") < as_of_day))
        .join(_targets(model), on=["stage", "exit"], how="left")
        .sort("lead", "entered", "visit", maintain_order=True)
        .with_columns(deal=pl.format("L{}", pl.col("lead")), exit="to")
    )
    left = pl.col("left") < as_of_day
    visits = lived.select(
        "deal",
        "stage",
        pl.col("visit").cast(pl.Int32),
        _instant(start, "entered"),
        pl.when(left).then(_instant(start, "left")).alias("left"),
        pl.when(left).then("exit").alias("exit"),
    )
    ended = left & pl.col("exit").is_in(list(outcomes))
    deals = lived.group_by("deal", maintain_order=True).agg(
        pl.col("entered").min(),
        pl.col("exit").filter(ended).last().alias("outcome"),
        pl.col("left").filter(ended).last().alias("closed"),
        pl.col("amount").filter(ended & (pl.col("exit") == "won")).last().alias("amount"),
        pl.col("source").first(),
    )
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in DEAL_SCHEMA.items()]
    table = deals.select(
        "deal",
        _instant(start, "entered").alias("created"),
        "outcome",
        _instant(start, "closed"),
        "amount",
        "source",
    )
    missing = [column for column in empty if column.meta.output_name() not in table.columns]
    seen = set(visits["stage"].unique())
    ended_as = set(table["outcome"].drop_nulls().unique())
    return History(
        visits=visits.select(list(VISIT_SCHEMA)).cast(VISIT_SCHEMA),  # type: ignore[arg-type]
        deals=table.with_columns(missing).select(list(DEAL_SCHEMA)).cast(DEAL_SCHEMA),  # type: ignore[arg-type]
        meta=HistoryMeta(
            name=model.name,
            as_of=start + dt.timedelta(days=as_of_day),
            observed_from=None,
            stages={key: stage.name or key for key, stage in model.stages.items() if key in seen},
            outcomes=tuple(key for key in model.outcomes if key in ended_as),
            currency=model.currency,
            noun=model.noun,
        ),
    )


def _targets(model: Model) -> pl.DataFrame:
    """Where each exit leads: a history names targets, a run the exits by their keys."""
    rows = [
        (key, name, way.to) for key, stage in model.stages.items() for name, way in stage.every_exit.items()
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("stage", "exit", "to"), pl.String), orient="row")


def _instant(start: dt.datetime, column: str) -> pl.Expr:
    micros = (pl.col(column) * 86_400e6).round().cast(pl.Int64)
    return (pl.lit(start) + pl.duration(microseconds=micros)).cast(pl.Datetime("us")).alias(column)
