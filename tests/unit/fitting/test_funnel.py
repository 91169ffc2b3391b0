"""The one way in: what comes out fits together, and says what it rests on."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.fitting.mle.rounding import short_text
from funnelsim.fitting.report.win_chances import win_chances
from funnelsim.history.files.events import History
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.model.rules.all_checks import check_model
from tests.recovery.known_funnel import BEGIN, known_history

from .made_up_visits import instant, one_stage, recorded_to_the_day


@pytest.fixture(scope="module")
def history() -> History:
    return known_history(3, deals=500)


@pytest.fixture(scope="module")
def fit(history: History) -> Fit:
    return fit_funnel(history, draws=20)


def test_the_model_is_sound_and_starts_where_the_history_ends(fit: Fit) -> None:
    assert check_model(fit.model) == []
    assert fit.model.start == (BEGIN + dt.timedelta(days=80)).date()
    assert list(fit.model.stages) == ["demo", "proposal"]
    for stage in fit.model.stages.values():
        assert sum(e.p for e in stage.exits.values()) == pytest.approx(1.0, abs=1e-12)


def test_every_draw_is_a_model(fit: Fit) -> None:
    """Every column is a path of the model, every row a sound one, and probabilities stay whole."""
    assert fit.draws is not None
    assert fit.draws.height == 20
    for row in fit.draws.iter_rows(named=True):
        drawn = resolve(fit.model, draw=row)
        assert check_model(drawn) == []
        for stage in drawn.stages.values():
            assert sum(e.p for e in stage.exits.values()) == pytest.approx(1.0, abs=1e-9)


def test_draws_lie_around_the_model(fit: Fit) -> None:
    assert fit.draws is not None
    for stage, exits in (("demo", "proposal"), ("proposal", "won")):
        values = fit.draws[f"stages.{stage}.exits.{exits}.p"].to_numpy()
        assert values.std() > 0.005
        centre = fit.model.stages[stage].exits[exits].p
        assert abs(values.mean() - centre) < 4 * values.std() / np.sqrt(len(values)) + 0.01


def test_another_seed_gives_other_draws_of_the_same_model(history: History, fit: Fit) -> None:
    other = fit_funnel(history, draws=20, seed=2)
    assert other.draws is not None
    assert not other.draws.equals(fit.draws)
    assert other.model == fit.model


def test_the_same_seed_gives_the_same_draws_whatever_the_number_of_threads() -> None:
    history = known_history(5, deals=150)
    one, three = (fit_funnel(history, draws=6, workers=workers).draws for workers in (1, 3))
    assert one is not None
    assert one.equals(three)


def test_the_pipeline_is_every_open_deal_with_its_age(history: History, fit: Fit) -> None:
    pipeline = fit.pipeline
    assert pipeline is not None
    still = history.visits.filter(pl.col("left").is_null())
    assert sorted(pipeline["lead"]) == sorted(still["deal"])
    row = pipeline.row(0, named=True)
    visit = still.filter(pl.col("deal") == row["lead"]).row(0, named=True)
    age = (history.meta.as_of - visit["entered"]) / dt.timedelta(days=1)
    assert row["age_days"] == pytest.approx(age)
    assert row["stage"] == visit["stage"]
    assert row["visits"][-1] == row["stage"]
    assert row["lead_age_days"] >= row["age_days"]
    assert set(pipeline["source"]) <= set(fit.model.sources)


def test_ages_are_measured_at_midnight_after_the_as_of_time() -> None:
    """Catches ages as of the cut itself: the engines count from midnight."""
    exits = ["won"] * 20 + ["lost"] * 20 + ["won"]
    history = one_stage([0.0] * 40 + [8.5], [*np.linspace(1, 5, 40), 99.0], exits, until=10.25)
    fit = fit_funnel(history, draws=0)
    assert fit.model.start == instant(11.0).date()
    assert fit.pipeline is not None
    assert fit.pipeline["age_days"].to_list() == [2.5]


def test_recorded_to_the_day_a_deal_began_at_noon() -> None:
    exits = ["won"] * 20 + ["lost"] * 20 + ["won"]
    history = one_stage([0.0] * 40 + [8.9], [*np.linspace(1, 5, 40), 99.0], exits, until=10.0)
    fit = fit_funnel(recorded_to_the_day(history), draws=0)
    assert fit.pipeline is not None
    assert fit.pipeline["age_days"].to_list() == [1.5]


@pytest.mark.parametrize("as_of", [dt.date(2024, 2, 29), "2024-02-29", dt.datetime(2024, 3, 1)])
def test_an_earlier_as_of_forgets_what_came_after(as_of: dt.date | str) -> None:
    history = known_history(3, deals=150)
    earlier = fit_funnel(history, as_of=as_of, draws=0)
    assert earlier.model.start == dt.date(2024, 3, 1)
    assert earlier.report.deals < history.deals.height


def test_since_leaves_out_what_ended_before(history: History) -> None:
    """Deals begun before still count, from that day on."""
    later = fit_funnel(history, since="2024-02-01", draws=0).report
    demo = later.stages[0]
    assert demo.left_out > 50
    assert demo.seen_late > 20
    assert demo.visits + demo.left_out == (history.visits["stage"] == "demo").sum()


def test_since_after_the_end_is_refused(history: History) -> None:
    with pytest.raises(HistoryError, match="is not before the end of the history"):
        fit_funnel(history, since=dt.date(2030, 1, 1))
    with pytest.raises(HistoryError, match='"soon" is not a date'):
        fit_funnel(history, since="soon")


def test_a_history_that_nobody_has_left_is_refused() -> None:
    with pytest.raises(HistoryError, match="nobody has left any stage yet"):
        fit_funnel(one_stage([0, 1], [99, 99], ["won", "won"], until=10.0))


def test_a_stage_that_nobody_has_left_keeps_its_deals_and_says_so() -> None:
    """In 'legal' there are three deals and none has left: no exit may be invented."""
    n = 60
    base = one_stage(
        np.arange(n) % 20,
        np.arange(n) % 20 + 4.0,
        ["won"] * 30 + ["lost"] * 27 + ["legal"] * 3,
        until=40.0,
    )
    moved = base.visits.filter(pl.col("exit") == "legal").with_columns(
        stage=pl.lit("legal"),
        entered=pl.col("left"),
        left=pl.lit(None, pl.Datetime("us")),
        exit=pl.lit(None, pl.String),
    )
    fit = fit_funnel(dataclasses.replace(base, visits=pl.concat([base.visits, moved])), draws=5)
    assert fit.model.stages["legal"].exits == {"never": Exit(to="never", p=1.0)}
    assert any("nobody has left Legal yet (3 deals entered)" in text for text in fit.report.warnings)
    assert check_model(fit.model) == []


def test_a_stage_without_visits_is_left_out_and_named(history: History) -> None:
    stages = {"prospect": "Prospect", **history.meta.stages}
    fit = fit_funnel(
        dataclasses.replace(history, meta=dataclasses.replace(history.meta, stages=stages)), draws=0
    )
    assert "prospect" not in fit.model.stages
    assert fit.report.stages_left_out == ("prospect",)


def test_deals_that_are_clicked_through_keep_the_model_sound() -> None:
    rng = np.random.default_rng(2)
    days = np.where(rng.random(200) < 0.4, 0.0, rng.gamma(2.0, 3.0, 200))
    fit = fit_funnel(
        one_stage(np.zeros(200), days, np.where(rng.random(200) < 0.5, "won", "lost"), until=100.0), draws=5
    )
    assert fit.model.stages["demo"].exits["won_at_once"].after is not None
    assert fit.draws is not None
    assert check_model(resolve(fit.model, draw=fit.draws.row(0, named=True))) == []
    assert fit.report.stages[0].exits[1].law == "at once"


def test_leads_that_ceased_to_be_recorded_do_not_thin_the_rate() -> None:
    """200 days of ten leads a day, then none for 150 days while deals still close."""
    rng = np.random.default_rng(3)
    entered = rng.uniform(0, 200, 2000)
    days = rng.exponential(40.0, 2000)
    fit = fit_funnel(one_stage(entered, entered + days, ["won"] * 2000, until=350.0), draws=0)
    assert fit.model.sources["all"].rate == pytest.approx(10.0, rel=0.15)
    assert any("150 days before the end" in text for text in fit.report.warnings)


def test_the_chance_to_win_is_that_of_the_chain() -> None:
    """Half go round to the first stage: w = 0.5 v and v = 0.4 + 0.5 w give w = 4/15."""
    exits = {
        "a": Stage(exits={"b": Exit(to="b", p=0.5), "lost": Exit(to="lost", p=0.5)}),
        "b": Stage(
            exits={
                "a": Exit(to="a", p=0.5),
                "won": Exit(to="won", p=0.4),
                "lost": Exit(to="lost", p=0.1),
            }
        ),
    }
    model = Model(
        start=dt.date(2026, 1, 1), stages=exits, sources={"web": Source(enters={"a": 1.0}, rate=1.0)}
    )
    drawn = pl.DataFrame({"stages.a.exits.b.p": [0.5, 0.0], "stages.a.exits.lost.p": [0.5, 1.0]})
    chances = win_chances(model, drawn)
    np.testing.assert_allclose(chances["a"], [4 / 15, 4 / 15, 0.0], rtol=1e-9)


def test_the_report_says_what_it_rests_on(history: History, fit: Fit) -> None:
    report = fit.report
    demo = report.stages[0]
    assert demo.visits == (history.visits["stage"] == "demo").sum()
    assert demo.open == report.stages[0].visits - sum(e.count for e in demo.exits)
    assert 0 < demo.exits[0].p_low < demo.exits[0].p < demo.exits[0].p_high < 1
    assert report.sources[0].wins == (history.deals["outcome"] == "won").sum()
    assert report.open_deals == history.deals["outcome"].null_count()
    assert any("ranges allow for as much drift" in text for text in report.cannot_tell)
    assert any("days only" in text for text in report.cannot_tell)


def test_the_document_is_plain_json(fit: Fit) -> None:
    import json

    text = json.dumps(fit.report.as_json(), allow_nan=False)
    assert json.loads(text)["stages"][0]["exits"][0]["to"] == "proposal"


def test_distributions_are_short_in_tables() -> None:
    assert short_text("lognormal(mean=12345.678, sigma=0.80012)") == "lognormal(mean=12346, sigma=0.8)"
    assert short_text("weibull(shape=1.5, scale=3.5h)") == "weibull(shape=1.5, scale=3.5h)"
    assert short_text("weibull(shape=7.2215, scale=1.5512d)") == "weibull(shape=7.22, scale=1.55d)"


def test_times_under_a_day_are_read_in_the_largest_unit_of_which_they_have_one() -> None:
    """A file writes 17534s, which is exact. Mutant: the file's unit."""
    assert short_text("lognormal(median=17534s, sigma=0.341)") == "lognormal(median=4.87h, sigma=0.341)"
    assert short_text("gamma(shape=0.5, scale=0.341h)") == "gamma(shape=0.5, scale=20.5min)"
    assert short_text("exponential(mean=0.5s)") == "exponential(mean=0.5s)"


def test_a_steady_fit_assumes_neither_calendar_nor_drift(history: History, fit: Fit) -> None:
    """Catches: the level applied although the history is to be taken as steady."""
    steady, moving = fit_funnel(history, draws=20, horizon_days=None), fit
    assert not steady.model.clocks
    assert all(not stage.moving for stage in steady.report.stages)
    column = "stages.demo.exits.proposal.p"
    assert steady.draws is not None
    assert moving.draws is not None
    assert moving.draws[column].std() > steady.draws[column].std()
    assert {move.to for move in moving.report.stages[0].moving} >= {"proposal"}


def test_a_fit_like_another_is_the_fit_itself(history):
    """Mutant: the stages with a fading past taken for those of the whole past."""
    first = fit_funnel(history, draws=3)
    for horizon_days in (45.0, None):
        plain = first if horizon_days else fit_funnel(history, draws=3, horizon_days=None)
        like = fit_funnel(history, draws=3, horizon_days=horizon_days, like=first)
        assert like.model == plain.model
        assert like.draws.equals(plain.draws)


def test_labels_that_tell_deals_apart_are_refused_at_once() -> None:
    """Thousands of stages would be fitted for days."""
    base = one_stage([0, 1], [3, 4], ["won", "won"], until=10.0)
    many = {**base.meta.stages, **{f"run_{k}": f"Run {k}" for k in range(2000)}}
    history = dataclasses.replace(base, meta=dataclasses.replace(base.meta, stages=many))
    with pytest.raises(HistoryError, match=r"2,001 stages for 2 deals: nothing can be learned.*\[stages\]"):
        fit_funnel(history)
    n = 80  # few enough stages, but all of them exits of one
    wide = one_stage(np.zeros(n), np.arange(n) + 1.0, [f"run_{k}" for k in range(n)], until=200.0)
    with pytest.raises(HistoryError, match='"Demo" leads to 80 stages and outcomes; a fit allows up to 60'):
        fit_funnel(wide)


def test_a_stage_that_nobody_has_left_for_years_has_no_drift_to_tell() -> None:
    """Retired six years ago: its last exits lie before the half months that are looked at."""
    n = 60
    base = one_stage(np.arange(n) * 1.0, np.arange(n) + 5.0, ["won"] * n, until=6 * 365.0)
    fit = fit_funnel(base, draws=5)
    assert fit.model.stages["demo"].exits["won"].p == pytest.approx(1.0, abs=0.05)
    assert check_model(fit.model) == []
