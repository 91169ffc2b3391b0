"""A forecast from a newer history: its open deals and its start, with the parameters of the model."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from funnelsim.core.errors import HistoryError
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.newer_history import parameters_sha256, start_from, started_at
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Segment
from tests.recovery.known_funnel import known_history

from ..made_up_history import day, history_of, still_open, won
from ..made_up_runs import funnel_with

WEEK = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def history() -> History:
    """With two large sources and two small ones, and an owner for each deal."""
    made = known_history(3, deals=300)
    number = pl.int_range(pl.len())
    source = pl.when(number % 3 == 0).then(pl.lit("Partner")).otherwise(pl.lit("Web site"))
    source = pl.when(number % 40 == 0).then(pl.lit("Trade fair")).otherwise(source)
    source = pl.when(number % 41 == 1).then(pl.lit("Podcast")).otherwise(source)
    deals = made.deals.with_columns(source=source, owner=pl.format("Rep {}", number % 2))
    return dataclasses.replace(made, deals=deals)


@pytest.fixture(scope="module")
def older(history: History) -> History:
    return cut(history, history.meta.as_of - WEEK)


@pytest.fixture(scope="module")
def fit(older: History) -> Fit:
    return fit_funnel(older, draws=3)


@pytest.fixture(scope="module")
def newer_fit(history: History) -> Fit:
    return fit_funnel(history, draws=3)


def funnel(fit: Fit, **model: Any) -> Funnel:
    of_a_file = fit.model.model_copy(update={"fit": "f1", **model})
    return funnel_of(of_a_file, draws=fit.draws, pipeline=fit.pipeline)


def test_the_open_deals_are_those_that_a_new_fit_would_find(
    history: History, fit: Fit, newer_fit: Fit
) -> None:
    """Stage, age, amount, source: all columns. Mutants: ages at the old start, the old open deals."""
    moved = start_from(funnel(fit), history)
    assert moved.warnings == ()
    assert moved.funnel.model.start == newer_fit.model.start
    assert moved.funnel.pipeline is not None
    assert newer_fit.pipeline is not None
    assert_frame_equal(moved.funnel.pipeline, newer_fit.pipeline)


def test_the_parameters_are_those_of_the_model(history: History, fit: Fit) -> None:
    """Mutant: the model of a new fit."""
    old, moved = funnel(fit), start_from(funnel(fit), history).funnel
    assert moved.model.stages == old.model.stages
    assert moved.model.sources == old.model.sources
    assert moved.draws is not None
    assert moved.draws.equals(old.draws)  # type: ignore[arg-type]
    assert parameters_sha256(moved) == parameters_sha256(old)
    assert parameters_sha256(old) != parameters_sha256(
        funnel(fit, stages={**old.model.stages, "more": next(iter(old.model.stages.values()))})
    )


def test_a_forecast_from_the_newer_history_is_that_of_the_moved_model(
    history: History, fit: Fit, newer_fit: Fit
) -> None:
    """By hand: the old model with the open deals and the start that a new fit writes."""
    old = funnel(fit)
    by_hand = funnel_of(
        old.model.model_copy(update={"start": newer_fit.model.start, "fit": None}),
        draws=old.draws,
        pipeline=newer_fit.pipeline,
    )
    found = forecast(old, history=history, replications=200)
    expected = forecast(by_hand, history=history, replications=200)
    assert found.periods[0].bookings.tolist() == expected.periods[0].bookings.tolist()
    assert found.periods[0].booked == expected.periods[0].booked
    assert found.record().as_of == history.meta.last_day


def test_the_same_history_gives_the_same_bits(older: History, fit: Fit) -> None:
    found = forecast(funnel(fit), history=older, replications=50, deals=True).document()
    own = start_from(funnel(fit), older).funnel
    assert own.sha256 == funnel(fit).sha256
    assert found == forecast(own, history=older, replications=50, deals=True).document()


def test_an_older_history_than_that_of_the_fit_is_refused(older: History, newer_fit: Fit) -> None:
    with pytest.raises(HistoryError, match=r"ends on .*, but the model already starts on") as caught:
        forecast(funnel(newer_fit), history=older)
    assert "give a later export" in str(caught.value)


def test_open_deals_in_stages_that_the_model_does_not_have_are_refused(history: History, fit: Fit) -> None:
    """All of them at once, with the number of deals. Mutant: these deals are left out."""
    stage = next(iter(fit.model.stages))
    renamed = history.visits.with_columns(pl.col("stage").replace({stage: f"{stage}_2"}))
    count = history.visits.filter(pl.col("left").is_null() & (pl.col("stage") == stage)).height
    with pytest.raises(HistoryError, match=f'{count} open deals? in the stage "{stage}_2"') as caught:
        start_from(funnel(fit), dataclasses.replace(history, visits=renamed))
    assert f'did you mean "{stage}"?' in str(caught.value)


def test_visits_to_stages_of_before_are_ignored_with_a_warning(history: History, fit: Fit) -> None:
    stages = list(fit.model.stages)
    past = pl.col("left").is_not_null() & (pl.col("stage") == stages[0])
    visits = history.visits.with_columns(
        stage=pl.when(past).then(pl.lit("old_stage")).otherwise(pl.col("stage"))
    )
    moved = start_from(funnel(fit), dataclasses.replace(history, visits=visits))
    (text,) = moved.warnings
    assert text.startswith("open deals have been in stages that the model does not have (old_stage)")
    assert moved.funnel.pipeline is not None
    assert "old_stage" not in moved.funnel.pipeline["visits"].explode().to_list()


def test_a_history_in_another_currency_is_refused(history: History, fit: Fit) -> None:
    meta = dataclasses.replace(history.meta, currency="GBP")
    with pytest.raises(HistoryError, match=r"is in GBP, but the model .* is in USD"):
        start_from(funnel(fit, currency="USD"), dataclasses.replace(history, meta=meta))


def test_a_source_that_has_grown_stays_where_the_model_has_it(history: History, fit: Fit) -> None:
    """The fit has merged small sources into `other`; a new history with more of them would not."""
    assert list(fit.model.sources) == ["web_site", "partner", "other"]
    rows = pl.int_range(pl.len())
    grown = history.deals.with_columns(
        source=pl.when((rows % 5 == 0) & (pl.col("source") != "Partner"))
        .then(pl.lit("Trade fair"))
        .otherwise(pl.col("source"))
    )
    found = start_from(funnel(fit), dataclasses.replace(history, deals=grown)).funnel.pipeline
    assert found is not None
    fairs = found.join(grown.rename({"deal": "lead"}), on="lead").filter(
        pl.col("source_right") == "Trade fair"
    )
    assert set(fairs["source"]) == {"other"}


def test_a_source_that_the_model_does_not_have_is_forecast_like_its_largest_with_a_warning(
    history: History, fit: Fit
) -> None:
    """Mutant: no source, so that a deal without a listed amount is worth nothing."""
    two = {key: fit.model.sources[key] for key in ("web_site", "partner")}
    assert fit.draws is not None
    draws = fit.draws.select(
        name for name in fit.draws.columns if not name.startswith("sources.") or name.split(".")[1] in two
    )
    pipeline = fit.pipeline.filter(pl.col("source").is_in(list(two)))  # type: ignore[union-attr]
    model = fit.model.model_copy(update={"sources": two, "fit": "f1"})
    moved = start_from(funnel_of(model, draws=draws, pipeline=pipeline), history)
    small = pl.col("source").is_in(["Trade fair", "Podcast"])
    fairs = history.deals.filter(pl.col("outcome").is_null(), small)["deal"]
    assert moved.funnel.pipeline is not None
    found = moved.funnel.pipeline.filter(pl.col("lead").is_in(fairs.implode()))
    assert set(found["source"]) == {max(two, key=lambda key: two[key].rate)}
    assert f"{found.height} open deal" in moved.warnings[0]
    assert "(Podcast, Trade fair)" in moved.warnings[0]


def test_segments_come_from_the_column_that_they_were_made_of(history: History, fit: Fit) -> None:
    """Mutant: every segment unknown, which forecasts all deals alike."""
    segments = {"rep_0": Segment(name="Rep 0"), "rest": Segment(name="all others")}
    moved = start_from(funnel(fit, segments=segments), history).funnel.pipeline
    assert moved is not None
    owners = dict(history.deals.select("deal", "owner").iter_rows())
    assert set(moved["segment"]) == {"rep_0", "rest"}
    for lead, segment in moved.select("lead", "segment").iter_rows():
        assert segment == ("rep_0" if owners[lead] == "Rep 0" else "rest")


def test_growth_goes_on_from_the_same_trend() -> None:
    """2 % a month: 61 days later the rate is 1.02 ** (61 / 30.4375) of before, in the draws too."""
    draws = pl.DataFrame({"sources.inbound.rate": [1.0, 3.0]})  # 2 on average
    sources = {
        "inbound": {
            "enters": {"demo": 1.0},
            "rate": "2 per day",
            "growth": "2% per month",
            "amount": "constant(1)",
        }
    }
    before = funnel_with({}, draws=draws, sources=sources)
    later = dt.date(2026, 4, 12)
    after = started_at(before, later, before.pipeline)
    factor = 1.02 ** (61 / 30.4375)
    assert after.model.sources["inbound"].rate == pytest.approx(2 * factor, rel=1e-12)
    assert after.draws is not None
    assert after.draws["sources.inbound.rate"].to_list() == pytest.approx([factor, 3 * factor], rel=1e-12)
    new = [
        forecast(one, period="2026-05", replications=4000).record().periods[0].counts.new_leads
        for one in (before, after)
    ]
    assert new[0] == pytest.approx(31 * 2 * 1.02 ** (95.5 / 30.4375), rel=0.01)
    assert new[1] == pytest.approx(new[0], rel=0.01)


def test_a_model_written_by_hand_without_open_deals_keeps_its_start() -> None:
    history = history_of(won(day(2, 20)), still_open("demo", day(2, 20)), as_of=day(3, 1))
    model = funnel_with()
    assert start_from(model, history).funnel is model
    assert start_from(funnel_with({"lead": "deal-1"}), history).funnel.model.start == dt.date(2026, 3, 1)


def test_nothing_open_any_more_is_no_reason_to_warn(fit: Fit, history: History) -> None:
    """Every deal is closed in the newer history."""
    over = history.meta.as_of
    deals = history.deals.with_columns(
        outcome=pl.col("outcome").fill_null("lost"), closed=pl.col("closed").fill_null(over - WEEK / 7)
    )
    visits = history.visits.with_columns(
        exit=pl.when(pl.col("left").is_null()).then(pl.lit("lost")).otherwise("exit"),
        left=pl.col("left").fill_null(over - WEEK / 7),
    )
    found = forecast(
        funnel(fit), history=dataclasses.replace(history, deals=deals, visits=visits), replications=20
    )
    assert found.funnel.pipeline is None
    assert not any("PIPELINE" in text for text in found.warnings)
