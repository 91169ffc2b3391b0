"""Checks of labels, flags and lookups."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.documents.audit import AuditCheck, AuditFacts
from funnelsim.history.audit.check import check_entry
from funnelsim.history.audit.facts import Facts
from funnelsim.history.files.events import HistoryMeta


def label_checks(audit: AuditFacts, meta: HistoryMeta, facts: Facts) -> Iterator[AuditCheck]:
    unmapped = audit.labels_unmapped
    if unmapped:
        shown = ", ".join(f'"{label}" {number:,}' for label, number in list(unmapped.items())[:6])
        text = f"labels that are not in the mapping: {shown}. Add them to [stages], [outcomes] or ignore"
        yield check_entry("unmapped_labels", "warning", sum(unmapped.values()), text)
    if mistyped := audit.labels_mistyped:
        shown = ", ".join(f'"{label}" ({near})' for label, near in list(mistyped.items())[:6])
        text = f"labels of the mapping that no row has: {shown}"
        yield check_entry("labels_mistyped", "warning", len(mistyped), text)
    flags = facts.counts.get("flags", {})
    texts = {
        "closed_label_open_flag": (
            "a label for closed, but the flag (IsClosed) says open",
            "the label decides",
        ),
        "open_label_closed_flag": (
            "an open stage, but the flag (IsClosed) says closed",
            "the flags decide" if facts.counts.get("flags_agree") else "the label decides",
        ),
        "won_label_lost_flag": (
            "a label for won, but the flag (IsWon) says lost",
            "the label decides",
        ),
        "lost_label_won_flag": (
            "a label for lost, but the flag (IsWon) says won",
            "the label decides",
        ),
    }
    with_history = len(audit.tables) > 1
    for name, (text, decider) in texts.items():
        if flags.get(name):
            decides = "the stage history decides" if with_history else decider
            of_all = f"{flags[name]:,} of {counted(facts.counts['flag_rows'], meta.noun)}"
            text = f"{of_all} {verb(flags[name], 'have')} {text}: {decides}"
            yield check_entry(name, "warning", flags[name], text)
    for path, misses in audit.lookup_misses.items():
        rows = sum(miss.rows for miss in misses)
        shown = ", ".join(
            f'"{miss.value}" {miss.rows:,}' + (f" ({miss.hint})" if miss.hint else "") for miss in misses[:4]
        )
        yield check_entry("lookup_misses", "warning", rows, f"{path}: keys not in the other table: {shown}")
    if facts.labels_ahead and not any(item.check == "unused_stages" for item in facts.attention):
        shown = ", ".join(f"{key} {number:,}" for key, number in facts.labels_ahead.items())
        what = f"open {plural_noun(meta.noun)} whose current stage has no entry date"
        text = f"{what}: {shown}; counted in the last stage with a date"
        yield check_entry("labels_ahead", "note", sum(facts.labels_ahead.values()), text)
