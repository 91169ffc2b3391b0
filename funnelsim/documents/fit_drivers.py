"""Covariates in a fit: transition rates by level, and tests of independence."""

from __future__ import annotations

from funnelsim.documents.record import Known, KnownProbability, Number, Record


class FitLevel(Record):
    """The hazard ratio of one level of a covariate; see `LevelEffect`."""

    level: str
    deals: int | None = None
    seen: Number | None = None
    expected: Known = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    clear: bool = False


class FitDriver(Record):
    """The effect of one covariate on one transition; see `Driver`."""

    covariate: str
    stage: str = ""
    to: str = ""
    kind: str = ""
    p_value: KnownProbability = None
    q_value: KnownProbability = None
    spread: Known = None
    design_effect: Known = None
    levels: tuple[FitLevel, ...] = ()


class FitNotUsed(Record):
    covariate: str
    reason: str = ""
    name: str = ""


class FitDrivers(Record):
    """Effects of all covariates; see `Drivers`."""

    found: tuple[FitDriver, ...] = ()
    not_used: tuple[FitNotUsed, ...] = ()
    fast_days: Known = None
    fast_share: KnownProbability = None


class FitDependence(Record):
    """One test of independence; see `Dependence`."""

    question: str
    stage: str
    before: str = ""
    visits: int | None = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    p_value: KnownProbability = None
    q_value: KnownProbability = None
    clear: bool = False
