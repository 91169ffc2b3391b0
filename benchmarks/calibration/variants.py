"""A variant of the forecast compared with the plain one, at the origins that have both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.documents.backtest import OURS, BacktestDocument, MethodForecast
from funnelsim.report.pages.section import Grid, columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """CRPS and mean width of the 80 % range, both over the mean actual, and how many ranges were correct."""

    score: float
    width: float
    held: int
    origins: int

    @classmethod
    def of(cls, forecasts: Sequence[MethodForecast], actuals: Sequence[float]) -> Quality:
        low = np.array([one.quantiles[9] for one in forecasts])
        high = np.array([one.quantiles[89] for one in forecasts])
        mean = float(np.mean(actuals))
        return cls(
            score=float(np.mean([one.crps for one in forecasts])) / mean,
            width=float(np.mean(high - low)) / mean,
            held=int(np.sum((low <= actuals) & (actuals <= high))),
            origins=len(forecasts),
        )


def beside(document: BacktestDocument, variant: str) -> tuple[Quality, Quality] | None:
    """Quality of the plain and of the varied forecast; None where no origin has both, or nothing came."""
    both = [origin for origin in document.origins if origin.forecast_of(variant) is not None]
    actuals = [origin.actual for origin in both]
    if not sum(actuals) > 0:
        return None
    plain, varied = (
        Quality.of([made for origin in both if (made := origin.forecast_of(name)) is not None], actuals)
        for name in (OURS, variant)
    )
    return plain, varied


def variant_grid(documents: dict[str, BacktestDocument], variant: str, word: str) -> Grid | None:
    """A row a backtest that has the variant; None where none has it."""
    rows = []
    for title, document in documents.items():
        found = beside(document, variant)
        if found is None:
            continue
        rows.append(
            (
                title,
                f"{found[0].origins}",
                *(f"{one.score:.3f}" for one in found),
                *(f"{one.width:.2f}" for one in found),
                *(f"{one.held} of {one.origins}" for one in found),
            )
        )
    heads = columns(
        "backtest",
        "#origins",
        "#CRPS / mean actual",
        f"#{word}",
        "#width of the 80 % range / mean actual",
        f"#{word}",
        "#inside 80 %",
        f"#{word}",
    )
    return Grid(title="", columns=heads, rows=rows) if rows else None
