"""Salesforce: Opportunity with its histories, the people and accounts behind its ids, and its leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.names import is_field_history, is_salesforce_deals, is_salesforce_history
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas.keys import (
    column_of,
    named,
    names_by_key,
    person_columns,
    plain_columns,
    plain_keys,
    with_names,
)
from funnelsim.history.schemas.lead_rows import is_lead, is_lead_history
from funnelsim.history.schemas.leads import with_leads
from funnelsim.history.schemas.people import people, team_of_users

OWNER, ACCOUNT, RECORD_TYPE, TEAM = "Owner.Name", "Account.Name", "RecordType.Name", "Owner.Team"


def prepare(tables: Sequence[Table], mapping: Mapping) -> Prepared:
    """Names for ids, one history of stages, and leads before the deals that they became."""
    done = Prepared()
    rest = list(tables)
    deals = _take(
        rest, lambda one: is_salesforce_deals(one.columns) and not is_salesforce_history(one.columns)
    )
    if not deals:
        done.tables = rest
        return done
    leads = _take(rest, is_lead)
    lead_histories = _take(rest, is_lead_history)
    lists = {
        "users": _take(rest, _is_user),
        "roles": _take(rest, lambda one: named(one, ("userrole", "role")) and _is_list(one)),
        "accounts": _take(rest, lambda one: named(one, ("account",)) and _is_list(one)),
        "record types": _take(rest, lambda one: named(one, ("recordtype",)) and _is_list(one)),
    }
    done.people = people(lists["users"], team_of_users(lists["users"], lists["roles"]))
    names = {person.key: person.name for person in done.people}
    teams = {person.key: person.team for person in done.people if person.team}
    deals = [_named(table, lists, names, teams) for table in deals]
    leads = [_with_owner(table, names, teams) for table in leads]
    for words, several in lists.items():
        done.lists += several
        done.lists_as |= dict.fromkeys((one.name for one in several), f"names of {words}")
    histories = _take(rest, lambda one: is_salesforce_history(one.columns))
    histories = _one_history(histories, done)
    if leads and mapping.leads is not False:
        deals, histories = with_leads(deals, histories, leads, lead_histories, mapping, done)
    else:
        done.unused += [*leads, *lead_histories]
    done.tables = [*deals, *histories, *rest]
    return done


def _take(rest: list[Table], fits) -> list[Table]:  # type: ignore[no-untyped-def]
    """The tables that fit, which are taken out of the rest."""
    chosen = [table for table in rest if fits(table)]
    rest[:] = [table for table in rest if not any(table is one for one in chosen)]
    return chosen


def _is_list(table: Table) -> bool:
    return {"id", "name"} <= plain_columns(table)


def _is_user(table: Table) -> bool:
    plain = plain_columns(table)
    if "id" not in plain or not person_columns(table) or "stagename" in plain:
        return False
    return bool(plain & {"userroleid", "username", "profileid"}) or named(table, ("user",))


def _named(
    table: Table, lists: dict[str, list[Table]], names: dict[str, str], teams: dict[str, str]
) -> Table:
    table = _with_owner(table, names, teams)
    for key, words, new in (
        ("accountid", "accounts", ACCOUNT),
        ("recordtypeid", "record types", RECORD_TYPE),
    ):
        column = column_of(table, key)
        for other in lists[words] if column else ():
            there, name = column_of(other, "id"), column_of(other, "name")
            assert column is not None
            assert there is not None
            assert name is not None
            table = with_names(table, column, names_by_key(other, there, [name]), new)
    return table


def _with_owner(table: Table, names: dict[str, str], teams: dict[str, str]) -> Table:
    owner = column_of(table, "ownerid")
    if owner is None:
        return table
    table = with_names(table, owner, names, OWNER)
    if not teams or TEAM in table.columns:
        return table
    keys = plain_keys(table.frame[owner])
    team = keys.replace_strict(list(teams), list(teams.values()), default=None, return_dtype=pl.String)
    return replace(table, frame=table.frame.with_columns(team.alias(TEAM)))


def _one_history(histories: list[Table], done: Prepared) -> list[Table]:
    """OpportunityHistory, and of the history of fields the deals that it does not have."""
    of_fields = [table for table in histories if is_field_history(table.columns)]
    main = [table for table in histories if not any(table is one for one in of_fields)]
    if not main or not of_fields:
        return histories
    known = pl.concat([_deal_keys(table) for table in main]).unique()
    missing = sum(int((~_deal_keys(table).is_in(known.implode())).sum()) for table in of_fields)
    done.unused += of_fields
    words = ", ".join(table.name for table in of_fields)
    if missing:
        text = (
            f"{counted(missing, 'row')} of {words} {verb(missing, 'are')} about deals that "
            f"{', '.join(table.name for table in main)} does not have, and not read. To read the history of "
            f"fields instead, leave {', '.join(table.name for table in main)} out"
        )
        done.attention.append(Attention(check="field_history_unused", text=text, count=missing))
    else:
        done.remarks.append(f"{words} is not needed: {main[0].name} has all changes of stage and amount")
    return main


def _deal_keys(table: Table) -> pl.Series:
    column = column_of(table, "opportunityid", "oppid", "id")
    assert column is not None
    return plain_keys(table.frame[column]).drop_nulls().alias("key")
