"""How a sales process runs against how it is meant: the part of ``map --against`` of the document."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from funnelsim.documents.record import Known, KnownProbability, Record

#: The kinds of drift, which ``--fail-on`` names.
Rule = Literal["unknown_moves", "unknown_stages", "skipped", "time", "conversion", "unused"]


class Affected(Record):
    """Leads that something holds for.

    Attributes
    ----------
    leads, open : int
        Different leads, and those of them still open.
    share : float or None
        Of all leads that could have shown it.
    money, open_money : float or None
        Sum of their known amounts; of those still open. None where no amount is known.
    deals : tuple of str
        Ids, open ones first, then the largest amounts; at most 100.
    """

    leads: int = 0
    open: int = 0
    share: KnownProbability = None
    money: Known = None
    open_money: Known = None
    deals: tuple[str, ...] = ()


class UnknownMove(Affected):
    """A move that the model does not have.

    Attributes
    ----------
    origin, to : str
        As in the history; ``(start)`` for the entry of new leads.
    n : int
        How often.
    skips : tuple of str
        Stages of the model that every way from `origin` to `to` passes.
    """

    model_config = ConfigDict(populate_by_name=True)

    origin: str = Field(alias="from")
    to: str
    n: int = 0
    skips: tuple[str, ...] = ()


class StageDrift(Affected):
    """A stage that leads skip, or that the model lacks."""

    stage: str


class LateStage(Affected):
    """A stage with a target for the time in it; `Affected` are the leads over it.

    Attributes
    ----------
    target_days : float
    visits, over : int
        Visits that ended or are already over the target; and those over it.
    over_share : float or None
    median_days : float or None
        Of the visits that ended.
    undecided : int
        Open visits that are still within the target: left out.
    """

    stage: str
    target_days: float
    visits: int = 0
    over: int = 0
    over_share: KnownProbability = None
    median_days: Known = None
    undecided: int = 0


class StageConversion(Affected):
    """A stage with a target for its conversion; `Affected` are the leads that left it without going on, and
    those in it now.

    Attributes
    ----------
    ended, went_on : int
        Visits that ended; those that went on to a later stage of the map or to the win.
    conversion, low, high : float or None
        With its interval.
    missing : float or None
        Visits that would have had to go on to reach the target; 0 where it is reached.
    missing_money : float or None
        So many times the mean amount of the leads that did not go on.
    clear : bool
        Whether the interval lies below the target.
    """

    stage: str
    target: float
    ended: int = 0
    went_on: int = 0
    conversion: KnownProbability = None
    low: KnownProbability = None
    high: KnownProbability = None
    missing: Known = None
    missing_money: Known = None
    clear: bool = False


class Split(Affected):
    """Leads of one department or rep that left the map: made a move that it does not have.

    Attributes
    ----------
    of : int
        Leads that the department or rep had.
    low, high : float or None
        Interval of the share.
    late : int
        Leads over a target for the time in a stage.
    """

    kind: Literal["department", "rep"]
    key: str
    of: int = 0
    low: KnownProbability = None
    high: KnownProbability = None
    late: int = 0


class Drift(Record):
    """A rule of ``--fail-on`` that the history breaks.

    Attributes
    ----------
    found, allowed : float
        Shares; of a rule ``conversion`` how far below the target.
    at : str
        The stage, where the rule holds for each stage.
    """

    rule: Rule
    found: float
    allowed: float
    at: str = ""


class Conformance(Record):
    """How a history follows the map of a model.

    Attributes
    ----------
    model : str
        Its name, or the file's.
    leads, followed : int
        All leads, and those whose every move so far the model has.
    followed_share : float or None
    stages : dict of str to str
        Stage of the history to the stage of the model that it was matched with.
    departments : dict of str to str
        Department of each stage of the history that has one.
    level : float
        Of all intervals.
    moves : tuple of UnknownMove
        The most frequent first.
    unknown : Affected
        Leads with at least one such move.
    skipped : tuple of StageDrift
        Stages that leads passed over although every way of the model goes through them.
    skipping : Affected
        Leads that skipped at least one stage.
    new_stages : tuple of StageDrift
        Stages of the history that the model lacks.
    unused : tuple of str
        Stages of the model that no lead ever entered.
    model_stages : int
    time_targets, conversion_targets : int
        Stages of the model with such a target.
    """

    model: str = ""
    leads: int = 0
    followed: int = 0
    followed_share: KnownProbability = None
    level: float = 0.9
    stages: dict[str, str] = Field(default_factory=dict)
    departments: dict[str, str] = Field(default_factory=dict)
    model_stage_names: dict[str, str] = Field(default_factory=dict)
    moves: tuple[UnknownMove, ...] = ()
    unknown: Affected = Affected()
    skipped: tuple[StageDrift, ...] = ()
    skipping: Affected = Affected()
    new_stages: tuple[StageDrift, ...] = ()
    unused: tuple[str, ...] = ()
    model_stages: int = 0
    time_targets: int = 0
    conversion_targets: int = 0
    late: tuple[LateStage, ...] = ()
    conversions: tuple[StageConversion, ...] = ()
    splits: tuple[Split, ...] = ()
    drifts: tuple[Drift, ...] = ()
