"""What a person should mend or know: renamed stages, bulk edits, and the deals to mend."""

from __future__ import annotations

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.audit.bulk_edits import bulk_edits
from funnelsim.history.audit.renamed_stages import renamed_stages
from funnelsim.history.import_steps.collect import Collected
from funnelsim.history.import_steps.setup import ImportSetup
from funnelsim.history.ledger import FILE
from funnelsim.history.presets.names import find_column
from funnelsim.history.presets.row_names import CHANGED_BY
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
