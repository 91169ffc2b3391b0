"""A fit of ordinary data never crashes: of every odd history there is a model that forecasts, or a clear refusal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from funnelsim.core.errors import FunnelSimError
from funnelsim.fitting.files import report_document, write_fit
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.forecasting.forecast import forecast
from funnelsim.model.files import read_funnel
from funnelsim.report.screens.fit import print_fit
from funnelsim.report.screens.forecast import print_forecast

from .small_histories import small_history

DRAWS, REPLICATIONS = 8, 16


def lived_through(number: int, folder: Path) -> str:
    """Fit, write, read and forecast a history; what a refusal says, empty where there is a model.

    Warnings are errors, so a division by zero on the way is one.
    """
    history = small_history(number)
    options = _options(number)
    try:
        fit = fit_funnel(history, draws=DRAWS, workers=1, **options)
    except FunnelSimError as error:
        return re.sub(r"small \d+", "small", str(error))
    path = folder / f"model{number}.toml"
    write_fit(fit, path)
    funnel = read_funnel(path)
    assert fit.draws is not None
    assert np.isfinite(fit.draws.to_numpy()).all()
    print_fit(report_document(fit, path.name), Console(file=io.StringIO(), width=100))
    found = forecast(
        funnel,
        history=history,
        period=str(funnel.model.start.year + 1),
        replications=REPLICATIONS,
        deals=funnel.pipeline is not None,
        workers=1,
    )
    document = found.document()
    json.dumps(document, allow_nan=False)
    print_forecast(document, Console(file=io.StringIO(), width=100))
    for values in (found.periods[0].bookings, found.periods[0].wins):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    return ""


def _options(number: int) -> dict[str, Any]:
    rng = np.random.default_rng([17, number])
    return {
        "frailty": bool(rng.random() < 0.2),
        "horizon_days": None if rng.random() < 0.15 else float(rng.choice([3.5, 45, 180])),
        "at_once": str(rng.choice(["hours", "time"])),
        "covariates": bool(rng.random() < 0.5),
        "segments": "auto" if rng.random() < 0.15 else "none",
    }
