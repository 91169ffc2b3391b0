"""All estimates of a fit, before they become a model and a report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from funnelsim.distributions import Distribution
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.planned_close import PlannedFit
from funnelsim.fitting.result.source_fits import SourceFit
from funnelsim.fitting.result.source_names import SourceKeys
from funnelsim.fitting.trend.current_level import CurrentLevel
from funnelsim.fitting.trend.holidays import PublicHolidays
from funnelsim.fitting.trend.structural import STEADY, Level
from funnelsim.fitting.workload.fit import Work
from funnelsim.history.files.events import History


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """All estimates of a fit.

    Attributes
    ----------
    whole, stages : dict of str to StageFit or None
        Fits to the whole history, and with exponential weights where these predict better.
    current_levels : dict of str to Present
        Seasonality and current level of each stage with exits.
    planned : dict of str to PlannedFit
        Stages where the planned close predicts better than age.
    work : Work or None
        Roles and efforts, where the history has task data; `history` then holds dwells without wait and work.
    holidays : PublicHolidays or None
        Where a country is named.
    """

    history: History
    since: dt.datetime | None
    samples: dict[str, StageSample]
    whole: dict[str, StageFit | None]
    stages: dict[str, StageFit | None]
    current_levels: dict[str, CurrentLevel]
    planned: dict[str, PlannedFit]
    keys: SourceKeys
    sources: tuple[SourceFit, ...]
    listed_factor: Distribution | None
    placeholders: int
    leads_until: dt.datetime
    work: Work | None = None
    holidays: PublicHolidays | None = None

    @property
    def now(self) -> dict[str, StageFit | None]:
        """The stages at their current level."""
        return {
            key: self.current_levels[key].apply_to(fit)
            if fit is not None and key in self.current_levels
            else fit
            for key, fit in self.stages.items()
        }

    @property
    def amount_level(self) -> Level:
        """Level of won amounts over that of the whole history; the same for all sources."""
        return self.sources[0].amount_level if self.sources else STEADY
