"""A fitted model with segments: exits, amounts, shares of the sources, and segments of the open deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
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


@dataclass(frozen=True, kw_only=True)
class Segmented:
    """Model, draws and open deals with segments."""

    model: Model
    draws: pl.DataFrame | None
    pipeline: pl.DataFrame


def with_segments(
    estimates: Estimates,
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
        As fitted without segments; nothing in them changes.
    """
    amounts = _amounts(estimates, segmentation)
    overrides = _overrides(estimates, segmentation)
    segments = {
        key: Segment(name=name).model_copy(
            update={
                "amount": amounts[key].distribution if key in amounts else None,
                "overrides": overrides[key],
            }
        )
        for key, name in segmentation.names.items()
    }
    deals = estimates.history.deals.select("deal").with_columns(
        estimates.keys.key.alias("source"),
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
        draws=_draws(estimates, segmentation, amounts, draws, seed) if draws is not None else None,
        pipeline=pipeline.drop("segment")
        .join(own, on="lead", how="left", maintain_order="left")
        .select(pipeline.columns),
    )


def _overrides(estimates: Estimates, segmentation: Segmentation) -> dict[str, dict[str, Any]]:
    """Values of each segment by path."""
    result: dict[str, dict[str, Any]] = {key: {} for key in segmentation.names}
    for stage, fit in estimates.now.items():
        if fit is None:
            continue
        for key, parameters in segment_parameters(fit, segmentation, stage, fit.parameters[None, :], None):
            p = np.exp(fit.layout.log_p(parameters))[0]
            shares = whole_shares(dict(zip(exit_keys(fit), p.tolist(), strict=True)))
            result[key] |= {f"stages.{stage}.exits.{name}.p": share for name, share in shares.items()}
            for k, index, name in _scales(fit):
                distribution = dwell_distribution(fit.layout, parameters[0], k)
                if distribution is not None and parameters[0, index] != fit.parameters[index]:
                    path = f"stages.{stage}.exits.{fit.components[k].key}.after.{name}"
                    result[key][path] = rounded_distribution(distribution).given[name]
    return result


def _scales(fit: StageFit) -> list[tuple[int, int, str]]:
    """Component, index among the parameters and name of each parameter of a distribution."""
    return [
        (k, index, name)
        for k, component in enumerate(fit.components)
        if component.family
        for index, name in zip(fit.layout.indices[k], FIT_FAMILIES[component.family].parameters, strict=True)
    ]


def _amounts(estimates: Estimates, segmentation: Segmentation) -> dict[str, AmountFit]:
    """Amounts of each segment at the current level; none where segments are sources, which have their own."""
    if segmentation.covariate == "source":
        return {}
    won = won_deals(estimates.history.deals.with_row_index("row"), estimates.since)
    if not won.height:
        return {}
    pooled = fit_amounts(won["amount"].to_numpy())
    index = segmentation.of_deal[won["row"].to_numpy()]
    result = {}
    for k, key in enumerate(segmentation.names):
        fit = fit_amounts(won.filter(pl.Series(index == k))["amount"].to_numpy(), pooled)
        if fit is not None:
            result[key] = replace(fit, distribution=_now(estimates, fit.distribution))
    return result


def _now(estimates: Estimates, distribution: Distribution) -> Distribution:
    level = float(np.exp(estimates.amount_level.mean))
    return rounded_distribution(distribution.scaled(level) if level != 1 else distribution)


def _draws(
    estimates: Estimates,
    segmentation: Segmentation,
    amounts: dict[str, AmountFit],
    draws: pl.DataFrame,
    seed: int,
) -> pl.DataFrame:
    columns: dict[str, Floats] = {}
    for index, (stage, fit) in enumerate(estimates.stages.items()):
        if fit is None:
            continue
        rng = np.random.default_rng([seed, draws.height, SEGMENTS, index])
        base = parameters_of(fit, stage, exit_keys(fit), draws)
        for key, parameters in segment_parameters(fit, segmentation, stage, base, rng):
            moved = stage_columns(stage, fit, parameters)
            columns |= {f"segments.{key}.{path}": values for path, values in moved.items()}
    columns |= _amount_draws(estimates, segmentation, amounts, draws.height, seed)
    return draws.with_columns(pl.Series(path, values) for path, values in columns.items())


def _amount_draws(
    estimates: Estimates, segmentation: Segmentation, amounts: dict[str, AmountFit], draws: int, seed: int
) -> dict[str, Floats]:
    if not amounts:
        return {}
    won = won_deals(estimates.history.deals.with_row_index("row"), estimates.since)
    rows = won["row"].to_numpy().astype(np.int64)
    clusters = clusters_of(estimates.history.deals)
    weights = np.stack([weights_of_draw(clusters, draw, seed)[rows] for draw in range(draws)])
    of_level = np.random.default_rng([seed, draws, AMOUNT_LEVEL])
    levels = np.exp(estimates.amount_level.draw(draws, of_level))
    result: dict[str, Floats] = {}
    for index, key in enumerate(segmentation.names):
        if key in amounts:
            rng = np.random.default_rng([seed, draws, SEGMENT_AMOUNTS, index])
            own = segmentation.of_deal[rows] == index
            drawn = amounts[key].draw(weights if amounts[key].whole else weights[:, own], rng, levels)
            result |= {f"segments.{key}.amount.{name}": values for name, values in drawn.items()}
    return result
