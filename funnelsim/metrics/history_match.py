"""Check that a history belongs to a model, so that bookings of another company are not counted."""

from __future__ import annotations

import re

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.core.nouns import counted
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel

#: Share of the open deals of a fit that the history must have; a few are deleted or merged in any CRM.
_LEAST_KNOWN = 0.5
#: Only ISO codes are compared; labels such as "$" may be changed by people.
_CODE = re.compile(r"[A-Z]{3}")


def mismatch(history: History, funnel: Funnel) -> str:
    """The reason why a history cannot belong to a model; empty if it can."""
    model, meta = funnel.model, history.meta
    known = _known_deals(history, funnel)
    if known is not None:
        of_how_many, result = known
        if result >= _LEAST_KNOWN * of_how_many:
            return ""  # even if its name or currency was edited
        return (
            f'is not of the model "{model.name}": of its {counted(of_how_many, f"open {model.noun}")} it '
            f"has {result:,}; give the history that the model was fitted to, or a later import of it"
        )
    codes = {model.currency, meta.currency}
    if len(codes) > 1 and all(_CODE.fullmatch(code) for code in codes):
        return f'is in {meta.currency}, but the model "{model.name}" is in {model.currency}'
    seen = set(history.visits["stage"].unique())
    if seen and not seen & set(model.stages):
        return (
            f'is not of the model "{model.name}": it has no stage in common with it '
            f"(history: {_listed(sorted(seen))}; model: {_listed(list(model.stages))})"
        )
    return ""


def _known_deals(history: History, funnel: Funnel) -> tuple[int, int] | None:
    """How many open deals the history should contain, and how many it does; None if unknown.

    Open deals written by a fit come from its history; a table made by hand may use other ids.
    """
    model, pipeline = funnel.model, funnel.pipeline
    if model.fit is None or pipeline is None:
        return None
    # A history that ends earlier lacks the leads created since.
    missing_days = days_between(pl.lit(history.meta.as_of), pl.lit(model.start))
    old = pipeline.filter(pl.col("lead_age_days") > missing_days)["lead"]
    if old.len() == 0:
        return None
    return old.len(), int(old.is_in(history.deals["deal"].to_list()).sum())


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:5]) + (" ..." if len(keys) > 5 else "")
