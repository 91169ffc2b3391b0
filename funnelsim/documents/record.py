"""The base class of all records of documents: reading and writing."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from funnelsim.core.errors import InputError

#: A sum of probabilities may exceed 1 in its last digit.
Probability = Annotated[float, Field(ge=0, le=1 + 1e-9)]
_Items = TypeVar("_Items", bound=tuple[Any, ...])


class DocumentError(InputError):
    """A JSON document cannot be drawn."""


class Record(BaseModel):
    """A part of a document.

    Fields that were set are written, even if None; others are not. A reader uses the defaults for missing
    fields and ignores unknown keys.
    """

    # Records can be built from objects with the same attributes, such as the covariates of a fit.
    # Validators are built when a record is first made: a command needs those of one document only.
    model_config = ConfigDict(
        frozen=True, extra="ignore", from_attributes=True, protected_namespaces=(), defer_build=True
    )

    def as_json(self) -> dict[str, Any]:
        """The fields that were set, as JSON types, in the order of declaration."""
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)


def at_least_one(found: _Items) -> _Items:
    if not found:
        raise ValueError("holds nothing")
    return found


def _whole_stays_whole(found: Any, check: ValidatorFunctionWrapHandler) -> Any:
    checked = check(found)
    return found if type(found) is int else checked


def none_unless_finite(found: Any) -> Any:
    return None if isinstance(found, float) and not math.isfinite(found) else found


#: A number that keeps its type: 12, not 12.0.
Number = Annotated[float, WrapValidator(_whole_stays_whole), PlainSerializer(lambda found: found)]
#: An optional number; NaN and infinity become None.
Known = Annotated[float | None, BeforeValidator(none_unless_finite)]
KnownProbability = Annotated[Probability | None, BeforeValidator(none_unless_finite)]
