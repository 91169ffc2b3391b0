"""Records shared by the documents of several commands: summaries, provenance, names and warnings."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from pydantic import Field

from funnelsim.documents.record import Number, Record


class Summary(Record):
    """Summary of a metric over replications; None if it is undefined in all of them."""

    mean: float | None = None
    sd: float | None = None
    mc_error: float | None = None
    mc_error_given_draws: float | None = None
    n: int | None = None
    p05: float | None = None
    p10: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None

    @property
    def known_quantiles(self) -> tuple[list[float], list[float]]:
        """Probabilities and values of the defined quantiles, in order."""
        pairs = [
            (level / 100, value)
            for level in (5, 10, 25, 50, 75, 90, 95)
            if (value := getattr(self, f"p{level:02d}")) is not None
        ]
        return [p for p, _ in pairs], [value for _, value in pairs]


def nothing_booked(bookings: Summary | None, wins: Summary | None) -> bool:
    """Whether there are wins but no bookings, because the model has no amounts."""
    if bookings is None or wins is None or not wins.mean:
        return False
    return bookings.mean == 0 and not bookings.p05 and not bookings.p95


class Provenance(Record):
    """Provenance: everything needed to reproduce the numbers.

    `parameters_sha256` is the model without its open deals and, unless that changes its rates, its start.
    """

    model: str = ""
    model_sha256: str = ""
    parameters_sha256: str = ""
    plan_sha256: str = ""
    seed: int | None = None
    replications: int | None = None
    engine: str = ""
    version: str = ""


class Titled(Record):
    """The fields common to all documents."""

    #: Keys that are written last, in this order.
    last: ClassVar[tuple[str, ...]] = ("warnings",)

    format: int = 1
    command: str = ""
    provenance: Provenance = Provenance()
    name: str = ""
    noun: str = "deal"
    currency: str = ""
    amount_is: str = ""
    stage_names: dict[str, str] = Field(default_factory=dict)
    role_names: dict[str, str] = Field(default_factory=dict)
    as_of: dt.date | None = None
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document as the command prints it."""
        found = super().as_json()
        return found | {key: found.pop(key) for key in self.last if key in found}

    def stage_name(self, key: str) -> str:
        """The display name of a stage."""
        return self.stage_names.get(key) or key.replace("_", " ")

    def role_name(self, key: str) -> str:
        return self.role_names.get(key) or key.replace("_", " ")


class PeriodSpan(Record):
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    quota: Number | None = None
