"""A column beside the amounts that says for each row what one of them is worth: EUR and TEUR, 1 and 1000."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.columns.currencies import tokens
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import AmountColumn
from funnelsim.history.values.unit_names import unit_named, unit_of
from funnelsim.history.values.words import word_set

_UNITS = word_set(
    "unit units uom einheit unité unite unidad unità unita eenheid jednostka jednotka единица "
    "単位 单位 單位 단위"
)
_SCALES = word_set("scale scaling magnitude denomination")
#: Columns of these names hold numbers by which the amount is to be multiplied.
_FACTORS = word_set("multiplier multiplicator factor faktor multiplikator facteur multiplicador")
_ABOUT_MONEY = word_set(
    "amount amounts value deal opportunity opp price revenue money currency betrag wert "
    "montant importe valor сумма 金額 金额 금액"
)
_FILLING = word_set("of measure the in")
#: A thousand or a ton, a thousand or one with three decimals.
_DOUBTFUL = frozenset(("t", "1.000", "1.000.000"))
_SHOWN = 4


def in_units_of_rows(stack: Stack, column: str, read: AmountColumn) -> tuple[AmountColumn, Attention | None]:
    """Amounts times the unit that another column gives for each row, and a warning; as they are without one.

    They stay as they are, with a warning, where not every row has a unit that is known.
    """
    for name in stack.columns:
        if name == column or not (about := _says_units(name)):
            continue
        texts = stack.frame[name].cast(pl.String).str.strip_chars()
        texts = texts.set(texts == "", None)
        matters = read.values.is_not_null() & (read.values != 0)
        distinct = texts.filter(matters).unique(maintain_order=True).to_list()
        known = {text: unit_of(text) for text in distinct if text is not None}
        numbers = [text for text in known if _is_number(text)]
        if numbers and about == "unit" and not set(map(float, numbers)) <= {1.0, 1e3, 1e6}:
            continue  # a quantity
        units = {text: found[0] for text, found in known.items() if found}
        named = unit_named(column)[1]
        sure = len(units) == len(distinct) and not (numbers and about == "unit")
        doubtful = bool({text.lower() for text in known} & _DOUBTFUL)
        doubtful |= about == "factor" and any(float(text) != 1 for text in numbers)
        if not doubtful and (
            all(unit == 1 for unit in units.values()) or (sure and {*units.values()} == {named})
        ):
            continue
        if not sure or named != 1:
            return read, _not_applied(column, name, distinct, int(matters.sum()))
        factors = texts.replace_strict(units, default=None, return_dtype=pl.Float64)
        marks = texts.replace_strict(
            {text: found[1] for text, found in known.items() if found}, default=None, return_dtype=pl.String
        )
        currency = pl.select(pl.coalesce(read.currency, marks).alias(read.currency.name)).to_series()
        times = int((matters & (factors != 1)).sum())
        whole = replace(read, values=read.values * factors.fill_null(1.0), currency=currency)
        return whole, _applied(column, name, units, times)
    return read, None


def _says_units(name: str) -> str:
    """``unit``, ``scale`` or ``factor`` for ``Amount unit``, not for ``Unit price``; else empty."""
    for spelling in (name, name.lower()):
        words = [word for word in tokens(spelling) if word not in _FILLING]
        for about, known in (("factor", _FACTORS), ("scale", _SCALES), ("unit", _UNITS)):
            if words and words[-1] in known and {*words[:-1]} <= _ABOUT_MONEY:
                return about
    return ""


def _is_number(text: str) -> bool:
    if text.startswith("00"):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _applied(column: str, name: str, units: dict[str, float], count: int) -> Attention:
    read = [f'"{text}" as {unit:,.12g}' for text, unit in units.items()]
    more = f" and {len(read) - _SHOWN} more" if len(read) > _SHOWN else ""
    text = (
        f'amounts of "{column}" are multiplied by the unit in "{name}": {", ".join(read[:_SHOWN])}{more}. To '
        "read them as they stand:"
    )
    lines = ("[units]", f"{quoted(column)} = 1")
    return Attention(check="amount_unit", text=text, mapping=lines, count=count)


def _not_applied(column: str, name: str, distinct: list[str | None], count: int) -> Attention:
    shown = ", ".join("nothing" if text is None else f'"{text}"' for text in distinct[:_SHOWN])
    more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
    text = (
        f'amounts of "{column}" are not multiplied by "{name}", which may hold their units ({shown}{more}). '
        "If it does, multiply them in the export; if it does not:"
    )
    lines = ("[units]", f"{quoted(column)} = {unit_named(column)[1]:.12g}")
    return Attention(check="amount_unit", text=text, mapping=lines, as_read=True, count=count)
