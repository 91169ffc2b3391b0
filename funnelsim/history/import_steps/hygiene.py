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


def look_for_edits(
    setup: ImportSetup, visits: pl.DataFrame, deals: pl.DataFrame, collected: Collected
) -> list[Attention]:
    """Warnings about stages that were renamed, and about many deals that moved at one instant."""
    stages = setup.book.stages
    doubts: list[Attention] = []
    if collected.events.rows is not None and not setup.mapping.stages:
        doubts += renamed_stages(visits, stages)
    at_once = bulk_edits(visits, deals, stages, setup.noun, lambda moves: _authors(setup, moves, collected))
    return [*doubts, at_once] if at_once else doubts


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


def _authors(setup: ImportSetup, moves: pl.DataFrame, collected: Collected) -> pl.DataFrame:
    """``deal, at, by``: who made these moves, by name where the CRM's users are given."""
    stack, rows = setup.parts.events, collected.events.rows
    column = find_column(stack.columns, CHANGED_BY) if stack else None
    if stack is None or column is None or rows is None:
        return moves.with_columns(pl.lit(None, pl.String).alias("by"))
    found = rows.select("deal", "at", FILE, ROW).join(moves, on=["deal", "at"], how="semi")
    authors = stack.frame.select(FILE, ROW, pl.col(column).alias("by")).join(
        found, on=[FILE, ROW], how="inner"
    )
    names = {person.key: person.name for person in setup.prepared.people}
    authors = authors.with_columns(plain_keys(authors["by"]).replace(names).alias("by"))
    return authors.unique(["deal", "at"], keep="first", maintain_order=True).select("deal", "at", "by")
