"""Warnings about a deals table: repeated rows, contradicting labels, inactive rows."""

from __future__ import annotations

import re

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.archived_rows import ACTIVE
from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import DealColumns
from funnelsim.history.presets.names import plain_name
from funnelsim.history.presets.row_names import is_row_time
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag

_SHOWN = 3
_IDS = re.compile(r"(?:id|number|nr|no|url|link|row|index)$|^$")


def repeated_rows(rows_with_outcomes: pl.DataFrame, stack: Stack) -> Attention | None:
    """Rows that differ only in columns that are not read: line items, contacts, products."""
    repeats = rows_with_outcomes.filter(pl.col("deal").is_not_null() & pl.col("deal").is_duplicated())
    content = [name for name in repeats.columns if name not in (FILE, ROW)]
    repeats = repeats.filter(pl.struct(content).is_duplicated())
    if repeats.is_empty():
        return None
    others = [name for name in stack.columns if not is_row_time(name)]
    full = repeats.select(FILE, ROW, "deal").join(
        stack.frame.select(FILE, ROW, pl.struct(others).alias("all")), on=[FILE, ROW]
    )
    values = full.group_by("deal").agg(
        pl.col("all").n_unique().alias("kinds"),
        *(pl.col("all").struct.field(name).n_unique().alias(f"__{name}") for name in others),
    )
    values = values.filter(pl.col("kinds") > 1)
    if values.is_empty():
        return None
    columns = [name for name in others if (values[f"__{name}"] > 1).any()]
    shown = ", ".join(quoted(name) for name in columns[:_SHOWN])
    such = ", ".join(values["deal"].sort().head(_SHOWN))
    text = (
        f"{counted(values.height, 'id')} of {stack.name} (such as {such}) {verb(values.height, 'have')} "
        "several "
        f"rows that differ only in unused columns ({shown}): each deal is counted once, with the amount of "
        "one "
        "row. If each row is a line item, add up the amounts before the import"
    )
    return Attention(check="repeated_rows", text=text, count=values.height)


def alike_but_for_id(rows: pl.DataFrame, stack: Stack, columns: DealColumns) -> Attention | None:
    """Rows with ids of their own that agree in everything else, the name of the deal included."""
    if columns.deal is None or columns.name is None or columns.name.table or columns.name == columns.deal:
        return None
    others = [name for name in stack.columns if not _tells_rows_apart(name, stack, columns.deal.column)]
    full = rows.filter(pl.col("deal").is_not_null() & pl.col("name").is_not_null()).select(
        FILE, ROW, "deal", "name", "amount"
    )
    full = full.join(stack.frame.select(FILE, ROW, pl.struct(others).alias("all")), on=[FILE, ROW])
    full = full.unique("deal", keep="first", maintain_order=True)
    alike = full.filter(pl.col("all").is_duplicated())
    if alike.is_empty():
        return None
    more = alike.filter(~pl.col("all").is_first_distinct())
    such = ", ".join(alike.filter(pl.col("all") == alike["all"][0])["deal"].head(_SHOWN))
    text = (
        f"{counted(more.height, 'row')} of {stack.name} {verb(more.height, 'agree')} with another row in "
        f'everything but the id (column "{columns.deal.column}", such as {such}), with '
        f"{more['amount'].sum():,.0f} of {rows['amount'].sum():,.0f} in amounts. They are read as deals of "
        "their own. If they are copies, export each deal once"
    )
    lines: tuple[str, ...] = ()
    if full["name"].n_unique() == full["all"].n_unique():
        text += ", or count each name once:"
        lines = ("[deals]", f"deal = {quoted(columns.name.column)}")
    return Attention(check="alike_but_for_id", text=text, mapping=lines, count=more.height)


def _tells_rows_apart(name: str, stack: Stack, id_column: str) -> bool:
    """True for the id, for times of the row, and for another id or a link that is different in all rows."""
    named = name == id_column or is_row_time(name)
    return named or (_IDS.search(plain_name(name)) is not None and stack.frame[name].is_unique().all())


def labels_disagree(rows: pl.DataFrame, noun: str) -> Attention | None:
    """Deals whose outcome column and stage contradict each other."""
    ends = pl.col("stage_label_kind") == "outcome"
    stated = (pl.col("outcome_label_key") != pl.col("stage_label_key")) & (
        pl.col("outcome_label_kind") == "outcome"
    )
    rows_with_outcomes = rows.filter((ends & (pl.col("labelled_open") | stated)).fill_null(False))
    if rows_with_outcomes.is_empty():
        return None
    pairs = (
        rows_with_outcomes.group_by("outcome_label", "stage_label")
        .len()
        .sort("len", "outcome_label", descending=True)
    )
    shown = ", ".join(
        f"{quoted(status)} and {quoted(stage)} {number:,}"
        for status, stage, number in pairs.head(_SHOWN).iter_rows()
    )
    text = (
        f"{counted(rows_with_outcomes.height, noun)} {verb(rows_with_outcomes.height, 'have')} an outcome "
        "and a stage that contradict "
        f"each other ({shown}): the outcome column decides"
    )
    return Attention(check="labels_disagree", text=text, count=rows_with_outcomes.height)


def inactive_rows(rows: pl.DataFrame, stack: Stack) -> Attention | None:
    """Rows that are not active, where that does not just mean that the deal is closed: Odoo's lost deals."""
    name = next((column for column in stack.columns if plain_name(column) in ACTIVE), None)
    if name is None:
        return None
    flags = read_flag(stack.frame[name])
    if flags.null_count() > clean_text(stack.frame[name]).null_count() or flags.all():
        return None
    known = rows.join(stack.frame.select(FILE, ROW, flags.alias("active")), on=[FILE, ROW])
    inactive = known.filter(~pl.col("active") & pl.col("outcome_key").ne_missing("lost"))
    if inactive.is_empty() or known["active"].eq_missing(known["outcome_key"].is_null()).all():
        return None
    keep = clean_text(stack.frame[name]).filter(flags.fill_null(False)).unique().sort()
    text = (
        f"{counted(inactive.height, 'row')} of {stack.name} {verb(inactive.height, 'are')} not active "
        f"(column {quoted(name)}): archived, or lost as in Odoo? They are read like all others. "
        "To leave them out:"
    )
    lines = ("[where]", f"{quoted(name)} = [{', '.join(map(quoted, keep))}]")
    return Attention(check="inactive_rows", text=text, mapping=lines, count=inactive.height)
