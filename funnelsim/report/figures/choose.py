"""Which figure to draw from some documents, by its name or by what the documents are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.read import typed
from funnelsim.documents.record import DocumentError
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.stages import FunnelStage
from funnelsim.report.figures.attainment import attainment_figure
from funnelsim.report.figures.backtest import backtest_figure
from funnelsim.report.figures.bridge import bridge_figure
from funnelsim.report.figures.calibration import calibration_figure
from funnelsim.report.figures.closes import closes_figure
from funnelsim.report.figures.comparison import comparison_figure
from funnelsim.report.figures.fan import fan_figure
from funnelsim.report.figures.flow.ageing import ageing_figure
from funnelsim.report.figures.flow.cohorts import cohorts_figure
from funnelsim.report.figures.flow.cumulative_flow import cumulative_flow_figure
from funnelsim.report.figures.flow.cycle_times import cycle_times_figure
from funnelsim.report.figures.forecast import forecast_figure
from funnelsim.report.figures.friction import friction_figure
from funnelsim.report.figures.funnel import funnel_figure
from funnelsim.report.figures.groups import groups_figure
from funnelsim.report.figures.incidence import incidence_figure
from funnelsim.report.figures.kpi import kpi_figure
from funnelsim.report.figures.process_map import map_figure
from funnelsim.report.figures.reverse import reverse_figure
from funnelsim.report.figures.sensitivity import sensitivity_figure
from funnelsim.report.figures.staffing import staffing_figure
from funnelsim.report.figures.subtitles import funnel_subtitle
from funnelsim.report.figures.utilisation import utilisation_figure
from funnelsim.report.figures.waterfall import waterfall_figure

Documents = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure: the commands whose documents it can be drawn from, and how."""

    commands: tuple[str, ...]
    draw: Callable[[Mapping[str, Any], int | str, str], Figure]


def _of(command: str, draw: Callable[[Mapping[str, Any]], Figure]) -> Drawn:
    return Drawn((command,), lambda document, _period, _metric: draw(document))


def _of_period(draw: Callable[[Mapping[str, Any], int | str], Figure]) -> Drawn:
    return Drawn(("forecast",), lambda document, period, _metric: draw(document, period))


#: Every figure but `fan`, which takes several documents.
FIGURES = {
    "forecast": _of_period(forecast_figure),
    "attainment": _of_period(attainment_figure),
    "waterfall": _of_period(waterfall_figure),
    "groups": _of_period(groups_figure),
    "comparison": Drawn(("compare",), lambda document, _period, metric: comparison_figure(document, metric)),
    "friction": _of("friction", friction_figure),
    "bridge": _of("bridge", bridge_figure),
    "kpi": _of("kpi", kpi_figure),
    "map": _of("map", map_figure),
    "cumulative_flow": _of("flow", cumulative_flow_figure),
    "cycle_times": _of("flow", cycle_times_figure),
    "ageing": _of("flow", ageing_figure),
    "cohorts": _of("flow", cohorts_figure),
    "funnel": Drawn(("forecast", "simulate", "fit"), lambda document, _period, _metric: _funnel(document)),
    "utilisation": _of("simulate", utilisation_figure),
    "incidence": _of("fit", incidence_figure),
    "closes": _of("fit", closes_figure),
    "backtest": _of("backtest", backtest_figure),
    "calibration": _of("backtest", calibration_figure),
    "reverse": _of("reverse", reverse_figure),
    "staffing": _of("staff", staffing_figure),
    "sensitivity": _of("sensitivity", sensitivity_figure),
}
FAN = "fan"
_FIRST_CHOICE = {
    "forecast": "forecast",
    "compare": "comparison",
    "friction": "friction",
    "bridge": "bridge",
    "kpi": "kpi",
    "map": "map",
    "flow": "ageing",
    "simulate": "funnel",
    "fit": "funnel",
    "backtest": "backtest",
    "reverse": "reverse",
    "staff": "staffing",
    "sensitivity": "sensitivity",
}


def document_figure(
    documents: Sequence[Mapping[str, Any]],
    name: str | None = None,
    *,
    period: int | str = 0,
    metric: str = "",
) -> Figure:
    """One figure from the first document that has it.

    Parameters
    ----------
    documents : sequence of mappings
        JSON documents of commands.
    name : str, optional
        Of `FIGURES`, or `FAN`; default: what suits the first document.
    period : int or str, default 0
        Which period of a forecast.
    metric : str, optional
        Which metric of a comparison; default bookings, or wins where nothing has an amount.

    Raises
    ------
    DocumentError
        If no document has the figure.
    """
    if not documents:
        raise DocumentError("report", [Problem(path="", message="there is no document to draw")])
    chosen = name or _FIRST_CHOICE[typed(documents[0]).command]
    if chosen == FAN:
        return fan_figure(documents, period)
    figure = FIGURES[chosen]
    for document in documents:
        if document.get("command") in figure.commands and (chosen != "funnel" or _stages(document)):
            return figure.draw(document, period, metric)
    wanted = " or ".join(figure.commands)
    message = f"none of the documents has the data of the {chosen} figure; give one of {wanted} --json"
    if figure.commands == ("flow",):
        message = f"the {chosen} figure is drawn from a history; give the folder that import wrote"
    raise DocumentError("report", [Problem(path="", message=message)])


def _funnel(document: Mapping[str, Any]) -> Figure:
    return funnel_figure(
        [stage.model_dump() for stage in _stages(document)],
        subtitle=funnel_subtitle(typed(document)),
    )


def _stages(document: Mapping[str, Any]) -> Sequence[FunnelStage]:
    known = typed(document)
    if isinstance(known, SimulateDocument):
        # Its figures are means over the span; nothing is open now.
        return [row.model_copy(update={"open": None}) for row in known.funnel_rows]
    return getattr(known, "funnel", ())
