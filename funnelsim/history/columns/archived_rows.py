"""Lost deals as Odoo has them: no longer active, with a reason for the loss."""

from __future__ import annotations

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnReader, clean_text
from funnelsim.history.columns.flag_columns import holds_flags
from funnelsim.history.presets.names import plain_name
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag

ACTIVE = ("active", "isactive")
_REASONS = ("lostreason", "lostreasonid", "lossreason", "lostreasonname")


def lost_when_archived(stack: Stack, reader: ColumnReader) -> pl.Series:
    """The label ``Lost`` where a row is not active and has a reason for the loss, else null.

    Such a row is lost, which the audit tells. One without a reason may just be archived.
    """
    labels = pl.Series([None], dtype=pl.String).new_from_index(0, stack.frame.height)
    active = next((name for name in stack.columns if plain_name(name) in ACTIVE), None)
    reason = next((name for name in stack.columns if plain_name(name) in _REASONS), None)
    if active is None or reason is None or active in reader.mapping.where:
        return labels
    if not holds_flags(stack.frame[active]):
        return labels
    given = clean_text(stack.frame[reason], reader.mapping.missing).is_not_null()
    if holds_flags(stack.frame[reason]) and given.any():  # "False" is how Odoo writes none
        given &= read_flag(stack.frame[reason]).fill_null(False)
    is_active = read_flag(stack.frame[active])
    lost = (~is_active & given).fill_null(False)
    if not (number := int(lost.sum())):
        return labels
    text = (
        f"{counted(number, 'row')} of {stack.name} {verb(number, 'are')} not active (column "
        f"{quoted(active)}) and {verb(number, 'have')} a {quoted(reason)}: read as lost. To leave "
        "such rows out:"
    )
    keep = clean_text(stack.frame[active]).filter(is_active.fill_null(False)).drop_nulls().unique().sort()
    lines = ("[where]", f"{quoted(active)} = [{', '.join(map(quoted, keep))}]")
    reader.attention.append(Attention(check="archived_as_lost", text=text, mapping=lines, count=number))
    for column in (active, reason):
        reader.note(stack, column, "flag")
    return labels.set(lost, "Lost")
