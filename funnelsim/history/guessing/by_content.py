"""Which of several columns holds the id, or the time of a change: names give candidates, contents decide."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnReader, clean_text
from funnelsim.history.columns.ids import id_text
from funnelsim.history.guessing.names_as_ids import unique_names
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import Column, EventColumns, Mapping
from funnelsim.history.presets.names import may_hold_names, names_creation
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.by_name import candidates
from funnelsim.history.sources.stack import Stack

#: Rows that are looked at: the first deals of an export are like the rest.
_ROWS = 200_000
#: From this share of distinct values on a column identifies rows, not deals.
_NEARLY_UNIQUE = 0.9
_MOSTLY = 0.5


def choose_columns(parts: Parts, mapping: Mapping, preset: str, reader: ColumnReader) -> Parts:
    """The parts with ids and times of changes read from the columns that hold them.

    Raises
    ------
    HistoryError
        If the only column of times never changes within a deal, so that stage entries have no time.
    """
    if preset == "xes":
        return parts
    parts = _choose_ids(parts, mapping, preset)
    parts = _choose_time(parts, mapping, preset)
    for stack, columns in ((parts.events, parts.event_columns), (parts.deals, parts.deal_columns)):
        if stack is not None and columns is not None and columns.deal is not None:
            reader.attention += _names_for_ids(stack, columns.deal.column, reader)
    if parts.deals is not None and parts.deal_columns is not None and parts.deal_columns.deal is not None:
        given = mapping.deals.deal if mapping.deals else None
        column = parts.deal_columns.deal.column
        if given is None and column not in candidates(parts.deals.columns, preset, "deals", "deal"):
            reader.attention.append(unique_names(parts.deals, column))
    return parts


def _choose_ids(parts: Parts, mapping: Mapping, preset: str) -> Parts:
    event_columns_ = _id_candidates(
        parts.events, mapping.events.deal if mapping.events else None, preset, "events"
    )
    deal_columns_ = _id_candidates(
        parts.deals, mapping.deals.deal if mapping.deals else None, preset, "deals"
    )
    if len(event_columns_) < 2 and len(deal_columns_) < 2:
        return parts
    event_ids = {name: _ids(parts.events, name) for name in event_columns_}
    deal_ids = {name: _ids(parts.deals, name) for name in deal_columns_}
    if event_columns_ and deal_columns_:
        our, their = max(
            product(event_columns_, deal_columns_),
            key=lambda pair: (
                _identifies(deal_ids[pair[1]]),
                _share_met(event_ids[pair[0]], deal_ids[pair[1]]) >= _MOSTLY,
                not _identifies_rows(event_ids[pair[0]], event_ids),
                -event_columns_.index(pair[0]) - deal_columns_.index(pair[1]),
            ),
        )
        return _with_id(_with_id(parts, "event_columns", our), "deal_columns", their)
    if event_columns_:
        our = next(
            (name for name in event_columns_ if not _identifies_rows(event_ids[name], event_ids)),
            event_columns_[0],
        )
        return _with_id(parts, "event_columns", our)
    their = next((name for name in deal_columns_ if _identifies(deal_ids[name])), deal_columns_[0])
    return _with_id(parts, "deal_columns", their)


def _id_candidates(stack: Stack | None, given: Column | None, preset: str, part: str) -> list[str]:
    if stack is None:
        return []
    return [given.column] if given else candidates(stack.columns, preset, part, "deal")


def _with_id(parts: Parts, field: str, name: str) -> Parts:
    columns = getattr(parts, field)
    return replace(parts, **{field: columns.model_copy(update={"deal": Column(column=name)})})


def _ids(stack: Stack | None, name: str) -> pl.Series:
    assert stack is not None
    if name not in stack.columns:
        return pl.Series(name, [], dtype=pl.String)
    return clean_text(id_text(stack.frame[name]))


def _share_unique(ids: pl.Series) -> float:
    known = ids.drop_nulls()
    return known.n_unique() / len(known) if len(known) else 0.0


def _identifies(ids: pl.Series) -> bool:
    """True if (nearly) every row of a deals table has an id of its own."""
    return ids.null_count() <= (1 - _NEARLY_UNIQUE) * len(ids) and _share_unique(ids) >= _NEARLY_UNIQUE


def _identifies_rows(ids: pl.Series, others: dict[str, pl.Series]) -> bool:
    """True for the id of a row of events, where another column repeats as that of a deal does."""
    share = _share_unique(ids)
    return share >= _NEARLY_UNIQUE and any(
        0 < _share_unique(other) < _NEARLY_UNIQUE * share for other in others.values()
    )


def _share_met(event_columns_: pl.Series, deal_columns_: pl.Series) -> float:
    event_columns_, deal_columns_ = event_columns_.drop_nulls().unique(), deal_columns_.drop_nulls().unique()
    fewest = min(len(event_columns_), len(deal_columns_))
    # Ids of Salesforce with 15 and 18 characters have the same first 15 characters.
    if fewest and {15, 18} <= set(pl.concat([event_columns_, deal_columns_]).str.len_chars().unique()):
        event_columns_, deal_columns_ = event_columns_.str.slice(0, 15), deal_columns_.str.slice(0, 15)
    return int(event_columns_.is_in(deal_columns_.implode()).sum()) / fewest if fewest else 0.0


def _names_for_ids(stack: Stack, column: str, reader: ColumnReader) -> list[Attention]:
    if not may_hold_names(column) or column not in stack.columns:
        return []
    known = stack.frame[column].cast(pl.String).drop_nulls().unique()
    if known.is_empty() or known.str.contains(r"\S\s+\S").sum() < _MOSTLY * len(known):
        return []
    if stack.ledger.table == "deals" and not stack.frame[column].drop_nulls().is_duplicated().any():
        reader.counts["names_differ"] = len(known)
        return []
    text = (
        f'deals of {stack.name} are identified by "{column}", which holds names: two deals with the same '
        "name "
        "count as one. Export the deal id too"
    )
    return [Attention(check="names_for_ids", text=text, count=len(known))]


def _choose_time(parts: Parts, mapping: Mapping, preset: str) -> Parts:
    stack, columns = parts.events, parts.event_columns
    given = mapping.events and (mapping.events.entered or mapping.events.started)
    if stack is None or columns is None or columns.entered is None or given:
        return parts
    taken = {value.column for name, value in columns if isinstance(value, Column) and name != "entered"}
    names = [name for name in candidates(stack.columns, preset, "events", "entered") if name not in taken]
    deals, varying = _varying(stack, columns, names)
    chosen = next(
        (name for name in names if deals and varying[name] >= _MOSTLY * deals), columns.entered.column
    )
    if deals > 1 and not any(varying.values()) and names_creation(chosen):
        message = (
            f"has the same value in all rows of a deal ({counted(deals, 'deal')} with several stages): it is "
            "the creation date, not the time of a stage change, and no other date column changes"
        )
        hint = 'name the time of the change in a mapping: [events] entered = "..."'
        raise history_error(stack.name, message, at=f"column {chosen}", hint=hint)
    update = {"entered": Column(column=chosen)}
    return replace(parts, event_columns=columns.model_copy(update=update))


def _varying(stack: Stack, columns: EventColumns, names: list[str]) -> tuple[int, dict[str, int]]:
    """Deals with several stages, and for each column of times in how many of them it changes."""
    if columns.deal is None or columns.stage is None:
        return 0, dict.fromkeys(names, 0)
    if not {columns.deal.column, columns.stage.column} <= set(stack.columns):
        return 0, dict.fromkeys(
            names, 0
        )  # a mapping names a column that is not there: reported with all others
    rows = stack.frame.head(_ROWS).select(
        pl.col(columns.deal.column).alias("__deal"), pl.col(columns.stage.column).alias("__stage"), *names
    )
    counts = (
        rows.group_by("__deal")
        .agg(pl.col("__stage").n_unique(), *(pl.col(name).drop_nulls().n_unique() for name in names))
        .filter(pl.col("__stage") > 1)
    )
    return counts.height, {name: int((counts[name] > 1).sum()) for name in names}
