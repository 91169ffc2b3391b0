"""Guess which date columns of a deals table are stage entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.history.attention import Attention
from funnelsim.history.mapping.keys import Column, DealColumns, columns_read
from funnelsim.history.presets.closing_names import closing_kind
from funnelsim.history.presets.crm_columns import STATUS_NAMES, without_prefix
from funnelsim.history.presets.header_words import english_header
from funnelsim.history.presets.hubspot_dates import hubspot_stages
from funnelsim.history.presets.names import plain_name, status_columns
from funnelsim.history.presets.row_names import is_row_time
from funnelsim.history.presets.stage_columns import DateName, read_date_name
from funnelsim.history.sources.by_name import candidates
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.date_errors import AmbiguousDates
from funnelsim.history.values.dates import DateColumn, read_dates, readable_share
from funnelsim.history.values.labels import known_outcome, means_outcome, slug
from funnelsim.history.values.outcome_words import DELETED_WORDS, OPEN_WORDS, RESTING, plain_outcome
from funnelsim.history.values.words import folded

_SAMPLE = 200
_STEM = 4
_MOSTLY = 0.5
#: Above this share of dates after the closing of their deals (or before their creation), a column is about
#: something other than the way to a sale.
_OUTSIDE = 0.1


@dataclass(slots=True, kw_only=True)
class DatedStages:
    """`columns` with ``dates`` and ``left`` of stages, the names of those stages, and doubts."""

    columns: DealColumns
    names: dict[str, str] = field(default_factory=dict)
    creation_enters: bool = True
    attention: list[Attention] = field(default_factory=list)


def guess_dated_stages(
    frame: pl.DataFrame, columns: DealColumns, meanings: Mapping[str, str] | None = None
) -> DatedStages:
    """Add a dated stage (or outcome) for each column that is named like one and holds dates.

    ``qualified_at`` becomes the stage ``qualified``, ``won_date`` the outcome ``won``, and ``engage_date``
    the stage ``engaging`` where that is a label of the stage column. HubSpot's columns go by what HubSpot
    means with them, and by the `meanings` of its labels. A column whose name could as well mean something
    else is reported.
    """
    hubspot = hubspot_stages(frame, meanings)
    if hubspot.dates:
        dates = {key: Column(column=name) for key, name in hubspot.dates.items()}
        left = {key: Column(column=name) for key, name in hubspot.left.items()}
        return DatedStages(
            columns=columns.model_copy(update={"dates": dates | columns.dates, "left": left | columns.left}),
            names=hubspot.names,
            creation_enters=False,
            attention=list(hubspot.attention),
        )
    return _by_names(frame, columns)


def _by_names(frame: pl.DataFrame, columns: DealColumns) -> DatedStages:
    labels = _labels(frame, columns)
    created, closed = _days(frame, columns.created), _days(frame, columns.closed)
    dates: dict[str, Column] = {}
    exits: dict[str, Column] = {}
    unclear: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for name in _free(frame, columns):
        date_name = read_date_name(english_header(without_prefix(name)) or name)
        label = _like(slug(date_name.stage), labels)
        outcome = known_outcome(date_name.stage) or plain_outcome(date_name.stage)
        key = outcome or label or slug(date_name.stage)
        is_label = label is not None and label == slug(date_name.stage)
        if not key or (date_name.kind == "other" and not is_label) or not _is_dated(frame[name], date_name):
            continue
        if date_name.kind == "unclear" and label is None and _are_named(columns, labels, date_name):
            continue
        if date_name.kind == "exit":
            exits.setdefault(key, Column(column=name))
        elif key in dates or key in columns.dates:
            unclear[name] = key + "_2"
        elif not is_label and (
            date_name.kind != "entry" or _lies_outside(frame[name], created, closed, date_name)
        ):
            unclear[name] = key
        else:
            dates[key] = Column(column=name)
            if not (is_label or outcome or date_name.is_known):
                by_name[name] = key
    dated = {**dates, **columns.dates}
    unclear |= {column.column: f"left_{key}" for key, column in exits.items() if key not in dated}
    left = {key: column for key, column in exits.items() if key in dated}
    return DatedStages(
        columns=columns.model_copy(update={"dates": dates | columns.dates, "left": left | columns.left}),
        attention=[*([_doubt(unclear)] if unclear else []), *([_by_name(by_name)] if by_name else [])],
    )


def _free(frame: pl.DataFrame, columns: DealColumns) -> list[str]:
    """Columns that play no part so far."""
    taken = columns_read(columns) | {*columns.not_stages}
    taken |= {name for name in frame.columns if name.startswith("__") or is_row_time(name)}
    taken |= {name for name in frame.columns if closing_kind(name) not in (None, "likely")}
    return [name for name in frame.columns if name not in taken]


def _labels(frame: pl.DataFrame, columns: DealColumns) -> list[str]:
    if columns.stage is None:
        return []
    labels = frame[columns.stage.column].cast(pl.String).drop_nulls().unique(maintain_order=True)
    return [slug(label) for label in labels.head(_SAMPLE)]


def _are_named(columns: DealColumns, labels: list[str], date_name: DateName) -> bool:
    """True if the export says when deals began and ended and what stages are called, and none like this."""
    stage = slug(date_name.stage)
    stages = [label for label in labels if label and not means_outcome(label.replace("_", " "))]
    dated = columns.created is not None and columns.closed is not None
    return dated and bool(stages) and not any(stage.startswith(f"{label}_") for label in stages)


def _doubt(unclear: dict[str, str]) -> Attention:
    names = ", ".join(f'"{name}"' for name in unclear)
    text = (
        f"{names}: dates that could be entries into stages or something else; not read. "
        "To read one as a stage, name it in the mapping"
    )
    lines = (f"{key} = {quoted(name)}" for name, key in unclear.items())
    return Attention(check="unclear_dates", text=text, mapping=("[deals.dates]", *lines), count=len(unclear))


def _by_name(stages: dict[str, str]) -> Attention:
    names, first = ", ".join(f'"{name}"' for name in stages), quoted(next(iter(stages)))
    text = (
        f"{names}: dates that are read as entries into stages because of their names alone. If that is "
        f"right, nothing needs to be done. If one is something else: not_stages = [{first}] under [deals]. "
        "These lines confirm the stages, end this warning and change no number:"
    )
    lines = (f"{key} = {quoted(name)}" for name, key in stages.items())
    mapping = ("[deals]", "guess_others = true", "[deals.dates]", *lines)
    return Attention(check="stages_by_name", text=text, mapping=mapping, count=len(stages))


def _like(stage: str, labels: list[str]) -> str | None:
    """The label that begins like the name of the column, if there is one: ``engage``, ``engaging``."""
    stem = stage[:-1] if stage.endswith("e") else stage
    if stage in labels:
        return stage
    return next((label for label in labels if len(stem) >= _STEM and label.startswith(stem)), None)


def _days(frame: pl.DataFrame, column: Column | None) -> pl.Series | None:
    if column is None or column.table is not None or column.column not in frame.columns:
        return None
    read = dates_of(frame[column.column])
    return None if read is None else read.values


def _lies_outside(
    column: pl.Series, created: pl.Series | None, closed: pl.Series | None, date_name: DateName
) -> bool:
    """True if many of the dates are days after the closing of their deals, or before their creation.

    After it come a delivery, an invoice, a renewal; before it other records were created. Dates of usual
    stages before the creation are those of deals that were entered late.
    """
    read = dates_of(column) if created is not None or closed is not None else None
    if read is None:
        return False
    after = None if closed is None else read.values > closed.dt.offset_by("2d")
    before = None if created is None or date_name.is_known else read.values < created.dt.offset_by("-2d")
    known = (one.drop_nulls() for one in (after, before) if one is not None)
    return any(len(one) > 0 and one.sum() > _OUTSIDE * len(one) for one in known)


def dates_of(column: pl.Series) -> DateColumn | None:
    """The column as dates; None where it holds something else."""
    try:
        return read_dates(column, file="", at=str, hints=("dd/mm/yyyy",))
    except HistoryError:
        return None


def _is_dated(column: pl.Series, date_name: DateName) -> bool:
    """Numbers of ten digits are as often ids as seconds: so the name must mention a date."""
    if not date_name.is_dated and column.dtype == pl.String:
        first = column.drop_nulls().head(_SAMPLE).str.strip_chars()
        if first.str.contains(r"^\d*$").all():
            return False
    return holds_dates(column)


def holds_dates(column: pl.Series) -> bool:
    """True if most of the first distinct values are dates; the others are then complained of by row."""
    if column.dtype.is_temporal():
        return column.dtype not in (pl.Time, pl.Duration) and column.null_count() < len(column)
    if column.dtype != pl.String:
        return False
    known = column.set(column.str.strip_chars() == "", None).drop_nulls()
    known = known.unique(maintain_order=True).head(_SAMPLE)
    if known.is_empty():
        return False
    try:
        read = read_dates(known, file="", at=str)
    except AmbiguousDates:
        return True
    except HistoryError:
        return readable_share(known) >= _MOSTLY
    return not read.values.is_null().all()


def guess_outcome(frame: pl.DataFrame, columns: DealColumns) -> DealColumns:
    """Add the column that says how deals ended, if a column other than the stage has known outcome words."""
    if columns.outcome is not None:
        return columns
    if columns.stage and plain_name(columns.stage.column) in STATUS_NAMES:
        labels = frame[columns.stage.column].cast(pl.String).drop_nulls().unique()
        if any(means_outcome(label) for label in labels) and all(_is_status(label) for label in labels):
            return columns.model_copy(
                update={"outcome": columns.stage, "stage": _stage_beside(frame, columns)}
            )
    taken = columns_read(columns)
    for name in status_columns(frame.columns):
        if name in taken:
            continue
        labels = frame[name].cast(pl.String).drop_nulls().unique()
        if len(labels) <= _SAMPLE and any(means_outcome(label) for label in labels):
            return columns.model_copy(update={"outcome": Column(column=name)})
    return columns


def _stage_beside(frame: pl.DataFrame, columns: DealColumns) -> Column | None:
    """``Phase`` beside a status that only says won, lost or open."""
    taken = columns_read(columns)
    names = [name for name in candidates(frame.columns, "deals", "deals", "stage") if name not in taken]
    others = [name for name in names if plain_name(name) not in STATUS_NAMES]
    return Column(column=others[0]) if others else None


def _is_status(label: str) -> bool:
    return means_outcome(label) or folded(label) in OPEN_WORDS | RESTING | DELETED_WORDS | {""}
