"""Overrides: what people say replaces a deal in each future, and nothing else changes."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.overrides.draws import override_draws
from funnelsim.forecasting.overrides.override import Override
from funnelsim.forecasting.result import Forecast
from funnelsim.model.files.model_files import Funnel

from ...made_up_runs import funnel_with

FUTURES = 2000
#: An offer is won with 0.5, after an exponential time of 10 days; 50 days are left.
IN_TIME = 1 - math.exp(-5.0)
INSIDE, OUTSIDE = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
DEMO = {"after": "constant(5d)", "exits": {"offer": {"to": "offer", "p": 1.0}}}
#: Reps whom open and new deals share.
REPS = {
    "roles": {"ae": {"headcount": 1}},
    "stages": {
        "demo": DEMO,
        "offer": {
            "work": ({"role": "ae", "effort": "constant(6h)"},),
            "after": "exponential(mean=10d)",
            "exits": {"won": {"to": "won", "p": 0.5}, "lost": {"to": "lost", "p": 0.5}},
        },
    },
}


def funnel(**parts: object) -> Funnel:
    """Three offers: of 100, of 1,000, and of no listed amount."""
    leads = [{"lead": "a"}, {"lead": "b", "amount": 1000.0}, {"lead": "c", "amount": None}]
    return funnel_with(*leads, **parts)  # type: ignore[arg-type]


def judged(
    *overrides: Override, engine: str = "auto", replications: int = FUTURES, **parts: object
) -> Forecast:
    return forecast(funnel(**parts), overrides=overrides, replications=replications, engine=engine)


def own(found: Forecast) -> np.ndarray:
    """What the override of one deal changes in each future."""
    first = found.periods[0]
    assert first.without is not None
    change = first.run.tallies["bookings"] - first.without.tallies["bookings"]
    assert not change[:, :, 1:].any()
    return np.asarray(change[:, 1, 0])


def near(mean: float, p: float, amount: float, futures: int = FUTURES) -> bool:
    return abs(mean - p * amount) < 4 * amount * math.sqrt(p * (1 - p) / futures)


def test_a_stated_chance_and_day_give_chance_times_amount() -> None:
    """Closed form. Mutants: the model's chance, the listed amount, a draw shared between deals."""
    say = {"probability": 0.8, "close": INSIDE, "amount": 300.0}
    found = judged(Override(deal="a", **say), Override(deal="b", **say))  # type: ignore[arg-type]
    for effect in found.overrides:
        assert near(effect.expected_with, 0.8, 300.0)
        assert near(effect.p_with, 0.8, 1.0)
    tallies = found.run.tallies
    assert np.array_equal(tallies["deals_won"], tallies["wins_by_part"].sum(axis=2))
    a, b = (override_draws(1, range(FUTURES), deal)[0] < 0.8 for deal in "ab")
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / math.sqrt(FUTURES)


def test_a_stated_chance_alone_is_that_to_be_won_ever() -> None:
    """0.9 ever, of which 1 - e^-5 in the 50 days left. Mutant: 0.9 within the period."""
    offer = REPS["stages"]["offer"] | {"after": "exponential(mean=50d)"}  # type: ignore[index]
    offer.pop("work")
    stages = {"demo": DEMO, "offer": offer}
    found = judged(Override(deal="b", probability=0.9), stages=stages)
    assert near(found.overrides[0].p_with, 0.9 * (1 - math.exp(-1.0)), 1.0)
    assert near(found.overrides[0].expected_with, 0.9 * (1 - math.exp(-1.0)), 1000.0)
    assert found.overrides[0].p_ever == pytest.approx(0.5, abs=0.05)
    # With a stated amount too. Mutant: the amounts of the model's wins.
    effect = judged(Override(deal="b", probability=1.0, amount=7.0), replications=300).overrides[0]
    assert effect.expected_with == pytest.approx(7.0 * IN_TIME, abs=0.3)


def test_a_stated_day_alone_keeps_the_chance_to_be_won_ever() -> None:
    inside, outside = (judged(Override(deal="b", close=day)).overrides[0] for day in (INSIDE, OUTSIDE))
    assert near(inside.expected_with, 0.5, 1000.0, FUTURES // 2)  # the chance itself is simulated
    assert outside.expected_with == outside.p_with == 0.0


def test_the_period_holds_its_first_and_its_last_day() -> None:
    """Mutant: a closing day that counts from its end."""
    for day, chance in ((dt.date(2026, 2, 10), 1.0), (dt.date(2026, 3, 31), 1.0), (OUTSIDE, 0.0)):
        effect = judged(Override(deal="a", probability=1.0, close=day, amount=7.0), replications=20)
        assert effect.overrides[0].p_with == chance
        assert effect.overrides[0].expected_with == 7.0 * chance


def test_a_stated_amount_alone_is_booked_where_the_model_wins() -> None:
    """In every future: what was booked times ten. Mutants: drawn anew, or in futures without a win."""
    found = judged(Override(deal="a", amount=1000.0))
    change = own(found)
    assert set(np.unique(change)) == {0.0, 900.0}
    assert near(float((change > 0).mean()), 0.5 * IN_TIME, 1.0)
    assert found.overrides[0].p_with == found.overrides[0].p_without


def test_an_excluded_deal_is_won_in_no_future() -> None:
    found = judged(Override(deal="b", exclude=True))
    assert set(np.unique(own(found))) == {0.0, -1000.0}
    assert found.overrides[0].difference == own(found).mean()


@pytest.mark.parametrize("parts", [{}, REPS], ids=["without reps", "with reps"])
def test_the_rest_of_each_future_is_unchanged_to_the_last_bit(parts: dict[str, object]) -> None:
    """Mutants: without reps, a run without the overridden deals; with reps, other waits for the rest."""
    alone = forecast(funnel(**parts), replications=100)
    found = judged(
        Override(deal="a", exclude=True), Override(deal="b", exclude=True), replications=100, **parts
    )
    first = found.periods[0]
    assert first.without is not None
    for name, values in alone.run.tallies.items():
        assert np.array_equal(first.without.tallies[name], values, equal_nan=True)
        if name not in ("bookings", "quota_credit", "revenue", "wins_by_part", "deals_won"):
            assert np.array_equal(first.run.tallies[name], values, equal_nan=True)
    # Excluding a and b leaves what c books.
    only_c = forecast(funnel(**parts), overrides=[Override(deal="c", exclude=True)], replications=100)
    left = first.part("bookings", "pipeline") - (alone.periods[0].part("bookings", "pipeline"))
    both = only_c.periods[0].part("bookings", "pipeline")
    assert np.array_equal(-left, both)


@pytest.mark.parametrize("parts", [{}, REPS], ids=["without reps", "with reps"])
def test_the_reference_engine_gives_the_same(parts: dict[str, object]) -> None:
    say = [
        Override(deal="a", probability=0.7),
        Override(deal="c", close=INSIDE),
        Override(deal="b", amount=5.0),
    ]
    fast, slow = (judged(*say, engine=engine, replications=30, **parts) for engine in ("fast", "reference"))
    assert np.array_equal(fast.periods[0].bookings, slow.periods[0].bookings)
    assert fast.record().as_json()["overrides"] == slow.record().as_json()["overrides"]


def test_effects_add_up_to_the_change_of_the_mean() -> None:
    found = judged(
        Override(deal="a", probability=0.7), Override(deal="c", close=INSIDE), Override(deal="b", amount=5.0)
    )
    record = found.record().periods[0]
    assert record.without_overrides is not None
    change = (record.bookings.mean or 0.0) - (record.without_overrides.bookings.mean or 0.0)
    assert sum(one.difference for one in found.overrides) == pytest.approx(change, rel=1e-9)
    assert record.quota_credit == record.bookings


def test_a_draw_depends_on_neither_other_overrides_nor_the_number_of_futures() -> None:
    one = judged(Override(deal="a", probability=0.7, close=INSIDE, amount=9.0))
    two = judged(
        Override(deal="b", exclude=True), Override(deal="a", probability=0.7, close=INSIDE, amount=9.0)
    )
    assert one.overrides[0] == two.overrides[1]
    assert np.array_equal(override_draws(1, range(5, 9), "a"), override_draws(1, range(9), "a")[:, 5:])
    assert not np.array_equal(override_draws(2, range(9), "a"), override_draws(1, range(9), "a"))


def test_a_deal_without_a_listed_amount_books_what_the_model_draws() -> None:
    """All new deals of the source are worth 100."""
    effect = judged(Override(deal="c", probability=1.0, close=INSIDE)).overrides[0]
    assert effect.expected_with == pytest.approx(100.0, rel=1e-6)


def test_a_deal_that_the_model_never_wins_needs_all_to_be_stated() -> None:
    stages = {
        "demo": DEMO,
        "offer": {"after": "exponential(mean=10d)", "exits": {"lost": {"to": "lost", "p": 1.0}}},
    }
    with pytest.raises(InputError, match="in none of 30 futures, so it has no close"):
        judged(Override(deal="a", probability=0.5, amount=1.0), stages=stages, replications=30)
    every = Override(deal="a", probability=1.0, close=INSIDE, amount=9.0)
    assert judged(every, stages=stages, replications=30).overrides[0].expected_with == 9.0


def test_models_that_count_a_deal_elsewhere_too_are_refused() -> None:
    goal = {"period": "quarter", "credits_at": "offer"}
    with pytest.raises(FunnelSimError, match="this model counts them at offer, won"):
        judged(Override(deal="a", exclude=True), goal=goal, replications=5)


def test_the_list_of_open_deals_shows_what_people_said() -> None:
    said = [Override(deal="a", probability=0.7, close=INSIDE, who="Ana"), Override(deal="b", exclude=True)]
    found = forecast(funnel(), overrides=said, replications=300, deals=True)
    assert found.deals is not None
    rows = {row["lead"]: row for row in found.deals.to_dicts()}
    assert rows["a"]["flags"] == ["overridden by Ana"]
    assert (rows["a"]["p_ever"], rows["a"]["median_close"]) == (0.7, INSIDE)
    assert rows["a"]["expected_in_period"] == found.overrides[0].expected_with
    assert rows["b"]["p_ever"] == rows["b"]["p_in_period"] == rows["b"]["expected_in_period"] == 0.0
    assert "overridden" not in rows["c"]["flags"]
    assert found.deals["lead"].to_list()[-1] == "b"


def test_overrides_made_in_python_are_checked_too() -> None:
    """Mutant: a deal given twice is taken out twice."""
    wrong = [
        Override(deal="a", probability=1.5, amount=-1.0, close=dt.date(2026, 2, 9)),
        Override(deal="a", exclude=True, amount=1.0),
        Override(deal="b"),
        Override(deal="x", exclude=True),
    ]
    with pytest.raises(InputError) as raised:
        judged(*wrong, replications=5)
    assert [str(problem) for problem in raised.value.problems] == [
        "a: probability 1.5 is not between 0 and 1",
        "a: amount -1 is not an amount of 0 or more",
        "a: closes on 2026-02-09, before the model's start on 2026-02-10",
        "a: must be excluded, or given a probability, close or amount",
        "a: is given twice",
        "b: must be excluded, or given a probability, close or amount",
        'x: there is no open lead "x"',
    ]


@pytest.mark.parametrize("amount", [None, 500.0])
def test_what_the_model_says_is_beside_an_override_however_much_it_gives(amount: float | None) -> None:
    """Won ever with 0.5, half of the wins after 7 days. Mutant: the chance in 19 days, no date."""
    said = Override(deal="a", probability=0.9, close=INSIDE, amount=amount)
    found = forecast(funnel(goal={"period": "month"}), overrides=[said], replications=FUTURES)
    (effect,) = found.overrides
    assert effect.p_ever == pytest.approx(0.5, abs=0.05)
    assert effect.p_without < 0.48
    chance, close, *_ = found.record().overrides[0].changes
    assert chance.before == effect.p_ever
    assert close.before == effect.usual_close
    assert effect.usual_close in (dt.date(2026, 2, 16), dt.date(2026, 2, 17))  # 6.9 days after the start


def test_a_deal_that_the_model_never_wins_may_be_given_whole() -> None:
    """Mutant: a future picked among none."""
    lost = {"offer": {"after": "exponential(mean=10d)", "exits": {"lost": {"to": "lost", "p": 1.0}}}}
    said = Override(deal="a", probability=1.0, close=INSIDE, amount=500.0)
    (effect,) = judged(said, stages={"demo": DEMO, **lost}).overrides
    assert (effect.p_ever, effect.usual_close, effect.expected_with) == (0.0, None, 500.0)
