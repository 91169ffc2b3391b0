"""The reverse funnel against exact answers: compound Poisson, Poisson and binomial quotas."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats

from funnelsim.documents.reverse import ReverseDocument
from funnelsim.experiments.reverse.reverse import reverse_funnel
from funnelsim.experiments.reverse.search import TOLERANCE
from tests.oracles import cdfs, compound_poisson, f6, freeflow

Chance = Callable[[float], float]
QUOTA, DAYS, FUTURES = 1_400_000.0, 90.0, 4_000  # 2026Q1 has 90 days


def check_multiplier(found: ReverseDocument, exact: Chance, *, resolution: float, z: float = 4.0) -> None:
    """The exact chance at the multiplier found is the confidence, up to simulation error.

    The search adds at most the change of the chance over its last bracket. Fails, too, if the futures are too
    few to see a multiplier that is off by `resolution`.
    """
    assert found.needed is not None
    confidence, m = found.confidence, found.needed.multiplier
    futures = found.provenance.replications
    assert futures is not None
    error = z * math.sqrt(confidence * (1 - confidence) / futures)
    width = exact(m) - exact(m * (1 - TOLERANCE))
    for side in (1 - resolution, 1 + resolution):
        assert abs(exact(m * side) - exact(m)) > error + width, "too few futures"
    chance = exact(m)
    assert confidence - error <= chance <= confidence + error + width, f"chance {chance:.4f} at {m:.4f}"


@pytest.fixture(scope="module")
def entered() -> dict[str, float]:
    """Expected entries of F6 in 90 days at 40 leads a day."""

    def at_step(step: float) -> np.ndarray:
        masses = freeflow.entry_masses(f6.ways(), f6.STAGES[0], step=step, count=int(DAYS / step) + 1)
        return np.array([freeflow.expected_by(DAYS, m, f6.arrivals, step=step)[0] for m in masses.values()])

    names = list(freeflow.entry_masses(f6.ways(), f6.STAGES[0], step=1.0, count=2))
    return dict(zip(names, freeflow.extrapolated(at_step, 1 / 32).tolist(), strict=True))


@pytest.fixture(scope="module")
def exact_chance(entered: dict[str, float]) -> Chance:
    """Wins are Poisson and amounts lognormal: the chance of the quota by FFT."""
    step = 500.0
    amounts = compound_poisson.lattice(
        cdfs.lognormal(f6.MEAN_AMOUNT, f6.SIGMA_AMOUNT), step=step, count=1 << 14
    )

    def chance(multiplier: float) -> float:
        masses = compound_poisson.by_transform(multiplier * entered["won"], amounts)
        return 1 - float(compound_poisson.distribution(masses, QUOTA, step=step))

    return chance


@pytest.fixture(scope="module")
def found(f6_funnel) -> ReverseDocument:
    return reverse_funnel(f6_funnel, period="2026Q1", replications=FUTURES).record()


def test_the_multiplier_is_that_of_the_compound_poisson_quota(found, exact_chance) -> None:
    """Catches: a mean that reaches the quota instead of a probability, leads of the last day left out."""
    check_multiplier(found, exact_chance, resolution=0.02)


def test_a_high_confidence_needs_what_the_tail_says(f6_funnel, exact_chance) -> None:
    high = reverse_funnel(f6_funnel, period="2026Q1", confidence=0.95, replications=FUTURES).record()
    check_multiplier(high, exact_chance, resolution=0.03)


def test_the_interval_holds_the_exact_multiplier(found, exact_chance) -> None:
    """Twice the width of the 90 % interval, which is over three standard errors."""
    exact = optimize.brentq(lambda m: exact_chance(m) - 0.8, 0.5, 3.0)
    ends = found.needed.interval
    middle, half = (ends.low + ends.high) / 2, (ends.high - ends.low) / 2
    assert abs(exact - middle) <= 2 * half + TOLERANCE
    slope = (exact_chance(exact + 0.01) - exact_chance(exact - 0.01)) / 0.02
    assert half == pytest.approx(1.645 * math.sqrt(0.16 / FUTURES) / slope, rel=0.35)


def test_what_the_plan_needs_follows_from_the_multiplier(found, entered) -> None:
    """Leads and entries are Poisson with exact means. Catches today's numbers, months that do not add up."""
    m = found.needed.multiplier
    for name, number in found.needed.entered.items():
        exact = m * entered[name]
        assert abs(number - exact) <= 4 * math.sqrt(exact / FUTURES), name
    assert abs(found.needed.all_leads - m * 3600) <= 4 * math.sqrt(m * 3600 / FUTURES)
    for name, days in (("2026-01", 31), ("2026-02", 28), ("2026-03", 31)):
        (month,) = [one for one in found.months if one.month == name]
        assert abs(month.all_leads - m * 40 * days) <= 4 * math.sqrt(m * 40 * days / FUTURES)
    assert sum(month.all_leads for month in found.months) == pytest.approx(found.needed.all_leads)
    assert sum(month.wins for month in found.months) == pytest.approx(found.needed.wins)


def test_the_spreadsheet_and_its_parts_are_exact(found, entered) -> None:
    """Timing: leads for a mean of the quota, less the spreadsheet's. Confidence: the answer, less those.

    A quarter of the futures follow the leads to their ends; the relative error of their amounts a lead is
    sqrt((1 + e) / wins), since a squared amount has e times the square of the mean amount.
    """
    conversion = math.prod(f6.P_ON)
    spreadsheet = QUOTA / f6.MEAN_AMOUNT / conversion
    error = math.sqrt((1 + math.e) / (3600 * conversion * FUTURES / 4))
    assert found.naive.leads == pytest.approx(spreadsheet, rel=4 * error)
    assert found.naive.win_rate == pytest.approx(conversion, rel=4 * error)
    on_average = 3600 * QUOTA / (entered["won"] * f6.MEAN_AMOUNT)
    steps = {step.kind: step.leads for step in found.naive.steps}
    assert set(steps) == {"timing", "confidence"}
    error = math.sqrt((1 + math.e) / (entered["won"] * FUTURES)) * on_average
    to_mean = found.naive.leads + steps["timing"]
    assert abs(to_mean - on_average) <= 4 * error
    assert to_mean + steps["confidence"] == pytest.approx(found.needed.all_leads)


def test_the_test_sees_an_answer_that_is_off_by_two_percent(found, exact_chance) -> None:
    needed = found.needed.model_copy(update={"multiplier": found.needed.multiplier * 1.02})
    with pytest.raises(AssertionError, match="chance"):
        check_multiplier(found.model_copy(update={"needed": needed}), exact_chance, resolution=0.02)


TWO_SOURCES = """
[goal]
quota = 3_000
[sources.a]
enters = "s"
rate = "0.2 per day"
amount = "constant(100)"
[sources.b]
enters = "s"
rate = "0.1 per day"
amount = "constant(100)"
[stages.s]
after = "constant(10d)"
exits = { won = { p = 0.8 }, lost = { p = 0.2 } }
"""
# 2026Q1 from 5 January on: 86 days, of which the leads of the first 76 close in time.
WINS_A, WINS_B = 0.8 * 0.2 * 76, 0.8 * 0.1 * 76


def poisson_quota(deals: int, mean: Chance) -> Chance:
    return lambda m: float(stats.poisson.sf(deals - 1, mean(m)))


@pytest.mark.parametrize(
    ("only", "mean"),
    [
        ((), lambda m: m * (WINS_A + WINS_B)),
        (("a",), lambda m: m * WINS_A + WINS_B),
        (("b",), lambda m: WINS_A + m * WINS_B),
    ],
)
def test_sources_that_are_held_stay_as_they_are(funnel_of, only, mean) -> None:
    found = reverse_funnel(funnel_of(TWO_SOURCES), only=only, replications=FUTURES).record()
    check_multiplier(found, poisson_quota(30, mean), resolution=0.05)
    held = {"a", "b"} - set(only or "ab")
    for key in held:
        assert found.needed.leads[key] == pytest.approx(found.today.leads[key], rel=0.02)
    total = found.naive.leads + sum(step.leads for step in found.naive.steps)
    assert total == pytest.approx(found.needed.all_leads)


def test_open_leads_count_before_new_ones(funnel_of) -> None:
    """Ten open leads, each won with p 0.8 in the quarter: binomial plus Poisson."""
    pipeline = [{"stage": "s", "age_days": 1.0, "amount": 100.0} for _ in range(10)]
    found = reverse_funnel(funnel_of(TWO_SOURCES, pipeline=pipeline), replications=FUTURES).record()
    pmf = stats.binom.pmf(np.arange(11), 10, 0.8)

    def chance(m: float) -> float:
        return float(pmf @ stats.poisson.sf(29 - np.arange(11), m * (WINS_A + WINS_B)))

    check_multiplier(found, chance, resolution=0.05)
    (open_step,) = [step for step in found.naive.steps if step.kind == "pipeline"]
    a_lead = 80.0
    error = 100 * math.sqrt(10 * 0.16 / FUTURES) / a_lead
    assert open_step.leads == pytest.approx(-800 / a_lead, abs=4 * error + 0.02 * 10)


def test_leads_that_start_later_are_scaled_later(funnel_of) -> None:
    """From 4 February on (day 30): 46 of the 76 useful days are scaled."""
    found = reverse_funnel(funnel_of(TWO_SOURCES), start="2026-02-04", replications=FUTURES).record()
    rate = 0.8 * 0.3
    check_multiplier(found, poisson_quota(30, lambda m: rate * (30 + 46 * m)), resolution=0.05)


def test_seasonality_and_growth_are_in_the_answer(funnel_of) -> None:
    """A busy second half of the period helps less, because its last leads close too late."""
    text = TWO_SOURCES.replace('rate = "0.2 per day"', 'rate = "0.2 per day"\ngrowth = "5% per month"')
    found = reverse_funnel(funnel_of(text), replications=FUTURES).record()
    days = np.arange(76)
    wins_a = 0.8 * 0.2 * float((1.05 ** ((days + 0.5) / 30.4375)).sum())
    check_multiplier(found, poisson_quota(30, lambda m: m * (wins_a + WINS_B)), resolution=0.05)


def test_held_segments_stay_as_they_are(funnel_of) -> None:
    """Large leads are worth three times as much; only the small ones are multiplied."""
    text = TWO_SOURCES.replace(
        'rate = "0.2 per day"', 'rate = "0.2 per day"\nsegments = { small = 0.7, large = 0.3 }'
    )
    text = text[: text.index("[sources.b]")] + text[text.index("[stages.s]") :]
    text += '[segments.small]\n[segments.large]\namount = "constant(300)"\n'
    found = reverse_funnel(funnel_of(text), hold_segments=["large"], replications=FUTURES).record()

    def chance(m: float) -> float:
        large = np.arange(60)
        pmf = stats.poisson.pmf(large, 0.3 * WINS_A)
        return float(pmf @ stats.poisson.sf(29 - 3 * large, m * 0.7 * WINS_A))

    check_multiplier(found, chance, resolution=0.05)


def test_a_full_role_is_named_and_one_more_rep_is_what_it_takes(funnel_of) -> None:
    """One rep does one task a day: 86 a quarter at most, 76 of them in time. A quota of 85 needs two reps."""
    text = TWO_SOURCES.replace("3_000", "8_500").replace('"0.1 per day"', '"1.2 per day"')
    text = (
        text.replace('"0.2 per day"', '"0.3 per day"')
        .replace("p = 0.8", "p = 1")
        .replace(", lost = { p = 0.2 }", "")
    )
    text = text.replace(
        "[stages.s]", '[roles.rep]\nheadcount = 1\n[stages.s]\nwork = { role = "rep", effort = "24h" }'
    )
    found = reverse_funnel(funnel_of(text), replications=400).record()
    assert not found.reached
    assert found.needed is None
    assert found.binding_role == "rep"
    assert found.best.mean <= 7_600
    assert found.capacity.utilisation["rep"] > 0.95
    assert found.capacity.probability_without_limits > 0.8
    (remedy,) = found.capacity.remedies
    assert remedy.added == {"rep": 1}
    assert remedy.probability >= 0.8


def test_no_new_leads_are_needed_where_open_ones_are_enough(funnel_of) -> None:
    pipeline = [{"stage": "s", "age_days": 1.0, "amount": 1000.0} for _ in range(12)]
    found = reverse_funnel(funnel_of(TWO_SOURCES, pipeline=pipeline), replications=400).record()
    assert found.needed.multiplier == 0
    assert found.needed.all_leads == 0


def test_time_is_the_limit_where_no_lead_can_close(funnel_of) -> None:
    text = TWO_SOURCES.replace("constant(10d)", "constant(100d)")
    found = reverse_funnel(funnel_of(text), replications=100).record()
    assert not found.reached
    assert any("before the period ends" in warning for warning in found.warnings)
