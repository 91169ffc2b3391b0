"""A hiring plan on the screen, in a figure and on a page."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from funnelsim.documents.record import DocumentError
from funnelsim.documents.staff import StaffDocument
from funnelsim.documents.staff_reps import StartOfHires, TopDownAnswer
from funnelsim.documents.validate import read_as
from funnelsim.report.figures import staffing_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.staff import print_staff
from funnelsim.report.words.rep_productivity import _starts
from tests.unit.report.artists import words
from tests.unit.report.made_up import LONG_STAGES, provenance

ROLES = {"sdr": "SDR", "ae": "AE"}
LONG_ROLES = {
    "sdr": "Sales development rep for inbound and outbound leads of the mid-market",
    "ae": "Account executive",
    "se": "Donaudampfschifffahrtsgesellschaftskapitän",
    "csm": "Customer success manager, renewals and expansion",
}


def plan(name: str, roles: dict[str, str], **changed: Any) -> dict[str, Any]:
    return {
        "name": name,
        "headcount": dict.fromkeys(roles, 4),
        "hires": [],
        "cost": 1_260_000.0,
        "yearly_cost": 0.0,
        "probability": 0.31,
        "mc_error": 0.01,
        "meets": False,
        "quota_credit": 4.1e6,
        "bookings": 4.3e6,
        "profit": 3.0e6,
        "levels": {},
        "utilisation": {role: 0.84 + 0.02 * n for n, role in enumerate(roles)},
        "waits": {"demo": 0.4},
        "first_response_days": 2.1,
    } | changed


def staff_document(roles: dict[str, str] = ROLES, **changed: Any) -> dict[str, Any]:
    hires = [{"role": role, "count": 1, "on": f"2026-0{n + 2}-01"} for n, role in enumerate(roles)]
    return {
        "format": 1,
        "command": "staff",
        "provenance": provenance(),
        "name": "SaaS, mid-market",
        "noun": "lead",
        "currency": "USD",
        "amount_is": "ACV",
        "stage_names": {"demo": LONG_STAGES[6]},
        "role_names": roles,
        "mode": "bottom_up",
        "period": "2026",
        "start": "2026-01-01",
        "end": "2026-12-31",
        "days": 365.0,
        "target": {"quota": 4_800_000, "confidence": 0.8, "levels": []},
        "plans": [
            plan("today", roles),
            plan(
                "cheapest", roles, hires=hires, cost=1.492e6, probability=0.82, meets=True, yearly_cost=2.7e5
            ),
            plan("next cheaper", roles, hires=hires[:1], cost=1.41e6, probability=0.774),
            plan("safer", roles, hires=hires, cost=1.875e6, probability=0.91, meets=True),
        ],
        "chosen": "cheapest",
        "frontier": [
            {"headcount": {}, "hires": [], "cost": 1.26e6, "probability": 0.31},
            {"headcount": {}, "hires": hires, "cost": 1.492e6, "probability": 0.82},
        ],
        "binding_role": "sdr",
        "measure": "quota_credit",
        "one_more": {role: {"mean": 9e4 - 3e4 * n, "low": 1e3, "high": 2e5} for n, role in enumerate(roles)},
        "unlimited_probability": 0.97,
        "timing": [
            {"role": "sdr", "latest_useful_start": "2026-04-01", "payback_months": 5, "payback_within": 18},
            {"role": "ae", "latest_useful_start": None, "payback_months": None, "payback_within": 18},
        ],
        "guarantee": {
            "method": "feasibility check",
            "text": "with 95 % confidence the chosen plan has a chance of at least 78 %",
            "complete": True,
        },
        "spreadsheet": {
            "role": "ae",
            "productivity": 60_000.0,
            "stated": True,
            "rep_months": 80.5,
            "result": 4.83e6,
            "headcount": dict.fromkeys(roles, 4),
            "hires": [{"role": "ae", "count": 1, "on": "2026-01-01"}],
            "cost": 1.44e6,
            "probability": 0.44,
            "meets": False,
            "why": ["it cannot see that SDR is the bottleneck"],
        },
        "search": {"simulated": 31, "ruled_out": 4},
        "warnings": [],
    } | changed


LEVEL = {"text": "wait_days.demo<=1d", "metric": "wait_days.demo", "bound": 1.0, "at_most": True}


def service_document(roles: dict[str, str] = ROLES) -> dict[str, Any]:
    document = staff_document(roles, target={"levels": [LEVEL]}, standing=True, frontier=[], period="")
    for n, one in enumerate(document["plans"]):
        one["levels"] = {LEVEL["text"]: 3.0 - 0.9 * n}
    return document | {"measure": "wait_days.demo", "spreadsheet": None}


def profit_document() -> dict[str, Any]:
    plans = [plan("today", ROLES), plan("most profitable", ROLES, profit=3.3e6, cost=1.4e6)]
    for one in plans:
        one |= {"probability": None, "meets": None}
    return staff_document(
        target={}, plans=plans, chosen="most profitable", frontier=[], spreadsheet=None, guarantee=None
    )


DOCUMENTS = {
    "quota": staff_document(),
    "long": staff_document(LONG_ROLES),
    "rep-months": staff_document(cost_unit="rep-months", currency=""),
    "service": service_document(),
    "service, long": service_document(LONG_ROLES),
    "profit": profit_document(),
    "none": staff_document(chosen=None, plans=[plan("today", ROLES), plan("largest tried", ROLES)]),
    "today": staff_document(chosen="today", plans=[plan("today", ROLES, probability=0.9, meets=True)]),
}


def screen(document: dict[str, Any], width: int = 110) -> str:
    out = io.StringIO()
    print_staff(document, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 110, 140])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    lines = screen(DOCUMENTS[name], width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_has_a_figure_and_a_section(name: str) -> None:
    figure = staffing_figure(DOCUMENTS[name])
    assert "Plans for" in words(figure)
    assert words(document_figure([DOCUMENTS[name]])) == words(figure)
    page = report_page([DOCUMENTS[name]])
    assert "How many reps" in page
    assert "Mean wait for a rep" in page


@pytest.mark.parametrize("name", ["long", "service, long"])
def test_long_names_leave_the_plans_readable(name: str) -> None:
    """Catches a table whose first columns are squeezed out by the last."""
    on_screen = screen(DOCUMENTS[name])
    for text in ("today", "cheapest", "safer", "1,492"):
        assert text in on_screen


def test_the_screen_answers_first_with_cost_and_dates() -> None:
    on_screen = " ".join(screen(DOCUMENTS["quota"]).split())
    assert "STAFF 2026 (1 January to 31 December 2026): quota USD 4.8 million at 80 % confidence" in on_screen
    assert (
        "Hire 1 SDR from 1 Feb 2026 and 1 AE from 1 Mar 2026: the chance of quota rises from 31 % to 82 %, "
        "for USD 232 thousand more people cost in the span, USD 270 thousand in a full year." in on_screen
    )
    assert "misses by 2.6 points" in on_screen
    assert "Latest useful start: SDR 1 Apr 2026; after it" in on_screen
    assert "Paid back by added bookings: SDR in 5 months, AE not within 18 months." in on_screen
    assert (
        "80.5 ramped AE months x USD 60 thousand (its quota) = USD 4.83 million: +1 AE from 1 Jan 2026 will "
        "do. Simulated, that has a chance of 44 %: it cannot see that SDR is the bottleneck." in on_screen
    )


def test_a_service_level_is_told_in_its_unit_and_the_stages_name() -> None:
    on_screen = " ".join(screen(DOCUMENTS["service"], 140).split())
    assert "at most 1 day" in on_screen
    assert re.search(r"goes from 3 days to 2\.1 days", on_screen)
    assert "wait_days" not in on_screen


def test_a_plan_that_is_not_enough_says_what_the_limit_is() -> None:
    document = DOCUMENTS["none"] | {"unlimited_probability": 0.5}
    on_screen = " ".join(screen(document).split())
    assert "the chance of quota would be 50 %: leads, not reps, are the limit." in on_screen
    hires = [{"role": "ae", "count": 3, "on": "2026-02-01"}]
    late = staff_document(
        chosen=None, plans=[plan("today", ROLES), plan("largest tried", ROLES, hires=hires)]
    )
    more = " ".join(screen(late).split())
    assert "are the limit" not in more
    assert "hires from 1 Feb 2026 cannot make up for it" in more


def test_a_team_that_is_still_busy_is_too_small_not_too_late() -> None:
    largest = plan("largest tried", ROLES, hires=[{"role": "ae", "count": 3, "on": "2026-02-01"}])
    largest["utilisation"] = dict.fromkeys(largest["headcount"], 0.97)
    document = staff_document(chosen=None, plans=[plan("today", ROLES), largest])
    on_screen = " ".join(screen(document).split())
    assert "is still 97 % busy, so it is too small" in on_screen
    assert "cannot make up for it" not in on_screen


def test_a_document_without_plans_is_refused() -> None:
    with pytest.raises(DocumentError, match="plans: holds nothing"):
        staffing_figure(staff_document(plans=[]))


@pytest.mark.parametrize(
    ("chance", "average"), [(0.02, False), (0.34, False), (0.36, True), (0.64, True), (0.7, False)]
)
def test_about_half_of_all_futures_is_said_only_of_a_chance_near_one_half(
    chance: float, average: bool
) -> None:
    why = ["it plans for the average: the quota is then missed in about half of all futures"]
    document = staff_document()
    document["spreadsheet"] = document["spreadsheet"] | {"probability": chance, "why": why}
    on_screen = " ".join(screen(document).split())
    assert ("about half of all futures" in on_screen) == average
    left_out = f"a chance of {100 * chance:.0f} %: it leaves out reps who leave, ramps and chance."
    assert (left_out in on_screen) != average


def test_the_starts_shown_begin_with_the_chosen_one() -> None:
    """Not with those before it, and without dots."""
    starts = [
        {
            "on": f"2026-{month:02}-01",
            "count": 1,
            "probability": 0.9 - 0.05 * month,
            "bookings_per_hire": 1e4 * (12 - month),
            "ramped_months_per_hire": 3.0,
        }
        for month in range(1, 10)
    ]
    document = staff_document(noun="application", measure="bookings", mode="top_down")
    found = read_as(StaffDocument, document, "staff")
    top_down = TopDownAnswer.model_construct(starts=tuple(StartOfHires(**one) for one in starts))
    said = _starts(found.model_copy(update={"top_down": top_down}), top_down)
    assert "by their start: 1 Feb 2026 80 %, 1 Mar 2026 75 %, 1 Apr 2026 70 %. A hire of 1 Feb 2026" in said


def test_a_page_with_all_reps_does_not_say_where_they_are() -> None:
    """Nor does its table of plans have the arrow and the folded heads of the screen."""
    reps = [{"name": f"Rep {n}", "wins": n, "per_month": {"mean": float(n)}} for n in range(1, 7)]
    new = {"name": "Rep 9", "start": "2026-01-02", "rep_months": 1.2, "per_month": {"mean": 200.0}}
    document = staff_document(mode="top_down", cost_unit="rep-months")
    document["top_down"] = {"learnt": {"reps": [*reps, new], "ramp": {"months_lost": {"mean": 1.0}}}}
    page, shown = report_page([document]), " ".join(screen(document).split())
    assert "Least: Rep 3" in page
    assert "All reps:" not in page
    assert "&lt;- " not in page
    assert "rep- months" not in page
    assert "rep-months" in page
    assert "All reps: --json, or --out staff.html." in shown
    assert "Most in a month: Rep 6 (" in shown  # not of one who is still in the ramp
    assert "<- " in shown
