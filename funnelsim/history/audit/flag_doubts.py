"""Deals whose flags contradict each other or their outcome, for the top of the audit."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.flag_columns import flag_columns
from funnelsim.history.ledger import FILE
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag

_SHOWN = 3


def flags_disagree(rows: pl.DataFrame, stack: Stack, noun: str) -> Iterator[Attention]:
    """What to look at where a deal is flagged as won and lost, or a won flag contradicts the outcome.

    Labels beside both a flag for won and one for closed are compared in `with_outcomes`.
    """
    columns = flag_columns(stack)
    if "won" not in columns:
        return
    flags = stack.frame.select(
        FILE,
        ROW,
        *(read_flag(stack.frame[columns[flag]]).alias(flag) for flag in ("won", "lost") if flag in columns),
    )
    known = rows.join(flags, on=[FILE, ROW], how="inner", maintain_order="left")
    if "lost" in columns:
        both = known.filter((pl.col("won") & pl.col("lost")).fill_null(False))
        if not both.is_empty():
            yield _both_flags(both, columns, noun)
    if "closed" in columns or "lost" in columns or rows["is_closed"].null_count() < rows.height:
        return
    is_won = (pl.col("outcome_key") == "won").fill_null(False)
    apart = known.filter((pl.col("won") != is_won).fill_null(False))
    if not apart.is_empty():
        yield _flag_and_outcome(apart, columns["won"], noun)


def _both_flags(both: pl.DataFrame, columns: dict[str, str], noun: str) -> Attention:
    counts = both["outcome_key"].fill_null("open").value_counts(sort=True).iter_rows()
    read = ", ".join(f"{key} {number:,}" for key, number in counts)
    text = (
        f"{counted(both.height, noun)} {verb(both.height, 'are')} flagged as won ({quoted(columns['won'])}) "
        f"and as lost ({quoted(columns['lost'])}), such as {_such(both)}: read as {read}. Correct the flags, "
        'or name a column that says how deals ended in a mapping: [deals] outcome = "..."'
    )
    return Attention(check="won_and_lost", text=text, count=both.height)


def _flag_and_outcome(apart: pl.DataFrame, column: str, noun: str) -> Attention:
    read = pl.col("outcome_key").fill_null("open")
    pairs = apart.group_by(read.alias("read"), "won").len().sort("len", "read", descending=[True, False])
    shown = ", ".join(f"{key} beside {str(won).lower()} {number:,}" for key, won, number in pairs.iter_rows())
    text = (
        f"{counted(apart.height, noun)} {verb(apart.height, 'have')} an outcome that contradicts the flag "
        f"{quoted(column)} ({shown}; such as {_such(apart)}): the outcome decides. To go by the flag:"
    )
    lines = ("[deals]", "guess_others = true", f"outcome = {quoted(column)}")
    return Attention(check="flag_contradicts", text=text, mapping=lines, count=apart.height)


def _such(rows: pl.DataFrame) -> str:
    return ", ".join(rows["deal"].sort().head(_SHOWN))
