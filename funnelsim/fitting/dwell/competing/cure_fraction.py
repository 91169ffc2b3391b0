"""The cure fraction: do some visits never end, and do the data say so?

References
----------
Maller, R. A. and Zhou, X. (1996). Survival Analysis with Long-Term Survivors (when follow-up is long enough
to tell that some never leave).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.survival import dwell_quantile
from funnelsim.fitting.mle.likelihood import Layout
from funnelsim.fitting.mle.maximise import Maximum

# Tuned on simulated stages: with lower thresholds a cure fraction appears where the follow-up is merely
# short.
#: A cure fraction must lower AICc by this much ...
_GAIN = 3.0
#: ... and this many open visits must be older than this quantile of the dwell of those that leave.
_VISITS, _QUANTILE = 5, 0.95
#: A smaller share than this is ignored.
_SHARE = 0.005
#: A cure fraction is not fitted unless enough open visits are older than this quantile of the ended ones.
_ASKED_QUANTILE = 0.9
_NINETY_FIVE = 1.645  # one-sided, in standard deviations

CureReason = Literal["losses not recorded", "seen", "not needed", "cannot tell", "nobody has left"]


@dataclass(frozen=True, kw_only=True)
class CureFraction:
    """The cure fraction of a stage, and why it was or was not assumed.

    Attributes
    ----------
    share : float
        The cure fraction in the model: probability never to leave.
    at_most : float
        Upper 95 % limit of the cure fraction; NaN where no visit ended.
    gain : float
        How much AICc falls with a cure fraction.
    older : int
        Open visits older than the 95 % quantile of the dwell of those that leave.
    """

    reason: CureReason
    share: float
    at_most: float
    gain: float
    older: int

    @property
    def holds(self) -> bool:
        """Whether the data support a cure fraction."""
        return self.gain >= _GAIN and self.older >= _VISITS and self.share >= _SHARE

    @property
    def follow_up_is_short(self) -> bool:
        """Whether follow-up is too short: too few open visits are old enough."""
        return self.older < _VISITS


def cure_fraction_of(
    reason: CureReason, sample: StageSample, layout: Layout, with_cure: Maximum, gain: float
) -> CureFraction:
    """The cure fraction of a fit that has one.

    Parameters
    ----------
    layout : Layout
        With `never`.
    with_cure : Maximum
        Of one set of weights, R = 1.
    gain : float
        How much lower its AICc is than without a cure fraction.
    """
    p = np.exp(layout.log_p(with_cure.parameters))[0]
    late = dwell_quantile(layout, with_cure.parameters[0], _QUANTILE)
    return CureFraction(
        reason=reason,
        share=float(p[-1]),
        at_most=_upper_share(p, with_cure.covariance[0]),
        gain=gain,
        older=int(np.sum(~sample.ended & (sample.dwell > late))),
    )


def no_cure_fraction(sample: StageSample) -> CureFraction:
    """No cure fraction, because hardly any open visit is older than those that ended."""
    return CureFraction(reason="not needed", share=0.0, at_most=_rule_of_three(sample), gain=0.0, older=0)


def everybody_stays() -> CureFraction:
    """A stage that nobody has left."""
    return CureFraction(reason="nobody has left", share=1.0, at_most=1.0, gain=0.0, older=0)


def follow_up_is_long_enough(sample: StageSample) -> bool:
    """Whether enough open visits are older than most that have ended."""
    late = np.quantile(sample.dwell[sample.ended], _ASKED_QUANTILE)
    return bool(np.sum(~sample.ended & (sample.dwell > late)) >= _VISITS)


def _upper_share(p: Floats, covariance: Floats) -> float:
    """Upper 95 % limit of the last probability, on the logit scale (delta method)."""
    logits = len(p)
    share = float(np.clip(p[-1], 1e-9, 1 - 1e-9))
    # d logit(p_J) / d logits = (-p_j / (1 - p_J) for the others, 1 for J itself)
    slope = np.append(-p[:-1] / (1 - share), 1.0)
    variance = slope @ covariance[:logits, :logits] @ slope
    upper = math.log(share / (1 - share)) + _NINETY_FIVE * math.sqrt(max(variance, 0.0))
    return float(1 / (1 + math.exp(-upper)))


def _rule_of_three(sample: StageSample) -> float:
    """Upper 95 % limit of a share with no observed case: the rule of three, or the open share if that is
    less.
    """
    of_three = 3.0 / max(sample.visits, 3)
    return min(of_three, sample.open / sample.visits) if sample.open else of_three
