"""Dates years before or after all others: typing errors that would shift the as-of date and trends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.history.attention import Attention
from funnelsim.history.toml_text import quoted, quoted_list

#: A business does not pause for so long and continue.
_GAP = dt.timedelta(days=3 * 365)
#: More dates than this beyond the gap are not typing errors but part of the history.
_SHARE, _FEW = 0.01, 3
_SHOWN, _MOST_NAMED = 3, 20


def outlying_dates(transitions: pl.DataFrame, noun: str, id_column: str) -> Iterator[Attention]:
    """Warnings if a few transitions are more than three years before or after all others."""
    if transitions.height <= _FEW:
        return
    ordered = transitions.select("deal", "key", "at").sort("at", "deal", maintain_order=True)
    gaps = (
        ordered.select((pl.col("at").diff() > _GAP).fill_null(False).alias("gap"))["gap"].arg_true().to_list()
    )
    most = max(_FEW, int(_SHARE * transitions.height)) if transitions.height >= 2 * _FEW else 1
    early = [position for position in gaps if position <= most]
    late = [position for position in gaps if ordered.height - position <= most]
    if early:
        yield _attention(
            "dates_too_early", ordered.head(early[-1]), "before", ordered.row(early[-1])[2], noun, id_column
        )
    if late:
        yield _attention(
            "dates_too_late", ordered[late[0] :], "after", ordered.row(late[0] - 1)[2], noun, id_column
        )


def _attention(
    check: str, outlying: pl.DataFrame, side: str, nearest: dt.datetime, noun: str, id_column: str
) -> Attention:
    shown = ", ".join(
        f"{deal} ({key.replace('_', ' ')} on {at.day} {at:%b %Y})"
        for deal, key, at in outlying.head(_SHOWN).iter_rows()
    )
    more = f" and {outlying.height - _SHOWN:,} more" if outlying.height > _SHOWN else ""
    deals = outlying["deal"].unique(maintain_order=True).to_list()
    cut = f"to ignore them: --as-of {nearest:%Y-%m-%d}; " if side == "after" else ""
    text = (
        f"{counted(outlying.height, 'date')} {verb(outlying.height, 'are')} more than three years {side} "
        "all others "
        f"({nearest.day} {nearest:%b %Y}): {shown}{more}. Typing errors? Correct them in the CRM; {cut}to "
        f"leave the {plural_noun(noun)} out:"
    )
    rule = ("[where]", f"{quoted(id_column)} = {{ not = {quoted_list(deals)} }}")
    lines = rule if id_column and len(deals) <= _MOST_NAMED else ()
    return Attention(check=check, text=text, mapping=lines, count=outlying.height)
