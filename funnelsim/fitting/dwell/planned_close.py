"""Deals with a planned close: probability and day of each exit relative to the plan, used where it predicts
better than age.

On past days (landmarks) the open deals of a stage are taken as they were known on that day: how far they were
ahead of their planned close, and by which exit and on which day relative to that plan they left later. Deals
that are still open are right censored; a deal is at risk from the landmark on (left truncation). The same is
done with the day of entry in place of the plan, which predicts from age alone. The plan is used where it
would have predicted the exits of the month after past origins better.

References
----------
van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis. Scandinavian
Journal of Statistics 34, 70-85.
Aalen, O. O. and Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based
on censored observations. Scandinavian Journal of Statistics 5, 141-150.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from funnelsim.core.arrays import Floats, Ints
from funnelsim.distributions.empirical import Empirical
from funnelsim.history.files.events import History
from funnelsim.model.parts import Exit, Planned

#: Days between landmarks, their number at most, and how many deals at risk are needed on a day relative to
#: the plan. Weekly landmarks over a year are a compromise of detail and time; with fewer than 30 deals at
#: risk a daily hazard is mostly noise.
DAYS_APART, MOST_LANDMARKS, FEWEST = 7, 52, 30
#: Past origins on which plan and age are compared, days between them, days predicted from each, and width of
#: the scored cells in days.
ORIGINS, APART, AHEAD, CELL = 6, 30, 30, 10
_FEWEST_ORIGINS, _SURE = 3, 0.975
_FAR = 0.01  # share of the landmarks, those furthest ahead of their plan, that lie before the scale begins
_LEAST = 1e-4  # share of a prediction that is spread evenly, so that no outcome scores minus infinity
_EPOCH = dt.datetime(2000, 1, 1)
_NONE = 1e-6
_STILL_THERE = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """Open deals of one stage on past days, a row for each deal and day; times in whole days.

    Attributes
    ----------
    day : int array
        The past day.
    since_plan, since_entry : int array
        Days from the plan then in force, and from the entry, to that day.
    left : int array
        The day on which the deal left; beyond all days where it has not.
    exit : int array
        Index in `exits`.
    deal : int array
        Row of the deal in the history.
    """

    exits: tuple[str, ...]
    day: Ints
    since_plan: Ints
    since_entry: Ints
    left: Ints
    exit: Ints
    deal: Ints

    def where(self, kept: NDArray[np.bool_]) -> Landmarks:
        columns = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return Landmarks(exits=self.exits, **columns)


_COLUMNS = ("day", "since_plan", "since_entry", "left", "exit", "deal")


@dataclass(frozen=True, kw_only=True)
class Incidence:
    """Cumulative incidence by day: share that leaves by each exit, of the deals at risk on the first day.

    Attributes
    ----------
    first : int
        The first day of the scale: so many days after the plan (negative: before).
    mass : ndarray, shape (exits, days)
    """

    first: int
    mass: Floats

    @property
    def last(self) -> int:
        return self.first + int(self.mass.shape[1]) - 1

    @property
    def remaining(self) -> float:
        """Share that is still in the stage after the last day."""
        return max(1.0 - float(self.mass.sum()), 0.0)

    def ahead(self, now: Ints, days: int) -> Floats:
        """Probability to leave by each exit on each of the days from `now` on, shape (n, exits, days)."""
        exits, length = self.mass.shape
        nothing = np.zeros((exits, days))
        padded = np.concatenate([nothing, self.mass, nothing], axis=1)
        index = np.clip(now - self.first, -days, length) + days
        still_open = 1.0 - np.concatenate([[0.0], np.cumsum(padded.sum(axis=0))])
        window = np.stack([padded[:, index + k] for k in range(days)], axis=2).transpose(1, 0, 2)
        result: Floats = window / np.maximum(still_open[index], 1e-9)[:, None, None]
        return result


@dataclass(frozen=True, kw_only=True)
class PastOrigin:
    """Prediction by plan and by age of the month after a past day, compared with what happened.

    Attributes
    ----------
    gain : float
        Mean log score a deal by plan, less that by age.
    expected, seen : ndarray, shape (exits,)
        Deals that leave: predicted from plans, and observed.
    """

    gain: float
    expected: Floats
    seen: Floats


@dataclass(frozen=True, kw_only=True)
class PlannedFit:
    """How deals with a planned close leave a stage.

    Attributes
    ----------
    exits : tuple of str
    incidence : Incidence
        Days relative to the plan.
    origins : tuple of PastOrigin
        The latest first.
    spread : ndarray, shape (exits,)
        Standard deviation of observed over predicted exits between months, beyond chance; on the log scale.
    """

    exits: tuple[str, ...]
    incidence: Incidence
    origins: tuple[PastOrigin, ...]
    spread: Floats
    landmarks: Landmarks
    until: int

    @property
    def likelihood_ratio(self) -> float:
        """Likelihood of a deal's outcome given the plan, over that given age; geometric mean over origins."""
        return math.exp(float(np.mean([one.gain for one in self.origins])))

    @property
    def names(self) -> tuple[str, ...]:
        """The exits, with `never` where some deals remain."""
        return (*self.exits, "never") if self.incidence.remaining > _NONE else self.exits

    @property
    def shares(self) -> Floats:
        """Of `names`, of the deals on the first day of the scale."""
        return self._shares(self.incidence, np.zeros(len(self.exits)))

    def draw(self, weights: Floats, rng: np.random.Generator) -> Floats:
        """Shares of the exits with these weights of the deals, times a random deviation between months."""
        incidence = fit_incidence(
            self.landmarks, self.landmarks.since_plan, self.until, weights, like=self.incidence
        )
        assert incidence is not None
        return self._shares(incidence, self.spread * rng.standard_normal(len(self.exits)))

    def _shares(self, incidence: Incidence, level: Floats) -> Floats:
        shares = incidence.mass.sum(axis=1) * np.exp(level)
        if len(self.names) > len(self.exits):
            shares = np.append(shares, incidence.remaining)
        result: Floats = shares / shares.sum()
        return result

    def as_part(self) -> Planned:
        """The part of a model file; time runs from the first day of the scale on."""
        # Rounded to six digits; the largest share takes what rounding left.
        shares = [round(float(share), 6) for share in self.shares]
        largest = int(np.argmax(shares))
        shares[largest] = round(shares[largest] + 1 - math.fsum(shares), 6)
        exits = {}
        for k, (name, share) in enumerate(zip(self.names, shares, strict=True)):
            if name == "never":
                exits[name] = Exit(to="never", p=share)
            elif share > 0:
                exits[name] = Exit(to=name, p=share, after=_when(self.incidence, k))
        return Planned(before=-float(self.incidence.first), until=float(self.incidence.last), exits=exits)


def _when(incidence: Incidence, exit_: int) -> Empirical:
    """Distribution of the days from the start of the scale to one exit; coarser far from the plan."""
    since = np.arange(incidence.first, incidence.last + 1)
    step = np.select([np.abs(since) <= 21, np.abs(since) <= 63, np.abs(since) <= 175], [1, 3, 7], default=30)
    cell = np.floor_divide(since, step) + 10_000 * step
    mass = incidence.mass[exit_]
    result = []
    for one in np.unique(cell):
        inside = cell == one
        total = float(mass[inside].sum())
        if total > 0:
            noon = float(mass[inside] @ since[inside]) / total - incidence.first + 0.5
            result.append((round(noon, 2), float(f"{total:.4g}")))
    days, weights = zip(*sorted(result), strict=True)
    return Empirical.of(days, weights)


def useful_plans(history: History) -> dict[str, PlannedFit]:
    """The stages where planned closes predict better than age alone, with their fits.

    Parameters
    ----------
    history : History
        Cut at its as-of time; plans without a date are not used (see `dated_plans`).
    """
    plans = history.plans.drop_nulls(["at", "planned_close"])
    if plans.is_empty():
        return {}
    until = _day(history.meta.as_of)
    result = {}
    for stage in history.meta.stages:
        landmarks = collect_landmarks(history, plans, stage)
        origins = _past_origins(landmarks, until)
        incidence = (
            fit_incidence(landmarks, landmarks.since_plan, until)
            if is_better([one.gain for one in origins])
            else None
        )
        if incidence is not None and incidence.mass.sum() > 0:
            result[stage] = PlannedFit(
                exits=landmarks.exits,
                incidence=incidence,
                origins=tuple(origins),
                spread=_spread(origins),
                landmarks=landmarks,
                until=until,
            )
    return result


def collect_landmarks(history: History, plans: pl.DataFrame, stage: str) -> Landmarks:
    """Landmarks: the open deals of a stage on past days, as they were known on each."""
    as_of = _day(history.meta.as_of)
    seen = _planned_visits(history, plans, stage)
    exits = tuple(sorted(seen["exit"].drop_nulls().unique()))
    index = {key: k for k, key in enumerate(exits)}
    exit = seen["exit"].replace_strict(index, default=-1, return_dtype=pl.Int64).to_numpy()
    names = ("entered", "left", "planned", "after", "upto", "row")
    entered, left, planned, after, upto, row = (seen[name].cast(pl.Int64).to_numpy() for name in names)
    since = history.meta.observed_from
    begin = max(as_of - DAYS_APART * MOST_LANDMARKS, _day(since) if since is not None else 0)
    days = np.arange(as_of - DAYS_APART, begin, -DAYS_APART)
    still_open = [np.flatnonzero((after < day) & (upto >= day)) for day in days]
    row_of = np.concatenate([np.zeros(0, np.int64), *still_open])
    day = np.repeat(days, [len(one) for one in still_open])
    return Landmarks(
        exits=exits,
        day=day,
        since_plan=day - planned[row_of],
        since_entry=day - entered[row_of],
        left=left[row_of],
        exit=exit[row_of],
        deal=row[row_of],
    )


def _planned_visits(history: History, plans: pl.DataFrame, stage: str) -> pl.DataFrame:
    """Each visit with each plan of its deal, and the days on which both held: `after` < day <= `upto`."""
    rows = history.deals.select("deal").with_row_index("row")
    remaining = (
        history.visits.filter(pl.col("stage") == stage)
        .join(rows, on="deal", how="inner", maintain_order="left")
        .select("deal", "row", "exit", entered=_days("entered"), left=_days("left").fill_null(_STILL_THERE))
    )
    plan_spans = plans.select("deal", made=_days("at"), planned=_days("planned_close")).sort(
        "deal", "made", maintain_order=True
    )
    plan_spans = plan_spans.with_columns(next=pl.col("made").shift(-1).over("deal").fill_null(_STILL_THERE))
    both = remaining.join(plan_spans, on="deal", how="inner", maintain_order="left")
    return both.with_columns(
        after=pl.max_horizontal("entered", "made"), upto=pl.min_horizontal("left", "next")
    )


def fit_incidence(
    landmarks: Landmarks,
    since: Ints,
    until: int,
    weights: Floats | None = None,
    *,
    like: Incidence | None = None,
) -> Incidence | None:
    """Aalen-Johansen estimate with left truncation, on the time scale `since`, from data before the day
    `until`.

    Parameters
    ----------
    landmarks : Landmarks
    since : int array
        Days from the zero of the scale to each landmark.
    weights : ndarray, shape (deals,), optional
    like : Incidence, optional
        Its first and last day are used; by default the days on which at least `FEWEST` deals are at risk.

    Returns
    -------
    Incidence or None
        None where no day had enough deals.
    """
    left = np.minimum(landmarks.left, until)
    ended = landmarks.left < until
    weight = np.ones(len(since)) if weights is None else weights[landmarks.deal]
    begin = int(since.min(initial=0))
    entry, end = since - begin, since + (left - landmarks.day) - begin
    size = int(end.max(initial=0)) + 2
    out = end + ended  # a deal that leaves on a day is at risk on it
    risk = np.cumsum(np.bincount(entry, weight, size + 1) - np.bincount(out, weight, size + 1))[:size]
    if like is None:
        enough = np.flatnonzero(risk >= FEWEST)
        if not len(enough):
            return None
        # Few deals are planned far ahead; the scale begins where they are frequent enough to matter.
        ahead = int(np.quantile(entry, _FAR))
        first, last = max(int(enough[0]), ahead), int(enough[-1])
    else:
        first, last = like.first - begin, like.last - begin
    hazards = np.zeros((len(landmarks.exits), size))
    for k in range(len(landmarks.exits)):
        mine = ended & (landmarks.exit == k)
        hazards[k] = np.bincount(end[mine], weight[mine], size) / np.maximum(risk, 1e-9)
    hazards = hazards[:, first : last + 1]
    before = np.concatenate([[1.0], np.cumprod(1.0 - np.minimum(hazards.sum(axis=0), 1.0))])
    return Incidence(first=first + begin, mass=before[:-1] * hazards)


def _past_origins(landmarks: Landmarks, until: int) -> list[PastOrigin]:
    result = []
    for k in range(1, ORIGINS + 1):
        origin = until - k * APART
        past, now = landmarks.where(landmarks.day < origin), _latest_landmark(landmarks, origin)
        if len(now.day) < FEWEST:
            continue
        by_plan, by_age = (
            fit_incidence(past, since, origin) for since in (past.since_plan, past.since_entry)
        )
        if by_plan is None or by_age is None:
            continue
        plan = _log_scores(now, by_plan, now.since_plan, origin)
        age = _log_scores(now, by_age, now.since_entry, origin)
        gone = now.left < origin + AHEAD
        result.append(
            PastOrigin(
                gain=float(np.mean(plan - age)),
                expected=by_plan.ahead(now.since_plan, AHEAD).sum(axis=(0, 2)),
                seen=np.bincount(now.exit[gone], minlength=len(landmarks.exits)).astype(np.float64),
            )
        )
    return result


def _spread(origins: list[PastOrigin]) -> Floats:
    """Root mean square of log(observed / expected), less the Poisson variance of the counts."""
    seen = np.array([one.seen for one in origins]) + 0.5
    expected = np.array([one.expected for one in origins]) + 0.5
    excess = np.log(seen / expected) ** 2 - 1 / np.maximum(expected, 1.0)
    result: Floats = np.sqrt(np.maximum(excess.mean(axis=0), 0.0))
    return result


def _latest_landmark(landmarks: Landmarks, origin: int) -> Landmarks:
    """The landmark nearest before the origin, shifted to it, of the deals that were still in the stage."""
    days = landmarks.day[landmarks.day <= origin]
    if not len(days):
        return landmarks.where(np.zeros(len(landmarks.day), np.bool_))
    last = int(days.max())
    held = landmarks.where((landmarks.day == last) & (landmarks.left >= origin))
    on = origin - last
    return Landmarks(
        exits=held.exits,
        day=held.day + on,
        since_plan=held.since_plan + on,
        since_entry=held.since_entry + on,
        left=held.left,
        exit=held.exit,
        deal=held.deal,
    )


def _log_scores(now: Landmarks, incidence: Incidence, since: Ints, origin: int) -> Floats:
    """Log score of each deal: log probability of its outcome, an exit within ten days' steps or none."""
    steps = AHEAD // CELL
    cells = incidence.ahead(since, AHEAD).reshape(len(since), -1, steps, CELL).sum(axis=3)
    odds = cells.reshape(len(since), -1)
    remaining = np.maximum(1.0 - odds.sum(axis=1, keepdims=True), 0.0)
    odds = np.concatenate([odds, remaining], axis=1)
    odds = (1 - _LEAST) * odds / odds.sum(axis=1, keepdims=True) + _LEAST / odds.shape[1]
    gone = now.left < origin + AHEAD
    cell = np.where(gone, now.exit * steps + (now.left - origin) // CELL, odds.shape[1] - 1)
    result: Floats = np.log(odds[np.arange(len(since)), cell])
    return result


def is_better(gains: list[float]) -> bool:
    """Whether the mean gain is significantly above 0 (one-sided t test at 2.5 %)."""
    if len(gains) < _FEWEST_ORIGINS:
        return False
    error = float(np.std(gains, ddof=1)) / math.sqrt(len(gains))
    return float(np.mean(gains)) > float(stdtrit(len(gains) - 1, _SURE)) * error


def _days(name: str) -> pl.Expr:
    since = pl.col(name) - pl.lit(_EPOCH)
    return since.dt.total_days()


def _day(instant: dt.datetime) -> int:
    return (instant - _EPOCH).days
