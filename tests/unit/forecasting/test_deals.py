"""Deal by deal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Sequence

import polars as pl
import pytest

from funnelsim.forecasting import deals as deals_module
from funnelsim.forecasting.deals import stages_of_winners, without_new_leads
from funnelsim.forecasting.forecast import forecast
from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.files.read import read_document
from funnelsim.model.parts import Credit, Segment

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import funnel_with, model_of, pipeline_of

P_WIN = 0.5 * (1 - math.exp(-5.0))


def table(
    *leads: dict[str, object],
    history: object = None,
    replications: int = 2000,
    changes: Sequence[Change] = (),
    **parts: object,
) -> pl.DataFrame:
    funnel = funnel_with(*leads, **parts)  # type: ignore[arg-type]
    found = forecast(
        funnel,
        replications=replications,
        deals=True,
        history=history,  # type: ignore[arg-type]
        changes=changes,
    )
    assert found.deals is not None
    return found.deals


def near(share: float, expected: float, replications: int = 2000) -> bool:
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / replications)


def test_chances_are_those_of_the_distribution() -> None:
    """An open offer wins with 0.5 ever, with 0.5 (1 - e^-5) in the 50 days left; a median of 10 ln 2 days.

    A demo of 3 days has 2 more to go. Catches p_ever cut at the period and ages left out.
    """
    found = table({"lead": "offer"}, {"lead": "demo", "stage": "demo", "age_days": 3.0})
    offer, demo = (found.row(by_predicate=pl.col("lead") == key, named=True) for key in ("offer", "demo"))
    assert near(offer["p_in_period"], P_WIN)
    assert near(offer["p_ever"], 0.5)
    assert offer["median_close"] in (dt.date(2026, 2, 16), dt.date(2026, 2, 17))
    assert near(demo["p_in_period"], 0.5 * (1 - math.exp(-4.8)))
    assert demo["median_close"] in (dt.date(2026, 2, 18), dt.date(2026, 2, 19))


def test_the_deals_add_up_to_the_pipeline_of_the_forecast() -> None:
    """Same seed, same luck: expected amounts sum to the mean of the part, to rounding.

    Catches deals run on other draws, and new leads that would change the luck of open ones.
    """
    leads = [{"amount": 10.0 * n, "stage": ("demo", "offer")[n % 2]} for n in range(1, 12)]
    found = forecast(
        funnel_with(*leads, listed_factor="uniform(low=0.5, high=1.1)"), replications=300, deals=True
    )
    assert found.deals is not None
    expected = found.periods[0].part("bookings", "pipeline").mean()
    assert found.deals["expected_in_period"].sum() == pytest.approx(expected, rel=1e-12)


GIANTS = "lognormal(mean=1000, sigma=3.0)"


def test_deals_without_a_listed_amount_share_what_they_book_by_how_often_they_do() -> None:
    """Half of the mean of this distribution comes from one win in a thousand; the sum stays that of the
    forecast.

    Catches expected amounts that tell which deal happened to draw a giant, and deals of another stage or
    with a listed amount in the pool.
    """
    leads = [{"amount": None} for _ in range(20)] + [
        {"amount": None, "stage": "demo", "lead": "demo"},
        {"lead": "listed", "amount": 10.0},
    ]
    found = forecast(
        funnel_with(
            *leads,
            sources={"inbound": {"enters": "demo", "rate": "1 per day", "amount": GIANTS}},
            listed_factor="constant(0.5)",
        ),
        replications=400,
        deals=True,
    )
    assert found.deals is not None
    pipeline = found.periods[0].part("bookings", "pipeline").mean()
    assert found.deals["expected_in_period"].sum() == pytest.approx(pipeline, rel=1e-12)
    own = found.deals.with_columns(each=pl.col("expected_in_period") / pl.col("p_in_period"))
    offers = own.filter(pl.col("amount").is_null() & (pl.col("stage") == "offer"))
    assert offers["each"].to_list() == pytest.approx([offers["each"][0]] * 20)
    demo, listed = (own.row(by_predicate=pl.col("lead") == key, named=True) for key in ("demo", "listed"))
    assert demo["each"] != pytest.approx(offers["each"][0], rel=1e-3)
    assert listed["each"] == pytest.approx(5)


def test_the_worth_of_an_unknown_amount_is_that_of_its_segment_its_draws_the_way_and_the_changes() -> None:
    """The demo doubles at the offer: 2 x 1.5 x the draw (40), or of the segment (300).

    Nobody says where the third deal came from; there is only one source that it can be.
    """
    model = model_of(
        segments={"big": Segment(amount="constant(300)")},
        sources={"inbound": {"enters": "demo", "rate": "1 per day", "amount": "constant(100)"}},
    )
    offer = model.stages["offer"].model_copy(update={"amount": 2.0})
    found = table(
        {"lead": "plain", "amount": None, "stage": "demo"},
        {"lead": "big", "amount": None, "stage": "demo", "segment": "big"},
        {"lead": "nowhere", "amount": None, "stage": "demo", "source": None},
        sources=model.sources,
        segments=model.segments,
        stages=model.stages | {"offer": offer},
        draws=pl.DataFrame({"sources.inbound.amount.value": [40.0, 40.0]}),
        changes=(SetValue(path="sources.inbound.amount.value", by="x1.5"),),
        replications=50,
    )
    expected = {"plain": 2 * 1.5 * 40, "big": 2 * 300, "nowhere": 2 * 1.5 * 40}
    for row in found.iter_rows(named=True):
        assert row["expected_in_period"] == pytest.approx(expected[row["lead"]] * row["p_in_period"])


SHARED = {
    "calendars": {"office": {"hours": "Mon-Fri 09:00-17:00"}},
    "roles": {"ae": {"headcount": 1, "calendar": "office", "discipline": "lifo"}},
}


def with_reps(**parts: object) -> Funnel:
    """A rep who takes the newest lead first, and has time for about one in four."""
    document = {
        "start": dt.date(2026, 1, 5),
        **SHARED,
        "sources": {"inbound": {"enters": "demo", "rate": "8 per day", "amount": "constant(10)"}},
        "stages": {
            "demo": {
                "work": {"role": "ae", "effort": "constant(4h)"},
                "after": "exponential(mean=5d)",
                "exits": {"won": {"p": 0.5}, "lost": {"p": 0.5}},
            }
        },
        **parts,
    }
    model, problems = read_document({"format": 1, **document})
    assert model is not None, problems
    leads = [{"lead": f"L{n}", "stage": "demo", "amount": 1000.0} for n in range(40)]
    return funnel_of(model, pipeline=pipeline_of(*leads).with_columns(state=pl.lit("waiting")))


def test_deals_that_share_reps_with_new_leads_wait_behind_them() -> None:
    """Newest first: open deals wait forever. Mutants: deals followed without new leads; other futures."""
    found = forecast(with_reps(), replications=20, deals=True, workers=1)
    assert found.deals is not None
    pipeline = found.periods[0].part("bookings", "pipeline").mean()
    assert found.deals["expected_in_period"].sum() == pytest.approx(pipeline, rel=1e-12)
    assert found.deals["p_ever"].mean() < 0.15
    alone = without_new_leads(with_reps())
    assert forecast(alone, replications=20, workers=1).periods[0].part("bookings", "pipeline").mean() > 5 * (
        pipeline + 1
    )


def test_a_deal_that_books_before_it_is_won_counts_what_it_books_first() -> None:
    """A stage with a credit of its own: that is the pipeline's part; the win is expansion.

    Mutant: the amount of the win in place of the first booking.
    """
    model = model_of()
    offer = model.stages["offer"].model_copy(update={"credit": Credit(bookings=0.25, quota=0.25)})
    funnel = funnel_with({"stage": "demo", "amount": 100.0}, stages=model.stages | {"offer": offer})
    found = forecast(funnel, replications=500, deals=True)
    assert found.deals is not None
    pipeline = found.periods[0].part("bookings", "pipeline").mean()
    assert pipeline > 20
    assert found.deals["expected_in_period"].sum() == pytest.approx(pipeline, rel=1e-12)


def test_the_largest_expected_amount_comes_first() -> None:
    found = table({"lead": "small", "amount": 5.0}, {"lead": "large", "amount": 5000.0}, replications=100)
    assert found["lead"].to_list() == ["large", "small"]


def test_owner_and_segment_come_from_the_history_where_the_pipeline_has_none() -> None:
    """In another order than the history's. Mutants: filled by place; what the pipeline says replaced."""
    history = history_of(*[still_open("offer", day(1, 1))] * 3)
    told = history.deals.with_columns(
        owner=pl.Series(["Ana", "Bo", None]), segment=pl.Series(["small", "large", None])
    )
    history = dataclasses.replace(history, deals=told)
    leads = [
        {"lead": "deal-1", "owner": None},
        {"lead": "deal-0", "owner": "Cy"},
        {"lead": "deal-2", "owner": None},
        {"lead": "new", "owner": None},
    ]
    found = table(*leads, history=history, replications=20).sort("lead")
    assert found.select("lead", "owner", "segment").rows() == [
        ("deal-0", "Cy", "small"),
        ("deal-1", "Bo", "large"),
        ("deal-2", None, None),
        ("new", None, None),
    ]


def test_segments_of_the_model_are_not_mixed_with_those_of_the_crm() -> None:
    history = history_of(*[still_open("offer", day(1, 1))] * 2)
    history = dataclasses.replace(history, deals=history.deals.with_columns(segment=pl.lit("small")))
    leads = [{"lead": "deal-0", "segment": "web"}, {"lead": "deal-1"}]
    found = table(*leads, history=history, replications=20, segments={"web": Segment()})
    assert found.sort("lead")["segment"].to_list() == ["web", None]


def test_flags_point_at_what_looks_wrong() -> None:
    """The longest offer that won took 10 days, the longest demo too; the distribution of the demo ends at 5
    days.
    """
    history = history_of(won(day(1, 20)), lost(day(2, 1)), still_open("offer", day(1, 1)))
    found = table(
        {"lead": "fine", "age_days": 9.0},
        {"lead": "old", "age_days": 11.0},
        {"lead": "zombie", "stage": "demo", "age_days": 400.0},
        {"lead": "blank", "amount": None},
        {"lead": "client", "age_days": 30.0, "won_before": True},
        history=history,
        replications=50,
    )
    flags = dict(found.select("lead", "flags").iter_rows())
    assert flags["fine"] == []
    assert flags["old"] == [deals_module.OLDER_THAN_MOVERS]
    assert flags["zombie"] == [deals_module.OLDER_THAN_MOVERS, deals_module.OLDER_THAN_MODEL]
    assert flags["blank"] == [deals_module.NO_AMOUNT]
    assert flags["client"] == [deals_module.BOOKED]
    client = found.row(by_predicate=pl.col("lead") == "client", named=True)
    assert (client["p_in_period"], client["p_ever"], client["expected_in_period"]) == (None, None, None)


def test_a_stage_that_no_win_has_passed_is_flagged() -> None:
    history = history_of(
        {"stays": [("offer", day(1, 1))], "outcome": "won", "closed": day(1, 9), "amount": 1.0}
    )
    found = table({"lead": "demo", "stage": "demo"}, history=history, replications=10)
    assert found["flags"].to_list() == [[deals_module.NEVER_WON_HERE]]


def test_stays_after_the_win_say_nothing_about_winning() -> None:
    """Booked at the offer: the ten days in the offer come after the win. Catches clients counted."""
    history = history_of(won(day(1, 20)), lost(day(2, 1)))
    assert stages_of_winners(history, model_of()) == {"demo", "offer"}
    assert stages_of_winners(history, model_of(goal={"books_at": "offer"})) == {"demo"}


def test_shutting_the_sources_keeps_the_rhythm_of_the_draws() -> None:
    """Catches draws dropped with the rates: replication r must still use row r mod n."""
    draws = pl.DataFrame({"sources.inbound.rate": [1.0, 2.0, 3.0]})
    shut = without_new_leads(funnel_with({}, draws=draws))
    assert shut.draws is not None
    assert shut.draws["sources.inbound.rate"].to_list() == [0.0, 0.0, 0.0]
    assert shut.model.sources["inbound"].rate == 0.0


def test_few_wins_tell_no_median() -> None:
    found = table({"lead": "one"}, replications=20)
    assert found["median_close"].to_list() == [None]
