"""What a sensitivity analysis found, and its document and table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from funnelsim.documents.sensitivity import (
    Decision,
    ElasticityRow,
    InformationRow,
    SensitivityDocument,
    SobolBasis,
    SobolRow,
    ValueGain,
    VarianceShares,
    VariedRange,
)
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.sensitivity.elasticities import Elasticity
from funnelsim.experiments.sensitivity.information import Gain, right_calls
from funnelsim.experiments.sensitivity.parameters import Parameter
from funnelsim.experiments.sensitivity.ranges import Range
from funnelsim.experiments.sensitivity.sobol import Indices
from funnelsim.experiments.sensitivity.variance_split import VarianceSplit
from funnelsim.metrics.document import heading
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sobol:
    """Sobol indices of some parameters.

    Attributes
    ----------
    parameters : tuple of Parameter
    ranges : tuple of Range
    indices : Indices
    points, futures : int
        The output is the mean over these futures at each of ``points * (d + 2)`` points; 0 if it is exact.
    """

    parameters: tuple[Parameter, ...]
    ranges: tuple[Range, ...]
    indices: Indices
    points: int
    futures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """The bet on the quota, and what knowing more is worth to it.

    Attributes
    ----------
    probability : float
        P(quota) over all draws.
    everything : Gain
        From knowing all parameters that the draws vary.
    gains : tuple of (Parameter, Gain)
        From knowing one of them, largest first.
    """

    probability: float
    everything: Gain
    gains: tuple[tuple[Parameter, Gain], ...]


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Which parameters a forecast depends on, and which of them are worth measuring.

    Attributes
    ----------
    funnel : Funnel
    measured : Measured
    metric : str
    base : Run
    elasticities : tuple of Elasticity
        Largest first.
    sobol : Sobol or None
        None if no parameter moves the metric.
    variance : VarianceSplit or None
    basis : {"fit", "ranges"}
        What the uncertainty about parameters in `variance` and `information` is: parameter draws, or the
        ranges of `sobol`.
    information : Information or None
        None without a quota.
    level : float
        Of all intervals.
    warnings : tuple of str
    """

    funnel: Funnel
    measured: Measured
    metric: str
    base: Run
    elasticities: tuple[Elasticity, ...]
    sobol: Sobol | None
    variance: VarianceSplit | None
    basis: str
    information: Information | None
    level: float
    warnings: tuple[str, ...] = ()

    def table(self) -> pl.DataFrame:
        """A row per parameter: elasticity, Sobol indices and value of information, each with its interval."""
        document = self.record()
        sobol = {row.path: row for row in document.sobol}
        known = {row.path: row for row in document.information}
        rows = []
        for row in document.elasticities:
            own, gain = sobol.get(row.path), known.get(row.path)
            rows.append(
                {
                    **row.as_json(),
                    "first": own.first if own else None,
                    "total": own.total if own else None,
                    "total_low": own.low if own else None,
                    "total_high": own.high if own else None,
                    "information": gain.value if gain else None,
                    "information_error": gain.error if gain else None,
                }
            )
        return pl.DataFrame(rows, infer_schema_length=None)

    def document(self) -> dict[str, Any]:
        """The JSON document of ``sensitivity``."""
        return self.record().as_json()

    def record(self) -> SensitivityDocument:
        """The document of ``sensitivity``, typed."""
        measured, period = self.measured, self.measured.period
        dates = dates_of(measured.window, self.funnel.model.start)
        if period is not None:
            dates = {"start": period.start, "end": period.last_day}
        values = measured.values(self.base, self.metric)
        return SensitivityDocument(
            **heading("sensitivity", self.funnel, self.base),
            period=period.label if period else "",
            **dates,
            as_of=self.funnel.model.start,
            quota=measured.quota,
            booked=measured.before_start(self.metric),
            metric=self.metric,
            level=self.level,
            base={self.metric: summarise(values, draws_of(self.base))},
            elasticities=tuple(_elasticity_row(one) for one in self.elasticities),
            sobol=() if self.sobol is None else tuple(_sobol_rows(self.sobol)),
            sobol_basis=None if self.sobol is None else _sobol_basis(self.sobol),
            variance=VarianceShares() if self.variance is None else _variance(self.variance, self.basis),
            information=() if self.information is None else tuple(_information_rows(self.information)),
            decision=None if self.information is None else _decision(self.information, self.basis),
            warnings=self.warnings,
        )


def _elasticity_row(one: Elasticity) -> ElasticityRow:
    parameter = one.parameter
    return ElasticityRow(
        path=parameter.path,
        name=parameter.name,
        kind=parameter.kind,
        now=parameter.value,
        value=one.value,
        low=one.low,
        high=one.high,
    )


def _sobol_rows(sobol: Sobol) -> list[SobolRow]:
    found = sobol.indices
    rows = [
        SobolRow(
            path=parameter.path,
            name=parameter.name,
            kind=parameter.kind,
            first=float(found.first[i]),
            total=float(found.total[i]),
            low=float(found.total_low[i]),
            high=float(found.total_high[i]),
            first_low=float(found.first_low[i]),
            first_high=float(found.first_high[i]),
            range=VariedRange(
                low=parameter.value * varied.low, high=parameter.value * varied.high, basis=varied.basis
            ),
        )
        for i, (parameter, varied) in enumerate(zip(sobol.parameters, sobol.ranges, strict=True))
    ]
    return sorted(rows, key=lambda row: -(row.total or 0.0))


def _sobol_basis(sobol: Sobol) -> SobolBasis:
    exact = sobol.futures == 0
    return SobolBasis(
        method="exact" if exact else "simulation",
        points=sobol.points,
        futures=None if exact else sobol.futures,
        sd=sobol.indices.deviation,
    )


def _variance(split: VarianceSplit, basis: str) -> VarianceShares:
    return VarianceShares(
        chance=split.chance,
        parameters=split.parameters,
        low=split.low,
        high=split.high,
        chance_sd=split.chance_sd,
        parameters_sd=split.parameters_sd,
        basis=basis,
    )


def _information_rows(information: Information) -> list[InformationRow]:
    return [
        InformationRow(
            path=parameter.path, name=parameter.name, kind=parameter.kind, value=gain.value, error=gain.error
        )
        for parameter, gain in information.gains
    ]


def _decision(information: Information, basis: str) -> Decision:
    p, everything = information.probability, information.everything
    return Decision(
        probability=p,
        right_calls=right_calls(p) if not math.isnan(p) else None,
        everything=ValueGain(value=everything.value, error=everything.error),
        basis=basis,
    )
