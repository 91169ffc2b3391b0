"""Fit the competing exits of one stage, with the families of lowest AICc."""

from __future__ import annotations

from dataclasses import replace

from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.cure_fraction import (
    CureFraction,
    CureReason,
    cure_fraction_of,
    follow_up_is_long_enough,
    no_cure_fraction,
)
from funnelsim.fitting.dwell.competing.fitter import Fitter
from funnelsim.fitting.dwell.competing.search import best_candidate
from funnelsim.fitting.dwell.competing.stage_fit import StageFit
from funnelsim.fitting.mle.priors import ORDINARY


def fit_stage(
    sample: StageSample, *, losses_recorded: bool = True, prior_weight: float = ORDINARY
) -> StageFit | None:
    """Fit the exits of one stage.

    Parameters
    ----------
    sample : StageSample
    losses_recorded : bool
        False where the history never records a loss: a cure fraction then stands for the lost deals.
    prior_weight : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.

    Returns
    -------
    StageFit or None
        None where nobody has left yet.
    """
    if not sample.events:
        return None
    if not losses_recorded and "lost" not in sample.exits:
        with_cure = best_candidate(Fitter(sample, never=True, prior_weight=prior_weight))
        return with_cure.refined().stage_fit(_verdict("losses not recorded", with_cure, gain=0.0))
    if not follow_up_is_long_enough(sample):
        without_cure = best_candidate(Fitter(sample, never=False, prior_weight=prior_weight))
        return without_cure.refined().stage_fit(no_cure_fraction(sample))
    with_cure = best_candidate(Fitter(sample, never=True, prior_weight=prior_weight)).refined()
    without_cure = best_candidate(
        Fitter(sample, never=False, prior_weight=prior_weight), with_cure.families
    ).refined()
    verdict = _verdict("seen", with_cure, gain=without_cure.aicc - with_cure.aicc)
    if verdict.holds:
        return with_cure.stage_fit(verdict)
    reason: CureReason = "cannot tell" if verdict.follow_up_is_short else "not needed"
    return without_cure.stage_fit(replace(verdict, reason=reason, share=0.0))


def _verdict(reason: CureReason, with_cure: Candidate, *, gain: float) -> CureFraction:
    return cure_fraction_of(reason, with_cure.sample, with_cure.layout, with_cure.at, gain)
