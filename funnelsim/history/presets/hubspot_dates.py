"""HubSpot's date columns of stages: which are read, and for which stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.presets.hubspot_columns import StageColumn, hubspot_stage_columns
from funnelsim.history.presets.names import find_column
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.labels import known_outcome, slug

#: Ids of the stages that each account starts with, and what HubSpot calls them.
DEFAULT_STAGES = {
    "appointmentscheduled": "Appointment Scheduled",
    "qualifiedtobuy": "Qualified To Buy",
    "presentationscheduled": "Presentation Scheduled",
    "decisionmakerboughtin": "Decision Maker Bought-In",
    "contractsent": "Contract Sent",
    "closedwon": "Closed Won",
    "closedlost": "Closed Lost",
}
PIPELINE = ("pipeline", "dealpipeline", "dealpipelineid", "propertypipeline", "propertiespipeline")
_OUTCOMES = ("won", "lost", "churned")


@dataclass(slots=True, kw_only=True)
class DatedColumns:
    """Stage or outcome -> the column with its date of entry; stage -> that of leaving; names of stages."""

    dates: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)


def filled(frame: pl.DataFrame, column: str) -> int:
    """Values of a column that are not blank."""
    values = frame[column]
    if values.dtype == pl.String:
        values = values.set(values.str.strip_chars() == "", None)
    return len(values) - values.null_count()


def hubspot_stages(frame: pl.DataFrame, meanings: Mapping[str, str] | None = None) -> DatedColumns:
    """HubSpot's stages by their date columns, if the frame has any that are filled.

    `meanings` says which labels are outcomes although they do not read like it (`Prepared.meanings`).

    A stage has its pipeline in the name where more than one pipeline has dates. Of two columns for one stage
    (HubSpot keeps an old and a new one) the fuller is read, the new one where they are equally full.
    """
    columns = [one for one in hubspot_stage_columns(frame.columns) if filled(frame, one.column)]
    several = len({one.pipeline for one in columns if one.pipeline}) > 1
    pipeline = find_column(frame.columns, PIPELINE) or "Pipeline"
    # The column that joins the outcomes of several pipelines is fuller than each of theirs.
    columns.sort(key=lambda one: (-filled(frame, one.column), -one.version))
    order = {name: position for position, name in enumerate(frame.columns)}
    chosen: dict[tuple[str, bool], StageColumn] = {}
    names: dict[str, str] = {}
    for one in columns:
        name = stage_name(one, several=several)
        plain = stage_name(one, several=False)
        outcome = known_outcome(plain) or (meanings or {}).get(name) or (meanings or {}).get(plain)
        key = outcome or slug(name) or f"stage_{order[one.column]}"
        while outcome is None and names.setdefault(key, name) != name:
            key += "_2"  # another label, alike in its letters
        chosen.setdefault((key, one.is_end), one)
    dated = DatedColumns()
    for (key, is_end), one in sorted(chosen.items(), key=lambda item: order[item[1].column]):
        if is_end and key not in _OUTCOMES:
            dated.left[key] = one.column
        elif not is_end:
            dated.dates[key] = one.column
    dated.names = {key: names[key] for key in dated.dates if key not in _OUTCOMES}
    dated.attention = _doubts(dated, columns, pipeline if several else "")
    dated.left = {key: column for key, column in dated.left.items() if key in dated.dates}
    return dated


def stage_name(column: StageColumn, *, several: bool) -> str:
    """What a stage is called: ``Contract Sent`` for ``contractsent``; with its pipeline if `several`."""
    name = DEFAULT_STAGES.get(column.stage.lower(), column.stage) if column.version else column.stage
    return f"{name} ({column.pipeline})" if several and column.pipeline else name


def _doubts(dated: DatedColumns, columns: Sequence[StageColumn], pipeline: str) -> list[Attention]:
    """What to ask; `pipeline` is the column that tells several of them apart, empty if there is one only."""
    doubts = []
    if pipeline:
        pipelines = list(dict.fromkeys(one.pipeline for one in columns if one.pipeline))
        text = (
            f"stages of {len(pipelines)} pipelines have dates ({', '.join(pipelines)}): each stage is named "
            "with its pipeline. To import one pipeline, keep only its deals"
        )
        lines = ("[where]", f"{quoted(pipeline)} = {quoted(pipelines[0])}")
        doubts.append(Attention(check="pipelines", text=text, mapping=lines, count=len(pipelines)))
    lonely = [name for key, name in dated.left.items() if key not in dated.dates]
    if lonely:
        text = (
            f"{', '.join(lonely)}: the exit date of a stage without its entry date: not read. "
            'Export the column "Date entered" of that stage too'
        )
        doubts.append(Attention(check="exits_without_entries", text=text, count=len(lonely)))
    return doubts
