"""Loadings come back from histories full of open deals, and open deals are told by their past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from funnelsim.fitting.covariates import covariates_of
from funnelsim.fitting.exits import StageFit, fit_stage
from funnelsim.fitting.frailty import Scores, factors_given, factors_of, find_frailty, scores_of
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.fitting.independence import dependences_of
from funnelsim.fitting.observed import observe
from funnelsim.history.events import History

from .known_funnel import known_history

LOADING = 0.7


def fits_of(history: History) -> dict[str, StageFit]:
    found = {key: fit_stage(sample) for key, sample in observe(history).items()}
    return {key: fit for key, fit in found.items() if fit is not None}


def product_of(history: History, fits: dict[str, StageFit]) -> float:
    """Of the two loadings (two stages tell no more); 0 where they are not tied."""
    found = find_frailty(fits, dependences_of(observe(history), covariates_of(history)))
    if found is None:
        return 0.0
    assert found.loadings["demo"] == pytest.approx(found.loadings["proposal"], abs=0.01)
    return found.loadings["demo"] * found.loadings["proposal"]


def as_if_ended(fits: dict[str, StageFit]) -> dict[str, StageFit]:
    """Open stays taken as ended at their age, by the first exit."""
    return {
        key: replace(fit, sample=replace(fit.sample, exit=np.maximum(fit.sample.exit, 0)))
        for key, fit in fits.items()
    }


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return [known_history(20 + seed, deals=1500, loading=LOADING) for seed in range(6)]


def test_the_product_of_loadings_comes_back(histories: list[History]) -> None:
    """Mean of six histories in which a quarter of the stays is open, in standard errors.

    The mutant takes open stays as ended.
    """
    fits = [fits_of(history) for history in histories]
    found = np.array([product_of(*both) for both in zip(histories, fits, strict=True)])
    tolerance = 4 * found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - LOADING**2) < tolerance < 0.1
    mutants = zip(histories, map(as_if_ended, fits), strict=True)
    assert abs(np.mean([product_of(*both) for both in mutants]) - LOADING**2) > tolerance


def test_independent_stays_are_not_tied() -> None:
    history = known_history(3, deals=1500)
    assert fit_funnel(history, draws=0, frailty=True).report.frailty is None


def test_a_fit_writes_loadings_and_what_the_past_of_open_deals_tells() -> None:
    history = known_history(20, deals=1500, loading=LOADING)
    fit = fit_funnel(history, draws=0, frailty=True)
    assert fit.report.frailty is not None
    assert {key: stage.frailty for key, stage in fit.model.stages.items()} == fit.report.frailty.loadings
    assert fit.pipeline is not None
    early, late = (fit.pipeline.filter(stage=key) for key in ("demo", "proposal"))
    assert (early["frailty_mean"] == 0).all()
    assert (early["frailty_sd"] == 1).all()
    assert (late["frailty_sd"] - np.sqrt(1 - fit.model.stages["demo"].frailty ** 2)).abs().max() < 1e-3
    assert "frailty_mean" not in fit_funnel(history, draws=0).pipeline.columns  # type: ignore[union-attr]


def test_factors_of_completed_visits_are_those_of_the_normal_law() -> None:
    """Closed form: precisions add up and weight the means. Catches: open stays counted as completed."""
    history = known_history(5, deals=400, loading=LOADING)
    fits, loadings = fits_of(history), {"demo": 0.6, "proposal": -0.5}
    scores = scores_of(fits, open_too=False)
    r = np.array(list(loadings.values()))[scores.stage]
    deals = history.deals.height
    precision = 1 + np.bincount(scores.lead, r**2 / (1 - r**2), deals)
    mean = np.bincount(scores.lead, r * scores.score / (1 - r**2), deals) / precision
    found_mean, found_sd = factors_of(fits, loadings, deals)
    np.testing.assert_allclose(found_sd, precision**-0.5, atol=1e-6)
    np.testing.assert_allclose(found_mean, mean, atol=1e-6)


def test_factors_of_the_largest_loadings_keep_their_accuracy() -> None:
    """Six visits with loading 0.95 leave the factor an sd of 0.13. Mutant: nodes 0.3 apart miss by 0.014."""
    score, r = np.array([1.37, 1.31, 1.44, 1.29, 1.40, 1.35]), 0.95
    visits, none = np.zeros(6, np.int64), np.zeros(0)
    scores = Scores(
        stage=visits,
        lead=visits,
        ago=np.zeros(6),
        score=score,
        visit=np.zeros(0, np.int64),
        low=none,
        high=none,
        weight=none,
    )
    precision = 1 + 6 * r**2 / (1 - r**2)
    mean, sd = factors_given(scores, np.array([r]), 1)
    assert mean[0] == pytest.approx(r * score.sum() / (1 - r**2) / precision, abs=1e-5)
    assert sd[0] == pytest.approx(precision**-0.5, abs=1e-5)


def test_factors_of_what_is_known_in_part_are_those_of_rejection() -> None:
    """A move at once (score below -0.4) after a known score of 1.1; and an age with two exits ahead.

    Catches: terms taken as points, weights left out, the sign of an open end.
    """
    nan, inf = np.nan, np.inf
    scores = Scores(
        stage=np.array([0, 1, 1]),
        lead=np.array([0, 0, 1]),
        ago=np.zeros(3),
        score=np.array([1.1, nan, nan]),
        visit=np.array([1, 2, 2]),
        low=np.array([-inf, 0.5, -1.0]),
        high=np.array([-0.4, inf, inf]),
        weight=np.array([1.0, 0.8, 0.2]),
    )
    found = factors_given(scores, np.array([0.6, 0.8]), 2)
    rng = np.random.default_rng(2)
    z, e = rng.standard_normal((2, 4_000_000))
    x = 0.8 * z + 0.6 * e
    first = 0.6 * 1.1 + 0.8 * z  # the factor given the known score
    kept = (first[0.8 * first + 0.6 * e < -0.4], z[x > np.where(rng.random(len(x)) < 0.8, 0.5, -1.0)])
    for lead, values in enumerate(kept):
        error = values.std() / np.sqrt(len(values))
        assert abs(found[0][lead] - values.mean()) < 4 * error < 0.01
        assert found[1][lead] == pytest.approx(values.std(), abs=4 * error)
