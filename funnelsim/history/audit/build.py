"""What an import found: every row accounted for, and what looks odd, as one plain document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.history.attention import Attention
from funnelsim.history.audit.amounts import NEGATIVE_READ_AS, attention_to_amounts
from funnelsim.history.audit.skipped_rows import skipped_rows
from funnelsim.history.audit.suggested_mapping import suggested_mapping
from funnelsim.history.audit.weight import by_weight
from funnelsim.history.cleaning.truncation import zombies
from funnelsim.history.columns.extract import Extract
from funnelsim.history.columns.reader import ColumnReader
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.ledger import Ledger
from funnelsim.history.mapping import Mapping as ImportMapping
from funnelsim.history.mapping import labels_by_place
from funnelsim.history.readers.table import Table
from funnelsim.history.sources import Parts
from funnelsim.history.values.labels import LabelBook, same_label

#: Share of the wins followed by a further stage above which the win is probably a stage itself.
_TAKEN_BACK_NOTABLE = 0.2
#: So long without any event before the as-of date hints at an export older than that.
_SILENT_DAYS = 30


@dataclass(slots=True, kw_only=True)
class Facts:
    """What the steps of an import noted on the way."""

    preset: str
    preset_reason: str = ""  # why it was taken, where nobody named it
    mapping: dict[str, str] | None = None  # file and SHA-256
    first_event: dt.datetime = dt.datetime.min
    last_event: dt.datetime = dt.datetime.min
    last_deal: str = ""
    as_of_given: bool = False
    observed_from_given: bool = False
    order_from: str = ""
    created_enters: str | None = None
    negative_amount: str = "unknown"
    sort_order: Mapping[str, float] = field(default_factory=dict)
    truncation: dict[str, Any] = field(default_factory=dict)
    labels_ahead: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)


def make_audit(
    *,
    tables: Sequence[Table],
    parts: Parts,
    reader: ColumnReader,
    book: LabelBook,
    found: Extract,
    visits: pl.DataFrame,
    deals: pl.DataFrame,
    begun: pl.DataFrame,
    meta: HistoryMeta,
    facts: Facts,
) -> dict[str, Any]:
    """The audit, as it stands in ``meta.json`` and in the JSON of the command.

    ``tables`` hold for each: ``rows_read = rows_used + sum(set_aside)``. ``checks`` lists what looks odd, the
    weighty first: ``{"check", "level", "count", "text"}``, level ``warning`` or ``note``, and ``"mapping"``
    where lines of a mapping file settle it. ``suggested_mapping`` has all those lines, as one file.
    """
    ledgers = list(_ledgers(parts))
    audit: dict[str, Any] = {
        "preset": facts.preset,
        "preset_reason": facts.preset_reason,
        "mapping": facts.mapping,
        "as_of": meta.as_of.isoformat(),
        "as_of_given": facts.as_of_given,
        "first_event": facts.first_event.isoformat(),
        "last_event": facts.last_event.isoformat(),
        "observed_from": meta.observed_from.isoformat() if meta.observed_from else None,
        "observed_from_given": facts.observed_from_given,
        "files": [
            {
                "file": table.name,
                "rows": table.rows_read,
                "sha256": table.sha256,
                "read_as": list(table.notes),
            }
            for table in tables
        ],
        "tables": [ledger.as_json() for ledger in ledgers],
        "deals": _deal_counts(deals),
        "amounts": _amount_counts(deals),
        "stages": _stage_counts(visits, meta),
        "stage_order_from": facts.order_from,
        "stages_never_entered": [name for key, name in book.stages.items() if key not in meta.stages],
        "columns": [_without_zeros(asdict(note)) for note in reader.notes_by_column()],
        "columns_unused": _unused_columns(tables, reader),
        "files_unused": [table.name for table in parts.unused],
        "labels": _labels(book),
        "labels_unmapped": book.unmapped,
        "labels_mistyped": _mistyped(reader.mapping, book),
        "lookup_misses": found.lookup_misses,
        "truncation": {key: _plain(value) for key, value in facts.truncation.items()},
        "zombies": zombies(begun, meta.as_of),
        "counts": {key: value for key, value in facts.counts.items() if value},
    }
    about_amounts = attention_to_amounts(deals, found.negative, _deal_column(parts), meta)
    about_rows = skipped_rows(stack.ledger for stack in (parts.deals, parts.events) if stack is not None)
    looks = dict.fromkeys([*reader.attention, *facts.attention, *about_rows, *about_amounts])
    audit["checks"] = by_weight([*(item.as_check() for item in looks), *_checks(audit, meta, facts)])
    audit["suggested_mapping"] = list(
        suggested_mapping(
            [check["mapping"] for check in audit["checks"] if check.get("as_read")],
            [check["mapping"] for check in audit["checks"] if check.get("as_read") is False],
        )
    )
    return audit


def _deal_column(parts: Parts) -> str:
    columns = parts.deal_columns if parts.deals is not None else parts.event_columns
    return columns.deal.column if columns is not None and columns.deal is not None else ""


def _ledgers(parts: Parts) -> Iterator[Ledger]:
    for stack in (parts.deals, parts.events, *parts.lookups.values()):
        if stack is not None:
            yield stack.ledger


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _without_zeros(note: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in note.items() if value or key in ("table", "column", "read_as")}


def _deal_counts(deals: pl.DataFrame) -> dict[str, int]:
    ended = dict(deals["outcome"].drop_nulls().value_counts(sort=True).iter_rows())
    return {"all": deals.height, **ended, "open": deals["outcome"].null_count()}


def _amount_counts(deals: pl.DataFrame) -> dict[str, Any]:
    won, open_ = deals.filter(pl.col("outcome") == "won"), deals.filter(pl.col("outcome").is_null())
    return {
        "won": won.height,
        "won_missing": won["amount"].null_count(),
        "won_zero": int((won["amount"] == 0).sum()),
        "won_sum": float(won["amount"].sum()),
        "won_median": won["amount"].median(),
        "open": open_.height,
        "open_listed_missing": open_["listed_amount"].null_count(),
        "open_listed_sum": float(open_["listed_amount"].sum()),
    }


def _stage_counts(visits: pl.DataFrame, meta: HistoryMeta) -> list[dict[str, Any]]:
    stays = (pl.col("left") - pl.col("entered")).dt.total_microseconds() / 86_400e6
    counts = visits.group_by("stage").agg(
        pl.len().alias("entries"),
        pl.col("deal").n_unique().alias("deals"),
        (pl.col("visit") > 1).sum().alias("reentries"),
        pl.col("left").is_null().sum().alias("open"),
        stays.median().alias("median_days"),
    )
    exits = (
        visits.drop_nulls("exit")
        .group_by("stage", "exit")
        .len()
        .sort("len", "exit", descending=[True, False])
    )
    by_stage = {row["stage"]: row for row in counts.iter_rows(named=True)}
    return [
        {
            **by_stage[key],
            "name": name,
            "exits": dict(exits.filter(pl.col("stage") == key).select("exit", "len").iter_rows()),
        }
        for key, name in meta.stages.items()
    ]


def _unused_columns(tables: Sequence[Table], reader: ColumnReader) -> dict[str, list[str]]:
    read = {note.column for note in reader.notes}
    unused = {table.name: [name for name in table.columns if name not in read] for table in tables}
    return {name: columns for name, columns in unused.items() if columns}


def _labels(book: LabelBook) -> list[dict[str, Any]]:
    rows = [
        {
            "label": label,
            "rows": book.counts[label],
            "read_as": meaning.key or meaning.kind,
            "kind": meaning.kind,
        }
        for label, meaning in book.meanings.items()
        if book.counts[label]
    ]
    return sorted(rows, key=lambda row: (-int(row["rows"]), str(row["label"])))


def _mistyped(mapping: ImportMapping, book: LabelBook) -> dict[str, str]:
    """Labels of the mapping that no row has, with a label of the rows that is nearly the same."""
    listed = {label: same_label(label) for _, labels in labels_by_place(mapping) for label in labels}
    seen = {label: same_label(label) for label in book.meanings}
    free = [label for label, plain in seen.items() if plain not in listed.values()]
    absent = [label for label, plain in listed.items() if plain not in seen.values()]
    return {label: near for label in absent if (near := did_you_mean(label, free))}


def _checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    if facts.preset_reason:
        text = f"read with the preset {facts.preset}: {facts.preset_reason}"
        yield _check("preset_recognised", "note", 1, text)
    yield from _label_checks(audit, meta, facts)
    yield from _time_checks(audit, meta, facts)
    yield from _deal_checks(audit, meta, facts)
    yield from _amount_checks(audit, meta, facts)


def _check(name: str, level: str, count: int, text: str) -> dict[str, Any]:
    return {"check": name, "level": level, "count": count, "text": text}


def _label_checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    unmapped = audit["labels_unmapped"]
    if unmapped:
        shown = ", ".join(f'"{label}" {number:,}' for label, number in list(unmapped.items())[:6])
        text = f"labels that the mapping does not know: {shown}. Add them to [stages], [outcomes] or ignore"
        yield _check("unmapped_labels", "warning", sum(unmapped.values()), text)
    if mistyped := audit["labels_mistyped"]:
        shown = ", ".join(f'"{label}" ({near})' for label, near in list(mistyped.items())[:6])
        text = f"labels of the mapping that no row has: {shown}"
        yield _check("labels_mistyped", "warning", len(mistyped), text)
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
            yield _check(name, "warning", flags[name], text)
    for place, misses in audit["lookup_misses"].items():
        rows = sum(miss["rows"] for miss in misses)
        shown = ", ".join(
            f'"{miss["value"]}" {miss["rows"]:,}' + (f" ({miss['hint']})" if miss["hint"] else "")
            for miss in misses[:4]
        )
        yield _check("lookup_misses", "warning", rows, f"{place}: keys not in the other table: {shown}")
    if facts.labels_ahead:
        shown = ", ".join(f"{key} {number:,}" for key, number in facts.labels_ahead.items())
        what = f"open {plural_noun(meta.noun)} with a later stage as label, since when is not known"
        text = f"{what}: {shown}; counted in the last stage of known date"
        yield _check("labels_ahead", "note", sum(facts.labels_ahead.values()), text)


def _day(stamp: str) -> str:
    return date_text(dt.datetime.fromisoformat(stamp))


def _time_checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    seen, deals = audit["truncation"], plural_noun(meta.noun)
    if meta.observed_from and not facts.observed_from_given:
        text = (
            f"left truncation: {deals} begin on {_day(seen['first_begun'])}, but closings on "
            f"{_day(seen['first_closing'])}; {seen['closings_expected']:,.0f} closings were to be expected "
            f"before that day. What happened earlier was not recorded: {deals} begun before count as seen "
            "from that day on. Wrong? observed_from = false in the mapping"
        )
        yield _check("left_truncation", "warning", seen["begun_before"], text)
    elif meta.observed_from:
        text = f"exits count from {date_text(meta.observed_from)} on, as the mapping says (left truncation)"
        yield _check("left_truncation", "note", seen.get("begun_before", 0), text)
    too_late = any(item.check == "dates_too_late" for item in facts.attention)
    if facts.last_event > dt.datetime.now() and not too_late:
        when = date_text(facts.last_event)
        text = (
            f"the last event, on {when} ({meta.noun} {facts.last_deal}), lies in the future: an expected "
            "date? --as-of cuts there"
        )
        yield _check("future_events", "warning", 1, text)
    silent = (meta.as_of - facts.last_event).days
    if silent >= _SILENT_DAYS:
        text = (
            f"nothing is recorded in the {counted(silent, 'day')} before the as-of date (last event "
            f"{date_text(facts.last_event)}): if the export is that old, take an earlier --as-of, or open "
            f"{deals} look older than they are"
        )
        yield _check("silent_end", "warning", silent, text)
    yield from _zombie_checks(audit["zombies"], f"open {meta.noun}")
    counts = facts.counts
    yield from _plan_checks(counts, meta.noun)
    yield from _work_checks(counts)
    texts = {
        "same_instant": (
            *("move", ""),
            "at the same instant as the one before: a stay of length zero, in funnel order",
        ),
        "expected_closings": (
            *("closing date", ""),
            f"of open {deals}: read as expectations, not as closings",
        ),
        "created_later": (meta.noun, "are", "created after the first stage entry: the entry decides"),
    }
    yield from _counted_checks(texts, counts)


def _counted_checks(
    texts: Mapping[str, tuple[str, str, str]], counts: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """A note for each count above zero; `texts` holds noun, plural of the verb (or nothing) and the rest."""
    for name, (noun, done, rest) in texts.items():
        if number := counts.get(name):
            words = (counted(number, noun), verb(number, done) if done else "", rest)
            yield _check(name, "note", number, " ".join(word for word in words if word))


def _plan_checks(counts: Mapping[str, Any], noun: str) -> Iterator[dict[str, Any]]:
    moved = f"it was moved {counted(counts.get('planned_moved', 0), 'time')}"
    texts = {
        "planned_dated": (
            *(noun, "have"),
            f"a planned close with the date from which it held; {moved}",
        ),
        "planned_undated": (
            *(noun, "have"),
            "a planned close, and nobody knows since when: it is used only with --trust planned_close",
        ),
    }
    yield from _counted_checks(texts, counts)
    if counts.get("probabilities_mixed"):
        number = counts["probabilities_mixed"]
        text = (
            f"{counted(number, 'probability')} {verb(number, 'lie')} between 0 and 1 in a column with others "
            "of more than 1: all are read as percent, 0.5 as 0.5 %. Wrong? Write the whole column in "
            "percent, or as shares"
        )
        yield _check("probabilities_mixed", "warning", number, text)
    if counts.get("probabilities_unreadable"):
        number = counts["probabilities_unreadable"]
        text = f"{counted(number, 'probability')} {verb(number, 'are')} not a number: read as unknown"
        yield _check("probabilities_unreadable", "warning", number, text)
    if counts.get("probabilities_out_of_range"):
        number = counts["probabilities_out_of_range"]
        text = f"{counted(number, 'probability')} {verb(number, 'are')} below 0 or too large: read as unknown"
        yield _check("probabilities_out_of_range", "warning", number, text)


def _work_checks(counts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not counts.get("tasks"):
        return
    text = (
        f"{counted(counts['tasks'], 'task')} with start and end, by {_people(counts.get('reps', 0))}, "
        f"{counts.get('tasks_in_progress', 0):,} of them not finished: a fit learns roles, office hours and "
        "effort"
    )
    yield _check("tasks", "note", counts["tasks"], text)
    if counts.get("tasks_at_once"):
        number = counts["tasks_at_once"]
        text = (
            f"{counted(number, 'task')} {verb(number, 'begin')} while another one on the same case lasts: "
            "stays follow each other, each from the end of the one before"
        )
        yield _check("tasks_at_once", "note", number, text)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _zombie_checks(dead: dict[str, Any], what: str) -> Iterator[dict[str, Any]]:
    if dead.get("older_than_any"):
        text = (
            f"{dead['older_than_any']:,} of {counted(dead['open'], what)} "
            f"{verb(dead['older_than_any'], 'are')} older than the longest closed cycle "
            f"({dead['longest_cycle_days']:,.0f} days), up to {dead['oldest_open_days']:,.0f} days: "
            f"probably dead, such as {', '.join(dead['examples'][: min(3, dead['older_than_any'])])}"
        )
        yield _check("zombies", "warning", dead["older_than_any"], text)
    elif dead.get("older_than_99_percent"):
        text = (
            f"older than 99 % of the closed cycles ({dead['cycle_p99_days']:,.0f} days): "
            f"{dead['older_than_99_percent']:,} of {counted(dead['open'], what)}"
        )
        yield _check("zombies", "note", dead["older_than_99_percent"], text)


def _deal_checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    counts, deals, noun = facts.counts, audit["deals"], meta.noun
    for key, number in counts.get("taken_back", {}).items():
        share = number / max(1, number + deals.get(key, 0))
        notable = key == "won" and share > _TAKEN_BACK_NOTABLE
        text = f'{counted(number, "time")} "{key}" is followed by another stage: taken back, the deal went on'
        if notable:
            text += '. If deals go on after the win, make it a stage: [stages] signed = "the label"'
        yield _check("taken_back", "warning" if notable else "note", number, text)
    if number := counts.get("outcomes_at_once"):
        text = (
            f"{counted(number, meta.noun)} {verb(number, 'have')} two outcomes at the same time: the one in "
            "the later row counts"
        )
        yield _check("outcomes_at_once", "warning", number, text)
    if not meta.losses_recorded:
        text = (
            f"no {meta.noun} is ever lost here: losses are not recorded, and all that is not won stays open"
        )
        yield _check("losses_not_recorded", "warning", deals["open"], text)
    if not any(key in deals for key in ("won", "lost", *meta.outcomes)):
        text = f'no {meta.noun} is closed: say which labels mean won and lost: [outcomes] won = ["..."]'
        yield _check("nothing_closed", "warning", deals["open"], text)
    elif "won" not in deals:
        text = (
            f"no {meta.noun} is won, so nothing can be fitted: "
            'say which labels mean won in a mapping: [outcomes] won = ["..."]'
        )
        yield _check("nothing_won", "warning", deals["all"], text)
    texts = {
        "outcomes_differ": (noun, "have", "another outcome in the other table: the events decide"),
        "deals_without_row": (noun, "have", "events and no row in the table of deals: no source, no amount"),
        "repeats_merged": ("row", "enter", "the stage that the deal is in already: merged"),
        "gaps": ("stay", "end", "before the next stage is entered: counted until it is"),
        "overlaps": ("stay", "end", "after the next stage is entered: counted until it is"),
        "left_for_nowhere": (
            *(f"open {noun}", "have"),
            "an exit from the last stage, and no row says where to: still there",
        ),
        "reentries": ("return", "", "to a stage"),
        "skips": ("move", "skip", "a stage"),
        "backward": ("move", "", "back to an earlier stage"),
        "dated_outcomes_differ": (
            *("outcome", "have"),
            f"a date that contradicts the status of the {noun}: the status decides",
        ),
        "sources_unknown": (noun, "have", 'no source: "unknown"'),
    }
    if any(item.check == "outcomes_contradict" for item in facts.attention):
        del texts["outcomes_differ"]
    for item in facts.attention:  # said at the top already
        texts.pop(item.check, None)
    yield from _counted_checks(texts, counts)


def _amount_checks(audit: dict[str, Any], meta: HistoryMeta, facts: Facts) -> Iterator[dict[str, Any]]:
    money, deals = audit["amounts"], plural_noun(meta.noun)
    if money["won_missing"]:
        name = "amounts_missing"
        text = f"{_of(money['won_missing'], money['won'], f'won {meta.noun}')} no amount"
        if money["won_missing"] == money["won"] and not any(
            row["read_as"] == "amount" for row in audit["columns"]
        ):
            name = "no_amounts"
            text += ', and no column is read as such. Name it in a mapping: [deals] amount = "..."'
        yield _check(name, "warning", money["won_missing"], text)
    if money["won_zero"]:
        text = (
            f"{_of(money['won_zero'], money['won'], f'won {meta.noun}')} amount 0. "
            'If that means "not known": zero_amount = "unknown" in the mapping'
        )
        yield _check("amounts_zero", "warning", money["won_zero"], text)
    negative = sum(note.get("negative", 0) for note in audit["columns"])
    if negative:
        text = f"{counted(negative, 'negative amount')}: {NEGATIVE_READ_AS[facts.negative_amount]}"
        yield _check("amounts_negative", "note", negative, text)
    if converted := facts.counts.get("amounts_converted"):
        shown = ", ".join(f"{number:,} from {code}" for code, number in converted.items())
        text = f"amounts are converted to {meta.currency} at the rates of the mapping: {shown}"
        yield _check("amounts_converted", "note", sum(converted.values()), text)
    if money["open"] and money["open_listed_missing"] == money["open"]:
        text = (
            f"open {deals} have no amount: a forecast draws it. A list price or quote helps: [deals] "
            "listed_amount"
        )
        yield _check("listed_missing", "note", money["open"], text)
    elif money["open_listed_missing"]:
        text = f"{_of(money['open_listed_missing'], money['open'], f'open {meta.noun}')} no amount"
        yield _check("listed_missing", "note", money["open_listed_missing"], text)
    impossible = sum(note.get("impossible", 0) for note in audit["columns"])
    if impossible:
        dates = f"{counted(impossible, 'date')} {verb(impossible, 'lie')}"
        text = f"{dates} before 1971 or after 2098: read as missing"
        yield _check("impossible_dates", "note", impossible, text)


def _of(number: int, all_: int, noun: str) -> str:
    """``1 of 20 won deals has``."""
    return f"{number:,} of {counted(all_, noun)} {verb(number, 'have')}"
