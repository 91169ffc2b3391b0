"""What a process map says beyond counting: recent wins, fast wins, outliers, and what precedes a win."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Probability, Record

Step = Literal["without", "visited", "repeated", "source", "segment", "owner", "account", "amount"]
OutlierKind = Literal["open_long", "loops", "fast_large", "silence", "returned"]


class Interval(Record):
    """An estimate with its interval; None where there is nothing to estimate it from."""

    value: Known = None
    low: Known = None
    high: Known = None


class Contrast(Record):
    """A share in one group of deals against the share in another.

    Attributes
    ----------
    kind, key : str
        What is compared: ``without`` a stage, a stage ``visited`` or ``repeated``, or a property of deals
        such as ``source`` and its value.
    n, of : int
        Deals of the first group that have it, out of those of which it is known.
    other_n, other_of : int
        The same of the second group.
    share, other_share : Interval
    difference : Interval
        In share, first minus second (Newcombe's interval).
    ratio : Interval
        First share over second; None where the second is 0.
    p_value, q_value : float or None
        Of Fisher's exact test, and adjusted for the number of comparisons (Benjamini and Hochberg).
    clear : bool
        Whether the adjusted value is at most the stated share of false discoveries.
    """

    kind: Step
    key: str
    n: int = 0
    of: int = 0
    other_n: int = 0
    other_of: int = 0
    share: Interval = Interval()
    other_share: Interval = Interval()
    difference: Interval = Interval()
    ratio: Interval = Interval()
    p_value: KnownProbability = None
    q_value: KnownProbability = None
    clear: bool = False


class WonDeal(Record):
    """One won deal and its path.

    Attributes
    ----------
    days : float
        From creation to the win.
    path : tuple of str
        Stages in order, repeats included.
    without : tuple of str
        Stages that it never visited.
    repeated : tuple of str
        Stages that it visited more than once.
    """

    deal: str
    account: str = ""
    name: str = ""
    closed: dt.date | None = None
    amount: Known = None
    days: Known = None
    path: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class PathShare(Record):
    """A path, and how many deals took exactly this one: of the last wins, and of those before."""

    path: tuple[str, ...]
    n: int
    share: Probability
    before: int = 0
    before_share: KnownProbability = None


class Wins(Record):
    """A group of won deals in numbers: medians with their intervals.

    The time to win of the wins before the last ones is that of deals that closed late enough for slow ones to
    be among them; None where fewer than ten did.
    """

    n: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    days: Interval = Interval()
    amount: Interval = Interval()
    total: Known = None


class LastWins(Record):
    """The last wins against all wins before them.

    Attributes
    ----------
    asked : int
        How many were asked for; there may be fewer.
    steps : tuple of Contrast
        Stages left out and repeated: the last wins first, those before second.
    deals : tuple of WonDeal
        Newest first.
    """

    asked: int
    wins: Wins = Wins()
    before: Wins = Wins()
    paths: tuple[PathShare, ...] = ()
    steps: tuple[Contrast, ...] = ()
    deals: tuple[WonDeal, ...] = ()


class FastWins(Record):
    """What the fastest quarter of wins has in common.

    Attributes
    ----------
    n, others : int
        Fast wins, and the wins that they are compared with.
    at_most_days : float or None
        A fast win took so long or less.
    left_out : int
        Wins of deals that are too young to have a slow win yet, or older than the records.
    traits : tuple of Contrast
        Clear ones first; of those the largest difference first.
    too_small : int
        Comparisons left out because a group has fewer than `fewest` deals.
    deals : tuple of str
        The fast wins, fastest first; at most 100.
    """

    n: int = 0
    others: int = 0
    at_most_days: Known = None
    days: Interval = Interval()
    other_days: Interval = Interval()
    left_out: int = 0
    traits: tuple[Contrast, ...] = ()
    too_small: int = 0
    deals: tuple[str, ...] = ()


class Reason(Record):
    """Why a deal is worth reading.

    Attributes
    ----------
    value : float
        Days open, loops, days to win, days of silence, days away, by `kind`.
    usual : float
        What nearly all others stay within, in the same unit.
    stage : str
        Where it loops, was silent, or returned to.
    usual_amount : float or None
        Of a kind ``fast_large``: nine of ten wins were smaller.
    """

    kind: OutlierKind
    value: float
    usual: float
    stage: str = ""
    usual_amount: Known = None


class Outlier(Record):
    """A deal worth reading."""

    deal: str
    account: str = ""
    name: str = ""
    owner: str = ""
    outcome: str = ""
    amount: Known = None
    reasons: tuple[Reason, ...] = ()


class NoCount(Record):
    """Won deals that said no so many times before they said yes.

    Attributes
    ----------
    noes : int
        The last row stands for so many or more.
    or_more : bool
    share : Interval
        Of all won deals.
    amount, median_amount : float or None
        The sum, and the median, of the known amounts.
    """

    noes: int
    or_more: bool = False
    n: int = 0
    share: Interval = Interval()
    amount: Known = None
    median_amount: Known = None
    median_days: Known = None


class Noes(Record):
    """How often won deals had said no before.

    Attributes
    ----------
    back, parked, reopened : int
        Won deals that moved back to an earlier stage, were parked, or had ended and went on.
    parked_stages : tuple of str
        Stages that count as parked, by their names.
    """

    wins: int = 0
    counts: tuple[NoCount, ...] = ()
    back: int = 0
    parked: int = 0
    reopened: int = 0
    parked_stages: tuple[str, ...] = ()


class Precedent(Contrast):
    """The win rate of deals with something against that of deals without it.

    Attributes
    ----------
    reached : str
        Among deals that reached this stage and ended; empty: among all deals that ended. A stage counts as
        visited only if that was before this stage was reached first.
    open, other_open : int
        Deals of both groups that are still open, which are left out.
    """

    reached: str = ""
    open: int = 0
    other_open: int = 0


class Precedents(Record):
    """What precedes a win more often than a loss.

    Attributes
    ----------
    found : tuple of Precedent
        The clear ones, largest difference first.
    tested, too_small : int
        Comparisons made, and those left out because a group has fewer than `fewest` deals.
    open : int
        Open deals left out.
    young : int
        Ended deals left out because others that began with them may still be open, or are not recorded.
    refused : dict of str to str
        Properties of deals that would leak the outcome, and why.
    """

    found: tuple[Precedent, ...] = ()
    tested: int = 0
    too_small: int = 0
    open: int = 0
    young: int = 0
    refused: dict[str, str] = Field(default_factory=dict)


class Insights(Record):
    """What the history says beyond counting.

    Attributes
    ----------
    level : float
        Of all intervals.
    false_discoveries : float
        Expected share of chance findings among those called clear, in each list.
    fewest : int
        Smaller groups are not compared.
    """

    level: Probability = 0.9
    false_discoveries: Probability = 0.05
    fewest: int = 10
    last_wins: LastWins | None = None
    fast_wins: FastWins | None = None
    outliers: tuple[Outlier, ...] = ()
    noes: Noes | None = None
    precedents: Precedents | None = None
