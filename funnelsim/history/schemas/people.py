"""Who owns deals: names and teams of the users of a CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from funnelsim.history.presets.prepared import Person
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas.keys import column_of, names_by_key, person_columns, plain_keys, texts

_TEAMS = ("teamname", "team", "primaryteamname", "division", "department")


def people(users: Sequence[Table], teams: Mapping[str, str]) -> list[Person]:
    """The users in the order of their names; of users with one name each gets his id behind it."""
    named: dict[str, str] = {}
    for table in users:
        key, columns = column_of(table, "id", "ownerid", "userid"), person_columns(table)
        if key and columns:
            named |= names_by_key(table, key, columns)
    alike = {name for name in named.values() if list(named.values()).count(name) > 1}
    return [
        Person(key=key, name=f"{name} ({key})" if name in alike else name, team=teams.get(key, ""))
        for key, name in sorted(named.items(), key=lambda item: (item[1], item[0]))
    ]


def team_of_users(users: Sequence[Table], roles: Sequence[Table]) -> dict[str, str]:
    """User -> his role in the hierarchy, else his division or department, else his manager's name."""
    teams: dict[str, str] = {}
    for table in users:
        key, columns = column_of(table, "id", "ownerid", "userid"), person_columns(table)
        if key is None:
            continue
        keys = plain_keys(table.frame[key])
        names = names_by_key(table, key, columns) if columns else {}
        for column, of in (
            (column_of(table, "userroleid"), _names(roles)),
            (column_of(table, *_TEAMS), None),
            (column_of(table, "managerid"), names),
        ):
            if column is None:
                continue
            raw = texts(table.frame[column]) if of is None else plain_keys(table.frame[column])
            for user, value in zip(keys, raw, strict=True):
                team = value if of is None else of.get(value or "")
                if user and team:
                    teams.setdefault(user, team)
    return teams


def _names(lists: Sequence[Table]) -> dict[str, str]:
    names: dict[str, str] = {}
    for table in lists:
        key, name = column_of(table, "id"), column_of(table, "name", "developername")
        if key and name:
            names |= names_by_key(table, key, [name])
    return names
