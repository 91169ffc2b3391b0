"""The parameters of a funnel that a sensitivity analysis varies, each by a factor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import ChangeError
from funnelsim.distributions import Distribution
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.changes.parallel_exits import exits_to
from funnelsim.model.changes.paths import value_at
from funnelsim.model.changes.resolve import Resolver
from funnelsim.model.changes.words import path_words
from funnelsim.model.parts import Model, Stage

Kind = Literal["rate", "probability", "time", "amount", "effort", "headcount", "other"]

#: Probabilities this close to 1 leave nothing for the other exits to share.
_CERTAIN = 1 - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value of a model that is varied by a factor.

    Attributes
    ----------
    path : str
    name : str
        The path in words.
    kind : str
    value : float
        In the file: leads per day, probability, days (the median), currency or days of work (the mean), reps.
    most : float
        The largest factor that the value allows: a probability is 1 at most, in each segment and draw.
    """

    path: str
    name: str
    kind: Kind
    value: float
    most: float = math.inf

    def change(self, factor: float) -> SetValue:
        """The change that multiplies the value; a number of reps is rounded."""
        if self.kind == "headcount":
            return SetValue(path=self.path, to=round(self.value * factor))
        return SetValue(path=self.path, by=f"x{factor:.15g}")

    def around(self, step: float) -> tuple[float, float]:
        """Factors a step below and above 1, as far as the value allows; one rep less and more."""
        if self.kind == "headcount":
            return max(self.value - 1, 1) / self.value, (self.value + 1) / self.value
        return 1 - step, min(1 + step, self.most)


def parameters_of(model: Model, draws: pl.DataFrame | None = None) -> tuple[Parameter, ...]:
    """All rates, forward probabilities, times in stage, amounts, efforts and headcounts above 0.

    A probability of a forward exit leads to a later stage, to the place that books, or to ``won``; its
    stage's other exits share the rest. Of a stage with a single exit, the probability is no parameter.
    """
    return tuple(parameter_at(model, path, draws) for path in _paths(model))


def parameter_at(model: Model, path: str, draws: pl.DataFrame | None = None) -> Parameter:
    """The parameter at a path.

    Raises
    ------
    ChangeError
        If there is no such path.
    ValueError
        If the value is not a number or distribution above 0.
    """
    value = value_of(model, path)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"is {value:g}, and only values above 0 can be varied by a factor")
    kind = kind_of(path)
    most = math.inf
    if kind == "probability":
        columns = [] if draws is None or path not in draws.columns else draws[path].to_list()
        # A little less, so that rounding does not lead above 1.
        most = (1 - 1e-12) / max([*columns, *_in_segments(model, path), value])
    return Parameter(
        path=path, name=path_words(model, path) or path, kind=kind, value=float(value), most=most
    )


def value_of(model: Model, path: str) -> float:
    """The number that stands for the value at a path.

    Of times the median, which no heavy tail moves; of amounts and efforts the mean, which bookings depend
    on. For a stage's `after`, the mean of the exits' medians, weighted by probability.

    Raises
    ------
    ChangeError
        If there is no such path.
    ValueError
        If the value has no number.
    """
    keys = path.split(".")
    if kind_of(path) == "time" and len(keys) == 3 and keys[1] in model.stages:
        return _typical_time(model.stages[keys[1]])
    if len(keys) == 5 and keys[2] == "exits" and keys[4] == "p" and keys[1] in model.stages:
        exits = model.stages[keys[1]].exits
        if names := exits_to(exits, keys[3]):
            return math.fsum(exits[name].p for name in names)
    value = value_at(model, path)
    if isinstance(value, Distribution):
        mean = value.mean()
        return mean if value.kind != "duration" and math.isfinite(mean) else float(value.ppf(0.5))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"is {value!r}, not a number or a distribution")


def kind_of(path: str) -> Kind:
    """What a path holds."""
    keys = path.split(".")
    if keys[0] == "segments" and len(keys) > 3:
        keys = keys[2:]
    match keys:
        case ["sources", _, "rate"]:
            return "rate"
        case ["sources" | "segments", _, "amount"]:
            return "amount"
        case ["stages", _, "after"] | ["stages", _, "exits", _, "after"] | ["stages", _, "patience"]:
            return "time"
        case ["stages", _, "exits", _, "p"]:
            return "probability"
        case ["stages", _, "work", *_, "effort"]:
            return "effort"
        case ["roles", _, "headcount"]:
            return "headcount"
    return "other"


def factors_of_draws(model: Model, draws: pl.DataFrame, parameters: Sequence[Parameter]) -> dict[str, Floats]:
    """Each parameter in each draw, divided by its value in the file: path to array, shape (draws,).

    Parameters that the draws do not vary are left out.
    """
    resolver = Resolver(model, draws.columns)
    rows = [resolver.resolve_each(row, [()], [None])[0][0] for row in draws.iter_rows(named=True)]
    factors = {
        one.path: np.array([value_of(row, one.path) for row in rows]) / one.value for one in parameters
    }
    return {path: each for path, each in factors.items() if np.ptp(each) > 1e-9}


def _paths(model: Model) -> Iterator[str]:
    for key, source in model.sources.items():
        if source.rate > 0:
            yield f"sources.{key}.rate"
    for key, stage in model.stages.items():
        yield from _forward(model, key, stage)
    for key, stage in model.stages.items():
        if _typical_time(stage) > 0:
            yield f"stages.{key}.after"
    for table in ("sources", "segments"):
        for key, part in getattr(model, table).items():
            if part.amount is not None and part.amount.mean() > 0:
                yield f"{table}.{key}.amount"
    for key, stage in model.stages.items():
        for place, task in enumerate(stage.work):
            if task.effort.mean() > 0:
                yield (
                    f"stages.{key}.work.{place}.effort"
                    if len(stage.work) > 1
                    else f"stages.{key}.work.effort"
                )
    for key, role in model.roles.items():
        if role.headcount > 0:
            yield f"roles.{key}.headcount"


def _forward(model: Model, key: str, stage: Stage) -> Iterator[str]:
    order = list(model.stages)
    ahead = {*order[order.index(key) + 1 :], model.goal.books_at, "won"} - {key}
    for target in dict.fromkeys(e.to for e in stage.exits.values()):
        names = [name for name, e in stage.exits.items() if e.to == target]
        if target in ahead and 0 < math.fsum(stage.exits[name].p for name in names) < _CERTAIN:
            # A path to an exit with a name of its own changes that exit alone; the target changes them all.
            yield f"stages.{key}.exits.{names[0] if len(names) == 1 else target}.p"


def _typical_time(stage: Stage) -> float:
    times = [
        (e.p, float((e.after or stage.after).ppf(0.5)))  # type: ignore[union-attr]
        for e in stage.exits.values()
        if e.p > 0 and e.to != "never" and (e.after or stage.after) is not None
    ]
    total = math.fsum(p for p, _ in times)
    return math.fsum(p * time for p, time in times) / total if total else 0.0


def _in_segments(model: Model, path: str) -> list[float]:
    """The probability at a path in each segment."""
    if not model.segments:
        return []
    (models,) = Resolver(model).resolve_each(None, [()], list(model.segments))
    found = []
    for each in models:
        try:
            found.append(value_of(each, path))
        except (ChangeError, ValueError):
            continue
    return found
