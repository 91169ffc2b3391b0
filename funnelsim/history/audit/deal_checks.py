"""Checks of outcomes, transitions and amounts."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.documents.audit import AuditCheck, AuditFacts
from funnelsim.history.audit.amounts import NEGATIVE_READ_AS
from funnelsim.history.audit.check import check_entry, counted_checks
from funnelsim.history.audit.facts import Facts
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.toml_text import quoted

_MOST_LABELS = 8
#: Share of the wins followed by a further stage above which the win is probably a stage itself.
_TAKEN_BACK_NOTABLE = 0.2


def deal_checks(audit: AuditFacts, meta: HistoryMeta, facts: Facts) -> Iterator[AuditCheck]:
    counts, deals, noun = facts.counts, audit.deals, meta.noun
    for key, number in counts.get("taken_back", {}).items():
        share = number / max(1, number + deals.get(key, 0))
        notable = key == "won" and share > _TAKEN_BACK_NOTABLE
        text = f'{counted(number, "time")} "{key}" is followed by another stage: the outcome was reversed'
        if notable:
            text += '. If deals continue after this label, make it a stage: [stages] signed = "the label"'
        yield check_entry("taken_back", "warning" if notable else "note", number, text)
    if number := counts.get("outcomes_at_once"):
        text = (
            f"{counted(number, meta.noun)} {verb(number, 'have')} two outcomes at the same time: the one in "
            "the later row counts"
        )
        yield check_entry("outcomes_at_once", "warning", number, text)
    if not meta.losses_recorded:
        text = (
            f"no {meta.noun} is lost: losses do not seem to be recorded, so every deal not won counts as open"
        )
        yield check_entry("losses_not_recorded", "warning", deals["open"], text)
    if not any(key in deals for key in ("won", "lost", *meta.outcomes)):
        labels = [quoted(row.label) for row in audit.labels if row.kind == "stage"][:_MOST_LABELS]
        text = (
            f"no {meta.noun} is closed, so nothing can be fitted. List the labels for won and lost (of "
            f"{', '.join(labels)}) between the brackets:"
        )
        entry = check_entry("nothing_closed", "warning", deals["open"], text)
        yield entry.model_copy(update={"mapping": ("[outcomes]", "won = []", "lost = []")})
    elif "won" not in deals:
        text = (
            f"no {meta.noun} is won, so nothing can be fitted: "
            'list the labels for won in a mapping: [outcomes] won = ["..."]'
        )
        yield check_entry("nothing_won", "warning", deals["all"], text)
    texts = {
        "outcomes_differ": (noun, "have", "another outcome in the other table: the events decide"),
        "deals_without_row": (noun, "have", "events and no row in the deals table: no source, no amount"),
        "repeats_merged": ("row", "enter", "the stage that the deal is already in: merged"),
        "gaps": ("visit", "end", "before the next stage is entered: extended to that entry"),
        "overlaps": ("visit", "end", "after the next stage is entered: cut at that entry"),
        "left_for_nowhere": (
            *(f"open {noun}", "have"),
            "an exit date from the last stage and no next stage: counted as still in it",
        ),
        "reentries": ("return", "", "to a stage"),
        "skips": ("transition", "skip", "a stage"),
        "backward": ("transition", "", "back to an earlier stage"),
        "dated_outcomes_differ": (
            *("outcome", "have"),
            f"a date that contradicts the status of the {noun}: the status decides",
        ),
        "names_differ": (
            "name",
            "",
            "used as ids of deals, all different: a renamed deal counts as a new one",
        ),
        "sources_unknown": (noun, "have", 'no source: "unknown"'),
    }
    if any(item.check == "outcomes_contradict" for item in facts.attention):
        del texts["outcomes_differ"]
    for item in facts.attention:  # already reported as a warning
        texts.pop(item.check, None)
    yield from counted_checks(texts, counts)


def amount_checks(audit: AuditFacts, meta: HistoryMeta, facts: Facts) -> Iterator[AuditCheck]:
    money, deals = audit.amounts, plural_noun(meta.noun)
    if money.won_missing:
        name = "amounts_missing"
        text = f"{_of(money.won_missing, money.won, f'won {meta.noun}')} no amount"
        if money.won_missing == money.won and not any(row.read_as == "amount" for row in audit.columns):
            name = "no_amounts"
            text += ', and no column is read as the amount. Name it in a mapping: [deals] amount = "..."'
        yield check_entry(name, "warning", money.won_missing, text)
    if money.won_zero:
        text = (
            f"{_of(money.won_zero, money.won, f'won {meta.noun}')} an amount of 0. "
            'If that means "not known": zero_amount = "unknown" in the mapping'
        )
        yield check_entry("amounts_zero", "warning", money.won_zero, text)
    negative = sum(note.negative for note in audit.columns)
    if negative:
        text = f"{counted(negative, 'negative amount')}: {NEGATIVE_READ_AS[facts.negative_amount]}"
        yield check_entry("amounts_negative", "note", negative, text)
    if converted := facts.counts.get("amounts_converted"):
        shown = ", ".join(f"{number:,} from {code}" for code, number in converted.items())
        text = f"amounts are converted to {meta.currency} at the rates of the mapping: {shown}"
        yield check_entry("amounts_converted", "note", sum(converted.values()), text)
    if money.open and money.open_listed_missing == money.open:
        text = (
            f"open {deals} have no amount: a forecast draws one at random. Map a list price or quote if "
            "there is one: [deals] "
            "listed_amount"
        )
        yield check_entry("listed_missing", "note", money.open, text)
    elif money.open_listed_missing:
        text = f"{_of(money.open_listed_missing, money.open, f'open {meta.noun}')} no amount"
        yield check_entry("listed_missing", "note", money.open_listed_missing, text)
    impossible = sum(note.impossible for note in audit.columns)
    if impossible:
        dates = f"{counted(impossible, 'date')} {verb(impossible, 'are')}"
        text = f"{dates} before 1971 or after 2098: read as missing"
        yield check_entry("impossible_dates", "note", impossible, text)


def _of(number: int, all_: int, noun: str) -> str:
    """``1 of 20 won deals has``."""
    return f"{number:,} of {counted(all_, noun)} {verb(number, 'have')}"
