"""Compare what is booked with a CRM's closed-won report, deal by deal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from funnelsim.documents.judgement import ClosedWonTie, TieDifference
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.model.parts import Model

#: Amounts are recorded to the cent.
_CENT = 0.005


def tie(
    booked: pl.DataFrame, report: pl.DataFrame, history: History, model: Model, start: dt.date
) -> ClosedWonTie:
    """Whether what is booked from `start` to the forecast date is what a closed-won report has.

    Parameters
    ----------
    booked : DataFrame
        As `funnelsim.metrics.booked.booked_deals` gives it.
    report : DataFrame
        As `funnelsim.forecasting.closed_won.report.read_closed_won` gives its deals; those that close
        outside of the span are left out and counted.
    history : History
        Tells what it knows of deals that are in the report only.

    Returns
    -------
    ClosedWonTie
        Its differences add up to the difference of both sums.
    """
    comparison = _Comparison.of(booked, report, history, model, start)
    ours, theirs = comparison.booked, comparison.inside
    found = [comparison.only_here(deal, ours[deal]) for deal in ours if deal not in theirs]
    found += [comparison.only_there(deal, theirs[deal]) for deal in theirs if deal not in ours]
    both = ((deal, ours[deal]["bookings"], theirs[deal]) for deal in ours if deal in theirs)
    found += [
        comparison.amounts_differ(deal, here, there)
        for deal, here, there in both
        if abs(here - (there["amount"] or 0.0)) > _CENT
    ]
    moved = sum(ours[deal]["closed"] != theirs[deal]["closed"] for deal in ours if deal in theirs)
    return ClosedWonTie(
        start=start,
        end=comparison.end,
        deals=len(ours),
        amount=sum(deal["bookings"] for deal in ours.values()),
        report_deals=len(theirs),
        report_amount=sum(deal["amount"] or 0.0 for deal in theirs.values()),
        other_periods=len(comparison.outside),
        other_days=moved,
        differences=tuple(sorted(found, key=lambda one: (-abs(one.difference), one.deal))),
    )


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """Both sides by deal."""

    booked: dict[str, dict[str, Any]]
    inside: dict[str, dict[str, Any]]  # of the report
    outside: dict[str, dict[str, Any]]
    known: dict[str, dict[str, Any]]  # of the history
    won_on: dict[str, dt.date]
    currency: str
    end: dt.date

    @classmethod
    def of(
        cls, booked: pl.DataFrame, report: pl.DataFrame, history: History, model: Model, start: dt.date
    ) -> _Comparison:
        end = model.start - dt.timedelta(days=1)
        known = {row["deal"]: row for row in history.deals.iter_rows(named=True)}
        wins = dict(first_wins(history, model).iter_rows())
        theirs = _by_our_ids(report, known)
        within = {deal: start <= row["closed"] <= end for deal, row in theirs.items()}
        return cls(
            booked={row["deal"]: row for row in booked.iter_rows(named=True)},
            inside={deal: row for deal, row in theirs.items() if within[deal]},
            outside={deal: row for deal, row in theirs.items() if not within[deal]},
            known=known,
            won_on={deal: at.date() for deal, at in wins.items()},
            currency=model.currency,
            end=end,
        )

    def only_here(self, deal: str, ours: dict[str, Any]) -> TieDifference:
        reason = "not in the report"
        if deal in self.outside:
            other = self.outside[deal]["closed"]
            reason = (
                f"the report has it in another period, {date_text(other)}{_a_day_off(ours['closed'], other)}"
            )
        return _difference(deal, ours["name"], ours["bookings"], None, reason)

    def only_there(self, deal: str, theirs: dict[str, Any]) -> TieDifference:
        known, reason = self.known.get(deal), "not in the history: another pipeline, or imported before"
        if deal in self.won_on:
            won = self.won_on[deal]
            reason = f"won in another period here, {date_text(won)}{_a_day_off(won, theirs['closed'])}"
        elif known is not None and known["outcome"] is None:
            reason = "still open in the history"
        elif known is not None:
            reason = f"{known['outcome']} on {date_text(known['closed'])} in the history"
        name = known["name"] if known else None
        return _difference(deal, name, None, theirs["amount"] or 0.0, reason)

    def amounts_differ(self, deal: str, here: float, theirs: dict[str, Any]) -> TieDifference:
        reason = "another amount"
        if theirs["currency"] and self.currency and theirs["currency"] != self.currency:
            reason = f"the report has it in {theirs['currency']}"
        elif theirs["amount"] is None:
            reason = "no amount in the report"
        elif theirs["rows"] > 1:
            reason = f"{theirs['rows']} rows of the report added up"
        elif not here:
            reason = "no amount in the history"
        return _difference(deal, self.booked[deal]["name"], here, theirs["amount"] or 0.0, reason)


def _difference(
    deal: str, name: str | None, here: float | None, there: float | None, reason: str
) -> TieDifference:
    gap = (there or 0.0) - (here or 0.0)
    return TieDifference(deal=deal, name=name, booked=here, report=there, difference=gap, reason=reason)


def _a_day_off(one: dt.date, other: dt.date) -> str:
    return ": one day apart, so perhaps another time zone" if abs((one - other).days) == 1 else ""


def _by_our_ids(report: pl.DataFrame, known: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows of the report by the ids of the history: the same, one of 15 letters for one of 18, or a name."""
    short = {deal[:15]: deal for deal in known if len(deal) == 18}
    names: dict[str, list[str]] = {}
    for deal, row in known.items():
        if row["name"]:
            names.setdefault(row["name"], []).append(deal)
    found = {}
    for row in report.iter_rows(named=True):
        deal = row["deal"]
        if deal not in known:
            same_name = names.get(deal, [])
            alike = short.get(deal) or (deal[:15] if len(deal) == 18 and deal[:15] in known else None)
            deal = alike or (same_name[0] if len(same_name) == 1 else deal)
        found[deal] = row
    return found
