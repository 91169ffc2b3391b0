"""Which figure to draw from some documents, by its name or by what the documents are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.read import typed
from funnelsim.documents.record import DocumentError
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.stages import FunnelStage
from funnelsim.report.figures.attainment import attainment_figure
from funnelsim.report.figures.backtest import backtest_figure
from funnelsim.report.figures.calibration import calibration_figure
from funnelsim.report.figures.closes import closes_figure
from funnelsim.report.figures.comparison import comparison_figure
from funnelsim.report.figures.forecast import forecast_figure
from funnelsim.report.figures.friction import friction_figure
from funnelsim.report.figures.funnel import funnel_figure
from funnelsim.report.figures.incidence import incidence_figure
from funnelsim.report.figures.kpi import kpi_figure
from funnelsim.report.figures.reverse import reverse_figure
from funnelsim.report.figures.sensitivity import sensitivity_figure
from funnelsim.report.figures.staffing import staffing_figure
from funnelsim.report.figures.subtitles import funnel_subtitle

#: Each figure, and the documents it can be drawn from.
FIGURES = {
    "forecast": ("forecast",),
    "attainment": ("forecast",),
    "comparison": ("compare",),
    "friction": ("friction",),
    "kpi": ("kpi",),
    "funnel": ("forecast", "simulate", "fit"),
    "incidence": ("fit",),
    "closes": ("fit",),
    "backtest": ("backtest",),
    "calibration": ("backtest",),
    "reverse": ("reverse",),
    "staffing": ("staff",),
    "sensitivity": ("sensitivity",),
}
_FIRST_CHOICE = {
    "forecast": "forecast",
    "compare": "comparison",
    "friction": "friction",
    "kpi": "kpi",
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
        Of `FIGURES`; default: what suits the first document.
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
    for document in documents:
        if document.get("command") not in FIGURES[chosen]:
            continue
        match chosen:
            case "forecast":
                return forecast_figure(document, period)
            case "attainment":
                return attainment_figure(document, period)
            case "comparison":
                return comparison_figure(document, metric)
            case "friction":
                return friction_figure(document)
            case "kpi":
                return kpi_figure(document)
            case "incidence":
                return incidence_figure(document)
            case "closes":
                return closes_figure(document)
            case "backtest":
                return backtest_figure(document)
            case "calibration":
                return calibration_figure(document)
            case "reverse":
                return reverse_figure(document)
            case "staffing":
                return staffing_figure(document)
            case "sensitivity":
                return sensitivity_figure(document)
        stages = _stages(document)
        if stages:
            return funnel_figure(
                [stage.model_dump() for stage in stages],
                title="The funnel, stage by stage",
                subtitle=funnel_subtitle(typed(document)),
            )
    wanted = " or ".join(FIGURES[chosen])
    message = f"none of the documents has the data of the {chosen} figure; give one of {wanted} --json"
    raise DocumentError("report", [Problem(path="", message=message)])


def _stages(document: Mapping[str, Any]) -> Sequence[FunnelStage]:
    known = typed(document)
    if isinstance(known, SimulateDocument):
        # Its figures are means over the span; nothing is open now.
        return [row.model_copy(update={"open": None}) for row in known.funnel_rows]
    return getattr(known, "funnel", ())
