"""Labels of stages that read like outcomes: read as outcomes, kept as stages, or an error that asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.labels.evidence import NEARLY_ALL, LabelEvidence
from funnelsim.history.toml_text import quoted, quoted_list
from funnelsim.history.values.labels import LabelBook, Meaning, known_outcome
from funnelsim.history.values.outcome_words import RESTING, folded, read_words

#: So many deals make a label without a telling word that ends them worth a look.
_FEW = 5
_NEVER = 1 << 60
_SHOWN = 8


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """Labels by verdict; outcome -> evidence, "" if the outcome is unknown."""

    read: dict[str, list[LabelEvidence]] = field(default_factory=dict)
    doubted: dict[str, list[LabelEvidence]] = field(default_factory=dict)
    unclear: list[LabelEvidence] = field(default_factory=list)
    by_flags: list[tuple[LabelEvidence, str]] = field(default_factory=list)


def settle_stage_labels(
    evidence: dict[str, LabelEvidence], book: LabelBook, file: str, *, stated: bool
) -> Iterator[Attention]:
    """Record which labels are outcomes, and yield warnings.

    Flags of the CRM decide first, label by label, unless they contradict plain labels. A label that says won
    or lost clearly is read so. Other words for an end (Disqualified, Cancelled) need deals that do not
    continue from there. A label that only means the end (Closed) raises an error. Where the deals table has
    a outcome column (`stated`), labels that only events have are left to it.

    Raises
    ------
    HistoryError
        If closed deals have labels that do not show how they ended.
    """
    verdicts = Verdicts()
    settled = [plain for plain in evidence if plain in book.claimed and book.claimed[plain].kind == "outcome"]
    has_outcomes = stated or any(known_outcome(item.label) or item.flagged for item in evidence.values())
    few = 1
    if has_outcomes or settled or book.given:
        unsettled = [item for plain, item in evidence.items() if plain not in settled]
        few = _FEW if _closings_are_telling(unsettled) else _NEVER
    trusted = _flags_agree(evidence.values())
    for plain, item in evidence.items():
        if plain in book.claimed or plain in book.not_outcomes or known_outcome(item.label):
            continue
        if trusted and _closed_either_way(item):
            continue  # the flags of each deal decide
        if trusted and (outcome := _flagged_outcome(item)):
            _note_mixed_flags(item, outcome, verdicts)
            book.claimed[plain] = Meaning(kind="outcome", key=outcome)
        elif not book.closed and not (trusted and _open_by_flags(item)):
            _settle_by_words(plain, item, book, verdicts, few, left=stated and not item.rows)
    if verdicts.unclear:
        raise _question(verdicts.unclear, book, file)
    won = stated or any(known_outcome(item.label) == "won" or item.flagged_won for item in evidence.values())
    won = (
        won
        or "won" in book.given
        or any(plain in evidence and meaning.key == "won" for plain, meaning in book.claimed.items())
    )
    yield from _attentions(verdicts, book, won_is_known=won)


def _closings_are_telling(evidence: Iterable[LabelEvidence]) -> bool:
    """False if most deals at labels of open stages have a past closing date: an expected one, overdue."""
    stages = [item for item in evidence if read_words(item.label) is None and not known_outcome(item.label)]
    return sum(item.closed for item in stages) * 2 <= sum(item.rows for item in stages)


def _flags_agree(evidence: Iterable[LabelEvidence]) -> bool:
    """False if flags contradict labels that need none, such as Closed Won: they are not kept up."""
    known = [(item, known_outcome(item.label)) for item in evidence]
    agreeing = sum(
        item.flagged_won if outcome == "won" else item.flagged_closed - item.flagged_won
        for item, outcome in known
        if outcome
    )
    return agreeing >= NEARLY_ALL * sum(item.flagged for item, outcome in known if outcome)


def _closed_either_way(item: LabelEvidence) -> bool:
    """True for a label such as Closed: by the flags its deals are closed, some won and some not."""
    rarer = min(item.flagged_won, item.flagged_closed - item.flagged_won)
    return _flagged_outcome(item) != "" and rarer > (1 - NEARLY_ALL) * item.flagged_closed


def _flagged_outcome(item: LabelEvidence) -> str:
    if not item.flagged or item.flagged_closed < NEARLY_ALL * item.flagged:
        return ""
    return "won" if item.flagged_won * 2 > item.flagged_closed else "lost"


def _open_by_flags(item: LabelEvidence) -> bool:
    return item.flagged > 0 and item.flagged_closed <= (1 - NEARLY_ALL) * item.flagged


def _note_mixed_flags(item: LabelEvidence, outcome: str, verdicts: Verdicts) -> None:
    agreeing = item.flagged_won if outcome == "won" else item.flagged_closed - item.flagged_won
    if agreeing < item.flagged:
        verdicts.by_flags.append((item, outcome))


def _settle_by_words(
    plain: str, item: LabelEvidence, book: LabelBook, verdicts: Verdicts, few: int, *, left: bool
) -> None:
    reading = read_words(item.label)
    if left and (reading is None or reading.strength != "sure"):
        return
    if reading is None:
        enough = 1 if folded(item.label) in RESTING else few
        if item.ends and (item.closed >= enough or item.ended >= max(enough, _FEW)):
            verdicts.doubted.setdefault("", []).append(item)
    elif reading.strength == "sure" or (reading.strength == "likely" and item.ends):
        verdicts.read.setdefault(reading.outcome, []).append(item)
        book.claimed[plain] = Meaning(kind="outcome", key=reading.outcome)
    elif reading.strength == "end":
        if item.closed and item.ends:
            verdicts.unclear.append(item)
        elif item.ends:
            verdicts.doubted.setdefault("", []).append(item)
    else:
        verdicts.doubted.setdefault(reading.outcome, []).append(item)


def _question(unclear: list[LabelEvidence], book: LabelBook, file: str) -> HistoryError:
    shown = labels_shown(unclear)
    message = (
        f"deals with a closing date have the label {shown}, which does not show whether they "
        "were won, and no other column shows it"
    )
    return question(
        message, outcome_lines(book.given, {"won": [], "lost": [item.label for item in unclear]}), file
    )


def question(message: str, lines: Iterable[str], file: str) -> HistoryError:
    """The error that asks for a section of the mapping, with a guess at it."""
    noted = (f"{line}   # move labels that mean won here" if line == "won = []" else line for line in lines)
    hint = "\n".join(("define it in a mapping, such as:", *(f"    {line}" for line in noted)))
    return HistoryError(file, [Problem(path="outcomes", message=message, hint=hint)])


def _attentions(verdicts: Verdicts, book: LabelBook, *, won_is_known: bool) -> Iterator[Attention]:
    read = {key: [item.label for item in items] for key, items in verdicts.read.items()}
    if read:
        shown_labels = "; ".join(f"{labels_shown(items)} as {key}" for key, items in verdicts.read.items())
        text = (
            f"labels that look like outcomes are read as outcomes: {shown_labels}. To change this in a "
            "mapping, name another "
            "outcome, or make "
            'one a stage with not_outcomes = ["the label"] above its first [table]:'
        )
        number = sum(item.deals for items in verdicts.read.values() for item in items)
        yield Attention(
            check="labels_read_as_outcomes",
            text=text,
            mapping=outcome_lines(book.given, read),
            as_read=True,
            count=number,
        )
    doubted = [item for items in verdicts.doubted.values() for item in items]
    if doubted:
        doubts = {key or "lost": [item.label for item in items] for key, items in verdicts.doubted.items()}
        text = (
            f"labels that may be outcomes are read as stages: {labels_shown(doubted)}. "
            "If deals end there, list them as won or lost in a mapping:"
        )
        number = sum(item.deals for item in doubted)
        lines = outcome_lines(book.given, doubts)
        if not won_is_known and (unread := verdicts.doubted.get("")):
            lines = _either_way(book, doubts, unread)
        yield Attention(check="labels_like_outcomes", text=text, mapping=lines, count=number)
    if verdicts.by_flags:
        yield _mixed_flags(verdicts.by_flags, book)


def _either_way(
    book: LabelBook, doubts: Mapping[str, Sequence[str]], unread: Sequence[LabelEvidence]
) -> tuple[str, ...]:
    """The section with room for labels in no known words: where nothing is won, they may as well be wins."""
    labels = [item.label for item in unread]
    known = {key: [label for label in same if label not in labels] for key, same in doubts.items()}
    lines = outcome_lines(book.given, {"won": [], "lost": [], **known})
    return tuple(
        f"{line}   # add the labels that mean {key}" if (key := line.split()[0]) in ("won", "lost") else line
        for line in lines
    )


def _mixed_flags(by_flags: list[tuple[LabelEvidence, str]], book: LabelBook) -> Attention:
    """Labels whose deals have different flags, with what they are read as."""
    most = sorted(by_flags, key=lambda pair: -pair[0].flagged)
    shown = "; ".join(
        f"{counted(item.flagged, 'deal')} at {quoted(item.label)}, {item.flagged_closed:,} closed and "
        f"{item.flagged_won:,} won, as {outcome}"
        for item, outcome in most[:_SHOWN]
    )
    more = f"; and {len(most) - _SHOWN} more labels" if len(most) > _SHOWN else ""
    text = (
        "labels whose deals have different CRM flags are read as the majority of the flags: "
        f"{shown}{more}. To confirm or change this in a mapping:"
    )
    labels: dict[str, list[str]] = {}
    for item, outcome in by_flags:
        labels.setdefault(outcome, []).append(item.label)
    number = sum(item.flagged for item, _ in by_flags)
    lines = outcome_lines(book.given, labels)
    return Attention(check="mixed_flags", text=text, mapping=lines, as_read=True, count=number)


def labels_shown(items: Iterable[LabelEvidence], most: int = 8) -> str:
    every = [f"{quoted(item.label)} {item.deals:,}" for item in items]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def outcome_lines(given: Mapping[str, Sequence[str]], labels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A section ``[outcomes]`` of a mapping with what it has already (`given`) and these labels."""
    every = {key: [*given.get(key, ()), *labels.get(key, ())] for key in {**given, **labels}}
    return ("[outcomes]", *(f"{key} = {quoted_list(dict.fromkeys(labels))}" for key, labels in every.items()))
