"""What the CRM says of open deals: planned close, probability and forecast category, as last known."""

from __future__ import annotations

import polars as pl

from funnelsim.history.columns.plans import PLAN_FIELDS
from funnelsim.history.files.events import History
from funnelsim.history.values.words import folded

#: Standard categories, the surest first: as people add them up.
CATEGORIES = ("commit", "most_likely", "best_case", "pipeline")
OMITTED, OTHER = "omitted", "other"
#: Labels of Salesforce, HubSpot, Dynamics and Clari, folded. A category of "closed" on an open deal is a sure
#: one; "forecast" is what Salesforce's API calls commit.
_LABELS = {
    "commit": ("commit", "committed", "forecast", "closed", "won", "zusage"),
    "most_likely": ("most likely", "mostlikely", "likely", "probable"),
    "best_case": ("best case", "bestcase", "upside", "strong upside"),
    "pipeline": ("pipeline", "open"),
    OMITTED: (
        "omitted",
        "omit",
        "not forecasted",
        "not forecast",
        "dont forecast",
        "excluded",
    ),
}
_CATEGORY_OF = {label: key for key, labels in _LABELS.items() for label in labels}


def crm_plans(history: History | None, pipeline: pl.DataFrame | None) -> pl.DataFrame | None:
    """What the CRM says of each open deal: ``lead crm_probability crm_close category``.

    Of each field the last known value; one without a date is the current one. None if the history says
    nothing of any open deal.

    Parameters
    ----------
    history : History or None
        Cut at the forecast date.
    pipeline : DataFrame or None
    """
    if history is None or pipeline is None or history.plans.is_empty():
        return None
    last = history.plans.group_by("deal", maintain_order=True).agg(
        pl.col(name).drop_nulls().last() for name in PLAN_FIELDS
    )
    found = pipeline.select("lead").join(
        last, left_on="lead", right_on="deal", how="left", maintain_order="left"
    )
    if all(found[name].null_count() == found.height for name in PLAN_FIELDS):
        return None
    return found.select(
        "lead",
        pl.col("probability").alias("crm_probability"),
        pl.col("planned_close").dt.date().alias("crm_close"),
        pl.col("forecast_category").alias("category"),
    )


def category_of(label: str | None) -> str | None:
    """The standard category that a label means, ``other``, or None where there is none."""
    if label is None or not label.strip():
        return None
    return _CATEGORY_OF.get(folded(label), OTHER)
