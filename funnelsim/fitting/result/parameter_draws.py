"""Parameter draws of a model by the Bayesian bootstrap: the uncertainty of the fit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.planned_close import PlannedFit
from funnelsim.fitting.mle.bootstrap import (
    AMOUNT_LEVEL,
    PLANS,
    SOURCES,
    STAGES,
    Clusters,
    clusters_of,
    weights_of_draw,
)
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.to_model import exit_keys


def draw_parameters(
    estimates: Estimates, draws: int, seed: int, threads: int, step: Callable[[], None]
) -> tuple[pl.DataFrame | None, str]:
    """The parameter draws, and the unit of the bootstrap (deal or account)."""
    clusters = clusters_of(estimates.history.deals)
    if not draws:
        return None, clusters.unit
    columns: dict[str, Floats] = {}
    with ThreadPoolExecutor(threads) as pool:
        stage_weights, won_weights = _weights(estimates, clusters, draws, seed, pool)

        def columns_of(index: int, key: str, fit: StageFit | None) -> dict[str, Floats]:
            if fit is None:
                return {}
            rng = np.random.default_rng([seed, draws, STAGES, index])
            at = fit.draw(stage_weights[key], rng).parameters
            if key in estimates.current_levels:
                at = estimates.current_levels[key].draw(fit, at, rng)
            return stage_columns(key, fit, at)

        stages = estimates.stages
        for result in pool.map(columns_of, range(len(stages)), stages.keys(), stages.values()):
            columns |= result
            step()
    for index, (key, planned) in enumerate(estimates.planned.items()):
        rng = np.random.default_rng([seed, draws, PLANS, index])
        columns |= _planned_columns(key, planned, clusters, draws, seed, rng)
    for index, source in enumerate(estimates.sources):
        rng = np.random.default_rng([seed, draws, SOURCES, index])
        columns[f"sources.{source.key}.rate"] = source.arrivals.drawn_rates(draws, rng)
        if source.amounts is not None:
            # One level for all sources, so one set of draws.
            of_level = np.random.default_rng([seed, draws, AMOUNT_LEVEL])
            levels = np.exp(source.amount_level.draw(draws, of_level))
            drawn = source.amounts.draw(won_weights[source.key], rng, levels)
            columns |= {f"sources.{source.key}.amount.{name}": values for name, values in drawn.items()}
    step()
    return pl.DataFrame(columns), clusters.unit


def _weights(
    estimates: Estimates, clusters: Clusters, draws: int, seed: int, pool: ThreadPoolExecutor
) -> tuple[dict[str, list[Floats]], dict[str, Floats]]:
    """Weights of each stage's bins and of each source's wins, in every draw.

    The weights of all deals are freed after each draw, to save memory.
    """

    def one(draw: int) -> tuple[list[list[Floats]], list[Floats]]:
        weight = weights_of_draw(clusters, draw, seed)
        binned = [sample.weights(weight[sample.deal]) for sample in estimates.samples.values()]
        return binned, [weight[source.won_rows] for source in estimates.sources]

    by_draw, won_by_draw = zip(*pool.map(one, range(draws)), strict=True)
    stage_weights = {
        key: [np.concatenate(parts) for parts in zip(*by_stage, strict=True)]
        for key, by_stage in zip(estimates.samples, zip(*by_draw, strict=True), strict=True)
    }
    won = zip(*won_by_draw, strict=True)
    return stage_weights, {s.key: np.stack(rows) for s, rows in zip(estimates.sources, won, strict=True)}


def _planned_columns(
    key: str, planned: PlannedFit, clusters: Clusters, draws: int, seed: int, rng: np.random.Generator
) -> dict[str, Floats]:
    shares = np.array([planned.draw(weights_of_draw(clusters, draw, seed), rng) for draw in range(draws)])
    held = planned.as_part().exits
    return {
        f"stages.{key}.planned.exits.{name}.p": shares[:, k]
        for k, name in enumerate(planned.names)
        if name in held
    }


def stage_columns(key: str, fit: StageFit, parameters: Floats) -> dict[str, Floats]:
    p = np.exp(fit.layout.log_p(parameters))
    columns = {f"stages.{key}.exits.{name}.p": p[:, k] for k, name in enumerate(exit_keys(fit))}
    for k, component in enumerate(fit.components):
        if component.family:
            names = FIT_FAMILIES[component.family].parameters
            for name, index in zip(names, fit.layout.indices[k], strict=True):
                path = f"stages.{key}.exits.{component.key}.after.{name}"
                columns[path] = np.exp(parameters[:, index])
    return columns
