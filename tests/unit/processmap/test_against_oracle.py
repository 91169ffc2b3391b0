"""Discovery against a second implementation, in plain Python, on random logs."""

from __future__ import annotations

import random

import pytest

from funnelsim.processmap.of_history import history_map
from tests.oracles.process_log import counted, kaplan_meier

from .logs import AS_OF, STAGES, log


def random_lead(draw: random.Random) -> str:
    steps = [f"{draw.choice(STAGES)} {draw.choice((0, 0.5, 1, 2, 3))}" for _ in range(draw.randint(1, 6))]
    return ", ".join([*steps, draw.choice(("won", "lost", "parked", draw.choice(STAGES)))])


@pytest.mark.parametrize("seed", range(8))
def test_numbers_are_those_of_plain_counting(seed: int) -> None:
    """Mutants: moves by deal, medians by mean, shares of all moves, open visits left out."""
    draw = random.Random(seed)
    leads = [random_lead(draw) for _ in range(draw.choice((1, 7, 60)))]
    history = log(*leads, created=tuple(draw.randint(0, 80) for _ in leads))
    found, known = history_map(history, min_share=0), counted(history.visits.to_dicts(), AS_OF)
    assert {(move.origin, move.to) for move in found.moves} == set(known.n)
    for move in found.moves:
        way = (move.origin, move.to)
        assert (move.n, move.leads) == (known.n[way], len(known.leads[way]))
        assert move.share == pytest.approx(known.share(*way))
        if move.kind != "start":
            assert move.median_days == pytest.approx(known.median_days(*way))
    for stage in found.stages:
        lengths = known.lengths[stage.stage]
        assert (stage.entered, stage.leads) == (known.entered[stage.stage], len(known.visitors[stage.stage]))
        assert stage.open == sum(is_open for _, is_open in lengths)
        assert stage.median_days == pytest.approx(kaplan_meier(lengths, 0.5))
        assert stage.p80_days == pytest.approx(kaplan_meier(lengths, 0.8))
        if stage.conversion is not None:
            assert stage.conversion == pytest.approx(known.conversion(stage.stage, STAGES))


@pytest.mark.parametrize("seed", range(4))
def test_variants_are_those_of_plain_counting(seed: int) -> None:
    draw = random.Random(seed)
    history = log(*(random_lead(draw) for _ in range(80)))
    found, known = history_map(history, top=1000), counted(history.visits.to_dicts(), AS_OF)
    ended = {row["deal"]: row for row in history.deals.to_dicts() if row["outcome"]}
    expected: dict[tuple[str, ...], list[bool]] = {}
    for deal, row in ended.items():
        expected.setdefault(tuple(known.paths[deal]), []).append(row["outcome"] == "won")
    assert found.variants_in_all == len(expected) == len(found.variants)
    for variant in found.variants:
        wins = expected[variant.path]
        assert (variant.n, variant.won) == (len(wins), sum(wins))
        assert variant.share == pytest.approx(len(wins) / len(ended))
    assert [variant.n for variant in found.variants] == sorted(map(len, expected.values()), reverse=True)
