"""What follows from a model before any run."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.model.lint.model import expected, lint
from funnelsim.model.lint.process.ways_out import unused_steps
from funnelsim.model.parts import Model


def funnel(back: float, *, orphan: bool = False) -> Model:
    stages = {
        "demo": {"after": "1d", "exits": {"proposal": {"p": 0.5}, "lost": {"p": 0.5}}},
        "proposal": {
            "after": "1d",
            "exits": {"demo": {"p": back}, "won": {"p": 0.4}, "lost": {"p": 0.6 - back}},
        },
    }
    if orphan:
        stages["attic"] = {"after": "900d", "exits": {"lost": {"p": 1.0}}}
    return Model.model_validate(
        {
            "start": dt.date(2026, 1, 1),
            "sources": {"inbound": {"enters": "demo", "rate": 1.0}},
            "stages": stages,
        }
    )


def unused(model: Model) -> list[tuple[str, str]]:
    return [(found.path, found.detail) for found in unused_steps(model)]


def test_visits_per_lead_are_those_of_the_absorbing_chain() -> None:
    """demo is seen 1 / (1 - 0.5 x 0.2) times; catches a chain that forgets to return."""
    found = expected(funnel(0.2))
    assert found.visits_per_lead == pytest.approx({"demo": 1 / 0.9, "proposal": 0.5 / 0.9})
    assert found.wins_per_lead == pytest.approx(0.5 / 0.9 * 0.4)


def test_lint_names_what_no_lead_reaches_and_what_takes_years() -> None:
    assert "no lead enters it" in dict(unused(funnel(0.2, orphan=True)))["stages.attic"]
    notes = [str(note) for note in lint(funnel(0.2, orphan=True))]
    assert any("stages.attic.exits.lost: takes 900 days" in note for note in notes)
    assert list(lint(funnel(0.2))) == []


@pytest.mark.parametrize("half_life", [None, "2d"])
def test_a_lost_exit_of_no_chance_is_noted_unless_waiting_leads_there(half_life: str | None) -> None:
    """Catches a note on the exit that a half-life needs: who waits too long takes it."""
    stage = {
        "after": "1d",
        "work": {"role": "ae", "effort": "1h"},
        "exits": {"won": {"p": 1.0, "wait_half_life": half_life}, "lost": {"p": 0.0}},
    }
    model = Model.model_validate(
        {
            "start": dt.date(2026, 1, 1),
            "calendars": {"office": {"hours": "Mon-Fri 09:00-17:00"}},
            "roles": {"ae": {"headcount": 1, "calendar": "office"}},
            "sources": {"inbound": {"enters": "demo", "rate": 1.0}},
            "stages": {"demo": stage},
        }
    )
    expected = [("stages.demo.exits.lost", "has p = 0 and is never taken")]
    assert unused(model) == ([] if half_life else expected)


@pytest.mark.parametrize("calendar", [None, "office"])
def test_a_role_with_work_and_no_calendar_is_noted(calendar: str | None) -> None:
    """168 hours a week are hardly ever meant; a role without work is noted for that alone."""
    stage = {"after": "1d", "work": {"role": "ae", "effort": "1h"}, "exits": {"won": {"p": 1.0}}}
    model = Model.model_validate(
        {
            "start": dt.date(2026, 1, 1),
            "calendars": {"office": {"hours": "Mon-Fri 09:00-17:00"}},
            "roles": {"ae": {"headcount": 9, "calendar": calendar}, "idle": {"headcount": 1}},
            "sources": {"inbound": {"enters": "demo", "rate": 1.0}},
            "stages": {"demo": stage},
        }
    )
    notes = [str(note) for note in lint(model) if "round the clock" in str(note)]
    said = "roles.ae: ae works round the clock (168 h a week); give it a calendar"
    assert notes == ([said] if calendar is None else [])
