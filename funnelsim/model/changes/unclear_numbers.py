"""Detect bare numbers on the command line that were probably meant as factors: ``stages.demo.after=0.7``."""

from __future__ import annotations

import re

from funnelsim.core.errors import ChangeError, Problem
from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import is_plain
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.changes.paths import value_at
from funnelsim.model.parts import Model

_TIMES = ("after", "patience", "over", "until", "before", "wait_half_life", "backfill_after")
_TIME_PARAMETER = re.compile(r".*\.(?:after|patience)\.([^.]+(?:\.[^.]+)*)")
#: A new amount below this fraction of the old one was probably meant as a factor.
_FALLS_TO = 1 / 50


def unclear_number(change: SetValue, written: str, model: Model) -> Problem | None:
    """Suggest what to write instead of an ambiguous bare number, or None.

    In model files, a bare number means days, or leads per day. On the command line it is easily confused
    with ``x0.7`` or ``+10%``, and every time in stage would silently become 0.7 days.
    """
    if isinstance(change.to, bool) or not isinstance(change.to, int | float) or change.to == 0:
        return None
    factor = f"x{written}"
    if _is_time(change.path):
        message = f"a number alone is not clear; write {written}d for days, or {factor} for a factor"
    elif re.fullmatch(r"sources\.[^.]+\.rate", change.path):
        message = f'a number alone is not clear; write "{written} per day", or {factor} for a factor'
    elif _falls(change, model):
        message = f"would fall to {written}; write {factor} for a factor, or set it in a scenario file"
    else:
        return None
    return Problem(path=change.path, message=message, hint=f'did you mean "{factor}"?')


def _is_time(path: str) -> bool:
    parameter = _TIME_PARAMETER.fullmatch(path)
    if parameter is not None:
        return not is_plain(parameter[1].rpartition(".")[2])
    return path.rpartition(".")[2] in _TIMES


def _falls(change: SetValue, model: Model) -> bool:
    """Whether an amount would fall to a small fraction of its value."""
    if "amount" not in change.path.split("."):
        return False
    try:
        held = value_at(model, change.path)
    except (ChangeError, ValueError):
        return False
    now = held.mean() if isinstance(held, Distribution) else held
    is_parameter = ".amount." in change.path and not is_plain(change.path.rpartition(".")[2])
    if not isinstance(now, int | float) or not (isinstance(held, Distribution) or is_parameter):
        return False
    return bool(0 < change.to < _FALLS_TO * now)
