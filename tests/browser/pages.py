"""The pages that are opened in a browser: name, and what makes the HTML."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from funnelsim.history.files.events import History
from funnelsim.metrics.flow.document import flow_document
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.model.files.model_files import read_funnel
from funnelsim.processmap.of_history import history_map
from funnelsim.processmap.of_model import model_map
from funnelsim.processmap.playbook.build import playbook
from funnelsim.report.pages.map_page import map_page
from funnelsim.report.pages.page import report_page
from funnelsim.report.pages.playbook import playbook_page
from tests.unit.made_up_history import day, history_of, won
from tests.unit.report import made_up
from tests.unit.report.made_up_backtests import backtest_document
from tests.unit.report.made_up_flow import flow
from tests.unit.report.made_up_friction import friction_document
from tests.unit.report.made_up_maps import six_stages
from tests.unit.report.made_up_reverse import reverse_document
from tests.unit.report.made_up_sensitivity import sensitivity_document
from tests.unit.report.test_html import fit_document

SCENARIOS = Path(__file__).parents[2] / "scenarios"
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
        flow(),
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


def _of_a_history() -> str:
    past = _two_years()
    parts = [history_map(past).as_json(), flow_document(past).as_json(), kpi(past).document()]
    return report_page(parts)


def _playbook() -> str:
    funnel = read_funnel(SCENARIOS / "full_process_map.toml")
    cards = playbook(funnel, today=dt.date(2026, 2, 9))
    return playbook_page(cards, model_map(funnel), template="funnelsim playbook --template texts.toml")


REPORTS: dict[str, Callable[[], str]] = {
    "report": monday,
    "report with long names": lambda: monday("Donaudampfschifffahrtsgesellschaft<b>" * 5),
}
PAGES: dict[str, Callable[[], str]] = {
    **REPORTS,
    "report of a history": _of_a_history,
    "map": lambda: map_page(history_map(_two_years())),
    "playbook": _playbook,
}
