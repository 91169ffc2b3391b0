"""The target metric of a goal, in addition to the quota: `goal.target`."""

from __future__ import annotations

import numpy as np

from funnelsim.documents.simulate import Target
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.quota import attainment
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.parts import Model
from funnelsim.results.run import TARGET, Run


def target_of(run: Run, model: Model) -> Target | None:
    """Probability to reach the target; None without a target, or if the run ends first.

    Computed over the replications in which the metric is defined.
    """
    target, labels = model.goal.target, [window.label for window in run.windows]
    if target is None or TARGET not in labels:
        return None
    values = metric_values(run, target.metric, labels.index(TARGET))
    draws, defined = draws_of(run), ~np.isnan(values)
    known = values[defined] if target.at_most is None else -values[defined]
    bound = target.at_least if target.at_most is None else -target.at_most
    assert bound is not None
    chance, error = None, None
    if known.size:
        chance, error = attainment(known, bound, None if draws is None else draws[defined])
    return Target(
        metric=target.metric,
        at_least=target.at_least,
        at_most=target.at_most,
        by=target.by,
        probability=chance,
        mc_error=error,
        values=summarise(values, draws),
    )


def target_doubts(run: Run, model: Model) -> list[str]:
    """Warn if the run ends before the date of the target."""
    target = model.goal.target
    if target is None or target.by <= model.start or any(window.label == TARGET for window in run.windows):
        return []
    return [
        f"goal.target is for {target.by}, after the run's last day: use simulate --until {target.by} for the "
        f"probability to reach it"
    ]
