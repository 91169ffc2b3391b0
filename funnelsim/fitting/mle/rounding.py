"""Rounding of fitted numbers for model files and for people."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant

_NUMBER = re.compile(r"(\d+\.?\d*(?:e[-+]?\d+)?)(s|min|h)?")
_SECONDS = {"h": 3600.0, "min": 60.0, "s": 1.0}


def five_digits(value: float) -> float:
    """Rounded to five significant digits."""
    return float(f"{value:.5g}")


def rounded_distribution(distribution: Distribution) -> Distribution:
    """The distribution as files write it: five significant digits a parameter, nine for a constant."""
    if isinstance(distribution, Mixture):
        return Mixture(
            distribution.kind,
            distribution.weights,
            tuple(rounded_distribution(part) for part in distribution.components),
        )
    if isinstance(distribution, Empirical):
        return Empirical(
            distribution.kind,
            tuple(five_digits(value) for value in distribution.values),
            distribution.weights,
        )
    if isinstance(distribution, Constant):
        return distribution.replaced("value", float(f"{distribution.given['value']:.9g}"))
    for name, value in distribution.given.items():
        distribution = distribution.replaced(name, five_digits(value))
    return distribution


def whole_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Rounded to six digits; the largest share takes what rounding left."""
    rounded = {key: round(share, 6) for key, share in shares.items()}
    largest = max(rounded, key=lambda key: rounded[key])
    rounded[largest] = round(rounded[largest] + 1 - math.fsum(rounded.values()), 6)
    return rounded


def short_text(distribution: str) -> str:
    """The text of a distribution for people: three significant digits, or all digits of whole numbers.

    Times are in the largest unit in which they are at least 1.
    """
    return _NUMBER.sub(_readable, distribution)


def _readable(rounded: re.Match[str]) -> str:
    number, unit = float(rounded[1]), rounded[2]
    if not unit:
        return _three_digits(number)
    seconds = number * _SECONDS[unit]
    unit = next((unit for unit, least in _SECONDS.items() if seconds >= least), "s")
    return _three_digits(seconds / _SECONDS[unit]) + unit


def _three_digits(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"
