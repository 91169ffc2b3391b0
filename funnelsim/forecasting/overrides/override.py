"""What a person says about one open deal, instead of what the model says."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One person's judgement of one open deal; what is None stays as the model has it.

    Attributes
    ----------
    deal : str
        Its id in the pipeline.
    probability : float or None
        Chance that it is won: on the day of `close` if that is given, else ever.
    close : date or None
        The day on which it closes if it is won.
    amount : float or None
        What it is won at, in the model's currency.
    exclude : bool
        It is not won at all; nothing else is given.
    reason, who : str
        For the record.
    """

    deal: str
    probability: float | None = None
    close: dt.date | None = None
    amount: float | None = None
    exclude: bool = False
    reason: str = ""
    who: str = ""

    @property
    def is_about_later_wins(self) -> bool:
        """Whether it says how often or when the deal is won, which the model says of all time too."""
        return not self.exclude and (self.probability is not None or self.close is not None)

    @property
    def needs_later_wins(self) -> bool:
        """Whether it takes some of the model's wins of all time: what they bring, when, or how often."""
        return self.is_about_later_wins and None in (self.probability, self.close, self.amount)
