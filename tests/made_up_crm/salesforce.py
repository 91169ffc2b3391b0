"""Salesforce: Opportunity, its two histories, Lead and LeadHistory, User, UserRole, Account."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.made_up_crm.tables import SYNCED, Row, plain, snake, utc, write_tables
from tests.made_up_crm.truth import (
    ACCOUNTS,
    AS_OF,
    OWNERS,
    STAGES,
    TEAMS,
    Step,
    TrueDeal,
    true_deals,
    true_leads,
)

LABELS = {"won": "Closed Won", "lost": "Closed Lost"}
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def write_salesforce(
    folder: Path,
    *,
    warehouse: bool = False,
    leads: bool = False,
    only: Sequence[str] = (),
    parquet: Sequence[str] = (),
    number: int = 2_000,
    renewals: Callable[[int], bool] | None = None,
) -> dict[str, Path]:
    """The tables as files; with `warehouse` as a connector spells them, some rows copied twice."""
    deals = true_deals(number)
    stamp = plain if warehouse else utc
    tables: dict[str, list[Row]] = {
        "Opportunity": [*_opportunities(deals, stamp), *_deleted(stamp)],
        "OpportunityHistory": [row for deal in deals for row in _history(deal, stamp)],
        "OpportunityFieldHistory": [row for deal in deals for row in _field_history(deal, stamp)],
        "User": [*_users()],
        "UserRole": [{"Id": f"00E{number:012d}", "Name": name} for number, name in enumerate(_teams())],
        "Account": [{"Id": _account(deal.account), "Name": deal.account} for deal in _one_per_account(deals)],
    }
    if renewals is not None:
        of = {deal_key(deal.number): deal.number for deal in deals}
        tables["Opportunity"] = [
            _typed(row, of.get(str(row["Id"]), 1), renewals) for row in tables["Opportunity"]
        ]
        tables["RecordType"] = [
            {"Id": "012000000000001", "Name": "New", "SobjectType": "Opportunity"},
            {"Id": "012000000000002", "Name": "Add-on", "SobjectType": "Opportunity"},
        ]
    if leads:
        tables["Lead"] = [*_leads(deals, stamp)]
        tables["LeadHistory"] = [*_lead_history(deals, stamp)]
    if only:
        tables = {name: rows for name, rows in tables.items() if name in only}
    if warehouse:
        tables = {snake(name): _as_copied(rows) for name, rows in tables.items()}
    return write_tables(folder, tables, parquet=parquet)


def _typed(row: Row, number: int, renewals: Callable[[int], bool]) -> Row:
    """With a type, and every third deal of the second record type."""
    record_type = "012000000000002" if number % 3 == 0 else "012000000000001"
    return {**row, "Type": "Renewal" if renewals(number) else "New Business", "RecordTypeId": record_type}


def key(prefix: str, number: int) -> str:
    """18 characters: the last three say which letters are capital."""
    return with_check_letters(f"{prefix}{number:09d}aBc")


def with_check_letters(short: str) -> str:
    letters = ""
    for start in (0, 5, 10):
        letters += _CHECK[sum(2**place for place in range(5) if short[start + place].isupper())]
    return short + letters


def deal_key(number: int) -> str:
    return key("006", number)


def _account(name: str) -> str:
    return key("001", ACCOUNTS.index(name))


def _user(name: str) -> str:
    return key("005", OWNERS.index(name))


def _teams() -> list[str]:
    return sorted(set(TEAMS.values()))


def _one_per_account(deals: Sequence[TrueDeal]) -> list[TrueDeal]:
    return list({deal.account: deal for deal in deals}.values())


def _users() -> Iterator[Row]:
    for name in OWNERS:
        first, last = name.split()
        yield {
            "Id": _user(name), "Username": f"{first}@example.com".lower(), "FirstName": first,
            "LastName": last, "Name": name, "IsActive": "true", "Division": None,
            "UserRoleId": f"00E{_teams().index(TEAMS[name]):012d}", "ManagerId": None,
        }  # fmt: skip


def _opportunities(deals: Sequence[TrueDeal], stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    for deal in deals:
        last = deal.steps[-1]
        close = deal.closed.date() if deal.closed else deal.plan_at(AS_OF)
        yield {
            "Id": deal_key(deal.number), "IsDeleted": "false", "AccountId": _account(deal.account),
            "Name": deal.name, "StageName": LABELS.get(last.stage, last.stage),
            "Amount": deal.value_at(AS_OF), "CloseDate": close.isoformat(), "LeadSource": deal.source,
            "IsClosed": str(bool(deal.outcome)).lower(), "IsWon": str(deal.outcome == "won").lower(),
            "OwnerId": _user(deal.owner), "CreatedDate": stamp(deal.created),
            "SystemModstamp": stamp(last.at),
        }  # fmt: skip


def _deleted(stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    for number in range(30):
        at = dt.datetime(2025, 3, 1, 9, number)
        yield {
            "Id": deal_key(900_000 + number), "IsDeleted": "true", "AccountId": None, "Name": "test",
            "StageName": "Closed Won", "Amount": 9_999_999.0, "CloseDate": "2025-03-01", "LeadSource": None,
            "IsClosed": "true", "IsWon": "true", "OwnerId": _user(OWNERS[0]), "CreatedDate": stamp(at),
            "SystemModstamp": stamp(at),
        }  # fmt: skip


def _history(deal: TrueDeal, stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    """A row per change of stage, amount or closing date, with all three as they stood."""
    times = sorted(
        {*(step.at for step in deal.steps), *(at for at, _ in deal.amounts), *(at for at, _ in deal.plans)}
    )
    for position, at in enumerate(times):
        stage = deal.stage_at(at)
        closing = at.date() if stage in LABELS else deal.plan_at(at)
        yield {
            "Id": key("008", deal.number * 50 + position), "OpportunityId": deal_key(deal.number),
            "StageName": LABELS.get(stage, stage), "SortOrder": ([*STAGES, "won", "lost"].index(stage) + 1),
            "Amount": deal.value_at(at), "CloseDate": closing.isoformat(),
            "CreatedById": _user(deal.owner), "CreatedDate": stamp(at), "IsDeleted": "false",
        }  # fmt: skip


def _field_history(deal: TrueDeal, stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    """A row per change of a tracked field; ids of 15 characters, as in reports."""
    changes: list[tuple[dt.datetime, str, object, object]] = [(deal.created, "created", None, None)]
    for before, after in zip(deal.steps, deal.steps[1:], strict=False):
        changes.append(
            (
                after.at,
                "StageName",
                LABELS.get(before.stage, before.stage),
                LABELS.get(after.stage, after.stage),
            )
        )
    for (_, old), (at, new) in zip(deal.amounts, deal.amounts[1:], strict=False):
        changes.append((at, "Amount", old, new))
    for (_, was), (at, will) in zip(deal.plans, deal.plans[1:], strict=False):
        changes.append((at, "CloseDate", was.isoformat(), will.isoformat()))
    for position, (at, field, old, new) in enumerate(sorted(changes, key=lambda change: change[0])):
        yield {
            "Id": key("017", deal.number * 50 + position), "OpportunityId": deal_key(deal.number)[:15],
            "CreatedById": _user(deal.owner), "CreatedDate": stamp(at), "Field": field,
            "OldValue": None if old is None else str(old), "NewValue": None if new is None else str(new),
            "IsDeleted": "false",
        }  # fmt: skip


def _every_lead(deals: Sequence[TrueDeal]) -> Iterator[tuple[str, tuple[Step, ...], TrueDeal | None]]:
    for deal in deals:
        if deal.leads:
            yield key("00Q", deal.number), deal.leads, deal
    for number, steps in enumerate(true_leads()):
        yield key("00Q", 100_000 + number), steps, None


def _leads(deals: Sequence[TrueDeal], stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    for lead, steps, deal in _every_lead(deals):
        last = steps[-1]
        yield {
            "Id": lead, "IsDeleted": "false", "Name": f"Contact {lead[-6:]}",
            "Company": deal.account if deal else "Globex Foods",
            "Status": "Unqualified" if last.stage == "lost" else last.stage,
            "LeadSource": deal.source if deal else "Web",
            "OwnerId": _user(deal.owner if deal else OWNERS[0]), "IsConverted": str(deal is not None).lower(),
            "ConvertedDate": deal.created.date().isoformat() if deal else None,
            "ConvertedOpportunityId": deal_key(deal.number) if deal else None,
            "CreatedDate": stamp(steps[0].at), "LastModifiedDate": stamp(deal.created if deal else last.at),
        }  # fmt: skip


def _lead_history(deals: Sequence[TrueDeal], stamp) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    for lead, steps, deal in _every_lead(deals):
        yield {
            "LeadId": lead,
            "CreatedDate": stamp(steps[0].at),
            "Field": "created",
            "OldValue": None,
            "NewValue": None,
        }
        for before, after in itertools.pairwise(steps):
            yield {
                "LeadId": lead, "CreatedDate": stamp(after.at), "Field": "Status", "OldValue": before.stage,
                "NewValue": "Unqualified" if after.stage == "lost" else after.stage,
            }  # fmt: skip
        if deal:
            yield {
                "LeadId": lead,
                "CreatedDate": stamp(deal.created),
                "Field": "leadConverted",
                "OldValue": None,
                "NewValue": None,
            }


def _as_copied(rows: Sequence[Row]) -> list[Row]:
    """Names of a warehouse, with the columns of a connector, and every 20th row copied twice."""
    copied: list[Row] = []
    for position, row in enumerate(rows):
        named = {snake(name): value for name, value in row.items()}
        copied.append({"_fivetran_synced": SYNCED, **named})
        if position % 20 == 7:
            copied.append({"_fivetran_synced": "2025-12-31 03:10:05.000", **named})
    return copied
