"""The documents that the golden files hold; ``python -m tests.golden.documents`` writes them anew.

Do so only where the numbers are meant to change, and say why in the changelog.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from funnelsim.engines.run import simulate
from funnelsim.experiments.compare import compare
from funnelsim.experiments.staff import staff
from funnelsim.forecasting.forecast import forecast
from funnelsim.metrics.document import run_document
from funnelsim.model.changes.changes import RemoveStage, Scenario
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.model.scenarios.read import parse_set
from tests.unit.made_up_history import day, history_of, won
from tests.unit.made_up_runs import funnel_with

FOLDER = Path(__file__).parent
SCENARIOS = FOLDER.parents[1] / "scenarios"
REPLICATIONS = 24


def simulate_document() -> dict[str, Any]:
    funnel = read_funnel(SCENARIOS / "f6.toml")
    return run_document(simulate(funnel, days=60, replications=REPLICATIONS), funnel)


def compare_document() -> dict[str, Any]:
    funnel = read_funnel(SCENARIOS / "f6.toml")
    ends = RemoveStage(stage="demo", recovered=(0.0, 1.0), start=dt.date(2026, 2, 1))
    scenarios = [
        Scenario(name="nothing"),
        Scenario(name="no demo from February", changes=(ends,)),
        Scenario(name="surer", changes=(parse_set("stages.sql.exits.demo.p=+5pp", funnel.model),)),
    ]
    return compare(funnel, scenarios, days=60, quota=600_000, replications=REPLICATIONS).document()


def forecast_document() -> dict[str, Any]:
    return forecast(
        _open_funnel(),
        history=history_of(won(day(1, 20), 400.0), won(day(2, 1), 300.0)),
        period=["2026Q1", "2026Q2"],
        replications=REPLICATIONS,
        deals=True,
    ).document()


def staff_document() -> dict[str, Any]:
    funnel = read_funnel(SCENARIOS / "f6_cap.toml")
    targets = ["wait_days.proposal<=4h", "utilisation.sql_reps<=85%"]
    span = {"days": 60, "warmup_days": 60, "replications": 2 * REPLICATIONS}
    return staff(funnel, quota=1_000_000, targets=targets, **span).document()  # type: ignore[arg-type]


def _open_funnel() -> Funnel:
    return funnel_with(
        {"name": "Acme", "amount": 180.0},
        {"name": "Globex", "stage": "demo", "amount": None},
        {"name": "Initech", "age_days": 90.0, "segment": None},
        listed_factor="uniform(low=0.7, high=1.0)",
    )


DOCUMENTS = {
    "simulate": simulate_document,
    "compare": compare_document,
    "forecast": forecast_document,
    "staff": staff_document,
}


def portable(found: Any) -> Any:
    """Without what names a place or a version; figures to ten digits."""
    if isinstance(found, dict):
        hidden = ("model_sha256", "plan_sha256", "version", "model")
        return {key: portable(value) for key, value in found.items() if key not in hidden}
    if isinstance(found, list | tuple):
        return [portable(value) for value in found]
    return float(f"{found:.10g}") if isinstance(found, float) else found


if __name__ == "__main__":
    for name, make in DOCUMENTS.items():
        text = json.dumps(portable(make()), indent=1, allow_nan=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
