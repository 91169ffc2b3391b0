"""Key figures of histories: counted by hand, counted once more in plain Python, and by group."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from funnelsim.core.errors import InputError
from funnelsim.distributions.parametric import Constant
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.model.files.model_files import funnel_of
from funnelsim.model.parts import Exit, Goal, MetricTarget, Model, Source, Stage
from funnelsim.processmap.of_history import history_map

from ...made_up_history import day, history_of, lost, still_open, won
from .recount import random_history, recount


def months(name: str, *deals: dict[str, object], **options: object) -> dict[str, float | None]:
    """One figure by month."""
    found = kpi(history_of(*deals), by="month", **options)  # type: ignore[arg-type]
    return {one.period: one.value for one in found[name].periods}


DEALS = (won(day(1, 20), 300.0), won(day(1, 25), 500.0), lost(day(1, 28)), won(day(2, 5), 900.0))


def test_wins_count_in_the_month_of_their_win() -> None:
    assert months("deals_won", *DEALS)["2026-01"] == 2
    assert months("bookings", *DEALS)["2026-01"] == 800
    assert months("deal_size", *DEALS)["2026-01"] == 400
    assert months("win_rate", *DEALS)["2026-01"] == pytest.approx(2 / 3)
    assert months("cycle_days", *DEALS)["2026-01"] == 20
    assert months("win_rate", *DEALS)["2025-12"] is None


def test_open_deals_are_in_no_win_rate() -> None:
    """A period counts what ended in it: recent deals that are still open do not make it look worse."""
    more = [still_open("demo", day(1, 2))] * 50
    assert months("win_rate", *DEALS, *more)["2026-01"] == pytest.approx(2 / 3)


def test_conversion_counts_visits_that_ended() -> None:
    """Demo visits that ended in January: those of the wins of 20 and 25 January and of the loss (all went
    on to the offer), and of the win of 5 February."""
    assert months("conversion.demo", *DEALS)["2026-01"] == 1
    assert months("conversion.offer", *DEALS)["2026-01"] == pytest.approx(2 / 3)


def test_deals_won_for_nothing_count_in_the_deal_size() -> None:
    """An amount of 0 is known, a missing one is not. Catches a mean over the wins that brought money."""
    sizes = months("deal_size", won(day(1, 10), 90.0), won(day(1, 20), 0.0), won(day(1, 25), None))
    assert sizes["2026-01"] == 45.0


def test_velocity_and_pipeline_are_those_of_the_start() -> None:
    """On 1 February the win of 5 February and the loss-free open deal are open: 900 + 70."""
    deals = (*DEALS, still_open("demo", day(1, 15), listed_amount=70.0))
    assert months("open_pipeline", *deals)["2026-02"] == 970
    velocity = months("velocity", *deals)["2026-02"]
    assert velocity == pytest.approx(2 * 1.0 * 900 / 20)


def test_what_is_open_in_money_is_not_told_where_amounts_are_missing() -> None:
    deals = (*DEALS, still_open("demo", day(1, 15)))
    assert months("open_pipeline", *deals)["2026-02"] is None


def test_quota_coverage_and_targets_come_from_the_model() -> None:
    exits = {"won": Exit(to="won", p=1.0, after=None)}
    wait = Constant("duration", (("value", 3.0),))
    amount = Constant("amount", (("value", 400.0),))
    model = Model(
        start=dt.date(2026, 2, 10),
        sources={"web": Source(enters={"demo": 1.0}, rate=1.0, amount=amount)},
        goal=Goal(
            quota=1600.0,
            period="month",
            target=MetricTarget(metric="win_rate", at_least=0.4, by=dt.date(2026, 12, 31)),
        ),
        stages={
            "demo": Stage(name="Demo", department="Marketing", after=wait, exits=exits),
            "offer": Stage(department="Sales EMEA", after=wait, exits=exits),
        },
    )
    deals = (*DEALS, still_open("demo", day(1, 15), listed_amount=700.0))
    found = kpi(history_of(*deals), model=funnel_of(model))
    by_name = {one.name: one for one in found.typed.kpis}
    january, february = by_name["attainment"].periods[-2:]
    assert (found.typed.by, january.value, february.value) == ("month", 0.5, 900 / 1600)
    assert by_name["coverage"].periods[-1].value == 1.0  # 900 + 700 were open on 1 February
    assert (by_name["attainment"].target, by_name["win_rate"].target) == (1.0, 0.4)
    assert by_name["win_rate"].target_is == "at_least"
    assert found.typed.sales_stage == "offer"
    assert by_name["delivered"].periods[-2].value == 4
    # All that ended had reached the offer, so that both rates are the same; they are told apart by name.
    assert by_name["sales_win_rate"].same_as == ""


@pytest.mark.parametrize("seed", range(6))
def test_a_plain_recount_gives_the_same(seed: int) -> None:
    """Mutants: amounts before listed amounts; an end at the edge in both months; open at the end."""
    history = random_history(seed)
    found = kpi(history, by="month").typed
    compared = 0
    for one in found.kpis:
        for period in one.periods:
            start = dt.datetime.combine(period.start, dt.time(0))
            counted = recount(history, start, dt.datetime.combine(period.end, dt.time(0)) + dt.timedelta(1))
            if one.name not in counted:
                continue
            value = math.nan if period.value is None else period.value
            assert value == pytest.approx(counted[one.name], rel=1e-9, nan_ok=True), (one.name, period.period)
            compared += 1
    assert compared > 150


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_changes_no_bit(seed: int) -> None:
    history = random_history(seed)
    object.__setattr__(history, "deals", history.deals.sort("deal", descending=True))
    object.__setattr__(history, "visits", history.visits.sort("left", "deal"))
    assert kpi(history, split="source").typed == kpi(random_history(seed), split="source").typed


@pytest.mark.parametrize("split", ["source", "rep", "team"])
def test_counts_of_the_groups_sum_to_the_total(split: str) -> None:
    """Mutant: leads without a source left out."""
    reps = (RepRow(name="Ana", team="North"), RepRow(name="Zoe", team="South"))
    found = kpi(random_history(1), by="month", split=split, reps=reps).typed  # type: ignore[arg-type]
    assert len(found.groups) >= 2
    for one in found.kpis:
        if one.unit != "count" and one.name not in ("bookings", "revenue"):
            continue
        parts = [next(k for k in group.kpis if k.name == one.name) for group in found.groups]
        for place, period in enumerate(one.periods):
            total = sum(part.periods[place].value or 0.0 for part in parts)
            assert total == pytest.approx(period.value or 0.0), (one.name, period.period)


def test_groups_have_the_names_of_people_and_are_flagged_where_small() -> None:
    found = kpi(random_history(1), by="month", split="rep").typed
    assert [group.name for group in found.groups] == ["Ana", "Ben <b>", "unknown"]
    assert all(group.small == (group.n < 20) for group in found.groups)


def test_what_cannot_be_told_is_left_out_with_the_reason() -> None:
    found = kpi(history_of(*DEALS)).typed
    names = {one.name for one in found.kpis}
    assert not names & set(found.missing)
    assert "quota" in found.missing["coverage"]
    assert "work" in found.missing["first_response_days"]
    unrecorded = kpi(history_of(won(day(1, 20)), losses_recorded=False)).typed
    assert unrecorded.missing["win_rate"] == "losses are not recorded"
    assert "conversion.demo" not in {one.name for one in unrecorded.kpis}


def test_a_group_that_nobody_has_is_refused() -> None:
    with pytest.raises(InputError, match=r"no deal has a segment.*split by owner or source"):
        kpi(history_of(*DEALS), split="segment")
    with pytest.raises(InputError, match="which rep is in which team"):
        kpi(history_of(*DEALS), split="team")


def test_histories_without_wins_or_without_deals_have_no_figures_to_divide() -> None:
    for history in (history_of(still_open("demo", day(1, 1))), history_of(lost(day(1, 20)))):
        found = kpi(history).typed
        assert all(one.beyond_noise is None for one in found.kpis)
        assert next(one for one in found.kpis if one.name == "deals_won").periods[0].value == 0


def test_an_empty_history_is_no_error() -> None:
    one = history_of(won(day(1, 20)))
    empty = type(one)(visits=one.visits.clear(), deals=one.deals.clear(), meta=one.meta)
    found = kpi(empty)
    assert found.typed.tests == 0
    assert found.table().filter(pl.col("kpi") == "deals_won")["value"].sum() == 0


@pytest.mark.parametrize(("as_of", "last"), [((2, 10, 0), (2, 9)), ((2, 10, 15), (2, 10))])
def test_the_last_day_is_that_of_the_map(as_of: tuple[int, int, int], last: tuple[int, int]) -> None:
    """Mutant: always the day before, although an export of the afternoon knows of its own day."""
    history = history_of(*DEALS, as_of=dt.datetime(2026, *as_of))
    expected = dt.date(2026, *last)
    assert (kpi(history).typed.as_of, history_map(history).as_of) == (expected, expected)
