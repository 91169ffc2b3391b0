"""Current level of a stage: seasonality of its exits, and drift of its hazards from the whole history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import AT_ONCE_DAYS
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.hazard_scaling import scale_hazards
from funnelsim.fitting.trend.dispersion import dispersion_of_weeks
from funnelsim.fitting.trend.expected_exits import ExitComponent, Exposure, expected_exits, exposure_of
from funnelsim.fitting.trend.holidays import HolidayFactor, find_holiday_factor, on_holidays
from funnelsim.fitting.trend.seasonality import Seasonality, find_seasonality
from funnelsim.fitting.trend.structural import HORIZON_DAYS, Level, trend_of_counts

_DAY = dt.timedelta(days=1)
_RECENT_DAYS = 28  # days whose mean rate predicts the number of exits in the horizon


@dataclass(frozen=True, kw_only=True)
class Monthly:
    """Exits to one target by calendar month, oldest first."""

    months: tuple[str, ...]
    seen: Floats
    expected: Floats


@dataclass(frozen=True, kw_only=True)
class CurrentLevel:
    """Seasonality and current level of one stage.

    Attributes
    ----------
    seasonality : dict of str to Rhythm
    levels : dict of str to Level
        Log of the expected hazard in the horizon, over that of the whole history, by target.
    monthly : dict of str to Monthly
        Observed, and expected with seasonality but without drift.
    dates : list of date
        Days of the history.
    seen, expected : dict of str to ndarray, shape (days,)
        As `monthly`, by day.
    holidays : dict of str to HolidayFactor
        By target, where enough holidays were seen.
    """

    seasonality: dict[str, Seasonality]
    levels: dict[str, Level]
    monthly: dict[str, Monthly]
    dates: list[dt.date]
    seen: dict[str, Floats]
    expected: dict[str, Floats]
    holidays: dict[str, HolidayFactor] = field(default_factory=dict)

    def apply_to(self, fit: StageFit) -> StageFit:
        """The fit with its hazards at the current level."""
        means = {target: np.array([level.mean]) for target, level in self.levels.items()}
        scaled = scale_hazards(fit.layout, fit.components, fit.parameters[None, :], means)[0]
        never = fit.never
        if fit.layout.never:
            never = replace(never, share=float(np.exp(fit.layout.log_p(scaled[None, :]))[0, -1]))
        return replace(fit, parameters=scaled, never=never)

    def draw(self, fit: StageFit, parameters: Floats, rng: np.random.Generator) -> Floats:
        """Parameter draws, shape (R, P), each with a random level."""
        levels = {target: level.draw(len(parameters), rng) for target, level in self.levels.items()}
        return scale_hazards(fit.layout, fit.components, parameters, levels)


def current_level_of(
    fit: StageFit,
    as_of: dt.datetime,
    *,
    by_day: bool,
    horizon_days: float = HORIZON_DAYS,
    holidays: Collection[dt.date] = (),
) -> CurrentLevel:
    """Fit the seasonality and the current level of a stage.

    Parameters
    ----------
    as_of : datetime
        End of the history.
    by_day : bool
        Whether times are recorded to the day, so that there are no instant exits.
    horizon_days : float
        Days from the as-of time to the middle of the forecast period.
    holidays : collection of date
        Public holidays; none where no country is named.
    """
    exposure = exposure_of(fit.sample, -1.0 if by_day else AT_ONCE_DAYS)
    dates = _dates(as_of, exposure.days)
    components = [
        ExitComponent(component.to, float(fit.p[k]), distribution)
        for k, component in enumerate(fit.components)
        if (distribution := fit.distribution(k)) is not None
    ]
    never = float(fit.p[-1]) if fit.layout.never else 0.0
    seasonality = find_seasonality(exposure, components, never, dates, holidays)
    expected = expected_exits(
        exposure, components, never, {t: r.daily_factor for t, r in seasonality.items()}
    )
    monthly = _monthly(exposure, expected, dates)
    levels = {
        target: _level(exposure.seen[target], expected_by_day, dates, seasonality.get(target), horizon_days)
        for target, expected_by_day in expected.items()
    }
    return CurrentLevel(
        seasonality=seasonality,
        levels=levels,
        monthly=monthly,
        dates=dates,
        seen=exposure.seen,
        expected=expected,
        holidays={
            target: holiday
            for target, expected_by_day in expected.items()
            if (
                holiday := _holiday(
                    exposure.seen[target], expected_by_day, dates, seasonality.get(target), holidays
                )
            )
        },
    )


def _holiday(
    seen: Floats,
    expected: Floats,
    dates: list[dt.date],
    seasonality: Seasonality | None,
    holidays: Collection[dt.date],
) -> HolidayFactor | None:
    """Holiday factor of an exit; for the report only where the exit has too few events for a clock."""
    if seasonality is not None and seasonality.holiday is not None:
        return seasonality.holiday
    holiday = find_holiday_factor(seen, expected, on_holidays(dates, holidays))
    return None if holiday is None else replace(holiday, used=False)


def _level(
    seen: Floats, expected: Floats, dates: list[dt.date], seasonality: Seasonality | None, horizon_days: float
) -> Level:
    """The level in the horizon; over-dispersed weeks make it less certain."""
    dispersion = dispersion_of_weeks(seen, expected)
    level = trend_of_counts(
        seen,
        expected,
        dates,
        horizon_days=horizon_days,
        spread=dispersion.ratio,
        season=None if seasonality is None else seasonality.season,
    ).level
    ahead = float(seen[-_RECENT_DAYS:].mean()) * 2 * horizon_days
    return replace(level, uneven=dispersion, ahead=max(ahead, 1.0))


def _dates(as_of: dt.datetime, days: int) -> list[dt.date]:
    last = (as_of - dt.timedelta(microseconds=1)).date()
    return [last - (days - 1 - i) * _DAY for i in range(days)]


def _monthly(exposure: Exposure, expected: dict[str, Floats], dates: list[dt.date]) -> dict[str, Monthly]:
    labels = [f"{day.year:04d}-{day.month:02d}" for day in dates]
    names, index = np.unique(labels, return_inverse=True)
    return {
        target: Monthly(
            months=tuple(str(name) for name in names),
            seen=np.bincount(index, exposure.seen[target]).astype(np.float64),
            expected=np.bincount(index, expected_by_day).astype(np.float64),
        )
        for target, expected_by_day in expected.items()
    }
