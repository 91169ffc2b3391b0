"""All insights of a history: recent wins, fast wins, outliers, noes before a yes, what precedes a win."""

from __future__ import annotations

from funnelsim.documents.map_insights import Insights
from funnelsim.history.files.events import History
from funnelsim.processmap.insights.fast_wins import fast_wins
from funnelsim.processmap.insights.last_wins import last_wins
from funnelsim.processmap.insights.noes import noes_before_yes
from funnelsim.processmap.insights.outliers import outliers
from funnelsim.processmap.insights.precedents import precedents
from funnelsim.processmap.journeys import journeys_of
from funnelsim.processmap.proportions import FALSE_DISCOVERIES, FEWEST, LEVEL

#: So many of the last wins are compared with those before.
LAST_WON = 50


def insights_of(history: History, *, last_won: int = LAST_WON, only_last_won: bool = False) -> Insights:
    """What a history says beyond counting.

    Parameters
    ----------
    history : History
    last_won : int, default 50
        How many of the last won deals are compared with those before.
    only_last_won : bool, default False
        Leave out all else.

    Returns
    -------
    Insights
        With empty lists where the history has too few deals to say anything.
    """
    journeys = journeys_of(history)
    found = Insights(
        level=LEVEL,
        false_discoveries=FALSE_DISCOVERIES,
        fewest=FEWEST,
        last_wins=last_wins(journeys, last_won),
    )
    if only_last_won:
        return found
    return found.model_copy(
        update={
            "fast_wins": fast_wins(journeys),
            "outliers": outliers(journeys),
            "noes": noes_before_yes(journeys),
            "precedents": precedents(journeys),
        }
    )
