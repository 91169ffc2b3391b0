"""Names of the methods of a backtest, and which of them is the strongest."""

from __future__ import annotations

import math

from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.report.words.names import plain

_NAMES = {
    "weighted_pipeline": "weighted pipeline",
    "weighted_pipeline_past_errors": "weighted pipeline with past errors",
    "crm_probability": "CRM probability",
    "crm_commit": "CRM commit",
    "crm_best_case": "CRM commit and best case",
    "run_rate": "run-rate",
    "seasonal_naive": "same period last season",
    "auto_ets": "exponential smoothing",
}


def forecaster_name(name: str) -> str:
    """``run_rate`` in words; funnelsim's own rows keep their names."""
    return _NAMES.get(name) or plain(name.replace("_", " "))


def is_ours(name: str) -> bool:
    """Whether it is funnelsim, as it is or varied."""
    return name.split(",")[0] == OURS


def others(document: BacktestDocument) -> list[str]:
    """The other methods, the strongest against funnelsim first; those with forecasts at half of the origins
    or more come before the rest.
    """

    def weakness(name: str) -> tuple[bool, float]:
        rare = 2 * document.summary.told[name] < len(document.origins)
        skill = document.summary.skill[name].value
        return rare, math.inf if skill is None else skill

    return sorted((name for name in document.forecasters if not is_ours(name)), key=weakness)


def ours_beside(document: BacktestDocument, name: str) -> float | None:
    """CRPS over mean actual of funnelsim, at the origins at which another method has a forecast."""
    both = [
        (origin.crps, origin.actual) for origin in document.origins if origin.forecast_of(name) is not None
    ]
    actual = sum(actual for _, actual in both)
    return sum(score for score, _ in both) / actual if actual > 0 else None


def closer_than_ours(document: BacktestDocument, name: str) -> int:
    """At how many origins another method had the better score."""
    pairs = ((origin.crps, origin.forecast_of(name)) for origin in document.origins)
    return sum(other.crps < ours for ours, other in pairs if other is not None)


def held(document: BacktestDocument, range_: str, name: str = OURS) -> int:
    """At how many origins a central range, such as ``"80"``, contained the actual result."""
    covered = document.summary.coverage_intervals[name][range_].value
    return round((covered or 0.0) * document.summary.told[name])
