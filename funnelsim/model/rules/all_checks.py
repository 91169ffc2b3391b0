"""All checks of a model."""

from __future__ import annotations

from funnelsim.core.errors import Problem
from funnelsim.model.parts import Model
from funnelsim.model.rules.model import check_values
from funnelsim.model.rules.segments import overrides_fit


def check_model(model: Model) -> list[Problem]:
    """List all problems of a model, in the order of the rules, then those of its segments."""
    return [*check_values(model), *overrides_fit(model)]
