"""The assumption of the top-down mode, that leads are not the limit, checked and put in words."""

from __future__ import annotations

from typing import Literal

from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.fitting.productivity.fit import Productivity
from funnelsim.fitting.productivity.lead_limit import Trend

Verdict = Literal["no sign", "may become the limit", "probably the limit", "unknown"]


def lead_verdict(known: Productivity) -> Verdict:
    """Whether the history shows that leads limit what reps win.

    Leads per rep that fall while wins per rep hold: reps work a smaller stock ever harder, and at some
    point there is nothing left to work. Leads and wins per rep that fall together: that point has come.
    """
    leads, wins = known.leads_trend, known.wins_trend
    if leads is None:
        return "unknown"
    if not leads.falls:
        return "no sign"
    return "probably the limit" if wins is not None and wins.falls else "may become the limit"


def lead_sentence(known: Productivity, noun: str) -> str:
    """The assumption, and what the check found."""
    assumed = f"{noun.capitalize()}s are taken not to be the limit: one more rep wins as much as the others."
    verdict, leads, wins = lead_verdict(known), known.leads_trend, known.wins_trend
    if leads is None:
        return f"{assumed} The history has too few months to check that."
    if verdict == "no sign":
        return f"{assumed} Checked: new {noun}s per rep show no clear fall ({_change(leads)})."
    grown = known.team_trend
    growth = ""
    if grown is not None and grown.clear and grown.per_year > 0:
        growth = f" while the team grew by {_percent(grown.per_year)} a year"
    if verdict == "probably the limit":
        assert wins is not None
        return (
            f"{assumed} The history contradicts it: new {noun}s per rep fell ({_change(leads)}){growth}, and "
            f"wins per rep fell with them ({_change(wins)}), so more reps will win less than shown here."
        )
    held = f" ({_change(wins)})" if wins is not None else ""
    return (
        f"{assumed} That may not last: new {noun}s per rep fell ({_change(leads)}){growth}, although wins "
        f"per rep held{held}. If leads do not grow with the team, more reps will win less than shown here."
    )


def growth_sentence(known: Productivity, seats: float, noun: str) -> str | None:
    """How many more leads a plan needs for each rep to have as many as now; None if the team does not grow.

    Parameters
    ----------
    known : Productivity
    seats : float
        Reps of the plan, relative to today's: 1.2 is a fifth more.
    noun : str
    """
    months = known.team.months_of_leads
    if seats <= 1 or months <= 0:
        return None
    now = float((known.team.created_days >= -MONTH_DAYS * months).sum()) / months
    return (
        f"With {seats:.1f} times the reps, the same number of {noun}s for each takes about "
        f"{seats * now:,.0f} new {noun}s a month, instead of {now:,.0f} lately."
    )


def trend_sentence(known: Productivity) -> str | None:
    """What a trend of wins per rep means for the plan; None without one."""
    wins = known.wins_trend
    if wins is None or not wins.clear:
        return None
    used = (
        "the plan uses the last 12 months"
        if known.level != 1.0
        else "the plan uses the average of the whole history, because chance may explain the trend"
    )
    return f"Wins per ramped rep have {'fallen' if wins.per_year < 0 else 'risen'} ({_change(wins)}); {used}."


def _change(one: Trend) -> str:
    return f"{_signed(one.per_year)} a year, 90 % range {_signed(one.low)} to {_signed(one.high)}"


def _percent(value: float) -> str:
    # A few months say little about a year: very large changes are not worth their digits.
    return f"{100 * value:.0f} %" if value < 10 else "over 1000 %"


def _signed(value: float) -> str:
    return f"+{_percent(value)}" if value >= 0 else f"{100 * value:.0f} %"
