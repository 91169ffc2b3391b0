"""Warnings about amounts: credit notes and extreme amounts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.history.attention import Attention
from funnelsim.history.audit.extreme_amounts import POINTED_AT, extreme_amounts
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.toml_text import quoted, quoted_list

NEGATIVE_READ_AS = {
    "unknown": "read as unknown",
    "amount": "counted as they are; a fit ignores them",
    "positive": "read without the minus sign",
}
_MOST_SHOWN = 5


def attention_to_amounts(
    deals: pl.DataFrame, negative: pl.DataFrame, deal_column: str, meta: HistoryMeta
) -> Iterator[Attention]:
    """Credit notes of won deals, and extreme amounts of won and open ones.

    Parameters
    ----------
    negative : DataFrame
        ``deal, amount`` as the export has them.
    deal_column : str
        Where the export keeps the ids of deals, for the line that leaves one out.
    """
    won = negative.filter(pl.col("deal").is_in(deals.filter(pl.col("outcome") == "won")["deal"].implode()))
    unknown = deals.filter(pl.col("amount").is_null())["deal"].implode()
    if (unknown_won := won.filter(pl.col("deal").is_in(unknown))).height:
        number, total = unknown_won["deal"].n_unique(), float(unknown_won["amount"].sum())
        text = (
            f"{counted(number, f'won {meta.noun}')} {verb(number, 'have')} a negative amount "
            f"(credit notes?), {_number(total)} together: read as unknown. To add them up with the others:"
        )
        yield Attention(
            check="won_negative", text=text, mapping=('negative_amount = "amount"',), count=number
        )
    yield from _extreme(deals, deal_column, meta)


def _extreme(deals: pl.DataFrame, deal_column: str, meta: HistoryMeta) -> Iterator[Attention]:
    """Extreme amounts of won and open deals."""
    counting = deals.filter(pl.col("outcome").is_null() | (pl.col("outcome") == "won"))
    amounts = counting.select(
        pl.coalesce("amount", "listed_amount").cast(pl.Float64).fill_null(np.nan)
    ).to_series()
    is_extreme = extreme_amounts(amounts.to_numpy(), POINTED_AT)
    if not is_extreme.any():
        return
    extreme = counting.with_columns(size=amounts).filter(pl.Series(is_extreme)).sort("size", descending=True)
    rest = amounts.filter(pl.Series(~is_extreme) & amounts.is_not_nan())
    shown = ", ".join(
        f"{row['deal']} ({'won' if row['outcome'] == 'won' else 'open'}) {_number(row['size'])}"
        for row in extreme.head(_MOST_SHOWN).iter_rows(named=True)
    )
    more = f" and {extreme.height - _MOST_SHOWN:,} more" if extreme.height > _MOST_SHOWN else ""
    next_largest = float(rest.to_numpy().max())
    times = float(extreme["size"].to_numpy().min()) / next_largest
    text = (
        f"unusually large amounts: {shown}{more}, {times:,.0f} times the next largest "
        f"({_number(next_largest)}) or more. Typing errors? Correct them in the CRM, or leave these "
        f"{plural_noun(meta.noun)} out:"
    )
    lines = ("[where]", f"{quoted(deal_column)} = {{ not = {quoted_list(extreme['deal'])} }}")
    yield Attention(check="amounts_extreme", text=text, mapping=lines, count=extreme.height)


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.6g}"
