"""A forecast by rep, team, segment, source or product, in words: rows of a table and how it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.forecast import ForecastDocument, ForecastGroup, ForecastPeriod
from funnelsim.documents.shared import Summary
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import Scale, quota_money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, count_span

#: Groups shown by name; the others are one row.
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One row of the table; cells that do not apply are empty."""

    name: str
    booked: str
    open_pipeline: str
    still_to_come: str
    mean: str
    span: str
    quota: str
    chance: str


def largest_first(period: ForecastPeriod) -> list[ForecastGroup]:
    """The groups by their mean bookings, or wins where nothing is booked in money."""

    def size(group: ForecastGroup) -> tuple[float, float, str]:
        return -(group.bookings.mean or 0.0), -(group.wins.mean or 0.0), group.name

    return sorted(period.groups, key=size)


def shown_groups(period: ForecastPeriod, most: int = MOST_GROUPS) -> tuple[list[ForecastGroup], int]:
    """The groups shown by name, and how many are left: never one, which would take as much room."""
    ordered = largest_first(period)
    return (ordered, 0) if len(ordered) <= most + 1 else (ordered[:most], len(ordered) - most)


def group_scale(document: ForecastDocument, period: ForecastPeriod) -> Scale:
    means = [group.bookings.p90 for group in period.groups]
    return table_scale([period.bookings.mean, *means], document.currency)


def group_rows(document: ForecastDocument, period: ForecastPeriod) -> list[GroupRow]:
    """A row for each of the largest groups, one for the others, and the total."""
    if period.without_money:
        return _rows_of_wins(period)
    scale = group_scale(document, period)
    shown, others = shown_groups(period)
    rows = [_row(group, scale) for group in shown]
    if others:
        rest = largest_first(period)[len(shown) :]
        rows.append(_row_of_others(rest, scale))
    means = period.bookings_parts.means
    total = GroupRow(
        name="total",
        booked=scale.number(means[0]),
        open_pipeline=scale.number(means[1]),
        still_to_come=scale.number(means[2] + means[3]),
        mean=scale.number(period.bookings.mean),
        span=_span(period.bookings, scale),
        quota="" if period.quota is None else scale.number(period.quota),
        chance="" if period.quota is None else chance(period.attainment_probability),
    )
    return [*rows, total]


def _row(group: ForecastGroup, scale: Scale) -> GroupRow:
    return GroupRow(
        name=plain(group.name),
        booked=scale.number(group.booked),
        open_pipeline=scale.number(group.open_pipeline),
        still_to_come=scale.number(group.still_to_come + group.expansion),
        mean=scale.number(group.bookings.mean),
        span=_span(group.bookings, scale),
        quota="" if group.quota is None else scale.number(group.quota),
        chance="" if group.quota is None else chance(group.attainment_probability),
    )


def _row_of_others(groups: Sequence[ForecastGroup], scale: Scale) -> GroupRow:
    quotas = [group.quota for group in groups if group.quota is not None]
    return GroupRow(
        name=f"{len(groups)} others",
        booked=scale.number(sum(group.booked for group in groups)),
        open_pipeline=scale.number(sum(group.open_pipeline for group in groups)),
        still_to_come=scale.number(sum(group.still_to_come + group.expansion for group in groups)),
        mean=scale.number(sum(group.bookings.mean or 0.0 for group in groups)),
        span="",
        quota=scale.number(sum(quotas)) if quotas else "",
        chance="",
    )


def _span(summary: Summary, scale: Scale) -> str:
    return f"{scale.number(summary.p10)} to {scale.number(summary.p90)}"


def _rows_of_wins(period: ForecastPeriod) -> list[GroupRow]:
    """Without amounts: deals won so far, in all, and their range."""

    def row(name: str, won: float, wins: Summary) -> GroupRow:
        middle = count_span(wins.p10, wins.p90)
        return GroupRow(
            name=name,
            booked=count(won),
            open_pipeline="",
            still_to_come="",
            mean=count(wins.mean),
            span=middle,
            quota="",
            chance="",
        )

    shown, others = shown_groups(period)
    rows = [row(plain(group.name), group.booked_deals, group.wins) for group in shown]
    if others:
        rest = largest_first(period)[len(shown) :]
        won, mean = sum(g.booked_deals for g in rest), sum(g.wins.mean or 0.0 for g in rest)
        rows.append(row(f"{others} others", won, Summary(mean=mean)))
    rows.append(row("total", period.counts.booked_deals or 0, period.wins or Summary()))
    return rows


def group_notes(document: ForecastDocument, period: ForecastPeriod) -> list[str]:
    """Why the ranges do not add up, how new business is split, and what the quotas come to."""
    found = [
        "The means add up to the total; the ranges do not, because groups seldom do well or badly together."
    ]
    split = document.split
    if split is not None and not split.simulated:
        noun = plural_noun(document.noun)
        since = f" (since {date_words(split.since)})" if split.since else ""
        found.append(
            f"Still to come is shared out like the {split.newest:,} newest {noun}{since}, weighted by the "
            f"win rate and deal size of each {document.by}; with few {noun}, these are kept near the average."
        )
    quotas = [group.quota for group in period.groups if group.quota is not None]
    if quotas and period.quota is not None and abs(sum(quotas) - period.quota) > 0.005 * period.quota:
        together = quota_money(sum(quotas), document.currency)
        found.append(f"Together the {document.by}s have a quota of {together}.")
    return found
