"""Summary over replications: mean with its error, and quantiles."""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats, Ints
from funnelsim.documents.shared import Summary
from funnelsim.metrics.names import metric_names, metric_values
from funnelsim.results.run import Run

QUANTILES = (5, 10, 25, 50, 75, 90, 95)


def draws_of(run: Run) -> Ints | None:
    """The parameter draw of each replication, shape (R,); None without parameter draws."""
    if run.draw_rows == 0:
        return None
    return np.asarray(run.replications, dtype=np.int64) % run.draw_rows


def summarise(values: ArrayLike, draws: Ints | None = None) -> Summary:
    """Mean, standard deviation, simulation error and quantiles over replications with a defined value.

    Parameters
    ----------
    values : array, shape (R,)
        One value per replication; NaN where undefined.
    draws : int array, shape (R,), optional
        The parameter draw that each replication used, see `draws_of`. Replications that share a draw are
        not independent: ``mc_error`` is then the sd of the draw means / sqrt(draws), which includes
        parameter uncertainty and simulation error, and ``mc_error_given_draws`` is the
        latter alone.

    Returns
    -------
    Summary
        ``mean sd mc_error n p05 p10 p25 p50 p75 p90 p95``; None with too few values.
    """
    given = np.asarray(values, dtype=np.float64)
    defined = ~np.isnan(given)
    kept = given[defined]
    summary: dict[str, float | int | None] = {"mean": None, "sd": None, "mc_error": None}
    if draws is not None:
        summary["mc_error_given_draws"] = None
    if kept.size:
        summary["mean"] = float(kept.mean())
    if kept.size > 1:
        summary["sd"] = float(kept.std(ddof=1))
        summary["mc_error"] = _number(mean_error(kept, None if draws is None else draws[defined]))
        if draws is not None:
            summary["mc_error_given_draws"] = _number(error_given_draws(kept, draws[defined]))
    summary["n"] = int(kept.size)
    levels = np.quantile(kept, [q / 100 for q in QUANTILES]) if kept.size else [None] * len(QUANTILES)
    for q, level in zip(QUANTILES, levels, strict=True):
        summary[f"p{q:02d}"] = None if level is None else float(level)
    return Summary.model_validate(summary)


def mean_error(values: Floats, draws: Ints | None = None) -> float:
    """Standard error of the mean; with parameter draws, from the variance of their means.

    NaN for a single value, or a single draw.
    """
    if draws is None:
        return float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
    means, _, _ = _by_draw(values, draws)
    return float(means.std(ddof=1)) / math.sqrt(means.size) if means.size > 1 else math.nan


def deviation_between_draws(values: Floats, draws: Ints) -> float:
    """Standard deviation of the expected value over parameter draws, without chance within draws.

    The variance component of a one-way layout (Searle, Casella and McCulloch 1992, section 3.6), 0 at least.
    """
    means, counts, squares = _by_draw(values, draws)
    if means.size < 2:
        return math.nan
    several = counts > 1
    within = float(np.mean(squares[several] / (counts[several] - 1))) if several.any() else 0.0
    return math.sqrt(max(float(means.var(ddof=1)) - within * float(np.mean(1 / counts)), 0.0))


def likely_deviation_between_draws(values: Floats, draws: Ints) -> float:
    """The same for an interval: an estimate that chance has pushed to 0, or below, still allows for more.

    Cut at 0, the estimate of a small variance is 0 about half of the time, and an interval with it holds the
    truth in 75 % of cases instead of 90. This is the root of the variance expected from the estimate and its
    standard error (`likely_variance`), with which a 90 % interval holds it in 85 to 99 %.
    """
    means, counts, squares = _by_draw(values, draws)
    if means.size < 2:
        return math.nan
    spare = counts - 1
    within = float(squares.sum() / spare.sum()) if spare.any() else 0.0
    of_means, share = float(means.var(ddof=1)), float(np.mean(1 / counts))
    error = math.hypot(
        math.sqrt(2 / (means.size - 1)) * of_means,
        math.sqrt(2 / spare.sum()) * within * share if spare.any() else 0.0,
    )
    return math.sqrt(float(likely_variance(of_means - within * share, error)))


def likely_variance(estimate: Floats | float, error: Floats | float) -> Floats:
    """Mean of the positive part of a normal variable: what a variance is expected to be.

    Parameters
    ----------
    estimate, error : ndarray or float
        Of a variance component, which may be below 0, and its standard error (for normal data, the variance
        of a sum of squares: Searle, Casella and McCulloch 1992, section 3.6).
    """
    estimate, error = np.asarray(estimate, np.float64), np.asarray(error, np.float64)
    sure = np.divide(estimate, error, out=np.full(np.shape(estimate), np.inf), where=error > 0)
    known = np.maximum(estimate, 0.0)
    density = np.exp(-0.5 * np.minimum(np.abs(sure), 40.0) ** 2) / math.sqrt(2 * math.pi)
    return np.where(error > 0, estimate * scipy.special.ndtr(sure) + error * density, known)


def error_given_draws(values: Floats, draws: Ints) -> float:
    """Standard error of the mean with the parameter draws held fixed (stratified sampling).

    Cochran (1977), Sampling Techniques, 5.6: sum over draws of (n_d / n)^2 s_d^2 / n_d. NaN if a draw has a
    single replication.
    """
    _, counts, squares = _by_draw(values, draws)
    if (counts < 2).any():
        return math.nan
    within = squares / (counts - 1)
    return math.sqrt(float((counts * within).sum())) / values.size


def metric_summaries(run: Run, w: int = 0) -> dict[str, Summary]:
    """`summarise` of every metric of one window, by name.

    Examples
    --------
    >>> run = fs.simulate(fs.read_model("model.toml"), days=30, replications=20)
    >>> summary = fs.metric_summaries(run)["leads_created"]
    >>> summary.p10 < summary.mean < summary.p90
    True
    """
    draws = draws_of(run)
    return {name: summarise(metric_values(run, name, w), draws) for name in metric_names(run)}


def _by_draw(values: Floats, draws: Ints) -> tuple[Floats, Floats, Floats]:
    """Mean, count and sum of squared deviations of each draw that occurs."""
    _, index = np.unique(draws, return_inverse=True)
    counts = np.bincount(index).astype(np.float64)
    means = np.bincount(index, weights=values) / counts
    squares = np.asarray(np.bincount(index, weights=(values - means[index]) ** 2), dtype=np.float64)
    return means, counts, squares


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
