"""Which improvements a funnel allows, and what is said where it allows none."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.read import typed
from funnelsim.experiments.friction.drivers import MOST_GAPS, gaps_of
from funnelsim.experiments.friction.friction import friction
from funnelsim.experiments.friction.levers import levers_of, mean_days
from funnelsim.experiments.friction.too_short import too_short
from funnelsim.model.files.model_files import Funnel, read_funnel, write_model
from funnelsim.model.parts import Model

from ..made_up_runs import funnel_with, model_of

WAYS = {
    "offer": {"p": 0.3, "after": "4d"},
    "won": {"p": 0.2, "after": "4d"},
    "demo": {"p": 0.1, "after": "2d"},
    "lost": {"p": 0.25, "after": "0.5d"},
    "price": {"to": "lost", "p": 0.1, "after": "0.5d"},
    "gone": {"p": 0.05, "after": "1d"},
}


def with_demo(**stage: Any) -> Model:
    base = model_of()
    document = base.model_dump(mode="python")
    parts: dict[str, Any] = {
        "outcomes": ("gone",),
        "roles": {"se": {"headcount": 2, "name": "Engineer"}},
        "stages": document["stages"] | {"demo": {"name": "Demo", "exits": WAYS} | stage},
    }
    return model_of(**parts)


def names(model: Model, stages: tuple[str, ...] = ()) -> dict[str, tuple[str, str | None]]:
    return {lever.name: (lever.change.path, lever.change.by) for lever in levers_of(model, stages)}


def test_a_stage_with_several_ways_on_loses_one_point_fewer_of_its_most_frequent_loss() -> None:
    """Of both exits to lost together. Catches one more point of one way on, at the cost of the other."""
    found = names(with_demo())
    assert found["Demo: 1 point fewer lost"] == ("stages.demo.exits.lost.p", "-1pp")
    assert found["offer to won: 1 point more"] == ("stages.offer.exits.won.p", "+1pp")


def test_times_shorter_than_a_day_have_no_day_to_lose() -> None:
    model = with_demo(exits={"offer": {"p": 0.5, "after": "0.5d"}, "lost": {"p": 0.5, "after": "1d"}})
    found = names(model)
    assert mean_days(model.stages["demo"]) == pytest.approx(0.75)
    assert "Demo: 10 % faster" in found
    assert "Demo: 1 day faster" not in found
    assert found["offer: 1 day faster"] == ("stages.offer.after", "x0.9")


def test_stages_without_time_and_certain_moves_have_no_lever() -> None:
    """A conversion of 100 % has no room for another point."""
    model = with_demo(exits={"offer": {"p": 1.0, "after": "0d"}})
    assert not [name for name in names(model) if name.startswith("Demo")]


def test_work_loses_an_hour_or_a_tenth() -> None:
    tasks = [{"role": "se", "effort": "gamma(mean=4h, sd=1h)"}, {"role": "se", "effort": "0.5h"}]
    found = names(with_demo(work=tasks))
    assert found["Demo: 1 hour less work for Engineer"] == ("stages.demo.work.0.effort", "x0.75")
    assert found["Demo: 10 % less work for Engineer"] == ("stages.demo.work.1.effort", "-10%")
    assert found["One more Engineer"] == ("roles.se.headcount", "+1")
    one = names(with_demo(work={"role": "se", "effort": "2h"}))
    assert one["Demo: 1 hour less work for Engineer"] == ("stages.demo.work.effort", "x0.5")


def test_a_stage_alone_has_its_levers_and_its_roles() -> None:
    model = with_demo(work={"role": "se", "effort": "2h"})
    assert {lever.kind for lever in levers_of(model, ["offer"])} == {"conversion", "time"}
    assert "people" in {lever.kind for lever in levers_of(model, ["demo"])}
    assert {lever.kind for lever in levers_of(model)} == {"conversion", "time", "work", "people", "leads"}


def found_of(funnel: Funnel, **options: Any) -> Any:
    return friction(funnel, **({"replications": 20, "seed": 5} | options))


def test_levers_with_a_clear_effect_come_first_by_worth() -> None:
    found = found_of(funnel_with({"stage": "demo"}, {"stage": "offer"}), replications=200)
    clear = [lever.clear for lever in found.levers]
    assert clear == sorted(clear, reverse=True)
    gains = [lever.metrics["bookings"].mean for lever in found.levers if lever.clear]
    assert gains == sorted(gains, reverse=True)
    assert found.metric == "bookings"


def test_a_shorter_cycle_is_a_gain() -> None:
    found = found_of(funnel_with({"stage": "demo"}), replications=200, metric="cycle_days", period="2026Q2")
    best = found.levers[0]
    assert best.clear
    assert best.metrics["cycle_days"].mean < 0
    assert found.value_of == "bookings"


def test_without_amounts_everything_is_in_wins() -> None:
    sources = {"inbound": {"enters": {"demo": 1.0}, "rate": "1 per day"}}
    funnel = funnel_with({"amount": None}, sources=sources, goal={"period": "quarter"})
    found = found_of(funnel)
    assert (found.metric, found.value_of) == ("deals_won", "deals_won")
    assert found.record().attainment_probability is None
    assert found_of(funnel, metric="cycle_days").value_of == "deals_won"


def test_the_document_says_all_and_is_read_back() -> None:
    found = found_of(funnel_with({"stage": "demo"}, {"stage": "offer"}))
    document = json.loads(json.dumps(found.document()))
    assert typed(document).command == "friction"
    assert {"levers", "leaks", "removals", "drivers", "base", "attainment_probability"} <= document.keys()
    lever = document["levers"][0]
    assert {"path", "change", "name", "metrics", "clear"} <= lever.keys()
    assert lever["metrics"]["bookings"].keys() == {"mean", "low", "high"}
    leak = document["leaks"][0]
    assert {"stage", "lost", "value", "days", "wait"} <= leak.keys()
    assert leak["wait"].keys() == {"no_rep", "office_closed"}
    removal = document["removals"][0]
    assert removal["time_only"]["metrics"]["bookings"]["mean"] is not None
    table = found.table()
    assert set(table["kind"]) >= {"conversion", "time", "leads", "removal"}
    assert table.filter(pl.col("metric") == "attainment_probability").height == len(found.levers) + 2 * len(
        found.removals
    )


def test_it_says_from_when_on_each_change_acts() -> None:
    """Shorter times act in visits that begin a day later: the age of those already open says what it said."""
    document = found_of(funnel_with({"stage": "demo"})).record()
    assert document.changes_from is not None
    later = {lever.changes_from for lever in document.levers if lever.kind == "time"}
    assert later == {document.changes_from + dt.timedelta(days=1)}
    assert {lever.changes_from for lever in document.levers if lever.kind != "time"} == {None}
    assert "shorter times in visits that begin on the day after it or later" in document.assumptions[0]


def test_the_same_seed_gives_the_same_document_whatever_the_number_of_workers() -> None:
    one, two = (found_of(funnel_with({"stage": "demo"}), workers=workers).document() for workers in (1, 3))
    assert one == two


def test_a_short_period_names_the_one_after_it() -> None:
    """The start lies in 2026Q1 with 50 days left; a year has room enough."""
    assert found_of(funnel_with({"stage": "offer"})).record().later_period == ""
    slow = model_of().stages["offer"].model_copy(update={"after": None})
    assert slow.exits
    late = funnel_with({"stage": "demo", "lead_age_days": 90.0, "age_days": 30.0})
    assert found_of(late).record().later_period in ("", "2026Q2")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stages": ["ofer"]}, 'did you mean "offer"'),
        ({"metric": "booking"}, 'did you mean "bookings"'),
        ({"period": "2025Q4"}, "is over"),
        ({"period": "2026Q1", "days": 9.0}, "not both"),
        ({"replications": 0}, "at least one replication"),
    ],
)
def test_wrong_questions_are_answered_with_the_way_on(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FunnelSimError, match=said):
        found_of(funnel_with({}), **options)


def test_a_funnel_of_one_stage_has_no_stage_to_remove() -> None:
    stages = {"demo": {"exits": {"won": {"p": 0.5, "after": "5d"}, "lost": {"p": 0.5, "after": "9d"}}}}
    found = found_of(funnel_with({"stage": "demo"}, stages=stages))
    assert found.removals == ()
    assert [leak.stage for leak in found.leaks] == ["demo"]
    assert found.leaks[0].won_if_on == 1.0


def fitted(folder: Path, found: list[dict[str, Any]] | None, **report: Any) -> Funnel:
    """A model with the report of a fit beside it."""
    path = folder / "model.toml"
    write_model(model_of(), path)
    drivers = {} if found is None else {"drivers": {"found": found}}
    beside = {"command": "fit", "start": "2026-02-10", "fit": None} | drivers | report
    (folder / "model.fit.json").write_text(json.dumps(beside))
    return read_funnel(path)


def driver(covariate: str = "source", stage: str = "offer", **more: Any) -> dict[str, Any]:
    levels = [
        {"level": "Referral", "deals": 100, "ratio": 1.6, "low": 1.3, "high": 1.9, "clear": True},
        {"level": "Web", "deals": 300, "ratio": 0.8, "low": 0.7, "high": 0.9, "clear": True},
        {"level": "Fair", "deals": 5, "ratio": 1.1, "low": 0.7, "high": 1.7, "clear": False},
    ]
    return {"covariate": covariate, "stage": stage, "to": "won", "kind": "trigger", "levels": levels} | more


def test_gaps_of_the_fit_become_changes(tmp_path: Path) -> None:
    found = found_of(fitted(tmp_path, [driver()]), replications=100)
    raised = {one.level: one.raised for one in found.drivers}
    assert raised == {"Referral": "others", "Web": "group"}
    best = found.drivers[0]
    assert (best.level, best.path) == ("Referral", "stages.offer.exits.won.p")
    assert best.chance_if_closed > best.chance == 0.5
    assert float(best.change.removeprefix("x")) == pytest.approx(best.chance_if_closed / 0.5, rel=1e-5)
    assert best.metrics["bookings"].mean > 0


def test_only_the_strongest_gaps_are_simulated(tmp_path: Path) -> None:
    covariates = ("source", "segment", "owner", "account", "amount")
    gaps, why = gaps_of(fitted(tmp_path, [driver(one) for one in covariates]))
    assert (len(gaps), why) == (MOST_GAPS, "")
    sizes = [abs(gap.closed - gap.chance) for gap in gaps]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("found", "report", "why"),
    [
        (None, {}, "has not looked"),
        ([], {}, "no source"),
        ([driver(levels=[{"level": "Web", "deals": 3, "ratio": 1.0}])], {}, "makes a measurable difference"),
        ([driver(stage="gone")], {}, "makes a measurable difference"),
        ([driver()], {"start": "2020-01-01"}, "another fit"),
    ],
)
def test_without_gaps_it_says_why(
    tmp_path: Path, found: list[dict[str, Any]] | None, report: dict[str, Any], why: str
) -> None:
    gaps, said = gaps_of(fitted(tmp_path, found, **report))
    assert gaps == []
    assert why in said


def test_a_report_that_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    funnel = fitted(tmp_path, [])
    (tmp_path / "model.fit.json").write_text("{")
    assert gaps_of(funnel)[1] == "model.fit.json is not JSON"
    (tmp_path / "model.fit.json").unlink()
    assert "funnelsim fit writes one" in gaps_of(funnel)[1]
    assert "funnelsim fit writes one" in gaps_of(funnel_with({}))[1]


def test_shorter_times_leave_open_leads_alone() -> None:
    """Their age would otherwise be read as that of older ones, which are rarely won."""
    starts = {lever.change.start for lever in levers_of(model_of()) if lever.kind == "time"}
    assert starts == {dt.date(2026, 2, 11)}


def test_an_interruption_keeps_what_is_known() -> None:
    """The third of the improvements is interrupted; with nothing known it ends at once."""

    def interrupting_after(runs: int) -> Any:
        def progress(done: int, total: int) -> None:
            if done * (1 + 12) // total > runs:
                raise KeyboardInterrupt

        return progress

    funnel = funnel_with({"stage": "demo"}, {"stage": "offer"})
    whole = found_of(funnel)
    part = found_of(funnel, progress=interrupting_after(4))
    assert part.interrupted
    assert not whole.interrupted
    assert 0 < len(part.levers) < len(whole.levers)
    known = {lever.name: lever for lever in whole.levers}
    assert all(lever == known[lever.name] for lever in part.levers)
    assert any("interrupted: only" in text for text in part.warnings)
    assert part.leaks == whole.leaks
    with pytest.raises(KeyboardInterrupt):
        found_of(funnel, progress=interrupting_after(0))


def test_the_current_period_is_too_short_with_less_than_two_cycles_left() -> None:
    """Seven days are left, and the one open deal is 90 days old. Mutant: the days of the whole period."""
    long = funnel_with({"stage": "demo", "lead_age_days": 90.0, "age_days": 30.0})
    late = replace(long, model=long.model.model_copy(update={"start": dt.date(2026, 3, 25)}))
    short = too_short(late)
    assert short is not None
    assert (short.period, short.later_period) == ("2026Q1", "2026Q2")
    assert short.days == 7.0
    assert short.cycle_days > 7.0
    assert "2026Q1 has" in short.words()
    assert too_short(funnel_with({"stage": "offer"})) is None
