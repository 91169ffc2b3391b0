"""The queueing oracles against published numbers, each other and special cases."""

from __future__ import annotations

import math

import pytest

from tests.oracles import queues


def test_erlang_tables():
    """Erlang B 10 erlangs on 10 lines: 0.2146 (any traffic table); Erlang C with 2 servers at load 1: 1/3."""
    assert queues.erlang_b(10, 10.0) == pytest.approx(0.2146, abs=5e-5)
    assert queues.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert queues.erlang_c(1, 0.7) == pytest.approx(0.7)


def test_one_exponential_server_is_a_case_of_both_formulas():
    assert queues.mg1_wait(0.8, 1.0, 2.0) == pytest.approx(queues.mmc_wait(0.8, 1.0, 1))


def test_priorities_conserve_work():
    """Kleinrock: the sum of load x wait does not depend on who goes first."""
    one, two = (0.3, 1.0, 2.0), (0.2, 2.0, 5.0)
    first, second = queues.priority_waits([one, two]), queues.priority_waits([two, one])
    work = 0.3 * first[0] + 0.4 * first[1]
    assert work == pytest.approx(0.3 * second[1] + 0.4 * second[0])
    assert queues.priority_waits([one]) == [pytest.approx(queues.mg1_wait(*one))]


def test_erlang_a_lies_between_loss_and_wait():
    patient = queues.erlang_a(1.6, 1.0, 2, 3_000.0)
    assert patient.queue / 1.6 == pytest.approx(queues.mmc_wait(1.6, 1.0, 2), rel=0.02)
    hasty = queues.erlang_a(1.6, 1.0, 2, 1e-7)
    assert hasty.gives_up == pytest.approx(queues.erlang_b(2, 1.6), rel=1e-5)
    # Patience and service alike: M/M/infinity, a Poisson number of customers.
    alike = queues.erlang_a(3.0, 1.0, 2, 1.0)
    assert alike.queue + alike.busy == pytest.approx(3.0)
    assert alike.gives_up == pytest.approx(1 - alike.busy / 3.0)


def test_content_settles_at_rate_times_mean():
    content = queues.content_by_day([2.0] * 200, lambda x: math.exp(-x / 5), 1)
    assert content == pytest.approx([10.0], rel=1e-7)
    first = queues.content_by_day([2.0], lambda x: math.exp(-x / 5), 1)
    assert first == pytest.approx([10 - 50 * (1 - math.exp(-1 / 5))])


def test_days_held_settle_at_the_share_of_life():
    long = queues.mean_days_held(600.0, 30.0, 10.0) - queues.mean_days_held(500.0, 30.0, 10.0)
    assert long / 100 == pytest.approx(0.75, rel=1e-6)
    assert queues.mean_days_held(10.0, 30.0, 20.0) == pytest.approx(30 * (1 - math.exp(-1 / 3)))
