"""The reference pages say what the code says."""

from __future__ import annotations

import re

from funnelsim.metrics.kpi.definitions import KPIS, conversion
from funnelsim.metrics.kpi.figures import CHARTS
from funnelsim.metrics.names import BY_ROLE, BY_STAGE, WHOLE
from tests.docs.commands_page import PAGE, commands_page
from tests.docs.pages import ROOT

_UNITS = {"count": "number", "money": "money", "days": "days", "share": "share"}


def test_the_page_of_commands_is_that_of_the_code() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == commands_page(), "run python -m tests.docs.commands_page"


def test_the_page_of_metrics_has_each_with_its_unit_and_good_direction() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z_]+(?:\.[A-Z]+)?)` \| (\w+) \| (\w+) \|", page, re.MULTILINE)
    known = [
        *((name, metric) for name, metric in WHOLE.items()),
        *((f"{name}.STAGE", metric) for name, metric in BY_STAGE.items()),
        *((f"{name}.ROLE", metric) for name, metric in BY_ROLE.items()),
    ]
    assert documented == [(n, _UNITS[m.unit], "more" if m.more_is_better else "less") for n, m in known]


def test_the_page_of_metrics_has_each_key_figure_with_its_unit_and_chart() -> None:
    """Mutant: a figure that is added to the code alone."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z ]+) \| (\w) chart \|", page, re.MULTILINE)
    documented = {name: row[1:] for row in rows for name in re.findall(r"`([^`]+)`", row[0])}
    units = {**_UNITS, "ratio": "ratio"}
    known = {name: (units[kpi.unit], CHARTS[kpi.kind]) for name, kpi in KPIS.items()}
    known["velocity"] = ("money a day", "X")
    known["conversion.STAGE"] = ("share", CHARTS[conversion("demo").kind])
    assert documented == known
