"""How each deal of the deals table ended: by its labels, its flags and its dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from funnelsim.history.columns.fields import DATE_PREFIX
from funnelsim.history.labels.evidence import NEARLY_ALL
from funnelsim.history.ledger import (
    IGNORED,
    IMPOSSIBLE,
    NO_CLOSING,
    UNMAPPED,
    Ledger,
)
from funnelsim.history.values.labels import LabelBook


def with_outcomes(
    rows: pl.DataFrame,
    ledger: Ledger,
    book: LabelBook,
    dated: Sequence[str],
    *,
    has_events: bool,
    salesforce: bool,
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Deals with ``outcome_key`` and ``stage_key`` (of the present label), those closed undated, findings.

    An outcome column has priority over a stage column, and that over flags. The closing date of an open
    deal is its planned close, unless the export has that in a column of its own; a closed deal without a
    closing date is closed by the date of its outcome among `dated`.
    """
    ended = book.read(rows["outcome_label"], outcome_column=True).rename(lambda name: f"outcome_{name}")
    current = book.read(rows["stage_label"], counted=not has_events).rename(lambda name: f"stage_{name}")
    rows = rows.hstack(ended).hstack(current)
    kinds = (pl.col("outcome_label_kind"), pl.col("stage_label_kind"))
    for kind, reason in (("ignore", IGNORED), ("unmapped", UNMAPPED)):
        read = kinds[:1] if has_events and kind == "unmapped" else kinds
        rows = ledger.keep(rows, ~pl.any_horizontal((one == kind).fill_null(False) for one in read), reason)
    says_open = kinds[0].is_in(["open", "stage"]).fill_null(False)
    rows = rows.with_columns(
        pl.when(kinds[0] == "outcome")
        .then("outcome_label_key")
        .when(~says_open & (kinds[1] == "outcome"))
        .then("stage_label_key")
        .alias("outcome_key"),
        pl.when(kinds[1] == "stage").then("stage_label_key").alias("stage_key"),
        says_open.alias("labelled_open"),
    )
    findings = _flag_findings(rows) if rows["is_closed"].null_count() < rows.height else {}
    if findings.get("flags_agree"):
        flagged = pl.when(~pl.col("labelled_open")).then(_flagged_outcome())
        rows = rows.with_columns(pl.coalesce("outcome_key", flagged))
    if salesforce and has_events:
        open_by_flag = (pl.col("is_closed") == False).fill_null(False)  # noqa: E712
        rows = rows.with_columns(pl.when(~open_by_flag).then("outcome_key").alias("outcome_key"))
    rows, findings["dated_outcomes_differ"] = _agree_with_status(rows, dated, book)
    undated = rows.clear()
    if not has_events:
        closes = pl.col("outcome_key").is_not_null() & pl.col("closed").is_null()
        rows = ledger.keep(rows, ~(closes & pl.col("closed_impossible").fill_null(False)), IMPOSSIBLE)
        undated = rows.filter(closes)
        rows = ledger.keep(rows, ~closes, NO_CLOSING)
    expected = pl.col("closed").is_not_null() & pl.col("outcome_key").is_null()
    findings["expected_closings"] = int(rows.select(expected.sum()).item())
    planned = pl.coalesce("planned_close", pl.when(expected).then("closed"))
    return rows.with_columns(planned.alias("planned_close")), undated, findings


def _flagged_outcome() -> pl.Expr:
    """The outcome by both flags; null if they contradict each other or one is missing."""
    closed, won = pl.col("is_closed"), pl.col("is_won")
    return pl.when(closed & won).then(pl.lit("won")).when(closed & ~won).then(pl.lit("lost"))


def _agree_with_status(rows: pl.DataFrame, dated: Sequence[str], book: LabelBook) -> tuple[pl.DataFrame, int]:
    """Deals closed on the date of their outcome, without dates of outcomes that their status contradicts.

    A deal that was lost and is open again, or won in the end, may keep the date of its loss: it is open if it
    entered its current stage after that date.
    """
    different = 0
    outcomes = [key for key in dated if key in ("won", "lost", "churned") or key in book.given]
    for key in outcomes:
        own = (pl.col("outcome_key") == key) & pl.col("closed").is_null()
        rows = rows.with_columns(pl.when(own).then(DATE_PREFIX + key).otherwise("closed").alias("closed"))
    stages = [key for key in dated if key not in outcomes]
    entered = [pl.when(pl.col("stage_key") == key).then(DATE_PREFIX + key) for key in stages]
    reopened = pl.max_horizontal(entered) if entered else pl.lit(None, dtype=pl.Datetime("us"))
    for key in outcomes:
        date = pl.col(DATE_PREFIX + key)
        later = (pl.col("outcome_key") != key) & (date >= pl.col("closed")) & (key != "churned")
        earlier = pl.col("outcome_key").is_null() & (date < reopened)
        is_past = (later | earlier).fill_null(False)
        wrong_date = date.is_not_null() & (pl.col("labelled_open") | is_past)
        different += int(rows.select(wrong_date.sum()).item())
        rows = rows.with_columns(pl.when(~wrong_date).then(date).alias(DATE_PREFIX + key))
    return rows, different


def _flag_findings(rows: pl.DataFrame) -> dict[str, Any]:
    """Where labels and flags contradict each other; flags that often do decide nothing (``flags_agree``)."""
    says_closed = pl.col("outcome_key").is_not_null()
    closed, won = pl.col("is_closed"), pl.col("is_won")
    counts = rows.select(
        closed_label_open_flag=(says_closed & ~closed).sum(),
        open_label_closed_flag=(pl.col("stage_key").is_not_null() & ~says_closed & closed).sum(),
        won_label_lost_flag=((pl.col("outcome_key") == "won") & closed & ~won).sum(),
        lost_label_won_flag=((pl.col("outcome_key") == "lost") & closed & won).sum(),
    )
    flags = dict(counts.row(0, named=True))
    against = sum(number for name, number in flags.items() if name != "open_label_closed_flag")
    labelled = rows.filter(says_closed & closed.is_not_null()).height
    # A flag for closed alone does not say how a deal ended.
    agree = against <= (1 - NEARLY_ALL) * labelled and rows["is_won"].null_count() < rows.height
    return {"flags": flags, "flag_rows": rows.height, "flags_agree": agree}
