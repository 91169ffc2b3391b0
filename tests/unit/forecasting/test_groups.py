"""A forecast by rep, team, segment, source or product: parts that add up to the whole in every future.

Mutants that these tests catch: one band for all amounts; the shares of another source; open deals all in one
group; past bookings without an owner left out; shares without the amount, or of all leads instead of the
newest; the quota of a team's last rep only; a likelihood without the concentration.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import optimize, stats

from funnelsim.core.errors import InputError
from funnelsim.engines.run import simulate
from funnelsim.fitting.productivity.reps_file import RepRow, read_reps
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.groups.learn import learn_groups
from funnelsim.forecasting.groups.shrinkage import concentration, shrunk_shares
from funnelsim.forecasting.result import Forecast
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.results.groups import Grouping

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of, pipeline_of

TWO_SOURCES = {
    "inbound": {"name": "Inbound", "enters": {"demo": 1.0}, "rate": "1 per day", "amount": "constant(100)"},
    "partner": {
        "name": "Partner",
        "enters": {"demo": 1.0},
        "rate": "0.5 per day",
        "amount": "lognormal(mean=400, sigma=0.9)",
    },
}


def two_sources(*leads: dict[str, object]) -> Funnel:
    return funnel_of(model_of(sources=TWO_SOURCES), pipeline=pipeline_of(*leads) if leads else None)


def with_columns(history: History, **columns: list[str | None]) -> History:
    made = [pl.Series(name, values, dtype=pl.String) for name, values in columns.items()]
    return replace(history, deals=history.deals.with_columns(made))


def past(owners: list[str | None] | None = None, **columns: list[str | None]) -> History:
    """Six deals: four won of 2026 and before, one lost, one open."""
    deals = [
        won(day(1, 20), 0.1),
        won(day(2, 1), 0.7),
        won(day(1, 5), 20.2),
        won(day(12, 1, 2025), 5000.0),
        lost(day(1, 10)),
        still_open("offer", day(2, 1)),
    ]
    six: list[str | None] = owners or ["Ana", "Ben", None, "Ana", "Ben", "Ana"]
    return with_columns(history_of(*deals), owner=six, **columns)


def forecast_by(funnel: Funnel, history: History | None, by: str, **options: object) -> Forecast:
    given: dict[str, object] = {"replications": 200, "seed": 3}
    return forecast(funnel, history=history, by=by, **(given | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["fast", "reference"])
@pytest.mark.parametrize("by", ["owner", "source"])
def test_groups_add_up_in_every_future(by: str, engine: str) -> None:
    """What is simulated to the last bit, with what is booked to the cent.

    Fails if a lead is in two groups or in none, or a booking of the past is left out (no owner).
    """
    leads = [{"owner": "Ana"}, {"owner": "Ben", "amount": 0.3}, {"source": "partner", "owner": None}]
    found = forecast_by(two_sources(*leads), past(), by, engine=engine, replications=30)
    (period,) = found.periods
    parts = sum(group.parts for group in period.groups)
    np.testing.assert_array_equal(parts, found.run.tallies["bookings"][:, 1])
    np.testing.assert_array_equal(
        sum(group.won for group in period.groups), found.run.tallies["deals_won"][:, 1]
    )
    whole = np.round(100 * period.bookings)
    np.testing.assert_array_equal(np.round(100 * sum(group.bookings for group in period.groups)), whole)
    assert sum(group.booked.deals for group in period.groups) == period.booked.deals == 3
    assert sum(group.open_deals for group in period.groups) == 3


def test_past_bookings_belong_to_the_owner_of_the_deal() -> None:
    groups = {group.name: group for group in forecast_by(two_sources({}), past(), "owner").periods[0].groups}
    assert [groups[name].booked.bookings for name in ("Ana", "Ben", "unknown")] == [0.1, 0.7, 20.2]
    assert [groups[name].booked.deals for name in ("Ana", "Ben", "unknown")] == [1, 1, 1]


def test_a_source_books_what_its_leads_book_alone() -> None:
    """Independent: a run without the leads of the other source, future by future, to the last bit.

    Random draws belong to leads, so no lead changes when others are left out.
    """
    leads = [{"source": "inbound"}, {"source": "partner", "amount": 250.0}, {"source": "partner"}]
    groups = {one.name: one for one in forecast_by(two_sources(*leads), None, "source").periods[0].groups}
    for key, name in (("inbound", "Inbound"), ("partner", "Partner")):
        own = [lead for lead in leads if lead["source"] == key]
        pipeline = pipeline_of(*leads).filter(pl.col("source") == key)
        assert pipeline.height == len(own)
        alone = funnel_of(model_of(sources={key: TWO_SOURCES[key]}), pipeline=pipeline)
        (period,) = forecast(alone, replications=200, seed=3).periods
        np.testing.assert_array_equal(groups[name].bookings, period.bookings)
        np.testing.assert_array_equal(groups[name].wins, period.wins)


def test_open_deals_bring_their_owners_what_they_bring_alone() -> None:
    """The pipeline's part of a rep, against a run of that rep's open deals only, without new leads."""
    leads = [{"owner": ("Ana", "Ben")[n % 2], "amount": 10.0 + n} for n in range(6)]
    nobody = with_columns(history_of(*[won(day(1, 5))] * 2), owner=["Ana", "Ben"])
    groups = {one.name: one for one in forecast_by(two_sources(*leads), nobody, "owner").periods[0].groups}
    for name in ("Ana", "Ben"):
        own = pipeline_of(*leads).filter(pl.col("owner") == name)
        (period,) = forecast(
            funnel_of(model_of(sources=TWO_SOURCES), pipeline=own), replications=200, seed=3
        ).periods
        np.testing.assert_array_equal(groups[name].parts[:, 0], period.part("bookings", "pipeline"))


def test_new_leads_have_the_shares_of_their_source_and_amount() -> None:
    """Wins by group against the given shares, within 4 standard errors.

    Fails if the shares of the other source or of the other band are used, or if the word of the draw is the
    one of the amount, which would tie the group to the amount within a band.
    """
    shares = np.array([[[[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]], [[[0.05, 0.9, 0.05], [0.5, 0.25, 0.25]]]])
    grouping = Grouping(
        names=("A", "B", "C"),
        open_leads=np.empty(0, np.int64),
        edges=np.array([300.0]),
        upto=shares.cumsum(-1),
    )
    for source, bands in ((0, (0,)), (1, (0, 1))):
        key = ("inbound", "partner")[source]
        off = {k: v | ({} if k == key else {"rate": "0 per day"}) for k, v in TWO_SOURCES.items()}
        for band in bands:
            amount = {0: "lognormal(mean=100, sigma=0.1)", 1: "lognormal(mean=900, sigma=0.1)"}[band]
            funnel = funnel_of(model_of(sources=off | {key: off[key] | {"amount": amount}}))
            run = simulate(funnel, days=60, replications=400, seed=5, groups=grouping)
            assert run.groups is not None
            wins = run.groups.wins[:, 0].sum(axis=0)
            p, n = shares[source, 0, band], wins.sum()
            assert n > 3000
            assert (np.abs(wins - n * p) <= 4 * np.sqrt(n * p * (1 - p))).all()
            worth = run.groups.bookings[:, 0].sum(axis=(0, 2)) / wins
            assert np.ptp(worth) < 4 * 0.1 * worth.mean() / np.sqrt(wins.min()) * 2


def test_groups_do_not_depend_on_the_other_leads_or_the_number_of_futures() -> None:
    """The draw is a function of the lead: one more source moves nobody, a part of a run is the same."""
    grouping = learn_groups(two_sources(), past(), "owner").grouping  # type: ignore[arg-type]
    whole = simulate(two_sources(), days=50, replications=40, groups=grouping)
    part = simulate(two_sources(), days=50, replications=range(30, 40), groups=grouping)
    assert whole.groups is not None
    assert part.groups is not None
    np.testing.assert_array_equal(whole.groups.bookings[30:], part.groups.bookings)
    assert not np.array_equal(whole.groups.wins[0], whole.groups.wins[1])


def test_the_shares_of_leads_to_come_are_those_of_the_newest_leads() -> None:
    """A rep who has left gets none of them, however much he won; all win alike here.

    Two hundred leads of the last half year: 150 of Ana, 50 of Ben; before them 100 of Cem.
    """
    start = dt.datetime(2026, 2, 10)

    def lead(ago: float, outcome: str) -> dict[str, object]:
        closed = start - dt.timedelta(days=ago)
        return won(closed) if outcome == "won" else lost(closed)

    deals = [lead(1 + 0.7 * (n % 200), "won" if n % 4 == 0 else "lost") for n in range(200)]
    deals += [lead(400 + n, "won" if n % 4 == 0 else "lost") for n in range(100)]
    owners: list[str | None] = [*(["Ana", "Ana", "Ana", "Ben"] * 50), *(["Cem"] * 100)]
    # Each rep wins one in four: shift the pattern of wins by owner.
    order = np.random.default_rng(1).permutation(200)
    deals = [*[deals[int(k)] for k in order], *deals[200:]]
    learnt = learn_groups(two_sources(), with_columns(history_of(*deals), owner=owners), "owner")
    assert learnt.newest == 200
    shares = np.diff(learnt.grouping.upto[0, 0], axis=-1, prepend=0.0).mean(axis=0)
    assert dict(zip(learnt.grouping.names, shares, strict=True))["Cem"] == 0
    assert shares[0] == pytest.approx(0.75, abs=0.05)


def test_products_follow_the_amount() -> None:
    """A cheap and a dear product: a new lead of a high amount is the dear one nearly always."""
    rng = np.random.default_rng(2)
    deals, segments = [], []
    for n in range(200):
        dear = n % 2 == 0
        amount = float(rng.normal(5000 if dear else 50, 5))
        deals.append(won(day(1, 1) + dt.timedelta(hours=n), amount))
        segments.append("Dear" if dear else "Cheap")
    grouping = learn_groups(
        two_sources(), with_columns(history_of(*deals), segment=segments), "segment"
    ).grouping
    shares = np.diff(grouping.upto, axis=-1, prepend=0.0)[0, 0]
    assert grouping.names == ("Cheap", "Dear")
    assert shares[0, 0] > 0.95
    assert shares[-1, 1] > 0.95


def test_small_groups_are_pulled_towards_all() -> None:
    """Two categories: the concentration that makes a beta-binomial most likely, as scipy's own has it."""
    counts = np.array([[30.0, 70.0], [45.0, 55.0], [12.0, 88.0], [1.0, 1.0], [0.0, 0.0]])
    mean = np.array([0.3, 0.7])

    def minus(log_weight: float) -> float:
        a, b = np.exp(log_weight) * mean
        return -float(stats.betabinom.logpmf(counts[:4, 0], counts[:4].sum(axis=1), a, b).sum())

    best = np.exp(optimize.minimize_scalar(minus, bounds=(0, 13.8), method="bounded").x)
    assert concentration(counts, mean) == pytest.approx(best, rel=1e-3)
    shares = shrunk_shares(counts, mean)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(
        shares, (counts + best * mean) / (counts.sum(axis=1, keepdims=True) + best), rtol=1e-3
    )
    np.testing.assert_allclose(shares[4], mean)
    assert abs(shares[3, 0] - 0.3) < abs(0.5 - 0.3) / 5


def test_groups_that_differ_by_chance_have_one_share() -> None:
    rng = np.random.default_rng(3)
    counts = rng.binomial(200, 0.3, size=30)[:, None] * [1.0, 0.0] + [0.0, 200.0]
    counts[:, 1] -= counts[:, 0]
    shares = shrunk_shares(counts)[:, 0]
    assert np.ptp(shares) < 0.3 * np.ptp(counts[:, 0] / 200)


def test_quotas_come_from_the_file_of_reps(tmp_path: Path) -> None:
    """By rep as stated, by team the sum; a rep without deals has a quota and no chance."""
    file = tmp_path / "reps.csv"
    file.write_text("name,team,quota\nAna,North,1k\nBen,North,500\nCem,South,0.3m\nDee,South,\n")
    reps = read_reps(file)
    assert [row.quota for row in reps] == [1000, 500, 300_000, None]
    history = past()
    document = forecast_by(two_sources({}), history, "owner", reps=file).record()
    said = [text for text in document.warnings if "has a quota" in text]
    assert len(said) == 1
    assert said[0].startswith('"Cem" has a quota in the file of reps but owns no deal')
    owners = document.periods[0].groups
    assert {one.name: one.quota for one in owners} == {
        "Ana": 1000,
        "Ben": 500,
        "Cem": 300_000,
        "unknown": None,
    }
    cem = next(one for one in owners if one.name == "Cem")
    assert (cem.bookings.mean, cem.attainment_probability) == (0.0, 0.0)
    teams = {
        one.name: one for one in forecast_by(two_sources({}), history, "team", reps=reps).periods[0].groups
    }
    assert {name: one.quota for name, one in teams.items()} == {
        "North": 1500,
        "South": 300_000,
        "no team": None,
    }
    north = teams["North"]
    assert north.chance is not None
    assert north.chance[0] == np.mean(north.quota_credit >= 1500)
    by_name = {
        one.name: one for one in forecast_by(two_sources({}), history, "owner", reps=reps).periods[0].groups
    }
    np.testing.assert_array_equal(by_name["Ana"].parts[:, 0] + by_name["Ben"].parts[:, 0], north.parts[:, 0])


def test_a_half_of_a_quarter_has_no_quota_of_a_quarter() -> None:
    reps = [RepRow(name="Ana", quota=100.0)]
    found = forecast_by(two_sources({}), past(), "owner", reps=reps, period=["2026-02", "2026Q1", "2026"])
    quotas = [{one.name: one.quota for one in period.groups}["Ana"] for period in found.periods]
    assert quotas == [None, 100.0, 400.0]


def test_bad_quotas_are_named(tmp_path: Path) -> None:
    file = tmp_path / "reps.csv"
    file.write_text('name,quota\nAna,"1,500"\nBen,-3\nCem,nan\nDee,k\n')
    with pytest.raises(InputError) as refused:
        read_reps(file)
    assert len(refused.value.problems) == 4


def test_what_nobody_has_is_refused_with_what_there_is() -> None:
    with pytest.raises(InputError, match=r"no lead has a product.*owner or source"):
        forecast_by(two_sources({}), past(), "product")
    with pytest.raises(InputError, match="which rep is in which team"):
        forecast_by(two_sources({}), past(), "team")
    with pytest.raises(InputError, match="a history is needed"):
        forecast_by(two_sources({}), None, "owner")


def test_names_with_markup_and_without_end_stay_names() -> None:
    names: list[str | None] = ["<b>x</b>", "[bold]Ünal", "n" * 200, None, "<b>x</b>", "n" * 200]
    found = forecast_by(two_sources({"owner": "new one"}), past(names), "owner").record().periods[0].groups
    assert {one.name for one in found} == {"<b>x</b>", "[bold]Ünal", "n" * 200, "unknown", "new one"}


def test_without_groups_nothing_is_kept() -> None:
    (period,) = forecast(two_sources({}), replications=20).periods
    assert period.groups == ()
    assert "groups" not in period.record().as_json()
