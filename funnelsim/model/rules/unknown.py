"""The problem of an unknown name."""

from __future__ import annotations

from collections.abc import Iterable

from funnelsim.core.errors import Problem, did_you_mean


def unknown(path: str, what: str, found: str, known: Iterable[str]) -> Problem:
    """``unknown stage "dmo"; the model has demo, proposal; did you mean "demo"?``"""
    names = list(known)
    listed = ", ".join(names) or "none"
    return Problem(
        path=path,
        message=f'unknown {what} "{found}"; the model has {listed}',
        hint=did_you_mean(found, names),
    )


def is_unknown(problem: Problem) -> bool:
    """Whether a problem is of this kind."""
    return problem.message.startswith("unknown ")
