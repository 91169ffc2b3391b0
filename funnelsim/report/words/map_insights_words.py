"""What a history says beyond counting, in words: sentences and the rows of tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.map_insights import (
    Contrast,
    FastWins,
    Interval,
    LastWins,
    NoCount,
    Noes,
    Outlier,
    Precedent,
    Precedents,
    Reason,
)
from funnelsim.documents.process_map import MapDocument
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.driver_words import subject_words
from funnelsim.report.words.money import MISSING, Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.process_map_words import path_words
from funnelsim.report.words.quantities import confidence_share, count, days, points, share, time_unit

#: Rows of a table of differences.
MOST_ROWS = 8
#: The last wins that are listed one by one.
MOST_DEALS = 10
NOT_A_CAUSE = "This is not a cause by itself: what goes with it may be the reason."


class Table(NamedTuple):
    """Heads and rows of a table; the columns named in `words` hold text, all others numbers."""

    heads: list[str]
    rows: list[list[str]]
    words: tuple[str, ...] = ()


# The last wins


def last_wins_title(found: LastWins) -> str:
    """``The last 50 wins (1 November 2025 to 7 February 2026) against the 309 before``"""
    wins, before = found.wins, found.before
    span = f" ({span_words(wins.first, wins.last)})" if wins.first and wins.last else ""
    which = f"The last {counted(wins.n, 'win')}" if wins.n != 1 else "The last win"
    return f"{which}{span}" + (f" against the {before.n:,} before" if before.n else "")


def last_wins_sentence(document: MapDocument, found: LastWins) -> str:
    """How long they took, and the clearest change."""
    wins, before = found.wins, found.before
    if not wins.n:
        return f"No {document.noun} has been won."
    took = f"Half of them took {days(wins.days.value)} or less" if wins.days.value is not None else ""
    if took and before.days.value is not None:
        took += f", half of those before {days(before.days.value)}"
    said = [f"{took}."] if took else []
    clear = [step for step in found.steps if step.clear]
    if clear:
        said.append(_changed(document, clear[0]))
    elif before.n and found.steps:
        said.append("The stages that they left out or repeated are much the same.")
    return " ".join(said)


def _changed(document: MapDocument, step: Contrast) -> str:
    return (
        f"{trait_name(document, step)}: {share(step.share.value)} of them, "
        f"{share(step.other_share.value)} of those before."
    )


def last_wins_table(document: MapDocument, found: LastWins) -> Table:
    """Median time and amount, and the most frequent paths: of the last wins, and of those before."""
    wins, before = found.wins, found.before
    unit = time_unit([wins.days.value, before.days.value])
    scale = table_scale([wins.amount.high, before.amount.high], document.currency)
    rows = [[f"{unit.many} to win, median", _span(wins.days, unit.number), _span(before.days, unit.number)]]
    if wins.amount.value is not None:
        head = f"amount, median{_in_unit(scale)}"
        rows.append([head, _span(wins.amount, scale.number), _span(before.amount, scale.number)])
    for path in found.paths:
        shares = [share(path.share), share(path.before_share) if before.n else MISSING]
        rows.append([path_words(document, path.path), *shares])
    for step in (step for step in found.steps if step.clear):
        name = trait_name(document, step)
        rows.append([name, share(step.share.value), share(step.other_share.value)])
    if not before.n:
        return Table([f"[{_level(document)} interval]", "last"], [row[:2] for row in rows])
    return Table([f"[{_level(document)} interval]", "last", "before"], rows)


def last_deals_table(document: MapDocument, found: LastWins) -> Table:
    """The newest of them, each with its path."""
    shown = found.deals[:MOST_DEALS]
    scale = table_scale([one.amount for one in shown], document.currency)
    known = any(one.amount is not None for one in shown)
    rows = []
    for one in shown:
        row = [plain(one.deal), date_words(one.closed, short=True) if one.closed else ""]
        row += [scale.number(one.amount)] if known else []
        rows.append([*row, days(one.days), path_words(document, one.path)])
    heads = [document.noun, "won on", *([f"amount{_in_unit(scale)}".replace(", ", "\n")] if known else [])]
    return Table([*heads, "took", "path"], rows, words=("path",))


def more_deals_words(found: LastWins) -> str:
    """How many are not shown."""
    more = len(found.deals) - MOST_DEALS
    return f"and {more:,} more: --json lists them." if more > 0 else ""


# Fast wins


def fast_wins_sentence(document: MapDocument, found: FastWins) -> str:
    """What counts as fast, and the strongest trait."""
    insights = document.insights
    assert insights is not None
    if not found.n or not found.others:
        return "There are too few wins to compare fast ones with slow ones."
    fast = (
        f"{counted(found.n, 'win')} took at most {days(found.at_most_days)}; "
        f"half of the other {found.others:,} took {days(found.other_days.value)} or more."
    )
    clear = [trait for trait in found.traits if trait.clear]
    if not found.traits:
        return f"{fast} Groups are too small to compare: each needs {insights.fewest} wins."
    if not clear:
        return f"{fast} Nothing sets the fast ones clearly apart."
    best = clear[0]
    name = trait_name(document, best)
    shares = share(best.share.value), share(best.other_share.value)
    return f"{fast} {name}: {shares[0]} of the fast wins, {shares[1]} of the others."


def fast_wins_table(document: MapDocument, found: FastWins) -> Table:
    """The clear traits."""
    rows = [
        [
            trait_name(document, one),
            share(one.share.value),
            share(one.other_share.value),
            points_span(one.difference),
        ]
        for one in found.traits
        if one.clear
    ]
    heads = ["", "fast\nwins", "other\nwins", f"difference\n[{_level(document)} interval]"]
    return Table(heads, rows[:MOST_ROWS])


def trait_name(document: MapDocument, one: Contrast) -> str:
    """``Without Demo``, ``Demo more than once``, ``From Inbound``, ``Rep Ana``, ``Of USD 5,000 to 9,000``."""
    if one.kind in ("without", "visited", "repeated"):
        name = plain(document.stage_name(one.key))
        patterns = {"without": "Without {}", "visited": "{}", "repeated": "{} more than once"}
        return patterns[one.kind].format(name)
    name = plain(one.key)
    if one.kind == "source":
        return f"From {name}"
    if one.kind == "amount":
        under, number = ("under ", name.removeprefix("under ")) if name.startswith("under ") else ("", name)
        return " ".join(part for part in ("Of", under.strip(), document.currency, number) if part)
    return f"{'Rep' if one.kind == 'owner' else one.kind.capitalize()} {name}"


# Outliers


def outlier_table(document: MapDocument, found: tuple[Outlier, ...]) -> Table:
    """Deal, account, amount, and why."""
    scale = outlier_scale(document, found)
    named = any(one.account or one.name for one in found)
    money_known = any(one.amount is not None for one in found)
    rows = []
    for one in found:
        row = [plain(one.deal)]
        if named:
            row.append(_cut(plain(one.account or one.name)))
        if money_known:
            row.append(scale.number(one.amount))
        row.append("; ".join(reason_words(document, reason) for reason in one.reasons))
        rows.append(row)
    heads = [document.noun, *(["account"] if named else [])]
    heads += [f"amount{_in_unit(scale)}".replace(", ", "\n")] if money_known else []
    return Table([*heads, "why"], rows, words=("account", "why"))


def outlier_scale(document: MapDocument, found: tuple[Outlier, ...]) -> Scale:
    return table_scale([one.amount for one in found], document.currency)


def reason_words(document: MapDocument, reason: Reason) -> str:
    """Why a deal is worth reading: ``open for 331 days, longer than 95 of 100 wins took (127 days)``."""
    stage = plain(document.stage_name(reason.stage)) if reason.stage else ""
    long, usual = days(reason.value), days(reason.usual)
    if reason.kind == "open_long":
        return f"open for {long}; 95 of 100 wins took {usual} or less"
    if reason.kind == "fast_large":
        return f"won within {long} and among the largest tenth of wins; 9 of 10 wins took {usual} or more"
    if reason.kind == "silence":
        where = f" in {stage}" if stage else ""
        return f"won after {long} without a record{where}; 95 of 100 wins had {usual} or less"
    if reason.kind == "loops":
        most = f", most often to {stage}" if stage else ""
        return f"came back to a stage {reason.value:.0f} times{most}; 95 of 100 {_times(document, reason)}"
    return f"came back to {stage} after {long}; 95 of 100 returns took {usual} or less"


def _times(document: MapDocument, reason: Reason) -> str:
    often = "once" if reason.usual == 1 else f"{reason.usual:.0f} times"
    return f"{plural_noun(document.noun)} {often} or less"


# Noes before a yes


def noes_sentence(document: MapDocument, found: Noes) -> str:
    """``18 of 359 wins (5.0 %) had said no before; they were worth USD 0.5 million.``"""
    if not found.wins:
        return f"No {document.noun} has been won."
    some = [row for row in found.counts if row.noes]
    n = sum(row.n for row in some)
    if not n:
        return f"None of {counted(found.wins, 'win')} had said no before."
    worth = [row.amount for row in some if row.amount is not None]
    were = f"; together worth {money(sum(worth), document.currency)}" if worth else ""
    return f"{n:,} of {counted(found.wins, 'win')} ({share(n / found.wins)}) had said no before{were}."


def noes_table(document: MapDocument, found: Noes) -> Table:
    """How often, how many wins, their share, what they were worth, and how long they took."""
    scale = table_scale([row.amount for row in found.counts], document.currency)
    known = any(row.amount is not None for row in found.counts)
    unit = time_unit([row.median_days for row in found.counts])
    rows = []
    for row in found.counts:
        cells = [_how_often(row), count(row.n), _span(row.share, share)]
        if known:
            cells.append(scale.number(row.amount))
        rows.append([*cells, unit.number(row.median_days)])
    heads = ["said no", "wins", f"share\n[{_level(document)} interval]"]
    heads += [f"worth{_in_unit(scale)}".replace(", ", "\n")] if known else []
    return Table([*heads, f"{unit.many} to\nwin, median"], rows)


def _how_often(row: NoCount) -> str:
    if row.or_more:
        return f"{row.noes} times or more"
    return ("never", "once", "twice")[row.noes] if row.noes < 3 else f"{row.noes} times"


def noes_note(found: Noes) -> str:
    """What counts as a no."""
    parked = ", ".join(plain(name) for name in found.parked_stages)
    kinds = [
        f"a move back to an earlier stage ({counted(found.back, 'win')})",
        f"an end that did not last ({found.reopened:,})",
    ]
    if parked:
        kinds.insert(1, f"an entry into {parked} ({found.parked:,})")
    return f"The history has no record of a no. Counted as one: {', '.join(kinds[:-1])} and {kinds[-1]}."


# What precedes a win


def precedents_sentence(document: MapDocument, found: Precedents) -> str:
    """``Deals with Demo before Proposal win 24 %, without it 11 %.``"""
    nouns = plural_noun(document.noun)
    if not found.tested:
        return f"There are too few {nouns} that ended to compare win rates."
    if not found.found:
        return f"In {counted(found.tested, 'comparison')} no win rate differs clearly."
    return f"{precedent_words(document, found.found[0])} {NOT_A_CAUSE}"


def precedent_words(document: MapDocument, one: Precedent) -> str:
    """One comparison in a sentence."""
    nouns = plural_noun(document.noun).capitalize()
    with_it, without = share(one.share.value), share(one.other_share.value)
    if one.kind == "visited":
        name, reached = (plain(document.stage_name(key)) for key in (one.key, one.reached))
        return f"{nouns} with {name} before {reached} win {with_it}, without it {without}."
    return f"{subject_words(document, one.kind, one.key)} win {with_it}, all others {without}."


def precedents_table(document: MapDocument, found: Precedents) -> Table:
    """The clear differences."""
    rows = []
    for one in found.found[:MOST_ROWS]:
        name = trait_name(document, one)
        if one.reached:
            name = f"{name} before {plain(document.stage_name(one.reached))}"
        with_it = f"{share(one.share.value)} of {one.of:,}"
        without = f"{share(one.other_share.value)} of {one.other_of:,}"
        rows.append([name, with_it, without, points_span(one.difference)])
    heads = ["", "win rate\nwith it", "win rate\nwithout", f"difference\n[{_level(document)} interval]"]
    return Table(heads, rows)


def precedents_note(document: MapDocument, found: Precedents) -> str:
    """What the comparison leaves out."""
    insights, nouns = document.insights, plural_noun(document.noun)
    assert insights is not None
    text = f"Compared are {nouns} that reached the later stage and have ended. Left out: {found.open:,} open"
    if found.young:
        text += f", and {found.young:,} that began too late, or before closings were recorded, to compare"
    text += "."
    tests = (
        f" Of {counted(found.tested, 'comparison')} these are clear; about "
        f"{confidence_share(insights.false_discoveries)} of such findings are chance."
        if found.found
        else ""
    )
    leaks = {key: why for key, why in found.refused.items() if "leak" in why}
    refused = "".join(f" The {plain(key)} {plain(why)}." for key, why in leaks.items())
    return text + tests + refused


# Shared


def points_span(gap: Interval) -> str:
    """``+13 pp [+9, +17]``"""
    if gap.value is None or gap.low is None or gap.high is None:
        return MISSING
    low, high = (points(end).removesuffix(" pp") for end in (gap.low, gap.high))
    return f"{points(gap.value)} [{low}, {high}]"


def _span(found: Interval, shown: Callable[[float | None], str]) -> str:
    """``53 [47, 64]``; of shares ``4.5 % [3, 6]``."""
    if found.value is None:
        return MISSING
    value = shown(found.value)
    if found.low is None or found.high is None:
        return value
    low, high = (shown(end).removesuffix(" %") for end in (found.low, found.high))
    return f"{value} [{low}, {high}]"


def _level(document: MapDocument) -> str:
    return confidence_share(document.insights.level if document.insights else 0.9)


def _in_unit(scale: Scale) -> str:
    return f", {scale.unit}" if scale.unit else ""


#: A longer name would leave no room for the reason.
_LONGEST = 28


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
