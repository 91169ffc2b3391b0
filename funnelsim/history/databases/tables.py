"""The tables of a database, and those among them that an import is to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.history_error import history_error

_LISTED = 40
#: Tables of Salesforce, HubSpot (with either history) and Pipedrive, as connectors name them.
_SALESFORCE = ("lead", "leadhistory", "user", "userrole", "account", "recordtype", "opportunityfieldhistory")
_HUBSPOT = ("dealpipeline", "dealpropertyhistory", "mergeddeal", "owner", "dealcompany", "company")
_OF_CRMS = (
    ("opportunity", "opportunityhistory", *_SALESFORCE),
    ("deal", "dealpipelinestage", "dealstage", *_HUBSPOT),
    ("deals", "dealflow", "stages", "pipelines", "users", "organizations"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTable:
    """A table or view.

    Attributes
    ----------
    default : bool
        Whether the name alone, without the schema, means this one.
    quoted : str
        Schema and name as SQL, safe to put into a statement.
    rows : int or None
        About how many, where the database knows without counting.
    """

    schema: str
    name: str
    default: bool
    quoted: str
    rows: int | None = None

    @property
    def full_name(self) -> str:
        return self.name if self.default else f"{self.schema}.{self.name}"


def tables_of_a_crm(tables: Sequence[DatabaseTable]) -> tuple[DatabaseTable, ...]:
    """The tables to read if they are those of a known CRM and none is named; empty if they are not.

    They are all of one schema, and the first two that are listed for the CRM are among them.
    """
    found = [
        chosen
        for schema in dict.fromkeys(table.schema for table in tables)
        for names in _OF_CRMS
        if (chosen := _called([table for table in tables if table.schema == schema], names))
    ]
    return found[0] if len(found) == 1 else ()


def _called(tables: Sequence[DatabaseTable], names: Sequence[str]) -> tuple[DatabaseTable, ...]:
    """The tables of these names, whatever their spelling; empty if one of the first two is missing."""
    by_name = {"".join(filter(str.isalnum, table.name)).casefold(): table for table in tables}
    return tuple(by_name[name] for name in names if name in by_name) if {*names[:2]} <= {*by_name} else ()


def choose_tables(
    source: str, tables: Sequence[DatabaseTable], named: Sequence[str]
) -> tuple[DatabaseTable, ...]:
    """The tables that are named; without a name those of a CRM, or the only one.

    Raises
    ------
    HistoryError
        If a name is not among the tables or fits several, or no table is named.
    """
    if not tables:
        raise history_error(source, "holds no tables that you may see")
    if not named:
        chosen = tuple(tables) if len(tables) == 1 else tables_of_a_crm(tables)
        if chosen:
            return chosen
        message = f"name one with --table or a query with --query. Its tables: {_listed(tables)}"
        raise history_error(source, message)
    chosen_by_name = {}
    problems = []
    for name in named:
        fitting = _fitting(name, tables)
        if len(fitting) == 1:
            chosen_by_name[fitting[0].quoted] = fitting[0]
        else:
            problems.append(_problem(name, fitting, tables))
    if problems:
        raise HistoryError(source, problems)
    return tuple(chosen_by_name.values())


def _fitting(name: str, tables: Sequence[DatabaseTable]) -> list[DatabaseTable]:
    """Tables of that name, or else those of the same letters in other capitals."""
    for same in (str, str.casefold):
        wanted = same(name)
        for fits in (
            [one for one in tables if one.default and same(one.name) == wanted],
            [one for one in tables if wanted in (same(f"{one.schema}.{one.name}"), same(one.quoted))],
            [one for one in tables if same(one.name) == wanted],
        ):
            if fits:
                return fits
    return []


def _problem(name: str, fitting: Sequence[DatabaseTable], tables: Sequence[DatabaseTable]) -> Problem:
    if fitting:
        full = ", ".join(f"{one.schema}.{one.name}" for one in fitting)
        return Problem(path=f"table {name}", message=f"fits {len(fitting)} tables: {full}; name one of them")
    names = [one.full_name for one in tables]
    hint = did_you_mean(name, [*names, *(one.name for one in tables)])
    return Problem(
        path=f"table {name}", message=f"is not in the database, which has {_listed(tables)}", hint=hint
    )


def _listed(tables: Sequence[DatabaseTable]) -> str:
    shown = [
        one.full_name if one.rows is None else f"{one.full_name} ({one.rows:,} rows)"
        for one in tables[:_LISTED]
    ]
    more = [f"and {len(tables) - _LISTED:,} more"] if len(tables) > _LISTED else []
    return ", ".join([*shown, *more])
