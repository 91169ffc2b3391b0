"""Several scenarios on screen, in the figure and on the page: the best first, with how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from funnelsim.report.figures import comparison_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.compare import print_compare
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.test_html import read
from tests.unit.report.test_screens import screen

GAINS = (97_000, 46_000, 158_000, -18_000, 3_000, 61_000, 20_000, -90_000, 5_000, 75_000, 33_000, 250)


def several(*gains: float, cost: float | None = None, chosen: bool = True) -> dict[str, Any]:
    """A comparison of so many scenarios, each with its gain; with a cost of each, if given."""
    scenarios = [
        made_up.scenario(f"Change number {n} of the sales process", gain) for n, gain in enumerate(gains)
    ]
    document = made_up.compare_document(*scenarios)
    for scenario, gain in zip(document["scenarios"], gains, strict=True):
        ends = scenario["metrics"]["bookings"]["difference"]
        ends |= {key: ends[key] - ends["mean"] + gain for key in ("low", "high", "mean")}
        for change in scenario["metrics"].values():
            ends = change["difference"]
            half = 1.6 * (ends["high"] - ends["mean"])
            change["simultaneous"] = {"low": ends["mean"] - half, "high": ends["mean"] + half, "level": 0.9}
            change["variance_removed"] = 0.9
        if cost is not None:
            booked = scenario["metrics"]["bookings"]
            scenario["metrics"]["cost"] = made_up.unchanged()["metrics"]["bookings"] | {
                "difference": {"mean": cost, "low": cost, "high": cost, "level": 0.9}
            }
            ends = {key: booked["difference"][key] - cost for key in ("mean", "low", "high")}
            together = {key: booked["simultaneous"][key] - cost for key in ("low", "high")}
            scenario["metrics"]["profit"] = booked | {
                "difference": ends | {"level": 0.9},
                "simultaneous": together | {"level": 0.9},
            }
    metric = "bookings" if cost is None else "profit"
    means = [s["metrics"][metric]["difference"]["mean"] for s in document["scenarios"]]
    order = np.argsort([0.0, *(-mean for mean in means)]).tolist()
    names = ["base", *(s["name"] for s in document["scenarios"])]
    chances = [0.93, 0.06, *[0.01 / max(len(order) - 2, 1)] * (len(order) - 2)]
    alternatives = [
        {
            "name": names[k],
            "scenario": None if k == 0 else k - 1,
            "mean": 1e6,
            "share_best": 1 / len(order),
            "probability_best": chance,
        }
        for k, chance in zip(order, chances, strict=True)
    ]
    document["simultaneous"] = {"method": "bonferroni", "comparisons": len(gains), "level": 0.9}
    document["ranking"] = {
        "metric": metric,
        "alternatives": alternatives,
        "selection": {
            "method": "KN",
            "chosen": alternatives[0]["name"] if chosen else None,
            "remaining": [one["name"] for one in alternatives[: 1 if chosen else 2]],
            "indifference": 12_000.0,
            "confidence": 0.9,
            "replications": 4000,
            "batch": 200,
        },
    }
    if cost is not None:
        document["cost"] = {"people": 300_000.0, "leads": 20_000.0}
        document["prices"] = {
            "roles": {"ae": 180_000.0},
            "sources": {"inbound": 85.0},
            "unpriced": ["roles.sdr", "sources.partner"],
        }
        document["role_names"] = {"ae": "Account executive", "sdr": "Sales development rep"}
    return document


def on_screen(document: dict[str, Any], width: int = 120, **options: Any) -> str:
    return " ".join(screen(print_compare, document, width, **options).split())


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("cost", [None, 40_000.0])
def test_twelve_scenarios_fit_on_the_screen(width: int, cost: float | None) -> None:
    lines = screen(print_compare, several(*GAINS, cost=cost), width, detail=True).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []


def test_the_best_is_named_with_its_chance_and_the_guarantee() -> None:
    said = on_screen(several(97_000, 46_000, 158_000))
    assert "Best: Change number 2 of the sales process, USD 158 thousand more bookings expected" in said
    assert "interval for all changes at once" in said
    assert "Chance that this is the best of 3 changes and no change: 93 %." in said
    assert "Selected as the best with 90 % confidence, if differences under USD 12 thousand" in said
    assert said.index("Change number 2 of the sales process *") < said.index(
        "Change number 0 of the sales process *"
    )


def test_with_parameter_draws_the_guarantee_is_about_their_mean() -> None:
    document = several(97_000, 46_000)
    document["base"]["bookings"]["mc_error_given_draws"] = 10.0
    assert "Averaged over what the data leave open, it is selected as the best with 90 %" in on_screen(
        document
    )


def test_intervals_that_exclude_nothing_have_no_mark() -> None:
    document = several(97_000, 250)
    said = on_screen(document)
    assert "process *+97" in said
    assert "process *+0" not in said
    assert "Intervals: both hold at once with 90 % confidence (Bonferroni)" in said


def test_an_open_race_says_what_would_settle_it() -> None:
    said = on_screen(several(97_000, 95_000, chosen=False))
    assert "10,000 futures do not settle which is best with 90 % confidence" in said
    assert "More futures (-n) or a larger --indifference would." in said


def test_too_few_futures_for_a_selection_say_how_many_it_takes() -> None:
    document = several(97_000, 95_000, chosen=False)
    document["ranking"]["selection"]["least"] = 20_000
    assert "To select the best with 90 % confidence, at least 20,000 futures are needed (-n)." in on_screen(
        document
    )


def test_a_single_scenario_says_what_its_cost_leaves() -> None:
    document = several(97_000, cost=40_000.0)
    del document["ranking"], document["simultaneous"]
    assert "It costs USD 40 thousand more, which leaves USD 57 thousand (USD 50.4 to 63.6" in on_screen(
        document
    )


def test_no_change_may_be_the_best() -> None:
    said = on_screen(several(-18_000, -90_000))
    assert "No change increases bookings. The closest is Change number 0 of the sales process" in said
    assert "Chance that no change is the best" in said


def test_cost_turns_the_order_and_is_explained() -> None:
    said = on_screen(several(97_000, 30_000, cost=40_000.0))
    assert "more bookings less cost expected" in said
    assert "Cost in the base: people (Account executive) USD 300 thousand and leads USD 20 thousand" in said
    assert "nothing is known for Sales development rep and leads from partner, which count 0" in said


def test_detail_says_how_much_common_random_numbers_removed() -> None:
    document = several(97_000, 46_000)
    said = on_screen(document, detail=True)
    assert "removed 90 % of the variance of the differences" in said
    assert "need 10 times as many futures" in said
    assert "procedure KN" in said
    assert "variance" not in on_screen(document)


@pytest.mark.parametrize("cost", [None, 40_000.0])
@pytest.mark.parametrize("metric", ["", "cycle_days"])
def test_a_figure_of_twelve_scenarios_can_be_read(metric: str, cost: float | None) -> None:
    figure = comparison_figure(several(*GAINS, cost=cost), metric)
    check_texts(figure)
    assert "all at once" in words(figure)


def test_the_page_ranks_and_says_why() -> None:
    page = "".join(read(report_page([several(97_000, 46_000, cost=40_000.0)])).text)
    assert "Chance that this is the best of 2 changes and no change: 93 %" in page
    assert "bookings less cost" in page
    assert "for all changes at once (Bonferroni)" in page
    assert "removed 90 % of the variance" in page
