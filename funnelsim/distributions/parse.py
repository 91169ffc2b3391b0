"""Laws as a model file writes them: ``lognormal(mean=6d, sigma=0.8)``."""

from __future__ import annotations

import re
from typing import Any

from funnelsim.core.errors import did_you_mean
from funnelsim.core.time import parse_duration_days
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import FAMILIES, PLAIN, Constant, Truncated

_CALL = re.compile(r"\s*([A-Za-z_]+)\s*\((.*)\)\s*", re.DOTALL)
_WEIGHT = re.compile(r"\s*([0-9.eE+-]+)\s*\*\s*(.*)", re.DOTALL)
_EFFORT = re.compile(r".*(h|min)\s*$")


def parse_distribution(value: Any, kind: Kind = "duration") -> Distribution:
    """Read a law.

    Parameters
    ----------
    value : str or number
        A family with its parameters, or a bare quantity, which is a constant.
    kind : {"duration", "effort", "amount", "factor"}
        Durations take units (``s min h d w months``; bare is days), effort must name ``h`` or ``min``,
        amounts and factors are plain numbers.

    Raises
    ------
    ValueError
        If the family, a parameter, a unit or a value is not understood.
    """
    if isinstance(value, Distribution):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'expected a law such as "lognormal(mean=6d, sigma=0.8)", found {value!r}')
    found = _CALL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return Constant(kind, (("value", _quantity(value, kind)),))
    family, inside = found[1].lower(), _split(found[2])
    if family == "mixture":
        return _mixture(inside, kind)
    if family == "empirical":
        return _empirical(inside, kind)
    if family not in FAMILIES:
        known = [*FAMILIES, "empirical", "mixture"]
        raise ValueError(
            f'unknown law "{found[1]}", choose from {", ".join(known)}. {did_you_mean(family, known)}'.rstrip()
        )
    return _parametric(family, inside, kind)


def _parametric(family: str, inside: list[str], kind: Kind) -> Distribution:
    if family == "constant" and len(inside) == 1 and "=" not in inside[0]:
        inside = [f"value={inside[0]}"]
    given: dict[str, float] = {}
    for part in inside:
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ValueError(f'{family}: expected name=value, found "{part.strip()}"')
        if name in given:
            raise ValueError(f'{family}: "{name}" stands there twice')
        given[name] = _plain(text, name) if name in PLAIN else _quantity(text, kind)
    maximum = given.pop("max", None)
    law = FAMILIES[family](kind, tuple(given.items()))
    return law if maximum is None else Truncated(law, maximum)


def _empirical(inside: list[str], kind: Kind) -> Distribution:
    weights, values = [], []
    for part in inside:
        found = _WEIGHT.fullmatch(part)
        weights.append(_plain(found[1], "weight") if found else 1.0)
        values.append(_quantity(found[2] if found else part, kind))
    weighted = any("*" in part for part in inside)
    return Empirical(kind, tuple(values), tuple(weights) if weighted else ())


def _mixture(inside: list[str], kind: Kind) -> Distribution:
    weights, laws = [], []
    for part in inside:
        found = _WEIGHT.fullmatch(part)
        if found is None:
            raise ValueError(f'mixture: expected weight*law, found "{part.strip()}"')
        weights.append(_plain(found[1], "weight"))
        laws.append(parse_distribution(found[2].strip(), kind))
    return Mixture(kind, tuple(weights), tuple(laws))


def _split(text: str) -> list[str]:
    """Split at commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _plain(text: str, name: str) -> float:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        raise ValueError(f'{name} must be a plain number, found "{text}"') from None


def _quantity(value: Any, kind: Kind) -> float:
    if kind == "duration":
        return parse_duration_days(value)
    if kind == "effort":
        if not isinstance(value, str) or not _EFFORT.fullmatch(value):
            raise ValueError(
                f'effort must name h or min of working time, found {value!r}: whose day is a day of effort?'
            )
        return parse_duration_days(value)
    number = _plain(value, "an amount" if kind == "amount" else "a factor") if isinstance(value, str) else float(value)
    if not number >= 0:
        raise ValueError(f"{kind} must not be negative, found {value}")
    return number
