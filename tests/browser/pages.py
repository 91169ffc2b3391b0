"""The pages that are opened in a browser: name, and what makes the HTML."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from funnelsim.history.files.events import History
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.report.pages.page import report_page
from tests.unit.made_up_history import day, history_of, won
from tests.unit.report import made_up
from tests.unit.report.made_up_backtests import backtest_document
from tests.unit.report.made_up_friction import friction_document
from tests.unit.report.made_up_maps import six_stages
from tests.unit.report.made_up_reverse import reverse_document
from tests.unit.report.made_up_sensitivity import sensitivity_document
from tests.unit.report.test_html import fit_document

GOLDEN = Path(__file__).parents[1] / "golden"


def monday(name: str = "Made-up Ltd") -> str:
    """All that a report can hold, of one company."""
    forecast = made_up.forecast_document(name=name)
    forecast["funnel"] = made_up.funnel_stages()
    forecast["warnings"] = ["from the fit: 3 open deals are probably dead", "nothing is known of August"]
    forecast["assumptions"] = ["Reps work on one deal at a time."]
    for deal in forecast["deals"]:
        deal["account"] = f"Account of {deal['name']}"
    staff = json.loads((GOLDEN / "staff.json").read_text(encoding="utf-8"))
    documents: list[dict[str, Any]] = [
        forecast,
        made_up.compare_document(),
        made_up.with_reps(made_up.simulate_document()),
        friction_document(),
        backtest_document(),
        staff,
        six_stages().as_json(),
        kpi(_two_years(), by="quarter").document(),
        sensitivity_document(),
        reverse_document(),
        fit_document(name),
    ]
    return report_page([one | {"name": name, "currency": "USD"} for one in documents], title=name)


def _two_years() -> History:
    wins = [
        won(day(month, 5 + 7 * k, year), 300.0 + 50 * k)
        for year in (2024, 2025)
        for month in range(1, 13)
        for k in range(3)
    ]
    return history_of(*wins)


PAGES: dict[str, Callable[[], str]] = {
    "report": monday,
    "report with long names": lambda: monday("Donaudampfschifffahrtsgesellschaft<b>" * 5),
}
