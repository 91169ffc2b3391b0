"""The page of a comparison: what each change is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from funnelsim.documents.compare import Alternative, CompareDocument, ScenarioResult
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, points
from funnelsim.report.words.ranking import (
    costs_explained,
    headline,
    interval_ends,
    ranked,
    variance_explained,
)
from funnelsim.report.words.sentences import both_ends, without_end, worth_words

#: A change as it was typed, which the scenario's name says in words.
_CHANGE = re.compile(r"[\w.]+=\S+")
_BESIDE = ("deals_won", "win_rate", "cycle_days")


def compare_sections(document: CompareDocument) -> Iterator[Section]:
    sentences = [*headline(document), *both_ends(document)]
    sentences += filter(None, [costs_explained(document)])
    yield Section(
        title="What changes are worth",
        subtitle=span_subtitle(document, document.span),
        sentences=sentences,
        grids=[_grid(document), *_descriptions(document)],
    )


def _chart(document: CompareDocument) -> Chart:
    """The difference of each change with its interval."""
    found: list[Mark | None] = []
    for scenario, _ in ranked(document):
        change = scenario.metrics.get(document.worth)
        if change is None:
            found.append(None)
            continue
        low, high = interval_ends(change)
        found.append(Mark(value=change.difference.mean, low=low, high=high))
    return Chart(head=f"difference in {worth_words(document)}", marks=found)


def _grid(document: CompareDocument) -> Grid:
    changes = [scenario.metrics.get(document.worth) for scenario in document.scenarios]
    money = ["cost", "profit"] if document.priced else []
    shown = [s.metrics.get(name) for s in document.scenarios for name in (document.worth, *money)]
    scale = table_scale([c.difference.mean for c in shown if c], document.currency)
    beside = [name for name in _BESIDE if any(name in s.metrics for s in document.scenarios)]
    beside = [name for name in beside if name != document.worth]
    unit = f", {scale.unit}" if scale.unit and not document.without_money else ""
    with_quota = any(scenario.attainment_probability for scenario in document.scenarios)
    heads = columns(
        "change",
        f"#{worth_words(document)}{unit}",
        "#interval",
        *(["#chance of quota"] if with_quota else []),
        *(["#cost", "#bookings less cost"] if money else []),
        *(f"#{measure(name, noun=document.noun).label}" for name in beside),
        f"#better{' after cost' if money else ' than base'}",
        *(["#chance it is best", "#best in futures"] if document.ranking else []),
    )
    level = next((c.difference.level for c in changes if c and c.difference.level is not None), None)
    held = (
        f"the expected difference with {level * 100:.0f} % confidence" if level else "the expected difference"
    )
    if document.simultaneous is not None:
        held = f"{held}, for all changes at once (Bonferroni)"
    more = "win more" if document.without_money else f"book more{' than they cost' if money else ''}"
    return Grid(
        title="Differences from the base",
        chart=_chart(document),
        columns=heads,
        rows=[
            [*_row(document, scenario, [*money, *beside], scale, with_quota), *_chances_best(document, place)]
            for scenario, place in ranked(document)
        ],
        note=(
            f"Interval: contains {held}, if the model is right. "
            f"Better than base: the share of futures that {more}, with the same random draws in both. "
            f"{variance_explained(document)}"
        ),
    )


def _chances_best(document: CompareDocument, place: Alternative | None) -> list[str]:
    if document.ranking is None:
        return []
    return [chance(place.probability_best), chance(place.share_best)] if place else ["", ""]


def _descriptions(document: CompareDocument) -> Iterator[Grid]:
    """Descriptions of the scenarios; one row for the two ends of a removed stage."""
    named: dict[str, str] = {}
    for scenario in document.scenarios:
        if scenario.description and not _CHANGE.fullmatch(scenario.description):
            named.setdefault(plain(scenario.description), without_end(plain(scenario.name)))
    if named:
        rows = [(name, description) for description, name in named.items()]
        yield Grid(title="What the changes are", columns=columns("change", "description"), rows=rows)


def _row(
    document: CompareDocument, scenario: ScenarioResult, beside: list[str], scale: Scale, with_quota: bool
) -> list[str]:
    name, words = plain(scenario.name), measure(document.worth)
    change = scenario.metrics.get(document.worth)
    quota = scenario.attainment_probability
    row = [name, MISSING, MISSING]
    better = MISSING
    if change is not None:
        ends = change.difference
        low, high = (words.difference(end, scale) for end in interval_ends(change))
        row = [name, words.difference(ends.mean, scale), f"{low} to {high}"]
        aim = scenario.metrics[document.aim]
        better = "no change" if aim.difference.is_nothing else chance(aim.probability_better)
    if with_quota:
        row.append(f"{points(quota.difference)}, to {chance(quota.scenario)}" if quota else MISSING)
    for metric in beside:
        beside_it = scenario.metrics.get(metric)
        if beside_it is None:
            row.append(MISSING)
        else:
            base = document.base.get(metric)
            row.append(measure(metric).difference(beside_it.difference.mean, scale, base))
    return [*row, better]
