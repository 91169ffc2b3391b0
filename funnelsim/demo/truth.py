"""Compare a fit of the sample company with its true parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.model.files.model_files import Funnel


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One parameter: what it is, its true value, its estimate, and the 90 % interval of the draws.

    ``low`` and ``high`` are NaN where the draws do not hold the parameter itself.
    """

    what: str
    unit: str
    true: float
    estimate: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        return self.low <= self.true <= self.high


def against_truth(company: Funnel, fitted: Funnel) -> list[Compared]:
    """Probabilities of moving on and rates of arrival, one row each."""
    return [*_probabilities(company, fitted), *_rates(company, fitted)]


def _probabilities(company: Funnel, fitted: Funnel) -> Iterator[Compared]:
    for key, stage in company.model.stages.items():
        estimate = fitted.model.stages[key].exits
        for name, e in stage.exits.items():
            if e.to == "lost" or name not in estimate:
                continue
            low, high = _interval(fitted.draws, f"stages.{key}.exits.{name}.p")
            yield Compared(
                what=f"{stage.name or key} -> {_target_name(company, e.to)}",
                unit="probability",
                true=e.p,
                estimate=estimate[name].p,
                low=low,
                high=high,
            )


def _rates(company: Funnel, fitted: Funnel) -> Iterator[Compared]:
    for key, source in company.model.sources.items():
        if key not in fitted.model.sources:
            continue
        low, high = _interval(fitted.draws, f"sources.{key}.rate")
        yield Compared(
            what=f"{source.name or key} leads",
            unit="per day",
            true=source.rate,
            estimate=fitted.model.sources[key].rate,
            low=low,
            high=high,
        )


def _target_name(company: Funnel, key: str) -> str:
    stage = company.model.stages.get(key)
    return key.replace("_", " ") if stage is None else stage.name or key


def _interval(draws: pl.DataFrame | None, path: str) -> tuple[float, float]:
    if draws is None or path not in draws.columns:
        return float("nan"), float("nan")
    low, high = np.quantile(draws[path].to_numpy(), [0.05, 0.95])
    return float(low), float(high)
