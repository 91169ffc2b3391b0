"""Tasks of a task log: visits, endings, and who worked when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from funnelsim.history.cleaning.transitions import TRANSITION_SCHEMA
from funnelsim.history.files.events import WORK_SCHEMA
from funnelsim.history.ledger import BACKWARDS, FILE, Ledger
from funnelsim.history.mapping.keys import EventColumns
from funnelsim.history.readers.table import ROW
from funnelsim.history.values.labels import same_label


def is_task_log(columns: EventColumns) -> bool:
    """True if rows have the start of a task but not the entry into its stage."""
    return columns.started is not None and columns.started == columns.entered


def forward_in_time(rows: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Rows without those whose task ends before it starts."""
    backwards = (pl.col("finished") < pl.col("started")).fill_null(False)
    return ledger.keep(rows, ~backwards, BACKWARDS)


def with_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """Tasks as visits: a deal enters a task's stage when the one that ended before it did.

    Parallel tasks count one after the other, so that the times in stage of a deal add
    up to the time it took. The first is entered when it starts.

    Parameters
    ----------
    rows : DataFrame
        ``deal, started, finished``; ``finished`` is null while the task lasts.

    Returns
    -------
    DataFrame
        The rows, with ``at``.
    """
    order = rows.sort("deal", "finished", "started", nulls_last=True, maintain_order=True)
    before = pl.col("finished").shift().over("deal").forward_fill().over("deal")
    first = pl.col("started").min().over("deal")
    return order.with_columns(pl.coalesce(before, first).alias("at"))


def endings(rows: pl.DataFrame, ends_with: Mapping[str, Collection[str]]) -> pl.DataFrame:
    """Outcomes at the end of the last task of a deal, as transitions.

    Parameters
    ----------
    rows : DataFrame
        ``deal, label, started, finished`` in the order of `with_entries`.
    ends_with : mapping
        Outcome to the labels of tasks that bring it.
    """
    outcome = {same_label(label): key for key, labels in ends_with.items() for label in labels}
    last = rows.group_by("deal", maintain_order=True).last()
    plain = {label: outcome.get(same_label(label)) for label in last["label"].unique().to_list()}
    return (
        last.select(
            "deal",
            pl.col("label").replace_strict(plain, return_dtype=pl.String).alias("key"),
            pl.lit(True).alias("is_outcome"),
            pl.col("finished").alias("at"),
            pl.lit(None, dtype=TRANSITION_SCHEMA[FILE]).alias(FILE),
            pl.lit(None, dtype=TRANSITION_SCHEMA[ROW]).alias(ROW),
        )
        .drop_nulls(["key", "at"])
        .select(list(TRANSITION_SCHEMA))
    )


def tasks_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Tasks by `WORK_SCHEMA`; those without a start are left out."""
    tasks = rows.filter(~pl.col("is_outcome")).rename({"key": "stage"})
    columns = [
        (pl.col(name) if name in tasks.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in WORK_SCHEMA.items()
    ]
    return tasks.select(columns).drop_nulls("started")


def work_known(work: pl.DataFrame, deals: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Tasks of these deals as known at an instant: those begun by then, of which some are not finished."""
    known = work.filter(pl.col("deal").is_in(deals["deal"].implode()), pl.col("started") < as_of)
    done = pl.col("finished") < as_of
    return known.with_columns(pl.when(done).then("finished").alias("finished")).sort(
        "deal", "started", "finished", nulls_last=True, maintain_order=True
    )


def work_counts(work: pl.DataFrame) -> dict[str, int]:
    """For the audit: tasks, those not finished, the people who did them, and parallel tasks."""
    latest = pl.col("finished").cum_max().shift().over("deal")
    return {
        "tasks": work.height,
        "tasks_in_progress": work["finished"].null_count(),
        "reps": work["rep"].drop_nulls().n_unique(),
        "tasks_at_once": int(work.select((pl.col("started") < latest).sum()).item()),
    }
