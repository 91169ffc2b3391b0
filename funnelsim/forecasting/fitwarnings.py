"""Warnings of the fit that made a model, from its report (MODEL.fit.json)."""

from __future__ import annotations

import json
from typing import Any

from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.files.sidecars import report_beside

#: Prefix of warnings that a forecast repeats from its fit.
OF_THE_FIT = "from the fit: "


MOST_BYTES = 64 * MEGABYTE


def fit_warnings(funnel: Funnel) -> list[str]:
    """The warnings of the fit that made the model.

    There are none if the report of the fit is missing or has another start date. A report that cannot be read
    gives a warning of its own.
    """
    if funnel.path is None:
        return []
    path = report_beside(funnel.path)
    try:
        report: Any = json.loads(read_text(path, most_bytes=MOST_BYTES))
    except (ValueError, RecursionError) as error:
        missing = isinstance(error, UnreadableError) and error.missing
        return [] if missing else [f"{path.name} {_damaged(error)}: the warnings of the fit are unknown"]
    if not isinstance(report, dict) or report.get("command") != "fit":
        return []
    if report.get("start") != funnel.model.start.isoformat():
        return []
    warnings = report.get("warnings")
    if not isinstance(warnings, list):
        return []
    return [f"{OF_THE_FIT}{text}" for text in warnings if isinstance(text, str)]


def _damaged(error: Exception) -> str:
    return str(error) if isinstance(error, UnreadableError) else "is not JSON"
