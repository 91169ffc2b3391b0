"""Textbook queues in steady state: waits, losses and contents.

Rates are per day, times in days. Gross, D., Shortle, J. F., Thompson, J. M. and Harris, C. M. (2008).
Fundamentals of Queueing Theory, 4th ed.: sections 2.3 (Erlang C), 5.1 (Pollaczek-Khinchine), 3.4 (Cobham).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import integrate, special, stats


def erlang_b(servers: int, load: float) -> float:
    """Share of arrivals that find all servers busy and are turned away; `load` in erlangs."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Share of arrivals that have to wait."""
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_wait(arrivals: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c with this mean service time."""
    load = arrivals * service
    return erlang_c(servers, load) * service / (servers - load)


def mmc_waits_longer(arrivals: float, service: float, servers: int, than: float) -> float:
    """Share of waits above `than`, first come first served."""
    load = arrivals * service
    return erlang_c(servers, load) * math.exp(-(servers - load) * than / service)


def mg1_wait(arrivals: float, mean: float, second_moment: float) -> float:
    """Mean wait of M/G/1 (Pollaczek-Khinchine)."""
    return arrivals * second_moment / (2 * (1 - arrivals * mean))


def mm1_square_wait(arrivals: float, service: float, *, last_come_first: bool) -> float:
    """Second moment of the wait of M/M/1; last come, first served it is 1 / (1 - load) times as large.

    Kingman, J. F. C. (1962). The effect of queue discipline on waiting time variance. Mathematical
    Proceedings of the Cambridge Philosophical Society 58, 163-164.
    """
    load = arrivals * service
    in_order = 2 * load * (service / (1 - load)) ** 2
    return in_order / (1 - load) if last_come_first else in_order


def priority_waits(classes: Sequence[tuple[float, float, float]]) -> list[float]:
    """Mean waits of classes (arrivals, mean, second moment), first goes first, nobody is interrupted.

    Cobham, A. (1954). Priority assignment in waiting line problems. Operations Research 2, 70-76.
    """
    rest = sum(arrivals * second for arrivals, _, second in classes) / 2
    waits, before = [], 0.0
    for arrivals, mean, _ in classes:
        upto = before + arrivals * mean
        waits.append(rest / ((1 - before) * (1 - upto)))
        before = upto
    return waits


class Impatient(NamedTuple):
    gives_up: float  # share
    queue: float  # mean number waiting
    busy: float  # mean number served at once


def erlang_a(arrivals: float, service: float, servers: int, patience: float) -> Impatient:
    """M/M/c whose customers have exponential patience, from its balance equations.

    Palm, C. (1957). Research on telephone traffic carried by full availability groups. Tele 1, 107.
    """
    most = servers + int(40 * (arrivals * max(patience, service) + 5))
    n = np.arange(1, most + 1)
    leaving = np.minimum(n, servers) / service + np.maximum(n - servers, 0) / patience
    log_weight = np.concatenate([[0.0], np.cumsum(np.log(arrivals) - np.log(leaving))])
    share = np.exp(log_weight - special.logsumexp(log_weight))
    people = np.arange(most + 1)
    queue = float(np.sum(np.maximum(people - servers, 0) * share))
    busy = float(np.sum(np.minimum(people, servers) * share))
    return Impatient(queue / patience / arrivals, queue, busy)


def content_by_day(rates: Sequence[float], survival: Callable[[float], float], days: int) -> np.ndarray:
    """Mean content, on each of the last `days` days, of infinitely many servers.

    Arrivals are Poisson at these daily rates from the first day on: m(t) is the integral of
    rate(t - x) S(x) over x, averaged over each day.

    Eick, S. G., Massey, W. A. and Whitt, W. (1993). The physics of the M(t)/G/infinity queue. Operations
    Research 41, 731-742.
    """

    def days_apart(lag: int) -> float:
        """Mean over both days of the chance that who comes on one is there on the other, `lag` later."""
        rising = (
            integrate.quad(lambda x: (x - lag + 1) * survival(x), max(lag - 1, 0), lag)[0] if lag else 0.0
        )
        return rising + integrate.quad(lambda x: (lag + 1 - x) * survival(x), lag, lag + 1)[0]

    still_there = np.array([days_apart(lag) for lag in range(len(rates))])
    return np.array(
        [
            np.dot(rates[: day + 1], still_there[: day + 1][::-1])
            for day in range(len(rates) - days, len(rates))
        ]
    )


def mean_days_held(days: float, mean_life: float, refilled_after: float) -> float:
    """Expected days out of `days` on which a seat is held: exponential lives, constant gaps between them.

    At time t the seat is held by its (k + 1)-th holder if k lives have ended, which happens at the points of
    a Poisson process on the time without the k gaps.
    """

    def held(t: float) -> float:
        total = 0.0
        for k in range(int(t / refilled_after) + 1):
            lived = (t - k * refilled_after) / mean_life
            total += float(stats.poisson.pmf(k, lived))
        return total

    edges = np.append(np.arange(0.0, days, refilled_after), days)
    return math.fsum(integrate.quad(held, a, b)[0] for a, b in pairwise(edges))
