"""Delays that no rep explains: a deal that waits while a rep who could do its task is idle.

A free rep starts the next task at once. So while a rep was idle in office hours, the deal was not ready for
the task, for example because the buyer had not answered. That part of the time between two tasks is dwell;
the rest is wait. If a deal became ready while the office was closed, the moment is unknown, and the middle of
the closed time is assumed. If the previous task ended while the office was closed, all of the time counts as
wait, so dwells shorter than a night are underestimated.

References
----------
Chapela-Campa, D. and Dumas, M. (2022). Modeling extraneous activity delays in business process simulation.
ICPM 2022 (delay up to the last instant at which the resource was free and on duty).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.workload.office_hours import OpenTime


class Idle(NamedTuple):
    """Spans of office hours in which at least one rep of a role was idle, in order, without overlap."""

    begins: Floats
    ends: Floats


def idle_times(rep: Ints, started: Floats, finished: Floats, office: OpenTime) -> Idle:
    """Idle spans of a role: at least one rep without a task.

    Parameters
    ----------
    rep : ndarray of int, shape (n,)
    started, finished : ndarray, shape (n,)
        Tasks of the role's reps, in days. A rep is there from the first to the last of theirs.
    office : OpenTime
        Hours of the role.
    """
    at, step = [], []
    for one in np.unique(rep):
        begins, ends = _busy(started[rep == one], finished[rep == one])
        # There from the first start, away after the last finish: idle in the gaps between tasks.
        at += [ends[:-1], begins[1:]]
        step += [np.ones(len(ends) - 1), -np.ones(len(begins) - 1)]
    when = np.concatenate(at)
    order = np.argsort(when, kind="stable")
    when, idle = when[order], np.cumsum(np.concatenate(step)[order])
    some = idle[:-1] > 0
    return _within(when[:-1][some], when[1:][some], office)


def _busy(started: Floats, finished: Floats) -> tuple[Floats, Floats]:
    """Spans in which a rep was busy; tasks that overlap are one."""
    order = np.argsort(started, kind="stable")
    started, latest = started[order], np.maximum.accumulate(finished[order])
    fresh = np.concatenate([[True], started[1:] > latest[:-1]])
    return started[fresh], latest[np.concatenate([fresh[1:], [True]])]


def _within(begins: Floats, ends: Floats, office: OpenTime) -> Idle:
    """The parts of spans in office hours."""
    first = np.searchsorted(office.closes, begins, side="right")
    last = np.searchsorted(office.opens, ends, side="left")
    number = np.maximum(last - first, 0)
    span = np.repeat(np.arange(len(begins)), number)
    opening = np.repeat(first, number) + np.arange(len(span)) - np.repeat(np.cumsum(number) - number, number)
    found_begins = np.maximum(begins[span], office.opens[opening])
    found_ends = np.minimum(ends[span], office.closes[opening])
    lasting = found_ends > found_begins
    return Idle(found_begins[lasting], found_ends[lasting])


def task_ready_at(enabled: Floats, started: Floats, idle: Idle, office: OpenTime) -> Floats:
    """When each task was ready for a rep, between the end of the previous task and its own start.

    Parameters
    ----------
    enabled, started : ndarray, shape (n,)
        End of the task before and start of its own, in days.
    idle : Idle
        Of the role that does the task.
    office : OpenTime
        Hours of that role.
    """
    if not len(idle.begins):
        return enabled
    last = np.searchsorted(idle.begins, started, side="left") - 1
    ends = np.where(last >= 0, idle.ends[np.maximum(last, 0)], -np.inf)
    delayed = ends > enabled
    came = np.where(delayed, _half_way(ends, office), enabled)
    return np.minimum(came, np.maximum(started, enabled))


def _half_way(ends: Floats, office: OpenTime) -> Floats:
    """Closing times moved half way to the next opening; other instants unchanged."""
    index = np.searchsorted(office.closes, ends, side="left")
    at_closing = office.closes[np.minimum(index, len(office.closes) - 1)] == ends
    opening = office.opens[np.minimum(index + 1, len(office.opens) - 1)]
    return np.where(at_closing & (opening > ends), (ends + opening) / 2, ends)
