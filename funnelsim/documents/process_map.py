"""The document of ``funnelsim map``: a sales process as it is meant, or as it really runs."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import ConfigDict, Field

from funnelsim.documents.map_conformance import Conformance
from funnelsim.documents.map_insights import Insights
from funnelsim.documents.record import Known, KnownProbability, Record
from funnelsim.documents.shared import Titled

#: Where the first move of a lead comes from. A stage may be called "start"; no key has brackets.
START = "(start)"
MoveKind = Literal["start", "forward", "skip", "back", "repeat", "won", "lost", "ended"]


class MapStage(Record):
    """One stage: what is meant to happen in it, and what did.

    Attributes
    ----------
    stage : str
        Its key; the name is in the document's ``stage_names``.
    department, phase, owner : str
        Who is responsible, and the phase of the buyer's journey.
    parent : str
        The group that this is a sub-stage of.
    entered, leads : float or None
        Visits, and different leads; of a model expected numbers per 100 new leads.
    open : float or None
        Leads in the stage now.
    won, lost : float or None
        Visits that ended in a win, and in another outcome.
    conversion : float or None
        Of the visits that ended, the share that went on to a later stage or to the win.
    median_days, p80_days : float or None
        Time in the stage, open visits counted as still open; None where too few have ended to know.
    target_days, target_conversion : float or None
        As the model has them.
    """

    stage: str
    department: str = ""
    owner: str = ""
    phase: str = ""
    involves: tuple[str, ...] = ()
    entry: str = ""
    activities: str = ""
    checklist: tuple[str, ...] = ()
    buyer_needs: str = ""
    parent: str = ""
    target_days: Known = None
    target_conversion: KnownProbability = None
    entered: Known = None
    leads: Known = None
    open: Known = None
    won: Known = None
    lost: Known = None
    conversion: KnownProbability = None
    median_days: Known = None
    p80_days: Known = None


class Move(Record):
    """Moves from one stage to another or to an outcome.

    Attributes
    ----------
    origin : str
        ``from`` in JSON; `START` for the entry of new leads.
    to : str
        A stage or an outcome.
    kind : str
        ``forward`` to the next stage of the map, ``skip`` over stages, ``back``, ``repeat`` of the same
        stage, ``won``, ``lost``, ``ended`` in another outcome, ``start``.
    n, leads : float
        How often, and by how many different leads; of a model expected numbers per 100 new leads.
    share : float
        Of the visits of `origin` that ended.
    median_days : float or None
        Time in `origin` before this move.
    meant : bool or None
        Whether the model of ``--against`` has this move; None without one.
    name : str
        The exit's name in a model, where it differs from its target.
    no : str
        What a "no" leads to: ``now``, ``later``, ``never``; else empty.
    """

    model_config = ConfigDict(populate_by_name=True)

    origin: str = Field(alias="from")
    to: str
    kind: MoveKind
    n: Known = None
    leads: Known = None
    share: KnownProbability = None
    median_days: Known = None
    meant: bool | None = None
    name: str = ""
    no: str = ""


class Hidden(Record):
    """Rare moves that the map leaves out."""

    moves: int = 0
    leads: Known = None
    min_share: KnownProbability = None


class Variant(Record):
    """One path that ended leads have taken.

    Attributes
    ----------
    path : tuple of str
        Stages in order, each visit one of them.
    n, share : float
        Ended leads that took it, and their share of all ended leads.
    median_days : float
        From creation to the end.
    won, win_rate, win_rate_low, win_rate_high : float or None
        Wins, their share and its 90 % interval.
    mean_amount : float or None
        Of the wins.
    """

    path: tuple[str, ...]
    n: Known = None
    share: KnownProbability = None
    median_days: Known = None
    won: Known = None
    win_rate: KnownProbability = None
    win_rate_low: KnownProbability = None
    win_rate_high: KnownProbability = None
    mean_amount: Known = None


class MapDocument(Titled):
    """The result of ``map``.

    Attributes
    ----------
    of : {"history", "model"}
    outcomes : tuple of str
        Keys of all outcomes that occur, ``won`` first.
    outcome_names : dict of str to str
    leads : float or None
        Leads in the map after all filters; of a model 100.
    filters : dict of str to str
        ``segment``, ``source``, ``rep``, ``team``, ``period``: those that were given.
    won, churned, ended, open : float or None
        Leads by what became of them: won, churned, ended in another outcome, open at the end; of a model
        only those won.
    median_days_to_win : float or None
        From creation to the win, over the wins.
    variants, variants_in_all
        The most frequent paths of ended leads, and how many different paths there are.
    insights : Insights or None
        What a history says beyond counting.
    conformance : Conformance or None
        How it follows the model of ``--against``.
    """

    of: Literal["history", "model"] = "history"
    start: dt.date | None = None
    end: dt.date | None = None
    filters: dict[str, str] = Field(default_factory=dict)
    leads: Known = None
    outcomes: tuple[str, ...] = ()
    outcome_names: dict[str, str] = Field(default_factory=dict)
    stages: tuple[MapStage, ...] = ()
    moves: tuple[Move, ...] = ()
    hidden: Hidden = Hidden()
    won: Known = None
    churned: Known = None
    ended: Known = None
    open: Known = None
    median_days_to_win: Known = None
    variants: tuple[Variant, ...] = ()
    variants_in_all: int = 0
    insights: Insights | None = None
    conformance: Conformance | None = None

    last = ("assumptions", "warnings")

    def outcome_name(self, key: str) -> str:
        return self.outcome_names.get(key) or key.replace("_", " ")
