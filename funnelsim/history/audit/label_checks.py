"""Checks of labels, flags and lookups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.history.audit.check import check_entry
from funnelsim.history.audit.facts import Facts
from funnelsim.history.files.events import HistoryMeta


def label_checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    unmapped = audit["labels_unmapped"]
    if unmapped:
        shown = ", ".join(f'"{label}" {number:,}' for label, number in list(unmapped.items())[:6])
        text = f"labels that the mapping does not know: {shown}. Add them to [stages], [outcomes] or ignore"
        yield check_entry("unmapped_labels", "warning", sum(unmapped.values()), text)
    if mistyped := audit["labels_mistyped"]:
        shown = ", ".join(f'"{label}" ({near})' for label, near in list(mistyped.items())[:6])
        text = f"labels of the mapping that no row has: {shown}"
        yield check_entry("labels_mistyped", "warning", len(mistyped), text)
    flags = facts.counts.get("flags", {})
    texts = {
        "closed_label_open_flag": (
            "at a label for closed, but the flags (IsClosed) say open",
            "the label decides",
        ),
        "open_label_closed_flag": (
            "at an open stage, but the flags (IsClosed) say closed",
            "the flags decide" if facts.counts.get("flags_agree") else "the label decides",
        ),
        "won_label_lost_flag": (
            "at a label for won, but the flags (IsWon) say lost",
            "the label decides",
        ),
        "lost_label_won_flag": (
            "at a label for lost, but the flags (IsWon) say won",
            "the label decides",
        ),
    }
    with_history = len(audit["tables"]) > 1
    for name, (text, decider) in texts.items():
        if flags.get(name):
            decides = "the rows of the history decide" if with_history else decider
            of_all = f"{flags[name]:,} of {counted(facts.counts['flag_rows'], meta.noun)}"
            text = f"{of_all} {verb(flags[name], 'stand')} {text}: {decides}"
            yield check_entry(name, "warning", flags[name], text)
    for path, misses in audit["lookup_misses"].items():
        rows = sum(miss["rows"] for miss in misses)
        shown = ", ".join(
            f'"{miss["value"]}" {miss["rows"]:,}' + (f" ({miss['hint']})" if miss["hint"] else "")
            for miss in misses[:4]
        )
        yield check_entry("lookup_misses", "warning", rows, f"{path}: keys not in the other table: {shown}")
    if facts.labels_ahead:
        shown = ", ".join(f"{key} {number:,}" for key, number in facts.labels_ahead.items())
        what = f"open {plural_noun(meta.noun)} with a later stage as label, since when is not known"
        text = f"{what}: {shown}; counted in the last stage of known date"
        yield check_entry("labels_ahead", "note", sum(facts.labels_ahead.values()), text)
