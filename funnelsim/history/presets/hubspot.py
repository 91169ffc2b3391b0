"""HubSpot: stages by their ids or labels, and the dates on which deals entered and left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.presets.hubspot_columns import StageColumn, hubspot_stage_columns, split_pipeline
from funnelsim.history.presets.hubspot_dates import DEFAULT_STAGES, PIPELINE, filled, stage_name
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import known_outcome

STAGE = ("dealstage", "dealpipelinestageid", "propertydealstage", "propertiesdealstage", "dealphase")
_WON = ("isclosedwon", "hsisclosedwon", "propertyhsisclosedwon", "propertieshsisclosedwon")
_CLOSED = ("isdealclosed", "isclosed", "hsisclosed", "propertyhsisclosed", "propertieshsisclosed")
_PROPERTY_NAME = ("name", "property", "propertyname")
_OF_A_WAREHOUSE = {"source", "sourceid", "sourcetype", "fivetransynced"}
_PROPERTY = ("dealstage", "dealpipelinestageid", "hsdealstage")


def has_stage_dates(table: Table) -> bool:
    """True for a deals table with HubSpot's dates of stages."""
    return bool(hubspot_stage_columns(table.columns))


def is_hubspot(table: Table) -> bool:
    """True for a deals table, a property history or the stages of HubSpot, by its columns."""
    plain = {plain_name(name) for name in table.columns}
    if {"recordid", "dealstage"} <= plain or {"datensatzid", "dealphase"} <= plain:
        return True
    if {"dealname", "dealstage"} <= plain or plain & {"propertydealname", "propertiesdealname", "hsobjectid"}:
        return True
    return bool(hubspot_stage_columns(table.columns)) or is_stage_history(table) or is_stage_list(table)


def is_stage_history(table: Table) -> bool:
    """A row per change of a property of a deal, or per stage that it was in."""
    plain = {plain_name(name) for name in table.columns}
    named = "value" in plain and bool(plain & {"dealid", "objectid"})
    # A deals table may have an id, a name and a value too: no stage stands in a history of properties.
    if not named or plain & {"stage", "stagename", "dealstage", "status"}:
        return False
    if plain & {"dateentered", "fivetranstart"}:
        return bool(plain & _OF_A_WAREHOUSE)
    name = find_column(table.columns, _PROPERTY_NAME)
    if name is None or not plain & {"timestamp", "updatedat"}:
        return False
    return bool(plain & _OF_A_WAREHOUSE) or _about_stages(table, name).any()


def is_stage_list(table: Table) -> bool:
    """Stages with their labels: ``stage_id, label, pipeline_id, closed_won``."""
    plain = {plain_name(name) for name in table.columns}
    return {"stageid", "label"} <= plain


def prepare(tables: Sequence[Table], pipelines: Sequence[str] = (), *, in_brackets: bool = True) -> Prepared:
    """Replace the ids of stages by their labels, and keep of a property history what is about stages.

    Labels get their pipeline in brackets where deals are in more than one of them, as in HubSpot's own
    columns.

    Parameters
    ----------
    pipelines : sequence of str
        The pipelines to read; empty: all that deals are in.
    in_brackets : bool
        False: only labels that stages of two pipelines share get their pipeline.
    """
    lists = [table for table in tables if is_stage_list(table)]
    used = _pipelines_in_use(tables, pipelines) if in_brackets else set()
    labels = DEFAULT_STAGES | _labels_of(lists, tables, used)
    done = Prepared()
    for table in tables:
        if is_stage_list(table) or _is_pipeline_list(table):
            done.lists.append(table)
        elif is_stage_history(table):
            changes = _stage_changes(table, labels)
            (done.unused if changes is None else done.tables).append(changes or table)
        else:
            readable = _with_dated_outcomes(_readable(table, labels), done)
            done.tables.append(readable)
            done.meanings |= _flagged_outcomes(readable) | _outcomes_of_pipelines(readable)
    for table in lists:
        done.meanings |= _listed_outcomes(table, labels)
    unused_histories = [table.name for table in done.unused if is_stage_history(table)]
    if unused_histories and not any(is_stage_history(table) for table in done.tables):
        text = (
            f"{', '.join(unused_histories)}: no row is about the property dealstage, so no stage entry "
            "is read from it"
        )
        done.attention.append(Attention(check="no_stage_changes", text=text, count=len(unused_histories)))
    return done


def _is_pipeline_list(table: Table) -> bool:
    plain = {plain_name(name) for name in table.columns}
    return {"pipelineid", "label"} <= plain


def _texts(table: Table, name: str) -> list[str]:
    return table.frame[name].cast(pl.String).fill_null("").str.strip_chars().to_list()


def pipeline_names(tables: Iterable[Table]) -> dict[str, str]:
    """Pipeline id -> label."""
    names: dict[str, str] = {}
    for table in tables:
        key, label = (find_column(table.columns, (name,)) for name in ("pipelineid", "label"))
        if _is_pipeline_list(table) and not is_stage_list(table) and key and label:
            names |= dict(zip(_texts(table, key), _texts(table, label), strict=True))
    return names


def _pipelines_in_use(tables: Sequence[Table], chosen: Sequence[str]) -> set[str]:
    """The names of the pipelines that deals are in, or those of them that are chosen."""
    names = pipeline_names(tables)
    used: set[str] = set()
    for table in tables:
        column = find_column(table.columns, PIPELINE)
        if column and not is_stage_list(table) and not _is_pipeline_list(table):
            used |= {names.get(text, text) for text in _texts(table, column) if text}
    wanted = {name.casefold() for name in chosen}
    return {name for name in used if not wanted or name.casefold() in wanted}


def _labels_of(lists: Iterable[Table], tables: Sequence[Table], used: set[str]) -> dict[str, str]:
    """Stage id -> label, with the pipeline where two stages share a label or several pipelines are in use."""
    pipelines = pipeline_names(tables)
    by_stage: dict[str, tuple[str, str]] = {}
    for table in lists:
        key, label = (find_column(table.columns, (name,)) for name in ("stageid", "label"))
        line = find_column(table.columns, ("pipelinelabel", "pipelineid"))
        assert key is not None
        assert label is not None
        of = _texts(table, line) if line else [""] * table.frame.height
        for stage, words, pipeline in zip(_texts(table, key), _texts(table, label), of, strict=True):
            if stage and words:
                by_stage[stage] = words, pipelines.get(pipeline, pipeline)
    plain = [words for words, pipeline in by_stage.values() if not used or pipeline in used]
    return {
        stage: f"{words} ({pipeline})"
        if pipeline and (plain.count(words) > 1 or (len(used) > 1 and pipeline in used))
        else words
        for stage, (words, pipeline) in by_stage.items()
    }


def _listed_outcomes(table: Table, labels: Mapping[str, str]) -> dict[str, str]:
    """Labels of the stages that the list calls closed, as won or lost."""
    key, won, closed, chance = (
        find_column(table.columns, names)
        for names in (("stageid",), ("closedwon", "isclosedwon"), ("isclosed",), ("probability",))
    )
    if key is None or (won is None and closed is None):
        return {}
    certain = _flags(table, None)
    if won is None and chance is not None:
        certain = (table.frame[chance].cast(pl.Float64, strict=False) == 1).fill_null(False)
    wins = _flags(table, won) if won is not None else certain
    outcomes: dict[str, str] = {}
    for stage, is_won, is_closed in zip(_texts(table, key), wins, _flags(table, closed), strict=True):
        if stage in labels and (is_won or is_closed):
            outcomes[labels[stage]] = "won" if is_won else "lost"
    return outcomes


def _flags(table: Table, column: str | None) -> pl.Series:
    """True if the column says so; false everywhere without one."""
    if column is None:
        return pl.Series([False], dtype=pl.Boolean).new_from_index(0, table.frame.height)
    return read_flag(table.frame[column]).fill_null(False)


def _flagged_outcomes(table: Table) -> dict[str, str]:
    """Labels of which all deals are closed (won), by HubSpot's own flags, where the label does not say so."""
    stage, won, closed = (find_column(table.columns, names) for names in (STAGE, _WON, _CLOSED))
    if stage is None or won is None:
        return {}
    flags = pl.DataFrame(
        {
            "label": table.frame[stage].cast(pl.String),
            "won": _flags(table, won),
            "closed": _flags(table, closed),
        }
    ).drop_nulls("label")
    by_stage = flags.group_by("label").agg(
        pl.col("won").all(), pl.col("closed").all(), lost=~pl.col("won").any()
    )
    outcomes: dict[str, str] = {}
    for label, is_won, is_closed, none_won in by_stage.iter_rows():
        if known_outcome(label) is None and (is_won or (is_closed and none_won)):
            outcomes[label] = "won" if is_won else "lost"
    return outcomes


def _about_stages(table: Table, name: str) -> pl.Series:
    """Rows of a property history that are about the stage, by the column with the names of properties."""
    kinds = pl.Series([plain_name(text) for text in _texts(table, name)], dtype=pl.String)
    return kinds.is_in([*_PROPERTY, *(f"property{one}" for one in _PROPERTY)])


def _stage_changes(table: Table, labels: Mapping[str, str]) -> Table | None:
    """The rows of a property history that are about stages, with labels for ids."""
    frame = table.frame
    name = find_column(table.columns, _PROPERTY_NAME)
    value = find_column(table.columns, ("value",))
    dated = find_column(table.columns, ("dateentered", "fivetranstart"))
    assert value is not None
    notes = table.notes
    if name is not None and dated is None:
        about = _about_stages(table, name)
        if not about.any():
            about = frame[value].cast(pl.String).is_in(list(labels)).fill_null(False)
        if not about.any():
            return None
        left = frame.height - int(about.sum())
        frame = frame.filter(about)
        if left:
            notes = (*notes, f"{counted(left, 'row')} about properties other than the deal stage: skipped")
    return replace(
        table,
        frame=_relabelled(frame, value, labels),
        notes=notes,
        rows_read=frame.height + len(table.malformed) + len(table.headers),
    )


def _relabelled(frame: pl.DataFrame, column: str, labels: Mapping[str, str]) -> pl.DataFrame:
    written = frame[column].cast(pl.String).str.strip_chars()
    folded = {key.casefold(): label for key, label in labels.items()}
    known = {
        text: folded[text.casefold()] for text in written.drop_nulls().unique() if text.casefold() in folded
    }
    return frame.with_columns(written.replace(known).alias(column)) if known else frame


def _readable(table: Table, labels: Mapping[str, str]) -> Table:
    """A deals table whose present stage is named as its dated columns are, in the right pipeline."""
    frame = table.frame
    stage, pipeline = find_column(table.columns, STAGE), find_column(table.columns, PIPELINE)
    if stage is None:
        return table
    frame = _relabelled(frame, stage, labels)
    pipelines = _dated_pipelines(frame)
    text = pl.col(stage).cast(pl.String).str.strip_chars()
    if len(pipelines) > 1 and pipeline is not None and pipeline != stage:
        of = pl.col(pipeline).cast(pl.String).str.strip_chars()
        whole = pl.concat_str(text, pl.lit(" ("), of, pl.lit(")"))
        named = text.str.ends_with(")") & pl.any_horizontal(
            text.str.ends_with(f" ({one})") for one in pipelines
        )
        frame = frame.with_columns(
            pl.when(of.is_in(pipelines) & ~named).then(whole).otherwise(text).alias(stage)
        )
    elif len(pipelines) <= 1:
        known = pipelines or (_present(frame, pipeline) if pipeline else [])
        for one in known if len(known) == 1 else []:
            text = text.str.strip_suffix(f" ({one})")
        frame = frame.with_columns(text.alias(stage))
    return replace(table, frame=frame)


def _outcomes_of_pipelines(table: Table) -> dict[str, str]:
    """Labels such as ``Closed Won (Renewals)``, which are outcomes of whatever pipeline."""
    stage = find_column(table.columns, STAGE)
    if stage is None:
        return {}
    outcomes: dict[str, str] = {}
    for label in _present(table.frame, stage):
        without, pipeline = split_pipeline(label)
        if pipeline and (key := known_outcome(without)) is not None:
            outcomes[label] = key
    return outcomes


def _with_dated_outcomes(table: Table, done: Prepared) -> Table:
    """One column ``Date entered "Closed Won"`` where several pipelines have one each."""
    frame = table.frame
    columns: dict[str, list[StageColumn]] = {}
    for one in hubspot_stage_columns(frame.columns):
        name = stage_name(one, several=False)
        if not one.is_end and known_outcome(name) and filled(frame, one.column):
            columns.setdefault(name, []).append(one)
    for name, several in columns.items():
        title = f'Date entered "{name}"'
        if len({one.pipeline for one in several}) > 1 and title not in frame.columns:
            texts = [pl.col(one.column) for one in several]
            if frame[several[0].column].dtype == pl.String:
                texts = [pl.when(text.str.strip_chars() != "").then(text) for text in texts]
            frame = frame.with_columns(pl.coalesce(texts).alias(title))
            done.joined += [(table.name, one.column) for one in several]
    return table if frame is table.frame else replace(table, frame=frame)


def _present(frame: pl.DataFrame, column: str) -> list[str]:
    return [text for text in frame[column].cast(pl.String).str.strip_chars().drop_nulls().unique() if text]


def _dated_pipelines(frame: pl.DataFrame) -> list[str]:
    dated = [
        one for one in hubspot_stage_columns(frame.columns) if one.pipeline and filled(frame, one.column)
    ]
    return list(dict.fromkeys(one.pipeline for one in dated))
