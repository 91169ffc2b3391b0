"""A stage fitted with families that a test states, where `fit_stage` would choose them."""

from __future__ import annotations

import numpy as np

from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.competing.cure_fraction import CureFraction
from funnelsim.fitting.dwell.competing.fitter import Fitter
from funnelsim.fitting.dwell.competing.splitting import fit_families
from funnelsim.fitting.dwell.competing.stage_fit import Families
from funnelsim.fitting.mle.priors import ORDINARY


def fit_stated(
    sample: StageSample, families: Families, *, never: bool = False, prior_worth: float = ORDINARY
) -> StageFit:
    """One family, or several to be mixed, for each exit that takes time; with ``never`` some may stay.

    A `prior_worth` of 0 gives plain maximum likelihood.
    """
    found = fit_families(Fitter(sample, never=never, prior_weight=prior_worth), families).refined()
    share = float(np.exp(found.layout.log_p(found.at.parameters))[0, -1]) if never else 0.0
    reason = "seen" if never else "not needed"
    return found.stage_fit(CureFraction(reason=reason, share=share, at_most=share, gain=0.0, older=0))
