"""Effects of the covariates of a history, and association tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from funnelsim.fitting.covariates.association_tests import Dependence, run_association_tests
from funnelsim.fitting.covariates.hazard_ratios import Drivers, estimate_drivers
from funnelsim.fitting.covariates.read import Covariates, covariates_of
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.history.files.events import History


@dataclass(frozen=True, kw_only=True)
class CovariateEffects:
    """Covariates of a history with their effects."""

    covariates: Covariates
    drivers: Drivers
    dependences: tuple[Dependence, ...]


def covariate_effects(
    history: History, samples: Mapping[str, StageSample], *, since: dt.datetime | None = None
) -> CovariateEffects:
    """Estimate the effects of all covariates, and run the association tests.

    Parameters
    ----------
    samples : dict of str to StageSample
        What `observe` found in the same history, from `since` on.
    """
    covariates = covariates_of(history)
    return CovariateEffects(
        covariates=covariates,
        drivers=estimate_drivers(history, samples, covariates, since=since),
        dependences=run_association_tests(samples, covariates),
    )
