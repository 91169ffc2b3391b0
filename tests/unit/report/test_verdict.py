"""The verdict on a backtest claims no more than its origins can tell."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.words.forecasters import held, is_ours, others, ours_beside
from funnelsim.report.words.verdict import bias_sentence, range_sentence, verdict_of
from tests.unit.report.made_up_backtests import backtest_document, backtest_of


def typed(**details: Any) -> BacktestDocument:
    return read_as(BacktestDocument, backtest_document(**details))


@pytest.mark.parametrize(
    ("spread", "said"),
    [(1.0, "as expected"), (0.2, "too narrow or off target"), (4.0, "too wide")],
)
def test_ranges_are_judged_against_what_luck_allows(spread: float, said: str) -> None:
    assert said in range_sentence(typed(n=40, every="week", spread=spread))


def test_few_origins_are_said_to_be_few() -> None:
    assert "So few months show only large errors" in range_sentence(typed(n=7))
    assert "large errors" not in range_sentence(typed(n=40, every="week"))


def test_below_ten_blocks_only_wins_are_counted() -> None:
    """Mutant: the point value of a skill told without its interval."""
    few, many = (" ".join(verdict_of(typed(n=n, every="week", baselines=("run_rate",)))) for n in (7, 40))
    assert "interval" not in few
    assert "Better" not in few
    assert "Compared with run-rate, funnelsim was closer in" in few
    assert "Better than run-rate: error -" in many
    assert "90 % interval" in many


def test_a_loss_is_said() -> None:
    document = typed(n=40, every="week", spread=30.0, baselines=("run_rate",))
    assert "Worse than run-rate: error +" in " ".join(verdict_of(document))


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ((5.0, 5.0, 90.0), (9.0, 9.0, 9.0), "closer in 2 of 3 months and less accurate on average"),
        ((9.0, 9.0, 9.0), (5.0, 5.0, 90.0), "closer in 1 of 3 months and more accurate on average"),
        ((9.0, 9.0, 9.0), (8.0, 9.0, 10.0), "closer in 1 of 3 months and as accurate on average"),
    ],
)
def test_few_origins_are_counted_and_averaged(
    ours: tuple[float, ...], theirs: tuple[float, ...], said: str
) -> None:
    """The count may say one thing and the average another. Mutant: the side of the average turned round."""
    document = _scored(ours, theirs, "run_rate")
    assert f"Compared with run-rate, funnelsim was {said}." in verdict_of(document)


def test_a_varied_row_is_held_against_the_plain_one_without_double_negatives() -> None:
    """Mutants: origins of the plain row counted; a tie counted; its average turned round."""
    document = _scored((9.0, 9.0, 9.0), (5.0, 9.0, 90.0), "funnelsim, no drift")
    told = " ".join(verdict_of(document))
    assert "Compared with plain funnelsim, it was closer in 1 of 3 and less accurate on average." in told
    assert "no less" not in told


def _scored(ours: tuple[float, ...], theirs: tuple[float, ...], name: str) -> BacktestDocument:
    made = backtest_of(n=3, baselines=())
    origins = [
        dataclasses.replace(
            origin,
            forecasts={
                OURS: dataclasses.replace(origin.forecasts[OURS], crps=a),
                name: dataclasses.replace(origin.forecasts[OURS], crps=b),
            },
        )
        for origin, a, b in zip(made.origins, ours, theirs, strict=True)
    ]
    document = dataclasses.replace(made, origins=tuple(origins)).document()
    return read_as(BacktestDocument, document, "backtest")


@pytest.mark.parametrize(
    ("mean", "said"),
    [(74.0, "26 % below the actual results"), (126.0, "26 % above"), (100.4, "within 0.5 %")],
)
def test_the_bias_is_said_on_its_side(mean: float, said: str) -> None:
    made = backtest_of(n=3, baselines=())
    origins = [
        dataclasses.replace(
            origin, actual=100.0, forecasts={OURS: dataclasses.replace(origin.forecasts[OURS], mean=mean)}
        )
        for origin in made.origins
    ]
    document = dataclasses.replace(made, origins=tuple(origins)).document()
    assert said in bias_sentence(read_as(BacktestDocument, document))


def test_the_strongest_other_comes_first_and_one_that_seldom_told_does_not() -> None:
    document = backtest_document(n=7)
    assert others(read_as(BacktestDocument, document))[0] == "run_rate"
    for origin in document["origins"][:4]:
        origin["baselines"].pop("run_rate")
    document["summary"]["told"]["run_rate"] = 3
    assert others(read_as(BacktestDocument, document))[0] == "weighted_pipeline"


def test_ours_beside_another_counts_the_origins_of_that_one_only() -> None:
    document = typed(n=7)
    later = [origin for origin in document.origins if "seasonal_naive" in origin.baselines]
    expected = sum(origin.crps for origin in later) / sum(origin.actual for origin in later)
    assert len(later) == 3
    assert ours_beside(document, "seasonal_naive") == pytest.approx(expected)
    inside = sum(o.quantiles[9] <= o.actual <= o.quantiles[89] for o in document.origins)
    assert held(document, "80") == inside
    assert is_ours("funnelsim, no drift")
    assert not is_ours("run_rate")
