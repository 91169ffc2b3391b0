"""Rolling origins: nothing of what came later reaches a forecast, and the document says what happened."""

import dataclasses
import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.forecasting.backtest import _not_recalibrated, _periods, _with_recalibrated, backtest
from funnelsim.forecasting.baselines import BASELINES, past_periods
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.past_errors import with_past_errors
from funnelsim.forecasting.recalibrate import FEWEST
from funnelsim.forecasting.scores import LEVELS
from funnelsim.forecasting.snapshot import Snapshot, bounds, snapshot_at
from funnelsim.forecasting.track_record import NO_DRIFT
from funnelsim.history.cleaning.as_of import cut
from funnelsim.model.files.model_files import funnel_of
from funnelsim.report.words.verdict import verdict_of
from tests.recovery.known_funnel import known_history
from tests.unit.report.made_up_backtests import backtest_of

ORIGIN = dt.date(2024, 4, 1)
DETAILS = {"begin": ORIGIN, "end": ORIGIN, "every": "month", "draws": 5, "replications": 200}
QUICK = ["run_rate", "weighted_pipeline"]


@pytest.fixture(scope="module")
def history():
    return known_history(5, deals=700, days=160.0)


@pytest.fixture(scope="module")
def honest(history):
    return backtest(history, baselines=QUICK, **DETAILS)


def told(found):
    return {name: scored.quantiles for name, scored in found.origins[0].forecasts.items()}


def open_then(history):
    """Deals not closed on the eve of the origin."""
    closed = pl.col("closed") < dt.datetime.combine(ORIGIN, dt.time(0))
    return ~closed.fill_null(False)


def test_what_an_export_tells_of_later_changes_nothing(history, honest):
    """Planted in fields without dates: the forecast is the same to the last bit.

    Mutant: listed amounts not masked. `test_leaks.py` sees that for owners and segments.
    """
    leaks = {
        "listed_amount": pl.when(open_then(history)).then(
            1e6 * pl.col("outcome").eq("won").fill_null(False) + 1
        ),
        "amount": pl.when(open_then(history)).then(pl.col("amount") * 50).otherwise("amount"),
        "owner": pl.col("outcome").fill_null("nobody"),
        "segment": pl.col("outcome").fill_null("nothing"),
    }
    planted = dataclasses.replace(history, deals=history.deals.with_columns(**leaks))
    found = backtest(planted, baselines=QUICK, **DETAILS)
    for name, quantiles in told(honest).items():
        assert np.array_equal(told(found)[name], quantiles), name


@pytest.mark.parametrize("leak", ["stage", "close date"])
def test_what_happened_later_changes_nothing(history, honest, leak):
    """Later stays and closings moved. Mutant: the cut leaves the outcome."""
    later = dt.datetime.combine(ORIGIN, dt.time(0))
    if leak == "stage":
        visits = history.visits.with_columns(
            exit=pl.when(pl.col("left") >= later).then(pl.lit("lost")).otherwise("exit")
        )
        planted = dataclasses.replace(history, visits=visits)
    else:
        week = pl.duration(days=7)
        visits = history.visits.with_columns(
            left=pl.when(pl.col("left") >= later).then(pl.col("left") + week).otherwise("left")
        )
        deals = history.deals.with_columns(
            closed=pl.when(pl.col("closed") >= later).then(pl.col("closed") + week).otherwise("closed")
        )
        planted = dataclasses.replace(history, visits=visits, deals=deals)
    found = backtest(planted, baselines=QUICK, **DETAILS)
    for name, quantiles in told(honest).items():
        assert np.array_equal(told(found)[name], quantiles), name


def test_actual_is_what_the_period_booked(history, honest):
    within = history.deals.filter(
        (pl.col("outcome") == "won")
        & (pl.col("closed") >= dt.datetime(2024, 4, 1))
        & (pl.col("closed") < dt.datetime(2024, 5, 1))
    )
    assert honest.origins[0].actual == pytest.approx(within["amount"].sum())
    assert honest.origins[0].as_of == dt.date(2024, 3, 31)


def test_trusted_fields_are_used(history):
    """Mutant: the owner is forgotten whatever is trusted."""
    owned = dataclasses.replace(history, deals=history.deals.with_columns(owner="deal"))
    known, trusted = snapshot_at(owned, ORIGIN), snapshot_at(owned, ORIGIN, {"owner"})
    assert known.deals["owner"].null_count() == known.deals.height
    assert trusted.deals["owner"].to_list() == trusted.deals["deal"].to_list()


def test_run_rate_by_hand(history):
    """Mean of the whole spans before the origin, Student t about it."""
    known = Snapshot(snapshot_at(history, ORIGIN), "deals_won")
    period = backtest(history, metric="deals_won", baselines=[], **DETAILS).origins[0].period
    begin, end = bounds(period)
    spans = [known.actual(begin - k * (end - begin), begin - (k - 1) * (end - begin)) for k in (1, 2, 3)]
    quantiles = BASELINES["run_rate"](known, period, "month")
    assert quantiles is not None
    assert quantiles[49] == pytest.approx(np.mean(spans))
    assert past_periods(known, period, "month").tolist() == [
        known.actual(*bounds(p)) for p in _months(("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"))
    ]


def _months(days):
    from funnelsim.core.calendar.time import Period

    dates = [dt.date.fromisoformat(day) for day in days]
    return [Period("", a, b) for a, b in itertools.pairwise(dates)]


def test_document_and_verdict(honest):
    document = honest.document()
    assert document["origins"][0]["period"] == "2024-04"
    assert len(document["origins"][0]["quantiles"]) == 99
    assert set(document["origins"][0]["baselines"]) == set(QUICK)
    assert document["summary"]["coverage"].keys() == {"50", "80", "90"}
    sentences = list(verdict_of(read_as(BacktestDocument, document, "backtest")))
    assert sentences[0].startswith("The actual result was inside the 80 % range in")
    assert not any("interval" in sentence for sentence in sentences)  # one origin claims nothing
    assert honest.table().height == len(honest.origins[0].forecasts)
    assert OURS in honest.forecasters


def test_pinball_losses_by_hand(honest):
    """Below a quantile a euro costs 1 minus its level, above it its level. Mutant: the two exchanged."""
    told = honest.document()["summary"]["pinball"][OURS]
    for key, level in (("10", 0.1), ("50", 0.5), ("90", 0.9)):
        losses = []
        for origin in honest.origins:
            gap = origin.actual - origin.forecasts[OURS].quantiles[round(100 * level) - 1]
            losses.append(level * gap if gap > 0 else (level - 1) * gap)
        assert told[key] == pytest.approx(np.mean(losses))


def test_what_cannot_be_asked_is_refused(history):
    with pytest.raises(FunnelSimError, match="no month begins"):
        backtest(history, begin=dt.date(2030, 1, 1), end=dt.date(2030, 2, 1), every="month")
    with pytest.raises(FunnelSimError, match="the first day, 2024-05-02, is after the last, 2024-05-01"):
        backtest(history, begin=dt.date(2024, 5, 2), end=dt.date(2024, 5, 1), every="month")


def test_all_words_that_are_not_known_are_told_at_once(history):
    """Mutant: the first of them alone."""
    with pytest.raises(InputError, match="3 problems") as caught:
        backtest(history, begin=ORIGIN, end=ORIGIN, every="fortnight", trust=["stage"], baselines=["luck"])
    assert [problem.path for problem in caught.value.problems] == ["every", "trust", "baseline"]
    assert "choose from week, month, quarter, year" in str(caught.value)


def test_the_period_that_runs_when_the_history_ends_is_left_out_with_the_reason(history):
    """It is no surprise that it is missing; those that have not begun are not named. Mutant: no word."""
    ends = dt.date(2024, 4, 17)
    cut_off = cut(history, dt.datetime.combine(ends, dt.time(0)))
    periods, running = _periods(cut_off, dt.date(2024, 3, 1), dt.date(2024, 12, 1), "month")
    assert [period.label for period in periods] == ["2024-03"]
    assert running is not None
    assert running.label == "2024-04"
    assert _periods(cut_off, dt.date(2024, 3, 1), dt.date(2024, 3, 31), "month")[1] is None


def test_steady_adds_the_forecast_without_drift_and_leaves_ours_as_it_was(history, honest):
    """The row is the forecast of a model fitted with no horizon. Mutant: both rows with our horizon."""
    found = backtest(history, baselines=[], steady=True, **DETAILS)
    assert found.forecasters == (OURS, NO_DRIFT)
    assert np.array_equal(told(found)[OURS], told(honest)[OURS])
    known = snapshot_at(history, ORIGIN)
    fit = fit_funnel(known, draws=DETAILS["draws"], horizon_days=None)
    funnel = funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline)
    period = found.origins[0].period.label
    alone = forecast(funnel, history=known, period=period, replications=DETAILS["replications"])
    assert np.array_equal(told(found)[NO_DRIFT], np.quantile(alone.periods[0].bookings, LEVELS))
    assert found.document()["origins"][0]["baselines"].keys() == {NO_DRIFT}


def test_where_nothing_could_be_forecast_the_reason_is_told(history):
    before = dt.date(2023, 12, 25)
    with pytest.raises(FunnelSimError, match=r"no week could be forecast; 2023W52: "):
        backtest(history, begin=before, end=before, every="week", draws=2, replications=100)


def test_past_errors_of_a_business_that_had_hardly_begun_promise_no_miracles():
    """A week of 1 before weeks of 100: the error is a difference. Mutant: always a ratio."""
    told = with_past_errors(100.0, [1.0, 100.0, 90.0, 110.0], [100.0, 90.0, 110.0, 100.0], centred=True)
    assert told is not None
    assert told.max() < 500
    steady = with_past_errors(100.0, [90.0, 100.0, 110.0], [100.0, 110.0, 100.0], centred=True)
    assert steady is not None
    assert np.log(steady[89] / 100) == pytest.approx(-np.log(steady[9] / 100))


def test_progress_knows_the_number_of_origins_from_the_start(history):
    seen = []
    backtest(history, baselines=[], progress=lambda done, total: seen.append((done, total)), **DETAILS)
    assert seen == [(0, 1), (1, 1)]


def test_recalibration_without_enough_earlier_origins_is_noted():
    """The last origin has the most behind it. Mutant: one origin too few asked for."""
    for n, said in (
        (
            FEWEST,
            (
                f"recalibration needs {FEWEST} earlier origins, but there are only {FEWEST - 1}; "
                "it is left out",
            ),
        ),
        (FEWEST + 1, ()),
    ):
        origins = _with_recalibrated(backtest_of(n=n).origins)
        assert _not_recalibrated(origins) == said


def test_groups_add_up_to_what_was_forecast_and_what_came(history, honest):
    """Two sources and reps without a name: means and actual results of the groups sum to the whole.

    Fails if a group that only booked in the period, unknown before, is left out.
    """
    deals = history.deals.with_columns(
        source=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("Web")).otherwise(pl.lit("Fair")),
        owner=pl.when(pl.col("created") >= dt.datetime(2024, 4, 2))
        .then(pl.lit("New"))
        .when(pl.int_range(pl.len()) % 2 == 0)
        .then(pl.lit("Old")),
    )
    split = dataclasses.replace(history, deals=deals)
    for by in ("owner", "source"):
        found = backtest(split, baselines=QUICK, by=by, **DETAILS)
        (origin,) = found.record().origins
        assert sum(one.actual for one in origin.groups) == pytest.approx(origin.actual, rel=1e-12)
        assert sum(one.mean for one in origin.groups) == pytest.approx(origin.mean, rel=1e-12)
        assert {one.name for one in origin.groups} >= (
            {"Old", "unknown"} if by == "owner" else {"Web", "Fair"}
        )
        assert found.trusted == (("owner",) if by == "owner" else ())
        scores = {one.name: one for one in found.record().groups}
        for one in origin.groups:
            error = one.crps / one.actual if one.actual else None
            assert scores[one.name].relative_crps == (None if error is None else pytest.approx(error))
            assert scores[one.name].held["80"] == (one.p10 <= one.actual <= one.p90)
        assert found.table().filter(pl.col("group").is_not_null())["actual"].sum() == pytest.approx(
            origin.actual
        )


def test_without_groups_the_document_is_as_before(honest):
    assert not {"by", "groups"} & set(honest.document())
