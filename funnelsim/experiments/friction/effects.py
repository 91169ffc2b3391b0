"""What a variant does to the metrics of the period, paired with the base."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.documents.friction import Effect, Effects
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.paired import check_pairing, paired_difference
from funnelsim.metrics.names import metric
from funnelsim.metrics.summary import draws_of
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

#: What levers may be sorted by.
METRICS = ("bookings", "quota_credit", "deals_won", "cycle_days")
_HOURS_A_DAY = 24.0


@dataclass(kw_only=True)
class PairedEffects:
    """Compares variants with the base.

    Attributes
    ----------
    base : Run
    measured : Measured
    metric : str
        Decides whether an effect is clear.
    level : float
        Of the intervals.
    """

    base: Run
    measured: Measured
    metric: str
    level: float
    _values: dict[str, Floats] = field(default_factory=dict)

    def of(self, variant: Run) -> Effects:
        """Differences of all metrics, and of the chance of quota."""
        check_pairing(self.base, variant)
        found = {name: self._effect(self._base(name), self._of(variant, name)) for name in METRICS}
        before, after = self.measured.reached(self.base), self.measured.reached(variant)
        chance = None if before is None or after is None else self._effect(before, after)
        return Effects(metrics=found, attainment_probability=chance, clear=found[self.metric].clear)

    def per_hour_of_waiting(self, variant: Run, model: Model, role: str) -> tuple[Effects, float] | None:
        """The differences for each hour by which a task of a role waits less, and the hours saved.

        The ratio of two paired means, with the interval of its linearisation (Cochran 1977, Sampling
        Techniques, 6.4). None where waiting does not clearly fall.
        """
        before, after = _wait_hours(self.base, model, role), _wait_hours(variant, model, role)
        saved = self._effect(after, before)
        if saved.mean is None or saved.low is None or saved.low <= 0:
            return None
        hours = before - after

        def scaled(name: str) -> Effect:
            base, changed = self._base(name), self._of(variant, name)
            return self._ratio(base, changed, hours)

        found = {name: scaled(name) for name in METRICS}
        reached = self.measured.reached(self.base), self.measured.reached(variant)
        chance = None
        if reached[0] is not None and reached[1] is not None:
            chance = self._ratio(reached[0], reached[1], hours)
        effects = Effects(metrics=found, attainment_probability=chance, clear=found[self.metric].clear)
        return effects, saved.mean

    def _ratio(self, base: Floats, changed: Floats, hours: Floats) -> Effect:
        step = changed - base
        both = ~(np.isnan(step) | np.isnan(hours))
        mean_hours = float(hours[both].mean()) if both.any() else np.nan
        ratio = float(step[both].mean()) / mean_hours if both.any() else np.nan
        linear = ratio + (step - ratio * hours) / mean_hours
        return self._effect(np.zeros(step.size), linear)

    def _effect(self, base: Floats, variant: Floats) -> Effect:
        d = paired_difference(base, variant, draws_of(self.base), level=self.level)
        return Effect(mean=d.mean, low=d.low, high=d.high)

    def _base(self, name: str) -> Floats:
        if name not in self._values:
            self._values[name] = self._of(self.base, name)
        return self._values[name]

    def _of(self, run: Run, name: str) -> Floats:
        return self.measured.values(run, name)


def gain(effects: Effects, name: str) -> float:
    """The mean effect in the metric's good direction; minus infinity where it is unknown."""
    effect = effects.metrics.get(name)
    if effect is None or effect.mean is None:
        return -np.inf
    return effect.mean if metric(name).more_is_better else -effect.mean


def by_worth(effects: Effects, name: str) -> tuple[bool, float]:
    """Sort key: those with a clear effect first, most worth first."""
    return not effects.clear, -gain(effects, name)


def _wait_hours(run: Run, model: Model, role: str) -> Floats:
    """Mean wait of the tasks of the stages in which a role works, in the last window, shape (R,)."""
    stages = [n for n, key in enumerate(run.stages) if any(t.role == role for t in model.stages[key].work)]
    waits = run.tallies["wait_days_sum"][:, -1, stages].sum(axis=1)
    tasks = run.tallies["tasks_done"][:, -1, stages].sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(tasks > 0, _HOURS_A_DAY * waits / np.maximum(tasks, 1), np.nan))
