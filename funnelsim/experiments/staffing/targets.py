"""Service levels: ``wait_days.demo<=1``, ``utilisation.ae<=85%``, ``first_response_p90<=1h``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import parse_duration_days
from funnelsim.core.errors import FunnelSimError, InputError, Problem, did_you_mean
from funnelsim.metrics.names import BY_ROLE, BY_STAGE, WHOLE, metric
from funnelsim.model.changes.names import path_by_keys
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

_TARGET = re.compile(r"\s*([^<>=]+?)\s*(<=|>=|≤|≥|<|>|=+)\s*(.+?)\s*")
_RESPONSE = re.compile(r"first_response_p([1-9]\d?)")
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|[\d_]*\.?\d+|\d+\.)\s*(k|m|bn|)", re.I)
_SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
#: Metrics that more reps lower although less of them is not better in itself.
_FALLS_WITH_REPS = ("utilisation",)
_EXAMPLE = 'write it as "wait_days.demo<=1d", "utilisation.ae<=85%" or "first_response_p90<=1h"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """A bound on the mean of a metric over the futures.

    Attributes
    ----------
    text : str
        As it was given.
    metric : str
        Of `metric_names`, or ``first_response_pNN``: that percentile of the times to the first response.
    bound : float
    at_most : bool
    unit : {"count", "money", "days", "share"}
    """

    text: str
    metric: str
    bound: float
    at_most: bool
    unit: str

    @property
    def percentile(self) -> float | None:
        """The percentile of the times to first response, as a share; None for another metric."""
        found = _RESPONSE.fullmatch(self.metric)
        return int(found[1]) / 100 if found else None

    def slack(self, values: Floats) -> Floats:
        """How far values are on the right side of the bound, in the metric's unit."""
        return self.bound - values if self.at_most else values - self.bound


def parse_service_level(text: str, model: Model) -> ServiceLevel:
    """Read a target such as ``wait_days.demo<=1``; stages and roles may be given by name.

    Raises
    ------
    InputError
        If it cannot be read, names no metric of the model, or more reps would not help.
    """
    found = _TARGET.fullmatch(text)
    if found is None:
        raise _problem(text, f"expected a metric, <= or >=, and a bound; {_EXAMPLE}")
    name = _metric_name(text, found[1], model)
    if _RESPONSE.fullmatch(name):
        unit, falls = "days", True
    else:
        known = metric(name)
        falls = name.partition(".")[0] in _FALLS_WITH_REPS or not known.more_is_better
        unit = known.unit
    at_most = found[2] in ("<=", "<", "≤")
    if found[2].startswith("="):
        raise _problem(text, f"a target is a bound: write {'<=' if falls else '>='}")
    if at_most != falls:
        less, sign = ("lowers", "<=") if falls else ("raises", ">=")
        raise _problem(text, f"hiring {less} {name}, so a target for it is written with {sign}")
    try:
        bound = _bound(found[3], unit)
    except ValueError as error:
        raise _problem(text, str(error)) from None
    if bound <= 0:
        raise _problem(text, "the bound must be above 0")
    return ServiceLevel(text=text.strip(), metric=name, bound=bound, at_most=at_most, unit=unit)


def _metric_name(text: str, given: str, model: Model) -> str:
    given = given.strip()
    kind, dot, part = given.partition(".")
    kind = kind.strip()
    if _RESPONSE.fullmatch(given) or given in WHOLE:
        return given
    if dot and kind in (*BY_STAGE, *BY_ROLE):
        table = "roles" if kind in BY_ROLE else "stages"
        key = path_by_keys(model, f'{table}."{part.strip()}"').split(".", 1)[1]
        return f"{kind}.{key}"
    if re.fullmatch(r"first_response_p\d+", given):
        raise _problem(text, f"a percentile is from 1 to 99, found {given.rpartition('_p')[2]}")
    allowed = [*WHOLE, "first_response_p90"]
    allowed += [f"{name}.{key}" for name in BY_STAGE for key in model.stages]
    allowed += [f"{name}.{key}" for name in BY_ROLE for key in model.roles]
    raise _problem(text, f'there is no metric "{given}"; {_EXAMPLE}', did_you_mean(given, allowed))


def _bound(text: str, unit: str) -> float:
    if unit == "days":
        return parse_duration_days(text)
    if unit == "share":
        number = float(text.rstrip("% ").replace(",", "."))
        return number / 100 if "%" in text or number > 1.5 else number
    return _amount(text)


def _amount(text: str) -> float:
    """``1200000``, ``1,200,000``, ``1.2m`` or ``500k``."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f'expected a number such as 1200000, 1.2m or 500k, found "{text}"')
    return float(re.sub(r"[_,]", "", found[1])) * _SUFFIXES[found[2].lower()]


def _problem(text: str, message: str, hint: str = "") -> InputError:
    return InputError(f"--target {text}", [Problem(path="", message=message, hint=hint)])


def response_percentile(run: Run, window: Window, share: float, stages: Sequence[str]) -> Floats:
    """A percentile of the days from a lead's creation to its first task's start, shape (R,).

    Over the leads created since the start whose first task starts in the window; NaN where there is none.

    Parameters
    ----------
    run : Run
        With visits.
    window : Window
    share : float
        The percentile as a share, such as 0.9.
    stages : sequence of str
        Those with work.
    """
    if run.visits is None:
        raise FunnelSimError("the percentile of first responses needs the run's visits")
    leads = (
        run.visits.group_by("replication", "lead")
        .agg(
            pl.col("entered").min().alias("created"),
            pl.col("started").filter(pl.col("stage").is_in(list(stages))).min().alias("first"),
        )
        .filter(
            pl.col("first").is_between(window.start_day, window.end_day, closed="left"),
            # Of leads from before the start the first response may be unknown.
            pl.col("created") >= 0,
        )
    )
    found = leads.group_by("replication").agg(
        (pl.col("first") - pl.col("created")).quantile(share, "linear").alias("days")
    )
    values = np.full(run.size, np.nan)
    values[run.places_of(found["replication"])] = found["days"].to_numpy()
    return values
