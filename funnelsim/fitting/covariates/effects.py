"""What covariates carry in one history: their effects, and what is not independent."""

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
    """Covariates of a history with what they carry."""

    covariates: Covariates
    drivers: Drivers
    dependences: tuple[Dependence, ...]


def covariate_effects(
    history: History, samples: Mapping[str, StageSample], *, since: dt.datetime | None = None
) -> CovariateEffects:
    """Hold all covariates against how deals moved.

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
