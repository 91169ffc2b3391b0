"""The bridge of each group, such as a rep or a source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from funnelsim.core.errors import Problem
from funnelsim.documents.bridge import KINDS, BridgeGroup
from funnelsim.documents.forecast import ForecastDocument, ForecastGroup
from funnelsim.documents.record import DocumentError
from funnelsim.forecasting.bridge.comparable import Named
from funnelsim.forecasting.bridge.deals import DealState, Part

#: What a deal was expected to bring goes from the group that it leaves to the one that it comes to.
REASSIGNED = "reassigned"


def check_groups(before: Named, after: Named, by: str) -> None:
    """Refuse to split by groups that one of the forecasts does not have.

    Raises
    ------
    DocumentError
        Lists the forecasts that were made without them.
    """
    hint = f"forecast with --by {by}, and compare those"
    problems = [
        Problem(
            path=name,
            message=f"was made {f'by {document.by}' if document.by else 'for the whole'}, not by {by}",
            hint=hint,
        )
        for name, document in (before, after)
        if document.by != by
    ]
    if problems:
        raise DocumentError("--by", problems)


def bridge_groups(
    before: ForecastDocument,
    after: ForecastDocument,
    deals: tuple[Mapping[str, DealState], Mapping[str, DealState]],
    parts: Iterable[Part],
    units_per_one: int,
) -> Iterator[BridgeGroup]:
    """For each group its two means and the steps between them, which sum exactly; none without groups.

    A deal counts in its group of today. What no deal explains is of leads still to come, with what a new fit
    changed about them.
    """
    if not before.by or before.by != after.by:
        return
    old, new = (_units(document, units_per_one) for document in (before, after))
    steps = _steps(parts, *deals)
    for name in dict.fromkeys([*old, *new]):
        own = steps[name]
        own["still_to_come"] += new[name] - old[name] - sum(own.values())
        kept = {kind: own[kind] / units_per_one for kind in (*KINDS, REASSIGNED) if own[kind]}
        yield BridgeGroup(
            name=name, from_=old[name] / units_per_one, to=new[name] / units_per_one, steps=kept
        )


def _steps(
    parts: Iterable[Part], old: Mapping[str, DealState], new: Mapping[str, DealState]
) -> dict[str, Counter[str]]:
    """Units by group and kind."""
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        group = _group(part)
        if group is not None:
            steps[group][part.kind] += part.units
    for key in old.keys() & new.keys():
        left, joined = old[key].group, new[key].group
        if left is not None and joined is not None and left != joined:
            steps[left][REASSIGNED] -= old[key].total
            steps[joined][REASSIGNED] += old[key].total
    return steps


def _group(part: Part) -> str | None:
    """Of today, else of before."""
    for state in (part.after, part.before):
        if state is not None and state.group is not None:
            return state.group
    return None


def _units(document: ForecastDocument, units_per_one: int) -> Counter[str]:
    period = document.periods[0]

    def mean(group: ForecastGroup) -> float:
        return (group.wins if period.without_money else group.bookings).mean or 0.0

    return Counter({group.name: round(mean(group) * units_per_one) for group in period.groups})
