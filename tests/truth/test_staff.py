"""How many reps a service level needs, against Erlang C; and the quota, against pencil and paper.

Each test names the mutants on which it was seen to fail.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.experiments.staff import staff
from tests.oracles import queues

from .staffed import staffed

HOUR = 1 / 24
#: Standard errors by which the waits with one rep fewer and with the right number differ from the bound.
CLEAR = 5.0


def queue(rate: float, hours: float) -> str:
    return f"""
[goal]
[sources.web]
enters = "call"
rate = "{rate} per day"
[roles.sdr]
headcount = 1
annual_cost = 60000
[stages.call]
work = {{ role = "sdr", effort = "exponential(mean={hours}h)" }}
[stages.call.exits]
lost = {{ p = 1.0, after = "constant(0d)" }}
"""


def random_case(seed: int) -> tuple[float, float, int, float]:
    """Rate, hours of work, the right number of reps, and a bound on the mean wait that makes it so.

    The bound is the geometric mean of the waits with it and with one fewer, who must not be so busy that the
    queue takes longer than the warm-up to settle.
    """
    rng = np.random.default_rng(seed)
    load, right = 1.0, 1
    while right < 2 or load / (right - 1) > 0.92:
        load, hours = rng.uniform(0.8, 7.5), rng.uniform(0.5, 6.0)
        right = math.floor(load) + int(rng.integers(1, 4))
    rate = load / (hours * HOUR)
    fewer, enough = (queues.mmc_wait(rate, hours * HOUR, c) for c in (right - 1, right))
    return rate, hours, right, math.sqrt(fewer * enough)


def check_case(seed: int) -> None:
    rate, hours, right, bound = random_case(seed)
    found = staff(
        staffed(queue(rate, hours)),
        targets=[f"wait_days.call<={bound}d"],
        days=120,
        warmup_days=30,
        replications=400,
        seed=seed,
    ).result
    plan = found.plan(found.chosen)
    assert plan is not None, found
    assert plan.headcount == {"sdr": right}
    fewer = found.plan("next cheaper")
    assert fewer is not None
    assert fewer.headcount == {"sdr": right - 1}
    text = found.target.levels[0].text
    for one, c in ((plan, right), (fewer, right - 1)):
        exact, error = queues.mmc_wait(rate, hours * HOUR, c), one.level_errors[text]
        assert abs(exact - bound) > CLEAR * error, "too few replications to tell the neighbours apart"
        assert abs(one.levels[text] - exact) < 4.5 * error + 0.01 * exact
    assert found.guarantee is not None
    assert found.guarantee.complete


@pytest.mark.parametrize("seed", range(4))
def test_reps_for_a_wait_are_those_of_erlang_c(seed: int) -> None:
    """Mutants: the bound compared with the wrong sign, one rep too many or too few tried first, hires only
    after the warm-up, the wait in hours."""
    check_case(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_reps_for_a_wait_are_those_of_erlang_c_in_twenty_cases(seed: int) -> None:
    check_case(seed)


@pytest.mark.parametrize("seed", [1, 2])
def test_reps_for_a_utilisation_are_load_over_the_bound(seed: int) -> None:
    """Utilisation of a stable queue is load / reps exactly. Mutants: the fluid bound one too high."""
    rng = np.random.default_rng(seed)
    load, hours = rng.uniform(2.2, 6.0), 2.0
    right = math.ceil(load / 0.8)
    bound = load / (right - 0.5)  # half-way between right and one fewer
    found = staff(
        staffed(queue(load / (hours * HOUR), hours)),
        targets=[f"utilisation.sdr<={bound}"],
        days=120,
        warmup_days=20,
        replications=200,
    ).result
    plan = found.plan(found.chosen)
    assert plan is not None
    assert plan.headcount == {"sdr": right}
    assert plan.utilisation["sdr"] == pytest.approx(load / right, rel=0.02)


def test_reps_for_a_first_response_follow_the_waits_of_mmc() -> None:
    """P(wait > t) of M/M/c is exponential beyond 0, so its 90th percentile is known in closed form.

    Mutants: the median, the mean, waits of tasks instead of leads' first responses.
    """
    rate, hours = 60.0, 1.5
    load = rate * hours * HOUR

    def p90(c: int) -> float:
        return max(math.log(queues.erlang_c(c, load) / 0.1), 0.0) * hours * HOUR / (c - load)

    right = 6
    bound = math.sqrt(p90(right) * p90(right - 1))
    found = staff(
        staffed(queue(rate, hours)),
        targets=[f"first_response_p90<={bound}d"],
        days=60,
        warmup_days=20,
        replications=200,
    ).result
    plan = found.plan(found.chosen)
    assert plan is not None
    assert plan.headcount == {"sdr": right}
    text = found.target.levels[0].text
    assert abs(plan.levels[text] - p90(right)) < 4.5 * plan.level_errors[text] + 0.02 * p90(right)
