"""The document of ``funnelsim sensitivity``."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Number, Record
from funnelsim.documents.shared import PeriodSpan, Summary, Titled


class ParameterRow(Record):
    """A parameter: its path, its name in words, and what it is (``rate``, ``probability``, ``time`` ...)."""

    path: str
    name: str = ""
    kind: str = "other"


class ElasticityRow(ParameterRow):
    """Change of the metric, in per cent, for one per cent more of the parameter; `now` is its value."""

    now: Known = None
    value: Known = None
    low: Known = None
    high: Known = None

    @property
    def clear(self) -> bool:
        """Whether the interval is known and excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class VariedRange(Record):
    """A range of values: of the ``fit``, ``given`` by the user, or ``assumed``."""

    low: Known = None
    high: Known = None
    basis: str = "assumed"


class SobolRow(ParameterRow):
    """Shares of the variance over the ranges; `low` and `high` are the interval of `total`."""

    first: Known = None
    total: Known = None
    low: Known = None
    high: Known = None
    first_low: Known = None
    first_high: Known = None
    range: VariedRange = VariedRange()


class SobolBasis(Record):
    """How the output was computed: ``exact``, or the mean over `futures` in ``simulation``; `sd` over the
    ranges."""

    method: str = "simulation"
    points: int | None = None
    futures: int | None = None
    sd: Known = None


class VarianceShares(Record):
    """Shares of the variance of a forecast; `low` and `high` are the interval of `parameters`.

    `basis` is ``fit`` (parameter draws) or ``ranges`` (those of the Sobol indices).
    """

    chance: KnownProbability = None
    parameters: KnownProbability = None
    low: Known = None
    high: Known = None
    chance_sd: Known = None
    parameters_sd: Known = None
    basis: str = "fit"


class ValueGain(Record):
    value: Known = None
    error: Known = None


class InformationRow(ParameterRow):
    """Share of right calls gained by knowing the parameter, with its standard error."""

    value: Known = None
    error: Known = None


class Decision(Record):
    """The bet on reaching the quota: how often it is right today, and the gain from knowing everything."""

    probability: KnownProbability = None
    right_calls: KnownProbability = None
    everything: ValueGain = ValueGain()
    basis: str = "fit"


class SensitivityDocument(Titled):
    """The result of ``sensitivity``."""

    noun: str = "lead"
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    quota: Number | None = None
    booked: Number = 0.0
    metric: str = "bookings"
    level: float = 0.9
    base: dict[str, Summary] = Field(default_factory=dict)
    elasticities: tuple[ElasticityRow, ...]
    sobol: tuple[SobolRow, ...] = ()
    sobol_basis: SobolBasis | None = None
    variance: VarianceShares = VarianceShares()
    information: tuple[InformationRow, ...] = ()
    decision: Decision | None = None

    @property
    def span(self) -> PeriodSpan:
        """The measured period."""
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.quota)
