"""Names of columns in the exports of particular CRMs, beside those that `presets` knows of all."""

from __future__ import annotations

import re

#: What some exports put before the name of every column: ``Deal - Title``, ``property_amount``.
_PREFIX = re.compile(
    r"^(?:deals?|opportunit(?:y|ies|é|à)|oportunidade?|affaire|affare|transaction|trato|negócio|negociación)"
    r"\s+[-–]\s+|^propert(?:y|ies)[_.]+",
    re.IGNORECASE,
)

#: Field of `DealColumns` -> plain names, in Pipedrive, HubSpot, Zoho, Dynamics, Freshsales (also German).
MORE_DEAL_NAMES: dict[str, tuple[str, ...]] = {
    "deal": (
        "datensatzid",
        "donotmodifyopportunity",
        "hsobjectid",
        "potentialid",
        "dealnr",
        "angebotsnummer",
        "nr",
    ),
    "created": (
        *(
            "dealcreated",
            "dealcreatedon",
            "dealcreatedat",
            "dealcreationdate",
            "dealcreationtime",
            "addtime",
            "createdtime",
            "dateadded",
            "createtime",
        ),
        *(
            "erstelldatum",
            "erstellungsdatum",
            "erstelltam",
            "dealerstellt",
            "dealerstelltam",
            "angelegtam",
            "hscreatedate",
        ),
    ),
    "closed": (
        *("dealclosedon", "dealclosedat", "closetime", "actualclosedate", "actualclose", "closedtime"),
        *("schlusstermin", "abschlussdatum", "geschlossenam", "dealgeschlossenam", "dealgeschlossen"),
    ),
    "stage": ("dealphase", "pipelinephase", "salesstage", "dealpipelinestageid", "stageid", "stufe"),
    "amount": (
        *("actualrevenue", "actualvalue", "estrevenue", "estimatedrevenue", "estimatedvalue", "dealsize"),
        *("wert", "dealwert", "betrag", "umsatz"),
    ),
    "listed_amount": ("estrevenue", "estimatedrevenue", "estimatedvalue"),
    "source": (
        "quelle",
        "leadquelle",
        "dealquelle",
        "originaltrafficsource",
        "originalsource",
        "sourcename",
        "hsanalyticssource",
        "propertyhsanalyticssource",
    ),
    "owner": (
        *("besitzer", "dealbesitzer", "eigentmer", "salesowner", "assignedto", "hubspotownerid", "zustndig"),
        *("dealowner", "opportunityownername"),
    ),
    "account": ("orgname", "organization", "organisation", "potentialcustomer", "unternehmen", "kunde"),
    "name": ("titel", "dealtitle", "topic", "potentialname", "dealtitel"),
}
#: Columns beside that of the stage that may say how a deal ended.
STATUS_NAMES = (
    *("status", "dealstatus", "statustype", "statecode", "state", "opportunitystatus", "statuslabel"),
    *("statut", "estado", "stato", "situation"),
)
#: When a deal entered its current stage.
STAGE_CHANGED = (
    *("laststagechange", "laststagechangedate", "laststagechangedat", "laststagechangetime"),
    *("stagechangetime", "stagechangedate", "stagechangedat", "stagechangedon", "stagemodifiedtime"),
    *("stageupdatedat", "dealstageupdatedat", "dateenteredcurrentstage", "hsv2dateenteredcurrentstage"),
    *("stagesince", "currentstagesince", "datelaststageupdate", "letztephasennderung", "phaseseit"),
)
#: Columns with the chance that the CRM gives a deal: none or all of it where the deal has ended.
PROBABILITY_NAMES = (
    *("probability", "winprobability", "stageprobability", "dealprobability", "closeprobability"),
    *("hsdealstageprobability", "dealstageprobability"),
)
#: Columns with the forecast category of a deal: commit, best case, pipeline, omitted.
FORECAST_CATEGORY_NAMES = (
    *("forecastcategoryname", "forecastcategory", "hsmanualforecastcategory", "manualforecastcategory"),
    *("dealforecastcategory", "forecasttype"),
)
HUBSPOT_EVENTS: dict[str, tuple[str, ...]] = {
    "deal": ("dealid", "objectid"),
    "stage": ("value",),
    "entered": ("dateentered", "fivetranstart", "timestamp", "updatedat"),
    "amount": ("amountthen",),  # these two from the history of properties: see `history.schemas.hubspot`
    "planned_close": ("closedatethen",),
}
PIPEDRIVE_EVENTS: dict[str, tuple[str, ...]] = {
    "deal": ("itemid", "dealid", "objectid"),
    "stage": ("newvalue",),
    "entered": ("logtime", "time", "timestamp", "changedat"),
    "amount": ("valuethen",),  # these two from the log of changes: see `history.schemas.pipedrive`
    "planned_close": ("expectedclosedatethen",),
}


def without_prefix(name: str) -> str:
    """The name of a column without what the export puts before all of them."""
    return _PREFIX.sub("", name)
