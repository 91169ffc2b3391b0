"""Where reps work, the fast engine gives the visits and the counts of the reference, to the last bit."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from funnelsim.engines import fast
from funnelsim.engines.job import EndlessRoundError
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

from .funnels import START, Case
from .test_reference_and_fast import assert_same, run
from .working_funnels import HORIZON_DAYS, working_case

# No explanation of what fails: it traces every line of both engines.
QUICK = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = settings(QUICK, max_examples=2_000, derandomize=False)


def worked(one: Case, **options: object) -> Run:
    return run(one, **({"days": HORIZON_DAYS, "replications": 2} | options))


@seed(1)  # the same funnels whatever the text of the test
@QUICK
@given(working_case())
def test_reps_work_alike(one: Case) -> None:
    """Any wrong order at one instant, rep, queue, owner, patience or distribution in either engine breaks it.

    Catches, in the fast engine: lifo or largest the other way round, oldest by entry; ties of joining without
    the age; the highest seat on ties of idleness or of ownership, idle since the hire, free on going; owners
    filled beyond `open_deals_max`, freed late or early, unowned leads in the order of the discipline;
    patience that forgets an open lead's age, ends before reps look or counts for every task; a removal that
    lets a task go on; an open lead that joins before the start or has waited from it; the last task's seat in
    the log. In the reference: seats in order, owners by seat, an office that opens late.
    `test_work_by_rule.py` meets a removal after reps look, and a `wait_half_life` without the month's odds.
    An owner's queue kept at the instant at which he goes is no mistake: his leads are given away before
    anybody serves. What both engines call (`working.py`, `instants.py`, opening hours)
    is for tests of truth to check.
    """
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@pytest.mark.slow
@MANY
@given(working_case())
def test_reps_work_alike_in_thousands_of_funnels(one: Case) -> None:
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@settings(QUICK, max_examples=10)
@given(working_case())
def test_room_threads_and_parts_do_not_matter(one: Case) -> None:
    """Catches a rep, a queue or an event that is left over from one replication or try to the next."""
    whole = worked(one, replications=9, workers=1)
    assert_same(whole, worked(one, replications=9, workers=3))
    with patch.object(fast, "_FIRST_WORLD", 8):
        assert_same(whole, worked(one, replications=9, workers=1))
    part = worked(one, replications=range(4, 9))
    for name, counts in part.tallies.items():
        np.testing.assert_array_equal(counts, whole.tallies[name][4:], err_msg=name)


@pytest.mark.parametrize(("seed", "stage"), [(1, "offer"), (6, "demo")])
def test_who_has_no_patience_and_comes_back_goes_round_without_end(seed: int, stage: str) -> None:
    """Both engines name the stage where the first lead goes round; the reference once never came back."""
    impatient = {
        "work": {"role": "rep", "effort": "1h"},
        "patience": "constant(0d)",
        "exits": {"won": {"p": 1.0, "after": "1d"}},
    }
    document = {
        "name": "no patience",
        "start": START,
        "roles": {"rep": {"headcount": 0}},
        "sources": {"inbound": {"enters": {"demo": 0.5, "offer": 0.5}, "rate": "1 per day"}},
        "stages": {key: {**impatient, "abandons_to": key} for key in ("demo", "offer")},
    }
    one = Case(Funnel(model=Model.model_validate(document)), (), 0)
    for engine in ("reference", "fast"):
        with pytest.raises(EndlessRoundError, match=f'loop through "{stage}" more than 10,000 times'):
            worked(one, engine=engine, seed=seed)


def test_a_round_names_all_its_stages() -> None:
    """Those on the way, and not those behind it. Catches: the one stage where the engine stopped."""
    at_once = "constant(0d)"
    document = {
        "name": "round",
        "start": START,
        "sources": {"inbound": {"enters": "new", "rate": "1 per day"}},
        "stages": {
            "new": {"exits": {"demo": {"p": 1.0, "after": at_once}}},
            "demo": {"exits": {"offer": {"p": 1.0, "after": at_once}}},
            "offer": {"exits": {"demo": {"p": 0.99999999, "after": at_once}, "won": {"p": 1e-8}}},
        },
    }
    one = Case(Funnel(model=Model.model_validate(document)), (), 0)
    for engine in ("reference", "fast"):
        with pytest.raises(EndlessRoundError, match='loop through "demo" and "offer" more than 10,000 times'):
            worked(one, engine=engine, allow_large=True)
