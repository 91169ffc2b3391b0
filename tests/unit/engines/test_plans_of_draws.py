"""The plan of a parameter draw is that of the model with the draw's values, to the last bit."""

from __future__ import annotations

import dataclasses
import datetime as dt

import polars as pl
import pytest

from funnelsim.engines.plan import fingerprint
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.scope import Span
from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Window

START = dt.date(2026, 1, 14)
LATER = START + dt.timedelta(days=20)
SPAN = Span(warmup_days=0, end_day=60.0, windows=(Window(label="all", start_day=0.0, end_day=60.0),))

#: One of everything that a draw may leave alone: clocks, hours, holidays, roles, shocks, campaigns.
RICH = {
    "start": START,
    "listed_factor": "empirical(0.8, 0.9, 1)",
    "clocks": {"quarter": {"over": "quarter", "month": [0.4, 0.8, 1.8]}},
    "calendars": {"office": {"hours": ["Mon-Fri 09:00-17:00"], "holidays": [START + dt.timedelta(days=9)]}},
    "roles": {"rep": {"headcount": 3, "calendar": "office", "attrition": {"rate": "18% per year"}}},
    "shocks": {"sources.web.rate": {"sd": 0.3, "rho": 0.5}},
    "sources": {
        "web": {
            "enters": {"demo": 0.7, "offer": 0.3},
            "rate": 2.0,
            "hours": "office",
            "growth": 0.02,
            "dispersion": 1.8,
            "campaigns": {"fair": {"on": START + dt.timedelta(days=5), "leads": 9.0, "over": 3.0}},
            "segments": {"small": 0.6, "big": 0.4},
            "amount": "lognormal(mean=100, sigma=1)",
        },
        "partner": {
            "enters": "demo",
            "rate": 0.5,
            "month": [1, 1, 2] * 4,
            "holiday": {"calendar": "office", "factor": 0.1},
        },
    },
    "segments": {
        "small": {},
        "big": {"amount": "gamma(mean=900, sd=300)", "overrides": {"stages.demo.exits.offer.p": 0.8}},
    },
    "stages": {
        "demo": {
            "after": "lognormal(median=6d, sigma=0.8)",
            "work": {"role": "rep", "effort": "gamma(mean=3h, sd=1h)"},
            "patience": "exponential(mean=30d)",
            "abandons_to": "lost",
            "exits": {"offer": {"p": 0.5, "clock": "quarter"}, "lost": {"p": 0.5, "after": "20d"}},
        },
        "offer": {
            "exits": {
                "demo": {"p": 0.1, "after": "exponential(mean=4d)"},
                "won": {
                    "p": 0.4,
                    "after": "mixture(0.5*weibull(shape=0.7, scale=9d), 0.5*gamma(mean=5d, sd=4d))",
                },
                "lost": {"p": 0.5, "after": "loglogistic(median=3d, shape=2.5)"},
            },
            "planned": {
                "before": "30d",
                "until": "10d",
                "exits": {
                    "won": {"p": 0.6, "after": "gamma(mean=25d, sd=9d)"},
                    "lost": {"p": 0.4, "after": "50d"},
                },
            },
        },
    },
}
PIPELINE = pl.DataFrame(
    {
        "lead": ["a", "b", "c", "d"],
        "name": ["A", "B", "C", "D"],
        "owner": [None, None, None, None],
        "source": ["web", "web", "partner", "web"],
        "segment": ["big", None, "small", "big"],
        "stage": ["demo", "offer", "offer", "demo"],
        "age_days": [3.0, 40.0, 8.0, 900.0],
        "lead_age_days": [9.0, 44.0, 8.0, 901.0],
        "amount": [None, 1000.0, 300.0, None],
        "visits": [["demo"], ["demo", "offer"], ["offer"], ["demo", "demo"]],
        "won_before": [False, True, False, False],
        "planned_close": [None, START + dt.timedelta(days=15), None, None],
        "state": ["waiting", None, None, None],
    },
    schema_overrides={"owner": pl.String},
)
#: Each row reaches another part, so that what the row before it left behind would be seen.
DRAWS = pl.DataFrame(
    {
        "sources.web.rate": [2.0, 3.0, 3.0, 2.5],
        "sources.web.growth": [0.02, 0.02, 0.05, 0.02],
        "sources.web.enters.demo": [0.7, 0.7, 0.7, 0.6],
        "sources.web.enters.offer": [0.3, 0.3, 0.3, 0.4],
        "sources.web.campaigns.fair.leads": [9.0, 9.0, 4.0, 9.0],
        "sources.web.amount.mean": [90.0, 100.0, 110.0, 100.0],
        "sources.web.amount.sigma": [1.1, 1.0, 0.9, 1.0],
        "shocks.sources.web.rate.sd": [0.3, 0.3, 0.6, 0.3],
        "roles.rep.attrition.rate": [0.18, 0.3, 0.18, 0.18],
        "stages.demo.exits.lost.p": [0.5, 0.6, 0.4, 0.2],
        "stages.demo.exits.offer.p": [0.5, 0.4, 0.6, 0.8],
        "stages.demo.exits.offer.after.median": [6.0, 5.0, 6.0, 7.0],
        "stages.demo.exits.offer.after.sigma": [0.8, 0.7, 0.8, 0.8],
        "stages.demo.work.effort.mean": [0.1, 0.2, 0.1, 0.1],
        "stages.offer.exits.demo.p": [0.1, 0.1, 0.0, 0.1],
        "stages.offer.exits.won.after.weight_1": [0.5, 0.5, 0.3, 0.5],
        "stages.offer.exits.won.after.law_1.shape": [0.7, 0.8, 0.7, 0.7],
        "stages.offer.exits.won.after.law_1.scale": [9.0, 8.0, 9.0, 9.0],
        "stages.offer.planned.before": [30.0, 30.0, 20.0, 30.0],
        "segments.big.stages.demo.exits.offer.p": [0.8, 0.7, 0.8, 0.8],
    }
)
CHANGES = (
    SetValue(path="stages.demo.after", by="x0.7", start=LATER),
    SetValue(path="sources.web.rate", by="x1.5"),
    SetValue(path="roles.rep.headcount", by="+1", start=LATER),
)


def written_out(row: dict[str, float]) -> Funnel:
    """The rich funnel with one row of draws, of which nothing was made before."""
    model = Model.model_validate(RICH)
    return Funnel(model=model, draws=pl.DataFrame({path: [value] for path, value in row.items()}))


@pytest.mark.parametrize(
    "changes", [(), CHANGES, (RemoveStage(stage="demo", recovered=(0.5,), start=LATER),)]
)
def test_plans_of_many_draws_are_those_of_each_alone(changes: tuple[SetValue | RemoveStage, ...]) -> None:
    """Mutants: a clock, a stream, a role or a lead's exits kept from the draw before."""
    funnel = Funnel(model=Model.model_validate(RICH), draws=DRAWS, pipeline=PIPELINE)
    builder = PlanBuilder(funnel, SPAN, changes)
    many = [builder.build(row) for row in (0, 1, 2, 3, 2, 1, 0)]
    for row, one in zip((0, 1, 2, 3, 2, 1, 0), many, strict=True):
        alone = dataclasses.replace(written_out(DRAWS.row(row, named=True)), pipeline=PIPELINE)
        # The tables that the first plan keeps are its own: the order of draws must not show elsewhere.
        expected = PlanBuilder(alone, SPAN, changes).build(0)
        assert fingerprint(one.plan) == fingerprint(expected.plan), row
        assert one[1:] == expected[1:]


VARIANTS = {
    "nothing": (),
    "dwell": (SetValue(path="stages.demo.after", by="x0.7"),),
    "dwell of one exit": (SetValue(path="stages.offer.exits.lost.after.median", by="x2"),),
    "probability": (SetValue(path="stages.offer.exits.won.p", by="+5pp"),),
    "of a segment": (SetValue(path="segments.big.stages.demo.exits.offer.p", to=0.9),),
    "no exit left": (SetValue(path="stages.offer.exits.demo.p", to=0.0),),
    "rate": (SetValue(path="sources.web.rate", by="x1.5"),),
    "amount": (SetValue(path="sources.web.amount.mean", by="x2"),),
    "headcount": (SetValue(path="roles.rep.headcount", by="+1"),),
    "effort": (SetValue(path="stages.demo.work.effort", by="x0.5"),),
    "dated": CHANGES,
    "removed": (RemoveStage(stage="demo", recovered=(0.5,)),),
    "removed later": (RemoveStage(stage="demo", recovered=(0.5,), start=LATER),),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_plan_made_from_the_bases_parts_is_that_made_alone(name: str) -> None:
    """Mutants: exits, streams, open leads or bounds taken from the base although a change reaches them."""
    funnel = Funnel(model=Model.model_validate(RICH), draws=DRAWS, pipeline=PIPELINE)
    base = PlanBuilder(funnel, SPAN, keeps=True)
    first = base.build(0)
    own = PlanBuilder(funnel, SPAN, VARIANTS[name], like=base)
    alone = PlanBuilder(funnel, SPAN, VARIANTS[name])
    for row in (0, 1, 2, 3, 2, 1, 0):
        # One after the other: a plan in a slot holds until the next one.
        found, expected = own.build(row, slot=0), alone.build(row)
        assert fingerprint(found.plan) == fingerprint(expected.plan), row
        assert found[1:] == expected[1:]
    assert fingerprint(base.build(0).plan) == fingerprint(first.plan)
