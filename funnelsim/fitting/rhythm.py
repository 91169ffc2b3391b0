"""The buyers' calendar: days, weeks and months of a quarter on which deals move more often than usual.

Moves seen are held against those expected day by day (`funnelsim.fitting.daily`). A pattern is believed
where it differs between its classes by more than the same class differs between its own weeks or months,
and where each class was seen twice. Factors are shrunk towards 1.

References
----------
McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., section 6.2 (over-dispersed
Poisson counts). Morris, C. N. (1983). Parametric empirical Bayes inference. JASA 78, 47-55 (shrinkage).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core import calendars
from funnelsim.fitting.daily import Exposure, Way, expected_moves
from funnelsim.model.parts import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Exits with fewer moves have no pattern of their own.
FEWEST_MOVES = 100
#: A pattern is taken in if chance would show it less often than this.
CHANCE = 0.005
_LEAST_EXPECTED = 3.0  # moves in a block, for its share of the spread to be told
_ROUNDS = 3
_WEEKS = 13
#: Calendar quarters, whatever the fiscal year of the goal.
_YEAR_STARTS = "01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The calendar of one exit.

    Attributes
    ----------
    target : str
        Where the exit leads.
    clock : Clock
        As the model has it.
    tempo : ndarray, shape (days,)
        Its factor on each day of the history.
    """

    target: str
    clock: Clock
    tempo: Floats


@dataclass(frozen=True)
class _Pattern:
    """Classes of days (``class_``), and blocks of days that vary as one."""

    name: str
    class_: Ints
    block: Ints
    classes: int
    chance: float = CHANCE
    slow: bool = False  # a season: what changes from one to the next is drift


def find_rhythms(
    exposure: Exposure, ways: list[Way], never: float, dates: Sequence[dt.date]
) -> dict[str, Rhythm]:
    """The rhythms of a stage's exits, by target.

    Parameters
    ----------
    dates : sequence of date, length ``exposure.days``
    """
    patterns = _patterns(dates)
    factors: dict[str, dict[str, Floats]] = {}
    tempos: dict[str, Floats] = {}
    for _ in range(_ROUNDS):
        expected = expected_moves(exposure, ways, never, tempos)
        for target, seen in exposure.seen.items():
            if target not in expected or seen.sum() < FEWEST_MOVES:
                continue
            found = factors.setdefault(target, {})
            told = expected[target]
            for pattern in patterns:
                change = _factors(pattern, seen, told, known=pattern.name in found)
                if change is not None:
                    found[pattern.name] = found.get(pattern.name, np.ones(pattern.classes)) * change
                    told = told * change[pattern.class_]
        clocks = {target: _clock(found) for target, found in factors.items() if found}
        tempos = {target: tempo_of(clock, dates) for target, clock in clocks.items()}
        if not tempos:
            break
    return {
        target: Rhythm(target=target, clock=clocks[target], tempo=tempo) for target, tempo in tempos.items()
    }


def tempo_of(clock: Clock, dates: Sequence[dt.date]) -> Floats:
    """Factor of each day, mean 1 over a period; shape (days,)."""
    return calendars.tempo_factors(
        dates,
        over="quarter",
        month=clock.month,
        week=clock.week,
        weekday=clock.weekday,
        year_starts=_YEAR_STARTS,
    )


def _patterns(dates: Sequence[dt.date]) -> list[_Pattern]:
    weekday = np.array([d.weekday() for d in dates])
    week = np.array([(d.toordinal() - 1) // 7 for d in dates])
    month = np.array([12 * d.year + d.month - 1 for d in dates])
    starts = [dt.date(d.year, 3 * ((d.month - 1) // 3) + 1, 1).toordinal() for d in dates]
    ordinals = np.array([d.toordinal() for d in dates])
    week_of_quarter = np.minimum((ordinals - np.array(starts)) // 7, _WEEKS - 1)
    return [
        _Pattern("weekday", weekday, 7 * week + weekday, 7),
        _Pattern("month", month % 3, month, 3, chance=0.05, slow=True),
        _Pattern(
            "week", week_of_quarter, _WEEKS * (month // 3) + week_of_quarter, _WEEKS, chance=CHANCE, slow=True
        ),
    ]


def _factors(pattern: _Pattern, seen: Floats, expected: Floats, *, known: bool) -> Floats | None:
    """Shrunk factor of each class, or None where the classes do not differ by more than chance."""
    n = pattern.classes
    _, place = np.unique(pattern.block, return_inverse=True)
    block_class = np.zeros(place.max() + 1, dtype=np.int64)
    block_class[place] = pattern.class_
    block_seen = np.bincount(place, seen).astype(np.float64)
    block_expected = np.bincount(place, expected).astype(np.float64)
    if pattern.slow:
        block_expected = block_expected * _drift(block_seen, block_expected, n)
    told = block_expected >= _LEAST_EXPECTED
    if np.bincount(block_class[told], minlength=n).min() < 2:
        return None
    block_class, block_seen, block_expected = block_class[told], block_seen[told], block_expected[told]
    block_expected *= block_seen.sum() / block_expected.sum()
    seen_in = np.bincount(block_class, block_seen, minlength=n)
    expected_in = np.bincount(block_class, block_expected, minlength=n)
    within = block_expected * np.maximum(seen_in / expected_in, 1e-3)[block_class]
    freedom = len(block_seen) - n - pattern.slow
    if freedom < 1:
        return None
    spread = max(float(np.sum((block_seen - within) ** 2 / within)) / freedom, 1.0)
    between = float(np.sum((seen_in - expected_in) ** 2 / expected_in)) / (n - 1)
    if not known and special.fdtrc(n - 1, freedom, between / spread) > pattern.chance:
        return None
    logs = np.log(np.maximum(seen_in, 0.5) / expected_in)
    noise = spread / expected_in
    signal = max(float(np.mean(logs**2) - np.mean(noise)), 0.0)
    shrunk = np.exp(logs * signal / (signal + noise)) if signal else np.ones(n)
    return np.asarray(shrunk / np.average(shrunk, weights=expected_in))


def _drift(seen: Floats, expected: Floats, season: int) -> Floats:
    """Seen over expected around each block, over one whole season, so that seasons do not count as drift."""
    blocks = len(seen)
    half = season // 2
    begin = np.clip(np.arange(blocks) - half, 0, max(blocks - season, 0))
    end = np.minimum(begin + season, blocks)
    sums = [np.concatenate([[0.0], np.cumsum(values)]) for values in (seen, expected)]
    around = [total[end] - total[begin] for total in sums]
    return np.asarray((around[0] + 0.5) / (around[1] + 0.5))


def _clock(factors: dict[str, Floats]) -> Clock:
    def rounded(name: str) -> tuple[float, ...] | None:
        if name not in factors:
            return None
        values = factors[name] / factors[name].mean()
        return tuple(round(float(max(value, 0.01)), 3) for value in values)

    return Clock(
        over="quarter",
        fiscal_year_starts=_YEAR_STARTS,
        month=rounded("month"),
        week=rounded("week"),
        weekday=rounded("weekday"),
    )
