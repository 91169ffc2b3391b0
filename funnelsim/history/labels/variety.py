"""Stage labels that are nearly the same, that differ in emoji only, or that are too many to be stages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from funnelsim.history.attention import Attention
from funnelsim.history.labels.evidence import LabelEvidence
from funnelsim.history.labels.outcomes import labels_shown
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.labels import LabelBook, Meaning, known_outcome, without_emoji
from funnelsim.history.values.words import folded

#: Sales processes have about 10 stages, event logs of large organisations up to 60 or so. Beyond this an
#: import asks for a look, and a fit wants more deals (`fitting.fittable`).
MANY_STAGES = 100
_MOST_PAIRS = 5


def check_variety(evidence: dict[str, LabelEvidence], book: LabelBook) -> Iterator[Attention]:
    """Warnings about labels that are read as stages."""
    stages = {
        plain: item
        for plain, item in evidence.items()
        if book.claimed.get(plain, Meaning(kind="stage")).kind == "stage" and not known_outcome(item.label)
    }
    yield from _same_but_for_emoji(stages.values())
    if book.closed:
        return
    if len(stages) > MANY_STAGES:
        yield _too_many(stages, book)
    else:
        yield from _nearly_same(stages.values())


def _same_but_for_emoji(stages: Iterable[LabelEvidence]) -> Iterator[Attention]:
    groups = [
        pictured
        for item in stages
        if len(
            pictured := [label for label in item.spellings if without_emoji(label) != " ".join(label.split())]
        )
        > 1
    ]
    if groups:
        shown = "; ".join(", ".join(quoted(label) for label in group) for group in groups[:_MOST_PAIRS])
        text = f"labels that differ only in emoji count as one stage: {shown}. To separate them:"
        lines = [
            f"{quoted(label)} = {quoted(f'{without_emoji(label)} {number}')}"
            for group in groups
            for number, label in enumerate(group, start=1)
        ]
        number = sum(len(group) for group in groups)
        yield Attention(check="labels_by_emoji", text=text, mapping=("[aliases.stage]", *lines), count=number)


def _nearly_same(stages: Iterable[LabelEvidence]) -> Iterator[Attention]:
    groups: dict[str, list[LabelEvidence]] = {}
    for item in stages:
        groups.setdefault(folded(item.label) or item.label, []).append(item)
    alike = [group for group in groups.values() if len(group) > 1]
    if alike:
        shown = "; ".join(labels_shown(group) for group in alike[:_MOST_PAIRS])
        text = (
            f"labels that differ only in accents or signs count as separate stages: {shown}. To merge them:"
        )
        lines = [
            f"{quoted(spelling)} = {quoted(group[0].label)}"
            for group in alike
            for item in group[1:]
            for spelling in item.spellings
        ]
        number = sum(len(group) for group in alike)
        yield Attention(check="labels_alike", text=text, mapping=("[aliases.stage]", *lines), count=number)


def _too_many(stages: dict[str, LabelEvidence], book: LabelBook) -> Attention:
    most = sorted(stages.values(), key=lambda item: -item.deals)
    once = sum(item.deals <= 1 for item in most)
    patterns = {re.sub(r"\d+", "#", label) for label in stages}
    fewer = f" ({len(patterns):,} without their numbers)" if len(patterns) * 2 < len(stages) else ""
    text = (
        f"{len(stages):,} different labels are read as stages{fewer}, {once:,} of them for a single deal: "
        f"{labels_shown(most, most=3)}. A fit cannot estimate so many. Name a column with fewer, or "
        "list the labels that are stages; rows with other labels are skipped:"
    )
    lines = (f"{book.stage_key(item.label)} = {quoted(item.label)}" for item in most[:3])
    return Attention(check="too_many_labels", text=text, mapping=("[stages]", *lines), count=len(stages))
