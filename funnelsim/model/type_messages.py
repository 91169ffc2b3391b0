"""Messages for values of the wrong type, in terms of the model file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

_WANTED = {
    "float_parsing": "a number",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "string_type": "text in quotes",
    "string_too_short": "at least one letter",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "string_pattern_mismatch": 'a month and day such as "02-01"',
}
_LONGEST = 60


def wanted(error: Mapping[str, Any]) -> str:
    """What was expected according to a pydantic error, such as ``a number``; empty if its message says
    so."""
    context = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return f"one of {context['expected']}".replace("'", "")
        case "less_than_equal":
            return f"at most {context['le']:g}"
        case "greater_than_equal":
            return f"at least {context['ge']:g}"
        case "less_than":
            return f"less than {context['lt']:g}"
        case "greater_than":
            return f"more than {context['gt']:g}"
        case kind:
            return _WANTED.get(kind, "")


def in_words(error: Mapping[str, Any]) -> str:
    """Format a pydantic error as plain text: ``expected a number, found 'often'``."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] in ("missing", "extra_forbidden"):
        return f'"{place}" is missing' if error["type"] == "missing" else f'unknown key "{place}"'
    expected = wanted(error)
    if expected:
        return f"expected {expected}, found {shown(error['input'])}"
    return f"{error['msg'][0].lower()}{error['msg'][1:]}, found {shown(error['input'])}"


def shown(value: Any) -> str:
    """Format a value as in the file, truncated if long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
