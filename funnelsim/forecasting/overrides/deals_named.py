"""Which open deal a line of a file means, or why it means none."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import FunnelSimError, did_you_mean
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel

_MOST_COMPARED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDeals:
    """The deals of a funnel by id and name.

    Attributes
    ----------
    listed : dict of str to float or None
        Id of each deal that can still be won -> its listed amount.
    by_name : dict of str to str
        Name -> id, for names that one open deal has alone.
    same_name : dict of str to tuple of str
        Other names -> ids of the open deals that have it.
    booked : frozenset of str
        Ids of open deals that have been won before.
    closed : dict of str to str
        Id of each other deal -> what became of it.
    """

    noun: str
    listed: dict[str, float | None]
    by_name: dict[str, str]
    same_name: dict[str, tuple[str, ...]]
    booked: frozenset[str]
    closed: dict[str, str]

    @classmethod
    def of(cls, funnel: Funnel, history: History | None) -> KnownDeals:
        """Raises FunnelSimError if the model has no open deals."""
        pipeline, noun = funnel.pipeline, funnel.model.noun
        if pipeline is None or pipeline.height == 0:
            raise FunnelSimError(
                f"there is no open {noun} to override: the model has no pipeline; fit a history"
            )
        to_win = pipeline.filter(~pl.col("won_before"))
        same_name: dict[str, list[str]] = {}
        for name, lead in to_win.select("name", "lead").drop_nulls().iter_rows():
            same_name.setdefault(name, []).append(lead)
        return cls(
            noun=noun,
            listed=dict(to_win.select("lead", "amount").iter_rows()),
            by_name={name: leads[0] for name, leads in same_name.items() if len(leads) == 1},
            same_name={name: tuple(leads) for name, leads in same_name.items() if len(leads) > 1},
            booked=frozenset(pipeline.filter("won_before")["lead"]),
            closed={} if history is None else dict(_closed(history)),
        )

    def id_of(self, written: str) -> str | None:
        """The id of the deal that is meant; None if there is none that can still be won."""
        # Tables for spreadsheets have an apostrophe before what these would read as a formula.
        for text in (written, written.removeprefix("'")):
            if text in self.listed:
                return text
            if text in self.by_name:
                return self.by_name[text]
        return None

    def why_not(self, written: str) -> tuple[str, str]:
        """Why this names no deal that can be overridden, and a hint."""
        if written in self.booked:
            return f'"{written}" has been won already and is in what is booked', ""
        if written in self.closed:
            return f'"{written}" is no longer open: {self.closed[written]}', ""
        if len(ids := self.same_name.get(written, ())) > 1:
            return f'there is no open {self.noun} "{written[:80]}"', (
                f"{len(ids)} have this name, so give the id: {', '.join(ids[:5])}"
            )
        candidates = [*self.listed, *self.by_name][:_MOST_COMPARED]
        return f'there is no open {self.noun} "{written[:80]}"', did_you_mean(written, candidates)


def _closed(history: History) -> list[tuple[str, str]]:
    closed = history.deals.filter(pl.col("outcome").is_not_null()).select("deal", "outcome", "closed")
    return [(deal, f"{outcome} on {date_text(at)}") for deal, outcome, at in closed.iter_rows()]
