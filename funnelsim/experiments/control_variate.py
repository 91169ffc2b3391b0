"""Control variates: estimate a mean with the help of a correlated variable of known mean.

References
----------
Lavenberg, S. S. and Welch, P. D. (1981). A perspective on the use of control variables to increase the
efficiency of Monte Carlo simulations. Management Science 27(3), 322-335.
Law, A. M. (2015). Simulation Modeling and Analysis, 5th ed., section 11.4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from funnelsim.core.arrays import Floats


class Adjusted(NamedTuple):
    """A mean adjusted by a control variate.

    Attributes
    ----------
    mean, error : float
        Estimate and its standard error.
    freedom : int
        Degrees of freedom of the error.
    variance_removed : float
        1 - residual variance / variance, both unbiased.
    """

    mean: float
    error: float
    freedom: int
    variance_removed: float


def adjusted_mean(values: Floats, control: Floats, known: float) -> Adjusted:
    """Regress values on a control and evaluate the line at the control's known mean.

    Parameters
    ----------
    values, control : ndarray, shape (R,)
        Replication ``r`` of both shares its random numbers.
    known : float
        Mean of the control.

    Returns
    -------
    Adjusted
        With ``R - 2`` degrees of freedom; exact if both are jointly normal; otherwise with a bias of order 1
        / R.

    Notes
    -----
    ``y - b (x - known)`` with means ``y``, ``x`` and ``b = S_xy / S_xx`` of the same replications, which is
    the intercept of a regression on ``x_r - known``. Its error is ``s sqrt(1 / R + (x - known)^2 / S_xx)``,
    ``s`` that of the residuals.
    """
    freedom = values.size - 2
    offset, around = control - control.mean(), values - values.mean()
    spread = float(offset @ offset)
    if freedom < 1 or spread == 0.0:
        plain = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.inf
        return Adjusted(float(values.mean()), plain, max(values.size - 1, 0), 0.0)
    slope = float(offset @ around) / spread
    shift = float(control.mean()) - known
    left = around - slope * offset
    residual, variance = float(left @ left) / freedom, float(values.var(ddof=1))
    return Adjusted(
        mean=float(values.mean()) - slope * shift,
        error=math.sqrt(residual * (1 / values.size + shift**2 / spread)),
        freedom=freedom,
        variance_removed=1 - residual / variance if variance > 0 else 0.0,
    )
