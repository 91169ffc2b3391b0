"""Types of the fields of a model: syntax in the file, and parsed value.

Times are naive local dates; durations are days; rates are per day.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from funnelsim.core.calendar.dates import parse_date
from funnelsim.core.calendar.time import (
    parse_annual_rate,
    parse_duration_days,
    parse_growth,
    parse_rate_per_day,
)
from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.quantities import read_quantity
from funnelsim.model.type_messages import shown


def _distribution(kind: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        return value if isinstance(value, Distribution) else parse_distribution(value, kind=kind)  # type: ignore[arg-type]

    return BeforeValidator(read)


_AS_TEXT = PlainSerializer(lambda distribution: distribution.text(), return_type=str)
Duration = Annotated[Distribution, _distribution("duration"), _AS_TEXT]
Effort = Annotated[Distribution, _distribution("effort"), _AS_TEXT]
Amount = Annotated[Distribution, _distribution("amount"), _AS_TEXT]
Factor = Annotated[Distribution, _distribution("factor"), _AS_TEXT]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # rejects true and "3"


def _written(words: str) -> WithJsonSchema:
    """JSON schema of a field: text with a unit, or a number."""
    return WithJsonSchema({"type": ["string", "number"], "description": words})


RatePerDay = Annotated[
    float, BeforeValidator(parse_rate_per_day), Field(ge=0), _written('a rate, such as "12 per day"')
]
Growth = Annotated[float, BeforeValidator(parse_growth), _written('a growth, such as "2% per month"')]
AnnualRate = Annotated[float, BeforeValidator(parse_annual_rate), _written('a rate, such as "18% per year"')]
Days = Annotated[float, BeforeValidator(parse_duration_days), _written('a duration, such as "7d"')]
Probability = Annotated[Number, Field(ge=0, le=1)]
NotNegative = Annotated[Number, Field(ge=0)]


def _factor(value: Any) -> Any:
    """Parse ``"x1.05"`` as 1.05."""
    if isinstance(value, str):
        if not value.startswith("x"):
            raise ValueError(f'expected a factor such as "x1.05", found "{value}"')
        return read_quantity(value[1:], "factor")
    return value


def _day(value: Any) -> Any:
    """Parse a date, possibly as text; a time of day is not allowed."""
    try:
        found = parse_date(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"expected a date such as 2026-01-01: {error}") from None
    if isinstance(found, dt.datetime) or not isinstance(found, dt.date):
        raise ValueError(f"expected a date such as 2026-01-01, found {shown(value)}")
    if not 1900 <= found.year < 2200:
        raise ValueError(f"expected a date between 1900 and 2199, found {shown(value)}")
    return found


def _entries(value: Any) -> Any:
    """A single stage gets all entries."""
    if not isinstance(value, str | dict):
        raise ValueError(
            f"expected a stage or shares such as {{ mql = 0.8, sql = 0.2 }}, found {shown(value)}"
        )
    return {value: 1.0} if isinstance(value, str) else value


AmountFactor = Annotated[NotNegative, BeforeValidator(_factor), _written('a factor, such as "x1.05"')]
Entries = Annotated[
    dict[str, Probability],
    BeforeValidator(_entries),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "additionalProperties": {"type": "number"},
            "description": "a stage, or shares such as { mql = 0.8, sql = 0.2 }",
        }
    ),
]
Day = Annotated[dt.date, BeforeValidator(_day)]


class Part(BaseModel):
    """Base class: frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
