"""Parse ``--set PATH=VALUE``: the name before it, the path and the value."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from funnelsim.core.errors import ChangeError, Problem
from funnelsim.core.files.toml import parse_toml
from funnelsim.distributions.quantities import read_number
from funnelsim.model.changes.changes import BY, SetValue
from funnelsim.model.changes.names import path_by_keys
from funnelsim.model.parts import Model

#: A name before a change, which must start like a path: "Faster demo: stages.demo.after=x0.7".
_NAMED = re.compile(r"\s*([^=]*?[^\s=])\s*:\s*([a-z_]+\s*\..*)", re.S)


class SetOption(NamedTuple):
    """One ``--set`` taken apart: its name (empty if it has none), ``PATH=VALUE``, the value as text."""

    name: str
    assignment: str
    value: str
    change: SetValue


def parse_set_option(text: str, model: Model) -> SetOption:
    """Parse ``Faster demo: stages.demo.after=x0.7``, without checking that the model accepts the value.

    Raises
    ------
    ChangeError
        If it is not PATH=VALUE, or names a part of the model that does not exist.
    """
    named = _NAMED.fullmatch(text)
    name, assignment = (named[1], named[2]) if named else ("", text.strip())
    path, equals, value = (part.strip() for part in assignment.partition("="))
    if not equals or not path or not value:
        raise ChangeError(
            f"--set {text}", [Problem(path="", message="expected PATH=VALUE, such as stages.demo.after=x0.7")]
        )
    try:
        path = path_by_keys(model, path)
    except ChangeError as error:
        raise ChangeError(f"--set {text}", error.problems) from None
    is_relative = BY.fullmatch(value) is not None
    change = SetValue(path=path, by=value) if is_relative else SetValue(path=path, to=_value_of(value))
    return SetOption(name, assignment, value, change)


def _value_of(text: str) -> Any:
    """Parse a number, a list or a table in TOML, or else text: a distribution, a date, a name."""
    try:
        return read_number(text, "the value")
    except ValueError:
        pass
    if text[0] not in "[{":
        return text
    try:
        document = parse_toml(f"value = {text}")
    except ValueError:
        return text
    return document["value"]
