"""A fit never crashes: of every odd little history there is a model that forecasts, or a clear refusal."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from funnelsim.core.errors import FunnelSimError
from funnelsim.fitting.files import report_document, write_fit
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.forecasting.forecast import forecast
from funnelsim.model.files.model_files import read_funnel
from funnelsim.report.screens.fit import print_fit
from funnelsim.report.screens.forecast import print_forecast

from .small_histories import small_history

#: Of every n-th history also effects, screens and the forecast by deal.
EVERY = 3
#: Of the first so many histories `make test` takes every fifth, and `make verify` the rest.
FIRST = 300


def lived_through(number: int, folder: Path, *, whole: bool = True) -> str:
    """Fit, write, read and forecast a history; what a refusal says, empty where there is a model.

    Warnings are errors, so a division by zero on the way is one.
    """
    history = small_history(number)
    options = _options(number) if whole else {**_options(number), "covariates": False, "segments": "none"}
    try:
        fit = fit_funnel(history, draws=8 if whole else 2, workers=1, **options)
    except FunnelSimError as error:
        return str(error)
    path = folder / f"model{number}.toml"
    write_fit(fit, path)
    funnel = read_funnel(path)
    assert fit.draws is not None
    assert np.isfinite(fit.draws.to_numpy()).all()
    found = forecast(
        funnel,
        history=history,
        period=str(funnel.model.start.year + 1) if whole else None,
        replications=16 if whole else 4,
        deals=whole and funnel.pipeline is not None,
        workers=1,
    )
    document = found.document()
    json.dumps(document, allow_nan=False)
    if whole:
        print_fit(report_document(fit, path.name), Console(file=io.StringIO(), width=100))
        print_forecast(document, Console(file=io.StringIO(), width=100))
    for values in (found.periods[0].bookings, found.periods[0].wins):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    return ""


def _options(number: int) -> dict[str, Any]:
    rng = np.random.default_rng([17, number])
    return {
        "horizon_days": None if rng.random() < 0.15 else float(rng.choice([3.5, 45, 180])),
        "at_once": str(rng.choice(["hours", "time"])),
        "covariates": bool(rng.random() < 0.5),
        "segments": "auto" if rng.random() < 0.15 else "none",
    }


def _live_through(numbers: Sequence[int], folder: Path) -> None:
    """Histories with a win give a model, and what is refused is refused in words that somebody wrote."""
    told = [lived_through(number, folder, whole=number % EVERY == 0) for number in numbers]
    refused = [text for text in told if text]
    assert len(refused) <= _MOST_REFUSED * len(numbers)
    assert all(any(words in text for words in _REFUSALS) for text in refused), set(refused)


#: A history that nobody has moved in, or without a win or an end, is none to learn from.
_REFUSALS = ("nobody has left any stage yet", "no deal is won", "no segments")
_MOST_REFUSED = 0.6


@pytest.mark.parametrize("chunk", range(4))
def test_little_histories_give_models(chunk: int, tmp_path: Path) -> None:
    _live_through(range(chunk * 75, (chunk + 1) * 75, 5), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(206))
def test_ten_thousand_little_histories_give_models(chunk: int, tmp_path: Path) -> None:
    numbers = range(chunk * 50, (chunk + 1) * 50)
    _live_through([number for number in numbers if number >= FIRST or number % 5], tmp_path)
