"""Amounts that an export keeps in thousands or in cents: detected by the column name or by another column."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.currencies import tokens
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.unit_names import UNIT_WORDS, unit_named, unread_bracket

#: Words that make a name that of the same amount, written for people or in another unit.
_FOR_PEOPLE = frozenset(("formatted", "display", "displayed", "text", "string"))
_SAME_AMOUNT = _FOR_PEOPLE | {"full", "cents", "cent", "raw"}
#: An amount in words for people: ``$1,200 monthly`` and ``$1.2k``.
_NUMBER = r"^[^0-9]*?(-?[0-9][0-9.,' ]*)\s?([km]?)\b"
#: Written for people, an amount is a rounded one: to whole units, and behind k or m to two digits.
_ROUNDED, _ROUNDED_SHARE = 0.51, 0.05


def amount_unit(stack: Stack, column: str, values: pl.Series) -> tuple[float, Attention | None]:
    """The unit of a column of amounts, and a warning if it is not 1.

    Parameters
    ----------
    values : Series of Float64, shape (rows of the stack,)
        The amounts as they are written.
    """
    _, unit = unit_named(column)
    reason = f"its name says {UNIT_WORDS[unit]}" if unit != 1 else ""
    if not reason:
        unit, reason = _compared_with_others(stack, column, values)
    shown = _shown_units(stack, column) if not reason else {}
    if len(shown) == 1 and None not in shown:
        ((known, mark),) = shown.items()
        unit, reason = known or 1.0, f'the formats of the cells show "{mark}"'
    elif shown:
        return 1.0, _unread_formats(column, shown, values)
    if not reason:
        return 1.0, _unread_name(column, values)
    words = UNIT_WORDS.get(unit, f"{unit:,.12g} each")
    text = (
        f"amounts of {quoted(column)} are read as {words}: {reason}. Each of them is worth as "
        "follows; write 1 to read them as they stand:"
    )
    lines = ("[units]", f"{quoted(column)} = {unit:.12g}")
    count = len(values) - values.null_count()
    return unit, Attention(check="amount_unit", text=text, mapping=lines, as_read=True, count=count)


def _shown_units(stack: Stack, column: str) -> dict[float | None, str]:
    """The units that formats of cells show, with the text of each; empty where none shows any."""
    forms = [form for table in stack.tables for form in table.shown.get(column, ())]
    if any(form.unit != 1 for form in forms):
        # A sheet without any such format has numbers without a unit.
        plain = {1.0: ""} if any(column not in table.shown for table in stack.tables) else {}
        return plain | {form.unit: form.text for form in forms}
    return {}


def _unread_formats(column: str, shown: dict[float | None, str], values: pl.Series) -> Attention:
    marks = " or ".join(
        f'"{mark}"' if mark else "nothing" for mark in sorted({*shown.values()}, reverse=True)
    )
    text = (
        f'amounts of "{column}" are read as they stand, while the formats of the cells show {marks}. If that '
        "is a unit, write what one of them is worth, such as 1000 for thousands, in the place of 1:"
    )
    lines = ("[units]", f"{quoted(column)} = 1")
    count = len(values) - values.null_count()
    return Attention(check="amount_unit", text=text, mapping=lines, as_read=True, count=count)


def _unread_name(column: str, values: pl.Series) -> Attention | None:
    """What to look at where a name ends in a bracket that may hold a unit."""
    bracket = unread_bracket(column)
    if not bracket:
        return None
    text = (
        f'amounts of "{column}" are read as they stand: if "{bracket}" is a unit, write what one of them is '
        "worth, such as 1000 for thousands, in the place of 1:"
    )
    lines = ("[units]", f"{quoted(column)} = 1")
    count = len(values) - values.null_count()
    return Attention(check="amount_unit", text=text, mapping=lines, as_read=True, count=count)


def mixed_units(stack: Stack, column: str, values: pl.Series) -> Attention | None:
    """What to look at where another column of the amount is as much in some rows, a hundredth in others."""
    for name, both in _beside(stack, column, values):
        cents, whole = (int(_agrees(both, unit).sum()) for unit in (0.01, 1.0))
        if cents and whole and cents + whole == both.height:
            text = (
                f'amounts of "{column}" are 100 times "{name}" in {counted(cents, "row")} and as much in '
                f"{whole:,}: read as they stand. To read the other column:"
            )
            lines = ("[deals]", f"amount = {quoted(name)}")
            return Attention(check="amount_unit", text=text, mapping=lines, count=cents)
    return None


def _compared_with_others(stack: Stack, column: str, values: pl.Series) -> tuple[float, str]:
    """A unit and the reason for it: another column of the same amount, which differs by it in each row."""
    for name, both in _beside(stack, column, values):
        for unit in (0.01, 1_000.0, 1_000_000.0):
            if both.height and _agrees(both, unit).all():
                return unit, f'in {counted(both.height, "row")} "{name}" is {unit:,g} times as much'
    return 1.0, ""


def _beside(stack: Stack, column: str, values: pl.Series) -> Iterator[tuple[str, pl.DataFrame]]:
    """Other columns of the same amount, and both of them where neither is 0 or missing."""
    own = set(tokens(column))
    for name in stack.columns:
        theirs = set(tokens(name))
        if name != column and own <= theirs and theirs - own and theirs - own <= _SAME_AMOUNT:
            people = bool((theirs - own) & _FOR_PEOPLE)
            there = _shown_amounts(stack, name) if people else _as_amounts(stack, stack.frame[name])
            if there is not None:
                both = pl.DataFrame({"here": values, "there": there[0], "rounded": there[1]})
                yield name, both.filter(pl.col("here") != 0, pl.col("there") != 0)


def _agrees(both: pl.DataFrame, unit: float) -> pl.Series:
    off = (both["here"] * unit - both["there"]).abs()
    return (
        off
        <= pl.select(
            pl.when(both["rounded"]).then(both["there"].abs() * _ROUNDED_SHARE).otherwise(_ROUNDED)
        ).to_series()
    )


def _shown_amounts(stack: Stack, name: str) -> tuple[pl.Series, pl.Series] | None:
    """Amounts within texts such as ``$1,200 monthly``, null where there is none, and which are rounded."""
    text = stack.frame[name].cast(pl.String).str.to_lowercase()
    parts = pl.DataFrame(
        {"n": text.str.extract(_NUMBER, 1).str.strip_chars(" .,'"), "k": text.str.extract(_NUMBER, 2)}
    )
    read = _as_amounts(stack, parts["n"].alias(name))
    if read is None:
        return None
    times = parts["k"].replace_strict({"k": 1e3, "m": 1e6}, default=1.0, return_dtype=pl.Float64)
    return read[0] * times, (times > 1).fill_null(False)


def _as_amounts(stack: Stack, column: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    try:
        values = read_amounts(column, file=stack.name, at=str, evidence=()).values
    except (HistoryError, pl.exceptions.PolarsError):
        return None
    return values, pl.Series([False]).new_from_index(0, len(values))
