"""The forecast between two: the parameters of the first on the data of the second."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.newer_history import largest_source, parameters_sha256, started_at
from funnelsim.model.files.model_files import Funnel, read_funnel


@dataclass(frozen=True, slots=True, kw_only=True)
class OldModel:
    """The model of the first forecast, and the open deals of the second."""

    model: Funnel
    pipeline: pl.DataFrame | None


def old_model_of_files(before: ForecastDocument, after: ForecastDocument) -> OldModel | None:
    """The models of two documents, if their files are still there and unchanged."""
    try:
        model = read_funnel(before.provenance.model)
        newer = read_funnel(after.provenance.model)
    except FunnelSimError:
        return None
    same = parameters_sha256(model) == before.provenance.parameters_sha256
    if not same or newer.sha256 != after.provenance.model_sha256:
        return None
    return OldModel(model=model, pipeline=newer.pipeline)


def old_model_on_new_data(old: OldModel, after: ForecastDocument) -> ForecastDocument | None:
    """What the second forecast would have been without the new fit; None if it cannot be made.

    What is booked is not in it: no model changes that.
    """
    assert after.as_of is not None
    wanted, provenance = after.periods[0], after.provenance
    bare = old.model.model.model_copy(update={"history": None})
    model = dataclasses.replace(old.model, model=bare, path=None)
    try:
        funnel = started_at(
            model, after.as_of + dt.timedelta(days=1), _with_sources_of(old.model, old.pipeline)
        )
        result = forecast(
            funnel,
            period=wanted.period,
            replications=provenance.replications or 10_000,
            seed=provenance.seed or 1,
            engine=provenance.engine if provenance.engine == "reference" else "auto",
            deals=old.pipeline is not None and old.pipeline.height > 0,
        ).record()
    except FunnelSimError:
        return None  # such as stages that the old model does not have
    found = result.periods[0]
    return result if (found.start, found.end) == (wanted.start, wanted.end) else None


def _with_sources_of(model: Funnel, pipeline: pl.DataFrame | None) -> pl.DataFrame | None:
    """Open deals whose sources and segments the model has; new sources count as its largest one."""
    if pipeline is None or pipeline.height == 0:
        return None
    parts = model.model
    source, segment = pl.col("source"), pl.col("segment")
    return pipeline.with_columns(
        pl.when(source.is_in(list(parts.sources))).then(source).otherwise(pl.lit(largest_source(parts))),
        pl.when(segment.cast(pl.String).is_in(list(parts.segments))).then(segment.cast(pl.String)),
    )
