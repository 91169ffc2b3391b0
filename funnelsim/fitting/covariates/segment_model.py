"""A fitted model with segments: exits, amounts, shares of the sources, and those of the open deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.amounts.fit import AmountFit, fit_amounts
from funnelsim.fitting.covariates.segments import Segmentation, parameters_of, segment_parameters, shares_of
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.competing.survival import dwell_distribution
from funnelsim.fitting.mle.bootstrap import (
    AMOUNT_LEVEL,
    SEGMENT_AMOUNTS,
    SEGMENTS,
    clusters_of,
    weights_of_draw,
)
from funnelsim.fitting.mle.rounding import rounded_distribution, whole_shares
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.parameter_draws import stage_columns
from funnelsim.fitting.result.source_fits import won_deals
from funnelsim.fitting.result.to_model import exit_keys
from funnelsim.model.parts import Model, Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Segmented:
    """Model, draws and open deals with segments."""

    model: Model
    draws: pl.DataFrame | None
    pipeline: pl.DataFrame


def with_segments(
    learnt: Estimates,
    segmentation: Segmentation,
    model: Model,
    draws: pl.DataFrame | None,
    pipeline: pl.DataFrame,
    *,
    seed: int,
) -> Segmented:
    """Put segments into a fitted model.

    Parameters
    ----------
    model, draws, pipeline
        As fitted without segments; all that is in them stays.
    """
    amounts = _amounts(learnt, segmentation)
    overrides = _overrides(learnt, segmentation)
    segments = {
        key: Segment(name=name).model_copy(
            update={
                "amount": amounts[key].law if key in amounts else None,
                "overrides": overrides[key],
            }
        )
        for key, name in segmentation.names.items()
    }
    deals = learnt.history.deals.select("deal").with_columns(
        learnt.keys.key.alias("source"),
        pl.Series(segmentation.key_of_deal, dtype=pl.String).alias("segment"),
    )
    sources = {
        key: source.model_copy(
            update={"segments": shares_of(segmentation, (deals["source"] == key).arg_true().to_numpy())}
        )
        for key, source in model.sources.items()
    }
    own = deals.select(pl.col("deal").alias("lead"), "segment")
    return Segmented(
        model=model.model_copy(update={"segments": segments, "sources": sources}),
        draws=_drawn(learnt, segmentation, amounts, draws, seed) if draws is not None else None,
        pipeline=pipeline.drop("segment")
        .join(own, on="lead", how="left", maintain_order="left")
        .select(pipeline.columns),
    )


def _overrides(learnt: Estimates, segmentation: Segmentation) -> dict[str, dict[str, Any]]:
    """Values of each segment by path."""
    found: dict[str, dict[str, Any]] = {key: {} for key in segmentation.names}
    for stage, fit in learnt.now.items():
        if fit is None:
            continue
        for key, parameters in segment_parameters(fit, segmentation, stage, fit.parameters[None, :], None):
            p = np.exp(fit.layout.log_p(parameters))[0]
            shares = whole_shares(dict(zip(exit_keys(fit), p.tolist(), strict=True)))
            found[key] |= {f"stages.{stage}.exits.{name}.p": share for name, share in shares.items()}
            for k, place, name in _scales(fit):
                law = dwell_distribution(fit.layout, parameters[0], k)
                if law is not None and parameters[0, place] != fit.parameters[place]:
                    path = f"stages.{stage}.exits.{fit.components[k].key}.after.{name}"
                    found[key][path] = rounded_distribution(law).given[name]
    return found


def _scales(fit: StageFit) -> list[tuple[int, int, str]]:
    """Component, place among the parameters and name of each parameter of a law."""
    return [
        (k, place, name)
        for k, component in enumerate(fit.components)
        if component.family
        for place, name in zip(fit.layout.places[k], FIT_FAMILIES[component.family].parameters, strict=True)
    ]


def _amounts(learnt: Estimates, segmentation: Segmentation) -> dict[str, AmountFit]:
    """Amounts of each segment, as they are now; none where segments are sources, which have their own."""
    if segmentation.covariate == "source":
        return {}
    won = won_deals(learnt.history.deals.with_row_index("row"), learnt.since)
    if not won.height:
        return {}
    pooled = fit_amounts(won["amount"].to_numpy())
    place = segmentation.of_deal[won["row"].to_numpy()]
    found = {}
    for k, key in enumerate(segmentation.names):
        fit = fit_amounts(won.filter(pl.Series(place == k))["amount"].to_numpy(), pooled)
        if fit is not None:
            found[key] = replace(fit, law=_now(learnt, fit.law))
    return found


def _now(learnt: Estimates, law: Distribution) -> Distribution:
    level = float(np.exp(learnt.amount_level.mean))
    return rounded_distribution(law.scaled(level) if level != 1 else law)


def _drawn(
    learnt: Estimates, segmentation: Segmentation, amounts: dict[str, AmountFit], draws: pl.DataFrame, seed: int
) -> pl.DataFrame:
    columns: dict[str, Floats] = {}
    for place, (stage, fit) in enumerate(learnt.stages.items()):
        if fit is None:
            continue
        rng = np.random.default_rng([seed, draws.height, SEGMENTS, place])
        base = parameters_of(fit, stage, exit_keys(fit), draws)
        for key, parameters in segment_parameters(fit, segmentation, stage, base, rng):
            moved = stage_columns(stage, fit, parameters)
            columns |= {f"segments.{key}.{path}": values for path, values in moved.items()}
    columns |= _drawn_amounts(learnt, segmentation, amounts, draws.height, seed)
    return draws.with_columns(pl.Series(path, values) for path, values in columns.items())


def _drawn_amounts(
    learnt: Estimates, segmentation: Segmentation, amounts: dict[str, AmountFit], draws: int, seed: int
) -> dict[str, Floats]:
    if not amounts:
        return {}
    won = won_deals(learnt.history.deals.with_row_index("row"), learnt.since)
    rows = won["row"].to_numpy().astype(np.int64)
    clusters = clusters_of(learnt.history.deals)
    weights = np.stack([weights_of_draw(clusters, draw, seed)[rows] for draw in range(draws)])
    of_level = np.random.default_rng([seed, draws, AMOUNT_LEVEL])
    levels = np.exp(learnt.amount_level.drawn(draws, of_level))
    found: dict[str, Floats] = {}
    for place, key in enumerate(segmentation.names):
        if key in amounts:
            rng = np.random.default_rng([seed, draws, SEGMENT_AMOUNTS, place])
            own = segmentation.of_deal[rows] == place
            drawn = amounts[key].drawn(weights if amounts[key].whole else weights[:, own], rng, levels)
            found |= {f"segments.{key}.amount.{name}": values for name, values in drawn.items()}
    return found
