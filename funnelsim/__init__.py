"""funnelsim: from a CRM export to next quarter's revenue.

``import funnelsim as fs``; a name is loaded when it is first used, so that importing costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

#: Public name -> (module, name there). What type checkers and editors know stands in `__init__.pyi`.
_PUBLIC = {
    "Funnel": ("model.files.model_files", "Funnel"),
    "FunnelSimError": ("core.errors", "FunnelSimError"),
    "FunnelSimWarning": ("core.errors", "FunnelSimWarning"),
    "History": ("history.files.events", "History"),
    "Model": ("model.parts", "Model"),
    "RemoveStage": ("model.changes.changes", "RemoveStage"),
    "Run": ("results.run", "Run"),
    "Scenario": ("model.changes.changes", "Scenario"),
    "SetValue": ("model.changes.changes", "SetValue"),
    "backtest": ("forecasting.backtest", "backtest"),
    "compare": ("experiments.compare", "compare"),
    "cut": ("history.cleaning.as_of", "cut"),
    "fit_funnel": ("fitting.funnel", "fit_funnel"),
    "forecast": ("forecasting.forecast", "forecast"),
    "friction": ("experiments.friction.friction", "friction"),
    "funnel_of": ("model.files.model_files", "funnel_of"),
    "import_history": ("history.imports", "import_history"),
    "kpi": ("metrics.kpi.kpi", "kpi"),
    "metric_names": ("metrics.names", "metric_names"),
    "metric_summaries": ("metrics.summary", "metric_summaries"),
    "metric_values": ("metrics.names", "metric_values"),
    "parse_set": ("model.scenarios.read", "parse_set"),
    "read_history": ("history.files.folder", "read_history"),
    "read_model": ("model.files.model_files", "read_funnel"),
    "read_scenario": ("model.scenarios.read", "read_scenario"),
    "reverse_funnel": ("experiments.reverse.reverse", "reverse_funnel"),
    "sensitivity": ("experiments.sensitivity.analysis", "sensitivity"),
    "simulate": ("engines.run", "simulate"),
    "staff": ("experiments.staff", "staff"),
    "write_history": ("history.files.folder", "write_history"),
    "write_model": ("model.files.model_files", "write_model"),
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, real_name = _PUBLIC[name]
    value = getattr(importlib.import_module(f"{__name__}.{module}"), real_name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
