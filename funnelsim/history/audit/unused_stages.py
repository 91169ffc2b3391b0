"""The stages of a deals table without a date of any stage: they cannot be used, and which log has more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from funnelsim.core.nouns import counted, plural_noun
from funnelsim.history.attention import Attention
from funnelsim.history.presets.crm_columns import STAGE_CHANGED, without_prefix
from funnelsim.history.presets.names import find_column
from funnelsim.history.presets.stage_columns import read_date_name
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.labels import slug

_SHOWN = 6
_LOGS = {
    "pipedrive": (
        "the log of changes of the deals too (columns field_key, old_value, new_value and time, as "
        "the API has it under /deals/ID/flow or /deals/ID/changelog)"
    ),
    "hubspot": 'the columns Date entered "..." of all stages too',
    "salesforce": "the report Opportunity History (or OpportunityHistory) too",
}
_ANY_LOG = (
    "a table with a row for each stage that a deal entered too, or add a column of dates for each stage"
)


def unused_stages(
    rows: pl.DataFrame,
    stage: str,
    names: Mapping[str, str],
    columns: Sequence[str],
    *,
    preset: str,
    noun: str,
) -> Attention | None:
    """The warning where all deals are in `stage` since their creation, although the table has other ones.

    The current stage alone, even with the date of its entry, tells of no deal that went on: all closed
    deals of every stage but the last would be lost ones, and a fit would take no open deal there to be won.
    """
    is_open = pl.col("outcome_key").is_null() & pl.col("stage_key").is_not_null()
    current = rows.filter(is_open & (pl.col("stage_key") != stage))["stage_key"]
    if current.is_empty() or rows["stage_key"].drop_nulls().n_unique() < 2:
        return None
    counts = current.value_counts(sort=True).sort("count", "stage_key", descending=[True, False])
    shown = ", ".join(f"{names.get(key, key)} {number:,}" for key, number in counts.head(_SHOWN).iter_rows())
    more = f" and {counts.height - _SHOWN} more" if counts.height > _SHOWN else ""
    changed = find_column(columns, STAGE_CHANGED)
    dated = f' ("{changed}" has that of the current stage only)' if changed else ""
    text = (
        f"the stages of {counted(len(current), f'open {noun}')} are not used ({shown}{more}): the export "
        f"does not show when {plural_noun(noun)} entered earlier stages{dated}, so all of them count as in "
        f"one stage, {names.get(stage, stage)}, since their creation. For chances and times by stage, import "
        f"{_LOGS.get(preset, _ANY_LOG)}. To keep one stage:"
    )
    line = f'created_enters = "{stage}"'
    named = {key: name for key in counts["stage_key"] for name in columns if _is_named_after(name, key)}
    if named:
        text = text.removesuffix("To keep one stage:") + "To read columns that are named like stages:"
        lines = ("[deals.dates]", *(f"{key} = {quoted(name)}" for key, name in named.items()))
        return Attention(check="unused_stages", text=text, mapping=lines, count=len(current))
    return Attention(check="unused_stages", text=text, mapping=(line,), as_read=True, count=len(current))


def _is_named_after(column: str, stage: str) -> bool:
    """True for ``Angebot am`` and the stage ``angebot``."""
    date_name = read_date_name(without_prefix(column))
    return date_name.is_dated and date_name.kind == "entry" and slug(date_name.stage) == stage
