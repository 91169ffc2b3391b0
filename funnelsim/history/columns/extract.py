"""From the files to two plain frames: a row per stage entry, a row per deal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.history.columns.field_history import stage_changes
from funnelsim.history.columns.ids import Ids, id_text, one_length, one_spelling, refuse_damaged
from funnelsim.history.columns.money import CURRENCY_OF, PricedTable, in_one_currency
from funnelsim.history.columns.plans import PLAN_FIELDS, probability_counts, read_probability
from funnelsim.history.columns.reader import ColumnReader, clean_text
from funnelsim.history.columns.repeated_hour import read_repeated_hour
from funnelsim.history.columns.row_flags import (
    POSITION,
    drop_deleted,
    flag_columns,
    keep_newest,
    keep_newest_entries,
)
from funnelsim.history.columns.row_order import oldest_first
from funnelsim.history.columns.timezones import OFFSET, keep_lengths, offsets_without_zone
from funnelsim.history.files.events import PLAN_SCHEMA
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import FILE, FILTERED, NO_KEY
from funnelsim.history.mapping import Column, DealColumns, EventColumns, Mapping
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources import Parts, Stack
from funnelsim.history.values.dates import DateColumn
from funnelsim.history.values.flags import read_flag

DATE_PREFIX = "date:"
LEFT_PREFIX = "left:"
_TEXTS = ("source", "segment", "owner", "account", "name")
_MONEY = ("amount", "listed_amount")
_DATES = ("created", "closed", "planned_close")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What the files say, typed, filtered by ``where`` and nothing else.

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
        ``deal, created`` of the deals whose creation the events tell.
    known_deals : Series or None
        Ids of the table of deals, those that a filter left out included.
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
    lookup_misses: dict[str, list[dict[str, Any]]]
    currency: str
    converted: dict[str, int]
    negative: pl.DataFrame


def extract(parts: Parts, reader: ColumnReader, *, salesforce: bool) -> Extract:
    """Read every column that plays a part; all problems of all columns at once.

    Raises
    ------
    HistoryError
        If a column is missing or cannot be read, or a filter names an unknown column.
    """
    _require_columns(parts, reader)
    reader.read_dates(list(_date_columns(parts)))
    reader.read_amounts(list(_amount_columns(parts)))
    reader.raise_problems()
    _check_where(parts, reader.mapping)
    events, creations = _event_rows(parts, reader)
    every_deal, misses = _deal_rows(parts, reader, salesforce=salesforce)
    events, creations, every_deal = _settle_ids(parts, reader, events, creations, every_deal)
    events, every_deal = keep_lengths(events, every_deal)
    _look_at_offsets(reader)
    deals = None
    if every_deal is not None and parts.deals:
        deals = _current(keep_newest(_placed(every_deal), parts.deals, reader), parts.deals, reader)
    known_deals = every_deal["deal"].drop_nulls().unique() if every_deal is not None else None
    tables = list(_priced(parts, reader, events, deals, known_deals))
    priced = in_one_currency(tables, reader.mapping, reader.attention)
    frames = iter(priced.frames)
    return Extract(
        events=next(frames) if events is not None else None,
        deals=next(frames) if deals is not None else None,
        creations=creations,
        known_deals=known_deals,
        dated=tuple(parts.deal_columns.dates) if parts.deal_columns else (),
        lookup_misses=misses,
        currency=priced.currency,
        converted=priced.converted,
        negative=priced.negative,
    )


def _priced(
    parts: Parts,
    reader: ColumnReader,
    events: pl.DataFrame | None,
    deals: pl.DataFrame | None,
    known_deals: pl.Series | None,
) -> Iterator[PricedTable]:
    """The rows that are read, the columns that their amounts come from, and which rows will be used."""
    amount_columns = list(_amount_columns(parts))
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
                columns={read_as: column.column for home, column, read_as in amount_columns if home is stack},
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


def _fields(columns: DealColumns) -> Iterator[tuple[str, str, Column]]:
    """Place in the mapping, field, column."""
    for name, value in columns:
        if isinstance(value, Column):
            yield f"deals.{name}", name, value
    for key, column in columns.dates.items():
        yield f"deals.dates.{key}", DATE_PREFIX + key, column
    for key, column in columns.left.items():
        yield f"deals.left.{key}", LEFT_PREFIX + key, column


def _home(parts: Parts, column: Column) -> Stack:
    if column.table is not None:
        return parts.lookups[column.table]
    assert parts.deals is not None
    return parts.deals


def _require_columns(parts: Parts, reader: ColumnReader) -> None:
    if parts.events and parts.event_columns:
        named = [
            (f"events.{name}", value.column)
            for name, value in parts.event_columns
            if isinstance(value, Column)
        ]
        reader.require(parts.events, named)
    if parts.deals and parts.deal_columns:
        for path, _, column in _fields(parts.deal_columns):
            reader.require(_home(parts, column), [(path, column.column)])
            for deal_column, other_column in column.on.items():
                reader.require(parts.deals, [(f"{path}.on", deal_column)])
                reader.require(_home(parts, column), [(f"{path}.on", other_column)])


def _date_columns(parts: Parts) -> Iterator[tuple[Stack, str, str]]:
    if parts.events and parts.event_columns:
        for name in ("entered", "left", "started", "finished", "planned_close"):
            column: Column | None = getattr(parts.event_columns, name)
            if column:
                yield parts.events, column.column, name.replace("_", " ")
    if parts.deals and parts.deal_columns:
        for _, field, column in _fields(parts.deal_columns):
            if field in _DATES:
                yield _home(parts, column), column.column, field.replace("_", " ")
            elif field.startswith(DATE_PREFIX):
                yield _home(parts, column), column.column, f"entry to {field.removeprefix(DATE_PREFIX)}"
            elif field.startswith(LEFT_PREFIX):
                yield _home(parts, column), column.column, f"exit of {field.removeprefix(LEFT_PREFIX)}"


def _amount_columns(parts: Parts) -> Iterator[tuple[Stack, Column, str]]:
    if parts.events and parts.event_columns and parts.event_columns.amount:
        yield parts.events, parts.event_columns.amount, "amount"
    if parts.deals and parts.deal_columns:
        for _, field, column in _fields(parts.deal_columns):
            if field in _MONEY:
                yield _home(parts, column), column, field.replace("_", " ")


def _event_rows(parts: Parts, reader: ColumnReader) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """The rows of events, and the creations that a history of all fields has among them."""
    stack, columns = parts.events, parts.event_columns
    if stack is None or columns is None:
        return None, pl.DataFrame(schema={"deal": pl.String, "created": pl.Datetime("us")})
    assert columns.deal is not None
    assert columns.stage is not None
    assert columns.entered is not None
    entered = reader.dates[stack.name, columns.entered.column]
    left = reader.dates[stack.name, columns.left.column].values if columns.left else None
    amount = reader.amounts[stack.name, columns.amount.column].values if columns.amount else None
    rows = stack.frame.select(FILE, ROW).with_columns(
        reader.text(stack, columns.deal.column, "deal", id_text).alias("deal"),
        reader.text(stack, columns.stage.column, "stage").alias("label"),
        entered.values.alias("at"),
        entered.impossible.alias("impossible"),
        _or_null(left, pl.Datetime("us")).alias("left"),
        _or_null(amount, pl.Float64()).alias("amount"),
        _or_null(_sort_numbers(stack, columns.order, reader), pl.Float64()).alias("order"),
    )
    if columns.amount:
        currency = reader.currencies[stack.name, columns.amount.column]
        rows = rows.with_columns(currency.alias(f"{CURRENCY_OF}amount"))
    rows = rows.with_columns(_offsets({"at": entered}, stack, columns, reader))
    if columns.owner:
        rows = rows.with_columns(reader.text(stack, columns.owner.column, "owner").alias("owner"))
    if columns.from_stage:
        rows = rows.with_columns(
            reader.text(stack, columns.from_stage.column, "stage before").alias("from_label")
        )
    rows = rows.with_columns(_event_plans(stack, columns, reader) + _event_tasks(stack, columns, reader))
    taken = {value.column for _, value in columns if isinstance(value, Column)}
    rows = keep_newest_entries(_placed(rows), stack, taken, reader)
    rows, creations = stage_changes(rows, stack, columns.stage.column, reader)
    rows = oldest_first(_current(rows, stack, reader))
    if not entered.aware and not entered.whole_days and "time_zone" in reader.mapping.model_fields_set:
        rows, attention = read_repeated_hour(rows, reader.mapping.time_zone, reader.mapping.noun or "deal")
        reader.attention += attention
    return rows, creations


def _offsets(
    known: dict[str, DateColumn], stack: Stack, columns: EventColumns, reader: ColumnReader
) -> list[pl.Series]:
    """What was added to UTC in each column of times, where clocks changed; see `keep_lengths`."""
    for name in ("left", "started", "finished"):
        column: Column | None = getattr(columns, name)
        if column:
            known[name] = reader.dates[stack.name, column.column]
    return [read.offset.alias(OFFSET + name) for name, read in known.items() if read.offset is not None]


def _event_plans(stack: Stack, columns: EventColumns, reader: ColumnReader) -> list[pl.Series]:
    """What was expected of the deal at each row, as far as the export tells."""
    pieces = []
    if columns.planned_close:
        pieces.append(reader.dates[stack.name, columns.planned_close.column].values.alias("planned_close"))
    if columns.probability:
        pieces.append(_probability(stack, columns.probability, reader).alias("probability"))
    if columns.forecast_category:
        category = reader.text(stack, columns.forecast_category.column, "forecast category")
        pieces.append(category.alias("forecast_category"))
    return pieces


def _event_tasks(stack: Stack, columns: EventColumns, reader: ColumnReader) -> list[pl.Series]:
    """The task that each row is about, as far as the export tells."""
    pieces = []
    for name in ("started", "finished"):
        column: Column | None = getattr(columns, name)
        if column:
            pieces.append(reader.dates[stack.name, column.column].values.alias(name))
    for name in ("rep", "role"):
        column = getattr(columns, name)
        if column:
            pieces.append(reader.text(stack, column.column, name).alias(name))
    return pieces


def _probability(stack: Stack, column: Column, reader: ColumnReader) -> pl.Series:
    reader.note(stack, column.column, "probability")
    values = clean_text(stack.frame[column.column], reader.mapping.missing)
    for name, number in probability_counts(values).items():
        reader.counts[name] = reader.counts.get(name, 0) + number
    return read_probability(values)


def _or_null(values: pl.Series | None, dtype: pl.DataType) -> pl.Expr | pl.Series:
    return pl.lit(None, dtype=dtype) if values is None else values


def _sort_numbers(stack: Stack, column: Column | None, reader: ColumnReader) -> pl.Series | None:
    if column is None:
        return None
    reader.note(stack, column.column, "order of stages")
    return stack.frame[column.column].cast(pl.Float64, strict=False)


def _deal_rows(
    parts: Parts, reader: ColumnReader, *, salesforce: bool
) -> tuple[pl.DataFrame | None, dict[str, list[dict[str, Any]]]]:
    stack, columns = parts.deals, parts.deal_columns
    if stack is None or columns is None:
        return None, {}
    rows = stack.frame.select(FILE, ROW)
    misses: dict[str, list[dict[str, Any]]] = {}
    used: dict[str, pl.Series] = {}
    for path, field, column in _fields(columns):
        values = _typed(parts, reader, field, column)
        if column.table is not None:
            values, missed, hit = _looked_up(stack, _home(parts, column), reader, column, values)
            used[column.table] = pl.concat([used[column.table], hit]) if column.table in used else hit
            # Most keys are unknown to a table that adds to some deals only, such as one of wins.
            if missed and values.null_count() * 2 < len(values):
                misses[path] = missed
        rows = rows.with_columns(values.alias(_FRAME_NAMES.get(field, field)))
        if field in _MONEY:
            rows = rows.with_columns(_currencies(parts, reader, column).alias(CURRENCY_OF + field))
        if field in ("created", "closed") or field.startswith(DATE_PREFIX):
            offset = reader.dates[_home(parts, column).name, column.column].offset
            if offset is not None and column.table is None:
                rows = rows.with_columns(offset.alias(OFFSET + field))
    for pattern, hit in used.items():
        _settle_lookup(parts.lookups[pattern], hit)
    rows = rows.with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in _DEAL_FRAME.items()
        if name not in rows.columns
    )
    if columns.closed and columns.closed.table is None:
        impossible = reader.dates[stack.name, columns.closed.column].impossible
        rows = rows.with_columns(impossible.alias("closed_impossible"))
    named = reader.mapping.deals and reader.mapping.deals.outcome  # it decides alone
    if salesforce or not named:
        rows = _with_flags(rows, stack, reader)
    return rows, misses


def _currencies(parts: Parts, reader: ColumnReader, column: Column) -> pl.Series:
    """The currency of an amount in each row of the table of deals."""
    home = _home(parts, column)
    values = reader.currencies[home.name, column.column]
    if column.table is None or parts.deals is None:
        return values
    return _looked_up(parts.deals, home, reader, column, values)[0]


_FRAME_NAMES = {"stage": "stage_label", "outcome": "outcome_label"}
_DEAL_FRAME: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "created": pl.Datetime("us"),
    "closed": pl.Datetime("us"),
    "closed_impossible": pl.Boolean(),
    "stage_label": pl.String(),
    "outcome_label": pl.String(),
    **dict.fromkeys(_MONEY, pl.Float64()),
    **dict.fromkeys(_TEXTS, pl.String()),
    **{name: PLAN_SCHEMA[name] for name in PLAN_FIELDS},
    "is_closed": pl.Boolean(),
    "is_won": pl.Boolean(),
}


def _typed(parts: Parts, reader: ColumnReader, field: str, column: Column) -> pl.Series:
    home = _home(parts, column)
    if field in _DATES or field.startswith((DATE_PREFIX, LEFT_PREFIX)):
        return reader.dates[home.name, column.column].values
    if field in _MONEY:
        return reader.amounts[home.name, column.column].values
    if field == "probability":
        return _probability(home, column, reader)
    tidy = id_text if field == "deal" else None
    return reader.text(home, column.column, field.replace("_", " "), tidy)


def _with_flags(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    flags = {}
    for flag, column in flag_columns(stack).items():
        if flag != "deleted":
            flags[flag] = read_flag(stack.frame[column])
            reader.note(stack, column, "flag")
    lost = flags.pop("lost", None)
    if lost is not None and "won" in flags and "closed" not in flags:
        flags["won"] = flags["won"].fill_null(False)
        flags["closed"] = flags["won"] | lost.fill_null(False)
    return rows.with_columns(**{f"is_{flag}": values for flag, values in flags.items()})


def _looked_up(
    stack: Stack, other: Stack, reader: ColumnReader, column: Column, values: pl.Series
) -> tuple[pl.Series, list[dict[str, Any]], pl.Series]:
    """The values of another table, matched by key; the keys it lacks; the rows of it that were used."""
    names = [f"key{path}" for path in range(len(column.on))]
    deal_keys = pl.DataFrame(
        {name: reader.text(stack, key, "key") for name, key in zip(names, column.on, strict=True)}
    )
    other_keys = pl.DataFrame(
        {name: reader.text(other, key, "key") for name, key in zip(names, column.on.values(), strict=True)}
    ).with_columns(values.alias("value"), other.frame[ROW].alias("matched_row"))
    clashing = other_keys.group_by(names).agg(
        pl.col("value").n_unique().alias("n"), pl.col("matched_row").min()
    )
    if (clashing["n"] > 1).any():
        first = clashing.filter(pl.col("n") > 1).sort("matched_row").row(0)
        key = ", ".join(str(part) for part in first[: len(names)])
        message = f'"{key}" stands there more than once, with different {column.column}'
        raise history_error(other.name, message, at=f"column {', '.join(column.on.values())}")
    joined = deal_keys.join(
        other_keys.unique(names, keep="first", maintain_order=True),
        on=names,
        how="left",
        maintain_order="left",
    )
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    missing = joined.filter(pl.col("matched_row").is_null() & known)
    counts = missing.group_by(names[0]).len().sort("len", names[0], descending=[True, False]).head(20)
    keys = other_keys[names[0]].drop_nulls().unique().head(10_000).to_list()
    misses = [
        {"value": value, "rows": number, "hint": did_you_mean(value, keys)}
        for value, number in counts.iter_rows()
    ]
    return joined["value"], misses, joined["matched_row"].drop_nulls().unique()


def _settle_lookup(other: Stack, hit: pl.Series) -> None:
    used = other.frame.filter(pl.col(ROW).is_in(hit.unique().to_list()))
    other.ledger.used = used.height
    other.ledger.skip(other.frame.filter(~pl.col(ROW).is_in(hit.unique().to_list())), NO_KEY)


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with their places in the stack, from which columns are read that only a filter needs."""
    return rows.with_row_index(POSITION)


def _current(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """Rows that are not deleted and that the filters of the mapping keep."""
    rows = drop_deleted(rows, stack, reader)
    for name, rule in reader.mapping.where.items():
        if name in stack.columns:
            holds = _holds(stack, name, rule, reader).gather(rows[POSITION])
            rows = stack.ledger.keep(rows.with_columns(holds.alias("__kept")), pl.col("__kept"), FILTERED)
            rows = rows.drop("__kept")
    return rows.drop(POSITION)


def _holds(stack: Stack, name: str, rule: Any, reader: ColumnReader) -> pl.Series:
    column = stack.frame[name]
    if not isinstance(rule, dict):
        return _one_of(reader.text(stack, name, "filter"), rule)
    holds = pl.Series([True]).new_from_index(0, len(column))
    if "not" in rule:
        holds &= ~_one_of(reader.text(stack, name, "filter"), rule["not"])
    bounds = [rule[key] for key in ("from", "before") if key in rule]
    if not bounds:
        return holds
    values = _ordered(stack, name, reader, dated=isinstance(bounds[0], dt.date))
    if "from" in rule:
        holds &= (values >= _bound(rule["from"])).fill_null(False)
    if "before" in rule:
        holds &= (values < _bound(rule["before"])).fill_null(False)
    return holds


def _bound(value: Any) -> Any:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value


def _ordered(stack: Stack, name: str, reader: ColumnReader, *, dated: bool) -> pl.Series:
    if dated:
        reader.read_dates([(stack, name, "filter")])
        reader.raise_problems()
        return reader.dates[stack.name, name].values
    reader.read_amounts([(stack, Column(column=name, currency=False), "filter")])
    reader.raise_problems()
    return reader.amounts[stack.name, name].values


def _one_of(text: pl.Series, amount_columns: Any) -> pl.Series:
    values = amount_columns if isinstance(amount_columns, list) else [amount_columns]
    plain = ["" if value is None else str(value).strip().casefold() for value in values]
    return text.fill_null("").str.to_lowercase().is_in(plain)


def _check_where(parts: Parts, mapping: Mapping) -> None:
    stacks = [stack for stack in (parts.events, parts.deals) if stack is not None]
    columns = [name for stack in stacks for name in stack.columns]
    for name in mapping.where:
        if name not in columns:
            message = f'there is no column "{name}" in {" or ".join(stack.name for stack in stacks)}'
            raise history_error("mapping", message, at=f"where.{name}", hint=did_you_mean(name, columns))
