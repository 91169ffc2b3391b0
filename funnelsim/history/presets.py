"""Which columns an export usually has: names seen in the wild, compared by letters and digits only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from funnelsim.history.crm_columns import (
    HUBSPOT_EVENTS,
    MORE_DEAL_NAMES,
    PIPEDRIVE_EVENTS,
    without_prefix,
)
from funnelsim.history.currency_names import currency_of
from funnelsim.history.mapping import Column, DealColumns, EventColumns
from funnelsim.history.unit_names import unit_named

_CURRENCY_BEHIND = re.compile(
    r"(?P<name>.+?)(?:[\s_]+in)?(?:[\s_]*[(\[]|[\s_]+)(?P<currency>[^\s_()\[\]]+)[)\]]?", re.IGNORECASE
)
#: Ids first: where a table has an id and a name of the deal, the id tells deals apart.
_DEAL = (
    *("dealid", "opportunityid", "oppid", "opportunityid18", "caseid", "bookingid", "mqlid", "leadid"),
    *("recordid", "dealnumber", "opportunitynumber", "dealno", "oppno", "id"),
    *("deal", "opportunity", "lead", "opportunityname", "dealname"),
)
#: Of these, the ones that may hold names.
_NAMES = ("deal", "opportunity", "lead", "opportunityname", "dealname")
#: When a row was written: the time of a change in a history, less often that of anything else.
_CHANGED = (
    *(
        "changedat",
        "changedate",
        "changedon",
        "changetime",
        "changed",
        "modified",
        "updated",
        "editdate",
        "editedat",
        "modifiedat",
        "modifieddate",
    ),
    *("modifiedon", "lastmodified", "lastmodifieddate", "lastmodifiedon", "systemmodstamp", "updatedat"),
)
#: When the deal was created, which some histories repeat in every row.
_CREATED = ("createddate", "createdat", "created", "datecreated", "createdate", "createdon")
_FROM_STAGE = ("fromstage", "oldstage", "previousstage", "priorstage", "stagefrom")
_EVENT_NAMES: dict[str, tuple[str, ...]] = {
    "deal": _DEAL,
    "stage": (
        *("tostage", "newstage", "stage", "stagename", "dealstage", "stagelabel", "activity", "activityname"),
        *("status", "state", "step", "phase"),
    ),
    "entered": (
        *(
            "enteredat",
            "entered",
            "entereddate",
            "dateentered",
            "entrydate",
            "enterdate",
            "changedat",
            "changedate",
        ),
        *(
            "timestamp",
            "eventtime",
            "datetime",
            "starttimestamp",
            "starttime",
            "startedat",
            "startdate",
            "date",
            "at",
        ),
        *("time", "start", "occurredat", "stagedate", *_CREATED, *_CHANGED),
    ),
    "left": (
        *(
            "leftat",
            "left",
            "leftdate",
            "dateleft",
            "exitedat",
            "exitdate",
            "exited",
            "endtimestamp",
            "endtime",
        ),
        *("endedat", "enddate", "end"),
    ),
    "from_stage": _FROM_STAGE,
    "amount": ("amount", "dealamount", "opportunityamount"),
    "order": ("sortorder", "stageorder", "displayorder"),
    "planned_close": ("plannedclose", "plannedclosedate", "expectedclose", "expectedclosedate"),
    "probability": ("probability", "winprobability"),
    "forecast_category": ("forecastcategoryname", "forecastcategory"),
}
_DEAL_NAMES: dict[str, tuple[str, ...]] = {
    "deal": _DEAL,
    "created": (
        *("createdat", "created", "createddate", "datecreated", "createdate", "creationdate", "createdon"),
        *("opendate", "openedat", "openedon", "opened", "firstcontactdate", "firsttouch"),
    ),
    "closed": (
        "closedat",
        "closed",
        "closedate",
        "closeddate",
        "dateclosed",
        "closedon",
        "closingdate",
        "actualclosedate",
    ),
    "outcome": ("outcome", "result", "wonlost", "dealoutcome"),
    "stage": (
        *("stage", "stagename", "dealstage", "currentstage", "stagelabel", "status", "state", "dealstatus"),
        *("pipelinestage", "phase"),
    ),
    "amount": (
        *(
            "amount",
            "dealamount",
            "value",
            "dealvalue",
            "closevalue",
            "acv",
            "arr",
            "tcv",
            "revenue",
            "price",
        ),
        *("totalvalue", "opportunityamount", "bookingamount"),
    ),
    "listed_amount": (
        "listedamount",
        "listprice",
        "listamount",
        "quotedamount",
        "initialamount",
        "amountlisted",
    ),
    "source": ("source", "leadsource", "origin", "dealsource", "utmsource", "leadorigin", "channel"),
    "segment": ("segment", "customersegment", "accountsegment", "marketsegment", "businesssegment"),
    "owner": (
        "owner",
        "ownername",
        "ownerid",
        "dealowner",
        "opportunityowner",
        "salesagent",
        "salesrep",
        "rep",
    ),
    "account": ("account", "accountname", "accountid", "company", "companyname", "customer", "client"),
    "name": ("name", "dealname", "opportunityname", "leadname", "title"),
}
_SALESFORCE_DEALS: dict[str, tuple[str, ...]] = {
    "deal": ("id", "opportunityid", "oppid", "opportunityid18", "opportunityname"),
    "created": ("createddate",),
    "closed": ("closedate",),
    "stage": ("stagename", "stage"),
    "amount": ("amount",),
    "source": ("leadsource",),
    "owner": ("ownerid", "owner", "opportunityowner"),
    "account": ("accountid", "accountname"),
    "name": ("name", "opportunityname"),
}
_SALESFORCE_EVENTS: dict[str, tuple[str, ...]] = {
    "deal": ("opportunityid", "oppid", "opportunityid18", "id", "opportunityname"),
    "stage": ("tostage", "stagename", "stage"),
    "entered": ("fivetranstart", *_CREATED, *_CHANGED),
    "from_stage": _FROM_STAGE,
    "amount": ("amount",),
    "order": ("sortorder",),
    "planned_close": ("closedate",),
    "probability": ("probability",),
    "forecast_category": ("forecastcategoryname", "forecastcategory"),
}
_XES_EVENTS: dict[str, tuple[str, ...]] = {
    "deal": ("caseconceptname",),
    "stage": ("conceptname",),
    "entered": ("timetimestamp",),
    "owner": ("orgresource",),
}
#: A history of all fields: the column that says which, and what it says where the stage or the creation is
#: meant.
FIELD_COLUMN = ("field", "fieldevent", "fieldname")
FIELD_IS_STAGE = ("stage", "stagename", "dealstage", "opportunitystage")
FIELD_IS_CREATION = ("created",)
_NEW_VALUE, _OLD_VALUE = ("newvalue",), ("oldvalue",)


def plain_name(name: str) -> str:
    """``Lead Source``, ``lead_source`` and ``LeadSource`` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_column(columns: Iterable[str], names: Sequence[str]) -> str | None:
    """The column with the earliest of the plain `names`."""
    given = list(reversed(list(columns)))
    found = {plain_name(without_prefix(column)): column for column in given}
    found |= {plain_name(column): column for column in given}
    return next((found[name] for name in names if name in found), None)


def _guess(columns: Sequence[str], names: dict[str, tuple[str, ...]]) -> dict[str, Column]:
    guessed: dict[str, Column] = {}
    taken: set[str] = set()
    for field, candidates in names.items():
        free = [name for name in columns if name not in taken]
        column = find_column(free, candidates)
        if column is None and field in ("amount", "listed_amount"):
            column = _in_a_currency(free, candidates)
        if column is not None:
            guessed[field] = Column(column=column)
            taken.add(column)
    return guessed


def _in_a_currency(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The only column such as ``Value (EUR)`` or ``amount_usd``; of several none is taken in silence."""
    priced = {column: _before_currency(column) for column in columns}
    found = [column for column, name in priced.items() if name and plain_name(without_prefix(name)) in names]
    return found[0] if len(found) == 1 else None


def _before_currency(name: str) -> str:
    """``Value`` of ``Value (EUR)``, ``value_eur``, ``Value in EUR`` and ``Value (kEUR)``, else empty."""
    if without_unit := unit_named(name)[0]:
        return without_unit
    parts = _CURRENCY_BEHIND.fullmatch(name.strip())
    return parts["name"] if parts and currency_of(parts["currency"]) else ""


def guess_events(columns: Sequence[str], preset: str = "events") -> EventColumns:
    """What the columns of a table with a row per stage entry seem to be."""
    names = _names_of_events(preset)
    if is_field_history(columns) and preset not in ("xes", "hubspot", "pipedrive"):
        names = names | {"stage": _NEW_VALUE, "from_stage": _OLD_VALUE}
    return EventColumns(**_guess(columns, names))


def _names_of_events(preset: str) -> dict[str, tuple[str, ...]]:
    names = {
        "salesforce": _SALESFORCE_EVENTS,
        "xes": _XES_EVENTS,
        "hubspot": HUBSPOT_EVENTS,
        "pipedrive": PIPEDRIVE_EVENTS,
    }
    return names.get(preset, _EVENT_NAMES)


def candidates(columns: Sequence[str], preset: str, part: str, field: str) -> list[str]:
    """All columns whose names are known for a field, the likeliest first."""
    names = _names_of_events(preset) if part == "events" else _names_of_deals(preset)
    found = {plain_name(column): column for column in reversed(list(columns))}
    return [found[name] for name in dict.fromkeys(names.get(field, ())) if name in found]


def may_hold_names(column: str) -> bool:
    """True for a column such as ``Opportunity``, which holds an id in one export and a name in the next."""
    return plain_name(column) in _NAMES


def says_creation(column: str) -> bool:
    """True for a column that is named like the creation of a deal."""
    return plain_name(column) in _CREATED


def any_row_has(column: str) -> bool:
    """True for a time that rows of all kinds have: that of creation, or of the last change."""
    return plain_name(column) in (*_CREATED, *_CHANGED)


def is_field_history(columns: Sequence[str]) -> bool:
    """True for a table with a row per change of any field: which field, its old and its new value."""
    return bool(find_column(columns, _NEW_VALUE) and find_column(columns, FIELD_COLUMN))


def guess_deals(columns: Sequence[str], preset: str = "deals") -> DealColumns:
    """What the columns of a table with a row per deal seem to be, without dates of stages."""
    return DealColumns(**_guess(columns, _names_of_deals(preset)))


def _names_of_deals(preset: str) -> dict[str, tuple[str, ...]]:
    names = {"salesforce": _SALESFORCE_DEALS, "xes": _DEAL_NAMES | {"deal": ("conceptname",)}}
    every = {field: (*known, *MORE_DEAL_NAMES.get(field, ())) for field, known in _DEAL_NAMES.items()}
    if preset == "pipedrive":
        every = {**every, "outcome": ("status", "dealstatus")}
    return names.get(preset, every)


def is_salesforce_history(columns: Sequence[str]) -> bool:
    """True for OpportunityHistory, OpportunityFieldHistory and their reports, false for Opportunity."""
    plain = {plain_name(column) for column in columns}
    if is_field_history(columns) or "tostage" in plain:
        return True
    return bool(plain & {"opportunityid", "oppid", "fivetranstart"}) and "stagename" in plain


def is_salesforce_deals(columns: Sequence[str]) -> bool:
    """True for Opportunity, as exported or as a warehouse spells it."""
    plain = {plain_name(column) for column in columns}
    return {"id", "stagename"} <= plain and bool(plain & {"isclosed", "iswon", "createddate", "closedate"})
