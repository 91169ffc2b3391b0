"""Flow: leads created, wins and losses, conversion and stock of each stage."""

from __future__ import annotations

from funnelsim.core.arrays import Floats
from funnelsim.metrics.ratio import ratio
from funnelsim.results.run import Run


def leads_created(run: Run, w: int) -> Floats:
    """Leads that entered the funnel in window `w`, shape (R,)."""
    return _tally(run, "leads_created", w)


def deals_won(run: Run, w: int) -> Floats:
    """Leads that first entered the booking stage or outcome in window `w`, shape (R,)."""
    return _tally(run, "deals_won", w)


def deals_lost(run: Run, w: int) -> Floats:
    """Leads that ended in window `w` without a win, shape (R,)."""
    return _tally(run, "deals_lost", w)


def win_rate(run: Run, w: int) -> Floats:
    """Wins / (wins + leads that ended without one) of window `w`; NaN if none ended."""
    won = deals_won(run, w)
    return ratio(won, won + deals_lost(run, w))


def entered(run: Run, w: int, s: int) -> Floats:
    """Entries to stage `s` in window `w`, shape (R,)."""
    return _tally(run, "entered", w, s)


def conversion(run: Run, w: int, s: int) -> Floats:
    """Share of the visits of stage `s` ended in window `w` that went forward; NaN where none ended.

    Forward means to a later stage, the booking stage or outcome, or won.
    """
    return ratio(run.tallies["forward"][:, w, s], run.tallies["ended"][:, w, s])


def wip(run: Run, w: int, s: int) -> Floats:
    """Leads in stage `s`, on average over window `w`, shape (R,)."""
    span = run.windows[w]
    return _tally(run, "wip_days", w, s) / (span.end_day - span.start_day)


def _tally(run: Run, name: str, w: int, s: int | None = None) -> Floats:
    counts: Floats = run.tallies[name][:, w]
    return counts[:, s] if s is not None else counts
