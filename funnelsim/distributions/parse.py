"""Parse the distributions of a model file: ``lognormal(mean=6d, sigma=0.8)``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from funnelsim.core.errors import did_you_mean
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.bounded import Pert, Triangular, Uniform
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import (
    PLAIN,
    Constant,
    Exponential,
    Gamma,
    Loglogistic,
    Lognormal,
    Parametric,
    Weibull,
)
from funnelsim.distributions.pareto import Pareto
from funnelsim.distributions.quantities import read_number, read_quantity
from funnelsim.distributions.truncated import Truncated

#: Name in a model file -> the family, for families with named parameters.
FAMILIES: dict[str, type[Parametric]] = {
    cls.family: cls
    for cls in (
        Constant,
        Exponential,
        Lognormal,
        Gamma,
        Weibull,
        Loglogistic,
        Pareto,
        Uniform,
        Triangular,
        Pert,
    )
}
WORDS = (*FAMILIES, "empirical", "mixture")

_CALL = re.compile(r"\s*([^\W\d]\w*)\s*\((.*)\)\s*", re.DOTALL)
_OPENED = re.compile(r"\s*([^\W\d]\w*)\s*\(.*", re.DOTALL)
_NAMED = re.compile(r"([^\W\d]\w*)\s*=\s*(.*)", re.DOTALL)
_WEIGHTED = re.compile(r"([^*]*)\*(.*)", re.DOTALL)
_DEEPEST = 10
_EXAMPLES = {
    "duration": "lognormal(median=6d, sigma=0.8)",
    "effort": "gamma(mean=3h, sd=1h)",
    "amount": "lognormal(mean=12000, sigma=1.0)",
    "factor": "lognormal(mean=0.9, sigma=0.2)",
}


def parse_distribution(value: Any, kind: Kind = "duration") -> Distribution:
    """Parse a distribution.

    Families: ``constant exponential lognormal gamma weibull loglogistic pareto uniform triangular pert`` with
    named parameters, ``empirical(3d, 5d, 8d)`` or with weights ``empirical(2*3d, 1*5d)``, and
    ``mixture(0.7*lognormal(median=6d, sigma=0.8), 0.3*constant(0d))``. ``max=`` as the last parameter
    truncates any of them.

    Parameters
    ----------
    value : str, number or Distribution
        A bare quantity is a constant; a distribution of this kind is returned unchanged.
    kind : {"duration", "effort", "amount", "factor"}
        Durations take units (``s min h d w months``; bare is days), effort must name ``h`` or ``min``,
        amounts and factors are plain numbers.

    Raises
    ------
    ValueError
        If the family, a parameter, a unit or a value is invalid; the message says what is allowed.
    """
    if isinstance(value, Distribution):
        if value.kind != kind:
            raise ValueError(
                f"expected a distribution of kind {kind}, found {value.text()} of kind {value.kind}"
            )
        return value
    if not isinstance(value, str):
        return _constant(value, kind)
    found = _CALL.fullmatch(value)
    if found is None:
        return _not_a_call(value, kind)
    word, parts = found[1].lower(), _parts(found[2], value)
    if word not in WORDS:
        hint = did_you_mean(word, WORDS)
        raise ValueError(
            f'unknown distribution "{found[1]}"; choose from {", ".join(WORDS)}' + (hint and f"; {hint}")
        )
    maximum, parts = _maximum(word, parts, kind)
    distribution = _distribution(word, parts, kind)
    return distribution if maximum is None else Truncated(distribution, maximum)


def _distribution(word: str, parts: Sequence[str], kind: Kind) -> Distribution:
    if word == "mixture":
        return _mixture(parts, kind)
    if word == "empirical":
        return _empirical(parts, kind)
    if word == "constant" and len(parts) == 1 and "=" not in parts[0]:
        return _constant(parts[0], kind)
    if word == "constant" and len(parts) != 1:
        raise ValueError(f"constant: expected one value, found {', '.join(parts) or 'none'}")
    return FAMILIES[word](kind, tuple(_parameter(word, part, kind) for part in parts))


def _constant(value: Any, kind: Kind) -> Constant:
    return Constant(kind, (("value", read_quantity(value, kind)),))


def _not_a_call(text: str, kind: Kind) -> Distribution:
    word = text.strip().lower()
    if _OPENED.fullmatch(text):
        _parts(text, text)
        raise ValueError(f'unexpected text after the last ")" of a distribution, found "{text}"')
    if word in WORDS:
        raise ValueError(f'"{text}" needs its parameters, such as {_EXAMPLES[kind]}')
    try:
        return _constant(text, kind)
    except ValueError as error:
        if any(letter.isdigit() for letter in text):
            raise
        raise ValueError(f'expected a distribution such as {_EXAMPLES[kind]}, found "{text}"') from error


def _parameter(family: str, part: str, kind: Kind) -> tuple[str, float]:
    named = _NAMED.fullmatch(part)
    if named is None:
        hint = " (write thousands as 12_000, without a comma)" if part.isdigit() else ""
        raise ValueError(f'{family}: expected name=value, found "{part}"{hint}')
    name, text = named[1], named[2]
    try:
        return name, read_number(text, name) if name in PLAIN else read_quantity(text, kind)
    except ValueError as error:
        raise ValueError(
            f"{family}: {name}: {error}" if name not in PLAIN else f"{family}: {error}"
        ) from error


def _maximum(family: str, parts: list[str], kind: Kind) -> tuple[float | None, list[str]]:
    """Separate the value of ``max=`` from the other parts."""
    found = [part for part in parts if re.match(r"max\s*=", part)]
    if not found:
        return None, parts
    if len(found) > 1:
        raise ValueError(f'{family}: "max" is given twice')
    return _parameter(family, found[0], kind)[1], [part for part in parts if part is not found[0]]


def _empirical(parts: Sequence[str], kind: Kind) -> Distribution:
    weighted = [_WEIGHTED.fullmatch(part) for part in parts]
    if not any(weighted):
        return Empirical(kind, tuple(read_quantity(part, kind) for part in parts))
    pairs = [(found[1], found[2]) for found in weighted if found is not None]
    if len(pairs) < len(parts):
        bare = next(part for part, found in zip(parts, weighted, strict=True) if found is None)
        raise ValueError(f'empirical: give a weight for every value or for none; "{bare}" has none')
    weights = tuple(read_number(weight, "a weight") for weight, _ in pairs)
    return Empirical(kind, tuple(read_quantity(value, kind) for _, value in pairs), weights)


def _mixture(parts: Sequence[str], kind: Kind) -> Distribution:
    weights, distributions = [], []
    for index, part in enumerate(parts, start=1):
        found = _WEIGHTED.fullmatch(part)
        if found is None or "(" in found[1]:
            raise ValueError(
                f'mixture: expected weight*distribution, such as 0.7*{_EXAMPLES[kind]}, found "{part}"'
            )
        try:
            weights.append(read_number(found[1], "the weight"))
            distributions.append(parse_distribution(found[2].strip(), kind))
        except ValueError as error:
            raise ValueError(f"mixture, component {index}: {error}") from error
    return Mixture(kind, tuple(weights), tuple(distributions))


def _parts(inside: str, whole: str) -> list[str]:
    """Split at the commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(inside):
        depth += (letter == "(") - (letter == ")")
        if depth > _DEEPEST:
            raise ValueError(f"a distribution holds {_DEEPEST} nested distributions at most")
        if depth < 0:
            raise ValueError(f'unmatched ")" in "{whole}"')
        if letter == "," and depth == 0:
            parts.append(inside[start:index].strip())
            start = index + 1
    if depth > 0:
        raise ValueError(f'missing ")" in "{whole}"')
    parts.append(inside[start:].strip())
    if parts[-1] == "":
        parts.pop()  # a trailing comma is allowed
    if "" in parts:
        raise ValueError(f'empty part between two commas in "{whole}"')
    return parts
