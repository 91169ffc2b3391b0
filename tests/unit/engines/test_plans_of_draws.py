"""The plan of a parameter draw is that of the model with the draw's values, to the last bit."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import polars as pl
import pytest

from funnelsim.engines.plan import fingerprint
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.scope import Span
from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Window

START = dt.date(2026, 1, 14)
LATER = START + dt.timedelta(days=20)
SPAN = Span(warmup_days=0, end_day=60.0, windows=(Window(label="all", start_day=0.0, end_day=60.0),))

#: One of everything that a draw or a change may leave alone: clocks, hours, roles, shocks, campaigns, spawns.
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
            "amount": 0.9,
            "spawns": {"source": "partner", "leads": 0.2, "after": "gamma(mean=9d, sd=5d)"},
            "exits": {
                "offer": {"p": 0.5, "clock": "quarter", "wait_half_life": "6d"},
                "lost": {"p": 0.5, "after": "20d"},
            },
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


def sets(path: str, **change: Any) -> tuple[SetValue, ...]:
    return (SetValue(path=path, **change),)


VARIANTS: dict[str, tuple[Change, ...]] = {
    "nothing": (),
    "dwell": sets("stages.demo.after", by="x0.7"),
    "dwell of one exit": sets("stages.offer.exits.lost.after.median", by="x2"),
    "probability": sets("stages.offer.exits.won.p", by="+5pp"),
    "of a segment": sets("segments.big.stages.demo.exits.offer.p", to=0.9),
    "no exit left": sets("stages.offer.exits.demo.p", to=0.0),
    "speed to lead": sets("stages.demo.exits.offer.wait_half_life", to="2d"),
    "clock": sets("clocks.quarter.month", to=[1, 1, 2]),
    "holidays": sets("calendars.office.holidays", to=[START + dt.timedelta(days=12)]),
    "hours": sets("calendars.office.hours", to=["Mon-Sat 09:00-19:00"]),
    "rate": sets("sources.web.rate", by="x1.5"),
    "weekday": sets("sources.web.weekday", to=[3, 1, 1, 1, 1, 0, 0]),
    "month": sets("sources.partner.month", to=[2, 1, 1] * 4),
    "holiday": sets("sources.partner.holiday.factor", to=1),
    "growth": sets("sources.web.growth", to=0.1),
    "dispersion": sets("sources.web.dispersion", to=1.1),
    "no dispersion": sets("sources.web.dispersion", to=1),
    "entries": sets("sources.web.enters.demo", to=0.4) + sets("sources.web.enters.offer", to=0.6),
    "segments": sets("sources.web.segments.small", to=0.2) + sets("sources.web.segments.big", to=0.8),
    "campaign": sets("sources.web.campaigns.fair.leads", by="x2"),
    "campaign's days": sets("sources.web.campaigns.fair.on", to=START + dt.timedelta(days=19)),
    "shock": sets("shocks.sources.web.rate.sd", by="x2"),
    "no shock": sets("shocks.sources.web.rate.sd", to=0),
    "spawns": sets("stages.demo.spawns.leads", to=0.5),
    "others spawned": sets("stages.offer.spawns", to={"source": "web", "leads": 0.3, "after": "20d"}),
    "amount": sets("sources.web.amount.mean", by="x2"),
    "amount of a segment": sets("segments.big.amount", to="gamma(mean=500, sd=300)"),
    "amount of a stage": sets("stages.demo.amount", to="x1.5"),
    "listed amount": sets("listed_factor", to="constant(0.5)"),
    "headcount": sets("roles.rep.headcount", by="+1"),
    "hires": sets("roles.rep.hires", to=[{"on": LATER, "count": 2}]),
    "attrition": sets("roles.rep.attrition.rate", to="50% per year"),
    "discipline": sets("roles.rep.discipline", to="lifo"),
    "effort": sets("stages.demo.work.effort", by="x0.5"),
    "patience": sets("stages.demo.patience", to="exponential(mean=3d)"),
    "dated": CHANGES,
    "dated at the start": sets("stages.demo.after", by="x0.7", start=START),
    "dated before it": sets("stages.demo.after", by="x0.7", start=START - dt.timedelta(days=5)),
    "removed": (RemoveStage(stage="demo", recovered=(0.5,)),),
    "removed later": (RemoveStage(stage="demo", recovered=(0.5,), start=LATER),),
}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize(
    ("draws", "rows"), [(DRAWS, (0, 1, 2, 3, 2, 1, 0)), (None, (None, None))], ids=["draws", "none"]
)
def test_a_plan_made_from_the_bases_parts_is_that_made_alone(
    name: str, draws: pl.DataFrame | None, rows: tuple[int | None, ...]
) -> None:
    """Mutants: exits, streams, open leads or bounds taken from the base although a change reaches them."""
    funnel = Funnel(model=Model.model_validate(RICH), draws=draws, pipeline=PIPELINE)
    base = PlanBuilder(funnel, SPAN, keeps=True)
    first = base.build(rows[0])
    own = PlanBuilder(funnel, SPAN, VARIANTS[name], like=base)
    alone = PlanBuilder(funnel, SPAN, VARIANTS[name])
    for row in rows:
        # One after the other: a plan in a slot holds until the next one.
        found, expected = own.build(row, slot=0), alone.build(row)
        assert fingerprint(found.plan) == fingerprint(expected.plan), row
        assert found[1:] == expected[1:]
    assert fingerprint(base.build(rows[0]).plan) == fingerprint(first.plan)


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "nothing"])
def test_each_change_reaches_the_plan(name: str) -> None:
    """Else the test above would compare the base with itself."""
    funnel = Funnel(model=Model.model_validate(RICH), pipeline=PIPELINE)
    base, changed = (PlanBuilder(funnel, SPAN, changes).build() for changes in ((), VARIANTS[name]))
    assert fingerprint(base.plan) != fingerprint(changed.plan)
