"""Replace what overridden deals book in each future; everything else stays as it was, to the last bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import days_since
from funnelsim.forecasting.deals import LEAST_WINS
from funnelsim.forecasting.overrides.draws import override_draws
from funnelsim.forecasting.overrides.later_wins import LaterWins
from funnelsim.forecasting.overrides.override import Override
from funnelsim.metrics.booked import credit_factors
from funnelsim.metrics.document import day_at
from funnelsim.model.parts import Model
from funnelsim.results.run import PARTS, Run, Window

_PIPELINE = PARTS.index("pipeline")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideEffect:
    """What one override does to the forecast of one period.

    Attributes
    ----------
    p_without, p_with : float
        Chance that the deal is won in the period, without and with the override: the share of the futures,
        or what was stated.
    expected_without, expected_with, difference : float
        Mean of what it books in the period, and by how much the forecast's mean changes.
    p_ever : float or None
        The model's chance that it is ever won, where the override says how often or when it is.
    usual_close : date or None
        The model's median closing date among the wins; None where these are few or unknown.
    """

    override: Override
    p_without: float
    p_with: float
    expected_without: float
    expected_with: float
    difference: float
    p_ever: float | None = None
    usual_close: dt.date | None = None


def apply_overrides(
    run: Run,
    model: Model,
    overrides: Sequence[Override],
    later: Mapping[str, LaterWins],
    w: int,
    group_of: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Run, tuple[OverrideEffect, ...]]:
    """The run with the overridden deals replaced, and the effect of each in window `w`.

    A deal that is excluded is won in no future. With a new amount only, it is won when and where the model
    wins it. Otherwise a keyed draw decides in each future whether it is won, with the given probability or
    the model's chance to win it ever, and another one picks a future in which the model wins it: its date
    and amount hold where none are given. These draws do not depend on the rest of the future, such as a bad
    month for all.

    Parameters
    ----------
    run : Run
        With the wins of the overridden deals by replication, in the order of `overrides`.
    model : Model
        Counts deals once (`funnelsim.forecasting.overrides.read.refuse_other_credits`).
    later : mapping of str to LaterWins
    w : int
        Index of the window of the first period.
    group_of : mapping of str to int
        The group of each overridden deal, where the run has groups.
    """
    assert run.pipeline_wins is not None
    assert run.pipeline_amounts is not None
    _, booking, quota = credit_factors(model).row(0)
    shape = (run.size, len(run.windows), 1 if run.groups is None else len(run.groups.names))
    money, wins = np.zeros(shape), np.zeros(shape)
    effects = []
    for k, override in enumerate(overrides):
        own = (run.pipeline_wins[:, k], run.pipeline_amounts[:, k])
        after = later.get(override.deal)
        p_ever = None if after is None else _chance_ever(own[0], after, run.windows[0])
        group = group_of.get(override.deal, 0)
        new = _replacement(override, own, after, p_ever, model, run, booking)
        for v, window in enumerate(run.windows):
            was, now = _inside(own[0], window), _inside(new[0], window)
            change = np.where(now, new[1], 0.0) - np.where(was, own[1], 0.0)
            money[:, v, group] += change
            wins[:, v, group] += now.astype(float) - was
            if v == w:
                effect = _effect(override, (was, own[1]), (now, new[1]), after, p_ever, model)
                stated = _stated_chance(override, after, p_ever, window, model)
                effects.append(effect if stated is None else replace(effect, p_with=stated))
    return _changed(run, model, money, wins, quota / booking), tuple(effects)


def _replacement(
    override: Override,
    own: tuple[Floats, Floats],
    later: LaterWins | None,
    p_ever: float | None,
    model: Model,
    run: Run,
    booking: float,
) -> tuple[Floats, Floats]:
    """Day of the win in each future, NaN without one, and what is booked then; shape (R,) each."""
    amount = None if override.amount is None else override.amount * booking
    if override.exclude:
        return np.full(run.size, np.nan), np.zeros(run.size)
    if override.probability is None and override.close is None:
        return own[0], np.full(run.size, amount)
    is_won, like = override_draws(run.provenance.seed, run.replications, override.deal)
    probability = p_ever if override.probability is None else override.probability
    assert probability is not None
    days = np.full(run.size, np.nan if override.close is None else days_since(model.start, override.close))
    amounts = np.full(run.size, np.nan if amount is None else amount)
    if override.needs_later_wins:
        assert later is not None
        future = later.winners[(like * later.winners.size).astype(np.int64)]
        days = later.day[future] if override.close is None else days
        amounts = later.amount[future] if amount is None else amounts
    won = is_won < probability
    return np.where(won, days, np.nan), np.where(won, amounts, 0.0)


def _chance_ever(own_days: Floats, later: LaterWins, window: Window) -> float:
    """As the list of open deals has it: won in the window in all futures, after it in those that go on."""
    return min(float(_inside(own_days, window).mean()) + later.chance_outside(window), 1.0)


def _stated_chance(
    override: Override, later: LaterWins | None, p_ever: float | None, window: Window, model: Model
) -> float | None:
    """The chance in the window that the override states; None where the model's own outcomes count."""
    if override.probability is None and override.close is None:
        return None
    probability = p_ever if override.probability is None else override.probability
    assert probability is not None
    if override.close is not None:
        return probability * float(_inside(np.array([days_since(model.start, override.close)]), window)[0])
    assert later is not None
    return probability * float(_inside(later.day[later.winners], window).mean())


def _inside(days: Floats, window: Window) -> NDArray[np.bool_]:
    """A comparison with NaN is false: what is never won is won in no window."""
    return (days >= window.start_day) & (days < window.end_day)


def _effect(
    override: Override,
    without: tuple[NDArray[np.bool_], Floats],
    changed: tuple[NDArray[np.bool_], Floats],
    later: LaterWins | None,
    p_ever: float | None,
    model: Model,
) -> OverrideEffect:
    before, after = (np.where(inside, amount, 0.0) for inside, amount in (without, changed))
    close = None
    if later is not None and later.winners.size >= LEAST_WINS:
        close = day_at(model.start, float(np.median(later.day[later.winners])))
    return OverrideEffect(
        override=override,
        p_without=float(without[0].mean()),
        p_with=float(changed[0].mean()),
        expected_without=float(before.mean()),
        expected_with=float(after.mean()),
        difference=float((after - before).mean()),
        p_ever=p_ever,
        usual_close=close,
    )


def _changed(run: Run, model: Model, money: Floats, wins: Floats, quota: float) -> Run:
    """The run with other bookings, quota credit and wins of its pipeline, and of its groups."""
    groups = run.groups
    if groups is not None:
        bookings = groups.bookings.copy()
        bookings[..., _PIPELINE] += money
        credit = groups.quota_credit + money * quota
        groups = replace(groups, bookings=bookings, quota_credit=credit, wins=groups.wins + wins)
    money, wins = money.sum(axis=2), wins.sum(axis=2)
    tallies = dict(run.tallies)
    changes = {"bookings": money, "quota_credit": money * quota, "wins_by_part": wins}
    if model.goal.recognise is None:  # then revenue is what is booked
        changes["revenue"] = money
    for name, change in changes.items():
        tallies[name] = tallies[name].copy()
        tallies[name][:, :, _PIPELINE] += change
    tallies["deals_won"] = tallies["deals_won"] + wins
    return replace(run, tallies=tallies, groups=groups)
