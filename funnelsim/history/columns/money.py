"""The amounts of an import in one currency: several are an error without exchange rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.currencies import converted_columns, spellings
from funnelsim.history.columns.dated_rates import DatedRates, no_rate_yet
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted, quoted_list, toml_key
from funnelsim.history.values.currency_names import CODES, SHARED, currency_named, currency_of, resolve_sign

#: In front of the name of an amount: the column of a frame that holds its currency.
CURRENCY_OF = "currency:"
_NO_DEALS = {"deal": pl.String(), "amount": pl.Float64()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Rows whose amounts are in one currency.

    Attributes
    ----------
    frames : list of DataFrame
        In the order given, without the columns of currencies.
    currency : str
        Of all amounts, as the mapping or the data name it; empty where neither does.
    converted : dict of str to int
        Currency -> amounts converted from it.
    negative : DataFrame
        ``deal, amount``: credit notes, before `Mapping.negative_amount` was applied.
    """

    frames: list[pl.DataFrame]
    currency: str
    converted: dict[str, int] = field(default_factory=dict)
    negative: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_NO_DEALS))


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedTable:
    """A table with amounts: its rows, those that a filter left out aside, and where they come from."""

    stack: Stack
    rows: pl.DataFrame
    columns: dict[str, str]  # field, such as amount -> column of the export
    currency_column: str = ""  # the column of currencies
    counted: pl.Expr = field(default_factory=lambda: pl.lit(True))  # rows that will be used


def in_one_currency(
    tables: Sequence[PricedTable],
    mapping: Mapping,
    attention: list[Attention],
    dated: DatedRates | None = None,
) -> Priced:
    """Convert all amounts to one currency, and settle those below zero.

    Raises
    ------
    HistoryError
        If there are several currencies and no rates, if a currency has no rate, or if the only one is not the
        mapping's.
    """
    counts = _counts(tables)
    codes = {code for code in counts if code is not None}
    home = currency_named(mapping.currency)
    rates = {currency_named(name): float(rate) for name, rate in mapping.rates.items()}
    named = {home, *rates}
    meant = {code: resolve_sign(code, codes, named) for code in codes}
    by_currency: Counter[str] = Counter()
    for code, number in counts.items():
        if code is not None:
            by_currency[meant[code]] += number
    if dated is not None:
        _check_rates(tables, by_currency, home, dated.currencies)
        factors = dict.fromkeys(codes, 1.0)
        tables = [replace(table, rows=_at_dated_rates(table, meant, home, dated)) for table in tables]
    elif rates:
        _check_rates(tables, by_currency, home, rates)
        factors = {code: 1.0 if to == home else rates[to] for code, to in meant.items()}
    else:
        _check_one_currency(tables, by_currency, home, mapping)
        factors = dict.fromkeys(codes, 1.0)
    if unmarked := counts[None] if by_currency else 0:
        attention.append(_unmarked(unmarked, home or next(iter(by_currency)), by_currency))
    frames = [_converted(table.rows, factors) for table in tables]
    negative = pl.concat([_negative(rows) for rows in frames]) if frames else pl.DataFrame(schema=_NO_DEALS)
    return Priced(
        frames=[_settled(rows, mapping.negative_amount) for rows in frames],
        currency=mapping.currency or next(iter(by_currency), ""),
        converted={
            code: by_currency[code]
            for code in _largest_first(by_currency)
            if (rates or dated is not None) and code != home
        },
        negative=negative,
    )


def _money(rows: pl.DataFrame) -> list[str]:
    return [name.removeprefix(CURRENCY_OF) for name in rows.columns if name.startswith(CURRENCY_OF)]


def _counts(tables: Sequence[PricedTable]) -> Counter[str | None]:
    """Amounts other than 0 by currency; None for those that bear none."""
    counts: Counter[str | None] = Counter()
    for table in tables:
        for name in _money(table.rows):
            priced = table.rows.filter(table.counted, pl.col(name).is_not_null(), pl.col(name) != 0)
            counts.update(dict(priced[CURRENCY_OF + name].value_counts().iter_rows()))
    return counts


def _listed(by_currency: Counter[str]) -> str:
    return ", ".join(f"{by_currency[code]:,} in {code}" for code in _largest_first(by_currency))


def _largest_first(by_currency: Counter[str]) -> list[str]:
    return sorted(by_currency, key=lambda code: (-by_currency[code], code))


def _check_one_currency(
    tables: Sequence[PricedTable], by_currency: Counter[str], home: str, mapping: Mapping
) -> None:
    if len(by_currency) > 1:
        raise _several(tables, by_currency, home)
    only = next(iter(by_currency), "")
    if not only or not currency_of(mapping.currency) or only == home:
        return
    if home in SHARED.get(only, ()) or only in SHARED.get(home, ()):
        return
    message = f'amounts are in {only}, and the mapping says currency = "{mapping.currency}"'
    hint = (
        f'write currency = "{only}", or a rate: [rates] {toml_key(only)} = what one {only} is worth in {home}'
    )
    raise HistoryError(_names(tables), [Problem(path=_columns_text(tables), message=message, hint=hint)])


def _several(tables: Sequence[PricedTable], by_currency: Counter[str], home: str) -> HistoryError:
    order = _largest_first(by_currency)
    target = home if home in by_currency else next((code for code in order if code in CODES), order[0])
    others = [code for code in order if code != target]
    message = f"amounts are in {len(by_currency)} currencies, and cannot be added up: {_listed(by_currency)}"
    for sign in sorted(by_currency.keys() & SHARED.keys()):
        currency_column = sorted(SHARED[sign] & by_currency.keys())
        if currency_column:
            message += f'; "{sign}" may be {" or ".join(currency_column)} or another currency'
    lines = [f"currency = {quoted(target)}", "[rates]"]
    lines += [
        f"{toml_key(code)} = 0   # replace 0 by what one {code} is worth in {target}" for code in others
    ]
    ways = [_way("the rates", lines)]
    if (table := next((table for table in tables if table.currency_column), None)) is not None:
        words = spellings(table.stack.frame[table.currency_column], target) or [target]
        line = f"{quoted(table.currency_column)} = {quoted_list(words)}"
        ways.append(_way("one of them only", ["[where]", line]))
    converted = next((name for table in tables for name in converted_columns(table.stack)), "")
    if converted:
        lines = ["[deals]", "guess_others = true", f"amount = {quoted(converted)}"]
        ways.append(_way("the converted column", lines))
    hint = "give in the mapping " + "\nor ".join(ways)
    return HistoryError(_names(tables), [Problem(path=_columns_text(tables), message=message, hint=hint)])


def _way(what: str, lines: Sequence[str]) -> str:
    """One of the ways out, with lines to paste."""
    return "\n".join((f"{what}:", *(f"    {line}" for line in lines)))


def _check_rates(
    tables: Sequence[PricedTable], by_currency: Counter[str], home: str, rates: Collection[str]
) -> None:
    without_rate = Counter(
        {code: number for code, number in by_currency.items() if code != home and code not in rates}
    )
    if not without_rate:
        return
    message = f"amounts have no rate in the mapping: {_listed(without_rate)}"
    hint = "add " + ", ".join(
        f"[rates] {toml_key(code)} = what one is worth in {home}" for code in _largest_first(without_rate)
    )
    raise HistoryError(_names(tables), [Problem(path=_columns_text(tables), message=message, hint=hint)])


def _names(tables: Sequence[PricedTable]) -> str:
    return ", ".join(dict.fromkeys(table.stack.name for table in tables))


def _columns_text(tables: Sequence[PricedTable]) -> str:
    columns = dict.fromkeys(column for table in tables for column in table.columns.values())
    return f"column {', '.join(columns)}"


def _unmarked(number: int, currency: str, by_currency: Counter[str]) -> Attention:
    amounts = f"{counted(number, 'amount')} {verb(number, 'have')}"
    text = f"{amounts} no currency ({_listed(by_currency)}): read as {currency}"
    return Attention(check="currency_unmarked", text=text, count=number)


def _at_dated_rates(table: PricedTable, meant: dict[str, str], home: str, dated: DatedRates) -> pl.DataFrame:
    """The amounts of a table at the rate of their day: that of the entry, or of the closing of a deal."""
    rows = table.rows
    day = rows["at"] if "at" in rows.columns else rows["closed"]
    problems = []
    for name in _money(rows):
        currency = rows[CURRENCY_OF + name].replace(meant)
        rate = dated.factors(currency, day, home)
        known = currency.is_in([*dated.currencies, home])
        late = rows.select(table.counted.alias("counts"), pl.col(name).alias("value")).with_columns(
            currency.alias("currency"),
            day.cast(pl.Date).alias("day"),
            (known & rate.is_null()).alias("unknown"),
        )
        late = late.filter("counts", "unknown", pl.col("value").is_not_null(), pl.col("value") != 0)
        for (code,), of in late.group_by("currency", maintain_order=True):
            first = dated.frame.filter(pl.col("currency") == code)["day"].min()
            problems.append(no_rate_yet(dated.name, str(code), first, of.height, of["day"].min()))  # type: ignore[arg-type]
        rows = rows.with_columns((rows[name] * rate.fill_null(1.0)).alias(name))
    if problems:
        raise HistoryError(dated.name, list(dict.fromkeys(problems)))
    return rows


def _converted(rows: pl.DataFrame, factors: dict[str, float]) -> pl.DataFrame:
    """Amounts times the factor of their currency; not known where it is that of rows that do not count."""
    for name in _money(rows):
        currency = pl.col(CURRENCY_OF + name)
        known = currency.is_null() | currency.is_in(list(factors))
        factor = currency.replace_strict(factors, default=1.0, return_dtype=pl.Float64).fill_null(1.0)
        rows = rows.with_columns(pl.when(known | (pl.col(name) == 0)).then(pl.col(name) * factor).alias(name))
        rows = rows.drop(CURRENCY_OF + name)
    return rows


def _negative(rows: pl.DataFrame) -> pl.DataFrame:
    if "amount" not in rows.columns:
        return pl.DataFrame(schema=_NO_DEALS)
    return rows.filter(pl.col("amount") < 0).select("deal", "amount")


def _settled(rows: pl.DataFrame, negative: str) -> pl.DataFrame:
    """Negative amounts as the mapping sets."""
    for name in ("amount", "listed_amount"):
        if name in rows.columns and negative != "amount":
            below = pl.col(name) < 0
            instead = pl.col(name).abs() if negative == "positive" else pl.lit(None, pl.Float64)
            rows = rows.with_columns(pl.when(below).then(instead).otherwise(name).alias(name))
    return rows
