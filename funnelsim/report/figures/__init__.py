"""Figures: each takes a JSON document of a command and gives a matplotlib `Figure`."""

from funnelsim.report.figures.attainment import attainment_figure
from funnelsim.report.figures.backtest import backtest_figure
from funnelsim.report.figures.calibration import calibration_figure
from funnelsim.report.figures.comparison import comparison_figure
from funnelsim.report.figures.forecast import forecast_figure
from funnelsim.report.figures.friction import friction_figure
from funnelsim.report.figures.funnel import funnel_figure
from funnelsim.report.figures.kpi import kpi_figure
from funnelsim.report.figures.reverse import reverse_figure
from funnelsim.report.figures.sensitivity import sensitivity_figure
from funnelsim.report.figures.staffing import staffing_figure

__all__ = [
    "attainment_figure",
    "backtest_figure",
    "calibration_figure",
    "comparison_figure",
    "forecast_figure",
    "friction_figure",
    "funnel_figure",
    "kpi_figure",
    "reverse_figure",
    "sensitivity_figure",
    "staffing_figure",
]
