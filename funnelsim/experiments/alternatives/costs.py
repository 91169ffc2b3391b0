"""What a variant costs: the people on the roster and the leads bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import YEAR_DAYS
from funnelsim.documents.compare import Prices
from funnelsim.engines.plan import Plan
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.people_cost import people_cost
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.names import metric, metric_names
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

COST, PROFIT = "cost", "profit"
#: Paths on which the number of leads that a source brings depends.
_LEADS = ("sources.", "calendars.")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Cost of a variant over the measured span, in each replication.

    Attributes
    ----------
    people, leads : ndarray, shape (R,)
    """

    people: Floats
    leads: Floats

    @property
    def total(self) -> Floats:
        return self.people + self.leads


def is_priced(model: Model) -> bool:
    """Whether a model says what a rep or a lead costs."""
    return any(role.annual_cost for role in model.roles.values()) or any(
        source.cost_per_lead for source in model.sources.values()
    )


def prices_of(model: Model) -> Prices:
    """The prices that a model knows, and the roles and sources without one."""
    roles = {key: role.annual_cost for key, role in model.roles.items()}
    sources = {key: source.cost_per_lead for key, source in model.sources.items()}
    return Prices(
        roles={key: price for key, price in roles.items() if price},
        sources={key: price for key, price in sources.items() if price},
        unpriced=tuple(
            [f"roles.{key}" for key, price in roles.items() if not price]
            + [f"sources.{key}" for key, price in sources.items() if not price]
        ),
    )


def names_of(run: Run, costs: Costs | None, measured: Measured) -> list[str]:
    """Names of the metrics of a run; with its costs, and with its profit if it books anything."""
    names = metric_names(run)
    if costs is None:
        return names
    return [*names, COST, *([PROFIT] if measured.values(run, "bookings").any() else [])]


def values_of(measured: Measured, run: Run, costs: Costs | None, name: str) -> Floats:
    """A metric in each replication, shape (R,); ``cost`` and ``profit`` (bookings - cost) too."""
    if costs is None or name not in (COST, PROFIT):
        return measured.values(run, name)
    return costs.total if name == COST else measured.values(run, "bookings") - costs.total


def more_is_better(name: str) -> bool:
    """Whether larger values of a metric are better, of cost and profit too."""
    return name == PROFIT or (name != COST and metric(name).more_is_better)


@dataclass(kw_only=True)
class Pricing:
    """Computes the costs of the variants of one funnel.

    People cost their `annual_cost` for each day on the roster within the span, from the simulated roster
    where attrition makes it random. Leads cost their source's `cost_per_lead` times the number expected under
    the parameters of the replication's draw: chance in the number of leads is left out, so that it does not
    blur what a change costs. Of the leads that other leads generate (referrals) no expected number is known;
    they count with the simulated mean: all leads created less those expected. So with referrals the mean cost
    has a simulation error, that of the mean number of leads, which the intervals of cost do not include.

    Attributes
    ----------
    variants : Variants
    """

    variants: Variants
    _expected: dict[str, Floats] = field(default_factory=dict)

    def costs(self, changes: Sequence[Change], run: Run) -> Costs:
        """The costs of one variant, from its changes and its run."""
        builder = self.variants.plans_of(changes)
        plan = builder.build(0 if builder.draw_rows else None).plan
        roles = self.variants.funnel.model.roles
        a_day = {key: role.annual_cost / YEAR_DAYS for key, role in roles.items()}
        return Costs(
            people=people_cost(plan, run, len(run.windows) - 1, a_day),
            leads=self._leads(changes, builder, plan, run),
        )

    def _leads(self, changes: Sequence[Change], builder: PlanBuilder, plan: Plan, run: Run) -> Floats:
        model = self.variants.funnel.model
        prices = np.array([source.cost_per_lead for source in model.sources.values()])
        if not prices.any():
            return np.zeros(run.size)
        expected = self._expected_leads(changes, builder)  # (rows, sources)
        draws = draws_of(run)
        row = np.zeros(run.size, np.int64) if draws is None else draws
        cost = (expected @ prices)[row]
        if plan.any_spawns:
            created = float(run.tallies["leads_created"][:, len(run.windows) - 1].mean())
            # Below 0 by chance where referrals are rare: cut at 0, their mean would be too high.
            referred = created - float(expected.sum(axis=1)[row].mean())
            cost = cost + referred * _price_of_referral(plan, run, prices)
        return np.asarray(cost, np.float64)

    def _expected_leads(self, changes: Sequence[Change], builder: PlanBuilder) -> Floats:
        """Leads expected from each source in the span, without referrals, by draw: shape (rows, sources)."""
        reached = [c for c in changes if isinstance(c, SetValue) and c.path.startswith(_LEADS)]
        key = repr(reached)
        if key not in self._expected:
            rows = range(builder.draw_rows) if builder.draw_rows else [None]
            window, count = self.variants.measured.window, len(self.variants.funnel.model.sources)
            self._expected[key] = np.array(
                [_leads_by_source(builder.build(row, slot=0).plan, window, count) for row in rows]
            )
        return self._expected[key]


def _leads_by_source(plan: Plan, window: Window, sources: int) -> Floats:
    """Leads expected in a window; of a day cut by its ends, the share of the day."""
    mass = plan.sources.mass  # (streams, days): sources, then their campaigns
    days = plan.horizon.begin + np.arange(mass.shape[1] + 1.0)
    found = np.zeros(sources)
    for own, source in zip(mass, plan.sources.source, strict=True):
        begin, end = np.interp([window.start_day, window.end_day], days, np.append(0.0, np.cumsum(own)))
        found[source] += end - begin
    return found


def _price_of_referral(plan: Plan, run: Run, prices: Floats) -> float:
    """Mean cost of a lead that others generate: by source, weighted by how many each is expected to get."""
    stages = len(run.stages)
    entered = run.tallies["entered"][:, len(run.windows) - 1].mean(axis=0)
    weights = np.zeros(prices.size)
    for row, source in enumerate(plan.spawns.source):
        if source >= 0:
            weights[source] += float(entered[row % stages] * plan.spawns.mean[row])
    return float(weights @ prices / weights.sum()) if weights.sum() else 0.0
