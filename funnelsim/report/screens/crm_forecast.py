"""The part of the forecast's screen with what the CRM says: commit, best case, pipeline, weighted."""

from __future__ import annotations

from rich.console import Console

from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.judgement import CrmCategory, CrmForecast
from funnelsim.report.screens import layout
from funnelsim.report.words.money import MISSING, table_scale
from funnelsim.report.words.quantities import chance, count

NAMES = {
    "best_case": "best case",
    "most_likely": "most likely",
    "other": "other category",
    None: "no category",
}


def print_crm(document: ForecastDocument, period: ForecastPeriod, console: Console) -> None:
    """Print the forecast as the CRM has it, beside what the model expects of the same deals."""
    crm = period.crm
    if crm is None:
        return
    totals = [total for _, total in crm.totals]
    scale = table_scale([period.bookings.p90, *totals], document.currency)
    unit = f", {scale.unit}" if scale.unit else ""
    heads = (
        (f"As the CRM says{unit}", "left"),
        (f"{plural_noun(document.noun)} closing\nin {period.period}", "right"),
        ("listed\namount", "right"),
        ("model\nexpects", "right"),
        ("added up\nwith booked", "right"),
        ("model's chance\nof that much", "right"),
    )
    rows = [
        (
            _name(one, crm),
            count(one.deals),
            scale.number(one.amount),
            scale.number(one.expected),
            MISSING if one.total is None else scale.number(one.total),
            MISSING if one.chance is None else chance(one.chance),
        )
        for one in crm.categories
    ]
    if crm.weighted is not None:
        rows.append(("weighted by its probability", "", "", "", scale.number(crm.weighted), ""))
    layout.blank(console)
    layout.show(console, layout.table(heads, rows))
    layout.paragraph(console, _explained(document, crm), style=layout.FAINT)


def _name(one: CrmCategory, crm: CrmForecast) -> str:
    if len(crm.categories) == 1 and one.category is None:
        return "planned to close"
    return NAMES.get(one.category, one.category or "")


def _explained(document: ForecastDocument, crm: CrmForecast) -> str:
    noun = document.noun
    said = ["Added up: what is booked, this category and all surer ones."]
    if crm.overdue_deals:
        worth = table_scale([crm.overdue_amount], document.currency).words(crm.overdue_amount)
        overdue = counted(crm.overdue_deals, f"open {noun}")
        said.append(f"Left out: {overdue} worth {worth} with a close date in the past.")
    if crm.unplanned_deals:
        said.append(f"{counted(crm.unplanned_deals, f'open {noun}')} without a close date.")
    if crm.without_amount:
        said.append(f"{counted(crm.without_amount, noun)} without an amount counted as 0.")
    if crm.unrated:
        said.append(f"{counted(crm.unrated, noun)} without a probability left out of the weighted sum.")
    return " ".join(said)
