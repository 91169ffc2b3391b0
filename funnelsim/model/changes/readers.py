"""Read a new value by the type of its field, or as a parameter of a distribution."""

from __future__ import annotations

import functools
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import is_plain
from funnelsim.distributions.quantities import read_number, read_quantity
from funnelsim.model.fields import Part
from funnelsim.model.type_messages import in_words

_CONFIG = ConfigDict(arbitrary_types_allowed=True)


def read_field(part: type[Part], name: str, value: Any) -> Any:
    """Parse `value` for a field of a part: text becomes a distribution, a rate or a growth.

    Raises
    ------
    ValueError
        If the field does not accept it; the message says what is allowed.
    """
    try:
        return _reader(part, name).validate_python(value)
    except ValidationError as error:
        raise ValueError(in_words(error.errors()[0])) from None


def read_parameter(distribution: Distribution, name: str, value: Any) -> float:
    """Parse `value` as a parameter of a distribution: ``"4d"`` for a median in days, a number for a sigma.

    Raises
    ------
    ValueError
        If the value is not valid for this parameter.
    """
    if isinstance(value, float):
        return value
    return read_number(value, name) if is_plain(name) else read_quantity(value, distribution.kind)


@functools.cache
def _reader(part: type[Part], name: str) -> TypeAdapter[Any]:
    field = part.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, field], config=_CONFIG)  # type: ignore[arg-type]
