"""Parse ``--set PATH=VALUE[@DATE]``: the name before it, the path, the value and its first day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import ChangeError, Problem
from funnelsim.core.files.toml import parse_toml
from funnelsim.distributions.quantities import read_number
from funnelsim.model.changes.changes import BY, SetValue
from funnelsim.model.changes.names import path_by_keys
from funnelsim.model.parts import Model

#: A name before a change, which must start like a path: "Faster demo: stages.demo.after=x0.7".
_NAMED = re.compile(r"\s*([^=]*?[^\s=])\s*:\s*([a-z_]+\s*\..*)", re.S)
#: A value and a date behind it, which begins with a digit: names may hold an @ too.
_DATED = re.compile(r"(.*\S)\s*@\s*(\d\S*)", re.S)


class SetOption(NamedTuple):
    """One ``--set`` taken apart: its name (or empty), ``PATH=VALUE``, the value without its date."""

    name: str
    assignment: str
    value: str
    change: SetValue


def parse_set_option(text: str, model: Model) -> SetOption:
    """Parse ``Faster demo: stages.demo.after=x0.7``, without checking that the model accepts the value.

    A date behind the value, as in ``x0.7@2026-02-10``, is the first day of the change.

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
    value, start = _dated(value, text)
    is_relative = BY.fullmatch(value) is not None
    given: dict[str, Any] = {"by": value} if is_relative else {"to": _value_of(value)}
    return SetOption(name, assignment, value, SetValue(path=path, start=start, **given))


def _dated(value: str, text: str) -> tuple[str, dt.date | None]:
    """``x0.7@2026-02-10``: the value, and the first day of the change."""
    found = _DATED.fullmatch(value)
    if found is None:
        return value, None
    try:
        return found[1], as_date(found[2])
    except ValueError as error:
        raise ChangeError(f"--set {text}", [Problem(path="", message=str(error))]) from None


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
