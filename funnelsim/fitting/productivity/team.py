"""The reps of a history, and the deals they opened and won."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.elapsed import days_between
from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.errors import FunnelSimError, InputError, Problem, did_you_mean
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.fitting.productivity.roster import Rep, from_activity
from funnelsim.history.files.events import History

#: An owner with fewer deals a month than this share of the median owner's is a manager or a queue.
SMALL_SHARE = 0.05
#: Listed reps without deals must have begun this recently.
_NEW_DAYS = 90.0


@dataclass(frozen=True, kw_only=True)
class Team:
    """Reps and their deals. Days count from the as-of time.

    Attributes
    ----------
    reps : tuple of Rep
    first_day : float
        First day of the history.
    counted_from : float
        Day from which wins are complete.
    win_days, win_amounts : dict of str to ndarray
        By rep; only amounts above 0, of wins from `counted_from` on.
    lead_days : dict of str to ndarray
        Days on which deals of each rep were created.
    cycle_days : ndarray
        Days from creation to win, of all deals; sorted.
    in_file : int
        Reps listed in a file of reps.
    left_out : tuple of str
        Owners of deals who are not counted as reps.
    unowned_wins : int
        Won deals without an owner.
    """

    reps: tuple[Rep, ...]
    first_day: float
    counted_from: float
    win_days: Mapping[str, Floats]
    win_amounts: Mapping[str, Floats]
    lead_days: Mapping[str, Floats]
    cycle_days: Floats
    in_file: int
    left_out: tuple[str, ...]
    unowned_wins: int

    @property
    def months_of_leads(self) -> float:
        """Months that say how many leads come lately: six, or the whole history if it is shorter."""
        return min(6.0, -self.first_day / MONTH_DAYS)

    @property
    def leads_a_month(self) -> float:
        """New deals of the reps in a month, lately."""
        if self.months_of_leads <= 0:
            return 0.0
        since = -MONTH_DAYS * self.months_of_leads
        return sum(float((days >= since).sum()) for days in self.lead_days.values()) / self.months_of_leads

    def ramp_by_cycle(self, months: int) -> Floats:
        """The ramp of a rep who opens deals at full pace from the first day, shape (months + 1,).

        Such a rep's wins still lag by the time from creation to win; its distribution, averaged over each
        month, is the fastest ramp that there can be.
        """
        grid = (np.arange(months * 30) + 0.5) / 30 * MONTH_DAYS
        share = np.searchsorted(self.cycle_days, grid, side="right") / max(1, self.cycle_days.size)
        return np.concatenate([share.reshape(months, 30).mean(axis=1), [1.0]])


def read_team(history: History, wins: pl.DataFrame, rows: Sequence[RepRow] = ()) -> Team:
    """The reps of a history.

    Parameters
    ----------
    history : History
    wins : DataFrame
        ``deal at``: the instant at which each deal counts.
    rows : sequence of RepRow
        Overrides what the activity suggests.

    Raises
    ------
    FunnelSimError
        If no won deal has an owner, or rows do not fit the history; lists all problems.
    """
    as_of = history.meta.as_of
    deals = history.deals.select("deal", "owner", "amount", created=_day("created", as_of))
    won = wins.select("deal", day=_day("at", as_of)).join(deals, on="deal", how="left")
    unowned = int(won["owner"].null_count())
    owned = won.drop_nulls("owner")
    if owned.is_empty():
        raise FunnelSimError(
            "the history names no owner of a won deal, so what a rep wins is unknown: import it again with "
            'the column of the owner (owner = "..." in the mapping), or add roles with effort to the model'
        )
    activity = _activity(history, won, as_of)
    first_day = float(activity["day"].min())  # type: ignore[arg-type]
    observed_from = history.meta.observed_from
    if observed_from is not None:
        first_day = max(first_day, (observed_from - as_of).total_seconds() / 86_400)
    suggested = {rep.name: rep for rep in from_activity(_by_owner(activity, "day"), first_day)}
    reps, left_out = _large(suggested, deals, first_day)
    if rows:
        reps = _with_rows(rows, suggested, reps, as_of.date())
        known = {row.name for row in rows}
        left_out = tuple(name for name in left_out if name not in known)
    cycle = np.sort((owned["day"] - owned["created"]).drop_nulls().to_numpy())
    counted_from = _counted_from(first_day, cycle, owned, complete=observed_from is not None)
    names = [rep.name for rep in reps]
    mine = owned.filter(pl.col("owner").is_in(names))
    priced = mine.filter((pl.col("amount") > 0) & (pl.col("day") >= counted_from))
    return Team(
        reps=reps,
        first_day=first_day,
        counted_from=counted_from,
        win_days=_by_owner(mine, "day"),
        win_amounts=_by_owner(priced, "amount"),
        lead_days=_by_owner(deals.filter(pl.col("owner").is_in(names)).drop_nulls("created"), "created"),
        cycle_days=cycle,
        in_file=len(rows),
        left_out=left_out,
        unowned_wins=unowned,
    )


def _day(column: str, as_of: dt.datetime) -> pl.Expr:
    return days_between(pl.lit(as_of), column)


def _by_owner(frame: pl.DataFrame, column: str) -> dict[str, Floats]:
    grouped = frame.sort("owner", column).group_by("owner", maintain_order=True).agg(column)
    return {owner: np.asarray(values, dtype=np.float64) for owner, values in grouped.iter_rows()}


def _activity(history: History, won: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """``owner day``: each day on which a deal of the owner was created, moved on or won.

    Losses do not count: deals of those who left are closed as lost in bulk, long after.
    """
    owners = history.deals.select("deal", "owner")
    moved = history.visits.select("deal", day=_day("entered", as_of)).join(owners, on="deal", how="left")
    created = history.deals.select("owner", day=_day("created", as_of))
    found = pl.concat([moved.select("owner", "day"), created, won.select("owner", "day")])
    # Several events of one day are one: what counts is how long nothing happens.
    return found.drop_nulls().with_columns(pl.col("day").floor() + 0.5).unique().sort("owner", "day")


def _counted_from(first_day: float, cycle: Floats, owned: pl.DataFrame, *, complete: bool) -> float:
    """The day from which wins are complete.

    A history whose deals were all created within it starts empty: few deals can be won in its first months.
    Wins count once 95 % of cycles fit in, but at least the later half of the history is used.
    """
    if complete:
        return first_day
    filled = first_day + (float(np.quantile(cycle, 0.95)) if cycle.size else 0.0)
    first_win = float(owned["day"].min())  # type: ignore[arg-type]
    return min(max(filled, first_win), first_day / 2)


def _large(
    suggested: Mapping[str, Rep], deals: pl.DataFrame, first_day: float
) -> tuple[tuple[Rep, ...], tuple[str, ...]]:
    """Reps with enough deals in a month, and the names of the others."""
    counts = dict(deals.drop_nulls("owner").group_by("owner").len().iter_rows())

    def a_month(rep: Rep) -> float:
        # By month: who has just begun has few deals, too.
        months = (rep.last_day - max(first_day, rep.first_day)) / MONTH_DAYS
        return float(counts[rep.name] / max(1.0, months))

    least = SMALL_SHARE * float(np.median([a_month(rep) for rep in suggested.values()]))
    kept = tuple(rep for rep in suggested.values() if a_month(rep) >= least)
    return kept, tuple(rep.name for rep in suggested.values() if a_month(rep) < least)


def _with_rows(
    rows: Sequence[RepRow], suggested: Mapping[str, Rep], large: Sequence[Rep], as_of: dt.date
) -> tuple[Rep, ...]:
    """Reps of the rows, and those of the activity who are not listed; a row with share 0 is no rep."""
    roles = [row.role for row in rows if row.role]
    usual = max(dict.fromkeys(roles), key=roles.count) if roles else "rep"
    problems, reps = [], []
    for row in rows:
        found = suggested.get(row.name)
        start = None if row.start is None else float((row.start - as_of).days)
        end = None if row.end is None else float((row.end - as_of).days + 1)
        if found is None and (start is None or start < -_NEW_DAYS) and (end is None or end > 0):
            message = f'"{row.name}" owns no deal of the history, and has no start within its last 90 days'
            hint = did_you_mean(row.name, list(suggested))
            problems.append(Problem(path="name", message=message, hint=hint))
            continue
        reps.append(
            Rep(
                name=row.name,
                role=row.role or usual,
                team=row.team,
                start_day=start if start is not None or found is None else found.start_day,
                # A row without an end is a rep who is still there, however silent.
                end_day=end,
                share=row.share,
                known_until=0.0,
            )
        )
    if problems:
        raise InputError("reps", problems)
    listed = {row.name for row in rows}
    others = (dataclasses.replace(rep, role=usual) for rep in large if rep.name not in listed)
    return (*(rep for rep in reps if rep.share > 0), *others)
