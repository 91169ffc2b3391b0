"""Planted leaks: what an export tells only because it was made later must not touch a forecast of before.

Each leak is planted in the files of an export; both exports are imported, and what is known at the origin has
to be the same to the last bit, the masked forecast with it. The mutant beside each leak makes its test fail.
"""

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.documents.backtest import OURS
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.forecasting.backtest import backtest
from funnelsim.forecasting.snapshot import UNTIMED, known_at
from funnelsim.history.columns.plans import PLAN_FIELDS
from funnelsim.history.imports import import_history

BEGIN, ORIGIN, END = dt.date(2025, 1, 1), dt.date(2025, 6, 1), dt.date(2025, 7, 15)
LATER = pl.col("entered") >= pl.lit(ORIGIN)


def a_company(seed: int = 3, deals: int = 500) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of events and of deals, to the day; every tenth deal is in two stages on one day, some reopen."""
    rng = np.random.default_rng(seed)
    days = (END - BEGIN).days
    events, rows = [], []
    for n in range(deals):
        key, at = f"D{n:04d}", int(rng.integers(0, days))
        created = at
        path = ["Demo", "Proposal", "Won" if rng.random() < 0.4 else "Lost"]
        if rng.random() < 0.3:
            path.remove("Proposal")
        for place, label in enumerate(path):
            if place:
                at += 0 if n % 10 == 0 and label == "Proposal" else 1 + int(rng.gamma(2.0, 12.0))
            if at < days:
                events.append((key, label, BEGIN + dt.timedelta(days=at)))
        worth = int(rng.lognormal(7, 1))
        begun = BEGIN + dt.timedelta(days=created)
        plans = (begun + dt.timedelta(days=60), 10 * (n % 9) + 10, "Pipeline")
        rows.append((key, begun, worth, worth, f"rep{n % 7}", f"seg{n % 3}", *plans))
    return (
        pl.DataFrame(events, schema=["deal", "stage", "entered"], orient="row").sort("entered", "deal"),
        pl.DataFrame(
            rows,
            schema=["deal", "created", "amount", "list_price", "owner", "segment", *PLAN_FIELDS],
            orient="row",
        ),
    )


def closed_by_origin(events):
    ended = events.filter(pl.col("stage").is_in(["Won", "Lost"]), ~LATER)
    return pl.col("deal").is_in(ended["deal"].unique().implode())


def amounts_of_open_deals(events, deals):
    known = closed_by_origin(events)
    money = ("amount", "list_price")
    return events, deals.with_columns(
        pl.when(known).then(name).otherwise(9_999_999).alias(name) for name in money
    )


def fate(events):
    """How each deal ends, which nobody knows at the origin."""
    return dict(events.filter(pl.col("stage").is_in(["Won", "Lost"])).select("deal", "stage").iter_rows())


def told_by_fate(column):
    def plant(events, deals):
        words = pl.col("deal").replace_strict(fate(events), default="open")
        return events, deals.with_columns(words.alias(column))

    return plant


def planned_as_it_came(events, deals):
    ends = events.filter(pl.col("stage").is_in(["Won", "Lost"]))
    ended = dict(ends.group_by("deal").agg(pl.col("entered").max()).iter_rows())
    day = pl.col("deal").replace_strict(ended, default=END, return_dtype=pl.Date)
    return events, deals.with_columns(day.alias("planned_close"))


def probable_as_it_came(events, deals):
    chance = pl.col("deal").replace_strict(fate(events), default="open")
    percent = chance.replace_strict({"Won": 100, "Lost": 0, "open": 50}, return_dtype=pl.Int64)
    return events, deals.with_columns(percent.alias("probability"))


def more(events, *rows):
    fresh = pl.DataFrame(list(rows), schema=events.schema, orient="row")
    return pl.concat([fresh, events])  # on top: what is seen first in the file names a stage


def later_label(label):
    def plant(events, deals):
        still_open = events.filter(~LATER, ~closed_by_origin(events))["deal"].unique().sort().head(20)
        return more(events, *((key, label, ORIGIN + dt.timedelta(days=1)) for key in still_open)), deals

    return plant


def later_paths_turned_round(events, deals):
    day = ORIGIN + dt.timedelta(days=3)
    rows = [(f"N{n}", "Proposal", day) for n in range(900)]
    rows += [(f"N{n}", "Demo", day + dt.timedelta(days=2)) for n in range(900)]
    fresh = pl.DataFrame({"deal": [f"N{n}" for n in range(900)]}).join(
        deals.head(1).drop("deal"), how="cross"
    )
    return more(events, *rows), pl.concat([deals, fresh.select(deals.columns)])


def later_closings(events, deals):
    ends = pl.col("stage").is_in(["Won", "Lost"]) & LATER
    moved = pl.when(ends).then(pl.lit(END) - pl.duration(days=1)).otherwise("entered").cast(pl.Date)
    return events.with_columns(moved.alias("entered")), deals


def later_outcomes(events, deals):
    ends = pl.col("stage").is_in(["Won", "Lost"]) & LATER
    return events.with_columns(pl.when(ends).then(pl.lit("Won")).otherwise("stage").alias("stage")), deals


def nothing_later(events, deals):
    keys = events.filter(~LATER)["deal"].unique()
    kept = more(events.filter(~LATER), ("last", "Demo", END - dt.timedelta(days=1)))
    last = deals.head(1).with_columns(pl.lit("last").alias("deal"))
    return kept, pl.concat([deals.filter(pl.col("deal").is_in(keys.implode())), last])


def reopened(events, deals):
    lost = events.filter(pl.col("stage") == "Lost", ~LATER)["deal"].head(15)
    day = ORIGIN + dt.timedelta(days=4)
    return more(events, *((key, "Proposal", day) for key in lost)), deals


def won_after_all(events, deals):
    lost = events.filter(pl.col("stage") == "Lost", ~LATER)["deal"].head(15)
    day = ORIGIN + dt.timedelta(days=4)
    return pl.concat([events, more(events, *((key, "Won", day) for key in lost)).head(15)]), deals


def a_flood(events, deals):
    """Arrivals and wins ten times as many: a level, its half-life and its trend learnt later would move."""
    fresh = pl.DataFrame({"deal": [f"N{n}" for n in range(2000)]}).join(
        deals.head(1).drop("deal"), how="cross"
    )
    days = [ORIGIN + dt.timedelta(days=n % 40) for n in range(2000)]
    rows = [(f"N{n}", "Demo", day) for n, day in enumerate(days)]
    rows += [(f"N{n}", "Won", day + dt.timedelta(days=1)) for n, day in enumerate(days)]
    return more(events, *rows), pl.concat([deals, fresh.select(deals.columns)])


def later_hours(events, deals):
    """From the origin on times have an hour: the resolution of before is still the day."""
    hours = pl.when(LATER).then(pl.lit(" 13:37:00")).otherwise(pl.lit(" 00:00:00"))
    return events.with_columns(pl.col("entered").cast(pl.String) + hours), deals


#: Leak, and the mutant that it kills.
LEAKS = {
    "amount": amounts_of_open_deals,  # known_at: keeps listed_amount
    "owner": told_by_fate("owner"),  # known_at: keeps owner
    "segment": told_by_fate("segment"),  # known_at: keeps segment
    "planned_close": planned_as_it_came,  # dated_plans: keeps undated planned closes
    "probability": probable_as_it_came,  # dated_plans: keeps undated probabilities
    "forecast_category": told_by_fate("forecast_category"),  # dated_plans: keeps undated categories
    "later stage": later_label("Legal review"),  # cut: keeps the stages of the whole log
    "later spelling": later_label(" PROPOSAL "),  # cut: keeps visits entered later
    "later label of other letters": later_label("見積もり"),  # cut: keeps visits entered later
    "stage order": later_paths_turned_round,  # cut: leaves stays of one instant as the whole log has them
    "close date": later_closings,  # cut: keeps `closed`
    "outcome": later_outcomes,  # cut: keeps `outcome`
    "reopened": reopened,  # cut: forgets `History.retracted`
    "outcome that was replaced": won_after_all,  # clean: does not keep the outcome that gave way
    "half-life": a_flood,  # cut: keeps deals begun later
    "everything later": nothing_later,  # cut: any of them
    "resolution": later_hours,  # cut: keeps the resolution of the whole log
}


_COLUMNS = {name: name for name in ("deal", "created", "amount", "owner", "segment", *PLAN_FIELDS)}
#: Columns of plans in a table of deals are undated, and read only if they are named.
MAPPING = "format = 1\n[deals]\n" + "".join(
    f'{field} = "{column}"\n' for field, column in (_COLUMNS | {"listed_amount": "list_price"}).items()
)


def imported(folder, events, deals):
    folder.mkdir(exist_ok=True)
    events.write_csv(folder / "events.csv")
    deals.write_csv(folder / "deals.csv")
    (folder / "mapping.toml").write_text(MAPPING)
    as_of = dt.datetime.combine(END, dt.time(0))
    files = [folder / "events.csv", folder / "deals.csv"]
    return import_history(files, "events", folder / "mapping.toml", as_of=as_of, name="made up")


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("honest"), *a_company())


def masked_forecast(history):
    june = {"begin": ORIGIN, "end": ORIGIN, "every": "month"}
    quick = ["run_rate", "weighted_pipeline", "crm_probability"]
    found = backtest(history, baselines=quick, draws=3, replications=100, **june)
    return {name: told.quantiles for name, told in found.origins[0].told.items()}


def without_amounts_of_losses(deals):
    """A deal that was lost, and reopened since, has another amount now; nothing is forecast from either."""
    kept = pl.col("outcome").ne_missing("lost")
    return deals.with_columns(pl.when(kept).then(name).alias(name) for name in ("amount", "listed_amount"))


def assert_same_world(one, other):
    assert one.visits.equals(other.visits)
    assert without_amounts_of_losses(one.deals).equals(without_amounts_of_losses(other.deals))
    assert one.plans.equals(other.plans)
    assert one.retracted.equals(other.retracted)
    keys = [dict.fromkeys(world.meta.stages) for world in (one, other)]  # how a name is spelt is for screens
    metas = [
        dataclasses.replace(world.meta, audit={}, stages=stages)
        for world, stages in zip((one, other), keys, strict=True)
    ]
    assert metas[0] == metas[1]
    assert list(keys[0]) == list(keys[1])


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_changes_nothing_that_was_known(tmp_path, honest, leak):
    planted = imported(tmp_path / "planted", *LEAKS[leak](*a_company()))
    tables = ("visits", "deals", "plans")
    differs = [not getattr(planted, table).equals(getattr(honest, table)) for table in tables]
    assert any(differs), "nothing was planted"
    assert_same_world(known_at(planted, ORIGIN), known_at(honest, ORIGIN))


def test_all_leaks_together_change_the_masked_forecast_by_exactly_0(tmp_path, honest):
    events, deals = a_company()
    for leak in LEAKS.values():
        if leak is not nothing_later:
            events, deals = leak(events, deals)
    planted = masked_forecast(imported(tmp_path / "planted", events, deals))
    told = masked_forecast(honest)
    assert planted.keys() == told.keys() >= {OURS, "run_rate", "weighted_pipeline"}
    for name, quantiles in told.items():
        assert np.array_equal(planted[name], quantiles), name


@pytest.mark.parametrize("field", UNTIMED)
def test_what_is_trusted_gets_through(tmp_path, honest, field):
    """So the leak was there to be masked."""
    planted = imported(tmp_path / "planted", *LEAKS[field](*a_company()))
    worlds = [known_at(history, ORIGIN, {field}) for history in (planted, honest)]
    table = "plans" if field in PLAN_FIELDS else "deals"
    assert not getattr(worlds[0], table).equals(getattr(worlds[1], table))


def test_the_fit_of_an_origin_is_that_of_an_export_made_then(tmp_path):
    """The other way round: an export of that very day gives the same model, draws and pipeline."""
    events, deals = a_company()
    begun = events.filter(~LATER)["deal"].unique()
    folder = tmp_path / "then"
    folder.mkdir()
    events.filter(~LATER).write_csv(folder / "events.csv")
    deals.filter(pl.col("deal").is_in(begun.implode())).write_csv(folder / "deals.csv")
    then = import_history(
        [folder / "events.csv", folder / "deals.csv"],
        "events",
        as_of=dt.datetime.combine(ORIGIN, dt.time(0)),
        name="made up",
    )
    now = imported(tmp_path / "now", events, deals)
    fits = [fit_funnel(known_at(history, ORIGIN), draws=2) for history in (then, now)]
    assert fits[0].model == fits[1].model
    assert fits[0].draws.equals(fits[1].draws)
    assert fits[0].pipeline.equals(fits[1].pipeline)
