"""The columns of a file of overrides, however their headers are spelt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.history.presets.names import plain_name
from funnelsim.history.readers.source import read_source
from funnelsim.history.readers.table import ROW

#: Field -> plain names of its column, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "deal": (
        *("deal", "dealid", "opportunityid", "opportunity", "oppid", "recordid", "lead", "leadid", "id"),
        *("dealname", "opportunityname"),
    ),
    "probability": (
        *("probability", "prob", "chance", "p", "winprobability", "newprobability", "myprobability"),
        *("likelihood", "wahrscheinlichkeit", "chancetowin", "odds"),
    ),
    "close": (
        *("close", "closedate", "closing", "closingdate", "closes", "closeson", "newclose", "newclosedate"),
        *("expectedclose", "expectedclosedate", "plannedclose", "plannedclosedate", "date"),
    ),
    "amount": ("amount", "newamount", "dealamount", "value", "dealvalue", "acv", "arr", "tcv", "revenue"),
    "exclude": ("exclude", "excluded", "leaveout", "remove", "omit", "drop"),
    "reason": ("reason", "reasons", "why", "because", "comment", "comments", "note", "notes"),
    "who": ("who", "by", "person", "author", "rep", "madeby", "changedby", "overriddenby", "manager"),
}
#: What makes a change; a file has at least one of them.
CHANGES = ("probability", "close", "amount", "exclude")
#: Columns of the list that ``forecast --deals`` writes, so that it can be filled in.
LISTED = frozenset(
    {
        *("name", "account", "owner", "source", "segment", "stage", "agedays", "pinperiod", "pever"),
        *("expectedinperiod", "medianclose", "flags", "crmprobability", "crmclose", "category"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the file: texts by field, empty where nothing is written."""

    row: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        return f"row {self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The rows of a file of overrides.

    Attributes
    ----------
    is_deal_list : bool
        Whether the file is a list of open deals that was filled in: its amounts are those listed already.
    """

    file: str
    lines: tuple[Line, ...]
    is_deal_list: bool


def read_lines(path: Path) -> Lines:
    """The rows of a file of overrides (CSV, Excel or Parquet).

    Raises
    ------
    InputError
        If it is no table, has no column of deals or none that changes anything, or has an unknown column.
    """
    table = read_source(path)[0]
    found, problems = _columns(table.columns)
    too_long = "has more cells than the header"
    problems += [Problem(path=f"row {row}", message=too_long) for row in table.malformed]
    if problems:
        raise InputError(path.name, problems)
    lines = []
    for cells in table.frame.iter_rows(named=True):
        texts = {field: _text(cells[column]) for field, column in found.items()}
        if "%" in found.get("probability", "") and texts["probability"]:
            texts["probability"] = f"{texts['probability'].removesuffix('%').rstrip()} %"
        if any(texts.values()):
            lines.append(Line(row=int(cells[ROW]), cells=texts))
    plain = {plain_name(column) for column in table.columns}
    return Lines(file=path.name, lines=tuple(lines), is_deal_list={"pinperiod", "expectedinperiod"} <= plain)


def _columns(columns: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """The column of each field, and what is wrong with the header."""
    field_of = {name: field for field, names in NAMES.items() for name in names}
    found: dict[str, list[str]] = {}
    problems = []
    for column in columns:
        plain = plain_name(column)
        if plain in field_of:
            found.setdefault(field_of[plain], []).append(column)
        elif plain not in LISTED:
            problems.append(_unknown(column))
    # "Deal" may be the name and "Deal ID" the id: the more exact header wins, for deals only.
    if len(ids := found.get("deal", [])) > 1:
        exact = [column for column in ids if plain_name(column).endswith("id")]
        found["deal"] = exact[:1] or ids[:1]
    for field, several in found.items():
        if len(several) > 1:
            named = " and ".join(f'"{column}"' for column in several)
            problems.append(Problem(path="header", message=f"{named} are both read as {field}; keep one"))
    if "deal" not in found:
        problems.append(Problem(path="header", message="there is no column deal, with the id of each deal"))
    if not set(CHANGES) & set(found):
        message = f"no column changes anything; give one of {', '.join(CHANGES)}"
        problems.append(Problem(path="header", message=message))
    return {field: several[0] for field, several in found.items()}, problems


def _unknown(column: str) -> Problem:
    """A column that is not used might be a misspelt one, so that its numbers would be lost unseen."""
    known = [name for names in NAMES.values() for name in names if len(name) > 2]
    hint = did_you_mean(plain_name(column), known)
    allowed = f"the columns are {', '.join(NAMES)}"
    return Problem(path="header", message=f'"{column}" is no column of overrides; {allowed}', hint=hint)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
