"""Periods as people write them."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.core.calendar.time import parse_period

IN_FEBRUARY = dt.date(2026, 2, 9)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Q1 2026", "2026Q1"),
        ("q1-2026", "2026Q1"),
        ("2026-Q1", "2026Q1"),
        ("2026 Q1", "2026Q1"),
        ("Q3 FY2027", "FY2027Q3"),
        ("FY2026", "FY2026"),
        ("March 2026", "2026-03"),
        ("mar 2026", "2026-03"),
        ("2026 March", "2026-03"),
        ("03/2026", "2026-03"),
        ("W07 2026", "2026W07"),
    ],
)
def test_a_period_in_many_spellings(text: str, label: str) -> None:
    assert parse_period(text).label == label


@pytest.mark.parametrize(
    ("text", "label"), [("Q1", "2026Q1"), ("Q4", "2026Q4"), ("Feb", "2026-02"), ("January", "2027-01")]
)
def test_without_a_year_the_first_that_is_not_over_is_meant(text: str, label: str) -> None:
    assert parse_period(text, near=IN_FEBRUARY).label == label
    with pytest.raises(ValueError, match="names no year"):
        parse_period(text)


def test_a_quarter_that_could_be_fiscal_is_asked_about() -> None:
    with pytest.raises(ValueError, match=r"may be FY2027Q1 .* or 2026Q1"):
        parse_period("Q1", near=IN_FEBRUARY, fiscal_year_starts="02-01")


@pytest.mark.parametrize(
    ("text", "hint"),
    [("FY26", "FY2026"), ("Q1 26", "2026Q1"), ("FY27Q2", "FY2027Q2"), ("Marhc 2026", "march")],
)
def test_what_is_nearly_a_period_is_asked_about(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f'did you mean "{hint}"'):
        parse_period(text)
