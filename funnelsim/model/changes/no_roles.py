"""What to do where a model has no reps: the way on, instead of only an error."""

from __future__ import annotations

from funnelsim.model.parts import Model


def has_effort_hours(model: Model) -> bool:
    """Whether the model says how many hours of work reps do."""
    segments = (path for one in model.segments.values() for path in one.overrides)
    return bool(model.roles) and (
        any(stage.work for stage in model.stages.values()) or any(".work" in path for path in segments)
    )


def no_effort_hours(model: Model, role: str = "ae") -> str:
    """Say that the model has no effort hours, and show the three lines that add a role."""
    key = role if role.isidentifier() else "ae"
    stages = list(model.stages)
    stage = "demo" if "demo" in stages else stages[len(stages) // 2] if stages else "STAGE"
    return (
        "the model has no effort hours, so the number of reps does not change what it books. These three "
        "lines add a role:\n"
        f"    [roles.{key}]\n"
        "    headcount = 6\n"
        f'    work = {{ role = "{key}", effort = "gamma(mean=3h, sd=1h)" }}  # below [stages.{stage}]'
    )
