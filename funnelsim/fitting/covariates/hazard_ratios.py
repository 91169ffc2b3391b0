"""Hazard ratios: how much each level of a covariate raises or lowers the hazard of each exit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.covariates.read import Covariate, Covariates, NotUsed
from funnelsim.fitting.covariates.risk_sets import Spells, risk_sets
from funnelsim.fitting.covariates.shrinkage import shrunk_effects
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.history.files.events import History

#: False discovery rate of the tests (Benjamini and Hochberg 1995).
FALSE_DISCOVERIES = 0.05
#: Fewest events of an exit for its effects to be estimated.
FEWEST_MOVES = 20
#: Smallest hazard ratio (or its inverse) that is reported: smaller ones may be real, but are too small to act
#: on.
SMALLEST_RATIO = 1.1
#: Levels that say nothing about a deal; they are not reported.
_UNINFORMATIVE_LEVELS = {"unknown", "other", "others", "all others", "undefined", "not known", "none", "n/a"}
#: A deal is fast if it is won as soon as this share of the wins.
FAST_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEffect:
    """Effect of one level of a covariate on one exit.

    Attributes
    ----------
    deals : int
        Deals of that level at risk.
    seen, expected : float
        Events observed, and expected without an effect.
    ratio, low, high : float
        Hazard ratio over all deals at the same age, shrunk towards 1, with its 90 % interval.
    clear : bool
        Whether it is reported: a discovery, an interval without 1, and a ratio of practical size.
    """

    level: str
    deals: int
    seen: float
    expected: float
    ratio: float
    low: float
    high: float
    clear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Effects of one covariate on one exit.

    Attributes
    ----------
    stage, to : str
        The exit. Stage is empty for ``won`` within some days of a deal's creation.
    kind : {"trigger", "friction", "return", "fast"}
        To a later stage or a win; out without one; back; won fast.
    p_value, q_value : float
        Of the log-rank test that all levels have the same hazard; NaN where it cannot be computed.
    spread : float
        Standard deviation of the log ratios between levels, as estimated.
    design_effect : float
        Design effect of clusters: factor on all variances.
    """

    covariate: str
    stage: str
    to: str
    kind: str
    p_value: float
    q_value: float
    spread: float
    design_effect: float
    levels: tuple[LevelEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """Effects of all covariates.

    Attributes
    ----------
    found : tuple of Driver
        Every covariate on every exit with enough events, clear or not.
    not_used : tuple of NotUsed
    fast_days : float
        Lower quartile of the days from creation to win; NaN with too few wins.
    fast_share : float
        Share of all deals that are won as fast.
    """

    found: tuple[Driver, ...]
    not_used: tuple[NotUsed, ...]
    fast_days: float
    fast_share: float


def estimate_drivers(
    history: History,
    samples: Mapping[str, StageSample],
    covariates: Covariates,
    *,
    since: dt.datetime | None = None,
) -> Drivers:
    """Estimate the effect of each level of each covariate on each exit.

    Parameters
    ----------
    samples : dict of str to StageSample
        What `observe` found in the same history, from `since` on.
    """
    drivers: list[Driver] = []
    for stage, sample in samples.items():
        for target, n_exits in sample.exits.items():
            if n_exits < FEWEST_MOVES:
                continue
            spells = exit_spells(sample, target, covariates.cluster)
            kind = _kind(target, stage, list(history.meta.stages))
            drivers += _drivers(covariates, spells, sample.deal, (stage, target, kind))
    begin = max((w for w in (history.meta.observed_from, since) if w is not None), default=None)
    fast = _fast_wins(history, covariates.cluster, begin)
    if fast is not None:
        drivers += _drivers(covariates, fast.spells, fast.deal, ("", "won", "fast"))
    return Drivers(
        found=tuple(_judged(drivers)),
        not_used=covariates.refused,
        fast_days=fast.days if fast is not None else math.nan,
        fast_share=fast.share if fast is not None else math.nan,
    )


def exit_spells(sample: StageSample, target: str, clusters: Ints) -> Spells:
    """The visits of a stage, with one exit as the event."""
    return Spells(
        entry=sample.entry,
        until=sample.dwell,
        event=sample.exit == list(sample.exits).index(target),
        cluster=clusters[sample.deal],
    )


def _kind(target: str, stage: str, stages: list[str]) -> str:
    if target not in stages:
        return "trigger" if target == "won" else "friction"
    return "trigger" if stages.index(target) > stages.index(stage) else "return"


def _drivers(
    covariates: Covariates, spells: Spells, deal: Ints, move: tuple[str, str, str]
) -> Iterator[Driver]:
    for covariate in covariates.used:
        driver = _driver(covariate, spells, deal, move)
        if driver is not None:
            yield driver


def _driver(covariate: Covariate, spells: Spells, deal: Ints, move: tuple[str, str, str]) -> Driver | None:
    level = covariate.level[deal]
    known = level >= 0
    if np.sum(spells.event & known) < FEWEST_MOVES:
        return None
    present_levels, index = np.unique(level[known], return_inverse=True)
    if len(present_levels) < 2:
        return None
    sets = risk_sets(spells.only(known), index.astype(np.int64), len(present_levels))
    if not np.any(sets.untied):
        return None
    effects = shrunk_effects(sets)
    low, high = effects.interval()
    deals = pl.DataFrame({"level": index, "deal": deal[known]}).group_by("level").n_unique()
    deals_of = dict(deals.iter_rows())
    levels = [
        LevelEffect(
            level=covariate.levels[k],
            deals=deals_of[i],
            seen=float(sets.seen[i]),
            expected=float(sets.expected[i]),
            ratio=float(effects.ratio[i]),
            low=float(low[i]),
            high=float(high[i]),
        )
        for i, k in enumerate(present_levels)
    ]
    stage, target, kind = move
    return Driver(
        covariate=covariate.key,
        stage=stage,
        to=target,
        kind=kind,
        p_value=sets.log_rank(),
        q_value=math.nan,
        spread=effects.spread,
        design_effect=sets.design_effect,
        levels=tuple(levels),
    )


def _judged(drivers: list[Driver]) -> Iterator[Driver]:
    """Add q-values over all tests; levels are clear only where their test is a discovery."""
    from scipy.stats import false_discovery_control  # takes half a second to load

    p = np.array([one.p_value for one in drivers])
    tested = np.isfinite(p)
    q_values = np.full(len(p), math.nan)
    q_values[tested] = false_discovery_control(p[tested])
    for driver, q in zip(drivers, q_values, strict=True):
        levels = driver.levels
        if q <= FALSE_DISCOVERIES:
            levels = tuple(replace(level, clear=_clear(level)) for level in levels)
        yield replace(driver, q_value=float(q), levels=levels)


def _clear(level: LevelEffect) -> bool:
    if level.level.lower() in _UNINFORMATIVE_LEVELS:
        return False
    return (level.low > 1 and level.ratio >= SMALLEST_RATIO) or (
        level.high < 1 and level.ratio <= 1 / SMALLEST_RATIO
    )


@dataclass(frozen=True)
class _FastWins:
    spells: Spells
    deal: Ints
    days: float
    share: float


def _fast_wins(history: History, clusters: Ints, begin: dt.datetime | None) -> _FastWins | None:
    """Deals from their creation until the time limit of a fast win.

    A lost deal stays at risk until the limit, so that the ratios compare the shares of fast wins
    (subdistribution hazards: Fine, J. P. and Gray, R. J. 1999. JASA 94, 496-509; censoring times are known).
    """
    first = history.visits.group_by("deal", maintain_order=True).agg(
        pl.col("entered").min(), pl.col("left").filter(pl.col("exit") == "won").min().alias("won")
    )
    deals = history.deals.select("deal", "created").with_row_index("row")
    # Keep the order of the deals: in another order, sums would differ in the last digits.
    deals = deals.join(first, on="deal", maintain_order="left")
    deals = deals.with_columns(pl.min_horizontal("created", "entered").alias("begun"))
    if begin is not None:
        deals = deals.filter(pl.col("begun") >= begin)
    cycle = _days(deals["won"] - deals["begun"])
    wins = cycle[np.isfinite(cycle)]
    if len(wins) < FEWEST_MOVES / FAST_SHARE:
        return None
    days = float(np.quantile(wins, FAST_SHARE))
    follow_up = _days(deals.select(pl.lit(history.meta.as_of) - pl.col("begun")).to_series())
    fast = cycle <= days
    row = deals["row"].to_numpy().astype(np.int64)
    spells = Spells(
        entry=np.zeros(len(row)),
        until=np.where(fast, cycle, np.minimum(follow_up, days)),
        event=fast,
        cluster=clusters[row],
    )
    long_enough = follow_up >= days
    return _FastWins(spells, row, days, float(np.mean(fast[long_enough])))


def _days(spans: pl.Series) -> Floats:
    return (spans.dt.total_microseconds().cast(pl.Float64) / 86_400e6).fill_null(math.nan).to_numpy()
