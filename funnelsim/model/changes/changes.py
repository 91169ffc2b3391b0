"""Changes to a model: their types, and their effect on a value."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.calendar.time import parse_duration_days
from funnelsim.core.errors import ChangeError, Problem
from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import is_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set the value at a path, or change it by ``+5pp``, ``+10%``, ``x0.8`` or ``+2``.

    `start` is the first day of the change, as a date or text; None: the beginning of the run.

    Examples
    --------
    >>> change = fs.SetValue(path="stages.demo.after", by="x0.7", start="2026-02-01")
    >>> change.start
    datetime.date(2026, 2, 1)
    """

    path: str
    to: Any = None
    by: str | None = None
    start: dt.date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _day(self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveStage:
    """Remove a stage; `recovered` is the share of leads lost there that continue (a pair: lower and upper
    bound).

    Examples
    --------
    >>> fs.RemoveStage(stage="demo", recovered=(0.0, 1.0)).recovered
    (0.0, 1.0)
    """

    stage: str
    recovered: tuple[float, ...] = (0.0,)
    start: dt.date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _day(self.start))


Change = SetValue | RemoveStage

#: Name of the scenario made of single changes.
TOGETHER = "together"


def _day(start: Any) -> dt.date | None:
    if start is None:
        return None
    try:
        return as_date(start)
    except ValueError as error:
        raise ChangeError("start", [Problem(path="", message=str(error))]) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named list of changes to a model.

    Examples
    --------
    >>> faster = fs.SetValue(path="stages.demo.after", by="x0.7")
    >>> fs.Scenario(name="Faster demo", changes=(faster,)).name
    'Faster demo'
    """

    name: str
    description: str = ""
    changes: tuple[Change, ...] = ()


def edit_of(change: SetValue) -> Callable[[Any], Any]:
    """Return the function that applies a change to a value.

    Raises
    ------
    ValueError
        From the returned function, if the change does not fit the value.
    """

    def apply(value: Any) -> Any:
        if change.by is None:
            return change.to
        return _changed_by(value, change.by)

    return apply


BY = re.compile(
    r"\s*(x|\+|-)\s*([0-9][0-9_]*\.?[0-9]*(?:e[-+]?\d+)?|\.[0-9]+)\s*(pp|%|s|min|h|d|w|months)?\s*"
)


def _changed_by(value: Any, by: str) -> Any:
    found = BY.fullmatch(by)
    if found is None:
        raise ValueError(f'"{by}" is not a change; write for example "+5pp", "+10%", "x0.8" or "+2"')
    sign, number, unit = found[1], float(found[2].replace("_", "")), found[3]
    if value is None:
        raise ValueError(f'"{by}" changes a value, but none is set here; set one with to')
    if sign == "x":
        if unit:
            raise ValueError(f'"{by}": a factor has no unit')
        return _scaled(value, number)
    if unit == "%":
        return _scaled(value, 1 + (number if sign == "+" else -number) / 100)
    if not isinstance(value, int | float):
        raise ValueError(
            f'"{by}" fits a number; the value is {_shown(value)}: use a factor such as "x0.8" or "+10%"'
        )
    step = number / 100 if unit == "pp" else parse_duration_days(f"{number}{unit}") if unit else number
    return value + step if sign == "+" else value - step


def _scaled(value: Any, factor: float) -> Any:
    if factor < 0:
        raise ValueError("a factor must not be negative")
    if isinstance(value, Distribution):
        return value.scaled(factor)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * factor
    raise ValueError(f"a factor fits a number or a distribution; the value is {_shown(value)}")


def _shown(value: Any) -> str:
    return value.text() if isinstance(value, Distribution) else repr(value)


def effort_without_unit(change: SetValue) -> Problem | None:
    """Refuse a bare number for an effort: it would mean days, so an effort of 3 would be 72 hours of
    work."""
    _, effort, parameter = change.path.rpartition(".effort.")
    if not effort or is_plain(parameter):
        return None
    found = BY.fullmatch(change.by) if change.by else None
    step = found is not None and found[1] != "x" and found[3] not in ("%", "h", "min")
    if not step and not isinstance(change.to, int | float):
        return None
    value = change.by if change.by else f"{change.to:g}"
    return Problem(
        path=change.path, message=f'effort must name h or min of working time, such as "3h", found "{value}"'
    )
