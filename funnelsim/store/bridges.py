"""Bridges between stored forecasts, with the models that were kept."""

from __future__ import annotations

from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.validate import read_as
from funnelsim.forecasting.bridge.bridge import bridge
from funnelsim.forecasting.bridge.refit import OldModel
from funnelsim.store.store import Store, Stored


def old_model(store: Store, before: str, after: str) -> OldModel | None:
    """The model of one stored forecast with the open deals of another; None if one was not kept."""
    old, new = store.model(before), store.model(after)
    model = None if old is None or new is None else old.funnel()
    if model is None or new is None:
        return None
    return OldModel(model=model, pipeline=new.open_deals())


def bridge_to(store: Store, last: Stored) -> BridgeDocument | None:
    """The bridge to a forecast from the one before it; None if it is the first of its period."""
    if last.id == store.same_period(last)[0].id:
        return None
    first = store.before(last)
    documents = [
        (key, read_as(ForecastDocument, one, key))
        for key, one in zip((first.id, last.id), store.documents([first.id, last.id]), strict=True)
    ]
    return bridge(documents[0], documents[1], old_model=lambda: old_model(store, first.id, last.id))
