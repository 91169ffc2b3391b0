"""The range over which each parameter is varied: of the fit, given by the user, or assumed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import parse_rate_per_day
from funnelsim.core.errors import ChangeError, Problem
from funnelsim.distributions.quantities import read_number, read_quantity
from funnelsim.experiments.sensitivity.parameters import Parameter

#: Where nothing is known of a parameter: a fifth less to a fifth more.
ASSUMED = 0.2

Basis = Literal["fit", "given", "assumed"]
_PERCENT = re.compile(r"\s*([+-])\s*([0-9]*\.?[0-9]+)\s*%\s*")
_FACTOR = re.compile(r"\s*x\s*([0-9]*\.?[0-9]+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A range of factors on a parameter.

    Attributes
    ----------
    low, high : float
    basis : {"fit", "given", "assumed"}
        The 90 % range of the parameter draws, the user's, or `ASSUMED` to both sides.
    """

    low: float
    high: float
    basis: Basis


def range_of(parameter: Parameter, drawn: Mapping[str, Floats], given: Mapping[str, Range]) -> Range:
    """The user's range of a parameter, else the 90 % range of its draws, else what is assumed."""
    if parameter.path in given:
        return given[parameter.path]
    if parameter.path in drawn:
        low, high = np.quantile(drawn[parameter.path], [0.05, 0.95])
        return Range(low=float(low), high=min(float(high), parameter.most), basis="fit")
    return Range(low=1 - ASSUMED, high=min(1 + ASSUMED, parameter.most), basis="assumed")


def parse_range(text: str, ends: str, parameter: Parameter) -> Range:
    """``0.5:0.7``, ``10 per day:14 per day``, ``x0.8:x1.3`` or ``-20%:+30%`` as factors on a parameter.

    Parameters
    ----------
    text : str
        The whole option, for messages.
    ends : str
        What stands behind its ``=``.
    parameter : Parameter

    Raises
    ------
    ChangeError
        If an end cannot be read, the low end is not below the high one, or the value cannot be so large.
    """
    low, colon, high = ends.partition(":")
    if not colon or not low.strip() or not high.strip():
        raise _problem(text, f'expected LOW:HIGH, such as "x0.8:x1.3", found "{ends.strip()}"')
    try:
        factors = [_factor(end, parameter) for end in (low, high)]
    except ValueError as error:
        raise _problem(text, str(error)) from error
    if not 0 < factors[0] < factors[1]:
        raise _problem(text, "the low end must be above 0 and below the high one")
    if factors[1] > parameter.most * (1 + 1e-9):
        most = parameter.value * parameter.most
        raise _problem(text, f"a probability is 1 at most in each segment and draw: give {most:.4g} at most")
    return Range(low=factors[0], high=min(factors[1], parameter.most), basis="given")


def _factor(end: str, parameter: Parameter) -> float:
    if found := _FACTOR.fullmatch(end):
        return float(found[1])
    if found := _PERCENT.fullmatch(end):
        return 1 + float(found[1] + found[2]) / 100
    match parameter.kind:
        case "rate":
            value = parse_rate_per_day(end.strip())
        case "time":
            value = read_quantity(end.strip(), "duration")
        case "effort":
            value = read_quantity(end.strip(), "effort")
        case _:
            value = read_number(end.strip(), "the end of a range")
    return value / parameter.value


def most_influential(
    swings: Sequence[tuple[Parameter, float]], count: int, first: Sequence[str]
) -> list[Parameter]:
    """The parameters with the largest swings, and those asked for; at most one probability of a stage.

    A stage's probabilities sum to 1: two of them cannot be varied independently.

    Parameters
    ----------
    swings : sequence of (Parameter, float)
        How far each moves the metric over its range.
    count : int
        At most this many, or all of `first`.
    first : sequence of str
        Paths that are taken in any case.
    """
    order = sorted(swings, key=lambda pair: (pair[0].path not in first, -abs(pair[1])))
    found: list[Parameter] = []
    stages: set[str] = set()
    for parameter, swing in order:
        asked = parameter.path in first
        if not asked and (len(found) >= count or not swing or math.isnan(swing)):
            continue
        stage = parameter.path.rpartition(".exits.")[0] if parameter.kind == "probability" else ""
        if stage and stage in stages:
            if asked:
                raise _problem(
                    parameter.path,
                    "another probability of this stage is varied too, and they sum to 1; choose one",
                )
            continue
        stages.add(stage)
        found.append(parameter)
    return found


def _problem(path: str, message: str, hint: str = "") -> ChangeError:
    return ChangeError("--range", [Problem(path=path, message=message, hint=hint)])
