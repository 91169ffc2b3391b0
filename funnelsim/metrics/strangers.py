"""Whether a history is that of a model: another company's bookings would count as one's own."""

from __future__ import annotations

import polars as pl

from funnelsim.history.events import History
from funnelsim.model.files import Funnel

#: Of the open deals of a fit, so many must be in the history; a few are deleted or merged in any CRM.
_LEAST_KNOWN = 0.5


def not_of(history: History, funnel: Funnel) -> str:
    """Why a history cannot be that of a model; empty where it can."""
    model, meta = funnel.model, history.meta
    if model.currency and meta.currency and model.currency != meta.currency:
        return f'is in {meta.currency}, but the model "{model.name}" is in {model.currency}'
    seen = set(history.visits["stage"].unique())
    if seen and not seen & set(model.stages):
        return (
            f'is not of the model "{model.name}": it has no stage in common with it '
            f"(history: {_listed(sorted(seen))}; model: {_listed(list(model.stages))})"
        )
    return _unknown_deals(history, funnel)


def _unknown_deals(history: History, funnel: Funnel) -> str:
    """Open deals that a fit wrote came from its history; those of a table made by hand may bear other ids."""
    model, pipeline = funnel.model, funnel.pipeline
    if model.fit is None or pipeline is None:
        return ""
    # A history that ends earlier does not know the leads that came since.
    missing_days = (pl.lit(model.start) - pl.lit(history.meta.as_of)).dt.total_microseconds() / 86_400e6
    old = pipeline.filter(pl.col("lead_age_days") > missing_days)["lead"]
    known = int(old.is_in(history.deals["deal"].to_list()).sum())
    if old.len() == 0 or known >= _LEAST_KNOWN * old.len():
        return ""
    return (
        f'is not of the model "{model.name}": of its {old.len():,} open {model.noun}s it has {known:,}; '
        "give the history that the model was fitted to, or a later import of it"
    )


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:5]) + (" ..." if len(keys) > 5 else "")
