"""From typed rows to transitions: a deal, a stage or an outcome, a time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.columns.extract import Extract
from funnelsim.history.columns.fields import DATE_PREFIX
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import (
    CONFLICT,
    DUPLICATE,
    FILE,
    IGNORED,
    IMPOSSIBLE,
    NO_DATE,
    NO_DEAL,
    NO_LABEL,
    UNMAPPED,
    Ledger,
)
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.readers.table import ROW
from funnelsim.history.values.labels import LabelBook

#: `FILE` and `ROW` are null if the deals table implies the transition.
TRANSITION_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "key": pl.String(),
    "is_outcome": pl.Boolean(),
    "at": pl.Datetime("us"),
    FILE: pl.UInt16(),
    ROW: pl.UInt32(),
}
#: Above this share of ids with conflicting rows the column does not identify deals at all.
CONFLICTS_AT_MOST = 0.1
OPEN_STAGE, CREATED_STAGE = "open", "created"
#: A CRM records creation and entry into the first stage within a minute.
_AT_ONCE_SECONDS = 60


def clean_deals(extract: Extract, ledger: Ledger, file: str, column: str) -> pl.DataFrame:
    """One row per deal: without rows that have no id, duplicates and conflicts.

    Raises
    ------
    HistoryError
        If more than a tenth of the ids have conflicting rows: the column does not identify deals.
    """
    rows = extract.deals
    assert rows is not None
    rows = ledger.keep(rows, pl.col("deal").is_not_null(), NO_DEAL)
    content = [name for name in rows.columns if name not in (FILE, ROW)]
    rows = ledger.keep_first(rows, content, DUPLICATE)
    if rows["deal"].is_duplicated().any():
        _refuse_non_identifying(rows, ledger, file, column)
    return ledger.keep(rows, pl.col("deal").is_unique(), CONFLICT)


def _refuse_non_identifying(rows: pl.DataFrame, ledger: Ledger, file: str, column: str) -> None:
    clashing = rows.filter(pl.col("deal").is_duplicated())
    ids, all_ids = clashing["deal"].n_unique(), rows["deal"].n_unique()
    if ids <= CONFLICTS_AT_MOST * all_ids:
        return
    first = clashing.filter(pl.col("deal") == clashing["deal"][0])
    rows_named = " and ".join(
        ledger.locate(*locate) for locate in first.select(FILE, ROW).head(2).iter_rows()
    )
    message = (
        f"{ids:,} of {counted(all_ids, 'id')} {verb(ids, 'have')} several rows that differ (such as "
        f'"{first["deal"][0]}" in {rows_named}): the column does not identify deals'
    )
    hint = "a file with a row per stage entry needs --preset events; else name the id column in a mapping"
    raise history_error(file, message, at=f"column {column}", hint=hint)


def event_transitions(rows: pl.DataFrame, ledger: Ledger, book: LabelBook) -> pl.DataFrame:
    """Rows of events with ``key`` and ``is_outcome``; unusable rows are skipped."""
    rows = ledger.keep(rows, pl.col("deal").is_not_null(), NO_DEAL)
    rows = ledger.keep(rows, pl.col("label").is_not_null(), NO_LABEL)
    rows = rows.hstack(book.read(rows["label"]))
    rows = ledger.keep(rows, pl.col("label_kind").is_not_null(), NO_LABEL)
    rows = ledger.keep(rows, pl.col("label_kind") != "ignore", IGNORED)
    rows = ledger.keep(rows, pl.col("label_kind") != "unmapped", UNMAPPED)
    rows = ledger.keep(rows, ~pl.col("impossible"), IMPOSSIBLE)
    rows = ledger.keep(rows, pl.col("at").is_not_null(), NO_DATE)
    content = ["deal", "label", "at", "left", "amount"]
    rows = ledger.keep_first(rows, content, DUPLICATE)
    return rows.with_columns(
        pl.col("label_key").alias("key"), (pl.col("label_kind") == "outcome").alias("is_outcome")
    )


def sort_order(rows: pl.DataFrame) -> dict[str, float]:
    """The CRM's own number of each stage, where the export has one."""
    known = rows.filter(pl.col("order").is_not_null() & ~pl.col("is_outcome"))
    return dict(known.group_by("key").agg(pl.col("order").median()).iter_rows())


def implied_transitions(
    deals: pl.DataFrame, dated: tuple[str, ...], book: LabelBook, mapping: Mapping, *, has_events: bool
) -> tuple[pl.DataFrame, str | None]:
    """Transitions from the deals table (dated stages, creation, closing), and the stage at creation."""
    pieces = [_dated(deals, key, book, mapping) for key in dated]
    enters = _stage_of_creation(deals, dated, book, mapping, has_events=has_events)
    if enters is not None:
        pieces.append(implied(deals, enters, pl.col("created"), is_outcome=False))
    closing = deals.filter(pl.col("outcome_key").is_not_null())
    pieces.append(implied(closing, pl.col("outcome_key"), pl.col("closed"), is_outcome=True))
    return pl.concat(pieces), enters


def _dated(deals: pl.DataFrame, key: str, book: LabelBook, mapping: Mapping) -> pl.DataFrame:
    is_outcome = key in ("won", "lost", "churned") or key in mapping.outcomes
    if not is_outcome:
        book.stages.setdefault(key, key.replace("_", " ").capitalize())
    return implied(deals, key, pl.col(DATE_PREFIX + key), is_outcome=is_outcome)


def implied(deals: pl.DataFrame, key: str | pl.Expr, at: pl.Expr, *, is_outcome: bool) -> pl.DataFrame:
    """Transitions by `TRANSITION_SCHEMA` that no event records, one per deal with a date."""
    return deals.select(
        pl.col("deal"),
        (pl.lit(key, dtype=pl.String) if isinstance(key, str) else key).alias("key"),
        pl.lit(is_outcome).alias("is_outcome"),
        at.alias("at"),
        pl.lit(None, dtype=pl.UInt16).alias(FILE),
        pl.lit(None, dtype=pl.UInt32).alias(ROW),
    ).filter(pl.col("at").is_not_null())


def _stage_of_creation(
    deals: pl.DataFrame, dated: tuple[str, ...], book: LabelBook, mapping: Mapping, *, has_events: bool
) -> str | None:
    """The stage that a deal enters at its creation; None if creation is not an entry."""
    if mapping.created_enters is False:
        return None
    if mapping.created_enters is not None:
        book.stages.setdefault(mapping.created_enters, mapping.created_enters.replace("_", " ").capitalize())
        return mapping.created_enters
    if has_events or deals["created"].null_count() == deals.height:
        return None
    stages = [key for key in dated if key not in ("won", "lost", "churned", *mapping.outcomes)]
    if stages and creation_is_an_entry(deals, stages):
        return None
    if mapping.stages:
        first = next(iter(mapping.stages))
        return first if first not in stages else None
    key, name = (CREATED_STAGE, "Created") if stages else (OPEN_STAGE, "Open")
    book.stages = {key: name} | {other: label for other, label in book.stages.items() if other != key}
    return key


def creation_is_an_entry(deals: pl.DataFrame, stages: Sequence[str]) -> bool:
    """True if every deal enters its first dated stage when it is created: no stage comes before it."""
    first = pl.min_horizontal(pl.col(DATE_PREFIX + key) for key in stages)
    day = pl.col("created").dt.truncate("1d")
    whole_day = (pl.col("created") == day) | (first == first.dt.truncate("1d"))
    at_once = (first - pl.col("created")).dt.total_seconds().abs() < _AT_ONCE_SECONDS
    same = at_once | (whole_day & (first.dt.truncate("1d") == day))
    return bool(deals.filter(pl.col("created").is_not_null()).select(same.fill_null(False).all()).item())


def check_beginnings(deals: pl.DataFrame, dated: tuple[str, ...], enters: str | None, file: str) -> None:
    """Require the start and the outcome of deals, if there is only a deals table.

    Raises
    ------
    HistoryError
        If it does not.
    """
    problems = []
    stages = [key for key in dated if key not in ("won", "lost", "churned")]
    if enters is None and not stages:
        message = "no column says when a deal begins"
        hint = 'name it in a mapping: [deals] created = "...", or [deals.dates] STAGE = "..."'
        problems.append(Problem(path="created", message=message, hint=hint))
    outcome_columns = ("outcome_label", "stage_label", "is_won")
    no_outcome = all(deals[name].null_count() == deals.height for name in outcome_columns)
    if no_outcome and len(stages) == len(dated):
        message = "no column says which deals were won or lost"
        hint = 'name it in a mapping: [deals] outcome = "..." or stage = "..."'
        problems.append(Problem(path="outcome", message=message, hint=hint))
    if problems:
        raise HistoryError(file, problems)
