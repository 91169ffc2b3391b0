"""What covariates carry in one history: their effects, and what is not independent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from funnelsim.fitting.covariates.association_tests import Dependence, dependences_of
from funnelsim.fitting.covariates.hazard_ratios import Drivers, drivers_of
from funnelsim.fitting.covariates.read import Covariates, covariates_of
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.history.files.events import History


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Covariates of a history with what they carry."""

    covariates: Covariates
    drivers: Drivers
    dependences: tuple[Dependence, ...]


def carried_by(
    history: History, samples: Mapping[str, StageSample], *, since: dt.datetime | None = None
) -> Carried:
    """Hold all covariates against how deals moved.

    Parameters
    ----------
    samples : dict of str to StageSample
        What `observe` found in the same history, from `since` on.
    """
    covariates = covariates_of(history)
    return Carried(
        covariates=covariates,
        drivers=drivers_of(history, samples, covariates, since=since),
        dependences=dependences_of(samples, covariates),
    )
