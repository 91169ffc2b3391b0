"""The document of ``funnelsim playbook``: a sales process as people work by it."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Record
from funnelsim.documents.shared import Titled


class Branch(Record):
    """A way out of a stage.

    Attributes
    ----------
    to : str
        A stage, an outcome, or ``never``.
    kind : {"on", "back", "won", "no", "gives_up"}
        ``on`` to a later stage; ``no`` to an outcome that books nothing; ``gives_up`` of leads that wait too
        long for a rep, whose share no model tells without a simulation.
    share : float or None
        Of all visits that end; exits of a fit to the same place are added up.
    median_days, p90_days : float or None
        Time in the stage before this way out.
    no : str
        What a "no" leads to: ``now`` the end, ``later`` another attempt, ``never`` no further contact; empty
        if this is a "yes".
    """

    to: str
    kind: str
    share: KnownProbability = None
    median_days: Known = None
    p90_days: Known = None
    no: str = ""


class Work(Record):
    """A task of a visit: who does it, and mean working hours."""

    role: str
    hours: Known = None


class Card(Record):
    """One stage on one card.

    Attributes
    ----------
    parent : str
        The stage or group that it belongs to.
    sub_stages : tuple of str
    visits_per_100 : float or None
        Expected visits of 100 new leads.
    mean_days : float or None
        Mean time of a visit that ends, without work and waiting for a rep.
    onwards : float or None
        Conversion, as `MapStage` has it: what `target_conversion` is compared with.
    """

    stage: str
    department: str = ""
    owner: str = ""
    phase: str = ""
    involves: tuple[str, ...] = ()
    parent: str = ""
    sub_stages: tuple[str, ...] = ()
    entry: str = ""
    activities: str = ""
    checklist: tuple[str, ...] = ()
    buyer_needs: str = ""
    branches: tuple[Branch, ...] = ()
    work: tuple[Work, ...] = ()
    touches: Known = None
    target_days: Known = None
    target_conversion: KnownProbability = None
    visits_per_100: Known = None
    mean_days: Known = None
    onwards: KnownProbability = None


class HandOver(Record):
    """A move from one department to another."""

    origin: str
    to: str
    giver: str
    taker: str
    share: KnownProbability = None
    done: tuple[str, ...] = ()
    entry: str = ""


class Department(Record):
    """A department with its stages; an empty name stands for the stages without one."""

    name: str
    stages: tuple[str, ...]
    gives: tuple[HandOver, ...] = ()
    takes: tuple[HandOver, ...] = ()


class Lack(Record):
    """What one rule of the lint objects to.

    Attributes
    ----------
    rule : str
        Its id.
    words, mend : str
        What is missing, where, and what to write.
    paths : tuple of str
        In the model file.
    """

    rule: str
    words: str
    mend: str
    paths: tuple[str, ...] = ()


class PlaybookDocument(Titled):
    """The result of ``playbook``.

    Attributes
    ----------
    owner : str
        Of the map.
    reviewed, review_due : date or None
    overdue_days : int or None
        Days since the review was due, if it was.
    described : bool
        Whether the map has any texts.
    wins_per_100 : float or None
        Expected wins of 100 new leads.
    """

    owner: str = ""
    reviewed: dt.date | None = None
    review_due: dt.date | None = None
    overdue_days: int | None = None
    described: bool = False
    wins_per_100: Known = None
    outcome_names: dict[str, str] = Field(default_factory=dict)
    cards: tuple[Card, ...] = ()
    departments: tuple[Department, ...] = ()
    lacks: tuple[Lack, ...] = ()

    def place_name(self, key: str) -> str:
        """The name of a stage, an outcome or a group of stages."""
        return self.stage_names.get(key) or self.outcome_names.get(key) or key.replace("_", " ")
