"""Figures of a history, of utilisation, of parts and of forecasts over time can be read in the hard cases."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from funnelsim.documents.record import DocumentError
from funnelsim.report.figures.fan import fan_figure
from funnelsim.report.figures.flow.ageing import ageing_figure
from funnelsim.report.figures.flow.cohorts import cohorts_figure
from funnelsim.report.figures.flow.cumulative_flow import cumulative_flow_figure
from funnelsim.report.figures.flow.cycle_times import cycle_times_figure
from funnelsim.report.figures.utilisation import utilisation_figure
from funnelsim.report.figures.waterfall import waterfall_figure
from funnelsim.report.style import theme
from funnelsim.report.style.dark import BACKGROUND, DARK, make_dark
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.made_up_flow import CASES, flow

FIGURES = (cumulative_flow_figure, cycle_times_figure, ageing_figure, cohorts_figure)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", FIGURES)
def test_every_text_can_be_read(draw: Callable[..., Figure], case: str) -> None:
    check_texts(draw(CASES[case]))


@pytest.mark.parametrize("draw", FIGURES)
def test_a_history_without_events_is_refused(draw: Callable[..., Figure]) -> None:
    with pytest.raises(DocumentError):
        draw({"format": 1, "command": "flow", "noun": "deal"})


def test_the_titles_say_the_finding() -> None:
    assert "2 open deals are older" not in words(ageing_figure(flow()))
    assert "4 open deals are older in their stage than any" in words(ageing_figure(flow()))
    assert "No open deal is older" in words(ageing_figure(flow(older=0)))
    assert "Half of the wins take up to 52 days, 85 % up to 76 days" in words(cycle_times_figure(flow()))


def utilisation(roles: tuple[str, ...], weeks: int = 26) -> dict[str, Any]:
    busy = {f"utilisation.{role}": {"mean": 0.8, "p10": 0.7, "p90": 0.9} for role in roles}
    return {
        "format": 1,
        "command": "simulate",
        "name": "Acme",
        "metrics": busy,
        "periods": [{"period": f"2026W{k + 1:02d}", "metrics": busy} for k in range(weeks)],
    }


def test_utilisation_names_the_busiest_role() -> None:
    document = utilisation(("ae", "sdr"))
    document["metrics"]["utilisation.sdr"] = {"mean": 0.93}
    figure = utilisation_figure(document)
    check_texts(figure)
    assert "sdr: 93 % of the hours are spent on tasks" in words(figure)


@pytest.mark.parametrize("document", [utilisation(()), utilisation(("ae",), weeks=0)])
def test_without_roles_or_periods_there_is_no_utilisation(document: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="no roles"):
        utilisation_figure(document)


@pytest.mark.parametrize(
    "change", [{}, {"quota": None}, {"size": 1e7, "quota": 1.2e13}, {"booked": 0}, {"quota": 100}]
)
def test_the_waterfall_adds_up(change: dict[str, Any]) -> None:
    """The parts end at what is expected, and the gap at the quota. Catches a gap of the wrong sign."""
    figure = waterfall_figure(made_up.forecast_document(**change))
    check_texts(figure)
    bars = [patch for patch in figure.axes[0].patches if patch.get_width() > 0]  # type: ignore[attr-defined]
    names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    tops = {n: bar.get_y() + bar.get_height() for n, bar in zip(names, bars, strict=True)}  # type: ignore[attr-defined]
    last_part = names[names.index("expected") - 1]
    assert tops[last_part] == pytest.approx(tops["expected"])
    if "quota" in names:
        gap = next(name for name in names if name in ("short of quota", "above quota"))
        assert tops[gap] == pytest.approx(tops["quota"])
        assert (gap == "short of quota") == (tops["quota"] > tops["expected"])


def weekly(count: int) -> list[dict[str, Any]]:
    found = []
    for week in range(count):
        one = copy.deepcopy(made_up.forecast_document())
        one["as_of"] = str(dt.date(2026, 1, 5) + dt.timedelta(weeks=week))
        found.append(one)
    return found


def test_a_fan_needs_two_dates() -> None:
    check_texts(fan_figure(weekly(5)))
    for few in (weekly(1), weekly(1) * 2, []):
        with pytest.raises(DocumentError, match="at least two dates"):
            fan_figure(few)


def test_a_fan_ends_at_the_actual_with_its_value() -> None:
    """Booked so far goes on to it. Mutant: the line of what is booked ends at the last forecast."""
    figure = fan_figure(weekly(3), actual=1_234_567.0)
    check_texts(figure)
    assert any("1.23" in text.get_text() for text in figure.axes[0].texts)
    assert 1_234_567.0 in figure.axes[0].lines[1].get_ydata()


def test_a_dark_figure_has_the_same_texts_on_a_dark_page() -> None:
    light = words(ageing_figure(flow()))
    dark = make_dark(ageing_figure(flow()))
    assert words(dark) == light
    assert to_rgb(dark.get_facecolor()) == to_rgb(BACKGROUND)


def luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("colour", [theme.INK, theme.GREY])
def test_texts_have_enough_contrast(colour: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, light and dark."""
    for text, page in ((colour, "#FFFFFF"), (DARK[colour], BACKGROUND)):
        high, low = sorted((luminance(text), luminance(page)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
