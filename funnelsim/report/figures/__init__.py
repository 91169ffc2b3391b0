"""Figures: each takes a JSON document of a command and gives a matplotlib `Figure`."""

from funnelsim.report.figures.attainment import attainment_figure
from funnelsim.report.figures.backtest import backtest_figure
from funnelsim.report.figures.calibration import calibration_figure
from funnelsim.report.figures.comparison import comparison_figure
from funnelsim.report.figures.forecast import forecast_figure
from funnelsim.report.figures.funnel import funnel_figure
from funnelsim.report.figures.staffing import staffing_figure

__all__ = [
    "attainment_figure",
    "backtest_figure",
    "calibration_figure",
    "comparison_figure",
    "forecast_figure",
    "funnel_figure",
    "staffing_figure",
]
