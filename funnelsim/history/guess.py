"""Which date columns of a table of deals are entries into stages, where no mapping says so."""

from __future__ import annotations

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.history.dates import AmbiguousDates, read_dates, readable_share
from funnelsim.history.labels import known_outcome, slug
from funnelsim.history.mapping import Column, DealColumns
from funnelsim.history.outcome_words import GONE_WORDS, OPEN_WORDS, folded, read_words
from funnelsim.history.presets import plain_name, stage_of_date_column
from funnelsim.history.row_flags import ROW_TIMES

_SAMPLE = 200
_STEM = 4
_MOSTLY = 0.5
#: Columns beside that of the stage that may say how a deal ended.
_STATUS_NAMES = (
    "status",
    "dealstatus",
    "statustype",
    "statecode",
    "state",
    "opportunitystatus",
    "statuslabel",
    "statut",
    "estado",
    "stato",
    "situation",
)


def guess_dated_stages(frame: pl.DataFrame, columns: DealColumns) -> DealColumns:
    """Add a dated stage (or outcome) for each column that is named like one and holds dates.

    ``qualified_at`` becomes the stage ``qualified``, ``won_date`` the outcome ``won``, and ``engage_date``
    the stage ``engaging`` where that is a label of the stage column.
    """
    labels = frame[columns.stage.column] if columns.stage else pl.Series(dtype=pl.String)
    slugs = [slug(label) for label in labels.cast(pl.String).drop_nulls().unique(maintain_order=True)]
    taken = {value.column for _, value in columns if isinstance(value, Column)}
    dates: dict[str, Column] = {}
    for name in frame.columns:
        other = name in taken or plain_name(name) in ROW_TIMES
        stage = "" if other else stage_of_date_column(name)
        key = known_outcome(stage) or _like(slug(stage), slugs)
        if key and key not in dates and holds_dates(frame[name]):
            dates[key] = Column(column=name)
    return columns.model_copy(update={"dates": dates})


def _like(stage: str, slugs: list[str]) -> str:
    """The label that begins like the name of the column, if there is one: ``engage``, ``engaging``."""
    stem = stage[:-1] if stage.endswith("e") else stage
    return next((label for label in slugs if len(stem) >= _STEM and label.startswith(stem)), stage)


def holds_dates(column: pl.Series) -> bool:
    """True if most of the first distinct values are dates; the others are then complained of by row."""
    if column.dtype.is_temporal():
        return True
    if column.dtype != pl.String:
        return False
    known = (
        column.set(column.str.strip_chars() == "", None)
        .drop_nulls()
        .unique(maintain_order=True)
        .head(_SAMPLE)
    )
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
    """Add the column that says how deals ended, where one beside the stage does so in known words."""
    if columns.outcome is not None:
        return columns
    if columns.stage and plain_name(columns.stage.column) in _STATUS_NAMES:
        labels = frame[columns.stage.column].cast(pl.String).drop_nulls().unique()
        if any(_says_outcome(label) for label in labels) and all(_is_status(label) for label in labels):
            return columns.model_copy(update={"outcome": columns.stage, "stage": None})
    taken = {value.column for _, value in columns if isinstance(value, Column)}
    named = [name for name in frame.columns if name not in taken and plain_name(name) in _STATUS_NAMES]
    for name in sorted(named, key=lambda name: _STATUS_NAMES.index(plain_name(name))):
        labels = frame[name].cast(pl.String).drop_nulls().unique()
        if len(labels) <= _SAMPLE and any(_says_outcome(label) for label in labels):
            return columns.model_copy(update={"outcome": Column(column=name)})
    return columns


def _is_status(label: str) -> bool:
    return _says_outcome(label) or folded(label) in OPEN_WORDS | GONE_WORDS | {""}


def _says_outcome(label: str) -> bool:
    reading = read_words(label)
    return known_outcome(label) is not None or (reading is not None and reading.strength == "sure")
