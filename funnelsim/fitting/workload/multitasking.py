"""Multitasking: working time of tasks of reps who do several at once.

A rep with k tasks in hand gives each one k-th of the time, so the efforts of a rep's tasks add up to the time
in which the rep was busy. Two people who work on one deal at the same time both work: that is the effort of
two.

References
----------
Estrada-Torres, B., Camargo, M., Dumas, M. and Yerokhin, M. (2020). Discovering business process simulation
models in the presence of multitasking. RCIS 2020, arXiv:2004.09138 (time shared evenly among tasks at hand).
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.workload.office_hours import OpenTime


def shared_time(rep: Ints, started: Floats, finished: Floats, office: OpenTime) -> Floats:
    """Office time of each task, shared where its rep had others in hand.

    Parameters
    ----------
    rep : ndarray of int, shape (n,)
    started, finished : ndarray, shape (n,)
        In days.
    office : OpenTime
        Work done while all is closed counts by the clock.

    Returns
    -------
    ndarray, shape (n,)
        In days of 24 hours.
    """
    time = np.empty(len(rep))
    order = np.argsort(rep, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(rep[order])) + 1):
        time[mine] = _of_one(started[mine], finished[mine], office)
    return time


def _of_one(started: Floats, finished: Floats, office: OpenTime) -> Floats:
    at = np.unique(np.concatenate([started, finished]))
    begun = np.searchsorted(np.sort(started), at, side="right")
    ended = np.searchsorted(np.sort(finished), at, side="right")
    in_hand = np.maximum(begun - ended, 1)[:-1]

    def share(passed: Floats) -> Floats:
        """Share of each task in the time `passed`, which is given at each instant of `at`."""
        own = np.concatenate([[0.0], np.cumsum(np.diff(passed) / in_hand)])
        return np.asarray(own[np.searchsorted(at, finished)] - own[np.searchsorted(at, started)])

    time = share(office.passed(at))
    return np.where(time > 0, time, share(at))
