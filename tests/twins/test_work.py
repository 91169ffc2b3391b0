"""Where reps work, the fast engine gives the visits and the counts of the reference, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from funnelsim.engines.run import EndlessRoundError
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

from .funnels import START, Case
from .test_reference_and_fast import assert_same, run
from .working_funnels import HORIZON_DAYS, working_case

# No explanation of what fails: it traces every line of both engines.
QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = settings(QUICK, max_examples=5_000, derandomize=False)


def worked(one: Case, **options: object) -> Run:
    return run(one, **({"days": HORIZON_DAYS, "replications": 2} | options))


@QUICK
@given(working_case())
def test_reps_work_alike(one: Case) -> None:
    """Any wrong order at one instant, rep, queue, owner, patience or law in either engine breaks it."""
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@pytest.mark.slow
@MANY
@given(working_case())
def test_reps_work_alike_in_thousands_of_funnels(one: Case) -> None:
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@pytest.mark.parametrize("engine", ["reference", "fast"])
def test_who_has_no_patience_and_comes_back_goes_round_for_ever(engine: str) -> None:
    """The reference engine went round for hours, and random funnels of work did not end."""
    document = {
        "name": "no patience",
        "start": START,
        "roles": {"rep": {"headcount": 0}},
        "sources": {"inbound": {"enters": "demo", "rate": "1 per day"}},
        "stages": {
            "demo": {
                "work": {"role": "rep", "effort": "1h"},
                "patience": "constant(0d)",
                "abandons_to": "demo",
                "exits": {"demo": {"p": 0.2, "after": "1d"}, "won": {"p": 0.8, "after": "1d"}},
            }
        },
    }
    one = Case(Funnel(model=Model.model_validate(document)), (), 0)
    with pytest.raises(EndlessRoundError, match='round through "demo" more than 10,000 times'):
        worked(one, engine=engine)
