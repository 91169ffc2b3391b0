"""From the files to two plain frames: a row per stage entry, a row per deal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from funnelsim.documents.audit import AuditLookupMiss
from funnelsim.history.columns.amount_basis import amounts_apart, doubtful_amounts
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.deal_rows import read_deal_rows
from funnelsim.history.columns.event_rows import read_event_rows
from funnelsim.history.columns.fields import amount_columns, date_columns, require_columns
from funnelsim.history.columns.ids import Ids, one_length, one_spelling, refuse_damaged
from funnelsim.history.columns.money import PricedTable, in_one_currency
from funnelsim.history.columns.row_filters import check_filters, filter_rows, with_positions
from funnelsim.history.columns.row_versions import keep_newest
from funnelsim.history.columns.timezones import keep_lengths, offsets_without_zone
from funnelsim.history.history_error import history_error
from funnelsim.history.sources.assign import Parts
from funnelsim.history.toml_text import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The rows of the files, typed and filtered by ``where``.

    Attributes
    ----------
    events : DataFrame or None
        ``deal, label, at, impossible, left, amount, order``, ``owner``, `PLAN_FIELDS` and the columns of
        `WORK_SCHEMA` if they are read, with `FILE` and `ROW`.
    deals : DataFrame or None
        ``deal, created, closed, closed_impossible, stage_label, outcome_label``, the amounts and texts of
        `DEAL_SCHEMA`, `PLAN_FIELDS`, ``is_closed, is_won``, one ``date:KEY`` per dated stage or outcome and
        one ``left:KEY`` per stage with a date of leaving, with `FILE` and `ROW`. Null where the export has no
        such column.
    born : DataFrame
        ``deal, created`` of the deals whose creation is among the events.
    known_deals : Series or None
        Ids of the deals table, those that a filter left out included.
    lookup_misses : dict
        Place in the mapping -> the keys that the other table does not have, with counts and a near name.
    currency : str
        Of all amounts, as the mapping or the data name it.
    converted : dict of str to int
        Currency -> amounts converted from it.
    negative : DataFrame
        ``deal, amount`` of the amounts below zero.
    """

    events: pl.DataFrame | None
    deals: pl.DataFrame | None
    creations: pl.DataFrame
    known_deals: pl.Series | None
    dated: tuple[str, ...]
    lookup_misses: dict[str, list[AuditLookupMiss]]
    currency: str
    converted: dict[str, int]
    negative: pl.DataFrame


def extract(parts: Parts, reader: ColumnReader, *, salesforce: bool) -> Extract:
    """Read every column that is used, and report all problems at once.

    Raises
    ------
    HistoryError
        If a column is missing or cannot be read, or a filter names an unknown column.
    """
    require_columns(parts, reader)
    reader.read_dates(list(date_columns(parts)))
    reader.read_amounts(list(amount_columns(parts)))
    reader.raise_problems()
    _check_units(reader)
    check_filters(parts, reader.mapping)
    events, creations = read_event_rows(parts, reader)
    every_deal, misses = read_deal_rows(parts, reader, salesforce=salesforce)
    events, creations, every_deal = _settle_ids(parts, reader, events, creations, every_deal)
    events, every_deal = keep_lengths(events, every_deal)
    _look_at_offsets(reader)
    deals = None
    if every_deal is not None and parts.deals:
        deals = filter_rows(keep_newest(with_positions(every_deal), parts.deals, reader), parts.deals, reader)
    known_deals = every_deal["deal"].drop_nulls().unique() if every_deal is not None else None
    tables = list(_priced(parts, reader, events, deals, known_deals))
    priced = in_one_currency(tables, reader.mapping, reader.attention, reader.dated_rates)
    frames = iter(priced.frames)
    events = next(frames) if events is not None else None
    deals = next(frames) if deals is not None else None
    reader.attention += doubtful_amounts(parts, reader)
    if apart := amounts_apart(events, deals, parts):
        reader.attention.append(apart)
    return Extract(
        events=events,
        deals=deals,
        creations=creations,
        known_deals=known_deals,
        dated=tuple(parts.deal_columns.dates) if parts.deal_columns else (),
        lookup_misses=misses,
        currency=priced.currency,
        converted=priced.converted,
        negative=priced.negative,
    )


def _check_units(reader: ColumnReader) -> None:
    """A unit of a column that is not read would change no amount."""
    read = {column for _, column in reader.amounts}
    for name in reader.mapping.units:
        if name not in read and name not in reader.mapping.where:
            hint = f"name it in the mapping: [deals] amount = {quoted(name)}"
            message = f'column "{name}" is not read as an amount'
            raise history_error("mapping", message, at=f"units.{name}", hint=hint)


def _priced(
    parts: Parts,
    reader: ColumnReader,
    events: pl.DataFrame | None,
    deals: pl.DataFrame | None,
    known_deals: pl.Series | None,
) -> Iterator[PricedTable]:
    """The rows that are read, the columns that their amounts come from, and which rows will be used."""
    wanted_amounts = list(amount_columns(parts))
    every = of_kept_deals = pl.lit(True)
    if deals is not None and known_deals is not None:
        kept = deals["deal"].drop_nulls()
        of_kept_deals = ~pl.col("deal").is_in(
            known_deals.filter(~known_deals.is_in(kept.implode())).implode()
        )
    for stack, rows, counted in ((parts.events, events, of_kept_deals), (parts.deals, deals, every)):
        if stack is not None and rows is not None:
            yield PricedTable(
                stack=stack,
                rows=rows,
                columns={read_as: column.column for home, column, read_as in wanted_amounts if home is stack},
                currency_column=reader.currency_columns.get(stack.name, ""),
                counted=counted,
            )


def _look_at_offsets(reader: ColumnReader) -> None:
    if "time_zone" in reader.mapping.model_fields_set:
        return
    named = {
        name: column.written_offsets for (_, name), column in reader.dates.items() if column.written_offsets
    }
    reader.attention += offsets_without_zone(named)


def _settle_ids(
    parts: Parts,
    reader: ColumnReader,
    events: pl.DataFrame | None,
    creations: pl.DataFrame,
    deals: pl.DataFrame | None,
) -> tuple[pl.DataFrame | None, pl.DataFrame, pl.DataFrame | None]:
    """All frames with ids of one spelling; `deals` has those that a filter leaves out too."""
    # Creations are rows of the events: both together decide which spellings there are.
    every = None if events is None else pl.concat([events, creations], how="diagonal")
    tables = {}
    for name, stack, columns, rows in (
        ("events", parts.events, parts.event_columns, every),
        ("deals", parts.deals, parts.deal_columns, deals),
    ):
        if stack is not None and columns is not None and columns.deal is not None and rows is not None:
            tables[name] = Ids(stack, columns.deal.column, rows)
    refuse_damaged(list(tables.values()))
    if len(tables) == 2:
        every, deals, attention = one_spelling(tables["events"], tables["deals"])
        reader.attention += attention
    elif tables:
        alone = one_length(next(iter(tables.values())))
        every, deals = (alone, deals) if "events" in tables else (every, alone)
    if events is not None and every is not None:
        creations = every.tail(creations.height).select(creations.columns)
        events = every.head(events.height).select(events.columns)
    created = creations.group_by("deal").agg(pl.col("created").min()).drop_nulls()
    return events, created, deals
