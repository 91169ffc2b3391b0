"""Which columns an export usually has: names seen in the wild, compared by letters and digits only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
#: Words in the name of a date column that make it something else than the entry into a stage.
_NO_STAGE_DATE = (
    *(
        "modified",
        "update",
        "activity",
        "expected",
        "birth",
        "due",
        "next",
        "contract",
        "renewal",
        "sync",
        "viewed",
    ),
    *(
        "referenced",
        "last",
        "end",
        "deleted",
        "import",
        "export",
        "forecast",
        "planned",
        "fivetran",
        "timestamp",
    ),
)
_DATE_AFFIX = re.compile(
    r"^(?:date|became|entered|hs_date_entered)[_\s]+|[_\s]+(?:date|at|on|time|day|datetime|timestamp)$|[_\s]+(?:date|time)[_\s]+"
)


def plain_name(name: str) -> str:
    """``Lead Source``, ``lead_source`` and ``LeadSource`` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_column(columns: Iterable[str], names: Sequence[str]) -> str | None:
    """The column with the earliest of the plain `names`."""
    found = {plain_name(column): column for column in reversed(list(columns))}
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
    names = {"salesforce": _SALESFORCE_EVENTS, "xes": _XES_EVENTS}.get(preset, _EVENT_NAMES)
    return EventColumns(**_guess(columns, names))


def guess_deals(columns: Sequence[str], preset: str = "deals") -> DealColumns:
    """What the columns of a table with a row per deal seem to be, without dates of stages."""
    names = {"salesforce": _SALESFORCE_DEALS, "xes": _DEAL_NAMES | {"deal": ("conceptname",)}}
    return DealColumns(**_guess(columns, names.get(preset, _DEAL_NAMES)))


def stage_of_date_column(column: str) -> str:
    """The stage whose entry a date column seems to hold: ``qualified_at`` gives ``qualified``; "" if none."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()
    if any(word in spaced for word in _NO_STAGE_DATE):
        return ""
    stage, changes = _DATE_AFFIX.subn("", spaced)
    return stage.strip(" _") if changes else ""


def is_salesforce_history(columns: Sequence[str]) -> bool:
    """True for OpportunityHistory, false for Opportunity."""
    plain = {plain_name(column) for column in columns}
    return bool(plain & {"opportunityid", "oppid", "fivetranstart"}) and "stagename" in plain
