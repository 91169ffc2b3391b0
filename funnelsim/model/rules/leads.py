"""Rules for arriving leads: hours, campaigns, spawned leads and shocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.model.flows.rates import offspring
from funnelsim.model.parts import Model
from funnelsim.model.rules.unknown import unknown


def leads_find_open_hours(model: Model) -> Iterator[Problem]:
    """A source must have leads on days on which its calendar is open."""
    for key, source in model.sources.items():
        calendar = model.calendars.get(source.hours or "")
        if calendar is None or source.weekday is None or len(source.weekday) != 7:
            continue
        if not any(source.weekday[span.weekday] > 0 for span in calendar.spans):
            message = f'"{source.hours}" is closed on every weekday that has leads'
            yield Problem(path=f"sources.{key}.hours", message=message)


def campaigns_last_whole_days(model: Model) -> Iterator[Problem]:
    for key, source in model.sources.items():
        for name, campaign in source.campaigns.items():
            if campaign.over < 1 or campaign.over != int(campaign.over):
                message = f"a campaign lasts whole days, at least 1; found {campaign.over:g} days"
                yield Problem(path=f"sources.{key}.campaigns.{name}.over", message=message)


def spawned_leads_have_a_source(model: Model) -> Iterator[Problem]:
    for key, stage in model.stages.items():
        if stage.spawns is not None and stage.spawns.source not in model.sources:
            yield unknown(f"stages.{key}.spawns.source", "source", stage.spawns.source, model.sources)


def families_die_out(model: Model) -> Iterator[Problem]:
    """Spawned leads must form a subcritical branching process.

    References
    ----------
    Harris, T. E. (1963). The Theory of Branching Processes, chapter 2: extinction is certain, and a family
    finite on average, where the spectral radius of the matrix of mean offspring is below 1.
    """
    spawning = [f"stages.{key}.spawns" for key, stage in model.stages.items() if stage.spawns is not None]
    if any(segment not in model.segments for source in model.sources.values() for segment in source.segments):
        return  # reported for the source
    try:
        means = offspring(model) if spawning else np.zeros((0, 0))
    except ChangeError:
        return  # reported for the segment
    if not spawning or not np.isfinite(means).all():
        return
    mean = float(np.abs(np.linalg.eigvals(means)).max(initial=0.0))
    if mean >= 1:
        message = f"a lead brings {mean:.3g} new leads on average over its life; below 1, or they never end"
        yield Problem(path=" and ".join(spawning), message=message)


def shocks_act_on_something(model: Model) -> Iterator[Problem]:
    allowed = ["odds", *(f"sources.{key}.rate" for key in model.sources)]
    for key in model.shocks:
        if key not in allowed:
            yield Problem(
                path=f'shocks."{key}"',
                message=f"there are shocks of {', '.join(allowed)} only",
                hint=did_you_mean(key, allowed),
            )


LEAD_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    leads_find_open_hours,
    campaigns_last_whole_days,
    spawned_leads_have_a_source,
    families_die_out,
    shocks_act_on_something,
)
