"""The key figures, each defined once as a ratio of tallies; docs/reference/metrics.md has them in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.metrics.kpi.tallies import Tallies
from funnelsim.metrics.names import Unit
from funnelsim.metrics.ratio import ratio

KpiUnit = Unit | Literal["ratio"]

#: What a key figure is, which decides its interval and its control chart: ``share`` of independent cases,
#: ``count`` of events, ``mean`` over cases, ``sum`` of amounts, ``level`` of something at an instant or a
#: combination of others.
Kind = Literal["share", "count", "mean", "sum", "level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure: the sum of `top` / the sum of `bottom`, or what `combined` makes of the tallies.

    Attributes
    ----------
    name : str
        By stage or role ``conversion.demo``.
    top, bottom : tuple of str
        Names of tallies; without `bottom` the figure is a total.
    squares : str
        Tally of the squares of what `top` adds up, for the interval of means and sums.
    counted : tuple of str
        Tallies of the cases that a sum or level rests on.
    more_is_better : bool
    """

    name: str
    unit: KpiUnit
    kind: Kind
    top: tuple[str, ...] = ()
    bottom: tuple[str, ...] = ()
    squares: str = ""
    counted: tuple[str, ...] = ()
    more_is_better: bool = True
    combined: Callable[[Tallies], Floats] | None = None

    def total(self, tallies: Tallies) -> Floats:
        """What the figure adds up."""
        return self.values(tallies) if self.combined is not None else _sum(tallies, self.top)

    def cases(self, tallies: Tallies) -> Floats:
        """How many cases each value rests on."""
        return _sum(tallies, self.bottom or self.counted or self.top)

    def values(self, tallies: Tallies) -> Floats:
        """The figure in each group and period; NaN where it divides by nothing."""
        if self.combined is not None:
            return self.combined(tallies)
        found = _sum(tallies, self.top)
        return ratio(found, _sum(tallies, self.bottom)) if self.bottom else found


def _sum(tallies: Tallies, names: Sequence[str]) -> Floats:
    first, *rest = names
    found = tallies[first]
    for name in rest:
        found = found + tallies[name]
    return found


def velocity(tallies: Tallies) -> Floats:
    """Open deals at the start x win rate x deal size / cycle: money a day.

    Unknown where none was open: most often the records only begin there.
    """
    win_rate, size, cycle = (KPIS[name].values(tallies) for name in ("win_rate", "deal_size", "cycle_days"))
    is_open = tallies["open_at_start"]
    return ratio(np.where(is_open > 0, is_open, np.nan) * win_rate * size, cycle)


#: In the order of tables; those of stages and roles follow where `order` puts them.
KPIS = {
    kpi.name: kpi
    for kpi in (
        Kpi(name="leads_created", unit="count", kind="count", top=("leads_created",)),
        Kpi(name="referrals", unit="count", kind="count", top=("referrals",)),
        Kpi(name="delivered", unit="count", kind="count", top=("delivered",)),
        Kpi(
            name="first_response_days",
            unit="days",
            kind="mean",
            top=("first_response_days_sum",),
            bottom=("first_responses",),
            squares="first_response_days_squares",
            more_is_better=False,
        ),
        Kpi(
            name="win_rate",
            unit="share",
            kind="share",
            top=("deals_won",),
            bottom=("deals_won", "deals_lost"),
        ),
        Kpi(
            name="sales_win_rate",
            unit="share",
            kind="share",
            top=("sales_won",),
            bottom=("sales_won", "sales_lost"),
        ),
        Kpi(name="deals_won", unit="count", kind="count", top=("deals_won",)),
        Kpi(
            name="deal_size",
            unit="money",
            kind="mean",
            top=("new_business",),
            bottom=("priced_deals",),
            squares="new_business_squares",
        ),
        Kpi(
            name="cycle_days",
            unit="days",
            kind="mean",
            top=("cycle_days_sum",),
            bottom=("deals_won",),
            squares="cycle_days_squares",
            more_is_better=False,
        ),
        Kpi(name="velocity", unit="money", kind="level", counted=("deals_won",), combined=velocity),
        Kpi(
            name="bookings",
            unit="money",
            kind="sum",
            top=("bookings",),
            squares="bookings_squares",
            counted=("deals_won",),
        ),
        Kpi(
            name="attainment",
            unit="share",
            kind="level",
            counted=("deals_won",),
            combined=lambda t: ratio(t["quota_credit"], t["quota"]),
        ),
        Kpi(
            name="open_pipeline",
            unit="money",
            kind="level",
            counted=("open_at_start",),
            combined=lambda t: t["open_value"],
        ),
        Kpi(
            name="coverage",
            unit="ratio",
            kind="level",
            counted=("open_at_start",),
            combined=lambda t: ratio(t["open_value"], t["quota"]),
        ),
        Kpi(
            name="revenue",
            unit="money",
            kind="level",
            counted=("deals_won",),
            combined=lambda t: t["revenue"],
        ),
        Kpi(
            name="expansion",
            unit="money",
            kind="sum",
            top=("expansion",),
            squares="expansion_squares",
            counted=("expansions",),
        ),
        Kpi(
            name="retention",
            unit="share",
            kind="share",
            top=("clients_kept",),
            bottom=("clients_at_start",),
        ),
        Kpi(name="churned", unit="count", kind="count", top=("churned",), more_is_better=False),
    )
}


def conversion(stage: str) -> Kpi:
    """Of the visits of a stage that ended, the share that went forward."""
    name = f"conversion.{stage}"
    return Kpi(name=name, unit="share", kind="share", top=(f"forward.{stage}",), bottom=(f"ended.{stage}",))


def utilisation(role: str) -> Kpi:
    """Open hours spent on tasks / open hours of the reps."""
    return Kpi(
        name=f"utilisation.{role}",
        unit="share",
        kind="level",
        combined=lambda t: ratio(t[f"busy.{role}"], t[f"rostered.{role}"]),
    )
