"""Ids of deals: one spelling in all tables, and refused where a spreadsheet has damaged them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.ledger import FILE
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack

#: Below this share of the smaller table the ids of two tables do not meet.
MEET_AT_LEAST = 0.5
#: Digits that a spreadsheet keeps of a number; the rest become zeros.
_KEPT_DIGITS = 15
#: So many zeros behind the digits that are kept come by chance once in a million exports.
_ZEROS_BY_CHANCE = 6
_SCIENTIFIC = r"^\d(?:[.,]\d+)?[Ee]\+\d{1,3}$|^\d[.,]\d+[Ee]\d{1,3}$"
_INVISIBLE = "[\u200b-\u200d\u2060\ufeff]"
#: What programs write where there is no id; as an id it would make one deal of many.
_NO_ID = ("null", "none", "nan", "n/a", "#n/a", "na", "nil", "undefined", "(blank)", "-", "<null>", r"\n")
_GUID = r"^\s*[{(]?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})[})]?\s*$"
_WHOLE, _DECIMALS = r"^\s*\d+([.,]0+)?\s*$", r"[.,]0+\s*$"
#: ``1.000`` may be a thousand; ``1000.000`` and ``1.0`` are not.
_THOUSANDS, _NO_THOUSANDS = r"^\s*\d{1,3}[.,]000\s*$", r"\d{4}[.,]0+\s*$|[.,](0{1,2}|0{4,})\s*$"
_CHECK_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)


@dataclass(frozen=True)
class Ids:
    """The column of ids of one table."""

    stack: Stack
    column: str
    rows: pl.DataFrame

    @cached_property
    def distinct(self) -> pl.Series:
        return self.rows["deal"].drop_nulls().unique()


def id_text(column: pl.Series) -> pl.Series:
    """Ids as text: whole numbers without decimals, no marks that programs put around text.

    ``1000.0`` and ``1000,0`` are ``1000`` where all ids of the column are whole numbers, ``'00123`` and
    ``="00123"`` are ``00123``. A GUID is in small letters, without braces.
    """
    if column.dtype.is_float():
        known = column.drop_nulls()
        if bool((known == known.floor()).all()) and bool((known.abs() < 2**53).all()):
            return column.cast(pl.Int64, strict=False).cast(pl.String)
    text = column.cast(pl.String)
    if text.str.contains(f"^['’=\"]|{_INVISIBLE}").any():
        text = text.str.replace_all(_INVISIBLE, "").str.replace(r'^=?"(.*)"$', "$1").str.replace("^['’]", "")
    nothing = text.str.strip_chars().str.to_lowercase().is_in(_NO_ID)
    if nothing.any():
        text = text.set(nothing.fill_null(False), None)
    if text.str.contains(_GUID).any():
        guid = text.str.extract(_GUID).str.to_lowercase()
        text = guid.fill_null(text)
    return _without_decimals(text)


def _without_decimals(text: pl.Series) -> pl.Series:
    """Whole numbers as such, if all ids are; separators of thousands are left to the other table."""
    if not text.str.contains(_DECIMALS).any() or not text.str.contains(_WHOLE).all():
        return text
    if text.str.contains(_THOUSANDS).any() and not text.str.contains(_NO_THOUSANDS).any():
        return text
    return text.str.replace(_DECIMALS, "")


def refuse_damaged(tables: Sequence[Ids]) -> None:
    """Stop at ids that a spreadsheet has rounded: several deals may have become one.

    Raises
    ------
    HistoryError
        With the rows, for all tables at once.
    """
    found = {ids.stack.name: list(_damage(ids)) for ids in tables}
    found = {name: problems for name, problems in found.items() if problems}
    if len(found) == 1:
        raise HistoryError(*next(iter(found.items())))
    if found:
        problems = [
            Problem(path=f"{name}: {problem.path}", message=problem.message, hint=problem.hint)
            for name, several in found.items()
            for problem in several
        ]
        raise HistoryError("the files given", problems)


def _damage(ids: Ids) -> Iterator[Problem]:
    distinct = ids.distinct
    rounded = distinct.filter(distinct.str.contains(_SCIENTIFIC))
    long = distinct.filter(distinct.str.contains(r"^\d{16,}$"))
    tails = long.str.slice(_KEPT_DIGITS)
    zeros = int(tails.str.len_chars().sum()) if tails.str.contains("^0+$").all() else 0
    if zeros >= _ZEROS_BY_CHANCE:
        rounded = pl.concat([rounded, long])
    if rounded.is_empty():
        return
    bad = ids.rows.filter(pl.col("deal").is_in(rounded.implode()))
    shown = ", ".join(
        f'{ids.stack.ledger.locate(file, row)} "{text}"'
        for file, row, text in bad.select(FILE, ROW, "deal").head(3).iter_rows()
    )
    more = f" and {bad.height - 3:,} more" if bad.height > 3 else ""
    message = (
        f"a spreadsheet has rounded these ids: {shown}{more}; {counted(bad.height, 'row')} "
        f"{verb(bad.height, 'have')} {counted(len(rounded), 'id')} left, so that several deals may have "
        "become one"
    )
    hint = "export it again and keep the ids as text, or name another column of ids in a mapping"
    yield Problem(path=f"column {ids.column}", message=message, hint=hint)


def one_spelling(events: Ids, deals: Ids) -> tuple[pl.DataFrame, pl.DataFrame, list[Attention]]:
    """Rows of both tables with matching ids, and warnings if they do not match.

    Ids of Salesforce with 15 and 18 characters are one. Lost leading zeros, other capitals and separators
    of thousands are made equal where no two ids of one table become one by that.
    """
    events, deals = _same_length(events, deals)
    event_ids, deal_ids = events.distinct, deals.distinct
    attention: list[Attention] = []
    for variant, plain in _VARIANTS.items():
        meeting = _meeting(event_ids, deal_ids)
        if meeting == min(len(event_ids), len(deal_ids)):
            break
        keys = [_keyed(ids, plain) for ids in (event_ids, deal_ids)]
        if (
            any(key["key"].is_duplicated().any() for key in keys)
            or _meeting(keys[0]["key"], keys[1]["key"]) <= meeting
        ):
            continue
        both = keys[0].join(keys[1], on="key", suffix="_there").filter(pl.col("id") != pl.col("id_there"))
        events = replace(events, rows=_respelt(events.rows, both))
        attention.append(_made_equal(both, variant, events, deals))
        event_ids = events.distinct
    if _meeting(event_ids, deal_ids) < MEET_AT_LEAST * min(len(event_ids), len(deal_ids)):
        attention.append(_do_not_meet(events, deals, event_ids, deal_ids))
    return events.rows, deals.rows, attention


def salesforce_long(ids: pl.Series) -> pl.Series:
    """True for ids of 18 characters whose last three are the check sum of Salesforce; shape (N,)."""
    fits = ids.str.contains("^[A-Za-z0-9]{18}$").fill_null(False)
    chosen = ids.filter(fits)
    if chosen.is_empty():
        return fits
    letters = np.array(chosen.to_list(), dtype="S18").view(np.uint8).reshape(-1, 18)
    upper = (letters[:, :15] >= ord("A")) & (letters[:, :15] <= ord("Z"))
    # Each of the three letters says which of five characters are capitals.
    number = (upper.reshape(-1, 3, 5) * (1 << np.arange(5))).sum(axis=2)
    good = (_CHECK_LETTERS[number] == letters[:, 15:]).all(axis=1)
    return fits.scatter(fits.arg_true(), good)


def _same_length(events: Ids, deals: Ids) -> tuple[Ids, Ids]:
    """Reports of Salesforce give ids of 15 characters, its API 18; where both occur all get 15."""
    cut = _to_cut(pl.concat([events.distinct, deals.distinct]).unique())
    if cut.is_empty():
        return events, deals
    return (
        replace(events, rows=_respelt(events.rows, cut)),
        replace(deals, rows=_respelt(deals.rows, cut)),
    )


def one_length(ids: Ids) -> pl.DataFrame:
    """The rows of the only table there is; ids of Salesforce get 15 characters if some have so many."""
    cut = _to_cut(ids.distinct)
    return ids.rows if cut.is_empty() else _respelt(ids.rows, cut)


def _to_cut(distinct: pl.Series) -> pl.DataFrame:
    """``id, id_there`` of the ids of 18 characters, if there are also ids of 15.

    Those with a good check sum are cut; of the others those that begin like one of 15, if no second one does.
    """
    short = distinct.filter(distinct.str.contains("^[A-Za-z0-9]{15}$"))
    long = distinct.filter(distinct.str.contains("^[A-Za-z0-9]{18}$") & (len(short) > 0))
    cut = pl.DataFrame({"id": long, "id_there": long.str.slice(0, 15), "good": salesforce_long(long)})
    alike = pl.col("id_there").is_in(short.implode()) & pl.col("id_there").is_unique()
    return cut.filter(pl.col("good") | alike).drop("good")


def _meeting(event_ids: pl.Series, deal_ids: pl.Series) -> int:
    return int(event_ids.is_in(deal_ids.implode()).sum())


_VARIANTS = {
    ("have", "lost leading zeros in one table"): pl.col("id").str.strip_chars_start("0"),
    ("are", "written with different capitals in one table"): pl.col("id").str.to_lowercase(),
    ("have", "decimals in one table"): pl.col("id").str.replace(r"^(\d+)[.,]0+$", "$1"),
    ("have", "thousands separators in one table"): pl.when(
        pl.col("id").str.contains(r"^\d{1,3}([,.' ’]\d{3})+$")
    )
    .then(pl.col("id").str.replace_all(r"\D", ""))
    .otherwise(pl.col("id")),
}


def _keyed(ids: pl.Series, plain: pl.Expr) -> pl.DataFrame:
    return pl.DataFrame({"id": ids}).with_columns(plain.alias("key"))


def _respelt(rows: pl.DataFrame, both: pl.DataFrame) -> pl.DataFrame:
    spelling = both.select(deal="id", spelling="id_there")
    joined = rows.join(spelling, on="deal", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("spelling", "deal").alias("deal")).drop("spelling")


def _made_equal(both: pl.DataFrame, variant: tuple[str, str], events: Ids, deals: Ids) -> Attention:
    made, words = variant
    first = both.sort("id").row(0, named=True)
    text = (
        f'{counted(both.height, "id")} {verb(both.height, made)} {words}: "{first["id"]}" in '
        f'{events.stack.name} is matched with "{first["id_there"]}" in {deals.stack.name}'
    )
    return Attention(check="ids_made_equal", text=text, count=both.height)


def _do_not_meet(events: Ids, deals: Ids, event_ids: pl.Series, deal_ids: pl.Series) -> Attention:
    meeting = _meeting(event_ids, deal_ids)
    shown = [
        ", ".join(f'"{text}"' for text in ids.filter(~ids.is_in(other.implode())).sort().head(3))
        for ids, other in ((event_ids, deal_ids), (deal_ids, event_ids))
    ]
    text = (
        f"only {meeting:,} of {counted(len(event_ids), 'deal')} of {events.stack.name} "
        f"{verb(meeting, 'are')} in "
        f"{deals.stack.name} ({counted(len(deal_ids), 'deal')}): column {events.column} of the first has "
        f"{shown[0]}, column {deals.column} of the second {shown[1]}. Do both identify deals? If not, name "
        "the right columns: [events] deal and [deals] deal"
    )
    return Attention(check="ids_do_not_meet", text=text, count=len(event_ids) - meeting)
