"""Text from files, made harmless where it is shown: no control characters, no formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

#: Control characters but tab and line feed, those that change the direction of what follows (CVE-2021-42574),
#: line separators of Unicode, halves of surrogate pairs, and what XML does not allow.
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_HARMFUL = re.compile(f"[{_CONTROL}]")
#: As `_HARMFUL`, but colours pass (SGR: bold, dim, underlined, the eight colours), as screens write them.
_HARMFUL_ON_TERMINALS = re.compile(rf"\x1b\[(?:(?:[0-4]|3[0-79])?(?:;(?:[0-4]|3[0-79]))*)m|[{_CONTROL}]")
#: Texts of polars are Unicode without halves of surrogate pairs.
_CONTROL_IN_TABLES = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
SHOWN_AS = "?"

# A spreadsheet takes a cell that begins so for a formula, in a CSV file too (OWASP, "CSV injection").
_FORMULA = r"^[\s\x00-\x1f]*[=+\-@\t\r＝＋－＠]"
_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*$"


def harmless(text: str, *, keep_colours: bool = False) -> str:
    """The text with a question mark for each character that controls a terminal or breaks a file."""
    if keep_colours:
        return _HARMFUL_ON_TERMINALS.sub(lambda found: found[0] if len(found[0]) > 1 else SHOWN_AS, text)
    return _HARMFUL.sub(SHOWN_AS, text)


def harmless_table(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an apostrophe before texts that a spreadsheet would take for a formula.

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
