"""What to do where a model has no reps: the way on, instead of only an error."""

from __future__ import annotations

from funnelsim.model.parts import Model

_OFFICE = "Mon-Fri 09:00-17:00"


def has_effort_hours(model: Model) -> bool:
    """Whether the model says how many hours of work reps do."""
    segments = (path for one in model.segments.values() for path in one.overrides)
    return bool(model.roles) and (
        any(stage.work for stage in model.stages.values()) or any(".work" in path for path in segments)
    )


def no_effort_hours(model: Model, role: str = "ae") -> str:
    """Say that the model has no effort hours, and show the lines that add a role with its calendar."""
    key = role if role.isidentifier() else "ae"
    stages = list(model.stages)
    stage = "demo" if "demo" in stages else stages[len(stages) // 2] if stages else "STAGE"
    # Without a calendar, a role works 168 hours a week.
    hours = "" if "office" in model.calendars else f'    [calendars.office]\n    hours = "{_OFFICE}"\n'
    return (
        "the model has no effort hours, so the number of reps does not change what it books. These lines "
        "add a role:\n"
        f"    [roles.{key}]\n"
        "    headcount = 6\n"
        '    calendar = "office"\n'
        f"{hours}"
        f'    work = {{ role = "{key}", effort = "gamma(mean=3h, sd=1h)" }}  # below [stages.{stage}]'
    )
