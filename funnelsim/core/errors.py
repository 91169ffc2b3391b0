"""Exceptions and problems: where, what was found, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem in the input.

    Parameters
    ----------
    path : str
        Where in the file: ``stages.demo.exits.proposal.p`` or ``line 12, column close_date``.
    message : str
        What was found and what is allowed, in one sentence.
    hint : str, default ""
        A remedy, such as ``did you mean "proposal"?``.
    """

    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f"; {self.hint}" if self.hint else "")


class FunnelSimError(Exception):
    """Base class of all errors that a user can cause and fix.

    Examples
    --------
    >>> try:
    ...     fs.read_model("nothing.toml")
    ... except fs.FunnelSimError as error:
    ...     print(error)
    nothing.toml: no such file; funnelsim init writes a starter model
    """


class InputError(FunnelSimError, ValueError):
    """A file, or a value given instead of one, is invalid; lists all its problems.

    Attributes
    ----------
    source : str
        The file (or option) that holds the problems.
    problems : tuple of Problem
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        if len(self.problems) == 1:
            return f"{self.source}: {self.problems[0]}"
        lines = [f"{self.source}: {len(self.problems)} problems"]
        lines += [f"  {problem}" for problem in self.problems]
        return "\n".join(lines)


class ModelError(InputError):
    """A model file is invalid."""


class ChangeError(InputError):
    """A scenario file or a ``--set`` is invalid."""


class HistoryError(InputError):
    """A CRM export, a mapping or a history folder is invalid."""


class OutputError(FunnelSimError, OSError):
    """A file or folder cannot be written; existing content is unchanged."""


class FunnelSimWarning(UserWarning):
    """The result is usable but weak; the message says how to improve it.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("error", fs.FunnelSimWarning)
    """


def require(value: Any, kind: type | UnionType, name: str, hint: str = "") -> None:
    """Raise an error if an argument of a public function has the wrong type.

    Raises
    ------
    InputError
        With `hint`, which says how to get the right type.
    """
    if not isinstance(value, kind):
        message = f"expected {_kind_words(kind)}, found {_shown(value)}"
        raise InputError(name, [Problem(path="", message=message, hint=hint)])


def _kind_words(kind: type | UnionType) -> str:
    if not isinstance(kind, type):
        return "text or a path"
    return {"Real": "a number", "str": "text", "Sequence": "a list"}.get(kind.__name__, f"a {kind.__name__}")


def _shown(value: Any) -> str:
    """The type of a value for an error message; short simple values are quoted."""
    named = type(value).__name__
    plain = isinstance(value, str | int | float) or value is None or hasattr(value, "__fspath__")
    return f"{named} {str(value)[:60]!r}" if plain and value is not None else named


def did_you_mean(found: str, allowed: Sequence[str]) -> str:
    """``did you mean "x"?`` for the closest allowed word, capitals aside, else an empty string."""
    by_folded = {word.casefold(): word for word in reversed(allowed)}
    by_folded |= {found: found} if found in allowed else {}
    near = difflib.get_close_matches(found.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f'did you mean "{by_folded[near[0]]}"?' if near else ""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during work of which a part is done and worth knowing.

    Attributes
    ----------
    result : object
        What a whole run would give, of the part that is done.
    done : str
        Which part, such as ``3 of 8 quarters``.
    """

    def __init__(self, result: Any, done: str) -> None:
        super().__init__(done)
        self.result = result
        self.done = done
