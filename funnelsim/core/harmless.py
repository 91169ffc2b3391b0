"""Sanitise text from files for display: no control characters, no spreadsheet formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

#: Control characters but tab and line feed, those that change the direction of what follows (CVE-2021-42574),
#: line separators of Unicode, halves of surrogate pairs, and what XML does not allow.
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_HARMFUL = re.compile(f"[{_CONTROL}]")
#: Like `_HARMFUL`, but colours are allowed (SGR: bold, dim, underlined, the eight colours), for screens.
_HARMFUL_ON_TERMINALS = re.compile(rf"\x1b\[(?:(?:[0-4]|3[0-79])?(?:;(?:[0-4]|3[0-79]))*)m|[{_CONTROL}]")
#: Texts of polars are Unicode without halves of surrogate pairs.
_CONTROL_IN_TABLES = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
SHOWN_AS = "?"

# Spreadsheets treat cells that begin like this as formulas, also in CSV files (OWASP, "CSV injection").
_FORMULA = r"^[\s\x00-\x1f]*[=+\-@\t\r＝＋－＠]"
_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*$"


def harmless(text: str, *, keep_colours: bool = False) -> str:
    """Replace each character that controls a terminal or breaks a file by a question mark."""
    if keep_colours:
        return _HARMFUL_ON_TERMINALS.sub(lambda found: found[0] if len(found[0]) > 1 else SHOWN_AS, text)
    return _HARMFUL.sub(SHOWN_AS, text)


def as_it_was(cell: str) -> str:
    """A cell that `harmless_table` wrote, without the apostrophe before what looks like a formula."""
    return cell[1:] if re.match("'" + _FORMULA[1:], cell) else cell


def harmless_table(table: pl.DataFrame) -> pl.DataFrame:
    """Prefix an apostrophe to texts that a spreadsheet would treat as a formula.

    Plain numbers written as text (``-5``) and columns of numbers and dates are unchanged.
    """
    import polars as pl

    def cell(name: str) -> pl.Expr:
        column = pl.col(name)
        clean = column.str.replace_all(_CONTROL_IN_TABLES, SHOWN_AS)
        formula = column.str.contains(_FORMULA) & ~column.str.contains(_NUMBER)
        return pl.when(formula).then(pl.lit("'") + clean).otherwise(clean).alias(name)

    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    cells = table.with_columns(cell(name) for name in texts)
    heads = pl.DataFrame({"head": table.columns}, schema={"head": pl.String}).select(cell("head"))
    renamed = dict(zip(table.columns, heads.to_series(), strict=True))
    return cells.rename(renamed) if len(set(renamed.values())) == len(renamed) else cells
