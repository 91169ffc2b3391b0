"""The exits of one stage are fitted, with the families that suit them best."""

from __future__ import annotations

from dataclasses import replace

from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.cure_fraction import (
    CureReason,
    CureFraction,
    no_cure_fraction,
    cure_fraction_of,
    follow_up_is_long_enough,
)
from funnelsim.fitting.dwell.competing.fitter import Fitter
from funnelsim.fitting.dwell.competing.search import best_candidate
from funnelsim.fitting.dwell.competing.stage_fit import StageFit
from funnelsim.fitting.mle.priors import ORDINARY


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
    if not follow_up_is_long_enough(sample):
        ending = best_candidate(Fitter(sample, never=False, worth=prior_worth))
        return ending.polished().stage_fit(no_cure_fraction(sample))
    staying = best_candidate(Fitter(sample, never=True, worth=prior_worth)).polished()
    ending = best_candidate(Fitter(sample, never=False, worth=prior_worth), staying.families).polished()
    verdict = _verdict("seen", staying, gain=ending.aicc - staying.aicc)
    if verdict.holds:
        return staying.stage_fit(verdict)
    reason: CureReason = "cannot tell" if verdict.follow_up_is_short else "not needed"
    return ending.stage_fit(replace(verdict, reason=reason, share=0.0))


def _verdict(reason: CureReason, staying: Candidate, *, gain: float) -> CureFraction:
    return cure_fraction_of(reason, staying.sample, staying.layout, staying.at, gain)
