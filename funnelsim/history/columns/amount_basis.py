"""Amounts that may not be the worth of a deal: the price of one unit, amounts per month or year, cents."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnReader, clean_text
from funnelsim.history.columns.currencies import tokens
from funnelsim.history.mapping.keys import Column
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted, toml_key
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.words import folded, folded_set

_PRICES = folded_set("price,prices,preis,stückpreis,einzelpreis,prix,precio,preco,preço,prezzo,prijs,rate")
_OF_ONE = folded_set(
    "unit,per,each,einzelpreis,stückpreis,unitaire,unitario,unitário,seat,license,licence,user"
)
_QUANTITIES = folded_set(
    "quantity,qty,units,seats,licenses,licences,menge,anzahl,stück,stückzahl,quantité,quantite,cantidad,unidades,"
    "quantidade,quantità,quantita,aantal,pieces,pcs"
)
_PERIODS = folded_set(
    "monthly,month,months,per month,mo,mth,p1m,annual,annually,yearly,year,years,per year,yr,p1y,quarterly,"
    "quarter,weekly,week,daily,day,one time,onetime,one off,oneoff,once,single,semi annual,semiannual,"
    "semi annually,half yearly,biannual,bi annual,biennial,multi year,monatlich,monat,jährlich,jahr,"
    "vierteljährlich,quartal,einmalig,halbjährlich,wöchentlich,mensuel,mensuelle,annuel,annuelle,trimestriel,"
    "trimestrielle,unique,mensual,anual,trimestral,único,mensile,annuale,trimestrale,maandelijks,jaarlijks,"
    "eenmalig"
)
_OF_AMOUNTS = folded_set(
    "period,frequency,interval,cycle,billing,billed,recurrence,payment,pricing,price,value,amount,revenue,"
    "subscription,term,unit,zahlungsweise,abrechnung,abrechnungszeitraum,abrechnungsintervall,zeitraum,intervall,"
    "fréquence,facturation,période,periodicidad,facturación,frecuencia"
)
#: Shares of rows from which two columns agree.
_MOSTLY = 0.95
_MOST_PERIODS = 12
_FEWEST = 2
#: Relative difference up to which two amounts are the same.
_CLOSE = 0.005
#: Of cents and of thousands.
_FACTORS = (100.0, 1_000.0)


def doubtful_amounts(parts: Parts, reader: ColumnReader) -> Iterator[Attention]:
    """What to look at where a column beside the amounts of deals says that they are of different kinds.

    An amount that the mapping names is meant as it is.
    """
    stack, columns = parts.deals, parts.deal_columns
    named = reader.mapping.deals and reader.mapping.deals.amount
    if stack is None or columns is None or columns.amount is None or columns.amount.table or named:
        return
    name = columns.amount.column
    if (stack.name, name) not in reader.amounts:
        return
    amounts = reader.amounts[stack.name, name].values
    keep = ("[deals]", *(("guess_others = true",) if parts.events else ()), f"amount = {quoted(name)}")
    yield from _price_of_one(stack, name, amounts, keep)
    yield from _several_periods(stack, name, amounts, keep, reader)


def _price_of_one(stack: Stack, name: str, amounts: pl.Series, keep: tuple[str, ...]) -> Iterator[Attention]:
    words = {folded(word) for word in tokens(name)}
    if not (words & _PRICES or (words & _OF_ONE and words & {"amount", "cost", "value"})):
        return
    for other in stack.columns:
        if other == name or not {folded(word) for word in tokens(other)} & _QUANTITIES:
            continue
        quantity = _numbers(stack, other)
        product = None if quantity is None else amounts * quantity
        if product is None or not ((product != amounts) & (amounts != 0)).any():
            continue
        if total := _column_of(stack, product, (name, other)):
            text = (
                f"{quoted(name)} is the price of one unit: {quoted(total)} of {stack.name} is {quoted(name)} "
                f"times {quoted(other)}. {quoted(name)} is read; to read the other:"
            )
            lines = (*keep[:-1], f"amount = {quoted(total)}")
            yield Attention(check="unit_price", text=text, mapping=lines, count=len(product))
            return
        text = (
            f"{quoted(name)} of {stack.name} may be the price of one unit, as {quoted(other)} is beside it: "
            f"read as it is ({amounts.sum():,.0f} in all; times {quoted(other)} {product.sum():,.0f}). If "
            "so, add a column with the product to the export and name it as the amount. To keep it as it is:"
        )
        count = int((product != amounts).sum())
        yield Attention(check="unit_price", text=text, mapping=keep, as_read=True, count=count)
        return


def _column_of(stack: Stack, product: pl.Series, but: tuple[str, ...]) -> str:
    """The column that holds these numbers; empty if none does."""
    for name in stack.columns:
        values = None if name in but else _numbers(stack, name)
        if values is not None:
            same = ((values - product).abs() <= product.abs() * _CLOSE).drop_nulls()
            if len(same) >= _FEWEST and same.sum() >= _MOSTLY * len(same):
                return name
    return ""


def _numbers(stack: Stack, name: str) -> pl.Series | None:
    column = stack.frame[name]
    if column.dtype.is_temporal() or column.dtype == pl.Boolean:
        return None
    try:
        values = read_amounts(column, file=stack.name, at=str, evidence=()).values
    except (HistoryError, pl.exceptions.PolarsError):
        return None
    return values if values.null_count() < len(values) else None


def _several_periods(
    stack: Stack, name: str, amounts: pl.Series, keep: tuple[str, ...], reader: ColumnReader
) -> Iterator[Attention]:
    for other in stack.columns:
        if other in reader.mapping.where or not {folded(word) for word in tokens(other)} & _OF_AMOUNTS:
            continue
        periods = clean_text(stack.frame[other], reader.mapping.missing)
        rows = pl.DataFrame({"period": periods, "amount": amounts}).drop_nulls().filter(pl.col("amount") != 0)
        kinds = rows["period"].unique().to_list()
        meanings = {folded(kind) for kind in kinds}
        if len(meanings) < _FEWEST or len(kinds) > _MOST_PERIODS or not meanings <= _PERIODS:
            continue
        by_kind = rows.group_by("period").agg(pl.len(), pl.col("amount").sum())
        by_kind = by_kind.sort("len", "period", descending=[True, False])
        shares = ", ".join(
            f"{quoted(kind)} {number:,} ({worth:,.0f})" for kind, number, worth in by_kind.rows()
        )
        text = (
            f"amounts of {quoted(name)} are for different times by column {quoted(other)}: {shares}. They "
            "are added up as they are. To read one kind only: [where] "
            f"{toml_key(other)} = {quoted(by_kind['period'][0])}, or convert them in the export. "
            "To keep them as they are:"
        )
        yield Attention(check="amount_periods", text=text, mapping=keep, as_read=True, count=rows.height)
        return


def amounts_apart(events: pl.DataFrame | None, deals: pl.DataFrame | None, parts: Parts) -> Attention | None:
    """What to look at where the amounts of the deals are 100 or 1,000 times those of the events, or less."""
    mine, theirs = _amount_of(parts.deals, parts.deal_columns), _amount_of(parts.events, parts.event_columns)
    if events is None or deals is None or mine is None or theirs is None:
        return None
    last = events.drop_nulls(["deal", "at", "amount"]).sort("at", maintain_order=True)
    last = last.group_by("deal", maintain_order=True).agg(pl.col("amount").last().alias("theirs"))
    both = (
        deals.select("deal", "amount")
        .join(last, on="deal")
        .filter(pl.col("amount") != 0, pl.col("theirs") != 0)
    )
    if both.height < _FEWEST or parts.deals is None or parts.events is None:
        return None
    for factor in _FACTORS:
        for times, smaller in ((factor, "theirs"), (1 / factor, "amount")):
            off = (both["amount"] / (both["theirs"] * times) - 1).abs()
            if (off <= _CLOSE).sum() < _MOSTLY * both.height:
                continue
            here, there = parts.deals.name, parts.events.name
            large, small = (here, there) if smaller == "theirs" else (there, here)
            worth = 1 / times
            text = (
                f"amounts of {large} are {factor:,.0f} times those of {small} in "
                f"{counted(both.height, 'deal')} that have both: those of {here} are used. If they are in "
                "another unit, such as cents or thousands, say what one of them is worth:"
            )
            lines = (
                "[deals]",
                "guess_others = true",
                f"amount = {{ column = {quoted(mine)}, unit = {worth:g} }}",
            )
            return Attention(check="amount_unit", text=text, mapping=lines, count=both.height)
    return None


def _amount_of(stack: Stack | None, columns: object) -> str | None:
    column: Column | None = getattr(columns, "amount", None)
    return column.column if stack is not None and column is not None and column.table is None else None
