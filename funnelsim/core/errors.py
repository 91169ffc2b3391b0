"""What can go wrong, said once: where, what was found, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the input.

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
    """Base of every error that a user can cause and mend.

    Examples
    --------
    >>> try:
    ...     fs.read_model("nothing.toml")
    ... except fs.FunnelSimError as error:
    ...     print(error)
    nothing.toml: no such file; funnelsim init writes a starter model
    """


class InputError(FunnelSimError, ValueError):
    """A file, or a value given in its place, cannot be used; all its problems at once.

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
    """A model file is wrong."""


class ChangeError(InputError):
    """A scenario file, or a ``--set``, is wrong."""


class HistoryError(InputError):
    """A CRM export, a mapping or a history folder is wrong."""


class OutputError(FunnelSimError, OSError):
    """A file or folder cannot be written; what was there before is unchanged."""


class FunnelSimWarning(UserWarning):
    """Usable but weak; the text holds the remedy.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("error", fs.FunnelSimWarning)
    """


def require(value: Any, kind: type | UnionType, name: str, hint: str = "") -> None:
    """Refuse an argument of another type than a public function takes.

    Raises
    ------
    InputError
        `hint` says how to get one of the right type.
    """
    if not isinstance(value, kind):
        message = f"expected {_kind_words(kind)}, found {_shown(value)}"
        raise InputError(name, [Problem(path="", message=message, hint=hint)])


def _kind_words(kind: type | UnionType) -> str:
    if not isinstance(kind, type):
        return "text or a path"
    return {"Real": "a number", "str": "text", "Sequence": "a list"}.get(kind.__name__, f"a {kind.__name__}")


def _shown(value: Any) -> str:
    """The type of a value; short plain ones are quoted, as a path given in place of what it holds."""
    named = type(value).__name__
    plain = isinstance(value, str | int | float) or value is None or hasattr(value, "__fspath__")
    return f"{named} {str(value)[:60]!r}" if plain and value is not None else named


def did_you_mean(found: str, allowed: Sequence[str]) -> str:
    """``did you mean "x"?`` for the nearest allowed word, else the empty string."""
    near = difflib.get_close_matches(found, allowed, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
