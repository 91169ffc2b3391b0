"""The flow document of a history."""

from __future__ import annotations

from funnelsim.documents.flow import FlowDocument
from funnelsim.history.files.events import History
from funnelsim.metrics.flow.ageing import stage_ages
from funnelsim.metrics.flow.cohorts import cohorts
from funnelsim.metrics.flow.cumulative import cumulative_flow
from funnelsim.metrics.flow.cycle import cycle_times
from funnelsim.model.parts import Model


def flow_document(history: History, model: Model | None = None) -> FlowDocument:
    """What the figures of a history are drawn from; a `model` says which open deals are clients already."""
    meta = history.meta
    return FlowDocument(
        command="flow",
        name=meta.name,
        noun=meta.noun,
        currency=meta.currency,
        amount_is=meta.amount_is,
        stage_names=meta.stages,
        as_of=meta.last_day,
        observed_from=meta.observed_from.date() if meta.observed_from else None,
        flow=cumulative_flow(history),
        cycle=cycle_times(history),
        ages=stage_ages(history, model),
        cohorts=cohorts(history),
    )
