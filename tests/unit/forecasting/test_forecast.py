"""The forecast of a period: what is booked, what the pipeline brings, what is still to come."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.read import typed
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.period_forecast import LATER
from funnelsim.forecasting.result import Forecast
from tests.oracles.tolerance import check_mean

from ..made_up_history import day, history_of, still_open, won
from ..made_up_runs import funnel_with

#: Days left of 2026Q1 on 10 February, and the chance that an open offer of any age is won in them.
LEFT = 50.0
P_WIN = 0.5 * (1 - math.exp(-LEFT / 10))


def told(*leads: dict[str, object], **options: object) -> Forecast:
    parts = options.pop("parts", {})
    draws = options.pop("draws", None)
    funnel = funnel_with(*(leads or ({},)), draws=draws, **parts)  # type: ignore[arg-type]
    given: dict[str, object] = {"replications": 200, "seed": 3}
    return forecast(funnel, **(given | options))  # type: ignore[arg-type]


def test_the_parts_sum_to_the_total_in_every_replication() -> None:
    """Booked, pipeline, new and expansion, to the last bit."""
    history = history_of(won(day(1, 20), 0.1), won(day(2, 1), 0.7))
    (period,) = told({}, {"amount": 0.3}, history=history).periods
    for amount, total in (("bookings", period.bookings), ("quota_credit", period.quota_credit)):
        parts = [period.part(amount, name) for name in ("pipeline", "new", "expansion")]
        np.testing.assert_array_equal(
            total, getattr(period.booked, amount) + (parts[0] + parts[1] + parts[2])
        )
    assert period.booked.bookings == 0.1 + 0.7


def test_the_pipeline_brings_what_its_chances_say() -> None:
    """Forty open offers of 100 each: wins are binomial whatever the ages, the distribution being memoryless.

    Catches ages ignored or counted twice, a horizon off by a day or more, and wins outside the period.
    """
    leads = [{"age_days": float(n)} for n in range(40)]
    (period,) = told(*leads, replications=3000).periods
    wins = period.part("bookings", "pipeline") / 100
    check_mean(wins, 40 * P_WIN, resolution=0.02)
    observed = np.bincount(wins.astype(int), minlength=41)[12:28]
    expected = 3000 * stats.binom.pmf(np.arange(12, 28), 40, P_WIN)
    chi2 = ((observed - expected) ** 2 / expected).sum()
    assert stats.chi2.sf(chi2, 16) > 1e-5


def test_new_leads_bring_what_the_rate_says() -> None:
    """1 a day; a lead of day t has a demo of 5 days, then wins at rate 1/10 with chance 0.5."""
    (period,) = told(replications=3000).periods
    span = LEFT - 5
    expected = 100 * 0.5 * (span - 10 * (1 - math.exp(-span / 10)))
    check_mean(period.part("bookings", "new"), expected, resolution=0.02)


def test_a_quota_that_is_booked_already_is_certain() -> None:
    (period,) = told(history=history_of(won(day(2, 1), 1000.0))).periods
    assert period.attainment == (1.0, 0.0)
    assert period.record().attainment_probability == 1.0


def test_attainment_counts_quota_credit_not_bookings() -> None:
    """Signed at the offer, credited at the win: the offers of new leads book at once, credit comes later."""
    (period,) = told(parts={"goal": {"quota": 1500.0, "books_at": "offer", "credits_at": "won"}}).periods
    chance = np.mean(period.quota_credit >= 1500.0)
    assert period.attainment is not None
    assert period.attainment[0] == chance
    assert chance < np.mean(period.bookings >= 1500.0)


def test_the_period_is_the_one_asked_and_its_days_are_real() -> None:
    """Catches an end that is exclusive, and days counted from the start of the quarter."""
    now, later = told(period=["2026Q1", "2026Q2"]).document()["periods"]
    assert (now["start"], now["end"], now["days_left"]) == ("2026-01-01", "2026-03-31", 50.0)
    assert (later["start"], later["end"], later["days_left"]) == ("2026-04-01", "2026-06-30", 91.0)
    assert (now["quota"], later["quota"]) == (1000.0, 1000.0)


def test_a_later_period_is_simulated_through_and_counted_alone() -> None:
    """The open deals that close in Q2 are those that did not in Q1; nothing is booked yet."""
    both = told(
        *[{}] * 40, period=["2026Q1", "2026Q2"], history=history_of(won(day(2, 1))), replications=3000
    )
    now, later = both.periods
    check_mean(
        later.part("bookings", "pipeline"),
        40 * 100 * 0.5 * (math.exp(-5) - math.exp(-14.1)),
        resolution=0.25,
    )
    assert (now.booked.deals, later.booked.deals) == (1, 0)


def test_asking_for_more_periods_does_not_change_the_first() -> None:
    """Catches randomness that depends on the horizon."""
    alone, beside = told(period="2026Q1"), told(period=["2026Q1", "2026Q3"])
    np.testing.assert_array_equal(alone.periods[0].bookings, beside.periods[0].bookings)


def test_a_given_quota_replaces_the_models() -> None:
    (period,) = told(quota=1e12).periods
    assert period.quota == 1e12
    assert period.attainment == (0.0, 0.0)


def test_without_a_quota_there_is_no_chance() -> None:
    document = told(parts={"goal": {}}).document()["periods"][0]
    assert (document["quota"], document["attainment_probability"], document["attainment_mc_error"]) == (
        None,
    ) * 3


def test_quantiles_are_percentiles_of_the_quota_credit() -> None:
    forecasted = told()
    (period,) = forecasted.periods
    (document,) = forecasted.document()["periods"]
    assert len(document["quantiles"]) == len(document["quantiles_bookings"]) == 99
    assert document["quantiles"][49] == np.quantile(period.quota_credit, 0.5)
    assert document["quantiles"][89] == document["quota_credit"]["p90"]
    assert document["quantiles"] == sorted(document["quantiles"])


def test_the_error_of_a_chance_comes_from_the_draws_where_there_are_any() -> None:
    """Two draws, hardly any leads or plenty: within a draw nothing is uncertain, between them all is."""
    draws = pl.DataFrame({"sources.inbound.rate": [0.001, 50.0]})
    (period,) = told(draws=draws, parts={"goal": {"quota": 5000.0}}).periods
    assert period.attainment == (0.5, pytest.approx(0.5))


def test_no_pipeline_is_a_loud_warning() -> None:
    found = forecast(funnel_with(), replications=5)
    assert found.warnings[0].startswith("NO OPEN PIPELINE: the funnel is empty on 2026-02-10")


def test_a_history_that_ends_long_before_the_start_is_told_for_later_periods_too() -> None:
    """Catches the run-rate of an old history beside a forecast, without a word."""
    old = history_of(won(dt.datetime(2025, 6, 1)), as_of=dt.datetime(2025, 7, 1))
    found = forecast(funnel_with(), history=old, period="2026Q2", replications=5)
    assert any(
        text.startswith("the history ends on 30 Jun 2025, before the model starts") for text in found.warnings
    )


def test_a_history_without_open_deals_is_no_reason_to_warn() -> None:
    """The fit of such a history has no pipeline, and that is the truth."""
    assert forecast(funnel_with(), history=history_of(won(day(2, 1))), replications=5).warnings == ()
    survival = history_of(won(day(2, 1)), still_open("demo", day(2, 3)))
    assert forecast(funnel_with(), history=survival, replications=5).warnings[0].startswith("NO OPEN")


def test_what_the_fit_warned_of_reaches_the_forecast(tmp_path: Path) -> None:
    """Beside the model, of the same start. Catches warnings of an older fit, and of a report that is none."""
    funnel = dataclasses.replace(funnel_with({}), path=tmp_path / "sales.toml")
    report = {"command": "fit", "start": "2026-02-10", "warnings": ["no lead came after May"]}
    (tmp_path / "sales.fit.json").write_text(json.dumps(report))
    history = history_of(won(day(2, 1)))
    assert forecast(funnel, history=history, replications=5).warnings == (
        "from the fit: no lead came after May",
    )
    for other in (
        report | {"start": "2025-02-10"},
        report | {"command": "show"},
        report | {"warnings": 3},
        [],
    ):
        (tmp_path / "sales.fit.json").write_text(json.dumps(other))
        assert forecast(funnel, history=history, replications=5).warnings == ()
    (tmp_path / "sales.fit.json").write_text("{")
    (unread,) = forecast(funnel, history=history, replications=5).warnings
    assert unread == "sales.fit.json is not JSON: the warnings of the fit are unknown"


def test_the_weighted_pipeline_speaks_of_the_period_that_has_begun() -> None:
    """Catches the same pipeline counted again in every later period."""
    history = history_of(won(day(1, 20)), won(day(2, 1)))
    now, later = told(history=history, period=["2026Q1", "2026Q2"]).document()["periods"]
    assert now["weighted_pipeline"] == 100.0
    assert later["weighted_pipeline"] is None
    assert (now["no_weighted_pipeline"], later["no_weighted_pipeline"]) == ("", LATER)
    assert later["run_rate"] == pytest.approx(200 / 41 * 91)


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ((None, None), "NO AMOUNTS: every booking counts 0"),
        (("constant(5)", None), "no amount is known for leads of second, their bookings count 0"),
        (("constant(5)", "constant(6)"), ""),
    ],
)
def test_leads_worth_nothing_are_pointed_out(amounts: tuple[str | None, str | None], said: str) -> None:
    """Otherwise "likely USD 0" reads like an answer."""
    ordinary = {"enters": {"demo": 1.0}, "rate": "1 per day"}
    sources = {
        key: ordinary | ({"amount": amount} if amount else {})
        for key, amount in zip(("first", "second"), amounts, strict=True)
    }
    funnel = funnel_with(sources=sources, goal={"period": "quarter"})
    found = forecast(funnel, replications=5, warmup_days=1.0, period="2026Q2").warnings
    assert [text.startswith(said) for text in found] == ([True] if said else [])


def test_a_warm_up_fills_an_empty_funnel() -> None:
    """In steady state the quarter books 50 a day; from empty much less. No loud warning then."""
    warm = forecast(funnel_with(), replications=400, warmup_days=120.0, period="2026-02")
    assert not [text for text in warm.warnings if "PIPELINE" in text]
    check_mean(warm.periods[0].bookings, 19 * 50, resolution=0.07)


def test_what_is_unknown_is_said() -> None:
    assert told().warnings == (
        "the model stores no history: what was booked 1 Jan 2026 to 9 Feb 2026 is unknown and counts as "
        "0; give --history",
    )


def test_the_document_says_all_that_screens_need() -> None:
    document = told({}, {"stage": "demo"}, history=history_of(won(day(2, 1)))).document()
    typed(document)
    (period,) = document["periods"]
    assert document["as_of"] == "2026-02-09"
    assert period["counts"]["booked_deals"] == 1
    assert period["counts"]["open_deals"] == 2
    assert set(period["parts"]) == set(period["parts_bookings"]) == {"booked", "pipeline", "new", "expansion"}
    assert [row["open"] for row in document["funnel"]] == [1, 1]
    assert period["wins"]["mean"] > 1


def test_the_table_has_a_row_for_total_and_parts() -> None:
    table = told(history=history_of(won(day(2, 1)))).table().filter(pl.col("amount") == "bookings")
    by_part = dict(table.select("part", "mean").iter_rows())
    assert by_part.pop("total") == pytest.approx(sum(by_part.values()))
    assert by_part["booked"] == 100.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quota": -5.0}, "above 0"),
        ({"quota": math.nan}, "above 0"),
        ({"period": "2025Q4"}, "is over"),
        ({"history": "nowhere"}, "no such history"),
    ],
)
def test_a_wrong_question_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(FunnelSimError, match=said):
        told(**options)


def test_deals_without_a_pipeline_are_refused() -> None:
    with pytest.raises(FunnelSimError, match="no open deals"):
        forecast(funnel_with(), deals=True)


def test_progress_runs_over_periods_and_deals_together() -> None:
    seen: list[tuple[int, int]] = []
    told(deals=True, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (400, 400)
    assert {total for _, total in seen} == {400}


def test_a_scenario_may_be_forecast_too() -> None:
    from funnelsim.model.changes.changes import SetValue

    sure = (SetValue(path="stages.offer.exits.won.p", to=1.0),)
    (period,) = told(changes=sure).periods
    (base,) = told().periods
    assert period.bookings.mean() > base.bookings.mean()


def test_the_start_of_a_quarter_forecasts_that_quarter() -> None:
    (period,) = told(parts={"start": dt.date(2026, 4, 1)}).periods
    assert (period.period.label, period.window.complete) == ("2026Q2", True)
