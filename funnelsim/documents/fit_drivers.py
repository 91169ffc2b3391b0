"""What a fit says of covariates: how often deals of each level make a move, and what depends on what."""

from __future__ import annotations

from funnelsim.documents.record import Known, KnownProbability, Number, Record


class FitLevel(Record):
    """How often deals of one level make a move; see `LevelEffect`."""

    level: str
    deals: int | None = None
    seen: Number | None = None
    expected: Known = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    clear: bool = False


class FitDriver(Record):
    """One covariate and one move; see `Driver`."""

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
