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
from funnelsim.history.mapping import Column, DealColumns, EventColumns

_DEAL = (
    *(
        "dealid",
        "deal",
        "opportunityid",
        "opportunity",
        "oppid",
        "leadid",
        "lead",
        "mqlid",
        "caseid",
        "bookingid",
    ),
    *("recordid", "dealnumber", "opportunitynumber", "id"),
)
_EVENT_NAMES: dict[str, tuple[str, ...]] = {
    "deal": _DEAL,
    "stage": (
        *("stage", "stagename", "dealstage", "tostage", "newstage", "stagelabel", "activity", "activityname"),
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
        *("time", "start", "occurredat", "stagedate", "createddate", "createdat"),
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
    "closed": ("closedat", "closed", "closedate", "closeddate", "dateclosed", "closedon", "closingdate"),
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
    "deal": ("id",),
    "created": ("createddate",),
    "closed": ("closedate",),
    "stage": ("stagename",),
    "amount": ("amount",),
    "source": ("leadsource",),
    "owner": ("ownerid", "owner"),
    "account": ("accountid", "accountname"),
    "name": ("name", "opportunityname"),
}
_SALESFORCE_EVENTS: dict[str, tuple[str, ...]] = {
    "deal": ("opportunityid", "oppid", "id"),
    "stage": ("stagename", "tostage"),
    "entered": ("fivetranstart", "createddate", "lastmodifieddate"),
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
#: Columns of Salesforce's own that are read beside those above.
SALESFORCE_FLAGS = {"closed": "isclosed", "won": "iswon", "deleted": "isdeleted"}


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
        column = find_column([name for name in columns if name not in taken], candidates)
        if column is not None:
            guessed[field] = Column(column=column)
            taken.add(column)
    return guessed


def guess_events(columns: Sequence[str], preset: str = "events") -> EventColumns:
    """What the columns of a table with a row per stage entry seem to be."""
    names = {
        "salesforce": _SALESFORCE_EVENTS,
        "xes": _XES_EVENTS,
        "hubspot": HUBSPOT_EVENTS,
        "pipedrive": PIPEDRIVE_EVENTS,
    }
    return EventColumns(**_guess(columns, names.get(preset, _EVENT_NAMES)))


def guess_deals(columns: Sequence[str], preset: str = "deals") -> DealColumns:
    """What the columns of a table with a row per deal seem to be, without dates of stages."""
    names = {"salesforce": _SALESFORCE_DEALS, "xes": _DEAL_NAMES | {"deal": ("conceptname",)}}
    every = {field: (*known, *MORE_DEAL_NAMES.get(field, ())) for field, known in _DEAL_NAMES.items()}
    if preset == "pipedrive":
        every = {**every, "outcome": ("status", "dealstatus")}
    return DealColumns(**_guess(columns, names.get(preset, every)))


def is_salesforce_history(columns: Sequence[str]) -> bool:
    """True for OpportunityHistory and the report of that name, false for Opportunity."""
    plain = {plain_name(column) for column in columns}
    names_deal = bool(plain & {"opportunityid", "oppid", "fivetranstart"})
    return names_deal and bool(plain & {"stagename", "tostage"})


def is_salesforce_deals(columns: Sequence[str]) -> bool:
    """True for Opportunity, as exported or as a warehouse spells it."""
    plain = {plain_name(column) for column in columns}
    return {"id", "stagename"} <= plain and bool(plain & {"isclosed", "iswon", "createddate", "closedate"})
