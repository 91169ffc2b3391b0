"""What a person sees: the answer first, within the width, nothing that a pipe or a terminal would trip on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from funnelsim.documents.stages import GO_ON
from funnelsim.report.screens.compare import print_compare
from funnelsim.report.screens.forecast import print_forecast
from funnelsim.report.screens.simulate import print_simulate
from tests.unit.report import made_up
from tests.unit.report.test_figures import COMPARISONS, FORECASTS, LONG_NAME

Printer = Callable[..., None]


def screen(printer: Printer, document: dict[str, Any], width: int = 80, **options: Any) -> str:
    out = io.StringIO()
    printer(document, Console(file=out, width=width), **options)
    return out.getvalue()


def cases() -> list[tuple[str, Printer, dict[str, Any]]]:
    found: list[tuple[str, Printer, dict[str, Any]]] = [
        (f"forecast, {name}", print_forecast, made_up.forecast_document(**case))
        for name, case in FORECASTS.items()
    ]
    found += [(f"compare, {name}", print_compare, document) for name, document in COMPARISONS.items()]
    found.append(("simulate", print_simulate, made_up.simulate_document()))
    found.append(("simulate, long", print_simulate, made_up.simulate_document(made_up.LONG_STAGES)))
    for _, _, document in found:
        document["warnings"] = [f"NO OPEN PIPELINE: {LONG_NAME}", "Donaudampfschifffahrt" * 8]
    return found


CASES = cases()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(("name", "printer", "document"), CASES, ids=[case[0] for case in CASES])
def test_no_line_is_wider_than_the_screen(
    name: str, printer: Printer, document: dict[str, Any], width: int
) -> None:
    """Fails if a table is printed at its natural width."""
    lines = screen(printer, document, width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(("name", "printer", "document"), CASES[:1] + CASES[-3:])
def test_no_colour_codes_reach_a_pipe(name: str, printer: Printer, document: dict[str, Any]) -> None:
    assert "\x1b" not in screen(printer, document)


def test_the_forecast_answers_first_in_words() -> None:
    lines = screen(print_forecast, made_up.forecast_document()).splitlines()
    assert lines[0] == "FORECAST  2026Q1 (1 January to 31 March 2026)"
    told = " ".join(lines[:8])
    assert "likely USD 1.08 million (median), in 8 of 10 futures USD 0.89 to 1.32 million" in told
    assert "Quota USD 1.2 million: chance 25 % (+/- 0.4 points)" in told


def test_the_forecast_names_unit_kind_scope_and_dates() -> None:
    told = screen(print_forecast, made_up.forecast_document(), 120)
    assert "As of 9 February 2026, 50 days left. Amounts: USD thousand, ACV, new business." in told
    with_expansion = screen(print_forecast, made_up.forecast_document(expansion_deals=3), 120)
    assert "ACV, new business and expansion." in with_expansion


def test_a_missing_currency_is_said() -> None:
    """And how to mend it: both are keys of the mapping and of the model."""
    told = " ".join(screen(print_forecast, made_up.forecast_document(currency="", amount_is="")).split())
    assert "thousand, currency not given (set currency in the mapping or model), kind of amount not" in told
    assert "not given (set amount_is in the mapping or model), new business." in told


def test_the_same_bookings_have_the_same_scope_on_every_screen() -> None:
    """Catches a forecast of new business whose comparison is of all leads."""
    compared, simulated = made_up.compare_document(), made_up.simulate_document()
    for printer, document, metrics in (
        (print_compare, compared, compared["base"]),
        (print_simulate, simulated, simulated["metrics"]),
    ):
        metrics["expansion"] = {"mean": 0.0}
        assert ", new business." in " ".join(screen(printer, document, 120).split())
        metrics["expansion"] = {"mean": 5.0}
        assert ", new business and expansion." in " ".join(screen(printer, document, 120).split())


def test_expansion_is_a_part_only_where_there_is_some() -> None:
    parts = {
        deals: screen(print_forecast, made_up.forecast_document(expansion_deals=deals), 120)
        for deals in (0, 3)
    }
    assert "\nexpansion" not in parts[0]
    assert "\nexpansion" in parts[3]


def test_means_add_up_and_stand_apart_from_medians() -> None:
    document = made_up.forecast_document()
    period = document["periods"][0]
    told = screen(print_forecast, document)
    assert "Bookings come from (means)" in told
    assert f"total                       {period['bookings']['mean'] / 1000:,.0f}" in told


def test_others_are_heard_and_their_totals_compare() -> None:
    told = screen(print_forecast, made_up.forecast_document())
    assert "weighted pipeline  1,339" in told
    assert "booked + weighted  1,751" in told
    assert "run-rate           1,020" in told
    told = " ".join(told.split())
    assert "Booked + weighted adds what is already booked in the period." in told


def test_a_weighted_pipeline_that_is_left_out_says_why() -> None:
    document = made_up.forecast_document()
    document["periods"][0] |= {"weighted_pipeline": None, "no_weighted_pipeline": "nobody lists any"}
    told = screen(print_forecast, document)
    assert "No weighted pipeline: nobody lists any." in told
    assert "booked + weighted" not in told


def test_a_simulation_says_of_what_those_who_go_on_are_a_share() -> None:
    assert GO_ON in screen(print_simulate, made_up.simulate_document(), 120)


def test_seed_futures_and_next_steps_are_printed() -> None:
    told = screen(print_forecast, made_up.forecast_document())
    assert "seed 1, 10,000 futures: same file, same seed, same numbers" in told
    assert "Next:  funnelsim compare model.toml" in told
    assert "Next:" not in screen(print_forecast, made_up.forecast_document(), hints=False)


def test_a_model_with_a_blank_in_its_name_can_be_pasted() -> None:
    document = made_up.forecast_document()
    document["provenance"]["model"] = "my model.toml"
    assert "funnelsim compare 'my model.toml'" in screen(print_forecast, document, 120)


def test_without_a_quota_it_says_how_to_set_one() -> None:
    assert "No quota is set" in screen(print_forecast, made_up.forecast_document(quota=None))


def test_names_are_neither_markup_nor_terminal_codes() -> None:
    """Fails if a deal's name is printed as rich markup, or with its control characters."""
    document = made_up.forecast_document()
    document["deals"] = [
        {"name": "[bold]Big[/bold] \x1b[31mred :smile:", "stage": "demo", "amount": 9e6, "p_in_period": 0.1}
    ]
    told = screen(print_forecast, document, 120)
    assert "[bold]Big[/bold] [31mred :smile:" in told
    assert "\x1b" not in told


def test_deals_that_have_booked_are_not_swings() -> None:
    document = made_up.forecast_document()
    document["deals"] = [
        {"name": "Signed", "stage": "implementation", "amount": 9e6, "p_in_period": None, "p_ever": None},
        {"name": "Open", "stage": "demo", "amount": 5e3, "p_in_period": 0.4, "p_ever": 0.5},
    ]
    told = screen(print_forecast, document)
    assert "Open" in told
    assert "Signed" not in told


def test_deals_stand_by_what_they_are_expected_to_book() -> None:
    """Catches the largest listed first: a large deal that will not close in the period counts little."""
    document = made_up.forecast_document()
    document["deals"] = [
        {"name": "Large", "stage": "demo", "amount": 9e5, "p_in_period": 0.01, "expected_in_period": 7e3},
        {"name": "Likely", "stage": "demo", "amount": 5e4, "p_in_period": 0.8, "expected_in_period": 4e4},
        {"name": "Unpriced", "stage": "demo", "amount": None, "p_in_period": 0.5, "expected_in_period": 9e3},
    ]
    rows = screen(print_forecast, document, 120).split("Top open")[1].splitlines()
    names = [row.split()[0] for row in rows if row.split()[:1] in (["Large"], ["Likely"], ["Unpriced"])]
    assert names == ["Likely", "Unpriced", "Large"]
    assert next(row for row in rows if row.startswith("Likely")).split()[3:5] == ["50", "40"]


def test_many_opportunities_are_not_opportunitys() -> None:
    for printer, document in (
        (print_forecast, made_up.forecast_document()),
        (print_simulate, made_up.simulate_document()),
    ):
        told = screen(printer, document | {"noun": "opportunity"}, 120).lower()
        assert "opportunities" in told
        assert "opportunitys" not in told


def test_the_next_step_names_a_stage_of_the_model() -> None:
    """Catches a command that fails as it stands."""
    document = made_up.forecast_document() | {"stage_names": {"a": "A", "demo": "Demo", "z": "Z"}}
    assert "--set stages.demo.after=x0.7" in screen(print_forecast, document, 120)
    document["funnel"] = [
        {"stage": "lead", "dwell_days_mean": 9.0},
        {"stage": "demo", "dwell_days_mean": 0.0},
    ]
    assert "--set stages.demo.after" not in screen(print_forecast, document, 120), "it is left at once"


def test_without_open_deals_none_are_offered_one_by_one() -> None:
    document = made_up.forecast_document() | {"deals": []}
    assert "--deals deals.csv" in screen(print_forecast, document, 120)
    document["periods"][0]["counts"]["open_deals"] = 0
    assert "--deals" not in screen(print_forecast, document, 120)


def test_without_a_history_the_others_say_nothing_on_one_line() -> None:
    document = made_up.forecast_document()
    document["periods"][0] |= {"weighted_pipeline": None, "run_rate": None}
    assert "  no history\n" in screen(print_forecast, document)


def test_a_span_without_a_name_heads_a_comparison_by_its_dates() -> None:
    document = made_up.compare_document() | {"period": "", "start": "2026-01-01", "end": "2026-12-31"}
    document.pop("periods", None)
    assert screen(print_compare, document, 120).startswith("COMPARE  1 January to 31 December 2026\n")


def test_an_unchanged_scenario_shows_no_change() -> None:
    told = screen(print_compare, made_up.compare_document(made_up.unchanged()))
    assert "no change" in told
    assert "No change increases bookings." in told


def test_a_gain_that_may_be_none_is_not_worth_most() -> None:
    document = made_up.compare_document(made_up.unchanged())
    found = document["scenarios"][0]["metrics"]["bookings"]["difference"]
    found |= {"mean": 282.0, "low": -3_643.0, "high": 4_207.0, "level": 0.9}
    told = " ".join(screen(print_compare, document, 120).split())
    assert "No clear effect on bookings. The best estimate is" in told
    assert "its 90 % interval includes 0 (USD -3,643 to 4,207)" in told
    assert "Best single change" not in told


def test_a_removed_stage_is_read_at_both_ends() -> None:
    told = " ".join(screen(print_compare, made_up.compare_document(), 120).split())
    assert "No security review is worth USD 48 to 160 thousand. The data cannot say how many" in told
    assert "Best single change: No security review (all lost deals recovered), USD 160 thousand" in told


def test_a_wider_screen_shows_more_metrics() -> None:
    document = made_up.compare_document()
    for scenario in document["scenarios"]:
        scenario["metrics"]["deals_won"] = scenario["metrics"]["cycle_days"]
    assert "leads won" not in screen(print_compare, document, 80)
    assert "leads won" in screen(print_compare, document, 120)


KNOWN = {"metric": "deals_won", "asked": 0.01, "reached": 0.0026, "level": 0.95, "estimate": 113.975}


def test_a_mean_asked_for_is_told_with_what_its_control_removed() -> None:
    """Mutant: the plain average in place of the estimate."""
    control = {"exact_mean": 119.6319, "simulated_mean": 119.9, "variance_removed": 0.892}
    document = made_up.simulate_document() | {"precision": KNOWN | {"control": control}}
    told = " ".join(screen(print_simulate, document, 120).split())
    assert (
        "The mean of leads won is 113.97, known to ±0.26 % (95 % interval, adjusted for repeated checks)."
        in told
    )
    assert "Without reps it would be exactly 119.632." in told
    assert "as a control variate removed 89 % of the variance" in told


def test_an_exact_mean_is_told_as_one() -> None:
    of_money = KNOWN | {"metric": "bookings", "estimate": 1_435_000.4, "exact": 1_435_585.47}
    told = " ".join(
        screen(print_simulate, made_up.simulate_document() | {"precision": of_money}, 120).split()
    )
    assert "The mean of bookings is USD 1,435,000, known to" in told
    assert "needs no simulation: it is exactly USD 1,435,585." in told


def test_a_simulation_shows_span_periods_and_stages() -> None:
    told = screen(print_simulate, made_up.simulate_document(), 120)
    assert told.startswith("SIMULATE  1 January to 30 June 2026")
    assert "2026Q2, 1 Apr to 30 Jun 2026 (partial)" in told
    assert "Demo / solution presentation" in told
    assert "retention" not in told


def test_where_reps_work_the_time_begins_after_work_and_roles_have_their_names() -> None:
    told = screen(print_simulate, made_up.with_reps(made_up.simulate_document()))
    heads = next(line for line in told.splitlines() if line.startswith("by stage"))
    assert "time after work" in heads
    assert " wait " in heads
    assert "time in stage" not in heads
    assert "Account executives" in told
    assert "ae reps" not in told
    assert "--set roles.ae_reps.headcount=+1" in told
    assert "time in stage" in screen(print_simulate, made_up.simulate_document())


@pytest.mark.parametrize(
    ("printer", "document"),
    [
        (print_simulate, made_up.simulate_document()),
        (print_forecast, made_up.forecast_document()),
        (print_compare, made_up.compare_document()),
    ],
)
def test_where_nothing_has_an_amount_wins_come_first_and_no_money_is_shown(
    printer: Printer, document: dict[str, Any]
) -> None:
    """Catches "Bookings: 0 in at least 8 of 10 futures", and the unit of amounts that are not there."""
    text = screen(printer, made_up.without_money(document), 120)
    answer = next(part for part in text.split("\n\n")[1:] if part.strip())
    assert "pplications won" in answer
    assert "ookings" not in text
    assert "urrency" not in text
    assert "USD" not in text


def test_a_comparison_without_amounts_ranks_by_wins() -> None:
    """The last scenario wins most. Catches a comparison of bookings that are all 0."""
    document = made_up.without_money(made_up.compare_document())
    last = document["scenarios"][-1]["name"]
    told = " ".join(screen(print_compare, document, 120).split())
    assert f"Best single change: {last}, {len(document['scenarios']) - 1} more applications won" in told


def test_times_of_a_column_have_one_unit() -> None:
    """Waits of 52 minutes, 2 minutes and 5 seconds. Catches days, and a unit to each value."""
    document = made_up.with_reps(made_up.simulate_document())
    waits = [name for name in document["metrics"] if name.startswith("wait_days.")]
    for name, minutes in zip(waits, [52, 2, 1 / 12] * len(waits), strict=False):
        document["metrics"][name] = {"mean": minutes / 1440, "n": 10}
    document["metrics"]["cycle_days"] = {"p10": 0.5, "p50": 0.6, "p90": 0.7, "mean": 0.6}
    text = screen(print_simulate, document, 120)
    assert "52 minutes" in text
    assert "under a minute" in text
    assert re.search(r"14\.4 hours +12 to 16\.8 hours +14\.4 hours", text)
