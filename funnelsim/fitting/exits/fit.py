"""The exits of one stage are fitted: with families that are chosen, or with families that are stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from funnelsim.fitting.exits.candidate import Candidate
from funnelsim.fitting.exits.fitter import Fitter
from funnelsim.fitting.exits.never import (
    NeverReason,
    NeverVerdict,
    not_needed,
    stated,
    verdict_on,
    worth_asking,
)
from funnelsim.fitting.exits.search import best_candidate
from funnelsim.fitting.exits.splitting import fit_families
from funnelsim.fitting.exits.stage_fit import Families, StageFit
from funnelsim.fitting.observed import StageSample
from funnelsim.fitting.priors import ORDINARY


def fit_stage(
    sample: StageSample, *, losses_recorded: bool = True, prior_worth: float = ORDINARY
) -> StageFit | None:
    """Fit the exits of one stage.

    Parameters
    ----------
    sample : StageSample
    losses_recorded : bool
        False where the history never records a loss: then those who are not seen to leave stay for ever.
    prior_worth : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.

    Returns
    -------
    StageFit or None
        None where nobody has left yet.
    """
    if not sample.moved:
        return None
    if not losses_recorded and "lost" not in sample.exits:
        staying = best_candidate(Fitter(sample, never=True, worth=prior_worth))
        return staying.polished().stage_fit(_verdict("losses not recorded", staying, gain=0.0))
    if not worth_asking(sample):
        ending = best_candidate(Fitter(sample, never=False, worth=prior_worth))
        return ending.polished().stage_fit(not_needed(sample))
    staying = best_candidate(Fitter(sample, never=True, worth=prior_worth)).polished()
    ending = best_candidate(Fitter(sample, never=False, worth=prior_worth), staying.families).polished()
    verdict = _verdict("seen", staying, gain=ending.aicc - staying.aicc)
    if verdict.holds:
        return staying.stage_fit(verdict)
    reason: NeverReason = "cannot tell" if verdict.follow_up_is_short else "not needed"
    return ending.stage_fit(replace(verdict, reason=reason, share=0.0))


def fit_stated(
    sample: StageSample, families: Families, *, never: bool = False, prior_worth: float = ORDINARY
) -> StageFit:
    """Fit the exits of one stage with families that are stated, not chosen.

    Parameters
    ----------
    sample : StageSample
    families : dict of str to tuple of str
        One family, or several to be mixed, for each exit that takes time.
    never : bool
        Whether some may stay for ever.
    prior_worth : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.
    """
    found = fit_families(Fitter(sample, never=never, worth=prior_worth), families).polished()
    share = float(np.exp(found.layout.log_p(found.at.parameters))[0, -1]) if never else 0.0
    return found.stage_fit(stated(share, never=never))


def _verdict(reason: NeverReason, staying: Candidate, *, gain: float) -> NeverVerdict:
    return verdict_on(reason, staying.sample, staying.layout, staying.at, gain)
