"""Groups of leads that the fit has found to move more or less often, and what closing a gap would change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from funnelsim.core.errors import ChangeError
from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text
from funnelsim.documents.fit_drivers import FitDriver, FitDrivers, FitLevel
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.experiments.friction.ways_on import path_to
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.files.sidecars import report_beside
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes

#: The strongest gaps, of all and of one covariate in one stage; each costs a run.
MOST_GAPS, _MOST_OF_ONE = 8, 3
_MOST_BYTES = 64 * MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One group that moves more or less often, and the change that would close the gap.

    Attributes
    ----------
    driver, level : FitDriver, FitLevel
        The move and the group.
    share : float
        Of the leads that belong to the group.
    chance, closed : float
        Probability of the move over all leads: now, and with the gap closed.
    raised : {"others", "group"}
        Which leads would change.
    change : SetValue
    """

    driver: FitDriver
    level: FitLevel
    share: float
    chance: float
    closed: float
    raised: str
    change: SetValue


def gaps_of(funnel: Funnel, stages: Collection[str] = ()) -> tuple[list[Gap], str]:
    """The strongest gaps of the fit that made a model; or none, and why."""
    found, why = _fitted(funnel)
    if found is None:
        return [], why
    if not found.found:
        return [], "the data name no source, rep, account or amount that could be tested"
    gaps = []
    for driver in found.found:
        if driver.kind in ("trigger", "friction") and (not stages or driver.stage in stages):
            gaps += [
                gap for level in driver.levels if level.clear for gap in _gap(funnel.model, driver, level)
            ]
    gaps.sort(key=lambda gap: -abs(gap.closed - gap.chance))
    gaps = [gap for k, gap in enumerate(gaps) if _alike(gap, gaps[:k]) < _MOST_OF_ONE]
    if not gaps:
        return [], "no source, segment, rep or amount makes a measurable difference in your data"
    return gaps[:MOST_GAPS], ""


def closed_chance(p: float, driver: FitDriver, level: FitLevel) -> tuple[float, float, str]:
    """The probability of a move over all leads if the lesser group did as well as the other.

    A group's ratio compares hazards. If its other ways out keep their pace, its probability is
    ``r p / (1 + (r - 1) p)``; the groups' probabilities are then scaled so that their mean, weighted by
    their shares of the leads, is `p`. If the group of `level` does better than the mean, all others are
    raised to it; if it does worse, it is raised to the mean of the others. Better is more often for a move
    ahead, and less often for a loss.

    Returns
    -------
    closed, share, raised
        The probability, the share of the leads in the group, and which leads would change.
    """
    leads = [float(one.deals or 0) for one in driver.levels]
    total = sum(leads)
    shares = [n / total for n in leads]
    chances = [one.ratio * p / (1 + (one.ratio - 1) * p) for one in driver.levels]
    mean = sum(w * c for w, c in zip(shares, chances, strict=True))
    place = driver.levels.index(level)
    own, share = chances[place] / mean * p, shares[place]
    others = (p - share * own) / (1 - share) if share < 1 else own
    ahead = driver.kind != "friction"
    if (own > others) == ahead:
        return min(own, 1.0), share, "others"
    return min(others, 1.0), share, "group"


def _alike(gap: Gap, others: Sequence[Gap]) -> int:
    """How many others are of the same covariate and stage."""
    own = gap.driver
    return sum((one.driver.covariate, one.driver.stage) == (own.covariate, own.stage) for one in others)


def _gap(model: Model, driver: FitDriver, level: FitLevel) -> Iterator[Gap]:
    stage = model.stages.get(driver.stage)
    if stage is None or not any(one.deals for one in driver.levels):
        return
    p = sum(e.p for e in stage.exits.values() if e.to == driver.to)
    if not 0 < p < 1:
        return
    closed, share, raised = closed_chance(p, driver, level)
    path = path_to(stage.exits, driver.to, f"stages.{driver.stage}")
    change = SetValue(path=path, by=f"x{closed / p:.6g}")
    try:
        check_changes([change], model, "friction")
    except ChangeError:
        return
    yield Gap(driver=driver, level=level, share=share, chance=p, closed=closed, raised=raised, change=change)


def _fitted(funnel: Funnel) -> tuple[FitDrivers | None, str]:
    """The effects that stand in the report beside a model; None, and why, where there are none."""
    by_hand = "the model has no fit report beside it; funnelsim fit writes one"
    if funnel.path is None:
        return None, by_hand
    path = report_beside(funnel.path)
    try:
        report: Any = json.loads(read_text(path, most_bytes=_MOST_BYTES))
    except UnreadableError as error:
        return None, by_hand if error.missing else f"{path.name} {error}"
    except (ValueError, RecursionError):
        return None, f"{path.name} is not JSON"
    found = report.get("drivers") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return None, "the fit has not looked for differences between sources, reps or amounts"
    if report.get("start") != funnel.model.start.isoformat():
        return None, f"{path.name} is from another fit"
    try:
        return read_as(FitDrivers, found, path.name), ""
    except DocumentError as error:
        return None, str(error)
