"""Labels of the outcome column, in any language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.labels.evidence import LabelEvidence, is_past, with_plain
from funnelsim.history.labels.outcomes import labels_shown, lines_of_both, outcome_lines, question
from funnelsim.history.values.labels import LabelBook, Meaning, known_outcome, slug, visible
from funnelsim.history.values.outcome_words import OPEN_WORDS, read_words
from funnelsim.history.values.words import folded


def settle_status(
    deals: pl.DataFrame,
    book: LabelBook,
    stages: Collection[str],
    as_of: dt.datetime | None,
    *,
    column: str,
    file: str,
) -> list[Attention]:
    """Record what the labels of the outcome column mean, and return warnings.

    A label of `stages` (as `same_label` has them) means that the deal is open.

    Raises
    ------
    HistoryError
        If labels do not say which deals were won.
    """
    labels = _evidence(deals, as_of)
    if not labels:
        return []
    unknown: dict[str, LabelEvidence] = {}
    read: dict[str, list[str]] = {}
    shown: list[tuple[LabelEvidence, str]] = []
    for plain, item in labels.items():
        if plain in {*book.claimed, *book.status} or known_outcome(item.label):
            continue
        if folded(item.label) in OPEN_WORDS:
            continue
        words = read_words(item.label)
        if words is not None and words.strength == "sure":
            book.status[plain] = Meaning(kind="outcome", key=words.outcome)
            read.setdefault(words.outcome, []).append(item.label)
            shown.append((item, words.outcome))
        elif plain in stages:
            book.status[plain] = Meaning(kind="open")
        else:
            unknown[plain] = item
    still_open, ended = _settle_unknown(unknown, labels, book, read, column=column, file=file)
    return list(_attentions(read, shown, still_open, ended, book, column))


def _attentions(
    read: dict[str, list[str]],
    shown: list[tuple[LabelEvidence, str]],
    still_open: list[LabelEvidence],
    ended: list[LabelEvidence],
    book: LabelBook,
    column: str,
) -> Iterator[Attention]:
    """The warnings."""
    if read:
        shown_labels = ", ".join(f"{labels_shown([item])} as {key}" for item, key in shown)
        text = (
            f'labels of column "{column}" are read by their wording: {shown_labels}. '
            "To confirm or change this in a mapping:"
        )
        yield Attention(
            check="labels_read_as_outcomes",
            text=text,
            mapping=outcome_lines(book.given, read),
            as_read=True,
            count=sum(item.rows for item, _ in shown),
        )
    if still_open:
        text = (
            f'labels of column "{column}" without any closing date are read as open: '
            f"{labels_shown(still_open)}. If they are outcomes, list them in a mapping:"
        )
        yield _doubt("labels_like_outcomes", text, still_open, book)
    if ended:
        text = (
            f'labels of column "{column}" are separate outcomes besides won and lost: '
            f"{labels_shown(ended)}. If they mean won or lost, list them in a mapping:"
        )
        yield _doubt("other_outcomes", text, ended, book)


def _doubt(check: str, text: str, items: list[LabelEvidence], book: LabelBook) -> Attention:
    number = sum(item.rows for item in items)
    return Attention(check=check, text=text, mapping=lines_of_both(book.given, items), count=number)


def _evidence(deals: pl.DataFrame, until: dt.datetime | None) -> dict[str, LabelEvidence]:
    counts = (
        with_plain(deals.filter(pl.col("outcome_label").is_not_null()), "outcome_label")
        .group_by("plain", maintain_order=True)
        .agg(pl.col("outcome_label").first(), pl.len().alias("rows"), is_past(until).sum().alias("closed"))
    )
    return {
        plain: LabelEvidence(label=visible(label), rows=rows, closed=closed)
        for plain, label, rows, closed in counts.iter_rows()
        if plain
    }


def _settle_unknown(
    unknown: dict[str, LabelEvidence],
    labels: dict[str, LabelEvidence],
    book: LabelBook,
    read: dict[str, list[str]],
    *,
    column: str,
    file: str,
) -> tuple[list[LabelEvidence], list[LabelEvidence]]:
    """Labels in no known words: open where no such deal has a closing date, else outcomes of their own."""
    if book.closed:
        return [], []
    dated = any(item.closed for item in labels.values())
    unwon = {plain for plain, item in unknown.items() if _is_unwon(item)}
    still_open = {p: item for p, item in unknown.items() if dated and not item.closed and p not in unwon}
    ended = {plain: item for plain, item in unknown.items() if plain not in still_open}
    won = any(_means_won(plain, item, book) for plain, item in labels.items())
    unsure = [
        item
        for plain, item in ended.items()
        if plain not in unwon and (not won or 0 < item.closed < item.rows or not slug(item.label))
    ]
    if unsure:
        message = (
            f"nothing shows whether {labels_shown(unsure)} in column {column} means won, lost or still open"
        )
        raise question(message, lines_of_both(book.given, unsure, read=read), file)
    for plain in still_open:
        book.status[plain] = Meaning(kind="open")
    return list(still_open.values()), list(ended.values())


def _means_won(plain: str, item: LabelEvidence, book: LabelBook) -> bool:
    claimed = book.status.get(plain, book.claimed.get(plain))
    return known_outcome(item.label) == "won" or (claimed is not None and claimed.key == "won")


def _is_unwon(item: LabelEvidence) -> bool:
    """True for words such as "No decision": an outcome of its own, whatever the dates say."""
    reading = read_words(item.label)
    return reading is not None and reading.outcome == "lost" and reading.strength == "likely"
