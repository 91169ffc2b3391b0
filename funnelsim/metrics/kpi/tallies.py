"""Tallies of a history or a run by group and period; the key figures are ratios of them."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.metrics.kpi.records import Records, sales_stage
from funnelsim.metrics.kpi.sums import Cells, ordered_sum
from funnelsim.results.convert import DAY_MICROS

#: Name -> sums, shape (groups, periods). The names are those of `Run.tallies`; by stage ``entered.demo``.
Tallies = dict[str, Floats]

#: An instant that never comes.
_NEVER = np.iinfo(np.int64).max


def tally(records: Records, cells: Cells, referrals: tuple[str, ...] = ()) -> Tallies:
    """Add up everything that the key figures are made of.

    Parameters
    ----------
    records : Records
    cells : Cells
    referrals : tuple of str
        Sources whose leads are referrals.
    """
    return {
        **_leads(records, cells, referrals),
        **_money(records, cells),
        **_stages(records, cells),
        **_stocks(records, cells),
        **_revenue(records, cells),
    }


def _leads(records: Records, cells: Cells, referrals: tuple[str, ...]) -> Tallies:
    leads = records.leads.with_row_index("lead")
    created, won = _rows(leads, "created"), _rows(leads, "won_at")
    ended = leads.filter(pl.col("closed").is_not_null())
    lost = ended.filter((pl.col("outcome") != "won") & pl.col("won_at").is_null())
    responded = _rows(leads, "responded")
    of_sales, lost_of_sales = won.filter("reached_sales"), lost.filter("reached_sales")
    cycle = _ints(won, "won_at") - _ints(won, "created")
    return {
        "leads_created": _count(cells, created, "created"),
        "referrals": _count(cells, created.filter(pl.col("source").is_in(list(referrals))), "created"),
        "deals_won": _count(cells, won, "won_at"),
        "deals_lost": _count(cells, lost, "closed"),
        "sales_won": _count(cells, of_sales, "won_at"),
        "sales_lost": _count(cells, lost_of_sales, "closed"),
        "churned": _count(cells, ended.filter(pl.col("outcome") == "churned"), "closed"),
        "cycle_days_sum": cells.days(_ints(won, "lead"), _ints(won, "won_at"), cycle),
        "cycle_days_squares": cells.money(
            _ints(won, "lead"), _ints(won, "won_at"), (cycle / DAY_MICROS) ** 2
        ),
        "first_responses": _count(cells, responded, "responded"),
        **_responses(cells, responded),
    }


def _responses(cells: Cells, responded: pl.DataFrame) -> Tallies:
    lead, at = _ints(responded, "lead"), _ints(responded, "responded")
    waited = at - _ints(responded, "created")
    return {
        "first_response_days_sum": cells.days(lead, at, waited),
        "first_response_days_squares": cells.money(lead, at, (waited / DAY_MICROS) ** 2),
    }


def _money(records: Records, cells: Cells) -> Tallies:
    credits = records.credits
    first = credits.filter("first")

    def total(rows: pl.DataFrame, column: str, power: int = 1) -> Floats:
        return cells.money(_ints(rows, "lead"), _ints(rows, "at"), rows[column].to_numpy() ** power)

    return {
        "bookings": total(credits, "bookings"),
        "bookings_squares": total(credits, "bookings", 2),
        "quota_credit": total(credits, "quota"),
        "quota_credit_squares": total(credits, "quota", 2),
        "expansion": total(credits.filter("expansion"), "bookings"),
        "expansion_squares": total(credits.filter("expansion"), "bookings", 2),
        "new_business": total(first, "bookings"),
        "new_business_squares": total(first, "bookings", 2),
        "priced_deals": _count(cells, first.filter("known"), "at"),
        "expansions": _count(cells, credits.filter("expansion"), "at"),
        "unpriced": _count(cells, credits.filter(~pl.col("known")), "at"),
    }


def _stages(records: Records, cells: Cells) -> Tallies:
    found: Tallies = {}
    by_stage = {str(key[0]): rows for key, rows in records.visits.group_by("stage", maintain_order=True)}
    nothing = records.visits.clear()
    for stage in records.model.stages:
        visits = by_stage.get(stage, nothing)
        ended = visits.filter(pl.col("left").is_not_null())
        found[f"entered.{stage}"] = _count(cells, visits, "entered")
        found[f"ended.{stage}"] = _count(cells, ended, "left")
        found[f"forward.{stage}"] = _count(cells, ended.filter("forward"), "left")
    if records.model.stages:
        found["delivered"] = found[f"entered.{sales_stage(records.model)}"]
    return found


def _stocks(records: Records, cells: Cells) -> Tallies:
    """Open deals and clients at the start of each period, and the clients still there at its end."""
    leads = records.leads
    created, won, closed = _ints(leads, "created"), _or_never(leads, "won_at"), _or_never(leads, "closed")
    churned = np.where((leads["outcome"] == "churned").fill_null(False).to_numpy(), closed, _NEVER)
    value = leads["value"].fill_null(0.0).to_numpy()
    unknown = leads["value"].is_null().to_numpy()
    names = ("open_at_start", "open_unpriced", "open_value", "clients_at_start", "clients_kept")
    found = {name: np.zeros((cells.groups, cells.periods)) for name in names}
    for p in range(cells.periods):
        start, end = cells.edges[p], cells.edges[p + 1]
        is_open = (created < start) & (won >= start) & (closed >= start)
        clients = (won < start) & (churned >= start)
        for name, which in (
            ("open_at_start", is_open),
            ("open_unpriced", is_open & unknown),
            ("clients_at_start", clients),
            ("clients_kept", clients & (churned >= end)),
        ):
            found[name][:, p] = np.bincount(cells.group[which], minlength=cells.groups)
        found["open_value"][:, p] = ordered_sum(cells.group[is_open], value[is_open], cells.groups)
    return found


def _revenue(records: Records, cells: Cells) -> Tallies:
    """Bookings as they are recognised: at once, or evenly from the later of booking and start on."""
    rule, rows = records.model.goal.recognise, records.credits.filter(pl.col("bookings") > 0)
    lead, at, amount = _ints(rows, "lead"), _ints(rows, "at"), rows["bookings"].to_numpy()
    if rule is None:
        return {"revenue": cells.money(lead, at, amount)}
    since = np.maximum(at, _or_never(records.leads, "recognised_from")[lead])
    begun = since < _NEVER
    lead, since, amount = lead[begun], since[begun], amount[begun]
    if rule.over == 0:
        return {"revenue": cells.money(lead, since, amount)}
    found = np.zeros((cells.groups, cells.periods))
    over = rule.over * DAY_MICROS
    for p in range(cells.periods):
        end = min(cells.edges[p + 1], records.until)
        low, high = (np.clip(edge - since, 0.0, over) for edge in (cells.edges[p], end))
        found[:, p] = ordered_sum(cells.group[lead], amount * ((high - low) / over), cells.groups)
    return {"revenue": found}


def _rows(leads: pl.DataFrame, column: str) -> pl.DataFrame:
    return leads.filter(pl.col(column).is_not_null())


def _count(cells: Cells, rows: pl.DataFrame, at: str) -> Floats:
    return cells.count(_ints(rows, "lead"), _ints(rows, at))


def _ints(rows: pl.DataFrame, column: str) -> Ints:
    return rows[column].cast(pl.Int64).to_numpy()


def _or_never(rows: pl.DataFrame, column: str) -> Ints:
    return rows[column].fill_null(_NEVER).to_numpy()
