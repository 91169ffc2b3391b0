"""What a person should mend or know: renamed stages, bulk edits, and the deals to mend."""

from __future__ import annotations

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.hygiene.bulk_edits import bulk_edits
from funnelsim.history.hygiene.month_ends import wins_at_month_ends
from funnelsim.history.hygiene.renamed_stages import renamed_stages
from funnelsim.history.import_steps.collect import Collected
from funnelsim.history.import_steps.setup import ImportSetup
from funnelsim.history.ledger import FILE
from funnelsim.history.presets.names import find_column
from funnelsim.history.presets.row_names import CHANGED_BY, is_written_in_utc
from funnelsim.history.readers.table import ROW
from funnelsim.history.schemas.keys import plain_keys


def look_for_edits(setup: ImportSetup, transitions: pl.DataFrame, collected: Collected) -> list[Attention]:
    """Warnings about stages that were renamed, and about many deals that moved at one instant."""
    moved = transitions.sort("deal", "at", maintain_order=True)
    moved = moved.filter((pl.col("key") != pl.col("key").shift().over("deal")).fill_null(True))
    stages = dict(setup.book.stages)
    doubts: list[Attention] = []
    if collected.events.rows is not None and not setup.mapping.stages:
        doubts += renamed_stages(moved.filter(~pl.col("is_outcome")), stages)
    doubts += bulk_edits(_with_authors(setup, moved, collected), stages, setup.noun)
    return doubts


def look_at_month_ends(setup: ImportSetup, deals: pl.DataFrame, rows: pl.DataFrame | None) -> list[Attention]:
    """The warning about wins near the end of a month, where times are in UTC and no time zone is named."""
    mapping, stack, columns = setup.mapping, setup.parts.events, setup.parts.event_columns
    if "time_zone" in mapping.model_fields_set or mapping.times_in == "local":
        return []
    if stack is None or columns is None or columns.entered is None:
        return []
    read = setup.reader.dates.get((stack.name, columns.entered.column))
    # Written offsets have their own warning.
    in_utc = read is not None and (
        (read.aware and not read.written_offsets)
        or is_written_in_utc(stack.columns, columns.entered.column)
        or mapping.times_in == "UTC"
    )
    doubt = wins_at_month_ends(deals, rows) if in_utc else None
    return [doubt] if doubt else []


def _with_authors(setup: ImportSetup, moved: pl.DataFrame, collected: Collected) -> pl.DataFrame:
    """The moves with ``by``, who made them, by name where the CRM's users are given."""
    stack, rows = setup.parts.events, collected.events.rows
    column = find_column(stack.columns, CHANGED_BY) if stack else None
    if stack is None or column is None or rows is None:
        return moved.with_columns(pl.lit(None, pl.String).alias("by"))
    names = {person.key: person.name for person in setup.prepared.people}
    keys = plain_keys(stack.frame[column])
    by = keys.replace(names) if names else keys
    authors = stack.frame.select(FILE, ROW).with_columns(by.alias("by"))
    of_rows = rows.select("deal", "at", FILE, ROW).join(authors, on=[FILE, ROW], how="left")
    of_rows = of_rows.unique(["deal", "at"], keep="first", maintain_order=True).select("deal", "at", "by")
    return moved.join(of_rows, on=["deal", "at"], how="left", maintain_order="left")
