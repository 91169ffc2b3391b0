"""Several pipelines or record types in one export: one of them is read, or each has its own stages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.hubspot import has_stage_dates
from funnelsim.history.presets.names import is_salesforce_deals, is_salesforce_history
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas.keys import column_of, plain_keys, texts
from funnelsim.history.sources.part_columns import deal_columns, event_columns
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import known_outcome
from funnelsim.history.values.words import folded

#: The columns that say which pipeline a deal is in, names before ids.
_COLUMNS = (
    *("pipelinename", "recordtypename", "recordtype", "dealpipeline", "pipeline", "propertypipeline"),
    *("pipelinelabel", "salespipeline"),
)
_KINDS = ("type", "opportunitytype", "dealtype", "propertydealtype")
_RENEWAL = re.compile(r"\brenew|\bverlanger|\brenouvel|\brenov|\brinnov|\bverleng")
_MOST = 6


def deals_by_pipeline(tables: Sequence[Table]) -> tuple[str, Counter[str]]:
    """The column with the pipeline or record type of deals, and how many are in each."""
    for table in tables:
        column = column_of(table, *_COLUMNS)
        if column and not _is_history(table):
            values = texts(table.frame[column]).drop_nulls()
            return column, Counter(values.to_list())
    return "", Counter()


def _is_history(table: Table) -> bool:
    return is_salesforce_history(table.columns) or any(name.endswith("_then") for name in table.columns)


def with_pipelines(prepared: Prepared, preset: str, mapping: Mapping) -> Mapping:
    """The mapping with a filter for the pipelines that it names; else a warning where there are several."""
    mapping = _chosen(prepared, mapping)
    if preset == "salesforce":
        _set_renewals_apart(prepared, mapping)
        _note_several(prepared, mapping, has_own_stages=False)
    elif preset in ("hubspot", "pipedrive") and not any(has_stage_dates(table) for table in prepared.tables):
        _note_several(prepared, mapping, has_own_stages=not mapping.stages)
    return mapping


def _chosen(prepared: Prepared, mapping: Mapping) -> Mapping:
    """The mapping with a filter for the pipelines that it names.

    Raises
    ------
    HistoryError
        If no deal is in one of them, or no column says in which pipeline deals are.
    """
    if not mapping.pipeline:
        return mapping
    column, counts = deals_by_pipeline(prepared.tables)
    if not column:
        message = "no column says in which pipeline or of which record type deals are"
        raise history_error("mapping", message, at="pipeline")
    known = {name.casefold(): name for name in counts}
    for name in mapping.pipeline:
        if name.casefold() not in known:
            shown = ", ".join(f"{quoted(one)} ({number:,})" for one, number in counts.most_common(_MOST))
            message = f"no deal is in {quoted(name)}; column {quoted(column)} has {shown or 'nothing'}"
            raise history_error("mapping", message, at="pipeline", hint=did_you_mean(name, list(counts)))
    # A lead is in no pipeline yet.
    leads = [""] if any(item.check == "leads_before_deals" for item in prepared.attention) else []
    return mapping.model_copy(update={"where": {column: [*mapping.pipeline, *leads], **mapping.where}})


def _note_several(prepared: Prepared, mapping: Mapping, *, has_own_stages: bool) -> None:
    """Warn about deals of several pipelines, where the mapping neither names one nor filters by them."""
    column, counts = deals_by_pipeline(prepared.tables)
    if mapping.pipeline or len(counts) < 2 or column in mapping.where:
        return
    ordered = counts.most_common()
    shown = ", ".join(f"{name} {number:,}" for name, number in ordered[:_MOST])
    more = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
    what = "record types" if "type" in folded(column) else "pipelines"
    stages = (
        "each has its own stages, with its name in brackets"
        if has_own_stages
        else "all are counted in the same stages"
    )
    text = (
        f"deals are in {len(counts)} {what} ({shown}{more}): {stages}. To read one of them, --pipeline "
        f"{quoted(ordered[0][0])} or in the mapping:"
    )
    line = f"pipeline = {quoted(ordered[0][0])}"
    prepared.attention.append(
        Attention(check="several_pipelines", text=text, mapping=(line,), count=len(counts))
    )


def _set_renewals_apart(prepared: Prepared, mapping: Mapping) -> None:
    """Give the renewals of Salesforce stages of their own: they are won faster, and more often."""
    deals = [
        table
        for table in prepared.tables
        if is_salesforce_deals(table.columns) and not is_salesforce_history(table.columns)
    ]
    column = next((name for table in deals for name in _kind_columns(table) if _renewals(table, name)), "")
    if not column or column in mapping.where or mapping.pipeline or mapping.stages or mapping.deals:
        return
    columns = deal_columns(deals[0].columns, mapping, "salesforce")
    if columns.deal is None or columns.stage is None:
        return
    marked = [table for table in deals if column in table.columns]
    flags = [_is_renewal(table, column) for table in marked]
    number = sum(int(flag.sum()) for flag in flags)
    every = sum(len(texts(table.frame[column]).drop_nulls()) for table in marked)
    if number == every:
        return
    keys = pl.concat(
        [
            plain_keys(table.frame[columns.deal.column]).filter(flag)
            for table, flag in zip(marked, flags, strict=True)
        ]
    )
    closing = {label for table in deals for label in _closing_labels(table, columns.stage.column)}
    prepared.tables = [_suffixed(table, keys, closing, mapping) for table in prepared.tables]
    values = sorted({value for table in marked for value in _renewals(table, column)})
    words = "a renewal" if number == 1 else "renewals"
    text = (
        f"{number:,} of {counted(every, 'deal')} {verb(number, 'are')} {words} (column {quoted(column)}: "
        f'{", ".join(values)}): they have their own stages, "... (renewal)", and count in all totals. '
        "To leave them out:"
    )
    lines = ("[where]", f"{quoted(column)} = {{ not = [{', '.join(map(quoted, values))}] }}")
    prepared.attention.append(Attention(check="renewals_apart", text=text, mapping=lines, count=number))


def _kind_columns(table: Table) -> list[str]:
    names = [column_of(table, one) for one in (*_COLUMNS, *_KINDS)]
    return [name for name in names if name is not None]


def _renewals(table: Table, column: str) -> list[str]:
    values = texts(table.frame[column]).drop_nulls().unique().to_list() if column in table.columns else []
    return [value for value in values if _RENEWAL.search(folded(value))]


def _is_renewal(table: Table, column: str) -> pl.Series:
    return texts(table.frame[column]).is_in(_renewals(table, column)).fill_null(False)


def _closing_labels(table: Table, stage: str) -> list[str]:
    """Labels of which all deals are closed, by the flag of the CRM."""
    closed = column_of(table, "isclosed")
    if closed is None:
        return []
    rows = pl.DataFrame(
        {"label": texts(table.frame[stage]), "closed": read_flag(table.frame[closed])}
    ).drop_nulls()
    return rows.group_by("label").agg(pl.col("closed").all()).filter("closed")["label"].to_list()


def _suffixed(table: Table, keys: pl.Series, closing: set[str], mapping: Mapping) -> Table:
    """The stages of these deals with a word behind them; outcomes stay as they are."""
    history = is_salesforce_history(table.columns)
    columns = (event_columns if history else deal_columns)(table.columns, mapping, "salesforce")
    if columns.deal is None or columns.stage is None:
        return table
    names = [columns.stage.column]
    if history and (old := column_of(table, "oldvalue", "fromstage")):
        names.append(old)
    of_these = plain_keys(table.frame[columns.deal.column]).is_in(keys.implode()).fill_null(False)
    if (field := column_of(table, "field")) and history and len(names) > 1:
        of_these &= (
            texts(table.frame[field]).str.to_lowercase().is_in(["stagename", "stage"]).fill_null(False)
        )
    frame = table.frame
    for name in names:
        label = texts(frame[name])
        distinct = label.drop_nulls().unique().to_list()
        plain = [one for one in distinct if one not in closing and known_outcome(one) is None]
        plain = [one for one in plain if not one.startswith("Lead")]
        wanted = of_these & label.is_in(plain).fill_null(False)
        frame = frame.with_columns(
            pl.when(wanted).then(label + " (renewal)").otherwise(frame[name].cast(pl.String)).alias(name)
        )
    return replace(table, frame=frame)
