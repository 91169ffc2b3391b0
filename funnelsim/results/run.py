"""The result of a run: tallies per replication and window, and optionally all visits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funnelsim.results.groups import GroupTallies
from funnelsim.results.provenance import Provenance

if TYPE_CHECKING:
    import polars as pl

PARTS = ("pipeline", "new", "expansion")

#: Tallies with one number per replication and window, shape (R, W).
LEAD_TALLIES = (
    "leads_created",
    "deals_won",
    "deals_lost",
    "churned",
    "cycle_days_sum",
    "abandoned",
    "first_responses",
    "first_response_days_sum",
    "clients_at_start",
    "clients_kept",
)
#: Money by part (pipeline, new, expansion), shape (R, W, 3).
PART_TALLIES = ("wins_by_part", "bookings", "quota_credit", "revenue")
#: Tallies by stage, shape (R, W, S). Visits and tasks count in the window in which they end.
STAGE_TALLIES = ("entered", "ended", "forward", "dwell_days_sum", "wip_days", "tasks_done", "wait_days_sum")
#: Tallies by role, shape (R, W, roles): open time on tasks, and open time of all reps on the roster.
ROLE_TALLIES = ("busy_days", "rostered_days")


#: Label of the window that ends with the day of `goal.target`; the last, if there is one.
TARGET = "target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of days from the model's start, ``[start_day, end_day)``.

    ``complete`` is false where the horizon cuts the calendar period.
    """

    label: str
    start_day: float
    end_day: float
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeadSums:
    """Wins and first bookings of each open lead in each window, summed over replications; shape (W, L).

    Attributes
    ----------
    wins : ndarray
        Number of futures in which its first win is in the window.
    booked : ndarray
        Number of futures in which its first booking is in the window, mostly the same.
    bookings : ndarray
        Sum of these bookings. Summed over the leads, it is the pipeline's part of all bookings.
    """

    wins: NDArray[np.float64]
    booked: NDArray[np.float64]
    bookings: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A simulated set of futures.

    Attributes
    ----------
    windows : tuple of Window
        The first is the whole horizon; the rest are its calendar periods.
    stages : tuple of str
        Stage keys, in funnel order; ``S`` of them.
    replications : range
        The replications simulated, ``R`` of them.
    tallies : dict of str to ndarray
        See `LEAD_TALLIES`, `PART_TALLIES`, `STAGE_TALLIES`, `ROLE_TALLIES` for names and shapes.
    roles : tuple of str
        Role keys, in file order.
    draw_rows : int
        Parameter draws that the replications cycle through (replication ``r`` used row ``r % draw_rows``);
        0 where the model has none.
    visits : DataFrame or None
        One row per visit, sorted by replication, lead and entry; columns as in
        ``docs/reference/files-and-exit-codes.md``.
    pipeline_wins : ndarray or None
        Day of the first win of each open lead, or of those asked for, shape (R, L), NaN where it does not
        win; only on request.
    pipeline_amounts : ndarray or None
        Amount of the first booking of each open lead, shape (R, L); mostly that is its win.
    pipeline_sums : OpenLeadSums or None
        Wins and first bookings of each open lead, over all replications; only on request.
    groups : GroupTallies or None
        Bookings, quota credit and wins by group; only on request.

    Examples
    --------
    >>> run = fs.simulate(fs.read_model("model.toml"), days=30, replications=20)
    >>> run.stages, run.size
    (('qualified', 'demo', 'proposal'), 20)
    """

    windows: tuple[Window, ...]
    stages: tuple[str, ...]
    replications: range
    tallies: dict[str, NDArray[np.float64]]
    provenance: Provenance
    roles: tuple[str, ...] = ()
    draw_rows: int = 0
    visits: pl.DataFrame | None = None
    pipeline_wins: NDArray[np.float64] | None = None
    pipeline_amounts: NDArray[np.float64] | None = None
    pipeline_sums: OpenLeadSums | None = None
    groups: GroupTallies | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def size(self) -> int:
        return len(self.replications)

    def places_of(self, replications: pl.Series) -> NDArray[np.int64]:
        """The index in this run's arrays of each replication number, such as those of its visits."""
        numbers = np.asarray(replications.to_numpy(), np.int64)
        return np.asarray((numbers - self.replications.start) // self.replications.step, np.int64)

    def window(self, label: str) -> int:
        """Index of the window with this label."""
        return [w.label for w in self.windows].index(label)
