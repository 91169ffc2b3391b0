"""Censoring and truncation: what a history says about the dwell of each visit.

* Exact: times finer than a day. A visit of under a minute is an *instant exit* (clicked through, or moved in
  bulk). Where a target has enough of them they become a component of their own that takes no time; a few
  count towards the probability of the exit only.
* Interval: with dates only, the time of day is unknown and taken as uniform. A visit recorded as d days
  lasted between d - 1 and d + 1, most likely d. Up to `_LONGEST_INTERVAL` days it enters the likelihood as
  that interval; longer ones are taken as exact. An open visit began at noon on average.
* Right censored: visits that are still open.
* Left truncated: a visit that began before the observation counts from then on only; one that ended before is
  left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.mle.likelihood import Term
from funnelsim.history.files.events import History

AT_ONCE_DAYS = 1 / 1440
#: A target with so many instant exits, and this share of all its exits, gets them as a component. With fewer,
#: the component would fit recording errors.
_AT_ONCE_LEAST, _AT_ONCE_SHARE = 8, 0.01
#: Visits recorded as so many days or fewer enter as an interval of two days; beyond, the width hardly
#: matters.
_LONGEST_INTERVAL = 20
#: More distinct times than this are binned: bins at most so wide on the log scale, and at most one visit in
#: so many in each. A bin is represented by its geometric mean. Chosen so that no parameter moves by more than
#: 0.1 standard errors (a test); wider bins are faster but bias narrow distributions.
_EXACT_UPTO, _BIN_WIDTH, _CELLS = 300, 0.05, 300
_SHORTEST_AGE = {"day": 0.25, "second": AT_ONCE_DAYS}
_POINT = np.zeros((1, 1))
#: Exponential weights change in steps of four weeks, which bounds the number of terms.
_FADING_DAYS = 28.0


@dataclass(frozen=True, kw_only=True)
class Bins:
    """Visits with the same kind of censoring, binned by time.

    Attributes
    ----------
    kind : {"at", "span", "at_once", "open", "left_truncated"}
    exit : str
        Target; empty for right censoring and left truncation.
    days, log_weights : ndarray, shape (B, Q)
        As in `Term`.
    visit : ndarray of int, shape (n,)
        Row of each visit among all visits used.
    bin : ndarray of int, shape (n,)
    counts : ndarray, shape (n,), optional
        Weight of each; 1 by default.
    """

    kind: str
    exit: str
    days: Floats
    log_weights: Floats
    visit: Ints
    bin: Ints
    counts: Floats | None = None

    @property
    def size(self) -> int:
        return len(self.days)


@dataclass(frozen=True, kw_only=True)
class StageSample:
    """The visits of one stage, with their censoring.

    Attributes
    ----------
    exits : dict of str to int
        Number of exits by target, in funnel order.
    at_once : dict of str to int
        Instant exits by target.
    open : int
    left_truncated : int
        Visits that began before observation did.
    left_out : int
        Visits that ended before observation began.
    bins : tuple of Bins
    dwell, ended, entry : ndarray, shape (n,)
        Days observed, whether the visit ended, and the age at which observation began.
    ago : ndarray, shape (n,)
        Days from entering to the as-of time.
    exit : ndarray of int, shape (n,)
        Index of the target in `exits`; -1 where open.
    by_day : bool
        Whether times are recorded to the day.
    half_life : float or None
        Half-life of exponential weights, in days.
    targets : frozenset of str
        All stages and outcomes of the history.
    """

    stage: str
    exits: dict[str, int]
    at_once: dict[str, int]
    open: int
    left_truncated: int
    left_out: int
    bins: tuple[Bins, ...]
    dwell: Floats = field(repr=False)
    ended: NDArray[np.bool_] = field(repr=False)
    entry: Floats = field(repr=False)
    ago: Floats = field(repr=False)
    exit: Ints = field(repr=False)
    deal: Ints = field(repr=False)
    by_day: bool = False
    half_life: float | None = None
    targets: frozenset[str] = frozenset()

    @property
    def visits(self) -> int:
        return len(self.dwell)

    @property
    def events(self) -> int:
        return sum(self.exits.values())

    def timed(self, exit_: str) -> int:
        """Exits to this target that took time, from which its distribution is learned."""
        return self.exits[exit_] - self.at_once.get(exit_, 0)

    @property
    def follow_up(self) -> float:
        """Longest time that any visit was observed, in days."""
        return float(self.dwell.max()) if self.visits else 0.0

    def splits_at_once(self, exit_: str) -> bool:
        """Whether the instant exits to this target are a component of their own."""
        number = self.at_once.get(exit_, 0)
        return number >= _AT_ONCE_LEAST and number >= _AT_ONCE_SHARE * self.exits[exit_]

    def terms(self, components: Mapping[str, Sequence[int]], at_once: Mapping[str, int]) -> list[Term]:
        """One term for each of `bins`.

        Parameters
        ----------
        components : dict of str to sequence of int
            Components that take time, by target.
        at_once : dict of str to int
            The component of instant exits, for targets that have one.
        """
        all_components = tuple(sorted({k for targets in components.values() for k in targets}))
        result = []
        for bins in self.bins:
            behind = tuple(components[bins.exit]) if bins.exit in components else ()
            if bins.kind == "at_once":
                behind = (at_once[bins.exit],) if bins.exit in at_once else behind
                result.append(Term(behind, "none", bins.days, bins.log_weights))
            elif bins.kind in ("exact", "interval"):
                result.append(Term(behind, "density", bins.days, bins.log_weights))
            else:
                sign = -1.0 if bins.kind == "left_truncated" else 1.0
                result.append(Term(all_components, "survival", bins.days, bins.log_weights, sign, never=True))
        return result

    def weights(self, visit_weights: Floats | None = None) -> list[Floats]:
        """Visits in each bin, shape (1, B) for each of `bins`."""
        return [_visits_in_bins(b, visit_weights) for b in self.bins]

    def window(self, begin: float, end: float) -> StageSample:
        """The data between `begin` and `end` days before the as-of time, as known at `end`."""
        kept = (self.ago > end) & (self.ago - self.dwell < begin)
        ago, dwell = self.ago[kept] - end, self.dwell[kept]
        ended = self.ended[kept] & (dwell <= ago)
        return _build_sample(
            self.stage,
            list(self.exits),
            dwell=np.where(ended, dwell, np.minimum(dwell, ago)),
            ended=ended,
            entry=np.minimum(np.maximum(self.entry[kept], ago + end - begin), np.minimum(dwell, ago)),
            ago=ago,
            exit_=np.where(ended, self.exit[kept], -1),
            deal=self.deal[kept],
            by_day=self.by_day,
            targets=self.targets,
        )

    def with_exponential_weights(self, half_life: float) -> StageSample:
        """The same visits with exponentially decaying weights of the days at risk.

        A day ``c`` days ago has the weight ``w(c) = 2 ** (-c / half_life)``, in steps of four weeks. The
        weighted log-likelihood of a visit is a sum over its parts between steps, each given that the visit
        lasted until it began; so at each step between weights ``w1`` and ``w2`` it is divided by the survival
        to the power of ``w2 - w1`` (weights of the time at risk: Zeger and Brookmeyer 1986, JASA 81,
        722-729).
        """

        def weight(ago: Floats) -> Floats:
            steps = np.floor(np.maximum(ago, 0.0) / _FADING_DAYS) * _FADING_DAYS
            return np.asarray(0.5 ** (steps / half_life))

        now = weight(self.ago - self.dwell)
        bins = [replace(b, counts=now[b.visit]) for b in self.bins if b.kind != "left_truncated"]
        visit, age = self._steps()
        late = np.flatnonzero(self.entry > 0)
        gained = weight(self.ago[visit] - age - 1e-6) * (1 - 0.5 ** (_FADING_DAYS / half_life))
        visit, age = np.concatenate([late, visit]), np.concatenate([self.entry[late], age])
        counts = np.concatenate([weight(self.ago[late] - self.entry[late] - 1e-6), gained])
        faded = _time_bins("left_truncated", "", np.arange(len(age)), age)
        bins += [replace(b, visit=visit[b.visit], counts=counts[b.visit]) for b in faded]
        return replace(self, bins=tuple(bins), half_life=half_life)

    def _steps(self) -> tuple[Ints, Floats]:
        """Visits and their ages at the steps between weights, a row a step."""
        last = np.floor((self.ago - self.entry) / _FADING_DAYS).astype(np.int64)
        first = np.floor((self.ago - self.dwell) / _FADING_DAYS).astype(np.int64) + 1
        number = np.maximum(last - first + 1, 0)
        visit = np.repeat(np.arange(self.visits), number)
        index = np.arange(len(visit)) - np.repeat(np.cumsum(number) - number, number)
        age = self.ago[visit] - (first[visit] + index) * _FADING_DAYS
        kept = (age > np.maximum(self.entry[visit], AT_ONCE_DAYS)) & (age < self.dwell[visit])
        return visit[kept], age[kept]


def _visits_in_bins(bins: Bins, visit_weights: Floats | None) -> Floats:
    counts = bins.counts
    if visit_weights is not None:
        own = visit_weights[bins.visit]
        counts = own if counts is None else own * counts
    return np.bincount(bins.bin, counts, minlength=bins.size).astype(np.float64)[None, :]


def observe(history: History, *, since: dt.datetime | None = None) -> dict[str, StageSample]:
    """The visits of each stage, with their censoring.

    Parameters
    ----------
    history : History
        Cut at its as-of time.
    since : datetime, optional
        Start of observation; by default `meta.observed_from`.

    Returns
    -------
    dict of str to StageSample
        Stages that were visited, in funnel order. `StageSample.deal` holds rows of `history.deals`.
    """
    begin = max((w for w in (history.meta.observed_from, since) if w is not None), default=None)
    deal_row = history.deals.select("deal").with_row_index("row")
    visits = history.visits.join(deal_row, on="deal", how="left", maintain_order="left")
    by_stage = visits.partition_by("stage", as_dict=True)
    return {
        stage: _sample(stage, by_stage[(stage,)], history, begin)
        for stage in history.meta.stages
        if (stage,) in by_stage
    }


def target_order(history: History) -> list[str]:
    """Stages in funnel order, then won, other outcomes and lost."""
    others = [key for key in history.meta.outcomes if key not in ("won", "lost", "churned")]
    return [*history.meta.stages, "won", "churned", *others, "lost"]


def _sample(stage: str, visits: pl.DataFrame, history: History, begin: dt.datetime | None) -> StageSample:
    by_day = history.meta.resolution == "day"
    early = visits.filter(pl.col("left") < begin) if begin is not None else visits.clear()
    used = (
        visits.filter(pl.col("left").is_null() | (pl.col("left") >= begin)) if begin is not None else visits
    )
    ended = used["left"].is_not_null().to_numpy()
    end = used["left"].fill_null(history.meta.as_of)
    dwell = _days(end - used["entered"])
    as_of = used["entered"].clear().extend_constant(history.meta.as_of, used.height)
    noon = 0.5 if by_day else 0.0
    shortest = _SHORTEST_AGE[history.meta.resolution]
    dwell = np.where(ended, dwell, np.maximum(dwell - noon, shortest))
    entry = np.zeros(used.height)
    if begin is not None:
        entry = np.maximum(
            _days(used["entered"].clear().extend_constant(begin, used.height) - used["entered"]) - noon, 0
        )
        # With dates only, a visit may have ended on the day on which observation began.
        entry = np.where(ended & (dwell < entry), np.maximum(dwell, 0.0), entry)
    taken = set(used["exit"].drop_nulls().unique())
    order = [target for target in target_order(history) if target in taken]
    targets = used["exit"].replace_strict(order, range(len(order)), return_dtype=pl.Int64)
    return _build_sample(
        stage,
        order,
        dwell=dwell,
        ended=ended,
        entry=entry,
        ago=np.maximum(_days(as_of - used["entered"]) - noon, shortest),
        exit_=targets.cast(pl.Int64).fill_null(-1).to_numpy(),
        deal=used["row"].to_numpy().astype(np.int64),
        by_day=by_day,
        left_out=early.height,
        targets=frozenset(target_order(history)),
    )


def _build_sample(
    stage: str,
    order: Sequence[str],
    *,
    dwell: Floats,
    ended: NDArray[np.bool_],
    entry: Floats,
    ago: Floats,
    exit_: Ints,
    deal: Ints,
    by_day: bool,
    left_out: int = 0,
    targets: frozenset[str] = frozenset(),
) -> StageSample:
    of_exit = {target: exit_ == index for index, target in enumerate(order)}
    at_once = ended & (dwell < AT_ONCE_DAYS) & (not by_day)
    shortest = _SHORTEST_AGE["day" if by_day else "second"]
    late = entry > shortest
    return StageSample(
        stage=stage,
        exits={target: int(np.sum(of_exit[target])) for target in order},
        at_once={t: int(np.sum(at_once & of_exit[t])) for t in order if np.any(at_once & of_exit[t])},
        open=int(np.sum(~ended)),
        left_truncated=int(np.sum(late)),
        left_out=left_out,
        bins=tuple(
            [b for t in order for b in _exit_bins(t, of_exit[t], dwell, at_once, by_day)]
            + _time_bins("right_censored", "", np.flatnonzero(~ended), dwell)
            + _time_bins("left_truncated", "", np.flatnonzero(late), entry)
        ),
        dwell=dwell,
        ended=ended,
        entry=np.where(late, entry, 0.0),
        ago=ago,
        exit=exit_,
        deal=deal,
        by_day=by_day,
        targets=targets,
    )


def _exit_bins(
    target: str, of_exit: NDArray[np.bool_], dwell: Floats, at_once: NDArray[np.bool_], by_day: bool
) -> list[Bins]:
    instant = np.flatnonzero(of_exit & at_once)
    rows = np.flatnonzero(of_exit & ~at_once)
    result = []
    if instant.size:
        nothing = np.zeros(instant.size, dtype=np.int64)
        result.append(
            Bins(
                kind="at_once",
                exit=target,
                days=np.ones((1, 1)),
                log_weights=_POINT,
                visit=instant,
                bin=nothing,
            )
        )
    if by_day:
        short = rows[dwell[rows] <= _LONGEST_INTERVAL]
        rows = rows[dwell[rows] > _LONGEST_INTERVAL]
        if short.size:
            whole, index = np.unique(np.rint(dwell[short]).astype(np.int64), return_inverse=True)
            days, log_weights = zip(*(_interval(int(d)) for d in whole), strict=True)
            result.append(
                Bins(
                    kind="interval",
                    exit=target,
                    days=np.stack(days),
                    log_weights=np.stack(log_weights),
                    visit=short,
                    bin=index,
                )
            )
    return result + _time_bins("exact", target, rows, dwell)


def _time_bins(kind: str, target: str, rows: Ints, days: Floats) -> list[Bins]:
    if not rows.size:
        return []
    logs = np.log(days[rows])
    centres = np.unique(logs)
    if centres.size > _EXACT_UPTO:
        index = _binned(logs)
        centres = np.bincount(index, logs) / np.bincount(index)
    else:
        index = np.searchsorted(centres, logs)
    return [
        Bins(kind=kind, exit=target, days=np.exp(centres)[:, None], log_weights=_POINT, visit=rows, bin=index)
    ]


def _binned(logs: Floats) -> Ints:
    """Bin of each time: of equal width where times are few, narrower where there are many, none empty.

    The error of replacing a bin by one time grows with the variance within bins over that of
    the distribution (Sheppard's correction): so a narrow distribution needs narrow bins.
    """
    shares = np.quantile(logs, np.arange(1, _CELLS) / _CELLS)
    even = np.arange(np.floor(logs.min() / _BIN_WIDTH), np.ceil(logs.max() / _BIN_WIDTH)) * _BIN_WIDTH
    index = np.searchsorted(np.union1d(shares, even), logs, side="right")
    used = np.bincount(index) > 0
    return np.asarray((np.cumsum(used) - 1)[index])


def _interval(days: int) -> tuple[Floats, Floats]:
    """Points and log weights of the triangle between d - 1 and d + 1 that two unknown times of day give.

    Points are denser near 0, where a density may be unbounded.
    """
    nodes, weights = np.polynomial.legendre.leggauss(8)
    v, dv = (nodes + 1) / 2, weights / 2
    near_zero = v**4, 4 * v**3 * dv  # x = v^4 on (0, 1)
    if days == 0:
        fine, fine_weights = np.polynomial.legendre.leggauss(16)
        v, dv = (fine + 1) / 2, fine_weights / 2
        points, mass = v**4, 4 * v**3 * dv * (1 - v**4)
    else:
        below, width = near_zero if days == 1 else (v, dv)
        points = np.concatenate([days - 1 + below, days + v])
        mass = np.concatenate([below * width, (1 - v) * dv])
    return points, np.log(mass)


def _days(spans: pl.Series) -> Floats:
    return spans.dt.total_microseconds().to_numpy().astype(np.float64) / 86_400e6
